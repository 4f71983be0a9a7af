package dev.sluice.emulators.bigquery;

import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Scalar functions; an allow-list, so that what is not here is refused by its name. */
final class Functions {
  private static final Map<String, Long> MICROS =
      Map.of(
          "MICROSECOND", 1L,
          "MILLISECOND", 1_000L,
          "SECOND", 1_000_000L,
          "MINUTE", 60_000_000L,
          "HOUR", 3_600_000_000L,
          "DAY", 86_400_000_000L);
  private static final List<String> WEEKDAYS =
      List.of("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY");

  private final Translator translator;

  Functions(Translator translator) {
    this.translator = translator;
  }

  /** The arguments of one call, read with GoogleSQL's implicit conversions. */
  private final class Args {
    private final String name;
    private final List<Sql> args;
    private final String part;
    private final int at;

    Args(String name, List<Sql> args, String part, int at) {
      this.name = name;
      this.args = args;
      this.part = part;
      this.at = at;
    }

    int size() {
      return args.size();
    }

    Sql raw(int i) {
      if (i >= args.size()) {
        throw translator.noSignature("function " + name, args, at);
      }
      return args.get(i);
    }

    Kind kind(int i) {
      return raw(i).type().kind();
    }

    String as(int i, SqlType type) {
      Sql cast = Translator.coerce(raw(i), type);
      if (cast == null) {
        throw translator.noSignature("function " + name, args, at);
      }
      return cast.text();
    }

    String s(int i) {
      return as(i, SqlType.STRING);
    }

    String n(int i) {
      return as(i, SqlType.INT64);
    }

    String d(int i) {
      return as(i, SqlType.FLOAT64);
    }

    /** A literal's value, which DuckDB or we need to know before the query runs. */
    String constant(int i) {
      String text = raw(i).text();
      if (!raw(i).literal() || !text.endsWith("::VARCHAR")) {
        throw ApiError.notSpoken(name + " with a pattern that is not a literal" + where());
      }
      return text.substring(1, text.length() - "'::VARCHAR".length()).replace("''", "'");
    }

    String where() {
      return translator.where(at);
    }

    Args count(int from, int to) {
      if (args.size() < from || args.size() > to) {
        throw translator.noSignature("function " + name, args, at);
      }
      return this;
    }
  }

  private static Sql str(String text) {
    return Sql.of(text, SqlType.STRING);
  }

  private static Sql num(String text) {
    return Sql.of(text, SqlType.INT64);
  }

  private static Sql real(String text) {
    return Sql.of(text, SqlType.FLOAT64);
  }

  private static Sql bool(String text) {
    return Sql.of(text, SqlType.BOOL);
  }

  Sql call(String name, List<Sql> args, String part, int at) {
    Args a = new Args(name, args, part, at);
    Sql out = conditional(a);
    out = out == null ? math(a) : out;
    out = out == null ? strings(a) : out;
    out = out == null ? arrays(a) : out;
    out = out == null ? times(a) : out;
    out = out == null ? json(a) : out;
    if (out == null) {
      throw ApiError.notSpoken(name + translator.where(at));
    }
    return out;
  }

  private @Nullable Sql conditional(Args a) {
    return switch (a.name) {
      case "IF" -> {
        a.count(3, 3);
        List<Sql> both = translator.unify(List.of(a.raw(1), a.raw(2)), "function IF", a.at);
        yield Sql.of(
            "(CASE WHEN "
                + a.as(0, SqlType.BOOL)
                + " THEN "
                + both.getFirst().text()
                + " ELSE "
                + both.getLast().text()
                + " END)",
            both.getFirst().type());
      }
      case "IFNULL", "COALESCE" -> {
        List<Sql> all = translator.unify(a.args, "function " + a.name, a.at);
        yield Sql.of("COALESCE(" + join(all) + ")", all.getFirst().type());
      }
      case "NULLIF" -> {
        List<Sql> both = translator.unify(a.count(2, 2).args, "function NULLIF", a.at);
        yield Sql.of("NULLIF(" + join(both) + ")", both.getFirst().type());
      }
      case "GREATEST", "LEAST" -> {
        List<Sql> all = translator.unify(a.args, "function " + a.name, a.at);
        String anyNull =
            all.stream().map(x -> x.text() + " IS NULL").collect(Collectors.joining(" OR "));
        yield Sql.of(
            "(CASE WHEN "
                + anyNull
                + " THEN NULL ELSE "
                + a.name.toLowerCase(Locale.ROOT)
                + "("
                + join(all)
                + ") END)",
            all.getFirst().type());
      }
      case "ERROR" -> Sql.of(Sql.fail(a.s(0), SqlType.INT64), SqlType.INT64);
      default -> null;
    };
  }

  private static String join(List<Sql> values) {
    return values.stream().map(Sql::text).collect(Collectors.joining(", "));
  }

  // Mathematics

  private @Nullable Sql math(Args a) {
    return switch (a.name) {
      case "ABS", "SIGN" -> {
        if (!a.raw(0).type().numeric()) {
          throw translator.noSignature("function " + a.name, a.args, a.at);
        }
        yield Sql.of(
            "CAST("
                + a.name.toLowerCase(Locale.ROOT)
                + "("
                + a.raw(0).text()
                + ") AS "
                + a.raw(0).type().duck()
                + ")",
            a.raw(0).type());
      }
      case "ROUND", "TRUNC" -> {
        SqlType type = a.kind(0) == Kind.NUMERIC ? SqlType.NUMERIC : SqlType.FLOAT64;
        String digits = a.count(1, 2).size() > 1 ? "CAST(" + a.n(1) + " AS INTEGER)" : "0";
        String call = a.name.toLowerCase(Locale.ROOT) + "(" + a.as(0, type) + ", " + digits + ")";
        yield Sql.of("CAST(" + call + " AS " + type.duck() + ")", type);
      }
      case "CEIL", "CEILING", "FLOOR" -> {
        SqlType type = a.kind(0) == Kind.NUMERIC ? SqlType.NUMERIC : SqlType.FLOAT64;
        String function = a.name.equals("FLOOR") ? "floor(" : "ceil(";
        yield Sql.of("CAST(" + function + a.as(0, type) + ") AS " + type.duck() + ")", type);
      }
      case "SQRT" -> guarded("sqrt", a, a.d(0) + " < 0");
      case "LN" -> guarded("ln", a, a.d(0) + " <= 0");
      case "LOG10" -> guarded("log10", a, a.d(0) + " <= 0");
      case "LOG" ->
          a.size() == 1
              ? guarded("ln", a, a.d(0) + " <= 0")
              : real(
                  "(CASE WHEN "
                      + a.d(0)
                      + " <= 0 OR "
                      + a.d(1)
                      + " <= 0 OR "
                      + a.d(1)
                      + " = 1 THEN "
                      + floatError("LOG")
                      + " ELSE ln("
                      + a.d(0)
                      + ") / ln("
                      + a.d(1)
                      + ") END)");
      case "EXP" -> guarded("exp", a, a.d(0) + " > 709.782712893384 AND isfinite(" + a.d(0) + ")");
      case "POW", "POWER" ->
          real(
              "(CASE WHEN ("
                  + a.d(0)
                  + " < 0 AND "
                  + a.d(1)
                  + " != trunc("
                  + a.d(1)
                  + ")) OR ("
                  + a.d(0)
                  + " = 0 AND "
                  + a.d(1)
                  + " < 0) OR (isfinite("
                  + a.d(0)
                  + ") AND isfinite("
                  + a.d(1)
                  + ") AND isinf(pow("
                  + a.d(0)
                  + ", "
                  + a.d(1)
                  + "))) THEN "
                  + floatError("POW")
                  + " ELSE pow("
                  + a.d(0)
                  + ", "
                  + a.d(1)
                  + ") END)");
      case "SIN", "COS", "TAN", "ATAN", "ASIN", "ACOS" ->
          real(a.name.toLowerCase(Locale.ROOT) + "(" + a.d(0) + ")");
      case "ATAN2" -> real("atan2(" + a.d(0) + ", " + a.d(1) + ")");
      case "IS_NAN" -> bool("isnan(" + a.d(0) + ")");
      case "IS_INF" -> bool("isinf(" + a.d(0) + ")");
      case "RAND" -> real("random()");
      case "SAFE_DIVIDE" -> real("(" + a.d(0) + " / NULLIF(" + a.d(1) + ", 0))");
      case "IEEE_DIVIDE" ->
          real(
              "(CASE WHEN "
                  + a.d(1)
                  + " != 0 OR "
                  + a.d(1)
                  + " IS NULL THEN "
                  + a.d(0)
                  + " / "
                  + a.d(1)
                  + " WHEN "
                  + a.d(0)
                  + " = 0 OR isnan("
                  + a.d(0)
                  + ") THEN CAST('nan' AS DOUBLE) WHEN "
                  + a.d(0)
                  + " > 0 THEN CAST('inf' AS DOUBLE) ELSE CAST('-inf' AS DOUBLE) END)");
      case "SAFE_ADD", "SAFE_SUBTRACT", "SAFE_MULTIPLY" -> {
        String op = Map.of("SAFE_ADD", "+", "SAFE_SUBTRACT", "-", "SAFE_MULTIPLY", "*").get(a.name);
        Sql value = translator.arithmetic(String.valueOf(op), a.raw(0), a.raw(1), a.at);
        yield Sql.of("TRY(" + value.text() + ")", value.type());
      }
      case "DIV", "MOD" -> {
        String x = a.n(0);
        String y = a.n(1);
        String message =
            a.name.equals("DIV")
                ? "'division by zero: ' || " + x + " || ' / 0'"
                : "'division by zero: MOD(' || " + x + " || ', 0)'";
        yield num(
            "(CASE WHEN "
                + y
                + " = 0 AND "
                + x
                + " IS NOT NULL THEN "
                + Sql.fail(message, SqlType.INT64)
                + " ELSE "
                + (a.name.equals("DIV")
                    ? "(" + x + " - " + x + " % " + y + ") // " + y
                    : x + " % " + y)
                + " END)");
      }
      default -> null;
    };
  }

  private static String floatError(String function) {
    return Sql.fail("'Floating point error in function: " + function + "'", SqlType.FLOAT64);
  }

  private static Sql guarded(String function, Args a, String bad) {
    return real(
        "(CASE WHEN "
            + bad
            + " THEN "
            + floatError(a.name)
            + " ELSE "
            + function
            + "("
            + a.d(0)
            + ") END)");
  }

  // Strings and bytes

  private @Nullable Sql strings(Args a) {
    boolean bytes = a.size() > 0 && a.kind(0) == Kind.BYTES;
    return switch (a.name) {
      case "CONCAT" -> {
        List<Sql> all = translator.unify(a.args, "function CONCAT", a.at);
        if (!all.getFirst().type().is(Kind.STRING) && !all.getFirst().type().is(Kind.BYTES)) {
          throw translator.noSignature("function CONCAT", a.args, a.at);
        }
        yield Sql.of(
            all.stream().map(Sql::text).collect(Collectors.joining(" || ", "(", ")")),
            all.getFirst().type());
      }
      case "LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH" ->
          num(bytes ? "octet_length(" + a.raw(0).text() + ")" : "length(" + a.s(0) + ")");
      case "BYTE_LENGTH", "OCTET_LENGTH" ->
          num(bytes ? "octet_length(" + a.raw(0).text() + ")" : "strlen(" + a.s(0) + ")");
      case "UPPER", "LOWER", "REVERSE" ->
          str(a.name.toLowerCase(Locale.ROOT) + "(" + a.count(1, 1).s(0) + ")");
      case "TRIM", "LTRIM", "RTRIM" ->
          str(
              a.name.toLowerCase(Locale.ROOT)
                  + "("
                  + a.s(0)
                  + (a.count(1, 2).size() > 1
                      ? ", " + a.s(1)
                      : ", ' ' || chr(9) || chr(10) || chr(13) || chr(11) || chr(12) || chr(160)")
                  + ")");
      case "LPAD", "RPAD" ->
          str(
              a.name.toLowerCase(Locale.ROOT)
                  + "("
                  + a.s(0)
                  + ", CAST("
                  + a.n(1)
                  + " AS INTEGER), "
                  + (a.size() > 2 ? a.s(2) : "' '")
                  + ")");
      case "REPEAT" -> str("repeat(" + a.s(0) + ", " + a.n(1) + ")");
      case "REPLACE" -> str("replace(" + a.s(0) + ", " + a.s(1) + ", " + a.s(2) + ")");
      case "STARTS_WITH" -> bool("starts_with(" + a.s(0) + ", " + a.s(1) + ")");
      case "ENDS_WITH" -> bool("ends_with(" + a.s(0) + ", " + a.s(1) + ")");
      case "STRPOS" -> num("strpos(" + a.count(2, 2).s(0) + ", " + a.s(1) + ")");
      case "LEFT", "RIGHT" ->
          str(
              "(CASE WHEN "
                  + a.n(1)
                  + " < 0 THEN "
                  + Sql.fail(
                      "'Second argument in " + a.name + "() cannot be negative'", SqlType.STRING)
                  + " ELSE "
                  + a.name.toLowerCase(Locale.ROOT)
                  + "("
                  + a.s(0)
                  + ", "
                  + a.n(1)
                  + ") END)");
      case "SUBSTR", "SUBSTRING" -> substring(a);
      case "SPLIT" ->
          Sql.of(
              "string_split(" + a.s(0) + ", " + (a.size() > 1 ? a.s(1) : "','") + ")",
              SqlType.array(SqlType.STRING));
      case "ASCII" -> num("CAST(ascii(" + a.s(0) + ") AS BIGINT)");
      case "CHR" -> str("chr(CAST(" + a.n(0) + " AS INTEGER))");
      case "TO_HEX" -> str("lower(hex(" + a.as(0, SqlType.BYTES) + "))");
      case "FROM_HEX" -> Sql.of("unhex(" + a.s(0) + ")", SqlType.BYTES);
      case "TO_BASE64" -> str("to_base64(" + a.as(0, SqlType.BYTES) + ")");
      case "FROM_BASE64" -> Sql.of("from_base64(" + a.s(0) + ")", SqlType.BYTES);
      case "SHA256", "SHA1", "MD5" ->
          Sql.of(
              "unhex("
                  + a.name.toLowerCase(Locale.ROOT)
                  + "("
                  + (bytes ? a.raw(0).text() : a.s(0))
                  + "))",
              SqlType.BYTES);
      case "GENERATE_UUID" -> str("CAST(uuid() AS VARCHAR)");
      case "REGEXP_CONTAINS" -> bool("regexp_matches(" + a.s(0) + ", " + pattern(a) + ")");
      case "REGEXP_EXTRACT", "REGEXP_SUBSTR" -> {
        String pattern = pattern(a.count(2, 2));
        yield str(
            "(CASE WHEN regexp_matches("
                + a.s(0)
                + ", "
                + pattern
                + ") THEN regexp_extract("
                + a.s(0)
                + ", "
                + pattern
                + ", "
                + groups(a)
                + ") END)");
      }
      case "REGEXP_EXTRACT_ALL" ->
          Sql.of(
              "regexp_extract_all(" + a.s(0) + ", " + pattern(a) + ", " + groups(a) + ")",
              SqlType.array(SqlType.STRING));
      case "REGEXP_REPLACE" ->
          str("regexp_replace(" + a.s(0) + ", " + pattern(a) + ", " + a.s(2) + ", 'g')");
      case "FORMAT" -> format(a);
      case "STRING" -> {
        if (a.size() == 1 && a.kind(0) == Kind.JSON) {
          yield str("json_extract_string(" + a.raw(0).text() + ", '$')");
        }
        yield str(Casts.cast(a.count(1, 1).raw(0), SqlType.STRING, false, a.where()).text());
      }
      default -> null;
    };
  }

  /** DuckDB lets a dot match a line break; RE2 as BigQuery runs it does not. */
  private static String pattern(Args a) {
    return "'(?-s)' || " + a.s(1);
  }

  private static int groups(Args a) {
    String pattern = a.constant(1);
    int groups = 0;
    boolean inClass = false;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '[') {
        inClass = true;
      } else if (c == ']') {
        inClass = false;
      } else if (c == '('
          && !inClass
          && (!pattern.startsWith("(?", i) || pattern.startsWith("(?P<", i))) {
        groups++;
      }
    }
    if (groups > 1) {
      throw ApiError.invalidQuery(
          "Regular expressions passed into extraction functions must not have more than 1 capturing"
              + " group"
              + a.where());
    }
    return groups;
  }

  private static Sql substring(Args a) {
    boolean bytes = a.kind(0) == Kind.BYTES;
    if (bytes) {
      throw ApiError.notSpoken("SUBSTR of BYTES" + a.where());
    }
    String s = a.s(0);
    String start = a.n(1);
    String from =
        "(CASE WHEN "
            + start
            + " = 0 OR "
            + start
            + " < -length("
            + s
            + ") THEN 1 ELSE "
            + start
            + " END)";
    if (a.raw(1).literal() && start.matches("[1-9]\\d*::BIGINT")) {
      from = start;
    }
    if (a.count(2, 3).size() == 2) {
      return str("substr(" + s + ", " + from + ")");
    }
    String length = a.n(2);
    return str(
        "(CASE WHEN "
            + length
            + " < 0 THEN "
            + Sql.fail("'Third argument in SUBSTR() cannot be negative'", SqlType.STRING)
            + " ELSE substr("
            + s
            + ", "
            + from
            + ", "
            + length
            + ") END)");
  }

  private Sql format(Args a) {
    String format = a.constant(0);
    List<String> parts = new ArrayList<>();
    StringBuilder plain = new StringBuilder();
    int next = 1;
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        plain.append(c);
        continue;
      }
      int end = i + 1;
      while (end < format.length() && "-+ #0123456789.".indexOf(format.charAt(end)) >= 0) {
        end++;
      }
      char verb = end < format.length() ? format.charAt(end) : ' ';
      String flags = format.substring(i + 1, Math.min(end, format.length()));
      i = end;
      if (verb == '%') {
        plain.append('%');
        continue;
      }
      if (!plain.isEmpty()) {
        parts.add(Sql.string(plain.toString()));
        plain.setLength(0);
      }
      Sql arg = a.raw(next);
      boolean text = verb == 't' || verb == 's';
      String value =
          switch (verb) {
            case 's' -> a.s(next);
            case 't' -> Casts.cast(arg, SqlType.STRING, false, a.where()).text();
            case 'd', 'i', 'x', 'X', 'o' -> a.n(next);
            case 'f', 'F', 'e', 'E', 'g', 'G' -> a.d(next);
            default -> throw ApiError.notSpoken("FORMAT verb %" + flags + verb + a.where());
          };
      parts.add(
          text && flags.isEmpty()
              ? value
              : "printf('%"
                  + flags
                  + (text ? 's' : verb == 'i' ? 'd' : verb)
                  + "', "
                  + value
                  + ")");
      next++;
    }
    if (!plain.isEmpty() || parts.isEmpty()) {
      parts.add(Sql.string(plain.toString()));
    }
    if (next != a.size()) {
      throw ApiError.invalidQuery(
          "Too many arguments to FORMAT for pattern \"" + format + "\"" + a.where());
    }
    return str("(" + String.join(" || ", parts) + ")");
  }

  // Arrays

  private @Nullable Sql arrays(Args a) {
    return switch (a.name) {
      case "ARRAY_LENGTH" -> num("len(" + array(a, 0).text() + ")");
      case "ARRAY_REVERSE" ->
          Sql.of("list_reverse(" + array(a, 0).text() + ")", array(a, 0).type());
      case "ARRAY_CONCAT" -> {
        List<Sql> all = translator.unify(a.args, "function ARRAY_CONCAT", a.at);
        String anyNull =
            all.stream().map(x -> x.text() + " IS NULL").collect(Collectors.joining(" OR "));
        String joined =
            all.stream()
                .map(Sql::text)
                .reduce((x, y) -> "list_concat(" + x + ", " + y + ")")
                .orElse("");
        yield Sql.of(
            "(CASE WHEN " + anyNull + " THEN NULL ELSE " + joined + " END)", array(a, 0).type());
      }
      case "ARRAY_TO_STRING" -> {
        String list =
            a.size() > 2
                ? "list_transform("
                    + array(a, 0).text()
                    + ", lambda e: COALESCE(e, "
                    + a.s(2)
                    + "))"
                : array(a, 0).text();
        yield str(
            "(CASE WHEN "
                + array(a, 0).text()
                + " IS NOT NULL THEN COALESCE(array_to_string("
                + list
                + ", "
                + a.s(1)
                + "), '') END)");
      }
      case "GENERATE_ARRAY" -> {
        List<Sql> all = translator.unify(a.count(2, 3).args, "function GENERATE_ARRAY", a.at);
        if (!all.getFirst().type().is(Kind.INT64)) {
          throw ApiError.notSpoken("GENERATE_ARRAY of " + all.getFirst().type() + a.where());
        }
        String step = all.size() > 2 ? all.get(2).text() : "1::BIGINT";
        yield Sql.of(
            "(CASE WHEN "
                + step
                + " = 0 THEN "
                + Sql.fail("'Sequence step cannot be 0.'", SqlType.array(SqlType.INT64))
                + " ELSE generate_series("
                + all.get(0).text()
                + ", "
                + all.get(1).text()
                + ", "
                + step
                + ") END)",
            SqlType.array(SqlType.INT64));
      }
      case "GENERATE_DATE_ARRAY" ->
          Sql.of(
              "list_transform(generate_series(CAST("
                  + a.as(0, SqlType.DATE)
                  + " AS TIMESTAMP), CAST("
                  + a.as(1, SqlType.DATE)
                  + " AS TIMESTAMP), "
                  + (a.size() > 2 ? a.as(2, SqlType.INTERVAL) : "INTERVAL 1 DAY")
                  + "), lambda e: CAST(e AS DATE))",
              SqlType.array(SqlType.DATE));
      default -> null;
    };
  }

  private Sql array(Args a, int i) {
    if (a.kind(i) != Kind.ARRAY) {
      throw translator.noSignature("function " + a.name, a.args, a.at);
    }
    return a.raw(i);
  }

  // Dates and times

  private static String zone(Args a, int i) {
    return a.size() > i ? a.s(i) : "'UTC'";
  }

  private @Nullable Sql times(Args a) {
    LocalDateTime now = LocalDateTime.ofInstant(translator.now(), ZoneOffset.UTC);
    String nowText = now.toLocalDate() + " " + Values.clock(now.toLocalTime());
    String nowSql = "CAST('" + nowText + "+00' AS TIMESTAMPTZ)";
    return switch (a.name) {
      case "CURRENT_TIMESTAMP" -> Sql.of(nowSql, SqlType.TIMESTAMP);
      case "CURRENT_DATE" ->
          Sql.of("CAST((" + nowSql + " AT TIME ZONE " + zone(a, 0) + ") AS DATE)", SqlType.DATE);
      case "CURRENT_DATETIME" ->
          Sql.of("(" + nowSql + " AT TIME ZONE " + zone(a, 0) + ")", SqlType.DATETIME);
      case "CURRENT_TIME" ->
          Sql.of("CAST((" + nowSql + " AT TIME ZONE " + zone(a, 0) + ") AS TIME)", SqlType.TIME);
      case "DATE" -> {
        if (a.size() == 3) {
          yield Sql.of("make_date(" + a.n(0) + ", " + a.n(1) + ", " + a.n(2) + ")", SqlType.DATE);
        }
        yield a.kind(0) == Kind.TIMESTAMP
            ? Sql.of(
                "CAST((" + a.raw(0).text() + " AT TIME ZONE " + zone(a, 1) + ") AS DATE)",
                SqlType.DATE)
            : Casts.cast(a.count(1, 1).raw(0), SqlType.DATE, false, a.where());
      }
      case "DATETIME" -> {
        if (a.size() == 6) {
          yield Sql.of(
              "make_timestamp("
                  + a.n(0)
                  + ", "
                  + a.n(1)
                  + ", "
                  + a.n(2)
                  + ", "
                  + a.n(3)
                  + ", "
                  + a.n(4)
                  + ", CAST("
                  + a.n(5)
                  + " AS DOUBLE))",
              SqlType.DATETIME);
        }
        if (a.size() == 2 && a.kind(0) == Kind.DATE) {
          yield Sql.of(
              "(" + a.raw(0).text() + " + " + a.as(1, SqlType.TIME) + ")", SqlType.DATETIME);
        }
        yield a.kind(0) == Kind.TIMESTAMP
            ? Sql.of("(" + a.raw(0).text() + " AT TIME ZONE " + zone(a, 1) + ")", SqlType.DATETIME)
            : Casts.cast(a.count(1, 1).raw(0), SqlType.DATETIME, false, a.where());
      }
      case "TIME" -> {
        if (a.size() == 3) {
          yield Sql.of(
              "make_time(" + a.n(0) + ", " + a.n(1) + ", CAST(" + a.n(2) + " AS DOUBLE))",
              SqlType.TIME);
        }
        yield Casts.cast(a.count(1, 1).raw(0), SqlType.TIME, false, a.where());
      }
      case "TIMESTAMP" -> {
        if (a.size() == 1) {
          yield Casts.cast(a.raw(0), SqlType.TIMESTAMP, false, a.where());
        }
        Sql local = Casts.cast(a.raw(0), SqlType.DATETIME, false, a.where());
        yield Sql.of("(" + local.text() + " AT TIME ZONE " + zone(a, 1) + ")", SqlType.TIMESTAMP);
      }
      case "TIMESTAMP_ADD", "DATE_ADD", "DATETIME_ADD" -> added("+", a);
      case "TIMESTAMP_SUB", "DATE_SUB", "DATETIME_SUB" -> added("-", a);
      case "TIMESTAMP_TRUNC" ->
          Sql.of(
              "("
                  + trunc("(" + a.as(0, SqlType.TIMESTAMP) + " AT TIME ZONE " + zone(a, 1) + ")", a)
                  + " AT TIME ZONE "
                  + zone(a, 1)
                  + ")",
              SqlType.TIMESTAMP);
      case "DATETIME_TRUNC" -> Sql.of(trunc(a.as(0, SqlType.DATETIME), a), SqlType.DATETIME);
      case "DATE_TRUNC" -> {
        if (MICROS.containsKey(a.part) && !a.part.equals("DAY")) {
          throw ApiError.invalidQuery(
              "DATE_TRUNC does not support the " + a.part + " date part" + a.where());
        }
        yield Sql.of(
            "CAST(" + trunc("CAST(" + a.as(0, SqlType.DATE) + " AS TIMESTAMP)", a) + " AS DATE)",
            SqlType.DATE);
      }
      case "TIMESTAMP_DIFF" -> {
        Long unit = MICROS.get(a.part);
        if (unit == null) {
          throw ApiError.invalidQuery(
              "TIMESTAMP_DIFF does not support the " + a.part + " date part" + a.where());
        }
        String micros =
            "(epoch_us("
                + a.as(0, SqlType.TIMESTAMP)
                + ") - epoch_us("
                + a.as(1, SqlType.TIMESTAMP)
                + "))";
        yield num("((" + micros + " - " + micros + " % " + unit + ") // " + unit + ")");
      }
      case "DATE_DIFF" -> diff(a, SqlType.DATE);
      case "DATETIME_DIFF" -> diff(a, SqlType.DATETIME);
      case "LAST_DAY" ->
          a.part.isEmpty() || a.part.equals("MONTH")
              ? Sql.of("last_day(" + a.as(0, SqlType.DATE) + ")", SqlType.DATE)
              : null;
      case "UNIX_SECONDS" -> num(floor("epoch_us(" + a.as(0, SqlType.TIMESTAMP) + ")", 1_000_000));
      case "UNIX_MILLIS" -> num(floor("epoch_us(" + a.as(0, SqlType.TIMESTAMP) + ")", 1_000));
      case "UNIX_MICROS" -> num("epoch_us(" + a.as(0, SqlType.TIMESTAMP) + ")");
      case "UNIX_DATE" ->
          num("CAST((" + a.as(0, SqlType.DATE) + " - DATE '1970-01-01') AS BIGINT)");
      case "DATE_FROM_UNIX_DATE" ->
          Sql.of("(DATE '1970-01-01' + CAST(" + a.n(0) + " AS INTEGER))", SqlType.DATE);
      case "TIMESTAMP_SECONDS" ->
          Sql.of("make_timestamptz(" + a.n(0) + " * 1000000)", SqlType.TIMESTAMP);
      case "TIMESTAMP_MILLIS" ->
          Sql.of("make_timestamptz(" + a.n(0) + " * 1000)", SqlType.TIMESTAMP);
      case "TIMESTAMP_MICROS" -> Sql.of("make_timestamptz(" + a.n(0) + ")", SqlType.TIMESTAMP);
      case "FORMAT_TIMESTAMP" ->
          str(
              "strftime(("
                  + a.as(1, SqlType.TIMESTAMP)
                  + " AT TIME ZONE "
                  + zone(a, 2)
                  + "), "
                  + timeFormat(a, a.size() == 2)
                  + ")");
      case "FORMAT_DATE" ->
          str("strftime(" + a.as(1, SqlType.DATE) + ", " + timeFormat(a, false) + ")");
      case "FORMAT_DATETIME" ->
          str("strftime(" + a.as(1, SqlType.DATETIME) + ", " + timeFormat(a, false) + ")");
      case "PARSE_DATE" -> Sql.of("CAST(" + parse(a) + " AS DATE)", SqlType.DATE);
      case "PARSE_DATETIME" -> Sql.of(parse(a), SqlType.DATETIME);
      case "PARSE_TIMESTAMP" ->
          Sql.of("(" + parse(a) + " AT TIME ZONE " + zone(a, 2) + ")", SqlType.TIMESTAMP);
      default -> null;
    };
  }

  private static String floor(String micros, long unit) {
    return "CAST(floor(CAST(" + micros + " AS DECIMAL(38,6)) / " + unit + ") AS BIGINT)";
  }

  private static String parse(Args a) {
    String value = a.s(1);
    return "COALESCE(TRY_STRPTIME("
        + value
        + ", "
        + timeFormat(a, true)
        + "), CASE WHEN "
        + value
        + " IS NOT NULL THEN "
        + Sql.fail("'Failed to parse input string \"' || " + value + " || '\"'", SqlType.DATETIME)
        + " END)";
  }

  /** BigQuery's format elements in DuckDB's; one without a twin is refused. */
  private static String timeFormat(Args a, boolean utc) {
    String format = a.constant(0);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      String rest = format.substring(i + 1);
      String element =
          rest.startsWith("E3S")
              ? "E3S"
              : rest.startsWith("E6S")
                  ? "E6S"
                  : rest.startsWith("Ez") ? "Ez" : rest.substring(0, 1);
      i += element.length();
      out.append(
          switch (element) {
            case "Y",
                "m",
                "d",
                "H",
                "M",
                "S",
                "j",
                "a",
                "A",
                "b",
                "B",
                "y",
                "p",
                "I",
                "U",
                "W",
                "u",
                "w",
                "G",
                "V",
                "%" ->
                "%" + element;
            case "h" -> "%b";
            case "F" -> "%Y-%m-%d";
            case "T" -> "%H:%M:%S";
            case "R" -> "%H:%M";
            case "D", "x" -> "%m/%d/%y";
            case "E6S" -> "%S.%f";
            case "E3S" -> "%S.%g";
            case "Z" -> zoneText("UTC", element, a, utc);
            case "z" -> zoneText("+0000", element, a, utc);
            case "Ez" -> zoneText("+00:00", element, a, utc);
            case "n" -> "\n";
            case "t" -> "\t";
            default -> throw ApiError.notSpoken(a.name + " element %" + element + a.where());
          });
    }
    return Sql.string(out.toString());
  }

  private static String zoneText(String text, String element, Args a, boolean utc) {
    if (!utc) {
      throw ApiError.notSpoken(a.name + " element %" + element + " outside UTC" + a.where());
    }
    return text;
  }

  private String trunc(String timestamp, Args a) {
    return switch (a.part) {
      case "MICROSECOND" -> timestamp;
      case "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "QUARTER", "YEAR" ->
          "date_trunc('" + a.part.toLowerCase(Locale.ROOT) + "', " + timestamp + ")";
      case "ISOWEEK" -> "date_trunc('week', " + timestamp + ")";
      case "ISOYEAR" -> throw ApiError.notSpoken(a.name + " to ISOYEAR" + a.where());
      case "" -> throw translator.noSignature("function " + a.name, a.args, a.at);
      default -> {
        int day = weekday(a);
        yield "(date_trunc('week', "
            + timestamp
            + " - INTERVAL "
            + day
            + " DAY) + INTERVAL "
            + day
            + " DAY)";
      }
    };
  }

  /** Days from Monday to the week's first day; a WEEK begins on Sunday. */
  private static int weekday(Args a) {
    if (a.part.equals("WEEK")) {
      return WEEKDAYS.indexOf("SUNDAY");
    }
    int day =
        a.part.startsWith("WEEK(")
            ? WEEKDAYS.indexOf(a.part.substring(5, a.part.length() - 1))
            : -1;
    if (day < 0) {
      throw ApiError.invalidQuery(
          a.name + " does not support the " + a.part + " date part" + a.where());
    }
    return day;
  }

  /** Counts the boundaries crossed, as DATE_DIFF and DATETIME_DIFF do. */
  private Sql diff(Args a, SqlType type) {
    String x = a.as(0, type);
    String y = a.as(1, type);
    String unit = a.part.toLowerCase(Locale.ROOT);
    if (a.part.matches("WEEK.*|ISOWEEK")) {
      int day = a.part.equals("ISOWEEK") ? 0 : weekday(a);
      return num(
          "date_diff('week', date_trunc('week', CAST("
              + y
              + " AS TIMESTAMP) - INTERVAL "
              + day
              + " DAY), date_trunc('week', CAST("
              + x
              + " AS TIMESTAMP) - INTERVAL "
              + day
              + " DAY))");
    }
    boolean small = MICROS.containsKey(a.part) && !a.part.equals("DAY");
    if (a.part.isEmpty()
        || a.part.startsWith("DAYOF")
        || a.part.equals("ISOYEAR")
        || (small && type.is(Kind.DATE))) {
      throw ApiError.invalidQuery(
          a.name + " does not support the " + a.part + " date part" + a.where());
    }
    return num("date_diff('" + unit + "', " + y + ", " + x + ")");
  }

  Sql interval(Sql amount, String part, int at) {
    Sql n = translator.need(amount, SqlType.INT64, "INTERVAL", at);
    Long micros = MICROS.get(part);
    String text =
        micros != null && !part.equals("DAY")
            ? "to_microseconds(" + n.text() + " * " + micros + ")"
            : switch (part) {
              case "DAY" -> "to_days(CAST(" + n.text() + " AS INTEGER))";
              case "WEEK" -> "to_days(CAST(" + n.text() + " * 7 AS INTEGER))";
              case "MONTH" -> "to_months(CAST(" + n.text() + " AS INTEGER))";
              case "QUARTER" -> "to_months(CAST(" + n.text() + " * 3 AS INTEGER))";
              case "YEAR" -> "to_months(CAST(" + n.text() + " * 12 AS INTEGER))";
              default -> throw ApiError.notSpoken("INTERVAL of " + part + translator.where(at));
            };
    return Sql.of(text, SqlType.INTERVAL);
  }

  private Sql added(String op, Args a) {
    SqlType type = SqlType.parse(a.name.substring(0, a.name.indexOf('_')));
    return plusInterval(
        op,
        Sql.of(
            a.as(0, type == null ? SqlType.TIMESTAMP : type),
            type == null ? SqlType.TIMESTAMP : type),
        a.raw(1),
        a.at,
        true);
  }

  Sql plusInterval(String op, Sql left, Sql right, int at) {
    if (left.type().is(Kind.INTERVAL) && op.equals("+")) {
      return plusInterval(op, right, left, at, false);
    }
    return plusInterval(op, left, right, at, false);
  }

  private Sql plusInterval(String op, Sql left, Sql right, int at, boolean function) {
    if (!right.type().is(Kind.INTERVAL)) {
      throw translator.noSignature("operator " + op, List.of(left, right), at);
    }
    String text = "(" + left.text() + " " + op + " " + right.text() + ")";
    boolean months = right.text().startsWith("to_months");
    return switch (left.type().kind()) {
      case TIMESTAMP -> {
        if (months || right.text().contains(" * 7 AS INTEGER")) {
          throw ApiError.invalidQuery(
              "TIMESTAMP_ADD does not support intervals longer than DAY" + translator.where(at));
        }
        yield Sql.of(text, SqlType.TIMESTAMP);
      }
      case DATETIME -> Sql.of(text, SqlType.DATETIME);
      case DATE -> {
        if (function && right.text().startsWith("to_microseconds")) {
          throw ApiError.invalidQuery(
              "DATE_ADD does not support intervals shorter than DAY" + translator.where(at));
        }
        yield function
            ? Sql.of("CAST(" + text + " AS DATE)", SqlType.DATE)
            : Sql.of("CAST(" + text + " AS TIMESTAMP)", SqlType.DATETIME);
      }
      default -> throw translator.noSignature("operator " + op, List.of(left, right), at);
    };
  }

  Sql extract(String part, Sql value, @Nullable Sql zone, int at) {
    Kind kind = value.type().kind();
    if (kind != Kind.DATE && kind != Kind.DATETIME && kind != Kind.TIMESTAMP && kind != Kind.TIME) {
      throw translator.noSignature("function EXTRACT", List.of(value), at);
    }
    String x =
        kind == Kind.TIMESTAMP
            ? "(" + value.text() + " AT TIME ZONE " + (zone == null ? "'UTC'" : zone.text()) + ")"
            : value.text();
    boolean clock = MICROS.containsKey(part) && !part.equals("DAY");
    if (clock ? kind == Kind.DATE : kind == Kind.TIME) {
      throw ApiError.invalidQuery(
          "EXTRACT from "
              + kind
              + " does not support the "
              + part
              + " date part"
              + translator.where(at));
    }
    return switch (part) {
      case "DAYOFWEEK" -> num("(extract('dow' FROM " + x + ") + 1)");
      case "DAYOFYEAR" -> num("extract('doy' FROM " + x + ")");
      case "WEEK" -> num("CAST(strftime(" + x + ", '%U') AS BIGINT)");
      case "ISOWEEK" -> num("extract('week' FROM " + x + ")");
      case "ISOYEAR" -> num("extract('isoyear' FROM " + x + ")");
      case "MICROSECOND" -> num("(extract('microsecond' FROM " + x + ") % 1000000)");
      case "MILLISECOND" -> num("(extract('millisecond' FROM " + x + ") % 1000)");
      case "YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND" ->
          num("extract('" + part.toLowerCase(Locale.ROOT) + "' FROM " + x + ")");
      case "DATE" -> Sql.of("CAST(" + x + " AS DATE)", SqlType.DATE);
      case "TIME" -> Sql.of("CAST(" + x + " AS TIME)", SqlType.TIME);
      case "DATETIME" -> Sql.of("CAST(" + x + " AS TIMESTAMP)", SqlType.DATETIME);
      default -> throw ApiError.notSpoken("EXTRACT of " + part + translator.where(at));
    };
  }

  // JSON

  private @Nullable Sql json(Args a) {
    return switch (a.name) {
      case "JSON_VALUE", "JSON_EXTRACT_SCALAR" -> {
        String j = document(a);
        String path = path(a);
        yield str(
            "(CASE WHEN json_type("
                + j
                + ", "
                + path
                + ") NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string("
                + j
                + ", "
                + path
                + ") END)");
      }
      case "JSON_QUERY", "JSON_EXTRACT" -> {
        String found = "json_extract(" + document(a) + ", " + path(a) + ")";
        yield a.kind(0) == Kind.JSON
            ? Sql.of(found, SqlType.JSON)
            : str("NULLIF(CAST(" + found + " AS VARCHAR), 'null')");
      }
      case "PARSE_JSON" -> Sql.of("CAST(" + a.count(1, 1).s(0) + " AS JSON)", SqlType.JSON);
      case "TO_JSON_STRING" -> str(toJson(a.count(1, 1).raw(0)));
      case "TO_JSON" -> Sql.of("CAST(" + toJson(a.count(1, 1).raw(0)) + " AS JSON)", SqlType.JSON);
      default -> null;
    };
  }

  private static String document(Args a) {
    return a.kind(0) == Kind.JSON
        ? a.raw(0).text()
        : "(CASE WHEN json_valid(" + a.s(0) + ") THEN " + a.s(0) + " END)";
  }

  private static String path(Args a) {
    String path = a.size() > 1 ? a.constant(1) : "$";
    if (!path.matches("\\$(\\.[A-Za-z_]\\w*|\\.\"[^\"]*\"|\\[\\d+\\])*")) {
      throw ApiError.notSpoken("the JSON path " + path + a.where());
    }
    return Sql.string(path);
  }

  private static String toJson(Sql value) {
    String x = value.text();
    String text =
        switch (value.type().kind()) {
          case INT64 ->
              "(CASE WHEN abs("
                  + x
                  + ") > 9007199254740992 THEN '\"' || "
                  + x
                  + " || '\"' ELSE CAST("
                  + x
                  + " AS VARCHAR) END)";
          case BOOL, JSON -> "CAST(" + x + " AS VARCHAR)";
          case FLOAT64 ->
              "(CASE WHEN isfinite("
                  + x
                  + ") THEN "
                  + Casts.toString(x, value.type(), false)
                  + " WHEN isnan("
                  + x
                  + ") THEN '\"NaN\"' WHEN "
                  + x
                  + " > 0 THEN '\"Infinity\"' WHEN "
                  + x
                  + " < 0 THEN '\"-Infinity\"' END)";
          case NUMERIC -> Casts.toString(x, value.type(), false);
          case STRING -> "CAST(to_json(" + x + ") AS VARCHAR)";
          case BYTES -> "'\"' || to_base64(" + x + ") || '\"'";
          case TIMESTAMP ->
              "'\"' || replace(replace("
                  + Casts.toString(x, value.type(), false)
                  + ", ' ', 'T'), '+00', 'Z') || '\"'";
          case DATETIME ->
              "'\"' || replace(" + Casts.toString(x, value.type(), false) + ", ' ', 'T') || '\"'";
          case DATE, TIME -> "'\"' || " + Casts.toString(x, value.type(), false) + " || '\"'";
          case INTERVAL -> throw ApiError.notSpoken("TO_JSON_STRING of INTERVAL");
          case ARRAY ->
              "'[' || array_to_string(list_transform("
                  + x
                  + ", lambda e: "
                  + toJson(Sql.of("e", value.type().item()))
                  + "), ',') || ']'";
          case STRUCT -> {
            List<String> fields = new ArrayList<>();
            for (int i = 0; i < value.type().fields().size(); i++) {
              fields.add(
                  Sql.string(
                          (i == 0 ? "{" : ",")
                              + new com.google.gson.JsonPrimitive(
                                  value.type().fields().get(i).name())
                              + ":")
                      + " || "
                      + toJson(Translator.field(value, i)));
            }
            yield "(" + String.join(" || ", fields) + " || '}')";
          }
        };
    return "COALESCE(CASE WHEN " + x + " IS NOT NULL THEN " + text + " END, 'null')";
  }
}
