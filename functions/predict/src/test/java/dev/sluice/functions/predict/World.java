package dev.sluice.functions.predict;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StructuredLog;
import dev.sluice.rollout.Routes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The service over a bucket and a topic in memory, at a time that only tests move. */
final class World {
  static final Sales SALES = new Sales(3);

  final MemoryStore store = new MemoryStore();
  final MemoryMessages messages = new MemoryMessages();
  final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  final PredictionLog predictions;
  volatile boolean broken;
  volatile double random;

  private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
  private final PredictService service;

  World() {
    Clock clock = Clock.fixed(Instant.parse("2026-11-01T10:00:00.123456789Z"), ZoneOffset.UTC);
    PrintStream out = new PrintStream(logged, true, StandardCharsets.UTF_8);
    StructuredLog log = new StructuredLog(out, clock, "predict", "p");
    predictions = new PredictionLog(messages, log, clock, nanos::get);
    Models models = new Models(new VersionLoader(store, Sales.LAYOUT), log, nanos::get);
    service = new PredictService(models, predictions, log, this::random, Duration.ofMillis(20));
  }

  private double random() {
    if (broken) {
      throw new IllegalStateException("a mistake of ours");
    }
    return random;
  }

  /** With version 1 live. */
  static World live() {
    World world = new World();
    world.release(1);
    world.route(Routes.to(1));
    return world;
  }

  void release(int version) {
    SALES.release(Sales.PIPELINE, version).forEach((name, bytes) -> store.put(at(name), bytes));
  }

  /** Puts another text in the place of one in a version's mapping, and releases it so. */
  void release(int version, String text, String other) {
    Map<String, byte[]> objects = SALES.release(Sales.PIPELINE, version);
    String manifest =
        Sales.LAYOUT.version(Sales.PIPELINE, version, "transform/manifest.json").name();
    String release = Sales.LAYOUT.version(Sales.PIPELINE, version, "release.json").name();
    byte[] before = objects.get(manifest);
    String old = new String(before, StandardCharsets.UTF_8);
    byte[] after = old.replace(text, other).getBytes(StandardCharsets.UTF_8);
    if (!old.contains(text)) {
      throw new AssertionError("no " + text + " in " + old);
    }
    String checksums = new String(objects.get(release), StandardCharsets.UTF_8);
    objects.put(manifest, after);
    objects.put(
        release,
        checksums
            .replace(Sales.crc32c(before), Sales.crc32c(after))
            .replace(Fingerprint.sha256(before), Fingerprint.sha256(after))
            .getBytes(StandardCharsets.UTF_8));
    objects.forEach((name, bytes) -> store.put(at(name), bytes));
  }

  void route(Routes routes) {
    store.put(Sales.LAYOUT.routes(Sales.PIPELINE), Sales.routes(routes));
  }

  static ObjectName at(String name) {
    return ObjectName.of(Sales.LAYOUT.serving(), name);
  }

  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  Call call(Call call) {
    try {
      service.service(call, call);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return call;
  }

  Call get(String path) {
    return call(Call.of("GET", path, ""));
  }

  Call post(String path, String body) {
    return call(Call.of("POST", path, body));
  }

  Call predict(String body) {
    return post("/v1/models/sales:predict", body);
  }

  /** The one score of the answer to that row, which must be a 200. */
  float score(String path, String row) {
    return floats(post(path, "{\"instances\": [" + row + "]}"), "predictions")[0];
  }

  static float[] floats(Call answer, String key) {
    if (answer.status() != 200) {
      throw new AssertionError(answer.status() + ": " + answer.text());
    }
    JsonArray array = JsonParser.parseString(answer.text()).getAsJsonObject().getAsJsonArray(key);
    float[] out = new float[array.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = array.get(i).getAsFloat();
    }
    return out;
  }

  static String error(Call answer) {
    JsonObject object = JsonParser.parseString(answer.text()).getAsJsonObject();
    return object.keySet().equals(java.util.Set.of("error"))
        ? object.get("error").getAsString()
        : "no error: " + answer.text();
  }

  /** What the model of that version says of a row. */
  static float expected(int version, Map<String, ?> row) {
    var encoder = SALES.mapping.newRow();
    encoder.setAll(row);
    return SALES.models.get(version - 1).predict(encoder.features());
  }

  List<JsonObject> published() {
    synchronized (messages) {
      return messages.published.stream()
          .map(JsonParser::parseString)
          .map(JsonElement::getAsJsonObject)
          .toList();
    }
  }

  /** The lines of the log of that severity. */
  List<String> logged(String severity) {
    return logged
        .toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.contains("\"severity\":\"" + severity + "\""))
        .toList();
  }
}
