package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import dev.sluice.emulators.bigquery.SqlType.Field;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Routes of BigQuery's REST API v2; a call that has none answers 501 with its name. */
final class RestApi {
  private static final int LARGEST_INSERT = 10 * 1024 * 1024;
  private static final int LARGEST_UPLOAD = 512 * 1024 * 1024;
  private static final int PAGE = 10_000;
  private static final List<String> DATASET_FIELDS =
      List.of(
          "labels",
          "description",
          "friendlyName",
          "location",
          "access",
          "defaultTableExpirationMs",
          "defaultPartitionExpirationMs");
  private static final List<String> TABLE_FIELDS =
      List.of(
          "schema",
          "view",
          "timePartitioning",
          "clustering",
          "labels",
          "description",
          "friendlyName",
          "expirationTime",
          "requirePartitionFilter");

  private final Store store;
  private final Engine engine;
  private final Jobs jobs;
  private final ExecutorService workers;
  private final Map<String, JsonObject> uploads = new ConcurrentHashMap<>();
  private final Map<String, ByteArrayOutputStream> uploaded = new ConcurrentHashMap<>();

  RestApi(Store store, Engine engine, Jobs jobs, ExecutorService workers) {
    this.store = store;
    this.engine = engine;
    this.jobs = jobs;
    this.workers = workers;
  }

  /** A request, decoded; {@code latin} is the body, a character for each byte. */
  private record Call(
      String method, String path, Map<String, String> query, String latin, HttpExchange exchange) {
    byte[] body() {
      return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    JsonObject json() {
      try {
        JsonElement parsed = JsonParser.parseString(new String(body(), StandardCharsets.UTF_8));
        return parsed.isJsonObject() ? parsed.getAsJsonObject() : new JsonObject();
      } catch (JsonParseException e) {
        throw new ApiError(400, "parseError", "Invalid JSON payload received.");
      }
    }

    long number(String name, long otherwise) {
      String text = query.get(name);
      try {
        return text == null || text.isEmpty() ? otherwise : Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw ApiError.invalid("Invalid value for " + name + ": " + text);
      }
    }

    boolean flag(String name) {
      return Boolean.parseBoolean(query.get(name));
    }
  }

  void handle(HttpExchange exchange) throws IOException {
    int status = 200;
    String body;
    try {
      Call call = call(exchange);
      JsonObject answer = route(call);
      body = answer.size() == 0 ? "" : answer.toString();
      if (exchange.getResponseHeaders().containsKey("X-Emulator-Status")) {
        status =
            Integer.parseInt(exchange.getResponseHeaders().remove("X-Emulator-Status").getFirst());
      } else if (body.isEmpty() && !exchange.getResponseHeaders().containsKey("Location")) {
        status = 204;
      }
    } catch (ApiError e) {
      status = e.code();
      body = e.body().toString();
    } catch (RuntimeException e) {
      status = 500;
      body = new ApiError(500, "internalError", "The emulator failed: " + e).body().toString();
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
    exchange.close();
  }

  private static Call call(HttpExchange exchange) throws IOException {
    String override = exchange.getRequestHeaders().getFirst("X-HTTP-Method-Override");
    Map<String, String> query = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int equals = pair.indexOf('=');
        query.put(
            decode(equals < 0 ? pair : pair.substring(0, equals)),
            equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    String path = exchange.getRequestURI().getRawPath();
    int limit = path.endsWith("/insertAll") ? LARGEST_INSERT : LARGEST_UPLOAD;
    InputStream in = exchange.getRequestBody();
    if ("gzip".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
      in = new GZIPInputStream(in);
    }
    byte[] body = in.readNBytes(limit + 1);
    if (body.length > limit) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      throw new ApiError(
          413, "uploadTooLarge", "Request payload size exceeds the limit: " + limit + " bytes.");
    }
    return new Call(
        override == null ? exchange.getRequestMethod() : override.toUpperCase(Locale.ROOT),
        path,
        query,
        new String(body, StandardCharsets.ISO_8859_1),
        exchange);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /** DuckDB's calls hold their thread, so they run on platform threads. */
  private <T> T working(Callable<T> work) {
    try {
      return workers.submit(work).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ApiError error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }

  private JsonObject route(Call call) {
    String path = call.path().replaceFirst("^/resumable", "");
    boolean upload = path.startsWith("/upload/");
    path = path.replaceFirst("^/upload", "").replaceFirst("^/bigquery/v2", "");
    List<String> parts =
        Arrays.stream(path.split("/", -1)).filter(p -> !p.isEmpty()).map(RestApi::decode).toList();
    ApiError unknown = ApiError.notImplemented(call.method() + " " + call.path());
    if (parts.size() < 3 || !parts.getFirst().equals("projects")) {
      throw unknown;
    }
    String project = parts.get(1);
    String kind = parts.get(2);
    String key = call.method() + " " + kind + " " + parts.size();
    if (upload) {
      if (!kind.equals("jobs")) {
        throw unknown;
      }
      return upload(call, project);
    }
    return switch (key) {
      case "GET datasets 3" -> listDatasets(call, project);
      case "POST datasets 3" -> working(() -> insertDataset(call, project));
      case "GET datasets 4" -> dataset(project, parts.get(3));
      case "DELETE datasets 4" ->
          working(() -> {
            store.dropDataset(project, parts.get(3), call.flag("deleteContents"));
            return new JsonObject();
          });
      case "PATCH datasets 4", "PUT datasets 4" ->
          working(() -> patchDataset(call, project, parts.get(3)));
      case "GET queries 4" -> results(call, jobs.need(project, parts.get(3)));
      case "POST queries 3" -> query(call, project);
      case "GET jobs 3" -> listJobs(call, project);
      case "POST jobs 3" -> insertJob(call, project);
      case "GET jobs 4" -> jobs.need(project, parts.get(3)).resource();
      case "POST jobs 5" -> {
        if (!parts.get(4).equals("cancel")) {
          throw unknown;
        }
        Jobs.Job job = jobs.need(project, parts.get(3));
        JsonObject out = new JsonObject();
        try {
          job.cancel();
        } catch (java.sql.SQLException e) {
          throw Failures.of(e);
        }
        out.addProperty("kind", "bigquery#jobCancelResponse");
        out.add("job", job.resource());
        yield out;
      }
      case "GET datasets 5", "POST datasets 5" -> {
        if (!parts.get(4).equals("tables")) {
          throw unknown;
        }
        yield call.method().equals("GET")
            ? listTables(call, project, parts.get(3))
            : working(() -> insertTable(call, project, parts.get(3)));
      }
      case "GET datasets 6", "DELETE datasets 6", "PATCH datasets 6", "PUT datasets 6" -> {
        if (!parts.get(4).equals("tables")) {
          throw unknown;
        }
        String name = parts.get(5);
        Store.Table table = store.needTable(project, parts.get(3), name);
        yield switch (call.method()) {
          case "GET" -> working(() -> resource(table));
          case "DELETE" ->
              working(() ->
                  store.changing(connection -> {
                    store.dropTable(connection, table);
                    return new JsonObject();
                  }));
          default -> working(() -> patchTable(call, table));
        };
      }
      case "GET datasets 7", "POST datasets 7" -> {
        String verb = call.method() + " " + parts.get(6);
        if (verb.equals("GET data")) {
          yield listRows(call, project, parts.get(3), parts.get(5));
        }
        if (verb.equals("POST insertAll")) {
          yield insertAll(call, store.needTable(project, parts.get(3), parts.get(5)));
        }
        throw unknown;
      }
      default -> throw unknown;
    };
  }

  // Data sets

  private static JsonObject reference(String project, String dataset) {
    JsonObject reference = new JsonObject();
    reference.addProperty("projectId", project);
    reference.addProperty("datasetId", dataset);
    return reference;
  }

  private JsonObject dataset(String project, String dataset) {
    JsonObject out = store.needDataset(project, dataset).deepCopy();
    out.addProperty("kind", "bigquery#dataset");
    out.addProperty("id", project + ":" + dataset);
    out.add("datasetReference", reference(project, dataset));
    return etagged(out);
  }

  private static JsonObject etagged(JsonObject resource) {
    resource.addProperty("etag", Integer.toHexString(resource.hashCode()));
    return resource;
  }

  private JsonObject insertDataset(Call call, String project) {
    JsonObject asked = call.json();
    if (!asked.has("datasetReference")) {
      throw new ApiError(400, "required", "Required parameter is missing: datasetReference");
    }
    String id = asked.getAsJsonObject("datasetReference").get("datasetId").getAsString();
    if (!id.matches("\\w{1,1024}")) {
      throw ApiError.invalid(
          "Invalid dataset ID \""
              + id
              + "\". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024"
              + " characters long.");
    }
    JsonObject meta = new JsonObject();
    copy(asked, meta, DATASET_FIELDS);
    if (!meta.has("location")) {
      meta.addProperty("location", "US");
    }
    meta.addProperty("creationTime", Long.toString(System.currentTimeMillis()));
    meta.addProperty("lastModifiedTime", Long.toString(System.currentTimeMillis()));
    store.putDataset(project, id, meta, true);
    return dataset(project, id);
  }

  /** JSON merge of the listed fields: null removes; a null label removes that label. */
  private static void copy(JsonObject from, JsonObject to, List<String> names) {
    for (String name : names) {
      if (!from.has(name)) {
        continue;
      }
      JsonElement value = from.get(name);
      if (value.isJsonNull()) {
        to.remove(name);
      } else if (name.equals("labels")) {
        JsonObject labels =
            to.has("labels") ? to.getAsJsonObject("labels").deepCopy() : new JsonObject();
        for (Map.Entry<String, JsonElement> label : value.getAsJsonObject().entrySet()) {
          if (label.getValue().isJsonNull()) {
            labels.remove(label.getKey());
          } else {
            labels.add(label.getKey(), label.getValue());
          }
        }
        to.add("labels", labels);
      } else {
        to.add(name, value.deepCopy());
      }
    }
  }

  private static void checkEtag(Call call, JsonObject current) {
    String match = call.exchange().getRequestHeaders().getFirst("If-Match");
    if (match != null
        && !match.equals("*")
        && !match.replace("\"", "").equals(current.get("etag").getAsString())) {
      throw new ApiError(412, "conditionNotMet", "Precondition check failed.");
    }
  }

  private JsonObject patchDataset(Call call, String project, String id) {
    checkEtag(call, dataset(project, id));
    JsonObject meta = store.needDataset(project, id).deepCopy();
    copy(call.json(), meta, DATASET_FIELDS);
    meta.addProperty("lastModifiedTime", Long.toString(System.currentTimeMillis()));
    store.putDataset(project, id, meta, false);
    return dataset(project, id);
  }

  private JsonObject listDatasets(Call call, String project) {
    JsonObject out = new JsonObject();
    out.addProperty("kind", "bigquery#datasetList");
    List<JsonObject> all = new ArrayList<>();
    for (String id : store.datasetIds(project)) {
      all.add(dataset(project, id));
    }
    return paged(call, all, out, "datasets");
  }

  private static JsonObject paged(Call call, List<JsonObject> all, JsonObject out, String name) {
    long start = call.number("pageToken", 0);
    long size = call.number("maxResults", 1000);
    JsonArray items = new JsonArray();
    for (long i = start; i < Math.min(all.size(), start + size); i++) {
      items.add(all.get((int) i));
    }
    if (!items.isEmpty()) {
      out.add(name, items);
    }
    if (start + size < all.size()) {
      out.addProperty("nextPageToken", Long.toString(start + size));
    }
    return out;
  }

  // Tables

  private JsonObject resource(Store.Table table) {
    JsonObject out = summary(table);
    if (table.viewSql() == null) {
      out.addProperty("numRows", Long.toString(store.count(table)));
      out.addProperty("numBytes", Long.toString(store.bytes(table)));
    }
    return out;
  }

  private static JsonObject summary(Store.Table table) {
    JsonObject out = table.meta().deepCopy();
    out.addProperty("creationTime", table.meta().get("creationTime").getAsString());
    out.addProperty("lastModifiedTime", table.meta().get("lastModifiedTime").getAsString());
    out.addProperty("kind", "bigquery#table");
    out.addProperty("id", table.name());
    out.addProperty("type", table.viewSql() == null ? "TABLE" : "VIEW");
    out.addProperty("location", "US");
    JsonObject reference = reference(table.project(), table.dataset());
    reference.addProperty("tableId", table.table());
    out.add("tableReference", reference);
    return etagged(out);
  }

  private Store.Table asked(String project, String dataset, String name, JsonObject meta) {
    if (meta.has("view")) {
      JsonObject view = meta.getAsJsonObject("view");
      if (view.has("useLegacySql") && view.get("useLegacySql").getAsBoolean()) {
        throw ApiError.notSpoken("legacy SQL views (set useLegacySql to false)");
      }
      String sql = view.get("query").getAsString();
      JsonObject schema = new JsonObject();
      schema.add("fields", SqlType.toJsonArray(engine.describe(project, sql)));
      meta.add("schema", schema);
    }
    List<Field> fields =
        meta.has("schema")
            ? SqlType.schema(meta.getAsJsonObject("schema").get("fields"))
            : List.of();
    if (meta.has("schema")) {
      JsonObject schema = new JsonObject();
      schema.add("fields", SqlType.toJsonArray(fields));
      meta.add("schema", schema);
    }
    if (meta.has("timePartitioning") && meta.getAsJsonObject("timePartitioning").has("field")) {
      String field = meta.getAsJsonObject("timePartitioning").get("field").getAsString();
      if (Store.find(fields, field) == null) {
        throw ApiError.invalid(
            "The field specified for partitioning cannot be found in the schema. Field: " + field);
      }
    }
    if (meta.has("clustering")) {
      for (JsonElement field : meta.getAsJsonObject("clustering").getAsJsonArray("fields")) {
        if (Store.find(fields, field.getAsString()) == null) {
          throw ApiError.invalid(
              "The field specified for clustering cannot be found in the schema. Invalid field: "
                  + field.getAsString()
                  + ".");
        }
      }
    }
    return new Store.Table(project, dataset, name, meta, fields);
  }

  private JsonObject insertTable(Call call, String project, String dataset) {
    JsonObject asked = call.json();
    if (!asked.has("tableReference")) {
      throw new ApiError(400, "required", "Required parameter is missing: tableReference");
    }
    if (asked.has("externalDataConfiguration") || asked.has("materializedView")) {
      throw ApiError.notImplemented("external tables and materialized views");
    }
    store.needDataset(project, dataset);
    String name = asked.getAsJsonObject("tableReference").get("tableId").getAsString();
    JsonObject meta = new JsonObject();
    copy(asked, meta, TABLE_FIELDS);
    meta.addProperty("creationTime", System.currentTimeMillis());
    meta.addProperty("lastModifiedTime", System.currentTimeMillis());
    Store.Table table = asked(project, dataset, name, meta);
    return resource(store.changing(connection -> store.createTable(connection, table)));
  }

  private JsonObject patchTable(Call call, Store.Table before) {
    checkEtag(call, summary(before));
    JsonObject change = call.json();
    JsonObject meta = before.meta().deepCopy();
    copy(change, meta, TABLE_FIELDS);
    meta.addProperty("lastModifiedTime", System.currentTimeMillis());
    Store.Table after = asked(before.project(), before.dataset(), before.table(), meta);
    return resource(store.changing(connection -> store.updateTable(connection, before, after)));
  }

  private JsonObject listTables(Call call, String project, String dataset) {
    store.needDataset(project, dataset);
    List<Store.Table> tables = store.tables(project, dataset);
    JsonObject out = new JsonObject();
    out.addProperty("kind", "bigquery#tableList");
    out.addProperty("totalItems", tables.size());
    return paged(call, tables.stream().map(RestApi::summary).toList(), out, "tables");
  }

  // Rows

  private JsonObject insertAll(Call call, Store.Table table) {
    if (table.viewSql() != null) {
      throw ApiError.invalid("Cannot add rows to a table of type VIEW.");
    }
    JsonObject asked = call.json();
    if (asked.has("templateSuffix")) {
      throw ApiError.notImplemented("insertAll with templateSuffix");
    }
    if (!asked.has("rows") || asked.getAsJsonArray("rows").isEmpty()) {
      throw ApiError.invalid("No rows present in the request.");
    }
    List<String> ids = new ArrayList<>();
    List<JsonObject> rows = new ArrayList<>();
    for (JsonElement row : asked.getAsJsonArray("rows")) {
      JsonObject entry = row.getAsJsonObject();
      ids.add(Jobs.text(entry, "insertId", ""));
      rows.add(entry.has("json") ? entry.getAsJsonObject("json") : new JsonObject());
    }
    boolean skip = asked.has("skipInvalidRows") && asked.get("skipInvalidRows").getAsBoolean();
    boolean ignore =
        asked.has("ignoreUnknownValues") && asked.get("ignoreUnknownValues").getAsBoolean();
    JsonArray errors = working(() -> store.stream(table, ids, rows, skip, ignore));
    JsonObject out = new JsonObject();
    out.addProperty("kind", "bigquery#tableDataInsertAllResponse");
    if (!errors.isEmpty()) {
      out.add("insertErrors", errors);
    }
    return out;
  }

  private JsonObject listRows(Call call, String project, String dataset, String name) {
    JsonObject out = new JsonObject();
    out.addProperty("kind", "bigquery#tableDataList");
    if (dataset.equals("_anonymous")) {
      Engine.Result result = jobs.need(project, name).result();
      return page(call, out, result.rows(), result.fields());
    }
    Store.Table table = store.needTable(project, dataset, name);
    if (table.viewSql() != null) {
      throw ApiError.invalid("Cannot list a table of type VIEW.");
    }
    List<Field> fields = selected(table.fields(), call.query().get("selectedFields"));
    long total = working(() -> store.count(table));
    long start = start(call);
    long size = Math.min(PAGE, call.number("maxResults", PAGE));
    out.addProperty("totalRows", Long.toString(total));
    JsonArray rows = new JsonArray();
    for (Object[] row : working(() -> engine.page(table, fields, start, size))) {
      rows.add(Rows.row(row, fields, call.flag("formatOptions.useInt64Timestamp")));
    }
    return pageEnd(out, rows, start, total);
  }

  private static List<Field> selected(List<Field> fields, @Nullable String names) {
    if (names == null || names.isEmpty()) {
      return fields;
    }
    List<Field> out = new ArrayList<>();
    List<String> wanted = List.of(names.split(",", -1));
    for (String name : wanted) {
      if (Store.find(fields, name) == null) {
        throw name.contains(".")
            ? ApiError.notImplemented("selectedFields inside a RECORD: " + name)
            : ApiError.invalid("No such field: " + name);
      }
    }
    fields.stream()
        .filter(f -> wanted.stream().anyMatch(w -> w.equalsIgnoreCase(f.name())))
        .forEach(out::add);
    return out;
  }

  private static long start(Call call) {
    return call.query().containsKey("pageToken")
        ? call.number("pageToken", 0)
        : call.number("startIndex", 0);
  }

  private static JsonObject pageEnd(JsonObject out, JsonArray rows, long start, long total) {
    if (!rows.isEmpty()) {
      out.add("rows", rows);
    }
    if (start + rows.size() < total && !rows.isEmpty()) {
      out.addProperty("pageToken", Long.toString(start + rows.size()));
    }
    return out;
  }

  private static JsonObject page(
      Call call, JsonObject out, List<@Nullable Object[]> all, List<Field> fields) {
    return page(
        out,
        all,
        fields,
        start(call),
        call.number("maxResults", PAGE),
        call.flag("formatOptions.useInt64Timestamp"));
  }

  private static JsonObject page(
      JsonObject out,
      List<@Nullable Object[]> all,
      List<Field> fields,
      long start,
      long maxResults,
      boolean int64) {
    long size = Math.min(PAGE, maxResults);
    JsonArray rows = new JsonArray();
    for (long i = start; i < Math.min(all.size(), start + size); i++) {
      rows.add(Rows.row(all.get((int) i), fields, int64));
    }
    out.addProperty("totalRows", Long.toString(all.size()));
    if (maxResults == 0) {
      return out;
    }
    return pageEnd(out, rows, start, all.size());
  }

  // Jobs

  private JsonObject query(Call call, String project) {
    JsonObject asked = call.json();
    if (!asked.has("query")) {
      throw new ApiError(400, "required", "Required parameter is missing: query");
    }
    JsonObject configuration = new JsonObject();
    JsonObject query = new JsonObject();
    query.addProperty("query", asked.get("query").getAsString());
    query.addProperty("useLegacySql", false);
    configuration.add("query", query);
    if (asked.has("dryRun")) {
      configuration.add("dryRun", asked.get("dryRun"));
    }
    Jobs.Job job = jobs.query(project, null, configuration, asked);
    long timeout = asked.has("timeoutMs") ? asked.get("timeoutMs").getAsLong() : 10_000;
    long max = asked.has("maxResults") ? asked.get("maxResults").getAsLong() : PAGE;
    JsonObject options =
        asked.has("formatOptions") ? asked.getAsJsonObject("formatOptions") : new JsonObject();
    boolean int64 =
        options.has("useInt64Timestamp") && options.get("useInt64Timestamp").getAsBoolean();
    return answer(job, "bigquery#queryResponse", timeout, 0, max, int64);
  }

  private JsonObject results(Call call, Jobs.Job job) {
    return answer(
        job,
        "bigquery#getQueryResultsResponse",
        call.number("timeoutMs", 10_000),
        start(call),
        call.number("maxResults", PAGE),
        call.flag("formatOptions.useInt64Timestamp"));
  }

  private static JsonObject answer(
      Jobs.Job job, String kind, long timeout, long start, long maxResults, boolean int64) {
    JsonObject out = new JsonObject();
    out.addProperty("kind", kind);
    out.add("jobReference", job.reference());
    if (!job.await(timeout)) {
      out.addProperty("jobComplete", false);
      return out;
    }
    Engine.Result result = job.result();
    out.addProperty("jobComplete", true);
    out.addProperty("totalBytesProcessed", "0");
    out.addProperty("cacheHit", false);
    out.addProperty("location", "US");
    out.addProperty("statementType", result.type());
    JsonObject schema = new JsonObject();
    schema.add("fields", SqlType.toJsonArray(result.fields()));
    out.add("schema", schema);
    if (!result.dml().isEmpty()) {
      out.addProperty("numDmlAffectedRows", Long.toString(result.changed()));
      out.add("dmlStats", Jobs.Job.dmlStatistics(result));
    }
    return page(out, result.rows(), result.fields(), start, maxResults, int64);
  }

  private JsonObject insertJob(Call call, String project) {
    JsonObject asked = call.json();
    JsonObject configuration =
        asked.has("configuration") ? asked.getAsJsonObject("configuration") : new JsonObject();
    if (configuration.has("load")) {
      throw ApiError.notImplemented("load jobs from sourceUris (upload the data)");
    }
    if (!configuration.has("query")) {
      throw ApiError.notImplemented("jobs.insert of " + configuration.keySet());
    }
    Jobs.Job job =
        jobs.query(project, id(asked), configuration, configuration.getAsJsonObject("query"));
    job.await(200);
    return job.resource();
  }

  private static @Nullable String id(JsonObject asked) {
    if (!asked.has("jobReference")) {
      return null;
    }
    String id = Jobs.text(asked.getAsJsonObject("jobReference"), "jobId", "");
    return id.isEmpty() ? null : id;
  }

  private JsonObject listJobs(Call call, String project) {
    JsonObject out = new JsonObject();
    out.addProperty("kind", "bigquery#jobList");
    List<JsonObject> all = new ArrayList<>();
    for (Jobs.Job job : jobs.list(project)) {
      JsonObject item = job.resource();
      item.addProperty("state", job.isDone() ? "DONE" : "RUNNING");
      all.add(item);
    }
    return paged(call, all, out, "jobs");
  }

  // Uploads: multipart in one request, or resumable in a session

  private JsonObject upload(Call call, String project) {
    String type = call.query().getOrDefault("uploadType", "");
    String session = call.query().get("upload_id");
    if (session != null) {
      return resumed(call, project, session);
    }
    return switch (type) {
      case "multipart" -> multipart(call, project);
      case "resumable" -> {
        String id = UUID.randomUUID().toString();
        uploads.put(id, call.json());
        uploaded.put(id, new ByteArrayOutputStream());
        String host = call.exchange().getRequestHeaders().getFirst("Host");
        call.exchange()
            .getResponseHeaders()
            .set(
                "Location",
                "http://" + host + call.path() + "?uploadType=resumable&upload_id=" + id);
        yield new JsonObject();
      }
      default -> throw ApiError.notImplemented("uploads of type " + type);
    };
  }

  private JsonObject resumed(Call call, String project, String session) {
    JsonObject asked = uploads.get(session);
    ByteArrayOutputStream bytes = uploaded.get(session);
    if (asked == null || bytes == null) {
      throw ApiError.notFound("Upload session " + session);
    }
    bytes.writeBytes(call.body());
    String range = call.exchange().getRequestHeaders().getFirst("Content-Range");
    boolean more = range != null && (range.endsWith("/*") || !complete(range, bytes.size()));
    if (more) {
      if (bytes.size() > 0) {
        call.exchange().getResponseHeaders().set("Range", "bytes=0-" + (bytes.size() - 1));
      }
      call.exchange().getResponseHeaders().set("X-Emulator-Status", "308");
      return new JsonObject();
    }
    uploads.remove(session);
    uploaded.remove(session);
    return load(project, asked, bytes.toByteArray());
  }

  private static boolean complete(String range, int size) {
    return range.substring(range.indexOf('/') + 1).equals(Integer.toString(size));
  }

  private JsonObject load(String project, JsonObject asked, byte[] data) {
    JsonObject configuration = asked.getAsJsonObject("configuration");
    if (configuration == null || !configuration.has("load")) {
      throw ApiError.notImplemented("an upload that is no load job");
    }
    Jobs.Job job = jobs.load(project, id(asked), configuration, data);
    job.await(200);
    return job.resource();
  }

  private JsonObject multipart(Call call, String project) {
    String type = call.exchange().getRequestHeaders().getFirst("Content-Type");
    int at = type == null ? -1 : type.indexOf("boundary=");
    if (type == null || at < 0) {
      throw ApiError.invalid("A multipart upload needs a boundary");
    }
    String boundary = type.substring(at + "boundary=".length()).replace("\"", "").split(";", -1)[0];
    String body = call.latin();
    List<String> parts = new ArrayList<>();
    for (String part : body.split(java.util.regex.Pattern.quote("--" + boundary), -1)) {
      int blank = part.indexOf("\r\n\r\n");
      if (blank >= 0) {
        parts.add(part.substring(blank + 4, part.length() - (part.endsWith("\r\n") ? 2 : 0)));
      }
    }
    if (parts.size() != 2) {
      throw ApiError.invalid("A multipart upload has two parts, not " + parts.size());
    }
    JsonObject asked =
        JsonParser.parseString(
                new String(
                    parts.get(0).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
            .getAsJsonObject();
    return load(project, asked, parts.get(1).getBytes(StandardCharsets.ISO_8859_1));
  }
}
