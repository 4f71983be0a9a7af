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

  /** One line a severity, for each tool and data set. */
  void tellAll(PrintStream out) {
    for (String tool : tools) {
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

  /** One line a kind, all data sets together; then false alarms. */
  void tellSummary(PrintStream out) {
    for (String tool : tools) {
      header(out, tool + ", all data");
      for (FaultKind kind : FaultKind.values()) {
        Tally sum = sum(tool, key -> key.kind() == kind);
        if (kind != FaultKind.CLEAN && sum.cases() > 0) {
          line(out, kind.title(), sum);
        }
      }
      line(out, "all faults", sum(tool, key -> key.kind() != FaultKind.CLEAN));
    }
    out.printf("%n%-58s %5s %10s %10s%n", "clean batches", "cases", "alarms/100", "held/100");
    tallies.forEach((key, tally) -> {
      if (key.kind() == FaultKind.CLEAN) {
        out.printf(
            Locale.ROOT,
            "%-58s %5d %10.1f %10.1f%n",
            key.tool() + ", " + key.data() + ", " + key.severity(),
            tally.cases(),
            100.0 * tally.alarmed() / tally.cases(),
            100.0 * tally.held() / tally.cases());
      }
    });
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
