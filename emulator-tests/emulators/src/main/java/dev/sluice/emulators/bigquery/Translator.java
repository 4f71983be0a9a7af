package dev.sluice.emulators.bigquery;

import dev.sluice.emulators.bigquery.Ast.Expr;
import dev.sluice.emulators.bigquery.SqlType.Field;
import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Translates a GoogleSQL tree to DuckDB's SQL. Names and types are resolved here, so that stars,
 * implicit casts, integer division, NULL and NaN order follow GoogleSQL, and everything unknown is
 * refused by name. Every relation gets an alias of its own (t1, t2, ...) and every query numbers
 * its columns (c0, c1, ...), so no name of DuckDB's can be meant by accident.
 */
final class Translator {
  /**
   * A table or view as a query sees it.
   *
   * @param source DuckDB's text for a table; unused for a view
   * @param viewSql the view's GoogleSQL, or null
   */
  record Source(
      String name, String source, List<Field> columns, @Nullable String viewSql, String project) {}

  /** Finds tables; the path has 1 to 5 parts as written. */
  interface Tables {
    Source find(List<String> path);
  }

  /**
   * A translated query.
   *
   * @param fields one for each of the columns c0, c1, ...; an empty name for an anonymous one
   * @param value true where the rows are values (SELECT AS STRUCT), not tuples
   */
  record Output(String sql, List<Field> fields, boolean value) {}

  private record Column(String name, Sql sql) {}

  private record Relation(String name, List<Column> columns, @Nullable Sql value) {}

  private static final class Scope {
    private final @Nullable Scope parent;
    private final List<Relation> relations = new ArrayList<>();
    private final List<Column> columns = new ArrayList<>();
    private final Map<String, Expr> aliases = new HashMap<>();
    private final Map<String, Ast.Window> windows = new HashMap<>();

    Scope(@Nullable Scope parent) {
      this.parent = parent;
    }
  }

  private record Cte(String name, Output output) {}

  private static final int DEEPEST_VIEW = 16;

  private final String sql;
  private final Tables tables;
  private final Map<String, Sql> parameters;
  private final Instant now;
  private final Functions functions;
  private final int depth;
  private Map<String, Cte> ctes = Map.of();
  private int aliases;

  Translator(String sql, Tables tables, Map<String, Sql> parameters, Instant now) {
    this(sql, tables, parameters, now, 0);
  }

  private Translator(
      String sql, Tables tables, Map<String, Sql> parameters, Instant now, int depth) {
    this.sql = sql;
    this.tables = tables;
    this.parameters = parameters;
    this.now = now;
    this.depth = depth;
    this.functions = new Functions(this);
  }

  Instant now() {
    return now;
  }

  String where(int at) {
    return Lexer.position(sql, at);
  }

  private ApiError error(String message, int at) {
    return ApiError.invalidQuery(message + where(at));
  }

  private ApiError notSpoken(String construct, int at) {
    return ApiError.notSpoken(construct + where(at));
  }

  Output query(Ast.Query query) {
    return query(query, null);
  }

  /** For UPDATE and DELETE: an expression over one table, whose columns are {@code t.name}. */
  Sql over(Source table, @Nullable String alias, String prefix, Expr expr) {
    Scope scope = new Scope(null);
    String name = alias == null ? table.name() : alias;
    List<Column> columns = new ArrayList<>();
    for (Field field : table.columns()) {
      columns.add(
          new Column(field.name(), Sql.of(prefix + "." + Sql.quote(field.name()), field.type())));
    }
    scope.columns.addAll(columns);
    scope.relations.add(new Relation(name, columns, null));
    return expr(expr, scope);
  }

  Sql constant(Expr expr) {
    return expr(expr, new Scope(null));
  }

  private String alias() {
    aliases++;
    return "t" + (depth == 0 ? "" : depth + "_") + aliases;
  }

  // Queries

  private Output query(Ast.Query query, @Nullable Scope outer) {
    Map<String, Cte> saved = ctes;
    StringBuilder with = new StringBuilder();
    if (!query.with().isEmpty()) {
      ctes = new HashMap<>(ctes);
      for (Ast.With cte : query.with()) {
        Output output = query(cte.query(), outer);
        String name = "w_" + alias();
        with.append(with.isEmpty() ? "WITH " : ", ");
        with.append(name).append(" AS (").append(output.sql()).append(")");
        ctes.put(cte.name().toLowerCase(Locale.ROOT), new Cte(name, output));
      }
      with.append(' ');
    }
    Output body =
        query.body() instanceof Ast.Select select
            ? select(select, query, outer)
            : ordered(body(query.body(), outer), query, outer);
    ctes = saved;
    return new Output(with + body.sql(), body.fields(), body.value());
  }

  private Output body(Ast.Body body, @Nullable Scope outer) {
    return switch (body) {
      case Ast.Select select ->
          select(select, new Ast.Query(List.of(), select, List.of(), null, null), outer);
      case Ast.Nested nested -> query(nested.query(), outer);
      case Ast.SetOp op -> {
        Output left = body(op.left(), outer);
        Output right = body(op.right(), outer);
        if (left.fields().size() != right.fields().size()) {
          throw error(
              "Queries in "
                  + op.op()
                  + (op.all() ? " ALL" : " DISTINCT")
                  + " have mismatched column count; query 1 has "
                  + left.fields().size()
                  + " column"
                  + (left.fields().size() == 1 ? "" : "s")
                  + ", query 2 has "
                  + right.fields().size()
                  + " column"
                  + (right.fields().size() == 1 ? "" : "s"),
              op.at());
        }
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < left.fields().size(); i++) {
          Field a = left.fields().get(i);
          Field b = right.fields().get(i);
          SqlType type = common(List.of(Sql.of("", a.type()), Sql.of("", b.type())));
          if (type == null) {
            throw error(
                "Column "
                    + (i + 1)
                    + " in "
                    + op.op()
                    + (op.all() ? " ALL" : " DISTINCT")
                    + " has incompatible types: "
                    + a.type()
                    + ", "
                    + b.type(),
                op.at());
          }
          fields.add(Field.of(a.name(), type));
        }
        yield new Output(
            recast(left, fields)
                + " "
                + op.op()
                + (op.all() ? " ALL " : " ")
                + recast(right, fields),
            fields,
            false);
      }
    };
  }

  private String recast(Output output, List<Field> target) {
    String t = alias();
    List<String> items = new ArrayList<>();
    for (int i = 0; i < target.size(); i++) {
      Sql column = Sql.of(t + ".c" + i, output.fields().get(i).type());
      Sql cast = coerce(column, target.get(i).type());
      items.add((cast == null ? column : cast).text() + " AS c" + i);
    }
    return "SELECT " + String.join(", ", items) + " FROM (" + output.sql() + ") AS " + t;
  }

  private Output ordered(Output body, Ast.Query query, @Nullable Scope outer) {
    if (query.order().isEmpty() && query.limit() == null) {
      return new Output("SELECT * FROM (" + body.sql() + ") AS " + alias(), body.fields(), false);
    }
    String t = alias();
    Scope scope = new Scope(outer);
    for (int i = 0; i < body.fields().size(); i++) {
      Field field = body.fields().get(i);
      scope.columns.add(new Column(field.name(), Sql.of(t + ".c" + i, field.type())));
    }
    List<String> keys = new ArrayList<>();
    for (Ast.Order order : query.order()) {
      Sql key =
          order.expr() instanceof Ast.Int ordinal
              ? scope.columns.get(ordinal(ordinal, body.fields().size(), "ORDER BY")).sql()
              : expr(order.expr(), scope);
      keys.add(key(key, order));
    }
    return new Output(
        "SELECT "
            + t
            + ".* FROM ("
            + body.sql()
            + ") AS "
            + t
            + (keys.isEmpty() ? "" : " ORDER BY " + String.join(", ", keys))
            + limit(query),
        body.fields(),
        body.value());
  }

  private String limit(Ast.Query query) {
    return (query.limit() == null ? "" : " LIMIT " + count(query.limit(), "LIMIT"))
        + (query.offset() == null ? "" : " OFFSET " + count(query.offset(), "OFFSET"));
  }

  private String count(Expr expr, String clause) {
    Sql value = constant(expr);
    if (!value.type().is(Kind.INT64) || !value.literal()) {
      throw error(clause + " expects an integer literal or parameter", expr.at());
    }
    String digits = value.text().replace("::BIGINT", "").replace("(", "").replace(")", "");
    if (digits.startsWith("-")) {
      throw error(clause + " expects a non-negative integer literal or parameter", expr.at());
    }
    return digits;
  }

  private int ordinal(Ast.Int literal, int size, String clause) {
    int value = Integer.parseInt(literal.text());
    if (value < 1 || value > size) {
      throw error(clause + " is out of SELECT column number range: " + value, literal.at());
    }
    return value - 1;
  }

  /** NULLs are first ascending and last descending; NaN is the least of numbers. */
  private String key(Sql key, Ast.Order order) {
    if (!key.type().orderable()) {
      throw error("ORDER BY does not support expressions of type " + key.type(), order.expr().at());
    }
    boolean nullsFirst = order.nullsFirst() == null ? !order.descending() : order.nullsFirst();
    String tail = nullsFirst ? " NULLS FIRST" : " NULLS LAST";
    String direction = order.descending() ? " DESC" : " ASC";
    String nan =
        key.type().is(Kind.FLOAT64)
            ? "isnan(" + key.text() + ")" + (order.descending() ? " ASC" : " DESC") + tail + ", "
            : "";
    return nan + key.text() + direction + tail;
  }

  private record Selected(String name, Sql sql, @Nullable Expr source) {}

  private Output select(Ast.Select select, Ast.Query query, @Nullable Scope outer) {
    Scope scope = new Scope(outer);
    String from = select.from() == null ? "" : " FROM " + from(select.from(), scope);
    select.windows().forEach(w -> scope.windows.put(w.name().toLowerCase(Locale.ROOT), w.window()));
    List<Selected> items = new ArrayList<>();
    for (Ast.Item item : select.items()) {
      if (item.star()) {
        star(item, scope, items);
      } else {
        Sql value = expr(item.expr(), scope);
        items.add(new Selected(nameOf(item), value, item.expr()));
      }
    }
    StringBuilder out = new StringBuilder("SELECT ");
    out.append(select.distinct() ? "DISTINCT " : "");
    List<Field> fields = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (Selected item : items) {
      if (select.distinct() && !item.sql().type().orderable()) {
        throw error(
            "Column "
                + item.name()
                + " of type "
                + item.sql().type()
                + " cannot be used in SELECT DISTINCT",
            select.at());
      }
      texts.add(item.sql().text() + " AS c" + texts.size());
      fields.add(Field.of(item.name(), item.sql().type()));
    }
    out.append(String.join(", ", texts)).append(from);
    if (select.where() != null) {
      out.append(" WHERE ").append(bool(select.where(), scope, "WHERE clause").text());
    }
    for (Selected item : items) {
      if (!item.name().isEmpty() && item.source() != null) {
        scope.aliases.putIfAbsent(item.name().toLowerCase(Locale.ROOT), item.source());
      }
    }
    if (!select.group().isEmpty()) {
      List<String> keys = new ArrayList<>();
      for (Expr key : select.group()) {
        Sql sql =
            key instanceof Ast.Int ordinal
                ? items.get(ordinal(ordinal, items.size(), "GROUP BY")).sql()
                : expr(key, scope);
        if (!sql.type().orderable() && !sql.type().is(Kind.STRUCT)) {
          throw error(
              "Grouping by expressions of type " + sql.type() + " is not allowed", key.at());
        }
        keys.add(sql.text());
      }
      String list = String.join(", ", keys);
      out.append(" GROUP BY ")
          .append(select.groupKind().equals("ROLLUP") ? "ROLLUP (" + list + ")" : list);
    }
    if (select.having() != null) {
      out.append(" HAVING ").append(bool(select.having(), scope, "HAVING clause").text());
    }
    if (select.qualify() != null) {
      out.append(" QUALIFY ").append(bool(select.qualify(), scope, "QUALIFY clause").text());
    }
    Output plain = new Output(out.toString(), fields, false);
    Output result;
    if (select.distinct() && !query.order().isEmpty()) {
      result = ordered(plain, query, null);
    } else {
      List<String> keys = new ArrayList<>();
      for (Ast.Order order : query.order()) {
        Sql key = null;
        if (order.expr() instanceof Ast.Int ordinal) {
          key = items.get(ordinal(ordinal, items.size(), "ORDER BY")).sql();
        } else if (order.expr() instanceof Ast.Name name) {
          for (Selected item : items) {
            if (key == null && item.name().equalsIgnoreCase(name.name())) {
              key = item.sql();
            }
          }
        }
        keys.add(key(key == null ? expr(order.expr(), scope) : key, order));
      }
      result =
          new Output(
              plain.sql()
                  + (keys.isEmpty() ? "" : " ORDER BY " + String.join(", ", keys))
                  + limit(query),
              fields,
              false);
    }
    if (select.as().equals("STRUCT")) {
      String t = alias();
      List<Sql> values = new ArrayList<>();
      for (int i = 0; i < fields.size(); i++) {
        values.add(Sql.of(t + ".c" + i, fields.get(i).type()));
      }
      Sql struct = structOf(fields, values);
      return new Output(
          "SELECT " + struct.text() + " AS c0 FROM (" + result.sql() + ") AS " + t,
          List.of(Field.of("", struct.type())),
          true);
    }
    if (select.as().equals("VALUE")) {
      if (fields.size() != 1) {
        throw error("SELECT AS VALUE query must have exactly one column", select.at());
      }
      return new Output(result.sql(), List.of(Field.of("", fields.getFirst().type())), true);
    }
    return result;
  }

  static Sql structOf(List<Field> fields, List<Sql> values) {
    SqlType type = SqlType.struct(fields);
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      parts.add(Sql.quote(type.fieldKey(i)) + " := " + values.get(i).text());
    }
    if (parts.isEmpty()) {
      throw ApiError.notSpoken("an empty STRUCT");
    }
    return Sql.of("struct_pack(" + String.join(", ", parts) + ")", type);
  }

  private static String nameOf(Ast.Item item) {
    if (item.alias() != null) {
      return item.alias();
    }
    return switch (item.expr()) {
      case Ast.Name name -> name.name();
      case Ast.Dot dot -> dot.field();
      default -> "";
    };
  }

  private void star(Ast.Item item, Scope scope, List<Selected> items) {
    List<Column> columns;
    if (item.expr() instanceof Ast.Star) {
      columns = scope.columns;
      if (columns.isEmpty()) {
        throw error("SELECT * must have a FROM clause", item.expr().at());
      }
    } else {
      Relation relation =
          item.expr() instanceof Ast.Name name ? relation(name.name(), scope) : null;
      if (relation != null && relation.value() == null) {
        columns = relation.columns();
      } else {
        Sql value = expr(item.expr(), scope);
        if (!value.type().is(Kind.STRUCT)) {
          throw error("Dot-star is not supported for type " + value.type(), item.expr().at());
        }
        columns = fieldsOf(value);
      }
    }
    for (String name : item.except()) {
      if (columns.stream().noneMatch(c -> c.name().equalsIgnoreCase(name))) {
        throw error("Column " + name + " in SELECT * EXCEPT list does not exist", item.expr().at());
      }
    }
    int before = items.size();
    for (Column column : columns) {
      if (item.except().stream().anyMatch(name -> name.equalsIgnoreCase(column.name()))) {
        continue;
      }
      Sql value = column.sql();
      for (Ast.Item replacement : item.replace()) {
        if (column.name().equalsIgnoreCase(replacement.alias())) {
          value = expr(replacement.expr(), scope);
        }
      }
      items.add(new Selected(column.name(), value, null));
    }
    if (items.size() == before) {
      throw error("SELECT * expands to zero columns after applying EXCEPT", item.expr().at());
    }
  }

  private static List<Column> fieldsOf(Sql struct) {
    List<Column> out = new ArrayList<>();
    for (int i = 0; i < struct.type().fields().size(); i++) {
      out.add(new Column(struct.type().fields().get(i).name(), field(struct, i)));
    }
    return out;
  }

  static Sql field(Sql struct, int index) {
    return Sql.of(
        "struct_extract(" + struct.text() + ", " + Sql.string(struct.type().fieldKey(index)) + ")",
        struct.type().fields().get(index).type());
  }

  // FROM

  private String from(Ast.From from, Scope scope) {
    return switch (from) {
      case Ast.Table table -> table(table, scope);
      case Ast.Derived derived -> {
        Output output = query(derived.query(), scope.parent);
        String t = alias();
        add(scope, output, t, derived.alias() == null ? "" : derived.alias());
        yield "(" + output.sql() + ") AS " + t;
      }
      case Ast.Unnest unnest -> unnest(unnest, scope);
      case Ast.Join join -> join(join, scope);
    };
  }

  private static void add(Scope scope, Output output, String t, String name) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < output.fields().size(); i++) {
      Field field = output.fields().get(i);
      columns.add(new Column(field.name(), Sql.of(t + ".c" + i, field.type())));
    }
    Sql value = output.value() ? columns.getFirst().sql() : null;
    if (value != null && value.type().is(Kind.STRUCT)) {
      columns = fieldsOf(value);
    } else if (value != null) {
      columns = List.of(new Column(name, value));
    }
    scope.columns.addAll(columns);
    scope.relations.add(new Relation(name, columns, value));
  }

  private String table(Ast.Table table, Scope scope) {
    String last = table.alias() == null ? table.path().getLast() : table.alias();
    if (table.path().size() == 1) {
      Cte cte = ctes.get(table.path().getFirst().toLowerCase(Locale.ROOT));
      if (cte != null) {
        String t = alias();
        add(scope, cte.output(), t, last);
        return cte.name() + " AS " + t;
      }
    } else if (relation(table.path().getFirst(), scope) != null) {
      Expr array = new Ast.Name(table.path().getFirst(), table.at());
      for (String field : table.path().subList(1, table.path().size())) {
        array = new Ast.Dot(array, field, table.at());
      }
      return unnest(new Ast.Unnest(array, last, null, table.at()), scope);
    }
    Source source = tables.find(table.path());
    String t = alias();
    if (source.viewSql() != null) {
      if (depth >= DEEPEST_VIEW) {
        throw ApiError.invalidQuery(
            "exceeded maximum nesting level of views (" + DEEPEST_VIEW + ") at " + source.name());
      }
      Translator inner = new Translator(source.viewSql(), tables, Map.of(), now, depth + 1);
      inner.aliases = aliases * 100;
      Output output =
          Parser.statement(source.viewSql()) instanceof Ast.Read read
              ? named(inner.query(read.query()))
              : new Output("", List.of(), false);
      add(scope, output, t, last);
      return "(" + output.sql() + ") AS " + t;
    }
    List<Column> columns = new ArrayList<>();
    for (Field field : source.columns()) {
      columns.add(
          new Column(field.name(), Sql.of(t + "." + Sql.quote(field.name()), field.type())));
    }
    scope.columns.addAll(columns);
    scope.relations.add(new Relation(last, columns, null));
    return source.source() + " AS " + t;
  }

  /** Anonymous columns of a final result are called f0_, f1_, ... in BigQuery. */
  static Output named(Output output) {
    Output rows = output;
    if (output.value() && output.fields().getFirst().type().is(Kind.STRUCT)) {
      Sql value = Sql.of("v.c0", output.fields().getFirst().type());
      List<String> items = new ArrayList<>();
      for (Column column : fieldsOf(value)) {
        items.add(column.sql().text() + " AS c" + items.size());
      }
      rows =
          new Output(
              "SELECT " + String.join(", ", items) + " FROM (" + output.sql() + ") AS v",
              value.type().fields(),
              false);
    }
    List<Field> fields = new ArrayList<>();
    Map<String, Integer> seen = new LinkedHashMap<>();
    int anonymous = 0;
    for (Field field : rows.fields()) {
      String name = field.name().isEmpty() ? "f" + anonymous++ + "_" : field.name();
      if (seen.put(name.toLowerCase(Locale.ROOT), 1) != null) {
        throw ApiError.invalidQuery(
            "Duplicate column names in the result are not supported when a destination table is"
                + " present. Found duplicate(s): "
                + name);
      }
      fields.add(Field.of(name, nameFields(field.type())));
    }
    return new Output(rows.sql(), fields, false);
  }

  private static SqlType nameFields(SqlType type) {
    if (type.is(Kind.ARRAY)) {
      return SqlType.array(nameFields(type.item()));
    }
    if (!type.is(Kind.STRUCT)) {
      return type;
    }
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < type.fields().size(); i++) {
      fields.add(Field.of(type.fieldKey(i), nameFields(type.fields().get(i).type())));
    }
    return SqlType.struct(fields);
  }

  private String unnest(Ast.Unnest unnest, Scope scope) {
    Sql array = expr(unnest.array(), scope);
    if (!array.type().is(Kind.ARRAY)) {
      throw error(
          "Values referenced in UNNEST must be arrays. UNNEST contains expression of type "
              + array.type(),
          unnest.at());
    }
    String t = alias();
    SqlType element = array.type().item();
    Sql value = Sql.of(t + ".c0", element);
    String name = unnest.alias() == null ? "" : unnest.alias();
    List<Column> columns =
        element.is(Kind.STRUCT) ? fieldsOf(value) : List.of(new Column(name, value));
    scope.columns.addAll(columns);
    scope.relations.add(new Relation(name, columns, value));
    String text = "(SELECT unnest(" + array.text() + ") AS c0";
    if (unnest.offset() != null) {
      Column offset = new Column(unnest.offset(), Sql.of(t + ".c1", SqlType.INT64));
      scope.columns.add(offset);
      scope.relations.add(new Relation(unnest.offset(), List.of(offset), offset.sql()));
      text += ", CAST(generate_subscripts(" + array.text() + ", 1) - 1 AS BIGINT) AS c1";
    }
    return text + ") AS " + t;
  }

  private String join(Ast.Join join, Scope scope) {
    String left = from(join.left(), scope);
    int split = scope.columns.size();
    boolean lateral = join.right() instanceof Ast.Unnest;
    int before = scope.relations.size();
    boolean path =
        join.right() instanceof Ast.Table table
            && table.path().size() > 1
            && relation(table.path().getFirst(), scope) != null;
    String right;
    if (join.right() instanceof Ast.Join) {
      right = "(" + from(join.right(), scope) + ")";
    } else {
      right = from(join.right(), scope);
    }
    lateral = lateral || path;
    if (join.kind().equals("CROSS")) {
      return left + " CROSS JOIN " + (lateral ? "LATERAL " : "") + right;
    }
    if (lateral && !join.kind().equals("LEFT") && !join.kind().equals("INNER")) {
      throw notSpoken(join.kind() + " JOIN UNNEST", join.at());
    }
    String on;
    if (join.on() != null) {
      on = bool(join.on(), scope, "JOIN ON clause").text();
    } else if (!join.using().isEmpty()) {
      on = using(join, scope, split);
    } else if (lateral) {
      on = "TRUE";
    } else {
      throw error("JOIN must have an ON or a USING clause", join.at());
    }
    if (scope.relations.size() == before) {
      throw new IllegalStateException("a join without a right side");
    }
    return left + " " + join.kind() + " JOIN " + (lateral ? "LATERAL " : "") + right + " ON " + on;
  }

  private String using(Ast.Join join, Scope scope, int split) {
    List<Column> merged = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    List<Column> lefts = new ArrayList<>(scope.columns.subList(0, split));
    List<Column> rights = new ArrayList<>(scope.columns.subList(split, scope.columns.size()));
    for (String name : join.using()) {
      Column left = takeColumn(lefts, name, "left", join.at());
      Column right = takeColumn(rights, name, "right", join.at());
      conditions.add(compare("=", left.sql(), right.sql(), join.at()).text());
      Sql value =
          switch (join.kind()) {
            case "RIGHT" -> right.sql();
            case "FULL" ->
                Sql.of(
                    "COALESCE(" + left.sql().text() + ", " + right.sql().text() + ")",
                    left.sql().type());
            default -> left.sql();
          };
      merged.add(new Column(left.name(), value));
    }
    scope.columns.clear();
    scope.columns.addAll(merged);
    scope.columns.addAll(lefts);
    scope.columns.addAll(rights);
    return String.join(" AND ", conditions);
  }

  private Column takeColumn(List<Column> columns, String name, String side, int at) {
    for (Column column : columns) {
      if (column.name().equalsIgnoreCase(name)) {
        columns.remove(column);
        return column;
      }
    }
    throw error("Column " + name + " in USING clause not found on " + side + " side of join", at);
  }

  // Names

  private static @Nullable Relation relation(String name, @Nullable Scope scope) {
    for (Scope s = scope; s != null; s = s.parent) {
      for (Relation relation : s.relations) {
        if (relation.name().equalsIgnoreCase(name)) {
          return relation;
        }
      }
    }
    return null;
  }

  private Sql name(Ast.Name name, Scope scope) {
    for (Scope s = scope; s != null; s = s.parent) {
      for (Relation relation : s.relations) {
        if (relation.value() != null && relation.name().equalsIgnoreCase(name.name())) {
          return relation.value();
        }
      }
      List<Column> found =
          s.columns.stream().filter(c -> c.name().equalsIgnoreCase(name.name())).toList();
      if (found.size() > 1) {
        throw error("Column name " + name.name() + " is ambiguous", name.at());
      }
      if (found.size() == 1) {
        return found.getFirst().sql();
      }
      Expr alias = s.aliases.get(name.name().toLowerCase(Locale.ROOT));
      if (alias != null && !alias.equals(name)) {
        return expr(alias, s);
      }
      for (Relation relation : s.relations) {
        if (relation.name().equalsIgnoreCase(name.name())) {
          List<Field> fields = new ArrayList<>();
          List<Sql> values = new ArrayList<>();
          for (Column column : relation.columns()) {
            fields.add(Field.of(column.name(), column.sql().type()));
            values.add(column.sql());
          }
          return structOf(fields, values);
        }
      }
    }
    throw error("Unrecognized name: " + name.name(), name.at());
  }

  private Sql dot(Ast.Dot dot, Scope scope) {
    if (dot.base() instanceof Ast.Name name) {
      Relation relation = relation(name.name(), scope);
      if (relation != null && relation.value() == null) {
        List<Column> found =
            relation.columns().stream()
                .filter(c -> c.name().equalsIgnoreCase(dot.field()))
                .toList();
        if (found.size() == 1) {
          return found.getFirst().sql();
        }
        throw error("Name " + dot.field() + " not found inside " + name.name(), dot.at());
      }
    }
    Sql base = expr(dot.base(), scope);
    if (base.type().is(Kind.JSON)) {
      return Sql.of(
          "json_extract("
              + base.text()
              + ", "
              + Sql.string("$.\"" + dot.field().replace("\"", "") + "\"")
              + ")",
          SqlType.JSON);
    }
    if (base.type().is(Kind.STRUCT)) {
      for (int i = 0; i < base.type().fields().size(); i++) {
        if (base.type().fields().get(i).name().equalsIgnoreCase(dot.field())) {
          return field(base, i);
        }
      }
      throw error("Field name " + dot.field() + " does not exist in " + base.type(), dot.at());
    }
    throw error(
        "Cannot access field " + dot.field() + " on a value with type " + base.type(), dot.at());
  }

  // Expressions

  private Sql bool(Expr expr, Scope scope, String what) {
    Sql value = expr(expr, scope);
    Sql cast = coerce(value, SqlType.BOOL);
    if (cast == null) {
      throw error(what + " should return type BOOL, but returns " + value.type(), expr.at());
    }
    return cast;
  }

  private Sql expr(Expr expr, Scope scope) {
    return switch (expr) {
      case Ast.Null n -> new Sql("CAST(NULL AS BIGINT)", SqlType.INT64, true, true);
      case Ast.Bool b -> Sql.literal(b.value() ? "TRUE" : "FALSE", SqlType.BOOL);
      case Ast.Int i -> integer(i);
      case Ast.Real r -> Sql.literal("CAST('" + r.text() + "' AS DOUBLE)", SqlType.FLOAT64);
      case Ast.Text t -> Sql.literal(Sql.string(t.value()) + "::VARCHAR", SqlType.STRING);
      case Ast.Bytes b -> Literals.bytes(b.latin());
      case Ast.Typed t -> Literals.of(t.type(), t.value(), where(t.at()));
      case Ast.Param p -> parameter(p);
      case Ast.Name n -> name(n, scope);
      case Ast.Dot d -> dot(d, scope);
      case Ast.Index i -> index(i, scope);
      case Ast.Unary u -> unary(u, scope);
      case Ast.Binary b -> binary(b, scope);
      case Ast.Is is -> {
        Sql value = expr(is.operand(), scope);
        if (!is.what().equals("NULL")) {
          value = bool(is.operand(), scope, "IS " + is.what());
        }
        yield Sql.of(
            "(" + value.text() + " IS " + (is.not() ? "NOT " : "") + is.what() + ")", SqlType.BOOL);
      }
      case Ast.Between b -> {
        Sql value = expr(b.operand(), scope);
        String low = compare(">=", value, expr(b.low(), scope), b.at()).text();
        String high = compare("<=", value, expr(b.high(), scope), b.at()).text();
        yield Sql.of((b.not() ? "(NOT (" : "((") + low + " AND " + high + "))", SqlType.BOOL);
      }
      case Ast.InList in -> {
        Sql value = expr(in.operand(), scope);
        List<Sql> all = new ArrayList<>(List.of(value));
        in.items().forEach(item -> all.add(expr(item, scope)));
        List<Sql> cast = unify(all, "operator IN", in.at());
        String list =
            cast.subList(1, cast.size()).stream().map(Sql::text).collect(Collectors.joining(", "));
        yield Sql.of(
            "(" + cast.getFirst().text() + (in.not() ? " NOT" : "") + " IN (" + list + "))",
            SqlType.BOOL);
      }
      case Ast.InQuery in -> {
        Sql value = expr(in.operand(), scope);
        Output output = query(in.query(), scope);
        if (output.fields().size() != 1) {
          throw error("Subquery of type IN must have only one output column", in.at());
        }
        String t = alias();
        Sql column = Sql.of(t + ".c0", output.fields().getFirst().type());
        List<Sql> cast = unify(List.of(value, column), "operator IN", in.at());
        yield Sql.of(
            "("
                + cast.getFirst().text()
                + (in.not() ? " NOT" : "")
                + " IN (SELECT "
                + cast.getLast().text()
                + " FROM ("
                + output.sql()
                + ") AS "
                + t
                + "))",
            SqlType.BOOL);
      }
      case Ast.InArray in -> {
        Sql value = expr(in.operand(), scope);
        Sql array = expr(in.array(), scope);
        if (!array.type().is(Kind.ARRAY)) {
          throw error(
              "Second argument of IN UNNEST must be an array but was " + array.type(), in.at());
        }
        Sql cast = need(value, array.type().item(), "operator IN UNNEST", in.at());
        String a = array.text();
        String x = cast.text();
        yield Sql.of(
            "("
                + (in.not() ? "NOT " : "")
                + "CASE WHEN COALESCE(len("
                + a
                + "), 0) = 0 THEN FALSE WHEN "
                + x
                + " IS NULL THEN NULL WHEN list_contains("
                + a
                + ", "
                + x
                + ") THEN TRUE WHEN len("
                + a
                + ") > list_count("
                + a
                + ") THEN NULL ELSE FALSE END)",
            SqlType.BOOL);
      }
      case Ast.Case c -> caseExpr(c, scope);
      case Ast.Cast c -> {
        Sql value = expr(c.operand(), scope);
        yield Casts.cast(value, c.type(), c.safe(), where(c.at()));
      }
      case Ast.Extract e ->
          functions.extract(
              e.part(),
              expr(e.operand(), scope),
              e.zone() == null ? null : expr(e.zone(), scope),
              e.at());
      case Ast.Interval i -> functions.interval(expr(i.amount(), scope), i.part(), i.at());
      case Ast.Part p -> throw error("Unrecognized name: " + p.name(), p.at());
      case Ast.ArrayOf a -> arrayOf(a, scope);
      case Ast.ArrayQuery a -> {
        Output output = query(a.query(), scope);
        if (output.fields().size() != 1) {
          throw error(
              "ARRAY subquery cannot have more than one column unless using SELECT AS STRUCT to"
                  + " build STRUCT values",
              a.at());
        }
        String t = alias();
        SqlType type = SqlType.array(output.fields().getFirst().type());
        yield Sql.of(
            "COALESCE((SELECT array_agg("
                + t
                + ".c0) FROM ("
                + output.sql()
                + ") AS "
                + t
                + "), CAST([] AS "
                + type.duck()
                + "))",
            type);
      }
      case Ast.StructOf s -> structExpr(s, scope);
      case Ast.Scalar s -> {
        Output output = query(s.query(), scope);
        if (output.fields().size() != 1) {
          throw error(
              "Scalar subquery cannot have more than one column unless using SELECT AS STRUCT to"
                  + " build STRUCT values",
              s.at());
        }
        yield Sql.of("(" + output.sql() + ")", output.fields().getFirst().type());
      }
      case Ast.Exists e -> Sql.of("EXISTS (" + query(e.query(), scope).sql() + ")", SqlType.BOOL);
      case Ast.Star s -> throw error("Syntax error: Unexpected \"*\"", s.at());
      case Ast.Call call -> call(call, scope);
    };
  }

  private Sql integer(Ast.Int literal) {
    try {
      String text = literal.text();
      boolean negative = text.startsWith("-");
      String digits = negative ? text.substring(1) : text;
      long value =
          digits.startsWith("0x") || digits.startsWith("0X")
              ? Long.parseLong((negative ? "-" : "") + digits.substring(2), 16)
              : Long.parseLong(text);
      return Literals.integer(value);
    } catch (NumberFormatException e) {
      throw error("Invalid integer literal: " + literal.text(), literal.at());
    }
  }

  private Sql parameter(Ast.Param param) {
    Sql value =
        parameters.get(
            param.name().isEmpty() ? "#" + param.index() : param.name().toLowerCase(Locale.ROOT));
    if (value == null) {
      throw error(
          param.name().isEmpty()
              ? "Query parameter number " + (param.index() + 1) + " is not defined"
              : "Query parameter '" + param.name() + "' not found",
          param.at());
    }
    return value;
  }

  private Sql index(Ast.Index index, Scope scope) {
    Sql base = expr(index.base(), scope);
    Sql at = expr(index.index(), scope);
    if (base.type().is(Kind.JSON)) {
      String path =
          at.type().is(Kind.STRING)
              ? "'$.\"' || " + at.text() + " || '\"'"
              : "'$[' || " + at.text() + " || ']'";
      return Sql.of("json_extract(" + base.text() + ", " + path + ")", SqlType.JSON);
    }
    if (!base.type().is(Kind.ARRAY)) {
      throw error(
          "Element access using [...] is not supported on values of type " + base.type(),
          index.at());
    }
    Sql position = need(at, SqlType.INT64, "array subscript", index.at());
    boolean fromOne = index.mode().endsWith("ORDINAL");
    String zero = fromOne ? "(" + position.text() + " - 1)" : position.text();
    String element = base.text() + "[" + zero + " + 1]";
    String outside =
        index.mode().startsWith("SAFE")
            ? "NULL"
            : Sql.fail(
                "'Array index ' || " + position.text() + " || ' is out of bounds'",
                base.type().item());
    return Sql.of(
        "(CASE WHEN "
            + zero
            + " < 0 OR "
            + zero
            + " >= len("
            + base.text()
            + ") THEN "
            + outside
            + " ELSE "
            + element
            + " END)",
        base.type().item());
  }

  private Sql unary(Ast.Unary unary, Scope scope) {
    if (unary.op().equals("NOT")) {
      return Sql.of(
          "(NOT " + bool(unary.operand(), scope, "operator NOT").text() + ")", SqlType.BOOL);
    }
    Sql value = expr(unary.operand(), scope);
    boolean fits = unary.op().equals("~") ? value.type().is(Kind.INT64) : value.type().numeric();
    if (!fits) {
      throw noSignature("operator " + unary.op(), List.of(value), unary.at());
    }
    return new Sql(
        "(" + unary.op() + " " + value.text() + ")", value.type(), value.literal(), value.isNull());
  }

  private Sql binary(Ast.Binary binary, Scope scope) {
    String op = binary.op();
    int at = binary.at();
    if (op.equals("AND") || op.equals("OR")) {
      return Sql.of(
          "("
              + bool(binary.left(), scope, "operator " + op).text()
              + " "
              + op
              + " "
              + bool(binary.right(), scope, "operator " + op).text()
              + ")",
          SqlType.BOOL);
    }
    Sql left = expr(binary.left(), scope);
    Sql right = expr(binary.right(), scope);
    return switch (op) {
      case "=", "!=", "<", ">", "<=", ">=" -> compare(op, left, right, at);
      case "IS DISTINCT", "IS NOT DISTINCT" -> {
        List<Sql> cast = unify(List.of(left, right), "operator " + op + " FROM", at);
        yield Sql.of(
            "(" + cast.getFirst().text() + " " + op + " FROM " + cast.getLast().text() + ")",
            SqlType.BOOL);
      }
      case "LIKE" -> {
        Sql text = need(left, SqlType.STRING, "operator LIKE", at);
        Sql pattern = need(right, SqlType.STRING, "operator LIKE", at);
        yield Sql.of("(" + text.text() + " LIKE " + pattern.text() + " ESCAPE '\\')", SqlType.BOOL);
      }
      case "||" -> {
        List<Sql> cast = unify(List.of(left, right), "operator ||", at);
        SqlType type = cast.getFirst().type();
        if (!type.is(Kind.STRING) && !type.is(Kind.BYTES) && !type.is(Kind.ARRAY)) {
          throw noSignature("operator ||", List.of(left, right), at);
        }
        yield Sql.of("(" + cast.getFirst().text() + " || " + cast.getLast().text() + ")", type);
      }
      case "+", "-", "*", "/" -> arithmetic(op, left, right, at);
      default -> {
        Sql a = need(left, SqlType.INT64, "operator " + op, at);
        Sql b = need(right, SqlType.INT64, "operator " + op, at);
        yield Sql.of(
            op.equals("^")
                ? "xor(" + a.text() + ", " + b.text() + ")"
                : "(" + a.text() + " " + op + " " + b.text() + ")",
            SqlType.INT64);
      }
    };
  }

  Sql arithmetic(String op, Sql left, Sql right, int at) {
    if (left.type().is(Kind.INTERVAL) || right.type().is(Kind.INTERVAL)) {
      return functions.plusInterval(op, left, right, at);
    }
    if (left.type().is(Kind.DATE) && right.type().is(Kind.INT64) && !op.matches("[*/]")) {
      return Sql.of(
          "(" + left.text() + " " + op + " CAST(" + right.text() + " AS INTEGER))", SqlType.DATE);
    }
    List<Sql> pair = List.of(left, right);
    SqlType type = common(pair);
    if (type == null || !type.numeric()) {
      throw noSignature("operator " + op, pair, at);
    }
    if (op.equals("/")) {
      if (type.is(Kind.NUMERIC)) {
        throw notSpoken("division of NUMERIC (CAST it to FLOAT64)", at);
      }
      type = SqlType.FLOAT64;
    }
    String a = need(left, type, "operator " + op, at).text();
    String b = need(right, type, "operator " + op, at).text();
    if (op.equals("/")) {
      return Sql.of("(" + a + " / " + Casts.divisor(left, right, b) + ")", type);
    }
    String text = "(" + a + " " + op + " " + b + ")";
    return Sql.of(type.is(Kind.NUMERIC) ? "CAST(" + text + " AS DECIMAL(38,9))" : text, type);
  }

  /** NaN equals nothing and is beyond no number; DuckDB takes it for the greatest. */
  Sql compare(String op, Sql left, Sql right, int at) {
    List<Sql> cast = unify(List.of(left, right), "operator " + op, at);
    Sql a = cast.getFirst();
    Sql b = cast.getLast();
    boolean equality = op.equals("=") || op.equals("!=");
    if (equality ? a.type().is(Kind.ARRAY) || a.type().is(Kind.JSON) : !a.type().orderable()) {
      throw noSignature("operator " + op, List.of(left, right), at);
    }
    String text = "(" + a.text() + " " + op + " " + b.text() + ")";
    if (a.type().is(Kind.FLOAT64)) {
      String risky = op.startsWith(">") || equality ? a.text() : b.text();
      boolean safe =
          equality
              ? left.literal() || right.literal()
              : (risky.equals(a.text()) ? left : right).literal();
      boolean bothSides = !equality && op.length() == 2 && !left.literal() && !right.literal();
      if (bothSides) {
        text = "(" + text + " AND NOT isnan(" + a.text() + ") AND NOT isnan(" + b.text() + "))";
      } else if (!safe) {
        text =
            op.equals("!=")
                ? "(" + text + " OR isnan(" + a.text() + "))"
                : "(" + text + " AND NOT isnan(" + risky + "))";
      }
    }
    return Sql.of(text, SqlType.BOOL);
  }

  private Sql caseExpr(Ast.Case c, Scope scope) {
    List<Sql> results = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    Sql operand = c.operand() == null ? null : expr(c.operand(), scope);
    for (Ast.When when : c.whens()) {
      conditions.add(
          operand == null
              ? bool(when.condition(), scope, "CASE condition").text()
              : compare("=", operand, expr(when.condition(), scope), c.at()).text());
      results.add(expr(when.result(), scope));
    }
    results.add(
        c.otherwise() == null ? expr(new Ast.Null(c.at()), scope) : expr(c.otherwise(), scope));
    List<Sql> cast = unify(results, "operator CASE", c.at());
    StringBuilder out = new StringBuilder("(CASE");
    for (int i = 0; i < conditions.size(); i++) {
      out.append(" WHEN ").append(conditions.get(i)).append(" THEN ").append(cast.get(i).text());
    }
    out.append(" ELSE ").append(cast.getLast().text()).append(" END)");
    return Sql.of(out.toString(), cast.getFirst().type());
  }

  private Sql arrayOf(Ast.ArrayOf array, Scope scope) {
    List<Sql> items = new ArrayList<>();
    array.items().forEach(item -> items.add(expr(item, scope)));
    SqlType element = array.element();
    List<Sql> cast;
    if (element == null) {
      cast = items.isEmpty() ? items : unify(items, "array", array.at());
      element = items.isEmpty() ? SqlType.INT64 : cast.getFirst().type();
    } else {
      SqlType wanted = element;
      cast = items.stream().map(item -> need(item, wanted, "array", array.at())).toList();
    }
    if (element.is(Kind.ARRAY)) {
      throw error(
          "Cannot construct array with element type ARRAY because nested arrays are not supported",
          array.at());
    }
    SqlType type = SqlType.array(element);
    String list = cast.stream().map(Sql::text).collect(Collectors.joining(", ", "[", "]"));
    return new Sql(
        "CAST(" + list + " AS " + type.duck() + ")",
        type,
        items.stream().allMatch(Sql::literal) && array.element() == null,
        false);
  }

  private Sql structExpr(Ast.StructOf struct, Scope scope) {
    List<Field> fields = new ArrayList<>();
    List<Sql> values = new ArrayList<>();
    SqlType type = struct.type();
    if (type != null && type.fields().size() != struct.items().size()) {
      throw error(
          "STRUCT type has "
              + type.fields().size()
              + " fields but constructor call has "
              + struct.items().size()
              + " fields",
          struct.at());
    }
    for (int i = 0; i < struct.items().size(); i++) {
      Ast.Item item = struct.items().get(i);
      Sql value = expr(item.expr(), scope);
      if (type != null) {
        fields.add(type.fields().get(i));
        values.add(need(value, type.fields().get(i).type(), "STRUCT", struct.at()));
      } else {
        fields.add(Field.of(nameOf(item), value.type()));
        values.add(value);
      }
    }
    return structOf(fields, values);
  }

  private Sql call(Ast.Call call, Scope scope) {
    if (Aggregates.knows(call.name())) {
      return aggregate(call, scope);
    }
    if (call.over() != null) {
      throw error(
          "Analytic function "
              + call.name()
              + " cannot be called with an OVER clause"
              + " (or the emulator does not speak it)",
          call.at());
    }
    if (call.distinct() || !call.nulls().isEmpty() || !call.order().isEmpty()) {
      throw notSpoken(call.name() + " as an aggregate", call.at());
    }
    List<Sql> args = new ArrayList<>();
    String part = "";
    for (Expr arg : call.args()) {
      if (arg instanceof Ast.Part p) {
        part = p.name();
      } else {
        args.add(expr(arg, scope));
      }
    }
    Sql value = functions.call(call.name(), args, part, call.at());
    if (!call.safe()) {
      return value;
    }
    if (args.stream().anyMatch(arg -> arg.text().contains(Sql.MARK))) {
      throw notSpoken("SAFE." + call.name() + " over arguments that can fail", call.at());
    }
    return Sql.of("TRY(" + Sql.forgiving(value.text()) + ")", value.type());
  }

  private Sql aggregate(Ast.Call call, Scope scope) {
    List<Sql> args = new ArrayList<>();
    boolean star = false;
    for (Expr arg : call.args()) {
      if (arg instanceof Ast.Star) {
        star = true;
      } else {
        args.add(expr(arg, scope));
      }
    }
    List<String> order = new ArrayList<>();
    for (Ast.Order key : call.order()) {
      order.add(key(expr(key.expr(), scope), key));
    }
    Sql havingKey = call.havingKey() == null ? null : expr(call.havingKey(), scope);
    String limit = call.limit() == null ? "" : count(call.limit(), "LIMIT");
    String over = call.over() == null ? "" : " OVER (" + window(call.over(), scope) + ")";
    return Aggregates.call(
        new Aggregates.Request(
            call.name(),
            call.distinct(),
            star,
            args,
            call.nulls(),
            call.having(),
            havingKey,
            order,
            limit,
            over,
            where(call.at())));
  }

  private String window(Ast.Window window, Scope scope) {
    Ast.Window base = window;
    if (window.base() != null) {
      Ast.Window named = scope.windows.get(window.base().toLowerCase(Locale.ROOT));
      if (named == null) {
        throw ApiError.invalidQuery("Unrecognized window alias " + window.base());
      }
      base =
          new Ast.Window(
              named.base(),
              window.partition().isEmpty() ? named.partition() : window.partition(),
              window.order().isEmpty() ? named.order() : window.order(),
              window.frame().isEmpty() ? named.frame() : window.frame(),
              window.start() == null ? named.start() : window.start(),
              window.end() == null ? named.end() : window.end());
      if (named.base() != null) {
        return window(base, scope);
      }
    }
    List<String> parts = new ArrayList<>();
    if (!base.partition().isEmpty()) {
      parts.add(
          "PARTITION BY "
              + base.partition().stream()
                  .map(e -> expr(e, scope).text())
                  .collect(Collectors.joining(", ")));
    }
    boolean range = base.frame().equals("RANGE");
    if (!base.order().isEmpty()) {
      List<String> keys = new ArrayList<>();
      for (Ast.Order order : base.order()) {
        Sql key = expr(order.expr(), scope);
        keys.add(key(key, order));
        if (range && hasOffset(base) && key.type().is(Kind.FLOAT64)) {
          throw ApiError.notSpoken("a RANGE frame over FLOAT64");
        }
      }
      parts.add("ORDER BY " + String.join(", ", keys));
    }
    if (base.start() != null) {
      String start = bound(base.start());
      parts.add(
          base.end() == null
              ? base.frame() + " " + start
              : base.frame() + " BETWEEN " + start + " AND " + bound(base.end()));
    }
    return String.join(" ", parts);
  }

  private static boolean hasOffset(Ast.Window window) {
    return (window.start() != null && window.start().offset() != null)
        || (window.end() != null && window.end().offset() != null);
  }

  private String bound(Ast.Bound bound) {
    return bound.offset() == null
        ? bound.text()
        : constant(bound.offset()).text() + " " + bound.text();
  }

  // Types

  ApiError noSignature(String what, List<Sql> args, int at) {
    String types =
        args.stream()
            .map(a -> a.isNull() ? "NULL" : a.type().toString())
            .collect(Collectors.joining(", "));
    return error("No matching signature for " + what + " for argument types: " + types, at);
  }

  /** The value as the type, or the error that BigQuery gives. */
  Sql need(Sql value, SqlType type, String what, int at) {
    Sql cast = coerce(value, type);
    if (cast == null) {
      throw noSignature(what, List.of(value), at);
    }
    return cast;
  }

  List<Sql> unify(List<Sql> values, String what, int at) {
    SqlType type = common(values);
    if (type == null) {
      throw noSignature(what, values, at);
    }
    return values.stream().map(v -> need(v, type, what, at)).toList();
  }

  /** The supertype of expressions, literals giving way to columns; null where there is none. */
  static @Nullable SqlType common(List<Sql> values) {
    SqlType out = null;
    boolean literal = true;
    for (Sql value : values) {
      if (value.isNull()) {
        continue;
      }
      if (out == null) {
        out = value.type();
        literal = value.literal();
      } else if (coerce(value, out) != null && !(literal && wider(value.type(), out))) {
        literal = literal && value.literal();
      } else if (coerce(new Sql("", out, literal, false), value.type()) != null) {
        out = value.type();
        literal = literal && value.literal();
      } else {
        return null;
      }
    }
    return out == null ? SqlType.INT64 : out;
  }

  private static boolean wider(SqlType type, SqlType than) {
    return type.is(Kind.FLOAT64) && than.is(Kind.INT64);
  }

  /** GoogleSQL's implicit conversions; null where it has none. */
  static @Nullable Sql coerce(Sql value, SqlType type) {
    if (value.isNull()) {
      return new Sql("CAST(NULL AS " + type.duck() + ")", type, true, true);
    }
    SqlType from = value.type();
    if (from.equals(type)) {
      return value;
    }
    boolean widens =
        switch (from.kind()) {
          case INT64 -> type.is(Kind.FLOAT64) || type.is(Kind.NUMERIC);
          case NUMERIC -> type.is(Kind.FLOAT64);
          case FLOAT64 -> value.literal() && type.is(Kind.NUMERIC);
          case DATE -> type.is(Kind.DATETIME);
          default -> false;
        };
    if (widens) {
      return new Sql(
          "CAST(" + value.text() + " AS " + type.duck() + ")", type, value.literal(), false);
    }
    if (value.literal() && from.is(Kind.STRING)) {
      return switch (type.kind()) {
        case DATE, DATETIME, TIME, TIMESTAMP ->
            new Sql(Casts.cast(value, type, false, "").text(), type, true, false);
        default -> null;
      };
    }
    if (from.is(Kind.ARRAY) && type.is(Kind.ARRAY)) {
      Sql element = coerce(new Sql("e", from.item(), value.literal(), false), type.item());
      if (element == null) {
        return value.literal() && value.text().startsWith("CAST([] ")
            ? Sql.literal("CAST([] AS " + type.duck() + ")", type)
            : null;
      }
      return element.text().equals("e")
          ? Sql.of(value.text(), type)
          : Sql.of("list_transform(" + value.text() + ", lambda e: " + element.text() + ")", type);
    }
    if (from.is(Kind.STRUCT)
        && type.is(Kind.STRUCT)
        && from.fields().size() == type.fields().size()) {
      List<Sql> values = new ArrayList<>();
      for (int i = 0; i < from.fields().size(); i++) {
        Sql field = field(value, i);
        Sql cast =
            coerce(
                new Sql(field.text(), field.type(), value.literal(), false),
                type.fields().get(i).type());
        if (cast == null) {
          return null;
        }
        values.add(cast);
      }
      Sql struct = structOf(type.fields(), values);
      return Sql.of(
          "(CASE WHEN " + value.text() + " IS NULL THEN NULL ELSE " + struct.text() + " END)",
          type);
    }
    return null;
  }
}
