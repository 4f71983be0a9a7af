package dev.sluice.emulators.bigquery;

import dev.sluice.emulators.bigquery.SqlType.Kind;

/** Explicit conversions (Google Cloud documentation, "Conversion functions", CAST). */
final class Casts {
  private static final String DATE = "\\d{4}-\\d{1,2}-\\d{1,2}";
  private static final String CLOCK = "\\d{1,2}:\\d{1,2}:\\d{1,2}(\\.\\d{0,6})?";
  private static final String ZONE =
      "( ?(Z|z|UTC|[+-]\\d{1,2}(:?\\d{2})?|[A-Za-z_]+/[A-Za-z_/]+))?";

  private Casts() {}

  static Sql cast(Sql value, SqlType type, boolean safe, String where) {
    if (value.isNull() || value.type().equals(type)) {
      return value.isNull() ? Sql.literal("CAST(NULL AS " + type.duck() + ")", type) : value;
    }
    SqlType from = value.type();
    Sql widened = Translator.coerce(Sql.of(value.text(), from), type);
    if (widened != null) {
      return widened;
    }
    String x = value.text();
    String text =
        switch (type.kind()) {
          case STRING -> toString(x, from, safe);
          case INT64 ->
              switch (from.kind()) {
                case FLOAT64, NUMERIC -> plain("round(" + x + ", 0)", type, safe);
                case BOOL -> plain(x, type, safe);
                case STRING ->
                    checked(
                        x,
                        "\\s*[+-]?(0[xX][0-9a-fA-F]+|\\d+)\\s*",
                        "Bad int64 value: ",
                        type,
                        safe);
                default -> "";
              };
          case FLOAT64 ->
              from.is(Kind.STRING)
                  ? checked(
                      x,
                      "\\s*(?i)[+-]?(nan|inf|infinity|(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?)\\s*",
                      "Bad double value: ",
                      type,
                      safe)
                  : "";
          case NUMERIC ->
              switch (from.kind()) {
                case FLOAT64 -> plain(x, type, safe);
                case STRING ->
                    checked(
                        x,
                        "\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*",
                        "Invalid NUMERIC value: ",
                        type,
                        safe);
                default -> "";
              };
          case BOOL ->
              switch (from.kind()) {
                case INT64 -> "(" + x + " != 0)";
                case STRING -> checked(x, "(?i)true|false", "Bad bool value: ", type, safe);
                default -> "";
              };
          case BYTES -> from.is(Kind.STRING) ? "encode(" + x + ")" : "";
          case DATE ->
              switch (from.kind()) {
                case TIMESTAMP, DATETIME -> plain(x, type, safe);
                case STRING -> checked(x, "\\s*" + DATE + "\\s*", "Invalid date: ", type, safe);
                default -> "";
              };
          case DATETIME ->
              switch (from.kind()) {
                case TIMESTAMP -> "(" + x + " AT TIME ZONE 'UTC')";
                case STRING ->
                    checked(
                        x,
                        "\\s*" + DATE + "([ Tt]" + CLOCK + ")?\\s*",
                        "Invalid datetime string: ",
                        type,
                        safe);
                default -> "";
              };
          case TIMESTAMP ->
              switch (from.kind()) {
                case DATE -> "(CAST(" + x + " AS TIMESTAMP) AT TIME ZONE 'UTC')";
                case DATETIME -> "(" + x + " AT TIME ZONE 'UTC')";
                case STRING -> timestamp(value, safe);
                default -> "";
              };
          case TIME ->
              switch (from.kind()) {
                case DATETIME -> plain(x, type, safe);
                case TIMESTAMP -> "CAST((" + x + " AT TIME ZONE 'UTC') AS TIME)";
                case STRING -> checked(x, CLOCK, "Invalid time string: ", type, safe);
                default -> "";
              };
          default -> "";
        };
    if (text.isEmpty()) {
      throw ApiError.invalidQuery("Invalid cast from " + from + " to " + type + where);
    }
    return Sql.of(text, type);
  }

  private static String timestamp(Sql value, boolean safe) {
    return checked(
        value.text(),
        "\\s*" + DATE + "([ Tt]" + CLOCK + ")?" + ZONE + "\\s*",
        "Invalid timestamp: ",
        SqlType.TIMESTAMP,
        safe);
  }

  private static String plain(String x, SqlType type, boolean safe) {
    return (safe ? "TRY_CAST(" : "CAST(") + x + " AS " + type.duck() + ")";
  }

  /** DuckDB reads more texts than GoogleSQL, so the form is checked first. */
  private static String checked(
      String x, String pattern, String complaint, SqlType type, boolean safe) {
    String otherwise =
        safe
            ? "NULL"
            : Sql.fail(
                Sql.string(complaint + (complaint.startsWith("Bad") ? "" : "'"))
                    + " || "
                    + x
                    + (complaint.startsWith("Bad") ? "" : " || ''''"),
                type);
    return "(CASE WHEN "
        + x
        + " IS NULL THEN NULL WHEN regexp_full_match("
        + x
        + ", "
        + Sql.string(pattern)
        + ") THEN "
        + plain("trim(" + x + ")", type, safe)
        + " ELSE "
        + otherwise
        + " END)";
  }

  /** GoogleSQL's text of a value. */
  static String toString(String x, SqlType from, boolean safe) {
    return switch (from.kind()) {
      case STRING -> x;
      case INT64, BOOL, DATE -> "CAST(" + x + " AS VARCHAR)";
      case NUMERIC ->
          "regexp_replace(regexp_replace(CAST("
              + x
              + " AS VARCHAR), '(\\.\\d*?)0+$', '\\1'), '\\.$', '')";
      case FLOAT64 ->
          "replace(replace(regexp_replace(CAST("
              + x
              + " AS VARCHAR), '\\.0$', ''), 'infinity', 'inf'), 'nan', 'NaN')";
      case BYTES -> safe ? "TRY(decode(" + x + "))" : "decode(" + x + ")";
      case DATETIME -> time(x, "%Y-%m-%d %H:%M:%S", "");
      case TIMESTAMP -> time("(" + x + " AT TIME ZONE 'UTC')", "%Y-%m-%d %H:%M:%S", "+00");
      case TIME -> time("(DATE '2000-01-01' + " + x + ")", "%H:%M:%S", "");
      default -> "";
    };
  }

  /** No fraction, milliseconds or microseconds: the shortest that is exact. */
  private static String time(String x, String format, String tail) {
    return "(CASE WHEN epoch_us("
        + x
        + ") % 1000000 = 0 THEN strftime("
        + x
        + ", '"
        + format
        + tail
        + "') WHEN epoch_us("
        + x
        + ") % 1000 = 0 THEN strftime("
        + x
        + ", '"
        + format
        + ".%g"
        + tail
        + "') ELSE strftime("
        + x
        + ", '"
        + format
        + ".%f"
        + tail
        + "') END)";
  }

  /** A divisor that fails as BigQuery does where it is zero; {@code b} is its DOUBLE text. */
  static String divisor(Sql left, Sql right, String b) {
    if (right.literal() && right.text().matches("[1-9]\\d*::BIGINT")) {
      return b;
    }
    String zero =
        left.text().length() < 200
            ? "'division by zero: ' || COALESCE("
                + toString(left.text(), left.type(), false)
                + ", 'NULL') || ' / 0'"
            : "'division by zero'";
    return "(CASE WHEN "
        + b
        + " = 0 AND "
        + left.text()
        + " IS NOT NULL THEN "
        + Sql.fail(zero, SqlType.FLOAT64)
        + " ELSE "
        + b
        + " END)";
  }
}
