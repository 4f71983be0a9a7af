package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.emulators.bigquery.SqlType.Field;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs one GoogleSQL statement against the store. */
final class Engine {
  /**
   * What a statement is run with.
   *
   * @param defaultDataset a DatasetReference or null
   * @param destination where a SELECT's rows go, or null for the job itself
   * @param running told each DuckDB statement, so that a job can be cancelled
   */
  record Request(
      String project,
      String sql,
      @Nullable JsonElement defaultDataset,
      Map<String, Sql> parameters,
      boolean dryRun,
      @Nullable JsonObject destination,
      String writeDisposition,
      String createDisposition,
      Consumer<Statement> running) {}

  /**
   * What came of it.
   *
   * @param changed rows inserted, updated or deleted; -1 where the statement is no DML
   */
  record Result(
      String type, List<Field> fields, List<@Nullable Object[]> rows, long changed, String dml) {}

  private final Store store;

  Engine(Store store) {
    this.store = store;
  }

  Result run(Request request) {
    Ast.Statement statement = Parser.statement(request.sql());
    return switch (statement) {
      case Ast.Read read -> select(request, read);
      case Ast.Insert insert -> insert(request, insert);
      case Ast.Update update -> update(request, update);
      case Ast.Delete delete -> delete(request, delete);
      case Ast.CreateTable create -> createTable(request, create);
      case Ast.CreateView create -> createView(request, create);
      case Ast.Drop drop -> drop(request, drop);
    };
  }

  private Translator translator(Request request) {
    return new Translator(
        request.sql(),
        store.view(request.project(), request.defaultDataset()),
        request.parameters(),
        Instant.now());
  }

  /** The columns of a view's query. */
  List<Field> describe(String project, String sql) {
    if (!(Parser.statement(sql) instanceof Ast.Read read)) {
      throw ApiError.invalidQuery("A view's query must be a SELECT");
    }
    Translator translator = new Translator(sql, store.view(project, null), Map.of(), Instant.now());
    Translator.Output output = Translator.named(translator.query(read.query()));
    check(output);
    return output.fields();
  }

  private void check(Translator.Output output) {
    store.transaction(connection -> {
      connection.prepareStatement(wired(output)).close();
      return null;
    });
  }

  private static String wired(Translator.Output output) {
    List<String> items = new ArrayList<>();
    for (int i = 0; i < output.fields().size(); i++) {
      items.add(Rows.wire("q.c" + i, output.fields().get(i).type()) + " AS c" + i);
    }
    return "SELECT " + String.join(", ", items) + " FROM (" + output.sql() + ") AS q";
  }

  private Result select(Request request, Ast.Read read) {
    Translator.Output output = Translator.named(translator(request).query(read.query()));
    if (request.dryRun()) {
      check(output);
      return new Result("SELECT", output.fields(), List.of(), -1, "");
    }
    if (request.destination() != null) {
      write(request, output);
    }
    return new Result(
        "SELECT", output.fields(), read(wired(output), output.fields(), request.running()), -1, "");
  }

  List<@Nullable Object[]> read(String sql, List<Field> fields, Consumer<Statement> running) {
    return store.transaction(connection -> {
      List<@Nullable Object[]> out = new ArrayList<>();
      try (Statement statement = connection.createStatement()) {
        running.accept(statement);
        try (ResultSet rows = statement.executeQuery(sql)) {
          while (rows.next()) {
            @Nullable Object[] row = new Object[fields.size()];
            for (int i = 0; i < row.length; i++) {
              row[i] = Rows.detach(rows.getObject(i + 1));
            }
            out.add(row);
          }
        }
      }
      return out;
    });
  }

  private void write(Request request, Translator.Output output) {
    JsonObject to = request.destination();
    if (to == null) {
      return;
    }
    store.changing(connection -> {
      Store.Table table =
          target(
              connection,
              to,
              output.fields(),
              request.writeDisposition(),
              request.createDisposition());
      return copy(connection, table, table.fields().stream().map(Field::name).toList(), output);
    });
  }

  /** The destination of a query or load job by its dispositions; WRITE_TRUNCATE makes it anew. */
  Store.Table target(
      Connection connection, JsonObject to, List<Field> fields, String write, String create)
      throws SQLException {
    String project = to.get("projectId").getAsString();
    String dataset = to.get("datasetId").getAsString();
    String name = to.get("tableId").getAsString();
    store.needDataset(project, dataset);
    Store.Table table = store.table(project, dataset, name);
    if (table == null) {
      if (create.equals("CREATE_NEVER")) {
        throw ApiError.notFound("Table " + project + ":" + dataset + "." + name);
      }
      return store.createTable(connection, fresh(project, dataset, name, fields));
    }
    return switch (write) {
      case "WRITE_TRUNCATE" -> {
        store.dropTable(connection, table);
        yield store.createTable(
            connection, fresh(project, dataset, name, fields.isEmpty() ? table.fields() : fields));
      }
      case "WRITE_EMPTY" -> {
        if (store.count(table) > 0) {
          throw ApiError.duplicate("Table " + table.name());
        }
        yield table;
      }
      default -> table;
    };
  }

  static Store.Table fresh(String project, String dataset, String name, List<Field> fields) {
    JsonObject meta = new JsonObject();
    JsonObject schema = new JsonObject();
    schema.add("fields", SqlType.toJsonArray(fields));
    meta.add("schema", schema);
    meta.addProperty("creationTime", System.currentTimeMillis());
    meta.addProperty("lastModifiedTime", System.currentTimeMillis());
    return new Store.Table(project, dataset, name, meta, SqlType.schema(schema.get("fields")));
  }

  private long copy(
      Connection connection, Store.Table table, List<String> columns, Translator.Output output)
      throws SQLException {
    if (columns.size() != output.fields().size()) {
      throw ApiError.invalidQuery(
          "Inserted row has wrong column count; Has "
              + output.fields().size()
              + ", expected "
              + columns.size());
    }
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Field field = Store.find(table.fields(), columns.get(i));
      if (field == null) {
        throw ApiError.invalidQuery(
            "Column " + columns.get(i) + " is not present in table " + table.name());
      }
      Sql value = Translator.coerce(Sql.of("q.c" + i, output.fields().get(i).type()), field.type());
      if (value == null) {
        throw ApiError.invalidQuery(
            "Query column "
                + (i + 1)
                + " has type "
                + output.fields().get(i).type()
                + " which cannot be inserted into column "
                + field.name()
                + ", which has type "
                + field.type());
      }
      names.add(Sql.quote(field.name()));
      values.add(required(field, stored(value.text(), field.type())));
    }
    for (Field field : table.fields()) {
      if (columns.stream().noneMatch(c -> c.equalsIgnoreCase(field.name()))) {
        names.add(Sql.quote(field.name()));
        values.add(
            required(field, stored("CAST(NULL AS " + field.type().duck() + ")", field.type())));
      }
    }
    names.add(Sql.quote(Store.COMMITTED));
    values.add(store.committed());
    long rows =
        Store.run(
            connection,
            "INSERT INTO "
                + table.physical()
                + " ("
                + String.join(", ", names)
                + ") SELECT "
                + String.join(", ", values)
                + " FROM ("
                + output.sql()
                + ") AS q");
    store.touched(connection, table);
    return rows;
  }

  /** A stored array is never NULL. */
  private static String stored(String text, SqlType type) {
    return type.is(SqlType.Kind.ARRAY)
        ? "COALESCE(" + text + ", CAST([] AS " + type.duck() + "))"
        : text;
  }

  private static String required(Field field, String text) {
    return field.required()
        ? "CASE WHEN "
            + text
            + " IS NULL THEN "
            + Sql.fail(
                Sql.string("Required field " + field.name() + " cannot be null"), field.type())
            + " ELSE "
            + text
            + " END"
        : text;
  }

  private Store.Table table(Request request, List<String> path) {
    String[] full = Store.resolve(path, request.project(), request.defaultDataset());
    Store.Table table = store.needTable(full[0], full[1], full[2]);
    if (table.viewSql() != null) {
      throw ApiError.invalidQuery(
          "DML over a view is not allowed: "
              + table.name()
              + " is not allowed for this operation"
              + " because it is currently a VIEW");
    }
    return table;
  }

  private Result insert(Request request, Ast.Insert insert) {
    Store.Table table = table(request, insert.table());
    List<String> columns =
        insert.columns().isEmpty()
            ? table.fields().stream().map(Field::name).toList()
            : insert.columns();
    Translator translator = translator(request);
    Translator.Output output;
    Ast.Query query = insert.query();
    if (query != null) {
      output = translator.query(query);
    } else {
      List<String> rows = new ArrayList<>();
      List<Field> fields = new ArrayList<>();
      for (List<Ast.Expr> row : insert.rows()) {
        if (row.size() != columns.size()) {
          throw ApiError.invalidQuery(
              "Inserted row has wrong column count; Has "
                  + row.size()
                  + ", expected "
                  + columns.size()
                  + translator.where(insert.at()));
        }
        List<String> values = new ArrayList<>();
        for (int i = 0; i < row.size(); i++) {
          Field field = Store.find(table.fields(), columns.get(i));
          if (field == null) {
            throw ApiError.invalidQuery(
                "Column " + columns.get(i) + " is not present in table " + table.name());
          }
          Sql value = translator.constant(row.get(i));
          Sql cast = Translator.coerce(value, field.type());
          if (cast == null) {
            throw ApiError.invalidQuery(
                "Value has type "
                    + value.type()
                    + " which cannot be inserted into column "
                    + field.name()
                    + ", which has type "
                    + field.type()
                    + translator.where(row.get(i).at()));
          }
          values.add(cast.text() + " AS c" + i);
          if (fields.size() < row.size()) {
            fields.add(Field.of(field.name(), field.type()));
          }
        }
        rows.add("SELECT " + String.join(", ", values));
      }
      output = new Translator.Output(String.join(" UNION ALL ", rows), fields, false);
    }
    Translator.Output source = output;
    long changed =
        request.dryRun()
            ? 0
            : store.changing(connection -> copy(connection, table, columns, source));
    return new Result("INSERT", List.of(), List.of(), changed, "insertedRowCount");
  }

  private Result update(Request request, Ast.Update update) {
    Store.Table table = table(request, update.table());
    Translator translator = translator(request);
    Translator.Source source = source(table);
    List<String> sets = new ArrayList<>();
    for (Ast.Set set : update.sets()) {
      Field field = Store.find(table.fields(), set.column());
      if (field == null) {
        throw ApiError.invalidQuery(
            "Unrecognized name: " + set.column() + translator.where(set.value().at()));
      }
      Sql value = translator.over(source, update.alias(), table.physical(), set.value());
      Sql cast = Translator.coerce(value, field.type());
      if (cast == null) {
        throw ApiError.invalidQuery(
            "Value of type "
                + value.type()
                + " cannot be assigned to "
                + field.name()
                + ", which has type "
                + field.type()
                + translator.where(set.value().at()));
      }
      sets.add(
          Sql.quote(field.name()) + " = " + required(field, stored(cast.text(), field.type())));
    }
    String where = translator.over(source, update.alias(), table.physical(), update.where()).text();
    long changed =
        change(
            request,
            table,
            "UPDATE",
            where,
            "UPDATE " + table.physical() + " SET " + String.join(", ", sets) + " WHERE " + where);
    return new Result("UPDATE", List.of(), List.of(), changed, "updatedRowCount");
  }

  private Result delete(Request request, Ast.Delete delete) {
    Store.Table table = table(request, delete.table());
    Translator translator = translator(request);
    String where =
        translator.over(source(table), delete.alias(), table.physical(), delete.where()).text();
    long changed =
        change(
            request, table, "DELETE", where, "DELETE FROM " + table.physical() + " WHERE " + where);
    return new Result("DELETE", List.of(), List.of(), changed, "deletedRowCount");
  }

  private static Translator.Source source(Store.Table table) {
    return new Translator.Source(
        table.table(), table.physical(), table.fields(), null, table.project());
  }

  /** Refuses what would touch rows that were streamed within the last 90 minutes. */
  private long change(Request request, Store.Table table, String verb, String where, String sql) {
    if (request.dryRun()) {
      return 0;
    }
    return store.changing(connection -> {
      String since = Instant.now().minus(Store.STREAMING_BUFFER).toString();
      String check =
          "SELECT 1 FROM "
              + table.physical()
              + " WHERE "
              + Sql.quote(Store.STREAMED)
              + " > CAST('"
              + since
              + "' AS TIMESTAMPTZ) AND ("
              + where
              + ") LIMIT 1";
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(check)) {
        if (rows.next()) {
          throw ApiError.invalidQuery(
              verb
                  + " statement over table "
                  + table.project()
                  + "."
                  + table.dataset()
                  + "."
                  + table.table()
                  + " would affect rows in the streaming buffer, which is not supported");
        }
      }
      long changed = Store.run(connection, sql);
      if (changed > 0) {
        store.changed(connection, table);
      }
      return changed;
    });
  }

  private Result createTable(Request request, Ast.CreateTable create) {
    String[] full = Store.resolve(create.table(), request.project(), request.defaultDataset());
    Ast.Query query = create.query();
    Translator.Output output =
        query == null ? null : Translator.named(translator(request).query(query));
    Result result = new Result(create.type(), List.of(), List.of(), -1, "");
    if (request.dryRun()) {
      return result;
    }
    store.changing(connection -> {
      Store.Table old = store.table(full[0], full[1], full[2]);
      if (old != null && create.ifNotExists()) {
        return null;
      }
      if (old != null && create.replace()) {
        store.dropTable(connection, old);
      }
      List<Field> fields =
          output == null || !create.columns().isEmpty() ? create.columns() : output.fields();
      Store.Table made = fresh(full[0], full[1], full[2], fields);
      if (create.expires() != null) {
        made.meta()
            .addProperty("expirationTime", Long.toString(millis(connection, request, create)));
      }
      if (create.partition() != null) {
        JsonObject partitioning = new JsonObject();
        partitioning.addProperty("type", "DAY");
        partitioning.addProperty("field", create.partition());
        made.meta().add("timePartitioning", partitioning);
      }
      if (!create.cluster().isEmpty()) {
        JsonArray names = new JsonArray();
        create.cluster().forEach(names::add);
        JsonObject clustering = new JsonObject();
        clustering.add("fields", names);
        made.meta().add("clustering", clustering);
      }
      Store.Table table = store.createTable(connection, made);
      return output == null
          ? null
          : copy(connection, table, table.fields().stream().map(Field::name).toList(), output);
    });
    return result;
  }

  private long millis(Connection connection, Request request, Ast.CreateTable create)
      throws SQLException {
    Sql when = Translator.coerce(translator(request).constant(create.expires()), SqlType.TIMESTAMP);
    if (when == null) {
      throw ApiError.invalidQuery("Option expiration_timestamp must be a TIMESTAMP");
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT epoch_ms(" + when.text() + ")")) {
      rows.next();
      long millis = rows.getLong(1);
      if (millis <= System.currentTimeMillis()) {
        throw ApiError.invalidQuery("Invalid expiration time: it is not in the future");
      }
      return millis;
    }
  }

  private Result createView(Request request, Ast.CreateView create) {
    String[] full = Store.resolve(create.table(), request.project(), request.defaultDataset());
    List<Field> fields = Translator.named(translator(request).query(create.query())).fields();
    Result result = new Result(create.type(), List.of(), List.of(), -1, "");
    if (request.dryRun()) {
      return result;
    }
    store.changing(connection -> {
      Store.Table old = store.table(full[0], full[1], full[2]);
      if (old != null && create.ifNotExists()) {
        return null;
      }
      if (old != null && create.replace()) {
        store.dropTable(connection, old);
      }
      return store.createTable(connection, view(full[0], full[1], full[2], create.sql(), fields));
    });
    return result;
  }

  static Store.Table view(
      String project, String dataset, String name, String sql, List<Field> fields) {
    Store.Table made = fresh(project, dataset, name, fields);
    JsonObject view = new JsonObject();
    view.addProperty("query", sql);
    view.addProperty("useLegacySql", false);
    made.meta().add("view", view);
    return made;
  }

  private Result drop(Request request, Ast.Drop drop) {
    String[] full = Store.resolve(drop.table(), request.project(), request.defaultDataset());
    Store.Table table = store.table(full[0], full[1], full[2]);
    if (table == null && !drop.ifExists()) {
      throw ApiError.notFound("Table " + full[0] + ":" + full[1] + "." + full[2]);
    }
    if (table != null && (table.viewSql() != null) != drop.view()) {
      throw ApiError.invalidQuery(
          table.name() + " is not a " + (drop.view() ? "view" : "table") + "; DROP it by its kind");
    }
    if (table != null && !request.dryRun()) {
      store.changing(connection -> {
        store.dropTable(connection, table);
        return null;
      });
    }
    return new Result(drop.type(), List.of(), List.of(), -1, "");
  }

  /** Rows of a table for tabledata.list, from {@code start}, as result values. */
  List<@Nullable Object[]> page(Store.Table table, List<Field> fields, long start, long limit) {
    String items =
        fields.stream()
            .map(f -> Rows.wire("t." + Sql.quote(f.name()), f.type()))
            .collect(Collectors.joining(", "));
    return read(
        "SELECT "
            + items
            + " FROM "
            + table.physical()
            + " AS t ORDER BY t.rowid LIMIT "
            + limit
            + " OFFSET "
            + start,
        fields,
        statement -> {});
  }
}
