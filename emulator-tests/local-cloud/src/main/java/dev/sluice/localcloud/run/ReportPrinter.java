package dev.sluice.localcloud.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A report as text for a person: whole for the first batch, what differs for the next ones. */
final class ReportPrinter {
  private static final int MOST_COLUMNS = 40;
  private static final int SHOWN_OF_MANY = 25;
  private static final int MOST_FINDINGS = 12;
  private static final int MOST_REJECTED = 5;
  private static final int MOST_IMPORTANT = 8;
  private static final int NAME_WIDTH = 28;
  private static final int VALUE_WIDTH = 24;

  private final Consumer<String> out;

  ReportPrinter(Consumer<String> out) {
    this.out = out;
  }

  /**
   * @param whole with columns and features too
   */
  void print(BatchReport report, boolean whole) {
    if (whole && !report.columns().isEmpty()) {
      columns(report);
    }
    findings(report);
    if (whole && report.features() != null) {
      features(report.features());
    }
    if (report.model() != null && report.features() != null) {
      model(report.model(), report.features());
    }
    if (!report.verdicts().isEmpty()) {
      heading("Verdict");
      for (BatchReport.Judgement verdict : report.verdicts()) {
        String reasons = String.join("; ", verdict.reasons());
        line(
            "%-6s %s%s",
            verdict.subject().toLowerCase(Locale.ROOT),
            verdict.outcome(),
            reasons.isEmpty() ? "" : ": " + reasons);
      }
    }
  }

  private void columns(BatchReport report) {
    List<BatchReport.Column> columns = report.columns();
    heading(
        say(
            "Columns: %d, in %,d rows%s",
            columns.size(),
            report.rows() - report.rejectedRows(),
            report.rejectedRows() == 0
                ? ""
                : say(" (%,d more were rejected)", report.rejectedRows())));
    int shown = columns.size() <= MOST_COLUMNS ? columns.size() : SHOWN_OF_MANY;
    int width = 4;
    for (BatchReport.Column column : columns.subList(0, shown)) {
      width = Math.max(width, cut(column.name(), NAME_WIDTH).length());
    }
    String form = "%-" + width + "s  %-6s %8s %9s  %s";
    line(form, "name", "type", "missing", "distinct", "values");
    for (BatchReport.Column column : columns.subList(0, shown)) {
      line(
          form,
          cut(column.name(), NAME_WIDTH),
          column.type().toLowerCase(Locale.ROOT),
          percent(column.missingShare()),
          say("%,d", column.distinct()),
          values(column));
    }
    if (shown < columns.size()) {
      Map<String, Integer> rest = new LinkedHashMap<>();
      for (BatchReport.Column column : columns.subList(shown, columns.size())) {
        rest.merge(column.type().toLowerCase(Locale.ROOT), 1, Integer::sum);
      }
      List<String> counts = new ArrayList<>();
      rest.forEach((type, count) -> counts.add(count + " " + type));
      line("and %d more (%s); --json tells all", columns.size() - shown, String.join(", ", counts));
    }
  }

  private static String values(BatchReport.Column column) {
    if (column.present() == 0) {
      return "-";
    }
    Double min = column.min();
    Double median = column.median();
    Double max = column.max();
    if (column.distinct() > 3 && min != null && median != null && max != null) {
      return number(min) + " to " + number(max) + ", median " + number(median);
    }
    List<String> values = column.values();
    List<String> shown =
        values.subList(0, Math.min(values.size(), 3)).stream()
            .map(value -> cut(value, VALUE_WIDTH))
            .toList();
    return String.join(", ", shown) + (column.distinct() > shown.size() ? ", ..." : "");
  }

  private void findings(BatchReport report) {
    if (report.columns().isEmpty()) {
      return;
    }
    heading("Found in the data");
    if (report.findings().isEmpty() && report.rejectedRows() == 0) {
      line("nothing that needs a look");
    }
    for (BatchReport.Finding finding : first(report.findings(), MOST_FINDINGS)) {
      line("%-4s %s", finding.severity(), oneLine(finding.text()));
    }
    more(report.findings().size() - MOST_FINDINGS);
    if (report.rejectedRows() > 0) {
      line("%,d rows could not be read:", report.rejectedRows());
      for (BatchReport.Rejected rejected : first(report.rejected(), MOST_REJECTED)) {
        line(
            "  %s%s",
            rejected.line() == null ? "" : "line " + rejected.line() + ": ",
            oneLine(String.valueOf(rejected.reason())));
      }
      more(report.rejectedRows() - MOST_REJECTED);
    }
  }

  private void features(BatchReport.Features features) {
    heading(
        say(
            "Features: %,d of %,d columns",
            features.used().size(), features.used().size() + features.left().size()));
    Map<String, List<String>> byKind = new LinkedHashMap<>();
    features
        .used()
        .forEach((column, how) ->
            byKind
                .computeIfAbsent(how.startsWith("text") ? "text" : how, kind -> new ArrayList<>())
                .add(
                    how.startsWith("text")
                        ? cut(column, NAME_WIDTH)
                            + how.substring("text".length())
                                .replace(", ", " (")
                                .replace(" by number", ")")
                        : cut(column, NAME_WIDTH)));
    byKind.forEach((kind, columns) ->
        line(
            "%s: %s%s",
            kind,
            String.join(", ", first(columns, 20)),
            columns.size() > 20 ? " and " + (columns.size() - 20) + " more" : ""));
    Map<String, List<String>> byReason = new LinkedHashMap<>();
    features
        .left()
        .forEach((column, reason) ->
            byReason
                .computeIfAbsent(reason, key -> new ArrayList<>())
                .add(cut(column, NAME_WIDTH)));
    List<Map.Entry<String, List<String>>> reasons = new ArrayList<>(byReason.entrySet());
    for (Map.Entry<String, List<String>> left : first(reasons, MOST_FINDINGS)) {
      List<String> columns = left.getValue();
      line(
          "left out: %s%s: %s",
          String.join(", ", first(columns, 8)),
          columns.size() > 8 ? " and " + (columns.size() - 8) + " more" : "",
          left.getKey());
    }
    more(reasons.size() - MOST_FINDINGS);
  }

  private void model(BatchReport.Model model, BatchReport.Features features) {
    heading(
        say(
            "Model: %d rounds of boosted trees on %,d rows, judged on %,d others",
            model.rounds(), model.trainRows(), model.evalRows()));
    line(
        "learns the probability that %s is %s (%s of the rows)",
        features.label(), features.positive(), percent(features.rate()));
    line("%-10s %-26s %s", "", "model", "without a model");
    metric(model, "auc", "AUC", "%.4f", "chance");
    metric(model, "log_loss", "log loss", "%.4f", "always " + percent(features.rate()));
    metric(
        model,
        "accuracy",
        "accuracy",
        "%.4f",
        "always " + (features.rate() >= .5 ? "" : "not ") + features.positive());
    List<String> important = new ArrayList<>();
    model
        .importance()
        .forEach((feature, share) -> {
          if (important.size() < MOST_IMPORTANT) {
            important.add(cut(feature, NAME_WIDTH) + " " + percent(share));
          }
        });
    line("decided by %s", important.isEmpty() ? "nothing" : String.join(", ", important));
  }

  private void metric(
      BatchReport.Model model, String name, String title, String form, String baseline) {
    BatchReport.Metric metric = model.metrics().get(name);
    if (metric == null) {
      return;
    }
    String value = say(form, metric.value());
    if (metric.low() != null && metric.high() != null) {
      value += say(" [" + form + ", " + form + "]", metric.low(), metric.high());
    }
    Double without = model.baseline().get(name);
    line(
        "%-10s %-26s %s",
        title, value, without == null ? "" : say(form, without) + " (" + baseline + ")");
  }

  private void more(long count) {
    if (count > 0) {
      line("and %,d more; --json tells more", count);
    }
  }

  private void heading(String text) {
    out.accept("");
    out.accept(text);
  }

  private void line(String form, @Nullable Object... arguments) {
    out.accept(("  " + say(form, arguments)).stripTrailing());
  }

  // Some forms are put together here, so they cannot be checked when compiled.
  @SuppressWarnings("AnnotateFormatMethod")
  private static String say(String form, @Nullable Object... arguments) {
    return String.format(Locale.ROOT, form, arguments);
  }

  private static <T> List<T> first(List<T> all, int most) {
    return all.subList(0, Math.min(all.size(), most));
  }

  private static String percent(double share) {
    return share > 0 && share < 0.001
        ? "< 0.1 %"
        : share > 0.999 && share < 1 ? "> 99.9 %" : say("%.1f %%", 100 * share);
  }

  private static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return say("%,d", (long) value);
    }
    double size = Math.abs(value);
    return size >= 1e9 || size < 1e-4
        ? say("%.4g", value)
        : say(size >= 100 ? "%,.2f" : "%.4f", value).replaceAll("\\.?0+$", "");
  }

  private static String cut(String text, int most) {
    String shown = oneLine(text);
    return shown.length() <= most ? shown : shown.substring(0, most - 3) + "...";
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\R", " ").strip();
  }
}
