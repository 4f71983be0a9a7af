package dev.sluice.contracts;

import org.jspecify.annotations.Nullable;

/**
 * Whether a text is one statement of GoogleSQL ("Lexical structure and syntax"), so that it can be
 * put behind {@code CREATE TABLE ... AS} and nothing else happens: behind a semicolon BigQuery
 * takes any other statement. Everything outside texts, quoted names and comments counts; what
 * BigQuery would not read to its end either is refused, as it could be read in two ways. Linear in
 * the text.
 */
public final class GoogleSql {
  private final String sql;
  private int at;

  private GoogleSql(String sql) {
    this.sql = sql;
  }

  /**
   * @return what is wrong, to follow "the query"; null for one statement, with or without a
   *     semicolon at its end
   */
  public static @Nullable String problem(String sql) {
    return new GoogleSql(sql).problem();
  }

  private @Nullable String problem() {
    String problem = null;
    boolean code = false;
    while (at < sql.length() && problem == null) {
      char c = sql.charAt(at);
      if (c == '\'' || c == '"' || c == '`') {
        problem = quoted(c);
        code = true;
      } else if (c == '#' || sql.startsWith("--", at)) {
        int end = sql.indexOf('\n', at);
        String line = sql.substring(at, end < 0 ? sql.length() : end);
        // Some readers end the comment there.
        problem = line.stripTrailing().indexOf('\r') < 0 ? null : "has a comment with a CR inside";
        at += line.length();
      } else if (sql.startsWith("/*", at)) {
        int end = sql.indexOf("*/", at + 2);
        problem = end < 0 ? "has a comment that does not end" : null;
        at = end + 2;
      } else if (c == ';') {
        return sql.substring(at).matches("[;\\s]*")
            ? code ? null : "says nothing"
            : "holds more than one statement; a source is one query, so leave out what stands"
                + " behind the first ';'";
      } else {
        code |= !Character.isWhitespace(c);
        at++;
      }
    }
    return problem != null ? problem : code ? null : "says nothing";
  }

  /** A text or a name. A backslash hides the character behind it, in raw texts too. */
  private @Nullable String quoted(char quote) {
    String three = String.valueOf(quote).repeat(3);
    boolean triple = quote != '`' && sql.startsWith(three, at);
    int from = at;
    at += triple ? 3 : 1;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '\\') {
        at += 2;
      } else if (triple ? sql.startsWith(three, at) : c == quote) {
        at += triple ? 3 : 1;
        return null;
      } else if (!triple && (c == '\n' || c == '\r')) {
        break;
      } else {
        at++;
      }
    }
    String begin = sql.substring(from, Math.min(sql.length(), from + 20)).replaceAll("\\s", " ");
    return "has a text or a name that does not end: " + begin;
  }
}
