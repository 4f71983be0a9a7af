package dev.sluice.emulators.bigquery;

import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DuckDB's failures in BigQuery's words. */
final class Failures {
  private static final Pattern OVERFLOW =
      Pattern.compile("Overflow in (\\w+) of INT64 \\((.*)\\)!", Pattern.DOTALL);
  private static final Pattern UNGROUPED =
      Pattern.compile(
          "column \"?t?\\d*_?\\d*\"?\\.?\"?([^\"\\s]+)\"? must appear in the GROUP BY clause");

  private Failures() {}

  static ApiError of(SQLException e) {
    String text = String.valueOf(e.getMessage());
    int mark = text.indexOf(Sql.MARK);
    if (mark >= 0) {
      return ApiError.invalidQuery(firstLine(text.substring(mark + Sql.MARK.length())));
    }
    if (text.startsWith("INTERRUPT")) {
      return new ApiError(
          499, "stopped", "Job execution was cancelled: User requested cancellation");
    }
    Matcher overflow = OVERFLOW.matcher(text);
    if (overflow.find()) {
      return ApiError.invalidQuery("int64 overflow: " + overflow.group(2));
    }
    Matcher ungrouped = UNGROUPED.matcher(text);
    if (ungrouped.find()) {
      return ApiError.invalidQuery(
          "SELECT list expression references column "
              + ungrouped.group(1)
              + " which is neither grouped nor aggregated");
    }
    if (text.contains("More than one row returned by a subquery")) {
      return ApiError.invalidQuery("Scalar subquery produced more than one element");
    }
    return ApiError.invalidQuery(firstLine(text));
  }

  private static String firstLine(String text) {
    int end = text.indexOf("\n\nLINE");
    return (end < 0 ? text : text.substring(0, end)).strip();
  }
}
