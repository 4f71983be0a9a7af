package dev.sluice.localcloud.run;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last words: what is live, or why nothing is and what to do. */
final class Sentences {
  private Sentences() {}

  /**
   * @param version the live version, or null
   * @param reports one a file, in order
   */
  static String end(@Nullable Long version, List<BatchReport> reports) {
    List<String> held = new ArrayList<>();
    for (BatchReport report : reports) {
      String why = why(report);
      if (why != null) {
        held.add(report.file() + " " + why);
      }
    }
    String reasons = String.join("\n", held);
    if (version == null) {
      return "no model is live: " + reasons;
    }
    return "Version "
        + version
        + " is live."
        + unjudged(reports)
        + (held.isEmpty() ? "" : " What did not come through: " + reasons);
  }

  /** What is live without anybody knowing how good it is. */
  private static String unjudged(List<BatchReport> reports) {
    for (BatchReport report : reports) {
      for (BatchReport.Judgement verdict : report.verdicts()) {
        if (report.state().equals("LIVE")
            && verdict.subject().equals("MODEL")
            && verdict.outcome().equals("UNKNOWN")) {
          return " How good it is cannot be told: " + String.join("; ", verdict.reasons()) + ".";
        }
      }
    }
    return "";
  }

  /** Introduces the example request. */
  static String ask(Journey.Asked asked) {
    SampleRow row = asked.row();
    String label = row.label();
    return "Ask it, here with row "
        + row.row()
        + " of "
        + asked.file()
        + (row.seen() ? "" : ", which it has not learned from")
        + (label == null ? "" : " (there " + asked.label() + " is " + label + ")")
        + ":";
  }

  private static @Nullable String why(BatchReport report) {
    BatchReport.Failure failure = report.failure();
    return switch (report.state()) {
      case "LIVE" -> null;
      case "FAILED" ->
          failure == null
              ? "failed: " + report.reason() + hint(String.valueOf(report.reason()))
              : "failed in " + failure.operation() + ": " + failure.error() + hint(failure.error());
      case "BLOCKED" -> "is held: " + blocked(report);
      default ->
          "ended as " + report.state() + (report.reason() == null ? "" : ": " + report.reason());
    };
  }

  private static String blocked(BatchReport report) {
    for (BatchReport.Judgement verdict : report.verdicts()) {
      if (verdict.outcome().equals("FAIL")) {
        return String.join("; ", verdict.reasons());
      }
    }
    return String.valueOf(report.reason());
  }

  /** Where the error names a line for the spec, how to give one. */
  private static String hint(String error) {
    return error.contains("label: {")
        ? ". Put that into a file and run with --spec FILE in place of --label"
        : "";
  }
}
