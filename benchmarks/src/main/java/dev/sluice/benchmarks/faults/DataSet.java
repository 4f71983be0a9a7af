package dev.sluice.benchmarks.faults;

import dev.sluice.contracts.BadInput;
import dev.sluice.localcloud.demo.Marketplace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where clean batches come from. */
sealed interface DataSet {
  /** Seeds of clean batches are none of those that are broken. */
  long CLEAN = 1_000_000;

  /** Ends the name of what divides batches that may differ though nobody broke them. */
  String MAY_DIFFER = " (may differ in truth)";

  String name();

  /** The label's column; null where there is none. */
  @Nullable String label();

  /** Columns that are never a feature. */
  Set<String> excluded();

  /**
   * Batches of one source, none of which is different by nature, oldest first; they share no row.
   *
   * @param seed other seeds give other batches
   */
  List<Batch> batches(long seed, int batches);

  /** As {@link #batches}, but rows may be in several of them where the source is small. */
  List<Batch> series(long seed, int batches);

  /**
   * A clean batch and those before it, none of which is different by nature. Numbers near each
   * other share batches, so that each is measured once.
   *
   * @param before batches before it
   */
  Scene clean(int number, int before);

  /** Pairs of batches by what divides time in the data; may be none. */
  List<Pair> pairs();

  /**
   * Two batches that the calendar made.
   *
   * @param kind what divides them
   * @param clean true where nothing but chance does; false where they may truly differ
   */
  record Pair(String kind, boolean clean, Batch before, Batch after) {}

  /** Days of the demo's marketplace. */
  record Demo(int rows) implements DataSet {
    private static final LocalDate FIRST = LocalDate.of(2026, 3, 2);
    private static final int CHAIN = 20;

    @Override
    public String name() {
      return "demo";
    }

    @Override
    public String label() {
      return Marketplace.LABEL;
    }

    @Override
    public Set<String> excluded() {
      return Set.of("listing_id", "seller_id");
    }

    @Override
    public List<Batch> batches(long seed, int batches) {
      return days(seed, 0, batches);
    }

    private List<Batch> days(long seed, int from, int count) {
      List<Batch> days = new ArrayList<>();
      for (int day = from; day < from + count; day++) {
        ByteArrayOutputStream csv = new ByteArrayOutputStream();
        try {
          Marketplace.day(FIRST.plusDays(day), seed, rows).writeCsv(csv);
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
        String name = "demo-" + seed + "-day-" + day;
        days.add(Batch.of(name, Table.parse(name, csv.toString(StandardCharsets.UTF_8))));
      }
      return days;
    }

    @Override
    public List<Batch> series(long seed, int batches) {
      return batches(seed, batches);
    }

    /** Each day is judged by those before it, twenty days of a marketplace. */
    @Override
    public Scene clean(int number, int before) {
      long seed = CLEAN + number / CHAIN;
      int from = number % CHAIN;
      List<Batch> days = days(seed, from, before + 1);
      return new Scene(days.subList(0, before), days.subList(before, before + 1), Truth.CLEAN);
    }

    @Override
    public List<Pair> pairs() {
      return List.of();
    }
  }

  /**
   * Rows of one file, dealt out at random.
   *
   * @param label null where there is none
   */
  record OneFile(String name, Table table, @Nullable String label, Set<String> excluded)
      implements DataSet {
    private static final int BLOCK_PAIRS = 50;
    private static final int LEAST_ROWS = 300;

    public OneFile {
      excluded = Set.copyOf(excluded);
    }

    /** Chicago's taxi trips, with the label of the pipeline as a column. */
    static OneFile taxi(Path file) throws IOException {
      Table trips = Table.parse(file.toString(), Files.readString(file));
      if (!trips.has("fare") || !trips.has("tips")) {
        throw new BadInput(
            file + " has no columns fare and tips; name another file by --csv FILE --label COLUMN");
      }
      String[] fare = trips.column("fare");
      String[] tips = trips.column("tips");
      String[] big = new String[fare.length];
      for (int row = 0; row < big.length; row++) {
        double paid = fare[row].isEmpty() ? 0 : Double.parseDouble(fare[row]);
        double tip = tips[row].isEmpty() ? 0 : Double.parseDouble(tips[row]);
        big[row] = paid > 0 && tip > 0.2 * paid ? "1" : "0";
      }
      return new OneFile("taxi", trips.with("big_tip", big), "big_tip", Set.of("tips"));
    }

    @Override
    public List<Batch> batches(long seed, int batches) {
      List<Batch> named = new ArrayList<>();
      for (Table part : table.parts(batches, new SplittableRandom(seed))) {
        named.add(Batch.of(name + "-" + seed + "-" + named.size() + "-of-" + batches, part));
      }
      return named;
    }

    @Override
    public List<Batch> series(long seed, int batches) {
      List<Batch> drawn = new ArrayList<>();
      SplittableRandom random = new SplittableRandom(seed);
      for (int i = 0; i < batches; i++) {
        drawn.add(
            Batch.of(name + "-" + seed + "-drawn-" + i, table.parts(2, random.split()).getFirst()));
      }
      return drawn;
    }

    /** Of the parts into which the file is dealt out, each is the last one once. */
    @Override
    public Scene clean(int number, int before) {
      int parts = before + 1;
      List<Batch> dealt = new ArrayList<>(batches(CLEAN + number / parts, parts));
      Collections.rotate(dealt, number % parts);
      return new Scene(dealt.subList(0, before), dealt.subList(before, parts), Truth.CLEAN);
    }

    @Override
    public List<Pair> pairs() {
      List<Pair> pairs = new ArrayList<>();
      for (String column : table.names()) {
        Trait trait = Trait.of(column, table.column(column));
        if (trait.isTime()) {
          double unit = trait.max() >= 1e11 ? 1000 : 1;
          blocks(pairs, "whole days of " + column, column, 86_400 * unit);
          blocks(pairs, "whole hours of " + column, column, 3_600 * unit);
        } else if (trait.isHour()
            || (trait.whole() && trait.distinct() == 12 && trait.min() == 1 && trait.max() == 12)) {
          steps(pairs, column, trait);
        }
      }
      return pairs;
    }

    /**
     * Blocks of time go to one side or the other as wholes, so that what a day has in common stays
     * together.
     */
    private void blocks(List<Pair> pairs, String kind, String column, double unit) {
      String[] times = table.column(column);
      for (int p = 0; p < BLOCK_PAIRS; p += 2) {
        long seed = p;
        int[][] sides =
            sides(row -> {
              long block = times[row].isEmpty() ? row : (long) (Long.parseLong(times[row]) / unit);
              return new SplittableRandom(seed * 1_000_003 + block).nextInt(2);
            });
        String pair = name + ", " + kind + ", " + p;
        Batch one = Batch.of(pair + ", one", table.select(sides[0]));
        Batch other = Batch.of(pair + ", other", table.select(sides[1]));
        pairs.add(new Pair(kind, true, one, other));
        pairs.add(new Pair(kind, true, other, one));
      }
    }

    private int[][] sides(java.util.function.IntUnaryOperator side) {
      int[][] sides = new int[2][table.rows()];
      int[] sizes = new int[2];
      for (int row = 0; row < table.rows(); row++) {
        int of = side.applyAsInt(row);
        sides[of][sizes[of]++] = row;
      }
      return new int[][] {Arrays.copyOf(sides[0], sizes[0]), Arrays.copyOf(sides[1], sizes[1])};
    }

    /** One month and the next, one hour and the next, without the column itself. */
    private void steps(List<Pair> pairs, String column, Trait trait) {
      String[] values = table.column(column);
      Function<Long, Table> at =
          step -> {
            int[] rows =
                java.util.stream.IntStream.range(0, values.length)
                    .filter(row -> values[row].equals(Long.toString(step)))
                    .toArray();
            return table.select(rows).without(List.of(column));
          };
      Map<Long, Table> tables = new LinkedHashMap<>();
      for (long step = (long) trait.min(); step <= trait.max(); step++) {
        tables.put(step, at.apply(step));
      }
      for (long step = (long) trait.min(); step < trait.max(); step++) {
        Table before = tables.getOrDefault(step, table);
        Table after = tables.getOrDefault(step + 1, table);
        if (Math.min(before.rows(), after.rows()) >= LEAST_ROWS) {
          String pair = name + ", " + column + " " + step;
          pairs.add(
              new Pair(
                  "by " + column,
                  false,
                  Batch.of(pair + ", old", before),
                  Batch.of(pair + ", new", after)));
        }
      }
    }
  }
}
