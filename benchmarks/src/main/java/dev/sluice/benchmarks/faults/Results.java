package dev.sluice.benchmarks.faults;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** What every tool found, by data set, kind and severity; and how it is told. */
final class Results {
  private record Key(String data, FaultKind kind, String severity, String tool) {}

  private final Map<Key, Tally> tallies = new LinkedHashMap<>();
  private final List<String> tools = new ArrayList<>();

  synchronized void add(Case of, String tool, Tally tally) {
    if (!tools.contains(tool)) {
      tools.add(tool);
    }
    tallies.merge(new Key(of.data().name(), of.kind(), of.severity(), tool), tally, Tally::plus);
  }

  private Tally sum(String tool, Predicate<Key> which) {
    return tallies.entrySet().stream()
        .filter(entry -> entry.getKey().tool().equals(tool) && which.test(entry.getKey()))
        .map(Map.Entry::getValue)
        .reduce(Tally.NONE, Tally::plus);
  }

  /** One line a severity, for the first tool and each data set. */
  void tellAll(PrintStream out) {
    for (String tool : tools.stream().limit(1).toList()) {
      for (String data : tallies.keySet().stream().map(Key::data).distinct().toList()) {
        header(out, tool + " on " + data);
        for (FaultKind kind : FaultKind.values()) {
          if (kind == FaultKind.CLEAN) {
            continue;
          }
          tallies.entrySet().stream()
              .filter(entry -> entry.getKey().tool().equals(tool))
              .filter(entry -> entry.getKey().data().equals(data))
              .filter(entry -> entry.getKey().kind() == kind)
              .forEach(entry ->
                  line(out, kind.title() + ", " + entry.getKey().severity(), entry.getValue()));
        }
      }
    }
  }

  /** One line a kind, all data sets together: the first tool, then all beside each other. */
  void tellSummary(PrintStream out) {
    for (String tool : tools.stream().limit(1).toList()) {
      header(out, tool + ", all data");
      for (FaultKind kind : FaultKind.values()) {
        Tally sum = sum(tool, key -> key.kind() == kind);
        if (kind != FaultKind.CLEAN && sum.cases() > 0) {
          line(out, kind.title(), sum);
        }
      }
      line(out, "all faults", sum(tool, key -> key.kind() != FaultKind.CLEAN));
    }
    if (tools.size() > 1) {
      tellBeside(out);
    }
  }

  /**
   * Tools beside each other: the share of cases with any alarm, the share with one at a right
   * feature, and the share of the features named that are right.
   */
  private void tellBeside(PrintStream out) {
    out.printf("%n%-40s", "all data");
    tools.forEach(tool -> out.printf("  %-20s", tool));
    out.printf("%n%-34s %5s", "", "cases");
    tools.forEach(tool -> out.printf("  %5s %6s %7s", "any", "right", "precise"));
    out.println();
    for (FaultKind kind : FaultKind.values()) {
      if (kind != FaultKind.CLEAN) {
        beside(out, kind.title(), key -> key.kind() == kind);
      }
    }
    beside(out, "all faults", key -> key.kind() != FaultKind.CLEAN);
  }

  private void beside(PrintStream out, String name, Predicate<Key> which) {
    int cases = sum(tools.getFirst(), which).cases();
    if (cases == 0) {
      return;
    }
    out.printf("%-34s %5d", name, cases);
    for (String tool : tools) {
      Tally sum = sum(tool, which);
      out.printf(
          "  %5s %6s %7s",
          of(sum.alarmed(), sum.cases()),
          of(sum.found(), sum.cases()),
          of(sum.trueAlarms(), sum.alarms()));
    }
    out.println();
  }

  /** False alarms, and batches held for no reason, of 100 clean ones. */
  void tellClean(PrintStream out) {
    out.printf("%n%-56s", "of 100 clean batches");
    tools.forEach(tool -> out.printf("  %-20s", tool));
    out.printf("%n%-56s", "");
    tools.forEach(tool -> out.printf("  %5s %7s %6s", "cases", "alarms", "held"));
    out.println();
    tallies.keySet().stream()
        .filter(key -> key.kind() == FaultKind.CLEAN)
        .map(key -> List.of(key.data(), key.severity()))
        .distinct()
        .forEach(sort ->
            clean(
                out,
                sort.getFirst() + ", " + sort.getLast(),
                key -> List.of(key.data(), key.severity()).equals(sort)));
    clean(out, "all that do not truly differ", key -> !key.severity().endsWith(DataSet.MAY_DIFFER));
  }

  private void clean(PrintStream out, String name, Predicate<Key> which) {
    out.printf("%-56s", name);
    for (String tool : tools) {
      Tally sum = sum(tool, key -> key.kind() == FaultKind.CLEAN && which.test(key));
      out.printf(
          "  %5d %7s %6s",
          sum.cases(), percent(sum.alarmed(), sum.cases()), percent(sum.held(), sum.cases()));
    }
    out.println();
  }

  private static String percent(int of, int all) {
    return all == 0 ? "-" : String.format(Locale.ROOT, "%.1f", 100.0 * of / all);
  }

  private static void header(PrintStream out, String title) {
    out.printf(
        "%n%-58s %5s %6s %5s %7s %7s %9s%n",
        title, "cases", "recall", "held", "slice", "record", "precision");
  }

  private static void line(PrintStream out, String name, Tally tally) {
    out.printf(
        Locale.ROOT,
        "%-58s %5d %6.2f %5.2f %7s %7s %9s%n",
        name,
        tally.cases(),
        tally.recall(),
        (double) tally.held() / tally.cases(),
        of(tally.rightSlices(), tally.slices()),
        of(tally.rightRecords(), tally.records()),
        tally.alarms() == 0 ? "-" : String.format(Locale.ROOT, "%.2f", tally.precision()));
  }

  private static String of(int right, int all) {
    return all == 0 ? "-" : String.format(Locale.ROOT, "%.2f", (double) right / all);
  }

  /** For JSON: a map a line. */
  List<Map<String, Object>> toJson() {
    List<Map<String, Object>> lines = new ArrayList<>();
    tallies.forEach((key, tally) -> {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("tool", key.tool());
      line.put("data", key.data());
      line.put("kind", key.kind().title());
      line.put("severity", key.severity());
      line.putAll(tally.toMap());
      lines.add(line);
    });
    return lines;
  }
}
