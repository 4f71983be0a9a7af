package dev.sluice.validation;

import dev.sluice.examples.Column;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a few columns of the examples that finds the row in which each of several things
 * begins, and a few rows to look at. Rows may come in any order. Memory: two bits a row for each
 * search of a run of rows, some 4096 buckets for its beginning in time.
 */
final class FirstRows implements RowLook {
  /** How many rows are named for each thing. */
  static final int MOST_EXAMPLES = 3;

  /** Neighbours that are equal this much oftener than in shuffled rows: the file is sorted. */
  private static final double SORTED = 0.5;

  /** Neighbours that tell whether rows are sorted. */
  private static final int FEWEST = 20;

  /** Chance below which rows outside a run do not behave as usual. */
  private static final double UNUSUAL = Math.log(1e-3);

  /**
   * The rows that a search looks at.
   *
   * @param column '' for all rows
   */
  record Rows(String column, Set<String> values) {
    static final Rows ALL = new Rows("", Set.of());
  }

  /** What is looked for in one feature. */
  sealed interface Search {
    String feature();

    Rows rows();
  }

  /** What begins at a row and goes on from there. */
  sealed interface Starts extends Search {
    /** The share that was usual. */
    double usual();
  }

  /** Where missing values begin, of which the baseline had the share {@code usual}. */
  record MissingStarts(String feature, Rows rows, double usual) implements Starts {}

  /**
   * Where a value begins to be stuck. Rows that are sorted by the feature have each value in one
   * run, which is none of that.
   *
   * @param value as statistics write it
   * @param usual its share of the present values in the baseline
   * @param equalNeighbours chance that two rows of other values, drawn at random, have the same
   * @param toTheEnd true where only a run to the end of the file counts
   */
  record ValueStarts(
      String feature,
      Rows rows,
      String value,
      double usual,
      double equalNeighbours,
      boolean toTheEnd)
      implements Starts {}

  /**
   * The first present value that does not pass; of a list, the first with one that does not.
   *
   * @param what such a value is called
   */
  record FirstValue(
      String feature, Rows rows, String what, Predicate<String> text, Predicate<Double> number)
      implements Search {}

  /** The first present row that has fewer values than {@code min} or more than {@code max}. */
  record FirstLength(String feature, Rows rows, long min, long max) implements Search {}

  /**
   * A row to look at.
   *
   * @param source the source object, '' where the examples do not say
   * @param row 1-based in {@code source}
   * @param value quoted, '' for a missing one
   */
  record Example(String source, long row, String value) {
    private static final Comparator<Example> ORDER =
        Comparator.comparing(Example::source).thenComparingLong(Example::row);
  }

  /**
   * Where something begins in the order of time.
   *
   * @param seconds since 1970-01-01T00:00:00Z, of the earliest hit
   * @param onset in buckets of time
   */
  record Moment(String column, double seconds, Onset onset) {}

  /**
   * @param row 1-based in {@code source}
   * @param source the source object, '' where the examples do not say
   * @param sources how many source objects the batch has
   * @param what such a value is called, '' for what begins
   * @param value found, quoted, '' for what begins
   * @param onset what is known of the run of rows in the file; null for other searches, and where
   *     it begins in time alone
   * @param moment where it begins in time; null where it does not or rows have no time
   * @param examples the first rows, at most {@value #MOST_EXAMPLES}, that one among them
   */
  record Place(
      long row,
      String source,
      int sources,
      String what,
      String value,
      @Nullable Onset onset,
      @Nullable Moment moment,
      List<Example> examples) {}

  private static final class State {
    final Search search;
    final TreeMap<String, Onset.Rows> bits = new TreeMap<>();
    final Tally times = new Tally(1);
    final List<Example> first = new ArrayList<>();
    String source = "";
    Onset.@Nullable Rows current;
    String last = "";
    String lastSource = "";
    long neighbours;
    long equal;
    long entries;

    State(Search search) {
      this.search = search;
    }

    void found(String object, long place, String value) {
      if (first.size() == MOST_EXAMPLES) {
        int order = object.compareTo(first.getLast().source());
        if (order > 0 || (order == 0 && place > first.getLast().row())) {
          return;
        }
      }
      Example example = new Example(object, place, value);
      first.add(example);
      first.sort(Example.ORDER);
      if (first.size() > MOST_EXAMPLES) {
        first.removeLast();
      }
    }
  }

  private final List<State> states;
  private final @Nullable TimeAxis time;
  private final Set<String> sources = new LinkedHashSet<>();

  /**
   * @param time what to order rows by as well; null for the order in the file alone
   */
  FirstRows(List<Search> searches, @Nullable TimeAxis time) {
    this.states = searches.stream().map(State::new).toList();
    this.time = time;
  }

  /**
   * Reads the examples once.
   *
   * @return as many as {@code searches}; null where a thing has no beginning
   */
  static List<@Nullable Place> find(ExampleSource examples, List<Search> searches) {
    FirstRows look = new FirstRows(searches, null);
    RowPass.over(examples, List.of(look));
    return look.places();
  }

  @Override
  public Set<String> columns() {
    Set<String> columns = new LinkedHashSet<>();
    for (State state : states) {
      columns.add(state.search.feature());
      if (!state.search.rows().column().isEmpty()) {
        columns.add(state.search.rows().column());
      }
      if (time != null && state.search instanceof Starts) {
        columns.add(time.column());
      }
    }
    return columns;
  }

  @Override
  public void look(RowLook.Rows rows) {
    for (int row = 0; row < rows.count(); row++) {
      sources.add(rows.source(row));
    }
    double @Nullable [] seconds = null;
    if (time != null && states.stream().anyMatch(state -> state.search instanceof Starts)) {
      seconds = time.seconds(rows);
    }
    for (State state : states) {
      boolean ordersItself = time != null && time.column().equals(state.search.feature());
      look(state, rows, ordersItself ? null : seconds);
    }
  }

  private static void look(State state, RowLook.Rows rows, double @Nullable [] seconds) {
    Column column = rows.batch().column(state.search.feature());
    if (column == null) {
      return;
    }
    Rows wanted = state.search.rows();
    Column group = wanted.column().isEmpty() ? null : rows.batch().column(wanted.column());
    for (int row = 0; row < rows.count(); row++) {
      if (!wanted.column().isEmpty()
          && (group == null || !wanted.values().contains(text(group, row)))) {
        continue;
      }
      switch (state.search) {
        case MissingStarts s -> begins(state, rows, row, isMissing(column, row), seconds);
        case ValueStarts s -> {
          if (!column.isMissing(row)) {
            values(state, s, rows, row, text(column, row));
          }
        }
        case FirstValue s -> {
          if (!column.isMissing(row) && !passes(s, column, row)) {
            state.found(rows.source(row), rows.place(row), text(column, row));
          }
        }
        case FirstLength s -> {
          int length = column instanceof ListColumn lists ? lists.length(row) : 1;
          if (!column.isMissing(row) && (length < s.min() || length > s.max())) {
            state.found(rows.source(row), rows.place(row), text(column, row));
          }
        }
      }
    }
  }

  private static void values(
      State state, ValueStarts search, RowLook.Rows rows, int row, String value) {
    boolean hit = value.equals(search.value());
    begins(state, rows, row, hit, null);
    // After a row of the value there is no neighbour to compare with.
    if (rows.source(row).equals(state.lastSource)) {
      state.neighbours++;
      state.equal += value.equals(state.last) ? 1 : 0;
      state.entries += hit ? 1 : 0;
    }
    state.last = value;
    state.lastSource = hit ? "\0" : rows.source(row);
  }

  private static void begins(
      State state, RowLook.Rows rows, int row, boolean hit, double @Nullable [] seconds) {
    String source = rows.source(row);
    Onset.Rows bits = state.current;
    if (bits == null || !source.equals(state.source)) {
      bits = state.bits.computeIfAbsent(source, name -> new Onset.Rows());
      state.current = bits;
      state.source = source;
    }
    bits.add(rows.place(row), hit);
    if (hit) {
      state.found(source, rows.place(row), "");
    }
    if (seconds != null) {
      state.times.add(seconds[row], hit, source, rows.place(row));
    }
  }

  /** As {@link Cell} counts it. */
  static boolean isMissing(Column column, int row) {
    return column.isMissing(row)
        || (column instanceof FloatColumn numbers && !Double.isFinite(numbers.values()[row]));
  }

  /** The number in a row; NaN where the column holds none. */
  static double number(Column column, int row) {
    return switch (column) {
      case IntColumn ints -> (double) ints.values()[row];
      case FloatColumn floats -> floats.values()[row];
      case StringColumn _, ListColumn _ -> Double.NaN;
    };
  }

  private static boolean passes(FirstValue search, Column column, int row) {
    return switch (column) {
      case StringColumn texts -> search.text().test(texts.value(row));
      case IntColumn numbers -> search.number().test((double) numbers.values()[row]);
      case FloatColumn numbers -> search.number().test(numbers.values()[row]);
      case ListColumn lists -> {
        boolean all = true;
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          all &= passes(search, lists.values(), v);
        }
        yield all;
      }
    };
  }

  /** As the names of groups have it; '' where missing. */
  static String text(Column column, int row) {
    if (column.isMissing(row)) {
      return "";
    }
    return switch (column) {
      case StringColumn texts -> texts.value(row);
      case IntColumn numbers -> Long.toString(numbers.values()[row]);
      case FloatColumn numbers -> Double.toString(numbers.values()[row]);
      case ListColumn lists -> {
        List<String> values = new ArrayList<>();
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          values.add(text(lists.values(), v));
        }
        yield values.toString();
      }
    };
  }

  /** As many as searches; null where a thing has no beginning. */
  List<@Nullable Place> places() {
    List<@Nullable Place> places = new ArrayList<>();
    for (State state : states) {
      places.add(state.search instanceof Starts starts ? onset(state, starts) : firstOf(state));
    }
    return places;
  }

  /** The first rows of a search, at most {@value #MOST_EXAMPLES}, whether they begin or not. */
  List<Example> examples(int search) {
    return quoted(states.get(search).first);
  }

  private static List<Example> quoted(List<Example> examples) {
    return examples.stream()
        .map(e ->
            new Example(e.source(), e.row(), e.value().isEmpty() ? "" : Wording.quoted(e.value())))
        .toList();
  }

  private int sourceCount() {
    return Math.max(1, sources.size());
  }

  private @Nullable Place firstOf(State state) {
    if (state.first.isEmpty()) {
      return null;
    }
    Example first = state.first.getFirst();
    return new Place(
        first.row(),
        first.source(),
        sourceCount(),
        state.search instanceof FirstValue search ? search.what() : "such row",
        Wording.quoted(first.value()),
        null,
        null,
        quoted(state.first));
  }

  private @Nullable Place onset(State state, Starts search) {
    @Nullable Onset best = null;
    String source = "";
    for (var entry : state.bits.entrySet()) {
      Onset onset = Onset.find(entry.getValue(), search.usual());
      if (onset != null && (best == null || onset.gain() > best.gain())) {
        best = onset;
        source = entry.getKey();
      }
    }
    if (best != null && search instanceof ValueStarts stuck && !isStuck(state, stuck, best)) {
      return null;
    }
    Moment moment = moment(state, search);
    if (best != null) {
      Onset.Rows bits = state.bits.getOrDefault(source, new Onset.Rows());
      return new Place(
          best.first(),
          source,
          sourceCount(),
          "",
          "",
          best,
          moment,
          examples(search, source, bits.hitsFrom(best.first(), MOST_EXAMPLES)));
    }
    if (moment == null || search instanceof ValueStarts) {
      return null;
    }
    Tally.Bucket earliest = earliest(state, moment.onset());
    return new Place(
        earliest.row,
        earliest.source,
        sourceCount(),
        "",
        "",
        null,
        moment,
        examples(search, earliest.source, List.of(earliest.row)));
  }

  private static List<Example> examples(Starts search, String source, List<Long> rows) {
    String value = search instanceof ValueStarts stuck ? Wording.quoted(stuck.value()) : "";
    return rows.stream().map(row -> new Example(source, row, value)).toList();
  }

  private @Nullable Moment moment(State state, Starts search) {
    Onset onset = time == null ? null : Onset.find(state.times.sorted(), search.usual());
    return onset == null ? null : new Moment(time.column(), earliest(state, onset).firstHit, onset);
  }

  private static Tally.Bucket earliest(State state, Onset onset) {
    return state.times.sorted().stream()
        .skip(onset.first())
        .filter(bucket -> bucket.hits > 0)
        .findFirst()
        .orElseGet(Tally.Bucket::new);
  }

  /** Rows outside the run have the value as often as ever, and no order by value. */
  private static boolean isStuck(State state, ValueStarts search, Onset onset) {
    if (search.toTheEnd() && !onset.toTheEnd()) {
      return false;
    }
    double expected = search.equalNeighbours() + SORTED * Math.max(0, 1 - search.equalNeighbours());
    long others = state.neighbours - state.entries;
    boolean sorted =
        others >= FEWEST
            && state.equal > expected * others
            && Significance.logBinomialTail(
                    state.equal, others, Math.clamp(search.equalNeighbours(), 1e-12, 1 - 1e-12))
                < UNUSUAL;
    // In shuffled rows the value follows another one as often as it is there at all.
    boolean gathered =
        state.neighbours >= FEWEST && state.entries < search.usual() / 3 * state.neighbours;
    if (sorted || gathered) {
      return false;
    }
    long rows = 0;
    long hits = 0;
    for (Onset.Rows bits : state.bits.values()) {
      rows += bits.size();
      hits += bits.hits();
    }
    long outside = rows - onset.rows();
    long without = outside - (hits - onset.hits());
    return outside == 0
        || Significance.logBinomialTail(without, outside, 1 - search.usual() / 2) > UNUSUAL;
  }
}
