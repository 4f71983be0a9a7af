package dev.sluice.emulators.bigquery;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The syntax tree of GoogleSQL as far as the emulator speaks it. {@code at} is a character. */
final class Ast {
  private Ast() {}

  sealed interface Expr {
    int at();
  }

  record Null(int at) implements Expr {}

  record Bool(boolean value, int at) implements Expr {}

  record Int(String text, int at) implements Expr {}

  record Real(String text, int at) implements Expr {}

  record Text(String value, int at) implements Expr {}

  record Bytes(String latin, int at) implements Expr {}

  record Typed(SqlType type, String value, int at) implements Expr {}

  record Param(String name, int index, int at) implements Expr {}

  record Name(String name, int at) implements Expr {}

  record Dot(Expr base, String field, int at) implements Expr {}

  record Index(Expr base, String mode, Expr index, int at) implements Expr {}

  record Unary(String op, Expr operand, int at) implements Expr {}

  record Binary(String op, Expr left, Expr right, int at) implements Expr {}

  record Is(Expr operand, String what, boolean not, int at) implements Expr {}

  record Between(Expr operand, Expr low, Expr high, boolean not, int at) implements Expr {}

  record InList(Expr operand, List<Expr> items, boolean not, int at) implements Expr {}

  record InArray(Expr operand, Expr array, boolean not, int at) implements Expr {}

  record InQuery(Expr operand, Query query, boolean not, int at) implements Expr {}

  record When(Expr condition, Expr result) {}

  record Case(@Nullable Expr operand, List<When> whens, @Nullable Expr otherwise, int at)
      implements Expr {}

  record Cast(Expr operand, SqlType type, boolean safe, int at) implements Expr {}

  record Extract(String part, Expr operand, @Nullable Expr zone, int at) implements Expr {}

  record Interval(Expr amount, String part, int at) implements Expr {}

  /** A date part given as a bare word, such as DAY or WEEK(MONDAY). */
  record Part(String name, int at) implements Expr {}

  record ArrayOf(@Nullable SqlType element, List<Expr> items, int at) implements Expr {}

  record ArrayQuery(Query query, int at) implements Expr {}

  record StructOf(@Nullable SqlType type, List<Item> items, int at) implements Expr {}

  record Scalar(Query query, int at) implements Expr {}

  record Exists(Query query, int at) implements Expr {}

  record Star(int at) implements Expr {}

  /**
   * A call, perhaps an aggregate or an analytic one.
   *
   * @param nulls IGNORE, RESPECT or empty
   * @param having MAX or MIN of {@code havingKey}, or empty
   */
  record Call(
      String name,
      boolean safe,
      boolean distinct,
      List<Expr> args,
      String nulls,
      String having,
      @Nullable Expr havingKey,
      List<Order> order,
      @Nullable Expr limit,
      @Nullable Window over,
      int at)
      implements Expr {}

  record Order(Expr expr, boolean descending, @Nullable Boolean nullsFirst) {}

  /**
   * A window; {@code base} names one of the WINDOW clause.
   *
   * @param frame ROWS or RANGE, or empty
   */
  record Window(
      @Nullable String base,
      List<Expr> partition,
      List<Order> order,
      String frame,
      @Nullable Bound start,
      @Nullable Bound end) {}

  /** A frame's end: UNBOUNDED PRECEDING, CURRENT ROW or an offset with a direction. */
  record Bound(String text, @Nullable Expr offset) {}

  /** An expression in a SELECT list; a star has {@code except} and {@code replace}. */
  record Item(
      Expr expr, @Nullable String alias, boolean star, List<String> except, List<Item> replace) {}

  sealed interface From {}

  record Table(List<String> path, @Nullable String alias, int at) implements From {}

  record Derived(Query query, @Nullable String alias) implements From {}

  record Unnest(Expr array, @Nullable String alias, @Nullable String offset, int at)
      implements From {}

  record Join(String kind, From left, From right, @Nullable Expr on, List<String> using, int at)
      implements From {}

  sealed interface Body {}

  record Select(
      boolean distinct,
      String as,
      List<Item> items,
      @Nullable From from,
      @Nullable Expr where,
      String groupKind,
      List<Expr> group,
      @Nullable Expr having,
      @Nullable Expr qualify,
      List<NamedWindow> windows,
      int at)
      implements Body {}

  record NamedWindow(String name, Window window) {}

  record SetOp(String op, boolean all, Body left, Body right, int at) implements Body {}

  record Nested(Query query) implements Body {}

  record With(String name, Query query) {}

  record Query(
      List<With> with, Body body, List<Order> order, @Nullable Expr limit, @Nullable Expr offset) {}

  sealed interface Statement {
    /** BigQuery's {@code statementType}. */
    String type();
  }

  record Read(Query query) implements Statement {
    @Override
    public String type() {
      return "SELECT";
    }
  }

  record Insert(
      List<String> table,
      List<String> columns,
      @Nullable Query query,
      List<List<Expr>> rows,
      int at)
      implements Statement {
    @Override
    public String type() {
      return "INSERT";
    }
  }

  record Set(String column, Expr value) {}

  record Update(List<String> table, @Nullable String alias, List<Set> sets, Expr where, int at)
      implements Statement {
    @Override
    public String type() {
      return "UPDATE";
    }
  }

  record Delete(List<String> table, @Nullable String alias, Expr where, int at)
      implements Statement {
    @Override
    public String type() {
      return "DELETE";
    }
  }

  record CreateTable(
      List<String> table,
      boolean replace,
      boolean ifNotExists,
      List<SqlType.Field> columns,
      @Nullable String partition,
      List<String> cluster,
      @Nullable Expr expires,
      @Nullable Query query,
      int at)
      implements Statement {
    @Override
    public String type() {
      return query == null ? "CREATE_TABLE" : "CREATE_TABLE_AS_SELECT";
    }
  }

  record CreateView(
      List<String> table, boolean replace, boolean ifNotExists, String sql, Query query, int at)
      implements Statement {
    @Override
    public String type() {
      return "CREATE_VIEW";
    }
  }

  record Drop(List<String> table, boolean view, boolean ifExists, int at) implements Statement {
    @Override
    public String type() {
      return view ? "DROP_VIEW" : "DROP_TABLE";
    }
  }
}
