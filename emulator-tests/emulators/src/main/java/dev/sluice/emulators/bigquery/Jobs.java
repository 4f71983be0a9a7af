package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.sluice.emulators.bigquery.SqlType.Field;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Query and load jobs. Jobs and their results are kept in memory, the newest of them only. */
final class Jobs {
  private static final int KEPT = 1000;
  private static final long KEPT_ROWS = 2_000_000;

  static final class Job {
    private final String project;
    private final String id;
    private final JsonObject configuration;
    private final long created = System.currentTimeMillis();
    private final CompletableFuture<Engine.Result> done = new CompletableFuture<>();
    private volatile long ended;
    private volatile @Nullable Statement running;
    private volatile boolean cancelled;

    Job(String project, String id, JsonObject configuration) {
      this.project = project;
      this.id = id;
      this.configuration = configuration;
    }

    String project() {
      return project;
    }

    String id() {
      return id;
    }

    boolean isDone() {
      return done.isDone();
    }

    /** The result, or the job's failure as an {@link ApiError}. */
    Engine.Result result() {
      try {
        return done.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof ApiError error) {
          throw error;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for a job", e);
      }
    }

    boolean await(long millis) {
      try {
        done.get(millis, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        return false;
      } catch (ExecutionException e) {
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      return true;
    }

    void cancel() throws SQLException {
      cancelled = true;
      Statement statement = running;
      if (statement != null && !done.isDone()) {
        statement.cancel();
      }
    }

    JsonObject reference() {
      JsonObject reference = new JsonObject();
      reference.addProperty("projectId", project);
      reference.addProperty("jobId", id);
      reference.addProperty("location", "US");
      return reference;
    }

    JsonObject resource() {
      JsonObject statistics = new JsonObject();
      statistics.addProperty("creationTime", Long.toString(created));
      statistics.addProperty("startTime", Long.toString(created));
      statistics.addProperty("totalBytesProcessed", "0");
      JsonObject status = new JsonObject();
      status.addProperty("state", done.isDone() ? "DONE" : "RUNNING");
      if (done.isDone()) {
        statistics.addProperty("endTime", Long.toString(ended));
        try {
          Engine.Result result = result();
          if (configuration.has("load")) {
            JsonObject load = new JsonObject();
            load.addProperty("outputRows", Long.toString(result.changed()));
            load.addProperty("badRecords", "0");
            statistics.add("load", load);
          } else {
            statistics.add("query", queryStatistics(result));
          }
        } catch (ApiError e) {
          JsonArray errors = new JsonArray();
          errors.add(e.proto());
          status.add("errorResult", e.proto());
          status.add("errors", errors);
        }
      }
      JsonObject job = new JsonObject();
      job.addProperty("kind", "bigquery#job");
      job.addProperty("id", project + ":US." + id);
      job.addProperty("user_email", "emulator@localhost");
      job.add("jobReference", reference());
      job.add("configuration", configuration);
      job.add("status", status);
      job.add("statistics", statistics);
      return job;
    }

    static JsonObject queryStatistics(Engine.Result result) {
      JsonObject query = new JsonObject();
      query.addProperty("statementType", result.type());
      query.addProperty("totalBytesProcessed", "0");
      query.addProperty("totalBytesBilled", "0");
      query.addProperty("cacheHit", false);
      if (!result.fields().isEmpty()) {
        JsonObject schema = new JsonObject();
        schema.add("fields", SqlType.toJsonArray(result.fields()));
        query.add("schema", schema);
      }
      if (!result.dml().isEmpty()) {
        query.addProperty("numDmlAffectedRows", Long.toString(result.changed()));
        query.add("dmlStats", dmlStatistics(result));
      }
      return query;
    }

    static JsonObject dmlStatistics(Engine.Result result) {
      JsonObject dml = new JsonObject();
      dml.addProperty(result.dml(), Long.toString(result.changed()));
      return dml;
    }
  }

  private final Store store;
  private final Engine engine;
  private final ExecutorService workers;
  private final Map<String, Job> jobs = new LinkedHashMap<>();

  Jobs(Store store, Engine engine, ExecutorService workers) {
    this.store = store;
    this.engine = engine;
    this.workers = workers;
  }

  Job need(String project, String id) {
    synchronized (jobs) {
      Job job = jobs.get(project + ":" + id);
      if (job == null) {
        throw ApiError.notFound("Job " + project + ":US." + id);
      }
      return job;
    }
  }

  /** Newest first. */
  List<Job> list(String project) {
    synchronized (jobs) {
      List<Job> out = new ArrayList<>();
      jobs.values().stream().filter(job -> job.project.equals(project)).forEach(out::addFirst);
      return out;
    }
  }

  /** Starts a query; {@code asked} is JobConfigurationQuery or a QueryRequest. */
  Job query(String project, @Nullable String id, JsonObject configuration, JsonObject asked) {
    if (asked.has("useLegacySql") && asked.get("useLegacySql").getAsBoolean()) {
      throw ApiError.notSpoken("legacy SQL (set useLegacySql to false)");
    }
    String name = id == null ? "job_" + UUID.randomUUID() : id;
    JsonObject query = configuration.getAsJsonObject("query");
    JsonObject destination =
        asked.has("destinationTable") ? asked.getAsJsonObject("destinationTable") : null;
    boolean dryRun =
        (configuration.has("dryRun") && configuration.get("dryRun").getAsBoolean())
            || (asked.has("dryRun") && asked.get("dryRun").getAsBoolean());
    Job job = new Job(project, name, configuration);
    configuration.addProperty("jobType", "QUERY");
    if (destination == null) {
      JsonObject anonymous = new JsonObject();
      anonymous.addProperty("projectId", project);
      anonymous.addProperty("datasetId", "_anonymous");
      anonymous.addProperty("tableId", name);
      query.add("destinationTable", anonymous);
    }
    Engine.Request request =
        new Engine.Request(
            project,
            asked.get("query").getAsString(),
            asked.get("defaultDataset"),
            asked.has("queryParameters")
                ? Literals.parameters(asked.getAsJsonArray("queryParameters"))
                : Map.of(),
            dryRun,
            destination,
            text(asked, "writeDisposition", "WRITE_EMPTY"),
            text(asked, "createDisposition", "CREATE_IF_NEEDED"),
            statement -> job.running = statement);
    if (dryRun) {
      finish(job, () -> engine.run(request));
      job.result();
      return job;
    }
    remember(job);
    workers.execute(() -> finish(job, () -> engine.run(request)));
    return job;
  }

  static String text(JsonObject json, String name, String otherwise) {
    return json.has(name) && !json.get(name).isJsonNull()
        ? json.get(name).getAsString()
        : otherwise;
  }

  private void remember(Job job) {
    synchronized (jobs) {
      if (jobs.putIfAbsent(job.project + ":" + job.id, job) != null) {
        throw ApiError.duplicate("Job " + job.project + ":US." + job.id);
      }
      long rows = 0;
      for (Job kept : jobs.values()) {
        rows +=
            kept.done.isDone() && !kept.done.isCompletedExceptionally()
                ? kept.result().rows().size()
                : 0;
      }
      var oldest = jobs.values().iterator();
      while (oldest.hasNext() && (jobs.size() > KEPT || rows > KEPT_ROWS)) {
        Job kept = oldest.next();
        if (kept.done.isDone()) {
          rows -= kept.done.isCompletedExceptionally() ? 0 : kept.result().rows().size();
          oldest.remove();
        }
      }
    }
  }

  private static void finish(Job job, java.util.function.Supplier<Engine.Result> work) {
    try {
      if (job.cancelled) {
        throw new ApiError(
            499, "stopped", "Job execution was cancelled: User requested cancellation");
      }
      Engine.Result result = work.get();
      job.ended = System.currentTimeMillis();
      job.done.complete(result);
    } catch (ApiError e) {
      job.ended = System.currentTimeMillis();
      job.done.completeExceptionally(e);
    } catch (RuntimeException | StackOverflowError e) {
      job.ended = System.currentTimeMillis();
      job.done.completeExceptionally(
          new ApiError(500, "internalError", "The emulator failed: " + e));
    }
  }

  /** A load job with its data already here. */
  Job load(String project, @Nullable String id, JsonObject configuration, byte[] data) {
    Job job = new Job(project, id == null ? "job_" + UUID.randomUUID() : id, configuration);
    configuration.addProperty("jobType", "LOAD");
    JsonObject load = configuration.getAsJsonObject("load");
    remember(job);
    workers.execute(() -> finish(job, () -> loaded(load, data)));
    return job;
  }

  private Engine.Result loaded(JsonObject load, byte[] data) {
    JsonObject to = load.getAsJsonObject("destinationTable");
    List<Field> given =
        load.has("schema")
            ? SqlType.schema(load.getAsJsonObject("schema").get("fields"))
            : List.of();
    Store.Table existing =
        store.table(
            to.get("projectId").getAsString(),
            to.get("datasetId").getAsString(),
            to.get("tableId").getAsString());
    List<Field> fields = given.isEmpty() && existing != null ? existing.fields() : given;
    if (fields.isEmpty()) {
      throw ApiError.notImplemented("a load job that detects the schema (give one)");
    }
    boolean ignore =
        load.has("ignoreUnknownValues") && load.get("ignoreUnknownValues").getAsBoolean();
    String format = text(load, "sourceFormat", "CSV");
    List<JsonObject> rows =
        switch (format) {
          case "CSV" -> csv(load, fields, new String(data, StandardCharsets.UTF_8));
          case "NEWLINE_DELIMITED_JSON" -> lines(new String(data, StandardCharsets.UTF_8));
          default -> throw ApiError.notImplemented("load jobs of " + format);
        };
    List<JsonObject> read = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      try {
        read.add(Rows.read(fields, rows.get(i), "", ignore));
      } catch (Rows.Misfit e) {
        throw ApiError.invalid(
            "Error while reading data, error message: row "
                + (i + 1)
                + ": "
                + e.getMessage()
                + " Field: "
                + e.location());
      }
    }
    store.changing(connection -> {
      Store.Table table =
          engine.target(
              connection,
              to,
              fields,
              text(load, "writeDisposition", "WRITE_APPEND"),
              text(load, "createDisposition", "CREATE_IF_NEEDED"));
      store.append(connection, table, read, false);
      store.touched(connection, table);
      return null;
    });
    return new Engine.Result("LOAD", List.of(), List.of(), read.size(), "");
  }

  private static List<JsonObject> lines(String text) {
    List<JsonObject> out = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      try {
        JsonElement row = JsonParser.parseString(line);
        out.add(row.getAsJsonObject());
      } catch (JsonParseException | IllegalStateException e) {
        throw ApiError.invalid(
            "Error while reading data, error message: JSON parsing error in line " + number);
      }
    }
    return out;
  }

  private static List<JsonObject> csv(JsonObject load, List<Field> fields, String text) {
    char delimiter = text(load, "fieldDelimiter", ",").charAt(0);
    int skip = Integer.parseInt(text(load, "skipLeadingRows", "0"));
    String nullMarker = text(load, "nullMarker", "");
    List<JsonObject> out = new ArrayList<>();
    int number = 0;
    for (List<Cell> cells : Cell.parse(text, delimiter)) {
      number++;
      if (number <= skip) {
        continue;
      }
      if (cells.size() != fields.size()) {
        throw ApiError.invalid(
            "Error while reading data, error message: Too "
                + (cells.size() < fields.size() ? "few" : "many")
                + " values in row "
                + number
                + ": "
                + cells.size()
                + " where the schema has "
                + fields.size());
      }
      JsonObject row = new JsonObject();
      for (int i = 0; i < cells.size(); i++) {
        Cell cell = cells.get(i);
        boolean text0 = fields.get(i).type().is(SqlType.Kind.STRING) && nullMarker.isEmpty();
        if (cell.quoted() || text0 || !cell.text().equals(nullMarker)) {
          row.addProperty(fields.get(i).name(), cell.text());
        }
      }
      out.add(row);
    }
    return out;
  }

  /** One CSV value (RFC 4180). */
  private record Cell(String text, boolean quoted) {
    static List<List<Cell>> parse(String text, char delimiter) {
      List<List<Cell>> rows = new ArrayList<>();
      List<Cell> row = new ArrayList<>();
      StringBuilder cell = new StringBuilder();
      boolean quoted = false;
      boolean inside = false;
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (inside) {
          if (c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
            cell.append('"');
            i++;
          } else if (c == '"') {
            inside = false;
          } else {
            cell.append(c);
          }
        } else if (c == '"' && cell.isEmpty()) {
          inside = true;
          quoted = true;
        } else if (c == delimiter || c == '\n') {
          row.add(new Cell(cell.toString(), quoted));
          cell.setLength(0);
          quoted = false;
          if (c == '\n') {
            rows.add(row);
            row = new ArrayList<>();
          }
        } else if (c != '\r' || (i + 1 < text.length() && text.charAt(i + 1) != '\n')) {
          cell.append(c);
        }
      }
      if (inside) {
        throw ApiError.invalid(
            "Error while reading data, error message: Missing close quote character");
      }
      if (!cell.isEmpty() || !row.isEmpty() || quoted) {
        row.add(new Cell(cell.toString(), quoted));
        rows.add(row);
      }
      rows.removeIf(r -> r.size() == 1 && r.getFirst().text().isEmpty() && !r.getFirst().quoted());
      return rows;
    }
  }
}
