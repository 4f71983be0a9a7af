package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.emulators.bigquery.SqlType.Field;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Data sets and tables in one DuckDB file. A table's rows live in schema {@code "project.dataset"}
 * with two hidden columns, the times of streaming and of the commit; its metadata is JSON beside
 * them, so both commit together and both survive a crash through DuckDB's write-ahead log.
 *
 * <p>A table as it was is the rows that were committed by then, as long as rows were only added
 * since; before an UPDATE, a DELETE or a replacement it is not known any more.
 */
final class Store implements AutoCloseable {
  static final String STREAMED = "__streamed_at";
  static final String COMMITTED = "__committed_at";
  static final Duration STREAMING_BUFFER = Duration.ofMinutes(90);
  private static final Duration REMEMBER_INSERT_IDS = Duration.ofMinutes(1);

  /** A table or a view; {@code meta} is the API's resource without what is computed. */
  record Table(String project, String dataset, String table, JsonObject meta, List<Field> fields) {
    String name() {
      return project + ":" + dataset + "." + table;
    }

    String physical() {
      return Sql.quote(project + "." + dataset) + "." + Sql.quote(table);
    }

    @Nullable String viewSql() {
      return meta.has("view") ? meta.getAsJsonObject("view").get("query").getAsString() : null;
    }
  }

  /**
   * A table at a moment.
   *
   * @param since the earliest moment that is known; another one once the table has changed
   * @param at the moment
   * @param end above every row's {@code rowid}
   */
  record Snapshot(Table table, Instant since, Instant at, long rows, long end) {
    /** Holds for the rows of the moment; the table is {@code t}. */
    String holds() {
      return "t." + Sql.quote(COMMITTED) + " <= " + literal(at);
    }
  }

  /** The columns that a table has in DuckDB's file. */
  private record Physical(List<Field> fields, List<String> columns) {}

  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  private final DuckDBConnection root;
  private final Map<String, JsonObject> datasets = new ConcurrentSkipListMap<>();
  private final Map<String, Table> tables = new ConcurrentSkipListMap<>();
  private final Map<String, Instant> insertIds = new ConcurrentHashMap<>();
  private final Map<String, Physical> physical = new ConcurrentHashMap<>();
  private final Map<String, Instant> since = new ConcurrentHashMap<>();
  private Instant lastStamp = Instant.EPOCH;
  private volatile Instant forgetAt = Instant.EPOCH;
  private final ReentrantReadWriteLock shape = new ReentrantReadWriteLock();

  Store(Path stateDir) throws IOException {
    Files.createDirectories(stateDir);
    Properties settings = new Properties();
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    try {
      root =
          (DuckDBConnection)
              DriverManager.getConnection(
                  "jdbc:duckdb:" + stateDir.resolve("bigquery.duckdb").toAbsolutePath(), settings);
      try (Statement statement = root.createStatement()) {
        statement.execute("SET GLOBAL TimeZone = 'UTC'");
        statement.execute("SET GLOBAL enable_external_access = false");
        statement.execute("CREATE SCHEMA IF NOT EXISTS sluice_meta");
        statement.execute(
            "CREATE TABLE IF NOT EXISTS sluice_meta.datasets (name VARCHAR, meta VARCHAR)");
        statement.execute(
            "CREATE TABLE IF NOT EXISTS sluice_meta.tables"
                + " (project VARCHAR, dataset VARCHAR, name VARCHAR, meta VARCHAR)");
        statement.execute(
            "CREATE TABLE IF NOT EXISTS sluice_meta.history (name VARCHAR, since TIMESTAMPTZ)");
        try (ResultSet rows = statement.executeQuery("FROM sluice_meta.datasets")) {
          while (rows.next()) {
            datasets.put(
                rows.getString(1), JsonParser.parseString(rows.getString(2)).getAsJsonObject());
          }
        }
        try (ResultSet rows = statement.executeQuery("FROM sluice_meta.tables")) {
          while (rows.next()) {
            remember(
                rows.getString(1),
                rows.getString(2),
                rows.getString(3),
                JsonParser.parseString(rows.getString(4)).getAsJsonObject());
          }
        }
        try (ResultSet rows =
            statement.executeQuery("SELECT name, epoch_us(since) FROM sluice_meta.history")) {
          while (rows.next()) {
            since.put(rows.getString(1), Instant.EPOCH.plus(rows.getLong(2), ChronoUnit.MICROS));
          }
        }
        for (Table table : tables.values()) {
          if (table.viewSql() == null && !since.containsKey(table.name())) {
            statement.execute(
                "ALTER TABLE "
                    + table.physical()
                    + " ADD COLUMN "
                    + Sql.quote(COMMITTED)
                    + " TIMESTAMPTZ DEFAULT "
                    + literal(Instant.EPOCH));
            begin(root, table);
          }
        }
      }
      dropExpired();
    } catch (SQLException e) {
      throw new IOException("Cannot open the BigQuery emulator's file in " + stateDir, e);
    }
  }

  /** One connection, one transaction; DuckDB's failures become BigQuery's. */
  <T> T transaction(Work<T> work) {
    try (Connection connection = root.duplicate()) {
      connection.setAutoCommit(false);
      try {
        T out = work.run(connection);
        connection.commit();
        return out;
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      }
    } catch (SQLException e) {
      throw Failures.of(e);
    }
  }

  <T> T changing(Work<T> work) {
    return locked(shape.writeLock(), work);
  }

  /** Rows may come meanwhile, but no table changes or goes. */
  <T> T reading(Work<T> work) {
    return locked(shape.readLock(), work);
  }

  static String literal(Instant at) {
    return "make_timestamptz(" + ChronoUnit.MICROS.between(Instant.EPOCH, at) + ")";
  }

  /** The time of a commit, later than any before; taken with one of the locks held. */
  private synchronized Instant stamp() {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    lastStamp = now.isAfter(lastStamp) ? now : lastStamp.plus(1, ChronoUnit.MICROS);
    return lastStamp;
  }

  private synchronized void notBefore(Instant at) {
    lastStamp = at.isAfter(lastStamp) ? at : lastStamp;
  }

  /** From now on the table has a new history; earlier moments are not known. */
  private void begin(Connection connection, Table table) throws SQLException {
    Instant now = stamp();
    run(connection, "DELETE FROM sluice_meta.history WHERE name = ?", table.name());
    run(
        connection,
        "INSERT INTO sluice_meta.history VALUES (?, " + literal(now) + ")",
        table.name());
    since.put(table.name(), now);
  }

  /** Rows were changed or taken away, so what was before is not known any more. */
  void changed(Connection connection, Table table) throws SQLException {
    begin(connection, table);
    touched(connection, table);
  }

  /** Sets the time of the last change; the last step of a transaction. */
  void touched(Connection connection, Table table) throws SQLException {
    Table known = table(table.project(), table.dataset(), table.table());
    JsonObject meta = (known == null ? table : known).meta().deepCopy();
    meta.addProperty("lastModifiedTime", stamp().plusNanos(999_999).toEpochMilli());
    Table after = new Table(table.project(), table.dataset(), table.table(), meta, table.fields());
    saveMeta(connection, after);
    connection.commit();
    tables.put(after.name(), after);
  }

  /**
   * A table at a moment, or now. Every row that was committed by then is in, and none will join.
   *
   * @throws ApiError where that moment is not known, or has not been
   */
  Snapshot snapshot(Table asked, @Nullable Instant at) {
    if (at != null && at.isAfter(Instant.now())) {
      Instant soon = Instant.now().plusSeconds(1);
      if (at.isAfter(soon)) {
        throw ApiError.invalid(
            "Invalid snapshot time "
                + at
                + " for table "
                + asked.name()
                + ": it has not been yet.");
      }
      // Clients round times up to whole milliseconds.
      while (!Instant.now().isAfter(at)) {
        LockSupport.parkNanos(Duration.between(Instant.now(), at).toNanos() + 1000);
      }
    }
    return changing(connection -> {
      Table table = needTable(asked.project(), asked.dataset(), asked.table());
      Instant known = Objects.requireNonNull(since.get(table.name()));
      Instant moment = at == null ? stamp() : at;
      if (moment.isBefore(known)) {
        throw ApiError.invalid(
            "Invalid snapshot time "
                + moment
                + " for table "
                + table.name()
                + ". Cannot read before "
                + known
                + ", when it was made, replaced or changed by UPDATE or DELETE: the emulator does"
                + " not keep what was before.");
      }
      notBefore(moment);
      Snapshot unknown = new Snapshot(table, known, moment, 0, 0);
      try (Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT count(*), COALESCE(max(rowid) + 1, 0) FROM "
                      + table.physical()
                      + " AS t WHERE "
                      + unknown.holds())) {
        rows.next();
        return new Snapshot(table, known, moment, rows.getLong(1), rows.getLong(2));
      }
    });
  }

  /** Whether what a snapshot saw is still there, but for rows that came later. */
  boolean holds(Snapshot snapshot) {
    return snapshot.since().equals(since.get(snapshot.table().name()));
  }

  private static boolean expired(Table table) {
    return table.meta().has("expirationTime")
        && table.meta().get("expirationTime").getAsLong() <= System.currentTimeMillis();
  }

  private void dropExpired() {
    changing(connection -> {
      for (Table table : List.copyOf(tables.values())) {
        if (expired(table)) {
          dropTable(connection, table);
        }
      }
      return null;
    });
  }

  private <T> T locked(Lock lock, Work<T> work) {
    lock.lock();
    try {
      return transaction(work);
    } finally {
      lock.unlock();
    }
  }

  @Nullable JsonObject dataset(String project, String dataset) {
    return datasets.get(project + ":" + dataset);
  }

  JsonObject needDataset(String project, String dataset) {
    JsonObject found = dataset(project, dataset);
    if (found == null) {
      throw ApiError.notFound("Dataset " + project + ":" + dataset);
    }
    return found;
  }

  List<String> datasetIds(String project) {
    return datasets.keySet().stream()
        .filter(key -> key.startsWith(project + ":"))
        .map(key -> key.substring(project.length() + 1))
        .toList();
  }

  void putDataset(String project, String dataset, JsonObject meta, boolean create) {
    changing(connection -> {
      if (create && dataset(project, dataset) != null) {
        throw ApiError.duplicate("Dataset " + project + ":" + dataset);
      }
      String key = project + ":" + dataset;
      run(connection, "DELETE FROM sluice_meta.datasets WHERE name = ?", key);
      run(connection, "INSERT INTO sluice_meta.datasets VALUES (?, ?)", key, meta.toString());
      run(connection, "CREATE SCHEMA IF NOT EXISTS " + Sql.quote(project + "." + dataset));
      connection.commit();
      datasets.put(key, meta);
      return meta;
    });
  }

  void dropDataset(String project, String dataset, boolean contents) {
    changing(connection -> {
      needDataset(project, dataset);
      List<Table> inside = tables(project, dataset);
      if (!inside.isEmpty() && !contents) {
        throw new ApiError(
            400, "resourceInUse", "Dataset " + project + ":" + dataset + " is still in use");
      }
      run(connection, "DELETE FROM sluice_meta.datasets WHERE name = ?", project + ":" + dataset);
      run(
          connection,
          "DELETE FROM sluice_meta.tables WHERE project = ? AND dataset = ?",
          project,
          dataset);
      run(connection, "DROP SCHEMA " + Sql.quote(project + "." + dataset) + " CASCADE");
      connection.commit();
      datasets.remove(project + ":" + dataset);
      tables.keySet().removeIf(name -> name.startsWith(project + ":" + dataset + "."));
      since.keySet().removeIf(name -> name.startsWith(project + ":" + dataset + "."));
      return null;
    });
  }

  /** The table, or null where there is none or its time is over. */
  @Nullable Table table(String project, String dataset, String table) {
    Table found = tables.get(project + ":" + dataset + "." + table);
    return found == null || expired(found) ? null : found;
  }

  Table needTable(String project, String dataset, String table) {
    Table found = table(project, dataset, table);
    if (found == null) {
      needDataset(project, dataset);
      throw ApiError.notFound("Table " + project + ":" + dataset + "." + table);
    }
    return found;
  }

  List<Table> tables(String project, String dataset) {
    return tables.entrySet().stream()
        .filter(e -> e.getKey().startsWith(project + ":" + dataset + "."))
        .map(Map.Entry::getValue)
        .filter(table -> !expired(table))
        .toList();
  }

  private Table remember(String project, String dataset, String table, JsonObject meta) {
    List<Field> fields =
        meta.has("schema")
            ? SqlType.schema(meta.getAsJsonObject("schema").get("fields"))
            : List.of();
    Table made = new Table(project, dataset, table, meta, fields);
    tables.put(made.name(), made);
    return made;
  }

  private static void saveMeta(Connection connection, Table table) throws SQLException {
    run(
        connection,
        "DELETE FROM sluice_meta.tables WHERE project = ? AND dataset = ? AND name = ?",
        table.project(),
        table.dataset(),
        table.table());
    run(
        connection,
        "INSERT INTO sluice_meta.tables VALUES (?, ?, ?, ?)",
        table.project(),
        table.dataset(),
        table.table(),
        table.meta().toString());
  }

  /** Creates a table or view; the caller has checked the view's query. */
  Table createTable(Connection connection, Table table) throws SQLException {
    needDataset(table.project(), table.dataset());
    Table old = tables.get(table.name());
    if (old != null && !expired(old)) {
      throw ApiError.duplicate("Table " + table.name());
    }
    if (old != null) {
      dropTable(connection, old);
    }
    if (!table.table().matches("[\\p{L}\\p{M}\\p{N}_\\- ]{1,1024}")) {
      throw ApiError.invalid("Invalid table ID \"" + table.table() + "\".");
    }
    if (table.viewSql() == null) {
      String columns =
          table.fields().stream()
              .map(f -> Sql.quote(f.name()) + " " + f.type().duck() + ", ")
              .collect(Collectors.joining());
      run(
          connection,
          "CREATE TABLE "
              + table.physical()
              + " ("
              + columns
              + Sql.quote(STREAMED)
              + " TIMESTAMPTZ, "
              + Sql.quote(COMMITTED)
              + " TIMESTAMPTZ)");
      begin(connection, table);
    }
    saveMeta(connection, table);
    connection.commit();
    tables.put(table.name(), table);
    return table;
  }

  /** Replaces metadata; a table's new columns must all be NULLABLE or REPEATED, none may go. */
  Table updateTable(Connection connection, Table before, Table after) throws SQLException {
    if (before.viewSql() == null) {
      List<Field> old = before.fields();
      for (Field field : old) {
        Field now = find(after.fields(), field.name());
        if (now == null) {
          throw ApiError.invalid(
              "Provided Schema does not match Table "
                  + before.name()
                  + ". Field "
                  + field.name()
                  + " is missing in new schema");
        }
        if (!now.type().sameShape(field.type()) || (now.required() && !field.required())) {
          throw ApiError.invalid(
              "Provided Schema does not match Table "
                  + before.name()
                  + ". Field "
                  + field.name()
                  + " has changed "
                  + (now.type().sameShape(field.type()) ? "mode" : "type")
                  + " from "
                  + shown(field)
                  + " to "
                  + shown(now));
        }
      }
      for (Field field : after.fields()) {
        if (find(old, field.name()) == null) {
          if (field.required()) {
            throw ApiError.invalid(
                "Provided Schema does not match Table "
                    + before.name()
                    + ". Cannot add required fields to an existing schema. (field: "
                    + field.name()
                    + ")");
          }
          run(
              connection,
              "ALTER TABLE "
                  + before.physical()
                  + " ADD COLUMN "
                  + Sql.quote(field.name())
                  + " "
                  + field.type().duck());
        }
      }
    }
    saveMeta(connection, after);
    connection.commit();
    tables.put(after.name(), after);
    return after;
  }

  private static String shown(Field field) {
    return field.required() ? "REQUIRED " + field.type() : field.type().toString();
  }

  static @Nullable Field find(List<Field> fields, String name) {
    return fields.stream().filter(f -> f.name().equalsIgnoreCase(name)).findFirst().orElse(null);
  }

  void dropTable(Connection connection, Table table) throws SQLException {
    if (table.viewSql() == null) {
      run(connection, "DROP TABLE " + table.physical());
    }
    run(
        connection,
        "DELETE FROM sluice_meta.tables WHERE project = ? AND dataset = ? AND name = ?",
        table.project(),
        table.dataset(),
        table.table());
    run(connection, "DELETE FROM sluice_meta.history WHERE name = ?", table.name());
    connection.commit();
    tables.remove(table.name());
    since.remove(table.name());
    physical.remove(table.name());
    insertIds.keySet().removeIf(key -> key.startsWith(table.name() + "\n"));
  }

  /** SQL of now's commit, for the hidden column of rows that a statement adds. */
  String committed() {
    return literal(stamp());
  }

  /** A table's size as BigQuery counts logical bytes. */
  long bytes(Table table) {
    String row =
        table.fields().stream()
            .map(field -> bytes("t." + Sql.quote(field.name()), field.type()))
            .collect(Collectors.joining(" + "));
    return transaction(connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT COALESCE(CAST(sum("
                      + (row.isEmpty() ? "0" : row)
                      + ") AS BIGINT), 0) FROM "
                      + table.physical()
                      + " AS t")) {
        rows.next();
        return rows.getLong(1);
      }
    });
  }

  private static String bytes(String x, SqlType type) {
    return switch (type.kind()) {
      case INT64, FLOAT64, DATE, DATETIME, TIME, TIMESTAMP -> fixed(x, 8);
      case NUMERIC, INTERVAL -> fixed(x, 16);
      case BOOL -> fixed(x, 1);
      case STRING -> "COALESCE(2 + strlen(" + x + "), 0)";
      case BYTES -> "COALESCE(2 + octet_length(" + x + "), 0)";
      case JSON -> "COALESCE(2 + strlen(CAST(" + x + " AS VARCHAR)), 0)";
      case ARRAY ->
          "COALESCE(list_sum(list_transform("
              + x
              + ", lambda e: "
              + bytes("e", type.item())
              + ")), 0)";
      case STRUCT -> {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < type.fields().size(); i++) {
          parts.add(
              bytes(Translator.field(Sql.of(x, type), i).text(), type.fields().get(i).type()));
        }
        yield "(" + String.join(" + ", parts) + ")";
      }
    };
  }

  private static String fixed(String x, int bytes) {
    return "CASE WHEN " + x + " IS NULL THEN 0 ELSE " + bytes + " END";
  }

  long count(Table table) {
    return transaction(connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + table.physical())) {
        rows.next();
        return rows.getLong(1);
      }
    });
  }

  /** Appends rows that {@link Rows#read} gave; {@code streamed} marks them as unchangeable. */
  void append(Table table, List<JsonObject> rows, boolean streamed) {
    locked(
        shape.readLock(),
        connection -> {
          append(
              connection,
              needTable(table.project(), table.dataset(), table.table()),
              rows,
              streamed);
          return null;
        });
  }

  void append(Connection connection, Table table, List<JsonObject> rows, boolean streamed)
      throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    Instant now = stamp();
    List<Field> fields = table.fields();
    JsonArray all = new JsonArray(rows.size());
    rows.forEach(all::add);
    String columns =
        fields.stream().map(f -> Sql.quote(f.name()) + ", ").collect(Collectors.joining());
    String values =
        fields.stream()
            .map(
                f -> Rows.typed("struct_extract(r, " + Sql.string(f.name()) + ")", f.type()) + ", ")
            .collect(Collectors.joining());
    run(
        connection,
        "INSERT INTO "
            + table.physical()
            + " ("
            + columns
            + Sql.quote(STREAMED)
            + ", "
            + Sql.quote(COMMITTED)
            + ") SELECT "
            + values
            + (streamed ? literal(now) : "NULL")
            + ", "
            + literal(now)
            + " FROM (SELECT unnest(from_json(CAST(? AS JSON), "
            + Sql.string(Rows.structure(fields))
            + ")) AS r)",
        all.toString());
  }

  /** Appends rows of the Storage Write API, all of them or none, as streamed now. */
  void stream(List<Appends.Batch> batches) {
    Map<String, List<Appends.Batch>> byTable = new LinkedHashMap<>();
    for (Appends.Batch batch : batches) {
      if (batch.table() != null && !batch.rows().isEmpty()) {
        byTable.computeIfAbsent(batch.table().name(), name -> new ArrayList<>()).add(batch);
      }
    }
    if (byTable.isEmpty()) {
      return;
    }
    locked(
        shape.readLock(),
        connection -> {
          OffsetDateTime now = stamp().atOffset(ZoneOffset.UTC);
          for (List<Appends.Batch> ofTable : byTable.values()) {
            stream(connection, ofTable, now);
          }
          return null;
        });
  }

  private void stream(Connection connection, List<Appends.Batch> batches, OffsetDateTime now)
      throws SQLException {
    Table named = Objects.requireNonNull(batches.getFirst().table());
    Table table = needTable(named.project(), named.dataset(), named.table());
    try (DuckDBAppender rows =
        ((DuckDBConnection) connection)
            .createAppender(table.project() + "." + table.dataset(), table.table())) {
      for (Appends.Batch batch : batches) {
        List<Field> fields = Objects.requireNonNull(batch.table()).fields();
        int[] from =
            columns(connection, table).stream()
                .mapToInt(column ->
                    column.equals(STREAMED) || column.equals(COMMITTED)
                        ? fields.size()
                        : index(fields, column))
                .toArray();
        for (@Nullable Object[] row : batch.rows()) {
          rows.beginRow();
          for (int at : from) {
            if (at == fields.size()) {
              rows.append(now);
            } else if (at < 0) {
              rows.appendDefault();
            } else {
              append(rows, fields.get(at).type(), row[at]);
            }
          }
          rows.endRow();
        }
      }
      rows.flush();
    }
  }

  private static int index(List<Field> fields, String name) {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equalsIgnoreCase(name)) {
        return i;
      }
    }
    return -1;
  }

  /** A table's columns in the order of its file; those that it gained come after the hidden one. */
  private List<String> columns(Connection connection, Table table) throws SQLException {
    Physical known = physical.get(table.name());
    if (known != null && known.fields().equals(table.fields())) {
      return known.columns();
    }
    List<String> columns = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?"
                + " ORDER BY column_index")) {
      statement.setString(1, table.project() + "." + table.dataset());
      statement.setString(2, table.table());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          columns.add(rows.getString(1));
        }
      }
    }
    physical.put(table.name(), new Physical(table.fields(), List.copyOf(columns)));
    return columns;
  }

  private static void append(DuckDBAppender row, SqlType type, @Nullable Object value)
      throws SQLException {
    switch (value) {
      case null -> row.appendNull();
      case Long number -> row.append(number.longValue());
      case Double number -> row.append(number.doubleValue());
      case Boolean bool -> row.append(bool.booleanValue());
      case String text -> row.append(text);
      case byte[] bytes -> row.append(bytes);
      case BigDecimal number -> row.append(number);
      case LocalDate date -> row.append(date);
      case LocalDateTime time -> row.append(time);
      case LocalTime time -> row.append(time);
      case OffsetDateTime time -> row.append(time);
      case List<?> values when type.is(SqlType.Kind.STRUCT) -> {
        row.beginStruct();
        for (int i = 0; i < values.size(); i++) {
          append(row, type.fields().get(i).type(), values.get(i));
        }
        row.endStruct();
      }
      case List<?> values -> row.append(values);
      default -> throw new IllegalStateException("no column takes " + value.getClass());
    }
  }

  /** tabledata.insertAll: the errors of rows, empty where all are in. */
  JsonArray stream(
      Table table,
      List<String> ids,
      List<JsonObject> rows,
      boolean skipInvalid,
      boolean ignoreUnknown) {
    JsonArray errors = new JsonArray();
    List<JsonObject> good = new ArrayList<>();
    List<Integer> goodIndex = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      try {
        good.add(Rows.read(table.fields(), rows.get(i), "", ignoreUnknown));
        goodIndex.add(i);
      } catch (Rows.Misfit e) {
        errors.add(insertError(i, "invalid", e.location(), String.valueOf(e.getMessage())));
      }
    }
    if (!errors.isEmpty() && !skipInvalid) {
      goodIndex.forEach(i -> errors.add(insertError(i, "stopped", "", "")));
      return errors;
    }
    Instant now = Instant.now();
    if (now.isAfter(forgetAt)) {
      forgetAt = now.plus(REMEMBER_INSERT_IDS);
      insertIds.values().removeIf(at -> at.isBefore(now.minus(REMEMBER_INSERT_IDS)));
    }
    List<JsonObject> fresh = new ArrayList<>();
    Set<String> claimed = new HashSet<>();
    for (int i = 0; i < good.size(); i++) {
      String id = ids.get(goodIndex.get(i));
      String key = table.name() + "\n" + id;
      Instant seen = id.isEmpty() ? null : insertIds.get(key);
      boolean known = seen != null && seen.isAfter(now.minus(REMEMBER_INSERT_IDS));
      if (id.isEmpty()) {
        fresh.add(good.get(i));
      } else if (!known
          && (seen == null
              ? insertIds.putIfAbsent(key, now) == null
              : insertIds.replace(key, seen, now))) {
        claimed.add(key);
        fresh.add(good.get(i));
      }
    }
    try {
      append(table, fresh, true);
    } catch (RuntimeException e) {
      insertIds.keySet().removeAll(claimed);
      throw e;
    }
    return errors;
  }

  private static JsonObject insertError(int index, String reason, String location, String message) {
    JsonObject error = new JsonObject();
    error.addProperty("reason", reason);
    error.addProperty("location", location);
    error.addProperty("debugInfo", "");
    error.addProperty("message", message);
    JsonArray list = new JsonArray();
    list.add(error);
    JsonObject out = new JsonObject();
    out.addProperty("index", index);
    out.add("errors", list);
    return out;
  }

  /** Tables as a query of this project and default data set names them. */
  Translator.Tables view(String project, @Nullable JsonElement defaultDataset) {
    return path -> find(path, project, defaultDataset);
  }

  private Translator.Source find(
      List<String> path, String project, @Nullable JsonElement defaultDataset) {
    for (int i = 0; i < path.size() - 1; i++) {
      if (path.get(i).equalsIgnoreCase("INFORMATION_SCHEMA")) {
        return InformationSchema.source(this, path, i, project, defaultDataset);
      }
    }
    String[] full = resolve(path, project, defaultDataset);
    Table table = needTable(full[0], full[1], full[2]);
    return new Translator.Source(
        table.table(), table.physical(), table.fields(), table.viewSql(), table.project());
  }

  /** Project, data set and table of a path as written. */
  static String[] resolve(List<String> path, String project, @Nullable JsonElement defaultDataset) {
    if (path.size() == 1) {
      if (defaultDataset == null || !defaultDataset.isJsonObject()) {
        throw new ApiError(
            400,
            "invalid",
            "Table \""
                + path.getFirst()
                + "\" must be qualified with a dataset (e.g."
                + " dataset.table).");
      }
      JsonObject dataset = defaultDataset.getAsJsonObject();
      return new String[] {
        dataset.has("projectId") ? dataset.get("projectId").getAsString() : project,
        dataset.get("datasetId").getAsString(),
        path.getFirst()
      };
    }
    return switch (path.size()) {
      case 2 -> new String[] {project, path.get(0), path.get(1)};
      case 3 -> new String[] {path.get(0), path.get(1), path.get(2)};
      default -> throw ApiError.invalidQuery("Invalid table name: " + String.join(".", path));
    };
  }

  static int run(Connection connection, String sql, String... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      statement.execute();
      return Math.max(0, statement.getUpdateCount());
    }
  }

  @Override
  public void close() throws IOException {
    try {
      try (Statement statement = root.createStatement()) {
        statement.execute("CHECKPOINT");
      }
      root.close();
    } catch (SQLException e) {
      throw new IOException("Cannot close the BigQuery emulator's file", e);
    }
  }
}
