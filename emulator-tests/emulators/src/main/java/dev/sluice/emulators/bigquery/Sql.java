package dev.sluice.emulators.bigquery;

/**
 * A translated expression: DuckDB's text and GoogleSQL's type.
 *
 * @param literal a constant, which GoogleSQL coerces more freely than a column
 * @param isNull the untyped NULL, which fits every type
 */
record Sql(String text, SqlType type, boolean literal, boolean isNull) {
  static Sql of(String text, SqlType type) {
    return new Sql(text, type, false, false);
  }

  static Sql literal(String text, SqlType type) {
    return new Sql(text, type, true, false);
  }

  static String quote(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  static String string(String value) {
    if (value.indexOf('\0') >= 0) {
      throw ApiError.notSpoken("a string with the character U+0000");
    }
    return "'" + value.replace("'", "''") + "'";
  }

  /** A run-time failure that carries BigQuery's own message; {@code message} is SQL text. */
  static String fail(String message, SqlType type) {
    return "CAST(error('" + MARK + "' || " + message + ") AS " + type.duck() + ")";
  }

  /** The text with NULL for each {@link #fail}: what SAFE means for a function's own failures. */
  static String forgiving(String text) {
    String start = "CAST(error('" + MARK;
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int fail = text.indexOf(start); fail >= 0; fail = text.indexOf(start, at)) {
      out.append(text, at, fail).append("NULL");
      int depth = 0;
      boolean quoted = false;
      at = fail;
      do {
        char c = text.charAt(at++);
        quoted ^= c == '\'';
        if (!quoted) {
          depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
      } while (depth > 0 || quoted || at <= fail + "CAST".length());
    }
    return out.append(text, at, text.length()).toString();
  }

  /** Tells our own failures from DuckDB's in an error's text. */
  static final String MARK = "GoogleSQL|";
}
