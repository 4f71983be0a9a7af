package dev.sluice.emulators.bigquery;

import dev.sluice.emulators.bigquery.Ast.Expr;
import dev.sluice.emulators.bigquery.Lexer.Kind;
import dev.sluice.emulators.bigquery.Lexer.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Recursive descent over GoogleSQL, with the operator precedence of Google's documentation. */
final class Parser {
  private static final Set<String> RESERVED =
      Set.of(
          ("ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS"
                  + " CREATE CROSS CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE"
                  + " EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP"
                  + " GROUPING GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL INTO IS"
                  + " JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO NOT NULL NULLS OF"
                  + " ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE"
                  + " RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT"
                  + " TRUE UNBOUNDED UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN")
              .split(" ", -1));
  private static final Set<String> PARTS =
      Set.of(
          ("MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY DAYOFWEEK DAYOFYEAR WEEK ISOWEEK MONTH"
                  + " QUARTER YEAR ISOYEAR DATE TIME DATETIME")
              .split(" ", -1));
  private static final Set<String> TAKES_PART =
      Set.of(
          ("TIMESTAMP_TRUNC TIMESTAMP_DIFF DATE_TRUNC DATE_DIFF DATETIME_TRUNC DATETIME_DIFF"
                  + " TIME_TRUNC TIME_DIFF LAST_DAY")
              .split(" ", -1));

  private final String sql;
  private final List<Token> tokens;
  private int next;
  private int positional;

  private Parser(String sql) {
    this.sql = sql;
    this.tokens = Lexer.tokens(sql);
  }

  static Ast.Statement statement(String sql) {
    Parser parser = new Parser(sql);
    Ast.Statement statement = parser.statement();
    while (parser.symbol(";")) {}
    if (parser.peek().kind() != Kind.END) {
      throw parser.unexpected("end of input");
    }
    return statement;
  }

  private Token peek() {
    return tokens.get(next);
  }

  private Token peek(int ahead) {
    return tokens.get(Math.min(next + ahead, tokens.size() - 1));
  }

  private Token take() {
    return tokens.get(next++);
  }

  private boolean word(String word) {
    if (peek().is(word)) {
      next++;
      return true;
    }
    return false;
  }

  private boolean words(String first, String second) {
    if (peek().is(first) && peek(1).is(second)) {
      next += 2;
      return true;
    }
    return false;
  }

  private boolean symbol(String symbol) {
    if (peek().symbol(symbol)) {
      next++;
      return true;
    }
    return false;
  }

  private void expect(String symbol) {
    if (!symbol(symbol)) {
      throw unexpected("\"" + symbol + "\"");
    }
  }

  private void expectWord(String word) {
    if (!word(word)) {
      throw unexpected("keyword " + word);
    }
  }

  private ApiError unexpected(String expected) {
    Token token = peek();
    String got =
        switch (token.kind()) {
          case END -> "end of query";
          case WORD ->
              RESERVED.contains(token.text().toUpperCase(Locale.ROOT))
                  ? "keyword " + token.text().toUpperCase(Locale.ROOT)
                  : "identifier \"" + token.text() + "\"";
          case QUOTED -> "identifier `" + token.text() + "`";
          case STRING -> "string literal \"" + token.text() + "\"";
          case BYTES -> "bytes literal";
          case INT -> "integer literal \"" + token.text() + "\"";
          case FLOAT -> "floating point literal \"" + token.text() + "\"";
          case PARAM -> "query parameter";
          case SYMBOL -> "\"" + token.text() + "\"";
        };
    return ApiError.invalidQuery(
        "Syntax error: Expected " + expected + " but got " + got + where(token.at()));
  }

  private ApiError notSpoken(String construct) {
    return ApiError.notSpoken(construct + where(peek().at()));
  }

  private String where(int at) {
    return Lexer.position(sql, at);
  }

  private boolean isIdentifier() {
    return peek().kind() == Kind.QUOTED
        || (peek().kind() == Kind.WORD
            && !RESERVED.contains(peek().text().toUpperCase(Locale.ROOT)));
  }

  private String identifier() {
    if (!isIdentifier()) {
      throw unexpected("identifier");
    }
    return take().text();
  }

  private @Nullable String alias() {
    if (word("AS")) {
      return identifier();
    }
    return isIdentifier() ? identifier() : null;
  }

  /** {@code `p.d.t`}, {@code p.d.t}, {@code my-project.d.t} and mixtures of them. */
  private List<String> path() {
    List<String> out = new ArrayList<>();
    do {
      boolean quoted = peek().kind() == Kind.QUOTED;
      if (!out.isEmpty() && peek().kind() == Kind.WORD) {
        out.add(take().text());
        continue;
      }
      StringBuilder part = new StringBuilder(identifier());
      while (!quoted
          && peek().symbol("-")
          && (peek(1).kind() == Kind.WORD || peek(1).kind() == Kind.INT)
          && peek(1).at() == peek().at() + 1) {
        take();
        part.append('-').append(take().text());
        if (peek().kind() == Kind.WORD && peek().at() == peek(-1).at() + peek(-1).text().length()) {
          part.append(take().text());
        }
      }
      if (quoted) {
        out.addAll(List.of(part.toString().split("\\.", -1)));
      } else {
        out.add(part.toString());
      }
    } while (symbol("."));
    return out;
  }

  // Statements

  private Ast.Statement statement() {
    Token first = peek();
    if (first.is("SELECT") || first.is("WITH") || first.symbol("(")) {
      return new Ast.Read(query());
    }
    if (word("INSERT")) {
      return insert(first.at());
    }
    if (word("UPDATE")) {
      return update(first.at());
    }
    if (word("DELETE")) {
      word("FROM");
      List<String> table = path();
      String alias = peek().is("WHERE") ? null : alias();
      expectWord("WHERE");
      return new Ast.Delete(table, alias, expr(), first.at());
    }
    if (word("CREATE")) {
      return create(first.at());
    }
    if (word("DROP")) {
      boolean view = word("VIEW");
      if (!view) {
        if (!word("TABLE")) {
          throw notSpoken("DROP " + peek().text().toUpperCase(Locale.ROOT));
        }
      }
      boolean ifExists = words("IF", "EXISTS");
      return new Ast.Drop(path(), view, ifExists, first.at());
    }
    if (first.kind() == Kind.WORD
        && first
            .text()
            .matches(
                "(?i)MERGE|TRUNCATE|ALTER|DECLARE|SET|BEGIN|COMMIT|CALL|EXPORT|LOAD|GRANT|REVOKE|"
                    + "EXECUTE|ASSERT|IF|LOOP|WHILE|FOR|EXPLAIN|FROM")) {
      throw notSpoken(first.text().toUpperCase(Locale.ROOT));
    }
    throw ApiError.invalidQuery(
        "Syntax error: Unexpected "
            + (first.kind() == Kind.END ? "end of script" : "\"" + first.text() + "\"")
            + where(first.at()));
  }

  private Ast.Insert insert(int at) {
    word("INTO");
    List<String> table = path();
    List<String> columns = new ArrayList<>();
    if (symbol("(")) {
      do {
        columns.add(identifier());
      } while (symbol(","));
      expect(")");
    }
    if (!word("VALUES")) {
      return new Ast.Insert(table, columns, query(), List.of(), at);
    }
    List<List<Expr>> rows = new ArrayList<>();
    do {
      expect("(");
      List<Expr> row = new ArrayList<>();
      do {
        if (peek().is("DEFAULT")) {
          throw notSpoken("DEFAULT");
        }
        row.add(expr());
      } while (symbol(","));
      expect(")");
      rows.add(row);
    } while (symbol(","));
    return new Ast.Insert(table, columns, null, rows, at);
  }

  private Ast.Update update(int at) {
    List<String> table = path();
    String alias = peek().is("SET") ? null : alias();
    expectWord("SET");
    List<Ast.Set> sets = new ArrayList<>();
    do {
      String column = identifier();
      if (symbol(".")) {
        String second = identifier();
        if (alias == null
            ? !column.equalsIgnoreCase(table.getLast())
            : !column.equalsIgnoreCase(alias)) {
          throw notSpoken("an UPDATE of a field inside a STRUCT");
        }
        column = second;
      }
      expect("=");
      sets.add(new Ast.Set(column, expr()));
    } while (symbol(","));
    if (peek().is("FROM")) {
      throw notSpoken("UPDATE ... FROM");
    }
    expectWord("WHERE");
    return new Ast.Update(table, alias, sets, expr(), at);
  }

  private Ast.Statement create(int at) {
    boolean replace = words("OR", "REPLACE");
    if (word("VIEW")) {
      boolean ifNotExists = ifNotExists();
      List<String> name = path();
      options();
      expectWord("AS");
      int start = peek().at();
      Ast.Query query = query();
      return new Ast.CreateView(
          name, replace, ifNotExists, sql.substring(start, peek().at()).strip(), query, at);
    }
    if (!word("TABLE")) {
      throw notSpoken("CREATE " + peek().text().toUpperCase(Locale.ROOT));
    }
    boolean ifNotExists = ifNotExists();
    List<String> name = path();
    List<SqlType.Field> columns = new ArrayList<>();
    if (symbol("(")) {
      do {
        String column = identifier();
        SqlType type = type();
        boolean required = words("NOT", "NULL");
        options();
        columns.add(new SqlType.Field(column, type, required, ""));
      } while (symbol(",") && !peek().symbol(")"));
      expect(")");
    }
    String partition = null;
    if (words("PARTITION", "BY")) {
      Expr by = expr();
      partition = partitionField(by);
    }
    List<String> cluster = new ArrayList<>();
    if (words("CLUSTER", "BY")) {
      do {
        cluster.add(identifier());
      } while (symbol(","));
    }
    Expr expires = tableOptions();
    Ast.Query query = word("AS") ? query() : null;
    if (columns.isEmpty() && query == null) {
      throw unexpected("\"(\" or keyword AS");
    }
    return new Ast.CreateTable(
        name, replace, ifNotExists, columns, partition, cluster, expires, query, at);
  }

  private String partitionField(Expr by) {
    return switch (by) {
      case Ast.Name name -> name.name();
      case Ast.Call call when !call.args().isEmpty() -> partitionField(call.args().getFirst());
      default -> throw notSpoken("this PARTITION BY");
    };
  }

  private boolean ifNotExists() {
    if (words("IF", "NOT")) {
      expectWord("EXISTS");
      return true;
    }
    return false;
  }

  /** A table's options, of which {@code expiration_timestamp} has an effect. */
  private @Nullable Expr tableOptions() {
    int start = next;
    if (!word("OPTIONS")) {
      return null;
    }
    Expr expires = null;
    expect("(");
    while (!peek().symbol(")")) {
      String name = identifier();
      expect("=");
      if (name.equalsIgnoreCase("expiration_timestamp")) {
        expires = expr();
      } else {
        // Descriptions, labels and the like: read over.
        int depth = 0;
        while (depth > 0 || !(peek().symbol(",") || peek().symbol(")"))) {
          Token token = take();
          if (token.kind() == Kind.END) {
            next = start;
            throw unexpected("\")\"");
          }
          depth += token.symbol("(") || token.symbol("[") ? 1 : 0;
          depth -= token.symbol(")") || token.symbol("]") ? 1 : 0;
        }
      }
      if (!symbol(",")) {
        break;
      }
    }
    expect(")");
    return expires;
  }

  private void options() {
    if (word("OPTIONS")) {
      expect("(");
      int depth = 1;
      while (depth > 0) {
        Token token = take();
        if (token.kind() == Kind.END) {
          next--;
          throw unexpected("\")\"");
        }
        depth += token.symbol("(") ? 1 : token.symbol(")") ? -1 : 0;
      }
    }
  }

  // Queries

  private Ast.Query query() {
    List<Ast.With> with = new ArrayList<>();
    if (word("WITH")) {
      if (peek().is("RECURSIVE")) {
        throw notSpoken("WITH RECURSIVE");
      }
      do {
        String name = identifier();
        expectWord("AS");
        expect("(");
        with.add(new Ast.With(name, query()));
        expect(")");
      } while (symbol(","));
    }
    Ast.Body body = body();
    List<Ast.Order> order = words("ORDER", "BY") ? order() : List.of();
    Expr limit = null;
    Expr offset = null;
    if (word("LIMIT")) {
      limit = expr();
      if (word("OFFSET")) {
        offset = expr();
      }
    }
    return new Ast.Query(with, body, order, limit, offset);
  }

  private Ast.Body body() {
    Ast.Body left = primaryBody();
    String previous = null;
    while (peek().is("UNION") || peek().is("EXCEPT") || peek().is("INTERSECT")) {
      int at = peek().at();
      String op = take().text().toUpperCase(Locale.ROOT);
      boolean all = word("ALL");
      if (!all) {
        expectWord("DISTINCT");
      }
      if (all && !op.equals("UNION")) {
        throw notSpoken(op + " ALL");
      }
      String kind = op + all;
      if (previous != null && !previous.equals(kind)) {
        throw ApiError.invalidQuery(
            "Syntax error: Different set operations cannot be used in the same query without using"
                + " parentheses for grouping"
                + where(at));
      }
      previous = kind;
      left = new Ast.SetOp(op, all, left, primaryBody(), at);
    }
    return left;
  }

  private Ast.Body primaryBody() {
    if (symbol("(")) {
      Ast.Query query = query();
      expect(")");
      return new Ast.Nested(query);
    }
    return select();
  }

  private Ast.Select select() {
    int at = peek().at();
    expectWord("SELECT");
    boolean distinct = word("DISTINCT");
    if (!distinct) {
      word("ALL");
    }
    String as = "";
    if (words("AS", "STRUCT")) {
      as = "STRUCT";
    } else if (words("AS", "VALUE")) {
      as = "VALUE";
    }
    List<Ast.Item> items = new ArrayList<>();
    do {
      if (peek().is("FROM") || peek().kind() == Kind.END || peek().symbol(")")) {
        break;
      }
      items.add(item());
    } while (symbol(","));
    if (items.isEmpty()) {
      throw ApiError.invalidQuery(
          "Syntax error: SELECT list must not be empty" + where(peek().at()));
    }
    Ast.From from = word("FROM") ? from() : null;
    Expr where = word("WHERE") ? expr() : null;
    String groupKind = "";
    List<Expr> group = new ArrayList<>();
    if (words("GROUP", "BY")) {
      groupKind = "BY";
      if (peek().is("ALL") || peek().is("CUBE") || peek().is("GROUPING")) {
        throw notSpoken("GROUP BY " + peek().text().toUpperCase(Locale.ROOT));
      }
      boolean rollup = word("ROLLUP");
      if (rollup) {
        groupKind = "ROLLUP";
        expect("(");
      }
      do {
        group.add(expr());
      } while (symbol(","));
      if (rollup) {
        expect(")");
      }
    }
    Expr having = word("HAVING") ? expr() : null;
    Expr qualify = word("QUALIFY") ? expr() : null;
    List<Ast.NamedWindow> windows = new ArrayList<>();
    if (word("WINDOW")) {
      do {
        String name = identifier();
        expectWord("AS");
        windows.add(new Ast.NamedWindow(name, window()));
      } while (symbol(","));
    }
    return new Ast.Select(
        distinct, as, items, from, where, groupKind, group, having, qualify, windows, at);
  }

  private Ast.Item item() {
    int at = peek().at();
    if (symbol("*")) {
      return star(new Ast.Star(at));
    }
    Expr expr = expr();
    if (expr instanceof Ast.Dot dot && dot.field().equals("*")) {
      return star(dot.base());
    }
    return new Ast.Item(expr, alias(), false, List.of(), List.of());
  }

  private Ast.Item star(Expr base) {
    List<String> except = new ArrayList<>();
    List<Ast.Item> replace = new ArrayList<>();
    if (peek().is("EXCEPT") && peek(1).symbol("(")) {
      next += 2;
      do {
        except.add(identifier());
      } while (symbol(","));
      expect(")");
    }
    if (peek().is("REPLACE") && peek(1).symbol("(")) {
      next += 2;
      do {
        Expr expr = expr();
        expectWord("AS");
        replace.add(new Ast.Item(expr, identifier(), false, List.of(), List.of()));
      } while (symbol(","));
      expect(")");
    }
    return new Ast.Item(base, null, true, except, replace);
  }

  private List<Ast.Order> order() {
    List<Ast.Order> out = new ArrayList<>();
    do {
      Expr expr = expr();
      if (peek().is("COLLATE")) {
        throw notSpoken("COLLATE");
      }
      boolean descending = word("DESC");
      if (!descending) {
        word("ASC");
      }
      Boolean nullsFirst = null;
      if (words("NULLS", "FIRST")) {
        nullsFirst = true;
      } else if (words("NULLS", "LAST")) {
        nullsFirst = false;
      }
      out.add(new Ast.Order(expr, descending, nullsFirst));
    } while (symbol(","));
    return out;
  }

  private Ast.From from() {
    Ast.From left = join();
    while (peek().symbol(",")) {
      int at = take().at();
      left = new Ast.Join("CROSS", left, join(), null, List.of(), at);
    }
    return left;
  }

  private Ast.From join() {
    Ast.From left = source();
    while (true) {
      int at = peek().at();
      String kind;
      if (words("CROSS", "JOIN")) {
        left = new Ast.Join("CROSS", left, source(), null, List.of(), at);
        continue;
      } else if (word("JOIN") || words("INNER", "JOIN")) {
        kind = "INNER";
      } else if (peek().is("LEFT") || peek().is("RIGHT") || peek().is("FULL")) {
        kind = take().text().toUpperCase(Locale.ROOT);
        word("OUTER");
        expectWord("JOIN");
      } else if (peek().is("NATURAL") || peek().is("TABLESAMPLE") || peek().is("FOR")) {
        throw notSpoken(peek().text().toUpperCase(Locale.ROOT) + " in FROM");
      } else {
        return left;
      }
      Ast.From right = source();
      Expr on = null;
      List<String> using = new ArrayList<>();
      if (word("ON")) {
        on = expr();
      } else if (word("USING")) {
        expect("(");
        do {
          using.add(identifier());
        } while (symbol(","));
        expect(")");
      } else if (!(right instanceof Ast.Unnest) && !(right instanceof Ast.Table)) {
        throw unexpected("keyword ON or keyword USING");
      }
      left = new Ast.Join(kind, left, right, on, using, at);
    }
  }

  private Ast.From source() {
    int at = peek().at();
    if (word("UNNEST")) {
      expect("(");
      Expr array = expr();
      expect(")");
      String alias = alias();
      String offset = null;
      if (words("WITH", "OFFSET")) {
        String name = alias();
        offset = name == null ? "offset" : name;
      }
      return new Ast.Unnest(array, alias, offset, at);
    }
    if (symbol("(")) {
      if (peek().is("SELECT") || peek().is("WITH") || peek().symbol("(")) {
        Ast.Query query = query();
        expect(")");
        return new Ast.Derived(query, alias());
      }
      Ast.From inner = from();
      expect(")");
      return inner;
    }
    List<String> path = path();
    if (peek().symbol("(")) {
      throw notSpoken("the table function " + String.join(".", path));
    }
    String alias = alias();
    if (words("WITH", "OFFSET")) {
      String name = alias();
      Expr array = new Ast.Name(path.getFirst(), at);
      for (String field : path.subList(1, path.size())) {
        array = new Ast.Dot(array, field, at);
      }
      return new Ast.Unnest(
          array, alias == null ? path.getLast() : alias, name == null ? "offset" : name, at);
    }
    return new Ast.Table(path, alias, at);
  }

  // Expressions, loosest first

  private Expr expr() {
    Expr left = and();
    while (peek().is("OR")) {
      int at = take().at();
      left = new Ast.Binary("OR", left, and(), at);
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    while (peek().is("AND")) {
      int at = take().at();
      left = new Ast.Binary("AND", left, not(), at);
    }
    return left;
  }

  private Expr not() {
    if (peek().is("NOT")) {
      int at = take().at();
      return new Ast.Unary("NOT", not(), at);
    }
    return comparison();
  }

  private Expr comparison() {
    Expr left = bitOr();
    while (true) {
      Token token = peek();
      int at = token.at();
      if (token.kind() == Kind.SYMBOL
          && List.of("=", "<", ">", "<=", ">=", "<>", "!=").contains(token.text())) {
        take();
        String op = token.text().equals("<>") ? "!=" : token.text();
        left = new Ast.Binary(op, left, bitOr(), at);
        continue;
      }
      if (word("IS")) {
        boolean not = word("NOT");
        if (words("DISTINCT", "FROM")) {
          left = new Ast.Binary(not ? "IS NOT DISTINCT" : "IS DISTINCT", left, bitOr(), at);
          continue;
        }
        if (!(peek().is("NULL") || peek().is("TRUE") || peek().is("FALSE"))) {
          throw unexpected("keyword NULL, TRUE or FALSE");
        }
        left = new Ast.Is(left, take().text().toUpperCase(Locale.ROOT), not, at);
        continue;
      }
      boolean not =
          peek().is("NOT") && (peek(1).is("LIKE") || peek(1).is("IN") || peek(1).is("BETWEEN"));
      if (not) {
        take();
      }
      if (word("LIKE")) {
        if (peek().is("ANY") || peek().is("ALL") || peek().is("SOME")) {
          throw notSpoken("LIKE " + peek().text().toUpperCase(Locale.ROOT));
        }
        Expr like = new Ast.Binary("LIKE", left, bitOr(), at);
        left = not ? new Ast.Unary("NOT", like, at) : like;
      } else if (word("BETWEEN")) {
        Expr low = bitOr();
        expectWord("AND");
        left = new Ast.Between(left, low, bitOr(), not, at);
      } else if (word("IN")) {
        if (word("UNNEST")) {
          expect("(");
          left = new Ast.InArray(left, expr(), not, at);
        } else {
          expect("(");
          if (peek().is("SELECT") || peek().is("WITH")) {
            left = new Ast.InQuery(left, query(), not, at);
          } else {
            left = new Ast.InList(left, exprs(), not, at);
          }
        }
        expect(")");
      } else {
        return left;
      }
    }
  }

  private List<Expr> exprs() {
    List<Expr> out = new ArrayList<>();
    do {
      out.add(expr());
    } while (symbol(","));
    return out;
  }

  private Expr bitOr() {
    Expr left = bitXor();
    while (peek().symbol("|")) {
      int at = take().at();
      left = new Ast.Binary("|", left, bitXor(), at);
    }
    return left;
  }

  private Expr bitXor() {
    Expr left = bitAnd();
    while (peek().symbol("^")) {
      int at = take().at();
      left = new Ast.Binary("^", left, bitAnd(), at);
    }
    return left;
  }

  private Expr bitAnd() {
    Expr left = shift();
    while (peek().symbol("&")) {
      int at = take().at();
      left = new Ast.Binary("&", left, shift(), at);
    }
    return left;
  }

  private Expr shift() {
    Expr left = sum();
    while (peek().symbol("<<") || peek().symbol(">>")) {
      Token op = take();
      left = new Ast.Binary(op.text(), left, sum(), op.at());
    }
    return left;
  }

  private Expr sum() {
    Expr left = product();
    while (peek().symbol("+") || peek().symbol("-")) {
      Token op = take();
      left = new Ast.Binary(op.text(), left, product(), op.at());
    }
    return left;
  }

  private Expr product() {
    Expr left = unary();
    while (peek().symbol("*") || peek().symbol("/") || peek().symbol("||")) {
      Token op = take();
      left = new Ast.Binary(op.text(), left, unary(), op.at());
    }
    return left;
  }

  private Expr unary() {
    int at = peek().at();
    if (symbol("-")) {
      if (peek().kind() == Kind.INT && !peek(1).symbol(".") && !peek(1).symbol("[")) {
        return new Ast.Int("-" + take().text(), at);
      }
      return new Ast.Unary("-", unary(), at);
    }
    if (symbol("+")) {
      return new Ast.Unary("+", unary(), at);
    }
    if (symbol("~")) {
      return new Ast.Unary("~", unary(), at);
    }
    return postfix(primary());
  }

  private Expr postfix(Expr base) {
    Expr left = base;
    while (true) {
      int at = peek().at();
      if (peek().symbol(".")) {
        take();
        if (symbol("*")) {
          return new Ast.Dot(left, "*", at);
        }
        if (peek().kind() != Kind.WORD && peek().kind() != Kind.QUOTED) {
          throw unexpected("identifier");
        }
        left = new Ast.Dot(left, take().text(), at);
      } else if (symbol("[")) {
        String mode = "";
        if (peek(1).symbol("(")
            && peek().kind() == Kind.WORD
            && peek().text().matches("(?i)(SAFE_)?(OFFSET|ORDINAL)")) {
          mode = take().text().toUpperCase(Locale.ROOT);
          expect("(");
        }
        Expr index = expr();
        if (!mode.isEmpty()) {
          expect(")");
        }
        expect("]");
        left = new Ast.Index(left, mode, index, at);
      } else {
        return left;
      }
    }
  }

  private Expr primary() {
    Token token = peek();
    int at = token.at();
    return switch (token.kind()) {
      case INT -> {
        take();
        yield new Ast.Int(token.text(), at);
      }
      case FLOAT -> {
        take();
        yield new Ast.Real(token.text(), at);
      }
      case STRING -> {
        take();
        yield new Ast.Text(token.text(), at);
      }
      case BYTES -> {
        take();
        yield new Ast.Bytes(token.text(), at);
      }
      case PARAM -> {
        take();
        yield new Ast.Param(token.text(), token.text().isEmpty() ? positional++ : -1, at);
      }
      case QUOTED -> {
        take();
        yield new Ast.Name(token.text(), at);
      }
      case SYMBOL -> {
        if (symbol("(")) {
          yield parenthesis(at);
        }
        if (symbol("[")) {
          yield arrayItems(null, at);
        }
        throw unexpected("expression");
      }
      case END -> throw unexpected("expression");
      case WORD -> wordPrimary(token);
    };
  }

  private Expr parenthesis(int at) {
    if (peek().is("SELECT") || peek().is("WITH")) {
      Ast.Query query = query();
      expect(")");
      return new Ast.Scalar(query, at);
    }
    Expr first = expr();
    if (peek().symbol(",")) {
      List<Ast.Item> items = new ArrayList<>();
      items.add(new Ast.Item(first, null, false, List.of(), List.of()));
      while (symbol(",")) {
        items.add(new Ast.Item(expr(), null, false, List.of(), List.of()));
      }
      expect(")");
      return new Ast.StructOf(null, items, at);
    }
    expect(")");
    return first;
  }

  private Expr arrayItems(@Nullable SqlType element, int at) {
    List<Expr> items = peek().symbol("]") ? List.of() : exprs();
    expect("]");
    return new Ast.ArrayOf(element, items, at);
  }

  private Expr wordPrimary(Token token) {
    int at = token.at();
    String upper = token.text().toUpperCase(Locale.ROOT);
    switch (upper) {
      case "NULL" -> {
        take();
        return new Ast.Null(at);
      }
      case "TRUE", "FALSE" -> {
        take();
        return new Ast.Bool(upper.equals("TRUE"), at);
      }
      case "CASE" -> {
        take();
        return caseExpr(at);
      }
      case "CAST", "SAFE_CAST" -> {
        take();
        expect("(");
        Expr operand = expr();
        expectWord("AS");
        SqlType type = type();
        if (peek().is("FORMAT")) {
          throw notSpoken("CAST ... FORMAT");
        }
        expect(")");
        return new Ast.Cast(operand, type, upper.equals("SAFE_CAST"), at);
      }
      case "EXTRACT" -> {
        take();
        expect("(");
        String part = part();
        expectWord("FROM");
        Expr operand = expr();
        Expr zone = null;
        if (word("AT")) {
          expectWord("TIME");
          expectWord("ZONE");
          zone = expr();
        }
        expect(")");
        return new Ast.Extract(part, operand, zone, at);
      }
      case "EXISTS" -> {
        take();
        expect("(");
        Ast.Query query = query();
        expect(")");
        return new Ast.Exists(query, at);
      }
      case "INTERVAL" -> {
        take();
        Expr amount = unary();
        return new Ast.Interval(amount, part(), at);
      }
      case "ARRAY" -> {
        take();
        if (symbol("(")) {
          Ast.Query query = query();
          expect(")");
          return new Ast.ArrayQuery(query, at);
        }
        SqlType element = null;
        if (symbol("<")) {
          element = type();
          closeAngle();
        }
        expect("[");
        return arrayItems(element, at);
      }
      case "STRUCT" -> {
        return structExpr(at);
      }
      case "IF", "LEFT", "RIGHT" -> {
        if (peek(1).symbol("(")) {
          take();
          return call(upper, false, at);
        }
        throw unexpected("expression");
      }
      default -> {}
    }
    if (List.of("DATE", "TIMESTAMP", "DATETIME", "TIME", "NUMERIC", "JSON", "DECIMAL")
            .contains(upper)
        && peek(1).kind() == Kind.STRING) {
      take();
      SqlType type = SqlType.parse(upper);
      return new Ast.Typed(type == null ? SqlType.STRING : type, take().text(), at);
    }
    if (RESERVED.contains(upper)) {
      throw upper.equals("ANY") || upper.equals("GROUPING")
          ? notSpoken(upper)
          : unexpected("expression");
    }
    if (peek(1).symbol("(")) {
      take();
      return call(upper, false, at);
    }
    if (peek(1).symbol(".") && peek(2).kind() == Kind.WORD && peek(3).symbol("(")) {
      String prefix = upper;
      take();
      take();
      String name = take().text().toUpperCase(Locale.ROOT);
      if (prefix.equals("SAFE")) {
        return call(name, true, at);
      }
      return call(prefix + "." + name, false, at);
    }
    if (List.of("CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_DATETIME", "CURRENT_TIME")
        .contains(upper)) {
      take();
      return simpleCall(upper, List.of(), at);
    }
    take();
    return new Ast.Name(token.text(), at);
  }

  private static Ast.Call simpleCall(String name, List<Expr> args, int at) {
    return new Ast.Call(name, false, false, args, "", "", null, List.of(), null, null, at);
  }

  private Expr structExpr(int at) {
    take();
    SqlType type = null;
    if (peek().symbol("<")) {
      next--;
      type = type();
    }
    expect("(");
    List<Ast.Item> items = new ArrayList<>();
    if (!peek().symbol(")")) {
      do {
        Expr expr = expr();
        items.add(
            new Ast.Item(expr, word("AS") ? identifier() : null, false, List.of(), List.of()));
      } while (symbol(","));
    }
    expect(")");
    return new Ast.StructOf(type, items, at);
  }

  private Expr caseExpr(int at) {
    Expr operand = peek().is("WHEN") ? null : expr();
    List<Ast.When> whens = new ArrayList<>();
    while (word("WHEN")) {
      Expr condition = expr();
      expectWord("THEN");
      whens.add(new Ast.When(condition, expr()));
    }
    if (whens.isEmpty()) {
      throw unexpected("keyword WHEN");
    }
    Expr otherwise = word("ELSE") ? expr() : null;
    expectWord("END");
    return new Ast.Case(operand, whens, otherwise, at);
  }

  private String part() {
    Token token = take();
    String name = token.text().toUpperCase(Locale.ROOT);
    if (token.kind() != Kind.WORD || !PARTS.contains(name)) {
      throw ApiError.invalidQuery(
          "A valid date part name is required but found " + token.text() + where(token.at()));
    }
    if (name.equals("WEEK") && symbol("(")) {
      name = "WEEK(" + identifier().toUpperCase(Locale.ROOT) + ")";
      expect(")");
    }
    return name;
  }

  private Expr call(String name, boolean safe, int at) {
    expect("(");
    boolean distinct = word("DISTINCT");
    List<Expr> args = new ArrayList<>();
    String nulls = "";
    String having = "";
    Expr havingKey = null;
    List<Ast.Order> order = List.of();
    Expr limit = null;
    if (!peek().symbol(")")) {
      do {
        boolean last =
            TAKES_PART.contains(name)
                && !args.isEmpty()
                && peek().kind() == Kind.WORD
                && PARTS.contains(peek().text().toUpperCase(Locale.ROOT))
                && (peek(1).symbol(")") || peek(1).symbol(",") || peek(1).symbol("("));
        if (last) {
          int partAt = peek().at();
          args.add(new Ast.Part(part(), partAt));
        } else if (peek().symbol("*")) {
          args.add(new Ast.Star(take().at()));
        } else {
          args.add(expr());
        }
        if (peek().symbol("=>")) {
          throw notSpoken("named arguments");
        }
      } while (symbol(","));
      if (peek().is("IGNORE") || peek().is("RESPECT")) {
        nulls = take().text().toUpperCase(Locale.ROOT);
        expectWord("NULLS");
      }
      if (word("HAVING")) {
        having = take().text().toUpperCase(Locale.ROOT);
        havingKey = expr();
      }
      if (words("ORDER", "BY")) {
        order = order();
      }
      if (word("LIMIT")) {
        limit = expr();
      }
    }
    expect(")");
    if (nulls.isEmpty() && (peek().is("IGNORE") || peek().is("RESPECT")) && peek(1).is("NULLS")) {
      nulls = take().text().toUpperCase(Locale.ROOT);
      take();
    }
    Ast.Window over = word("OVER") ? window() : null;
    return new Ast.Call(
        name, safe, distinct, args, nulls, having, havingKey, order, limit, over, at);
  }

  private Ast.Window window() {
    if (!peek().symbol("(")) {
      return new Ast.Window(identifier(), List.of(), List.of(), "", null, null);
    }
    expect("(");
    String base = isIdentifier() && !peek().is("PARTITION") ? identifier() : null;
    List<Expr> partition = words("PARTITION", "BY") ? exprs() : List.of();
    List<Ast.Order> order = words("ORDER", "BY") ? order() : List.of();
    String frame = "";
    Ast.Bound start = null;
    Ast.Bound end = null;
    if (peek().is("ROWS") || peek().is("RANGE")) {
      frame = take().text().toUpperCase(Locale.ROOT);
      if (word("BETWEEN")) {
        start = bound();
        expectWord("AND");
        end = bound();
      } else {
        start = bound();
      }
    }
    expect(")");
    return new Ast.Window(base, partition, order, frame, start, end);
  }

  private Ast.Bound bound() {
    if (words("CURRENT", "ROW")) {
      return new Ast.Bound("CURRENT ROW", null);
    }
    Expr offset = word("UNBOUNDED") ? null : bitOr();
    if (!peek().is("PRECEDING") && !peek().is("FOLLOWING")) {
      throw unexpected("keyword PRECEDING or FOLLOWING");
    }
    String direction = take().text().toUpperCase(Locale.ROOT);
    return new Ast.Bound(offset == null ? "UNBOUNDED " + direction : direction, offset);
  }

  private SqlType type() {
    Token token = take();
    if (token.is("ARRAY")) {
      expect("<");
      SqlType element = type();
      closeAngle();
      return SqlType.array(element);
    }
    if (token.is("STRUCT")) {
      expect("<");
      List<SqlType.Field> fields = new ArrayList<>();
      do {
        boolean named =
            peek().kind() == Kind.QUOTED || (peek(1).kind() == Kind.WORD && !peek(1).symbol("<"));
        fields.add(SqlType.Field.of(named ? identifier() : "", type()));
      } while (symbol(","));
      closeAngle();
      return SqlType.struct(fields);
    }
    SqlType type = token.kind() == Kind.WORD ? SqlType.parse(token.text()) : null;
    if (type == null) {
      throw ApiError.invalidQuery("Type not found: " + token.text() + where(token.at()));
    }
    if (peek().symbol("(")) {
      throw notSpoken("types with parameters");
    }
    return type;
  }

  /** {@code >>} closes two types at once. */
  private void closeAngle() {
    if (peek().symbol(">>")) {
      Token token = peek();
      tokens.set(next, new Token(Kind.SYMBOL, ">", token.at() + 1));
      return;
    }
    expect(">");
  }
}
