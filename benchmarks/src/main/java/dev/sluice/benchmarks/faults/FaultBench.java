package dev.sluice.benchmarks.faults;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Breaks files in every way that {@link FaultKind} lists and counts who finds out: which feature,
 * which group, which row, and how often an alarm is false. Columns and groups are chosen by what
 * they are like, never by name, so that any table can be broken.
 */
public final class FaultBench {
  private final Queue<String> broken = new ConcurrentLinkedQueue<>();
  private int seeds = 3;
  private int clean = 200;
  private int rows = 8_000;
  private int threads = Runtime.getRuntime().availableProcessors();
  private boolean show;
  private @Nullable FaultKind only;
  private @Nullable Path csv;
  private @Nullable Path taxi;
  private @Nullable Path out;
  private @Nullable String label;
  private @Nullable String onlyData;

  private FaultBench() {}

  /** Answers on standard output; {@code --help} of {@code bench} tells the options. */
  public static void main(String[] args) throws Exception {
    FaultBench bench = new FaultBench();
    try {
      bench.read(args);
      bench.run(new PrintStream(System.out, true, StandardCharsets.UTF_8));
    } catch (BadInput e) {
      System.err.println("bench: " + e.getMessage());
      System.exit(2);
    }
  }

  private void read(String[] args) {
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--show" -> show = true;
        case "--no-peers" -> {}
        case "--kind" -> only = kind(value(args, ++i));
        case "--seeds" -> seeds = number(args, ++i);
        case "--clean" -> clean = number(args, ++i);
        case "--rows" -> rows = number(args, ++i);
        case "--threads" -> threads = Math.max(1, number(args, ++i));
        case "--data" -> onlyData = value(args, ++i);
        case "--taxi" -> taxi = Path.of(value(args, ++i));
        case "--csv" -> csv = Path.of(value(args, ++i));
        case "--label" -> label = value(args, ++i);
        case "--out" -> out = Path.of(value(args, ++i));
        default ->
            throw new BadInput(
                "faults takes --kind K, --seeds N, --clean N, --rows N, --threads N, --data D,"
                    + " --csv FILE, --label COLUMN, --no-peers, --show and --out FILE, not '"
                    + args[i]
                    + "'");
      }
    }
  }

  private static String value(String[] args, int i) {
    if (i >= args.length) {
      throw new BadInput(args[i - 1] + " needs a value");
    }
    return args[i];
  }

  private static int number(String[] args, int i) {
    String value = value(args, i);
    try {
      return Integer.parseUnsignedInt(value);
    } catch (NumberFormatException e) {
      throw new BadInput(args[i - 1] + " is '" + value + "'; give a whole number", e);
    }
  }

  private static FaultKind kind(String name) {
    String wanted = name.toUpperCase(Locale.ROOT).replace('-', '_');
    return Arrays.stream(FaultKind.values())
        .filter(kind -> kind.name().equals(wanted))
        .findFirst()
        .orElseThrow(() ->
            new BadInput(
                "no kind is named '"
                    + name
                    + "'; there are "
                    + Arrays.toString(FaultKind.values())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '-')));
  }

  private List<DataSet> data(PrintStream log) throws IOException {
    List<DataSet> data = new ArrayList<>();
    if (csv != null) {
      String name = String.valueOf(csv.getFileName());
      Table table = Table.parse(csv.toString(), Files.readString(csv));
      if (label != null && !table.has(label)) {
        throw new BadInput(
            csv + " has no column '" + label + "'; --label names one of " + table.names());
      }
      data.add(new DataSet.OneFile(name, table, label, Set.of()));
      return data;
    }
    data.add(new DataSet.Demo(rows));
    if (taxi != null && Files.isRegularFile(taxi)) {
      data.add(DataSet.OneFile.taxi(taxi));
    } else {
      log.println("taxi's trips are left out: no file " + taxi + "; --taxi FILE names it");
    }
    return data.stream().filter(d -> onlyData == null || d.name().equals(onlyData)).toList();
  }

  private void run(PrintStream log) throws Exception {
    long start = System.nanoTime();
    List<Judge> judges = List.of(new SluiceJudge());
    Results results = new Results();
    Set<String> skipped = new LinkedHashSet<>();
    int count = 0;
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (DataSet set : data(log)) {
        List<Future<Judged>> pending = new ArrayList<>();
        for (Case one : new Cases(set, seeds, clean).all(only)) {
          Callable<Judged> work = () -> judge(one, judges);
          pending.add(pool.submit(work));
        }
        List<Judged> done = new ArrayList<>();
        for (Future<Judged> future : pending) {
          done.add(get(future));
        }
        done.sort(Comparator.comparing(judged -> judged.of().kind()));
        for (Judged judged : done) {
          Scene scene = judged.scene();
          if (scene == null) {
            skipped.add(
                set.name() + ": " + judged.of().kind().title() + ", " + judged.of().severity());
            continue;
          }
          count++;
          judged
              .found()
              .forEach((tool, found) -> {
                results.add(judged.of(), tool, judged.tallies().getOrDefault(tool, Tally.NONE));
                if (show) {
                  show(log, judged, tool, found);
                }
              });
        }
      }
    }
    results.tellAll(log);
    results.tellSummary(log);
    if (!skipped.isEmpty()) {
      log.println();
      log.println("not in these data: " + String.join("; ", skipped));
    }
    if (!broken.isEmpty()) {
      log.println();
      log.println("broke down, counted as a batch held for no reason:");
      broken.stream().sorted().forEach(line -> log.println("  " + line));
    }
    log.printf(Locale.ROOT, "%n%d cases in %.0f s%n", count, (System.nanoTime() - start) / 1e9);
    if (out != null) {
      Path folder = out.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.writeString(out, Json.write(results.toJson()));
    }
  }

  private record Judged(
      Case of, @Nullable Scene scene, Map<String, List<Found>> found, Map<String, Tally> tallies) {}

  private Judged judge(Case one, List<Judge> judges) throws IOException {
    Scene scene = one.stage().set();
    Map<String, List<Found>> found = new LinkedHashMap<>();
    Map<String, Tally> tallies = new LinkedHashMap<>();
    if (scene != null) {
      for (Judge judge : judges) {
        List<Found> alarms;
        try {
          alarms = judge.judge(one.data(), scene);
        } catch (RuntimeException e) {
          // A tool that breaks down holds a batch, and tells nobody what is wrong.
          broken.add(one + " [" + judge.name() + "]: " + e + " at " + where(e));
          alarms = List.of(new Found("(broke down)", "", true, null, e.toString()));
        }
        found.put(judge.name(), alarms);
        tallies.put(judge.name(), Tally.of(scene, alarms));
      }
    }
    return new Judged(one, scene, found, tallies);
  }

  private static Judged get(Future<Judged> future) throws InterruptedException, IOException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IOException("a case failed: " + e.getCause(), e.getCause());
    }
  }

  private static void show(PrintStream log, Judged judged, String tool, List<Found> found) {
    Truth truth = java.util.Objects.requireNonNull(judged.scene()).truth();
    Tally tally = judged.tallies().getOrDefault(tool, Tally.NONE);
    boolean clean = truth.features().isEmpty();
    if (clean && found.isEmpty()) {
      return;
    }
    List<String> marks = new ArrayList<>();
    if (!clean && tally.found() == 0) {
      marks.add("MISSED");
    }
    if (tally.rightSlices() < tally.slices()) {
      marks.add("wrong slice");
    }
    if (tally.rightRecords() < tally.records()) {
      marks.add("wrong record");
    }
    log.println(
        judged.of()
            + " ["
            + tool
            + "]"
            + (clean ? "" : ": " + truth.features())
            + (truth.firstRows().isEmpty() ? "" : ", row " + truth.firstRows())
            + (truth.group() == null ? "" : ", group of " + truth.group().cardinality() + " rows")
            + (marks.isEmpty() ? "" : ": " + String.join(", ", marks)));
    for (Found alarm : found) {
      String mark =
          truth.features().contains(alarm.feature())
              ? "right"
              : truth.carried().contains(alarm.feature()) ? "along" : "FALSE";
      log.println(
          "  "
              + mark
              + (alarm.held() ? " FAIL " : " WARN ")
              + (alarm.slice().isEmpty() ? "" : "[" + alarm.slice() + "] ")
              + alarm.text()
              + (alarm.firstRow() == null ? "" : " (row " + alarm.firstRow() + ")"));
    }
  }

  /** The first frame of ours. */
  private static @Nullable Object where(RuntimeException e) {
    return Arrays.stream(e.getStackTrace())
        .filter(frame -> frame.getClassName().startsWith("dev.sluice."))
        .findFirst()
        .orElse(null);
  }
}
