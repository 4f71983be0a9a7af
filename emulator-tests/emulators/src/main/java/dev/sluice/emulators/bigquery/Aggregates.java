package dev.sluice.emulators.bigquery;

import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Aggregate, navigation and numbering functions; what is not listed is refused by name. */
final class Aggregates {
  private static final Set<String> NAMES =
      Set.of(
          ("COUNT COUNTIF SUM AVG MIN MAX ANY_VALUE ARRAY_AGG ARRAY_CONCAT_AGG STRING_AGG"
                  + " LOGICAL_AND LOGICAL_OR STDDEV STDDEV_SAMP STDDEV_POP VARIANCE VAR_SAMP"
                  + " VAR_POP CORR COVAR_POP COVAR_SAMP MIN_BY MAX_BY APPROX_QUANTILES"
                  + " APPROX_COUNT_DISTINCT BIT_AND BIT_OR BIT_XOR ROW_NUMBER RANK DENSE_RANK"
                  + " PERCENT_RANK CUME_DIST NTILE LAG LEAD FIRST_VALUE LAST_VALUE NTH_VALUE"
                  + " PERCENTILE_CONT PERCENTILE_DISC")
              .split(" ", -1));
  private static final Set<String> ANALYTIC_ONLY =
      Set.of(
          ("ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE LAG LEAD FIRST_VALUE LAST_VALUE"
                  + " NTH_VALUE PERCENTILE_CONT PERCENTILE_DISC")
              .split(" ", -1));

  /** A call with translated arguments; {@code over} is empty or {@code " OVER (...)"}. */
  record Request(
      String name,
      boolean distinct,
      boolean star,
      List<Sql> args,
      String nulls,
      String having,
      @Nullable Sql havingKey,
      List<String> order,
      String limit,
      String over,
      String where) {
    Sql arg(int index) {
      if (index >= args.size()) {
        throw ApiError.invalidQuery(
            "No matching signature for aggregate function "
                + name
                + " with "
                + args.size()
                + " arguments"
                + where);
      }
      return args.get(index);
    }

    Sql number(int index) {
      Sql arg = arg(index);
      if (!arg.type().numeric()) {
        throw ApiError.invalidQuery(
            "No matching signature for aggregate function "
                + name
                + " for argument types: "
                + arg.type()
                + where);
      }
      return arg;
    }

    String real(int index) {
      return "CAST(" + number(index).text() + " AS DOUBLE)";
    }

    String call(String function, String... texts) {
      return call(function, "", texts);
    }

    private String call(String function, String filter, String[] texts) {
      return function
          + "("
          + (distinct ? "DISTINCT " : "")
          + String.join(", ", texts)
          + (order.isEmpty() ? "" : " ORDER BY " + String.join(", ", order))
          + ")"
          + filter
          + over;
    }

    String filtered(String function, String condition, String... texts) {
      return call(function, " FILTER (WHERE " + condition + ")", texts);
    }
  }

  private Aggregates() {}

  static boolean knows(String name) {
    return NAMES.contains(name);
  }

  static Sql call(Request r) {
    boolean analytic = ANALYTIC_ONLY.contains(r.name());
    if (analytic && r.over().isEmpty()) {
      throw ApiError.invalidQuery(
          "Analytic function " + r.name() + " cannot be called without an OVER clause" + r.where());
    }
    if (!r.having().isEmpty() && !r.name().equals("ANY_VALUE")) {
      throw ApiError.notSpoken("HAVING " + r.having() + " in " + r.name() + r.where());
    }
    if (!r.over().isEmpty() && (r.distinct() || !r.order().isEmpty())) {
      throw ApiError.invalidQuery(
          "Analytic function "
              + r.name()
              + " does not support DISTINCT or ORDER BY in arguments"
              + r.where());
    }
    if (!r.limit().isEmpty() && !r.name().equals("ARRAY_AGG") && !r.name().equals("STRING_AGG")) {
      throw ApiError.notSpoken("LIMIT in " + r.name() + r.where());
    }
    return analytic ? navigation(r) : aggregate(r);
  }

  private static Sql aggregate(Request r) {
    return switch (r.name()) {
      case "COUNT" -> Sql.of(r.call("count", r.star() ? "*" : r.arg(0).text()), SqlType.INT64);
      case "COUNTIF" ->
          Sql.of("COALESCE(" + r.filtered("count", r.arg(0).text(), "*") + ", 0)", SqlType.INT64);
      case "SUM" -> {
        Sql x = r.number(0);
        yield Sql.of("CAST(" + r.call("sum", x.text()) + " AS " + x.type().duck() + ")", x.type());
      }
      case "AVG" -> {
        SqlType type = r.number(0).type().is(Kind.NUMERIC) ? SqlType.NUMERIC : SqlType.FLOAT64;
        yield Sql.of("CAST(" + r.call("avg", r.arg(0).text()) + " AS " + type.duck() + ")", type);
      }
      case "MIN", "MAX" -> {
        Sql x = r.arg(0);
        if (!x.type().orderable()) {
          throw ApiError.invalidQuery(
              "No matching signature for aggregate function "
                  + r.name()
                  + " for argument types: "
                  + x.type()
                  + r.where());
        }
        String plain = r.call(r.name().equals("MIN") ? "min" : "max", x.text());
        yield Sql.of(
            x.type().is(Kind.FLOAT64) && r.name().equals("MIN")
                ? "(CASE WHEN "
                    + r.call("bool_or", "isnan(" + x.text() + ")")
                    + " THEN CAST('nan' AS DOUBLE) ELSE "
                    + plain
                    + " END)"
                : plain,
            x.type());
      }
      case "ANY_VALUE" -> {
        Sql key = r.havingKey();
        yield Sql.of(
            key == null
                ? r.call("any_value", r.arg(0).text())
                : r.call(
                    r.having().equals("MAX") ? "arg_max" : "arg_min", r.arg(0).text(), key.text()),
            r.arg(0).type());
      }
      case "MIN_BY" -> Sql.of(r.call("arg_min", r.arg(0).text(), r.arg(1).text()), r.arg(0).type());
      case "MAX_BY" -> Sql.of(r.call("arg_max", r.arg(0).text(), r.arg(1).text()), r.arg(0).type());
      case "ARRAY_AGG" -> {
        Sql x = r.arg(0);
        if (x.type().is(Kind.ARRAY)) {
          throw ApiError.invalidQuery(
              "The argument to ARRAY_AGG must not be an array type but was "
                  + x.type()
                  + r.where());
        }
        String list =
            r.nulls().equals("IGNORE")
                ? r.filtered("array_agg", x.text() + " IS NOT NULL", x.text())
                : r.call("array_agg", x.text());
        yield Sql.of(
            r.limit().isEmpty() ? list : "(" + list + ")[1:" + r.limit() + "]",
            SqlType.array(x.type()));
      }
      case "ARRAY_CONCAT_AGG" ->
          Sql.of("flatten(" + r.call("array_agg", r.arg(0).text()) + ")", r.arg(0).type());
      case "STRING_AGG" -> {
        if (!r.arg(0).type().is(Kind.STRING)) {
          throw ApiError.notSpoken("STRING_AGG of " + r.arg(0).type() + r.where());
        }
        String separator = r.args().size() > 1 ? r.arg(1).text() : "','";
        yield Sql.of(
            r.limit().isEmpty()
                ? r.call("string_agg", r.arg(0).text(), separator)
                : "array_to_string(("
                    + r.filtered("array_agg", r.arg(0).text() + " IS NOT NULL", r.arg(0).text())
                    + ")[1:"
                    + r.limit()
                    + "], "
                    + separator
                    + ")",
            SqlType.STRING);
      }
      case "LOGICAL_AND" -> Sql.of(r.call("bool_and", r.arg(0).text()), SqlType.BOOL);
      case "LOGICAL_OR" -> Sql.of(r.call("bool_or", r.arg(0).text()), SqlType.BOOL);
      case "STDDEV", "STDDEV_SAMP" -> Sql.of(r.call("stddev_samp", r.real(0)), SqlType.FLOAT64);
      case "STDDEV_POP" -> Sql.of(r.call("stddev_pop", r.real(0)), SqlType.FLOAT64);
      case "VARIANCE", "VAR_SAMP" -> Sql.of(r.call("var_samp", r.real(0)), SqlType.FLOAT64);
      case "VAR_POP" -> Sql.of(r.call("var_pop", r.real(0)), SqlType.FLOAT64);
      case "CORR" -> Sql.of(r.call("corr", r.real(0), r.real(1)), SqlType.FLOAT64);
      case "COVAR_POP" -> Sql.of(r.call("covar_pop", r.real(0), r.real(1)), SqlType.FLOAT64);
      case "COVAR_SAMP" -> Sql.of(r.call("covar_samp", r.real(0), r.real(1)), SqlType.FLOAT64);
      case "BIT_AND", "BIT_OR", "BIT_XOR" ->
          Sql.of(
              r.call(r.name().toLowerCase(java.util.Locale.ROOT), r.arg(0).text()), SqlType.INT64);
      case "APPROX_COUNT_DISTINCT" ->
          Sql.of("count(DISTINCT " + r.arg(0).text() + ")" + r.over(), SqlType.INT64);
      case "APPROX_QUANTILES" -> quantiles(r);
      default -> throw ApiError.notSpoken(r.name() + r.where());
    };
  }

  private static Sql quantiles(Request r) {
    if (r.nulls().equals("RESPECT") || r.distinct()) {
      throw ApiError.notSpoken("APPROX_QUANTILES with RESPECT NULLS or DISTINCT" + r.where());
    }
    String digits = r.arg(1).text().replace("::BIGINT", "");
    if (!digits.matches("[1-9]\\d{0,4}")) {
      throw ApiError.invalidQuery(
          "The second argument of APPROX_QUANTILES must be a positive integer literal" + r.where());
    }
    int count = Integer.parseInt(digits);
    List<String> at = new ArrayList<>();
    for (int i = 0; i <= count; i++) {
      at.add(Double.toString((double) i / count));
    }
    return Sql.of(
        r.call("quantile_disc", r.arg(0).text(), "[" + String.join(", ", at) + "]"),
        SqlType.array(r.arg(0).type()));
  }

  private static Sql navigation(Request r) {
    String name = r.name().toLowerCase(java.util.Locale.ROOT);
    UnaryOperator<String> nulls =
        text -> r.nulls().equals("IGNORE") ? text + " IGNORE NULLS" : text;
    return switch (r.name()) {
      case "ROW_NUMBER", "RANK", "DENSE_RANK" -> Sql.of(r.call(name), SqlType.INT64);
      case "PERCENT_RANK", "CUME_DIST" -> Sql.of(r.call(name), SqlType.FLOAT64);
      case "NTILE" -> Sql.of(r.call(name, r.arg(0).text()), SqlType.INT64);
      case "LAG", "LEAD" -> {
        String offset = r.args().size() > 1 ? r.arg(1).text() : "1";
        if (r.args().size() < 3) {
          yield Sql.of(r.call(name, r.arg(0).text(), nulls.apply(offset)), r.arg(0).type());
        }
        Sql fallback = Translator.coerce(r.arg(2), r.arg(0).type());
        if (fallback == null) {
          throw ApiError.invalidQuery("No matching signature for " + r.name() + r.where());
        }
        yield Sql.of(
            r.call(name, r.arg(0).text(), offset, nulls.apply(fallback.text())), r.arg(0).type());
      }
      case "FIRST_VALUE", "LAST_VALUE" ->
          Sql.of(r.call(name, nulls.apply(r.arg(0).text())), r.arg(0).type());
      case "NTH_VALUE" ->
          Sql.of(r.call(name, r.arg(0).text(), nulls.apply(r.arg(1).text())), r.arg(0).type());
      case "PERCENTILE_CONT" ->
          Sql.of(r.call("quantile_cont", r.real(0), r.arg(1).text()), SqlType.FLOAT64);
      case "PERCENTILE_DISC" ->
          Sql.of(r.call("quantile_disc", r.arg(0).text(), r.arg(1).text()), r.arg(0).type());
      default -> throw ApiError.notSpoken(r.name() + r.where());
    };
  }
}
