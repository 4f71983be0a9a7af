package dev.sluice.emulators.pubsub;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;
import com.google.pubsub.v1.BigQueryConfig;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Subscription;
import dev.sluice.emulators.pubsub.SubscriptionQueue.Leased;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;

/** Sends a subscription's messages to its push endpoint or its BigQuery table while it has one. */
final class Delivery implements Runnable {
  private static final Logger LOG = System.getLogger(Delivery.class.getName());
  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  /** What a push endpoint answers to acknowledge. */
  private static final Set<Integer> ACKNOWLEDGED = Set.of(102, 200, 201, 202, 204);

  private static final int ROWS_AT_ONCE = 500;
  private static final Duration WAIT = Duration.ofHours(1);

  /** A message stays leased for longer than its call can take, so that none is sent twice. */
  private static final Duration SLACK = Duration.ofSeconds(30);

  private final SubscriptionQueue queue;
  private final BigQuerySink sink;
  private final PushClient pushes;
  private final HttpClient client;
  private final ExecutorService threads;
  private final PushWindow window = new PushWindow();
  private final SubscriptionQueue.Consumer consumer =
      new SubscriptionQueue.Consumer(Integer.MAX_VALUE);

  /**
   * @param pushes for endpoints on plain HTTP
   * @param client for others
   */
  Delivery(
      SubscriptionQueue queue,
      BigQuerySink sink,
      PushClient pushes,
      HttpClient client,
      ExecutorService threads) {
    this.queue = queue;
    this.sink = sink;
    this.pushes = pushes;
    this.client = client;
    this.threads = threads;
  }

  @Override
  public void run() {
    while (!queue.closed()) {
      try {
        Subscription config = queue.config();
        if (queue.pulled()) {
          queue.awaitChange();
        } else if (config.hasBigqueryConfig()) {
          List<Leased> batch =
              queue.lease(consumer, ROWS_AT_ONCE, WAIT, ackDeadline(config).plus(SLACK));
          if (!batch.isEmpty()) {
            insert(config, batch);
          }
        } else {
          push(config);
        }
      } catch (InterruptedException | RejectedExecutionException e) {
        return;
      } catch (IOException | RuntimeException e) {
        if (!queue.closed()) {
          LOG.log(Level.ERROR, "delivery of " + queue.config().getName() + " failed", e);
        }
      }
    }
  }

  private static Duration ackDeadline(Subscription config) {
    return Duration.ofSeconds(config.getAckDeadlineSeconds());
  }

  private void push(Subscription config) throws InterruptedException, IOException {
    URI endpoint = URI.create(config.getPushConfig().getPushEndpoint());
    int unused = window.acquire();
    try {
      for (Leased leased : queue.lease(consumer, unused, WAIT, ackDeadline(config).plus(SLACK))) {
        unused--;
        threads.execute(() -> window.ended(push(config, endpoint, leased)));
      }
    } finally {
      window.unused(unused);
    }
  }

  /** True where the message was acknowledged. */
  private boolean push(Subscription config, URI endpoint, Leased leased) {
    try {
      String error;
      try {
        int status = post(endpoint, wrapped(config, leased), ackDeadline(config));
        error = ACKNOWLEDGED.contains(status) ? "" : endpoint + " answered " + status;
      } catch (IOException e) {
        error = "no answer from " + endpoint + ": " + e;
      }
      if (error.isEmpty()) {
        queue.acknowledge(leased.ackId());
        return true;
      }
      LOG.log(
          Level.DEBUG,
          "message {0} of {1}, attempt {2}: {3}",
          leased.message().getMessageId(),
          config.getName(),
          leased.attempt(),
          error);
      queue.refuse(leased.ackId(), error);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      if (!queue.closed()) {
        LOG.log(Level.ERROR, "cannot record the delivery of " + leased.ackId(), e);
      }
    }
    return false;
  }

  private int post(URI endpoint, byte[] json, Duration timeout)
      throws IOException, InterruptedException {
    if ("http".equals(endpoint.getScheme())) {
      return pushes.post(endpoint, json, timeout);
    }
    HttpRequest request =
        HttpRequest.newBuilder(endpoint)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .header("From", "noreply@google.com")
            .header("User-Agent", "CloudPubSub-Google")
            .POST(HttpRequest.BodyPublishers.ofByteArray(json))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  /** The body of a wrapped push, both spellings of its two fields as Pub/Sub sends them. */
  private static byte[] wrapped(Subscription config, Leased leased) throws IOException {
    PubsubMessage message = leased.message();
    String time = Times.text(message.getPublishTime());
    StringWriter text = new StringWriter(512 + 2 * message.getData().size());
    try (JsonWriter out = new JsonWriter(text)) {
      out.setHtmlSafe(false);
      out.beginObject();
      if (config.hasDeadLetterPolicy()) {
        out.name("deliveryAttempt").value(leased.attempt());
      }
      out.name("message").beginObject();
      if (!message.getData().isEmpty()) {
        out.name("data").value(Base64.getEncoder().encodeToString(message.getData().toByteArray()));
      }
      if (message.getAttributesCount() > 0) {
        out.name("attributes").beginObject();
        for (Map.Entry<String, String> attribute : message.getAttributesMap().entrySet()) {
          out.name(attribute.getKey()).value(attribute.getValue());
        }
        out.endObject();
      }
      out.name("messageId").value(message.getMessageId());
      out.name("message_id").value(message.getMessageId());
      out.name("publishTime").value(time);
      out.name("publish_time").value(time);
      out.endObject();
      out.name("subscription").value(config.getName());
      out.endObject();
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static JsonObject attributes(PubsubMessage message) {
    JsonObject attributes = new JsonObject();
    message.getAttributesMap().forEach(attributes::addProperty);
    return attributes;
  }

  private void insert(Subscription config, List<Leased> batch) throws IOException {
    List<Leased> sound = new ArrayList<>();
    List<JsonObject> rows = new ArrayList<>();
    for (Leased leased : batch) {
      try {
        rows.add(row(config, leased.message()));
        sound.add(leased);
      } catch (IOException e) {
        queue.refuse(leased.ackId(), String.valueOf(e.getMessage()));
      }
    }
    String table = table(config.getBigqueryConfig());
    if (!rows.isEmpty() && !inserted(table, rows, sound)) {
      // One bad row refuses them all, so each is tried alone.
      for (int i = 0; i < rows.size(); i++) {
        try {
          sink.insert(table, List.of(rows.get(i)));
          queue.acknowledge(sound.get(i).ackId());
        } catch (IOException e) {
          queue.refuse(sound.get(i).ackId(), String.valueOf(e.getMessage()));
        }
      }
    }
  }

  private boolean inserted(String table, List<JsonObject> rows, List<Leased> leased)
      throws IOException {
    try {
      sink.insert(table, rows);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "insert into " + table + " failed: " + e);
      return false;
    }
    for (Leased one : leased) {
      queue.acknowledge(one.ackId());
    }
    return true;
  }

  private static String table(BigQueryConfig config) {
    return config.getTable().replace(':', '.');
  }

  private JsonObject row(Subscription subscription, PubsubMessage message) throws IOException {
    BigQueryConfig config = subscription.getBigqueryConfig();
    JsonObject row = new JsonObject();
    String text = message.getData().toStringUtf8();
    if (config.getUseTableSchema()) {
      try {
        if (!(JsonParser.parseString(text) instanceof JsonObject payload)) {
          throw new IOException("the message's data must be a JSON object: " + text);
        }
        row = payload;
      } catch (JsonParseException e) {
        throw new IOException("the message's data is not JSON: " + e.getMessage(), e);
      }
      if (config.getDropUnknownFields()) {
        Optional<Set<String>> columns = sink.columns(table(config));
        Set<String> known =
            columns.orElseThrow(() ->
                new IOException(
                    "drop_unknown_fields needs a sink that knows the columns of "
                        + config.getTable()));
        JsonObject kept = new JsonObject();
        for (Map.Entry<String, JsonElement> field : row.entrySet()) {
          if (known.contains(field.getKey())) {
            kept.add(field.getKey(), field.getValue());
          }
        }
        row = kept;
      }
    } else {
      row.addProperty("data", text);
    }
    if (config.getWriteMetadata()) {
      row.addProperty("subscription_name", subscription.getName());
      row.addProperty("message_id", message.getMessageId());
      row.addProperty("publish_time", Times.text(message.getPublishTime()));
      row.addProperty("attributes", GSON.toJson(attributes(message)));
    }
    return row;
  }
}
