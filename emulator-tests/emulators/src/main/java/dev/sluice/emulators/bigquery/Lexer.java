package dev.sluice.emulators.bigquery;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** GoogleSQL's lexical structure (Google Cloud documentation, "Lexical structure and syntax"). */
final class Lexer {
  enum Kind {
    WORD,
    QUOTED,
    INT,
    FLOAT,
    STRING,
    BYTES,
    PARAM,
    SYMBOL,
    END
  }

  /**
   * One token.
   *
   * @param text a string without quotes and escapes; bytes as Latin-1; a word as written
   */
  record Token(Kind kind, String text, int at) {
    boolean is(String word) {
      return kind == Kind.WORD && text.equalsIgnoreCase(word);
    }

    boolean symbol(String symbol) {
      return kind == Kind.SYMBOL && text.equals(symbol);
    }
  }

  private static final List<String> LONG_SYMBOLS =
      List.of("<=", ">=", "<>", "!=", "||", "<<", ">>", "=>");

  private final String sql;
  private int at;

  private Lexer(String sql) {
    this.sql = sql;
  }

  static List<Token> tokens(String sql) {
    Lexer lexer = new Lexer(sql);
    List<Token> out = new ArrayList<>();
    do {
      out.add(lexer.next());
    } while (out.getLast().kind != Kind.END);
    return out;
  }

  /** {@code [line:column]} of a character, both from 1, as BigQuery's messages end. */
  static String position(String sql, int at) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(at, sql.length()); i++) {
      if (sql.charAt(i) == '\n') {
        line++;
        column = 1;
      } else {
        column++;
      }
    }
    return " at [" + line + ":" + column + "]";
  }

  private ApiError error(String message, int where) {
    return ApiError.invalidQuery("Syntax error: " + message + position(sql, where));
  }

  private char peek(int ahead) {
    return at + ahead < sql.length() ? sql.charAt(at + ahead) : '\0';
  }

  private void skip() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (c == '#' || (c == '-' && peek(1) == '-')) {
        while (at < sql.length() && sql.charAt(at) != '\n') {
          at++;
        }
      } else if (c == '/' && peek(1) == '*') {
        int end = sql.indexOf("*/", at + 2);
        if (end < 0) {
          throw error("Unclosed comment", at);
        }
        at = end + 2;
      } else {
        return;
      }
    }
  }

  private Token next() {
    skip();
    int start = at;
    if (at >= sql.length()) {
      return new Token(Kind.END, "", at);
    }
    char c = sql.charAt(at);
    if (Character.isLetter(c) || c == '_') {
      String prefix = stringPrefix();
      if (!prefix.isEmpty()) {
        at += prefix.length();
        return string(
            start,
            prefix.toLowerCase(Locale.ROOT).contains("r"),
            prefix.toLowerCase(Locale.ROOT).contains("b"));
      }
      while (Character.isLetterOrDigit(peek(0)) || peek(0) == '_') {
        at++;
      }
      return new Token(Kind.WORD, sql.substring(start, at), start);
    }
    if (c == '\'' || c == '"') {
      return string(start, false, false);
    }
    if (c == '`') {
      int end = sql.indexOf('`', at + 1);
      if (end < 0) {
        throw error("Unclosed identifier literal", at);
      }
      at = end + 1;
      if (end == start + 1) {
        throw error("Invalid empty identifier", start);
      }
      return new Token(Kind.QUOTED, sql.substring(start + 1, end), start);
    }
    if (Character.isDigit(c) || (c == '.' && Character.isDigit(peek(1)))) {
      return number(start);
    }
    if (c == '@') {
      at++;
      if (peek(0) == '@') {
        throw ApiError.notSpoken("system variables (@@)" + position(sql, start));
      }
      while (Character.isLetterOrDigit(peek(0)) || peek(0) == '_') {
        at++;
      }
      return new Token(Kind.PARAM, sql.substring(start + 1, at), start);
    }
    if (c == '?') {
      at++;
      return new Token(Kind.PARAM, "", start);
    }
    for (String symbol : LONG_SYMBOLS) {
      if (sql.startsWith(symbol, at)) {
        at += symbol.length();
        return new Token(Kind.SYMBOL, symbol, start);
      }
    }
    if ("()[]{},.;*+-/<>=|&^~:".indexOf(c) < 0) {
      throw error("Illegal input character \"" + c + "\"", at);
    }
    at++;
    return new Token(Kind.SYMBOL, String.valueOf(c), start);
  }

  private String stringPrefix() {
    for (int length = 2; length >= 1; length--) {
      if (at + length < sql.length()
          && sql.substring(at, at + length).matches("(?i)r|b|rb|br")
          && (peek(length) == '\'' || peek(length) == '"')) {
        return sql.substring(at, at + length);
      }
    }
    return "";
  }

  private Token number(int start) {
    if (peek(0) == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
      at += 2;
      while (Character.digit(peek(0), 16) >= 0) {
        at++;
      }
      return new Token(Kind.INT, sql.substring(start, at), start);
    }
    boolean real = false;
    while (Character.isDigit(peek(0))) {
      at++;
    }
    boolean path = Character.isLetter(peek(1)) && !(peek(1) + "").equalsIgnoreCase("e");
    if (peek(0) == '.' && !path) {
      real = true;
      at++;
      while (Character.isDigit(peek(0))) {
        at++;
      }
    }
    if (peek(0) == 'e' || peek(0) == 'E') {
      int sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (Character.isDigit(peek(1 + sign))) {
        real = true;
        at += 1 + sign;
        while (Character.isDigit(peek(0))) {
          at++;
        }
      }
    }
    if (Character.isLetter(peek(0)) || peek(0) == '_') {
      throw error("Missing whitespace between literal and alias", at);
    }
    return new Token(real ? Kind.FLOAT : Kind.INT, sql.substring(start, at), start);
  }

  private Token string(int start, boolean raw, boolean bytes) {
    char quote = sql.charAt(at);
    String fence = String.valueOf(quote).repeat(3);
    boolean triple = sql.startsWith(fence, at);
    if (!triple) {
      fence = String.valueOf(quote);
    }
    at += fence.length();
    StringBuilder out = new StringBuilder();
    while (!sql.startsWith(fence, at)) {
      if (at >= sql.length() || (!triple && sql.charAt(at) == '\n')) {
        throw error("Unclosed string literal", start);
      }
      char c = sql.charAt(at++);
      if (c != '\\') {
        out.append(bytes ? latin(c) : String.valueOf(c));
      } else if (at >= sql.length()) {
        throw error("Unclosed string literal", start);
      } else if (raw) {
        out.append(c).append(sql.charAt(at++));
      } else {
        escape(out, bytes);
      }
    }
    at += fence.length();
    return new Token(bytes ? Kind.BYTES : Kind.STRING, out.toString(), start);
  }

  private static String latin(char c) {
    return new String(
        String.valueOf(c).getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private void escape(StringBuilder out, boolean bytes) {
    char c = sql.charAt(at++);
    switch (c) {
      case 'a' -> out.append('\u0007');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'n' -> out.append('\n');
      case 'r' -> out.append('\r');
      case 't' -> out.append('\t');
      case 'v' -> out.append('\u000B');
      case '\\', '?', '"', '\'', '`', '\n' -> out.append(c);
      case 'x', 'X' -> out.appendCodePoint(digits(2, 16));
      case 'u' -> out.appendCodePoint(digits(4, 16));
      case 'U' -> out.appendCodePoint(digits(8, 16));
      case '0', '1', '2', '3' -> {
        at--;
        out.appendCodePoint(digits(3, 8));
      }
      default -> throw error("Illegal escape sequence: \\" + c, at - 2);
    }
    if (bytes && (c == 'u' || c == 'U')) {
      throw error("Illegal escape sequence: \\" + c, at);
    }
  }

  private int digits(int count, int radix) {
    int value = 0;
    for (int i = 0; i < count; i++) {
      int digit = Character.digit(peek(0), radix);
      if (digit < 0) {
        throw error("Illegal escape sequence", at);
      }
      value = value * radix + digit;
      at++;
    }
    if (!Character.isValidCodePoint(value)) {
      throw error("Illegal escape sequence", at);
    }
    return value;
  }
}
