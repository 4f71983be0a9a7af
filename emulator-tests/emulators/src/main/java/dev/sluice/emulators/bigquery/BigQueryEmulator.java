package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.contracts.BadInput;
import dev.sluice.emulators.bigquery.SqlType.Field;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * BigQuery on loopback: REST v2 and the Storage API's gRPC for Google's clients, GoogleSQL's
 * declared subset over one DuckDB file. State is on disk at the end of every call and is found
 * again by the next start, also after a crash; jobs and their results are not kept. See {@code
 * SUPPORTED.md} for what is served.
 */
public final class BigQueryEmulator implements AutoCloseable {
  private final Store store;
  private final Engine engine;
  private final HttpServer server;
  private final StorageServer storage;
  private final ExecutorService workers;
  private final ExecutorService requests;
  private final String project;

  private BigQueryEmulator(Path stateDir, int port, int storagePort, String project)
      throws IOException {
    this.project = project;
    this.store = new Store(stateDir);
    this.engine = new Engine(store);
    this.workers =
        Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("bigquery-", 0).factory());
    this.requests = Executors.newVirtualThreadPerTaskExecutor();
    RestApi api = new RestApi(store, engine, new Jobs(store, engine, workers), workers);
    try {
      this.server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    } catch (IOException e) {
      store.close();
      throw e;
    }
    try {
      this.storage = new StorageServer(store, workers, storagePort);
    } catch (IOException e) {
      server.stop(0);
      store.close();
      throw e;
    }
    server.setExecutor(requests);
    server.createContext("/", api::handle);
    server.start();
  }

  /**
   * Opens or creates the state and listens on 127.0.0.1, the Storage API on a free port.
   *
   * @param port 0 for a free one
   * @param defaultProject the project of {@link #createFrom} and of names without one
   * @throws IOException where the port is taken or the state is another process's
   */
  public static BigQueryEmulator start(Path stateDir, int port, String defaultProject)
      throws IOException {
    return start(stateDir, port, /* storagePort= */ 0, defaultProject);
  }

  /**
   * The same with the Storage API on a port of its own.
   *
   * @param storagePort 0 for a free one
   */
  public static BigQueryEmulator start(
      Path stateDir, int port, int storagePort, String defaultProject) throws IOException {
    return new BigQueryEmulator(stateDir, port, storagePort, defaultProject);
  }

  /** Without a trailing slash, as {@code BIGQUERY_EMULATOR_HOST} and {@code setHost} take it. */
  public String baseUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** {@code host:port} of the Storage API, as {@code BIGQUERY_STORAGE_EMULATOR_HOST} takes it. */
  public String storageHost() {
    return storage.host();
  }

  /**
   * Streams rows into a table, as a Pub/Sub subscription to BigQuery does.
   *
   * @param projectDatasetTable {@code project.dataset.table}
   * @throws BadInput where a row does not fit or there is no such table; then none is in
   */
  public void insert(String projectDatasetTable, List<JsonObject> rows) {
    List<String> path = List.of(projectDatasetTable.split("\\.", -1));
    if (path.size() != 3) {
      throw new BadInput(
          "table is \"" + projectDatasetTable + "\" but must be project.dataset.table");
    }
    try {
      Store.Table table = store.needTable(path.get(0), path.get(1), path.get(2));
      if (table.viewSql() != null) {
        throw new BadInput(projectDatasetTable + " is a view; name the table behind it");
      }
      JsonArray errors =
          store.stream(table, Collections.nCopies(rows.size(), ""), rows, false, false);
      for (JsonElement error : errors) {
        JsonObject first =
            error.getAsJsonObject().getAsJsonArray("errors").get(0).getAsJsonObject();
        if (first.get("reason").getAsString().equals("invalid")) {
          throw new BadInput(
              projectDatasetTable
                  + ": row "
                  + error.getAsJsonObject().get("index")
                  + ", field "
                  + first.get("location").getAsString()
                  + ": "
                  + first.get("message").getAsString());
        }
      }
    } catch (ApiError e) {
      throw new BadInput(projectDatasetTable + ": " + e.text(), e);
    }
  }

  /**
   * Makes the data set as the repository's files say: {@code <table>.json} is an array of schema
   * fields, {@code <view>.sql} a SELECT with {@code ${project}} and {@code ${dataset}}. Done again,
   * it adds the columns that a schema gained and replaces the views.
   *
   * @throws BadInput naming the file, where a column went away or changed its type, or a view does
   *     not translate
   */
  public void createFrom(Path tablesDir, Path viewsDir, String dataset) throws IOException {
    if (store.dataset(project, dataset) == null) {
      JsonObject meta = new JsonObject();
      meta.addProperty("location", "US");
      meta.addProperty("creationTime", Long.toString(System.currentTimeMillis()));
      meta.addProperty("lastModifiedTime", Long.toString(System.currentTimeMillis()));
      store.putDataset(project, dataset, meta, true);
    }
    for (Path file : files(tablesDir, ".json")) {
      try {
        createTable(dataset, name(file), JsonParser.parseString(Files.readString(file)));
      } catch (ApiError | com.google.gson.JsonParseException e) {
        throw new BadInput(file + ": " + message(e), e);
      }
    }
    createViews(dataset, files(viewsDir, ".sql"));
  }

  private void createTable(String dataset, String name, JsonElement schema) {
    List<Field> fields = SqlType.schema(schema);
    if (fields.isEmpty()) {
      throw ApiError.invalid("a table's schema is a JSON array of at least one field");
    }
    Store.Table wanted = Engine.fresh(project, dataset, name, fields);
    Store.Table old = store.table(project, dataset, name);
    store.changing(connection -> {
      if (old == null) {
        return store.createTable(connection, wanted);
      }
      if (old.fields().equals(fields)) {
        return old;
      }
      JsonObject meta = old.meta().deepCopy();
      meta.add("schema", wanted.meta().get("schema"));
      return store.updateTable(
          connection, old, new Store.Table(project, dataset, name, meta, wanted.fields()));
    });
  }

  /** Views may read one another in any order of their names, so those that fail wait a round. */
  private void createViews(String dataset, List<Path> files) throws IOException {
    List<Path> waiting = new ArrayList<>(files);
    while (!waiting.isEmpty()) {
      List<Path> failed = new ArrayList<>();
      ApiError last = null;
      for (Path file : waiting) {
        String sql =
            Files.readString(file).replace("${project}", project).replace("${dataset}", dataset);
        try {
          createView(dataset, name(file), sql);
        } catch (ApiError e) {
          failed.add(file);
          last = e;
        }
      }
      if (last != null && failed.size() == waiting.size()) {
        throw new BadInput(failed.getLast() + ": " + last.text(), last);
      }
      waiting = failed;
    }
  }

  private void createView(String dataset, String name, String sql) {
    Store.Table old = store.table(project, dataset, name);
    List<Field> fields = engine.describe(project, sql);
    if (old != null && sql.equals(old.viewSql()) && old.fields().equals(fields)) {
      return;
    }
    if (old != null && old.viewSql() == null) {
      throw ApiError.invalid(name + " is a table already and cannot become a view");
    }
    store.changing(connection -> {
      if (old != null) {
        store.dropTable(connection, old);
      }
      return store.createTable(connection, Engine.view(project, dataset, name, sql, fields));
    });
  }

  private static String message(Exception e) {
    return String.valueOf(e.getMessage());
  }

  private static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.lastIndexOf('.'));
  }

  private static List<Path> files(Path dir, String ending) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  @Override
  public void close() throws IOException {
    server.stop(0);
    storage.close();
    requests.shutdownNow();
    workers.shutdown();
    try {
      if (!workers.awaitTermination(10, java.util.concurrent.TimeUnit.SECONDS)) {
        workers.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    store.close();
  }
}
