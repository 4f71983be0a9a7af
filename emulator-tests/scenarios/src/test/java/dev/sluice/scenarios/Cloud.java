package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.FieldList;
import com.google.cloud.bigquery.FieldValue;
import com.google.cloud.bigquery.FieldValueList;
import com.google.cloud.bigquery.LegacySQLTypeName;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.TableResult;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Source;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.Composer;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.Messages;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.Launcher;
import dev.sluice.localcloud.LocalCloud;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A local cloud as its users have it: Google's own clients, and a folder of specs. */
final class Cloud implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final LocalCloud local;
  private final Path state;
  private final Path pipelines;
  private final BlockingQueue<String> console;
  private final BlockingQueue<Progress> progress;
  private final GoogleClients clients;
  private final Storage storage;
  private final BigQuery bigquery;
  private final HttpClient http = HttpClient.newHttpClient();

  private Cloud(
      LocalCloud local,
      Path state,
      Path pipelines,
      BlockingQueue<String> console,
      BlockingQueue<Progress> progress) {
    this.local = local;
    this.state = state;
    this.pipelines = pipelines;
    this.console = console;
    this.progress = progress;
    Map<String, String> environment = local.environment();
    this.clients =
        new GoogleClients(
            CloudConfiguration.from(name ->
                name.matches("COMPOSER_(USER|PASSWORD)") ? "admin" : environment.get(name)));
    this.storage =
        StorageOptions.http()
            .setProjectId(LocalCloud.PROJECT)
            .setHost(environment.get("STORAGE_EMULATOR_HOST"))
            .setCredentials(NoCredentials.getInstance())
            .build()
            .getService();
    this.bigquery =
        BigQueryOptions.newBuilder()
            .setProjectId(LocalCloud.PROJECT)
            .setHost(environment.get("BIGQUERY_EMULATOR_HOST"))
            .setCredentials(NoCredentials.getInstance())
            .build()
            .getService();
  }

  /**
   * Starts on what the folder holds.
   *
   * @param folder its state and its specs
   */
  static Cloud start(Path folder) throws IOException {
    return start(folder, LocalCloud.Hosting.ofDefaults());
  }

  /** The same with functions hosted in another way. */
  static Cloud start(Path folder, LocalCloud.Hosting hosting) throws IOException {
    Path pipelines = Files.createDirectories(folder.resolve("pipelines"));
    BlockingQueue<String> console = new LinkedBlockingQueue<>();
    BlockingQueue<Progress> progress = new LinkedBlockingQueue<>();
    LocalCloud local =
        LocalCloud.start(
            new LocalCloud.Options(
                Home.find(),
                folder.resolve("state"),
                List.of(pipelines),
                /* portBase= */ 0,
                /* webhook= */ "",
                console::add,
                progress::add),
            hosting);
    return new Cloud(local, folder.resolve("state"), pipelines, console, progress);
  }

  /** The cloud itself, for faults. */
  LocalCloud local() {
    return local;
  }

  /** Runs a command of the launcher on this cloud; its status must be that, and its lines come. */
  List<String> command(int status, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--state", state.toString()));
    return Launcher.run(status, all);
  }

  Storage storage() {
    return storage;
  }

  /** Google's client of BigQuery. */
  BigQuery bigquery() {
    return bigquery;
  }

  /** Pub/Sub. */
  Messages messages() {
    return clients.messages();
  }

  Composer composer() {
    return clients.composer();
  }

  /** Where a function answers. */
  URI function(String name) {
    return URI.create(String.valueOf(local.functions().get(name)));
  }

  /** Bucket {@code inbox}, {@code artifacts} or {@code serving}. */
  String bucket(String which) {
    return local.environment().get("SLUICE_" + which.toUpperCase(Locale.ROOT));
  }

  /** Puts a spec into the folder and waits until it is taken; returns what the cloud said. */
  String spec(String pipeline, String yaml) throws IOException, InterruptedException {
    Files.writeString(pipelines.resolve(pipeline + ".yaml"), yaml);
    while (true) {
      String line = console.poll(20, TimeUnit.SECONDS);
      assertThat(line).as("the cloud says nothing of the spec of " + pipeline).isNotNull();
      if (line.contains(pipeline)) {
        return line;
      }
    }
  }

  /**
   * Uploads an object into the inbox as any client does, and waits until nothing moves any more.
   */
  Batch drop(String object, byte[] content) throws InterruptedException {
    Batch batch = upload(object, content);
    awaitIdle();
    return batch;
  }

  Batch drop(String object, String content) throws InterruptedException {
    return drop(object, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Uploads an object {@code <pipeline>/<span>/<file>}, and says which batch it is. */
  Batch upload(String object, byte[] content) {
    Blob blob =
        storage.create(
            BlobInfo.newBuilder(bucket("inbox"), object).setContentType("text/csv").build(),
            content);
    String[] parts = object.split("/", -1);
    return Batch.of(
        parts[0],
        parts.length > 2 ? parts[1] : "",
        List.of(
            new Source(
                "gs://" + blob.getBucket() + "/" + object + "#" + blob.getGeneration(),
                content.length,
                blob.getCrc32c())),
        blob.getCreateTimeOffsetDateTime().toInstant());
  }

  /** Waits until no event, run or message is under way. */
  void awaitIdle() throws InterruptedException {
    assertThat(local.awaitIdle(PATIENCE)).as("the cloud is busy after " + PATIENCE).isTrue();
  }

  /** Waits until that task of that run is in that state, such as {@code running}. */
  void awaitTask(String run, String task, String state) throws InterruptedException {
    while (true) {
      Progress change = progress.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(change).as(task + " of " + run + " was never " + state).isNotNull();
      if (change.run().equals(run) && task.equals(change.task()) && state.equals(change.state())) {
        return;
      }
    }
  }

  /** Rows by column, in Java's types. */
  List<Map<String, @Nullable Object>> query(String sql) throws InterruptedException {
    TableResult result = bigquery.query(QueryJobConfiguration.of(sql));
    FieldList fields = result.getSchema().getFields();
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (FieldValueList row : result.iterateAll()) {
      rows.add(record(fields, row));
    }
    return rows;
  }

  /** The only row. */
  Map<String, @Nullable Object> row(String sql) throws InterruptedException {
    List<Map<String, @Nullable Object>> rows = query(sql);
    assertThat(rows).as(sql).hasSize(1);
    return rows.getFirst();
  }

  /** The row of table {@code batches}. */
  Map<String, @Nullable Object> row(Batch batch) throws InterruptedException {
    return row(
        "SELECT * FROM sluice.batches WHERE pipeline = '%s' AND batch = '%s'"
            .formatted(batch.pipeline(), batch.batch()));
  }

  /** What people were told of a batch. */
  List<Map<String, @Nullable Object>> alarms(Batch batch) throws InterruptedException {
    return query("SELECT * FROM sluice.alarms WHERE batch = '%s'".formatted(batch.batch()));
  }

  /** An object as JSON. */
  JsonObject json(String bucket, String object) {
    byte[] bytes = storage.readAllBytes(bucket(bucket), object);
    return JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8)).getAsJsonObject();
  }

  /** The number of the version that the registry has live, or 0. */
  int live(String pipeline) {
    if (storage.get(bucket("serving"), pipeline + "/registry.json") == null) {
      return 0;
    }
    JsonObject registry = json("serving", pipeline + "/registry.json");
    return registry.has("live") ? registry.get("live").getAsInt() : 0;
  }

  /** Names below a prefix. */
  List<String> names(String bucket, String prefix) {
    return storage
        .list(bucket(bucket), Storage.BlobListOption.prefix(prefix))
        .streamAll()
        .map(Blob::getName)
        .toList();
  }

  /** Bytes of {@code gs://bucket/name}. */
  byte[] read(String uri) {
    String[] parts = uri.substring("gs://".length()).split("/", 2);
    return storage.readAllBytes(parts[0], parts[1]);
  }

  /** Asks {@code predict} by TensorFlow Serving's REST. */
  HttpResponse<String> predict(String pipeline, Map<String, ?> row)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(function("predict").resolve("/v1/models/" + pipeline + ":predict"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    new Gson().toJson(Map.of("instances", List.of(row)))))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri).timeout(PATIENCE).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Posts JSON, as Composer does. */
  HttpResponse<String> post(URI uri, String json, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static Map<String, @Nullable Object> record(FieldList fields, FieldValueList row) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      FieldValue value = row.get(i);
      if (field.getMode() == Field.Mode.REPEATED) {
        List<@Nullable Object> list = new ArrayList<>();
        for (FieldValue element : value.getRepeatedValue()) {
          list.add(value(field, element));
        }
        out.put(field.getName(), list);
      } else {
        out.put(field.getName(), value(field, value));
      }
    }
    return out;
  }

  private static @Nullable Object value(Field field, FieldValue value) {
    if (value.isNull()) {
      return null;
    }
    LegacySQLTypeName type = field.getType();
    if (type.equals(LegacySQLTypeName.INTEGER)) {
      return value.getLongValue();
    } else if (type.equals(LegacySQLTypeName.FLOAT)) {
      return value.getDoubleValue();
    } else if (type.equals(LegacySQLTypeName.BOOLEAN)) {
      return value.getBooleanValue();
    } else if (type.equals(LegacySQLTypeName.TIMESTAMP)) {
      Instant at = value.getTimestampInstant();
      return at;
    } else if (type.equals(LegacySQLTypeName.RECORD)) {
      return record(field.getSubFields(), value.getRecordValue());
    }
    return value.getStringValue();
  }

  @Override
  public void close() {
    http.close();
    clients.close();
    local.close();
  }
}
