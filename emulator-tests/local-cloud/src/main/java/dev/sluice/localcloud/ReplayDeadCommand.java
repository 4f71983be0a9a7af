package dev.sluice.localcloud;

import com.google.auth.oauth2.GoogleCredentials;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.Messages;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.auth.MoreCallCredentials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Sends dead letters again. Pub/Sub keeps a message's data and attributes when it gives it up, but
 * neither its id nor a reason: both are found in {@code dead_rows} by the payload's hash and the
 * time of publishing, so that the message counts as the row that it was, once, however often it is
 * sent.
 */
@Command(
    name = "replay-dead",
    header = "Sends dead letters to their topic again.",
    description =
        "Takes messages from a topic's dead letters, tells why they were given up, and publishes"
            + " them to the topic again, with the attributes, the id and the event time that they"
            + " had. Each is acknowledged once it is published.",
    footer = {
      "",
      "Examples:",
      "  ./sluice replay-dead --dry-run",
      "  ./sluice replay-dead --max 100"
    })
final class ReplayDeadCommand implements Callable<Integer> {
  private static final String DEAD_LETTER = "CloudPubSubDeadLetterSource";
  private static final int AT_ONCE = 200;
  private static final String PUBSUB = "pubsub.googleapis.com:443";

  @Mixin private CloudOption cloud;

  @Option(
      names = "--topic",
      paramLabel = "T",
      description = "The topic that gave them up (default: ${DEFAULT-VALUE}).")
  private String topic = PublishCommand.TOPIC;

  @Option(names = "--max", paramLabel = "N", description = "At most so many (default: all).")
  private int max = Integer.MAX_VALUE;

  @Option(names = "--dry-run", description = "Tell what there is, and leave it where it is.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  /** What is known of a dead letter beside what it carries. */
  private record Known(@Nullable String messageId, @Nullable String reason) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (max < 1) {
      throw new BadInput("--max is " + max + "; it must be at least 1");
    }
    Addresses addresses = cloud.addresses();
    String emulator = addresses.environment().get("PUBSUB_EMULATOR_HOST");
    ManagedChannel channel =
        emulator == null
            ? ManagedChannelBuilder.forTarget(PUBSUB).build()
            : ManagedChannelBuilder.forTarget(emulator).usePlaintext().build();
    SubscriberGrpc.SubscriberBlockingStub subscriber = SubscriberGrpc.newBlockingStub(channel);
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      return replay(
          emulator == null
              ? subscriber.withCallCredentials(
                  MoreCallCredentials.from(GoogleCredentials.getApplicationDefault()))
              : subscriber,
          "projects/" + addresses.get("GOOGLE_CLOUD_PROJECT") + "/subscriptions/" + topic + "-dead",
          clients.messages(),
          clients.facts(addresses.get("SLUICE_DATASET")));
    } finally {
      channel.shutdownNow();
      channel.awaitTermination(2, TimeUnit.SECONDS);
    }
  }

  int replay(
      SubscriberGrpc.SubscriberBlockingStub subscriber,
      String subscription,
      Messages messages,
      Facts facts) {
    List<Map<String, @Nullable Object>> told = new ArrayList<>();
    List<String> held = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Instant began = Instant.now();
    try {
      while (told.size() < max) {
        List<ReceivedMessage> batch = pull(subscriber, subscription, max - told.size());
        if (batch.isEmpty()) {
          break;
        }
        List<Messages.Message> again = new ArrayList<>();
        List<String> acknowledged = new ArrayList<>();
        for (ReceivedMessage received : batch) {
          boolean isNew = seen.add(received.getMessage().getMessageId());
          if (dryRun || !isBefore(received, began)) {
            held.add(received.getAckId());
          } else {
            acknowledged.add(received.getAckId());
          }
          if (isNew && isBefore(received, began)) {
            Known known = known(facts, received);
            told.add(tell(received, known));
            again.add(again(received, known));
          }
        }
        if (!acknowledged.isEmpty()) {
          messages.publishAll(topic, again);
          subscriber.acknowledge(
              AcknowledgeRequest.newBuilder()
                  .setSubscription(subscription)
                  .addAllAckIds(acknowledged)
                  .build());
        }
        if (again.isEmpty()) {
          // What is held comes again once its deadline has passed, for ever.
          break;
        }
      }
    } finally {
      // What is only looked at is given back.
      for (int from = 0; from < held.size(); from += AT_ONCE) {
        subscriber.modifyAckDeadline(
            ModifyAckDeadlineRequest.newBuilder()
                .setSubscription(subscription)
                .addAllAckIds(held.subList(from, Math.min(held.size(), from + AT_ONCE)))
                .setAckDeadlineSeconds(0)
                .build());
      }
    }
    if (json) {
      System.out.println(Json.write(told));
    } else {
      System.out.println(
          told.isEmpty()
              ? "no dead letters of " + topic
              : told.size()
                  + (dryRun ? " dead letters of " : " dead letters published again to ")
                  + topic);
    }
    return 0;
  }

  private List<ReceivedMessage> pull(
      SubscriberGrpc.SubscriberBlockingStub subscriber, String subscription, int most) {
    try {
      return subscriber
          .withDeadlineAfter(2, TimeUnit.SECONDS)
          .pull(
              PullRequest.newBuilder()
                  .setSubscription(subscription)
                  .setMaxMessages(Math.min(AT_ONCE, most))
                  .build())
          .getReceivedMessagesList();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
        return List.of();
      }
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        throw new BadInput(
            "topic " + topic + " has no dead letters; name one that a function takes messages of",
            e);
      }
      throw e;
    }
  }

  private Known known(Facts facts, ReceivedMessage received) {
    Instant published = published(received);
    if (published == null || !topic.equals(PublishCommand.TOPIC)) {
      return new Known(null, null);
    }
    byte[] data = received.getMessage().getData().toByteArray();
    List<Map<String, @Nullable Object>> refused =
        facts.query(
            "SELECT message_id, reason FROM dead_rows"
                + " WHERE sha256 = @sha256 AND TIMESTAMP_TRUNC(publish_time, MILLISECOND) = @time"
                + " ORDER BY message_id LIMIT 1",
            Map.of("sha256", Fingerprint.sha256(data), "time", published));
    if (!refused.isEmpty()) {
      return new Known(
          String.valueOf(refused.getFirst().get("message_id")),
          String.valueOf(refused.getFirst().get("reason")));
    }
    // A row may have been stored each time, and each answer lost.
    List<Map<String, @Nullable Object>> stored =
        facts.query(
            "SELECT message_id FROM stream_rows"
                + " WHERE TIMESTAMP_TRUNC(publish_time, MILLISECOND) = @time"
                + " AND payload IN UNNEST(@payloads) ORDER BY message_id LIMIT 1",
            Map.of(
                "time",
                published,
                "payloads",
                List.of(
                    new String(data, StandardCharsets.UTF_8),
                    Base64.getEncoder().encodeToString(data))));
    return new Known(
        stored.isEmpty() ? null : String.valueOf(stored.getFirst().get("message_id")), null);
  }

  /** Whether it was given up before then; what is sent again and refused again comes later. */
  private static boolean isBefore(ReceivedMessage received, Instant time) {
    Timestamp given = received.getMessage().getPublishTime();
    return Instant.ofEpochSecond(given.getSeconds(), given.getNanos()).isBefore(time);
  }

  private static @Nullable Instant published(ReceivedMessage received) {
    String text = received.getMessage().getAttributesMap().get(DEAD_LETTER + "TopicPublishTime");
    return text == null ? null : Instant.parse(text).truncatedTo(ChronoUnit.MILLIS);
  }

  private Map<String, @Nullable Object> tell(ReceivedMessage received, Known known) {
    Map<String, String> attributes = received.getMessage().getAttributesMap();
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("message", known.messageId());
    out.put("pipeline", attributes.get("pipeline"));
    out.put("attempts", attributes.get(DEAD_LETTER + "DeliveryCount"));
    out.put(
        "reason",
        known.reason() == null
            ? "no reason was recorded: the function did not answer, or answered with an error"
            : known.reason());
    out.put("beginning", beginning(received.getMessage().getData()));
    if (!json) {
      System.out.println(
          (known.messageId() == null ? "a message" : "message " + known.messageId())
              + " for "
              + attributes.getOrDefault("pipeline", "no pipeline")
              + ": "
              + out.get("reason"));
    }
    return out;
  }

  private static String beginning(ByteString data) {
    String text = data.substring(0, Math.min(data.size(), 400)).toStringUtf8();
    return text.length() <= 100 ? text : text.substring(0, 100);
  }

  private static Messages.Message again(ReceivedMessage received, Known known) {
    Map<String, String> attributes = new HashMap<>(received.getMessage().getAttributesMap());
    attributes.keySet().removeIf(name -> name.startsWith(DEAD_LETTER));
    if (known.messageId() != null) {
      attributes.putIfAbsent("id", known.messageId());
    }
    Instant published = published(received);
    if (published != null && attributes.containsKey("pipeline")) {
      attributes.putIfAbsent("event_time", published.toString());
    }
    return new Messages.Message(received.getMessage().getData().toByteArray(), attributes);
  }
}
