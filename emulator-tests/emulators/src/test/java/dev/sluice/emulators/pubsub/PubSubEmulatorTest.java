package dev.sluice.emulators.pubsub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.AlreadyExistsException;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.FailedPreconditionException;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.PermissionDeniedException;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.api.gax.rpc.UnimplementedException;
import com.google.cloud.pubsub.v1.AckReplyConsumer;
import com.google.cloud.pubsub.v1.Publisher;
import com.google.cloud.pubsub.v1.Subscriber;
import com.google.cloud.pubsub.v1.SubscriptionAdminClient;
import com.google.cloud.pubsub.v1.SubscriptionAdminSettings;
import com.google.cloud.pubsub.v1.TopicAdminClient;
import com.google.cloud.pubsub.v1.TopicAdminSettings;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.pubsub.v1.BigQueryConfig;
import com.google.pubsub.v1.DeadLetterPolicy;
import com.google.pubsub.v1.ListTopicsRequest;
import com.google.pubsub.v1.ProjectSubscriptionName;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PushConfig;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.RetryPolicy;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each call by Google's Java client, over a plaintext channel and without credentials. */
final class PubSubEmulatorTest {
  private static final String TOPIC = "projects/p/topics/rows";
  private static final String DEAD_TOPIC = "projects/p/topics/rows-dead";
  private static final String SUBSCRIPTION = "projects/p/subscriptions/rows-sub";
  private static final String DEAD = "projects/p/subscriptions/rows-dead-sub";
  private static final java.time.Duration LONG = java.time.Duration.ofSeconds(20);

  @TempDir private Path state;
  private final List<JsonObject> inserted = new CopyOnWriteArrayList<>();
  private final List<JsonObject> pushed = new CopyOnWriteArrayList<>();
  private final AtomicInteger pushStatus = new AtomicInteger(204);
  private final AtomicInteger failures = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer endpoint;
  private PubSubEmulator emulator;
  private ManagedChannel channel;
  private TransportChannelProvider transport;
  private TopicAdminClient topics;
  private SubscriptionAdminClient subscriptions;

  private final BigQuerySink sink =
      new BigQuerySink() {
        @Override
        public void insert(String table, List<JsonObject> rows) throws IOException {
          for (JsonObject row : rows) {
            if (!table.equals("p.d.t") || row.has("bad")) {
              throw new IOException("no such field: bad");
            }
          }
          inserted.addAll(rows);
        }

        @Override
        public Optional<Set<String>> columns(String table) {
          return Optional.of(Set.of("a", "b"));
        }
      };

  @BeforeEach
  void start() throws IOException {
    endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.setExecutor(threads);
    endpoint.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String text = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            pushed.add(JsonParser.parseString(text).getAsJsonObject());
            boolean fail = failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
            exchange.sendResponseHeaders(fail ? 500 : pushStatus.get(), -1);
          }
        });
    endpoint.start();
    open();
    topics.createTopic(TOPIC);
  }

  private void open() throws IOException {
    emulator = PubSubEmulator.start(state, 0, sink);
    channel = NettyChannelBuilder.forTarget(emulator.host()).usePlaintext().build();
    transport = FixedTransportChannelProvider.create(GrpcTransportChannel.create(channel));
    topics =
        TopicAdminClient.create(
            TopicAdminSettings.newBuilder()
                .setTransportChannelProvider(transport)
                .setCredentialsProvider(NoCredentialsProvider.create())
                .build());
    subscriptions =
        SubscriptionAdminClient.create(
            SubscriptionAdminSettings.newBuilder()
                .setTransportChannelProvider(transport)
                .setCredentialsProvider(NoCredentialsProvider.create())
                .build());
  }

  private void shut() {
    topics.close();
    subscriptions.close();
    channel.shutdownNow();
    emulator.close();
  }

  @AfterEach
  void stop() {
    shut();
    endpoint.stop(0);
    threads.close();
  }

  private String url() {
    return "http://127.0.0.1:" + endpoint.getAddress().getPort() + "/push?x=1";
  }

  private static PubsubMessage message(String text) {
    return PubsubMessage.newBuilder()
        .setData(ByteString.copyFromUtf8(text))
        .putAttributes("pipeline", "taxi")
        .build();
  }

  private String publish(String text) {
    return topics.publish(TOPIC, List.of(message(text))).getMessageIds(0);
  }

  private static Subscription.Builder subscription() {
    return Subscription.newBuilder().setName(SUBSCRIPTION).setTopic(TOPIC);
  }

  /** A subscription with the quickest retries and a dead-letter topic with its own subscription. */
  private Subscription.Builder withDeadLetters() {
    topics.createTopic(DEAD_TOPIC);
    subscriptions.createSubscription(
        Subscription.newBuilder().setName(DEAD).setTopic(DEAD_TOPIC).build());
    return subscription()
        .setRetryPolicy(
            RetryPolicy.newBuilder()
                .setMinimumBackoff(Duration.getDefaultInstance())
                .setMaximumBackoff(Duration.newBuilder().setNanos(5_000_000)))
        .setDeadLetterPolicy(
            DeadLetterPolicy.newBuilder().setDeadLetterTopic(DEAD_TOPIC).setMaxDeliveryAttempts(5));
  }

  private List<ReceivedMessage> pull(String name) {
    return subscriptions.pull(name, 100).getReceivedMessagesList();
  }

  private static List<String> texts(List<ReceivedMessage> messages) {
    return messages.stream().map(m -> m.getMessage().getData().toStringUtf8()).toList();
  }

  // Topics and subscriptions

  @Test
  void topicsAreCreatedReadListedAndDeleted() {
    for (int i = 0; i < 3; i++) {
      topics.createTopic("projects/p/topics/other" + i);
    }
    topics.createTopic("projects/q/topics/elsewhere");
    assertThat(topics.getTopic(TOPIC).getName()).isEqualTo(TOPIC);
    assertThat(
            topics
                .listTopics(
                    ListTopicsRequest.newBuilder().setProject("projects/p").setPageSize(2).build())
                .iterateAll())
        .extracting(Topic::getName)
        .hasSize(4)
        .contains(TOPIC);
    topics.deleteTopic(TOPIC);
    assertThatThrownBy(() -> topics.getTopic(TOPIC)).isInstanceOf(NotFoundException.class);
  }

  @Test
  void topicIsRefusedWhereItExistsOrIsMisnamed() {
    assertThatThrownBy(() -> topics.createTopic(TOPIC)).isInstanceOf(AlreadyExistsException.class);
    assertThatThrownBy(() -> topics.createTopic("projects/p/topics/1x"))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("starts with a letter");
    assertThatThrownBy(() -> topics.deleteTopic("projects/p/topics/none"))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> topics.publish("projects/p/topics/none", List.of(message("x"))))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> topics.publish(TOPIC, List.of(PubsubMessage.getDefaultInstance())))
        .isInstanceOf(InvalidArgumentException.class);
  }

  @Test
  void subscriptionsAreCreatedReadListedAndDeleted() {
    Subscription made = subscriptions.createSubscription(subscription().build());
    assertThat(made.getAckDeadlineSeconds()).isEqualTo(10);
    assertThat(subscriptions.getSubscription(SUBSCRIPTION)).isEqualTo(made);
    assertThat(subscriptions.listSubscriptions("projects/p").iterateAll()).containsExactly(made);
    assertThat(topics.listTopicSubscriptions(TOPIC).iterateAll()).containsExactly(SUBSCRIPTION);
    topics.deleteTopic(TOPIC);
    assertThat(subscriptions.getSubscription(SUBSCRIPTION).getTopic())
        .isEqualTo(PubSubEmulator.DELETED_TOPIC);
    subscriptions.deleteSubscription(SUBSCRIPTION);
    assertThatThrownBy(() -> subscriptions.getSubscription(SUBSCRIPTION))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void subscriptionOutOfRangeIsRefused() {
    subscriptions.createSubscription(subscription().build());
    assertThatThrownBy(() -> subscriptions.createSubscription(subscription().build()))
        .isInstanceOf(AlreadyExistsException.class);
    Subscription.Builder other = subscription().setName("projects/p/subscriptions/other");
    List<Subscription> bad =
        List.of(
            other.clone().setAckDeadlineSeconds(9).build(),
            other.clone().setMessageRetentionDuration(Duration.newBuilder().setSeconds(1)).build(),
            other
                .clone()
                .setDeadLetterPolicy(DeadLetterPolicy.newBuilder().setMaxDeliveryAttempts(4))
                .build(),
            other
                .clone()
                .setPushConfig(PushConfig.newBuilder().setPushEndpoint("ftp://x"))
                .build());
    for (Subscription subscription : bad) {
      assertThatThrownBy(() -> subscriptions.createSubscription(subscription))
          .isInstanceOf(InvalidArgumentException.class);
    }
    assertThatThrownBy(() ->
            subscriptions.createSubscription(
                other.clone().setTopic("projects/p/topics/none").build()))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void unsupportedCallOrFieldIsUnimplementedByItsName() {
    assertThatThrownBy(
            () -> subscriptions.createSubscription(subscription().setFilter("x").build()))
        .isInstanceOf(UnimplementedException.class)
        .hasMessageContaining("CreateSubscription with filter is not supported");
    assertThatThrownBy(
            () -> subscriptions.createSnapshot("projects/p/snapshots/snap", SUBSCRIPTION))
        .isInstanceOf(UnimplementedException.class)
        .hasMessageContaining("CreateSnapshot");
  }

  // Pull

  @Test
  void pulledMessageIsGoneOnceAcknowledged() {
    subscriptions.createSubscription(subscription().build());
    String id = publish("one");
    List<ReceivedMessage> got = pull(SUBSCRIPTION);
    assertThat(got).hasSize(1);
    PubsubMessage message = got.get(0).getMessage();
    assertThat(message.getMessageId()).isEqualTo(id);
    assertThat(message.getAttributesMap()).containsEntry("pipeline", "taxi");
    assertThat(message.hasPublishTime()).isTrue();
    assertThat(got.get(0).getDeliveryAttempt()).isZero();
    subscriptions.acknowledge(SUBSCRIPTION, List.of(got.get(0).getAckId()));
    assertThat(emulator.pending(SUBSCRIPTION)).isZero();
  }

  @Test
  void refusedMessageComesAgain() {
    subscriptions.createSubscription(subscription().build());
    publish("one");
    ReceivedMessage first = pull(SUBSCRIPTION).get(0);
    subscriptions.modifyAckDeadline(SUBSCRIPTION, List.of(first.getAckId()), 60);
    subscriptions.modifyAckDeadline(SUBSCRIPTION, List.of(first.getAckId()), 0);
    ReceivedMessage second = pull(SUBSCRIPTION).get(0);
    assertThat(second.getMessage()).isEqualTo(first.getMessage());
    assertThat(second.getAckId()).isNotEqualTo(first.getAckId());
    subscriptions.modifyAckDeadline(SUBSCRIPTION, List.of(first.getAckId()), 0);
    subscriptions.acknowledge(SUBSCRIPTION, List.of(second.getAckId()));
    assertThat(emulator.pending(SUBSCRIPTION)).isZero();
    assertThatThrownBy(
            () -> subscriptions.modifyAckDeadline(SUBSCRIPTION, List.of(first.getAckId()), 601))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> subscriptions.acknowledge(DEAD, List.of("x")))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void everySubscriptionOfATopicGetsEachMessage() {
    subscriptions.createSubscription(subscription().build());
    subscriptions.createSubscription(subscription().setName(DEAD).build());
    publish("one");
    assertThat(texts(pull(SUBSCRIPTION))).containsExactly("one");
    assertThat(texts(pull(DEAD))).containsExactly("one");
  }

  @Test
  void publisherAndStreamingSubscriberExchangeManyMessages() throws Exception {
    subscriptions.createSubscription(subscription().build());
    int count = 500;
    Set<String> got = ConcurrentHashMap.newKeySet();
    CountDownLatch left = new CountDownLatch(count);
    AtomicInteger refusals = new AtomicInteger(10);
    Subscriber subscriber =
        Subscriber.newBuilder(
                ProjectSubscriptionName.parse(SUBSCRIPTION),
                (PubsubMessage message, AckReplyConsumer reply) -> {
                  if (refusals.getAndDecrement() > 0) {
                    reply.nack();
                  } else {
                    if (got.add(message.getData().toStringUtf8())) {
                      left.countDown();
                    }
                    reply.ack();
                  }
                })
            .setChannelProvider(transport)
            .setCredentialsProvider(NoCredentialsProvider.create())
            .build();
    subscriber.startAsync().awaitRunning(20, TimeUnit.SECONDS);
    Publisher publisher =
        Publisher.newBuilder(TOPIC)
            .setChannelProvider(transport)
            .setCredentialsProvider(NoCredentialsProvider.create())
            .build();
    for (int i = 0; i < count; i++) {
      var _ = publisher.publish(message("m" + i));
    }
    publisher.publishAllOutstanding();
    assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    publisher.shutdown();
    subscriber.stopAsync().awaitTerminated(20, TimeUnit.SECONDS);
    assertThat(got).hasSize(count);
  }

  @Test
  void streamOnAnUnknownSubscriptionFails() {
    Subscriber subscriber =
        Subscriber.newBuilder(
                ProjectSubscriptionName.parse(SUBSCRIPTION),
                (PubsubMessage message, AckReplyConsumer reply) -> reply.ack())
            .setChannelProvider(transport)
            .setCredentialsProvider(NoCredentialsProvider.create())
            .build();
    subscriber.startAsync();
    assertThatThrownBy(() -> subscriber.awaitTerminated(20, TimeUnit.SECONDS))
        .hasStackTraceContaining("NOT_FOUND");
  }

  // Push

  @Test
  void pushIsWrappedJson() throws Exception {
    subscriptions.createSubscription(
        subscription().setPushConfig(PushConfig.newBuilder().setPushEndpoint(url())).build());
    String id = publish("größe");
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(pushed).hasSize(1);
    JsonObject body = pushed.get(0);
    assertThat(body.get("subscription").getAsString()).isEqualTo(SUBSCRIPTION);
    assertThat(body.has("deliveryAttempt")).isFalse();
    JsonObject message = body.getAsJsonObject("message");
    assertThat(new String(Base64.getDecoder().decode(message.get("data").getAsString()), UTF_8))
        .isEqualTo("größe");
    assertThat(message.getAsJsonObject("attributes").get("pipeline").getAsString())
        .isEqualTo("taxi");
    assertThat(message.get("messageId").getAsString()).isEqualTo(id);
    assertThat(message.get("message_id").getAsString()).isEqualTo(id);
    assertThat(message.get("publishTime")).isEqualTo(message.get("publish_time"));
    assertThatThrownBy(() -> pull(SUBSCRIPTION)).isInstanceOf(FailedPreconditionException.class);
  }

  @Test
  void refusedPushComesAgainAndAnyAcknowledgingStatusEndsIt() throws Exception {
    failures.set(3);
    pushStatus.set(202);
    subscriptions.createSubscription(
        withDeadLetters().setPushConfig(PushConfig.newBuilder().setPushEndpoint(url())).build());
    publish("one");
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(pushed)
        .extracting(body -> body.get("deliveryAttempt").getAsInt())
        .containsExactly(1, 2, 3, 4);
    assertThat(emulator.pending(DEAD)).isZero();
  }

  @Test
  void pushThatAlwaysFailsEndsInTheDeadLetterTopic() throws Exception {
    failures.set(Integer.MAX_VALUE);
    subscriptions.createSubscription(
        withDeadLetters().setPushConfig(PushConfig.newBuilder().setPushEndpoint(url())).build());
    publish("one");
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(pushed).hasSize(5);
    PubsubMessage dead = pull(DEAD).get(0).getMessage();
    assertThat(dead.getData().toStringUtf8()).isEqualTo("one");
    assertThat(dead.getAttributesMap())
        .containsEntry("pipeline", "taxi")
        .containsEntry("CloudPubSubDeadLetterSourceDeliveryCount", "5")
        .containsEntry("CloudPubSubDeadLetterSourceSubscription", "rows-sub")
        .containsEntry("CloudPubSubDeadLetterSourceSubscriptionProject", "p")
        .containsKey("CloudPubSubDeadLetterSourceTopicPublishTime");
  }

  @Test
  void refusedPullEndsInTheDeadLetterTopicToo() {
    subscriptions.createSubscription(withDeadLetters().build());
    publish("one");
    for (int attempt = 1; attempt <= 5; attempt++) {
      ReceivedMessage got = pull(SUBSCRIPTION).get(0);
      assertThat(got.getDeliveryAttempt()).isEqualTo(attempt);
      subscriptions.modifyAckDeadline(SUBSCRIPTION, List.of(got.getAckId()), 0);
    }
    assertThat(emulator.pending(SUBSCRIPTION)).isZero();
    assertThat(texts(pull(DEAD))).containsExactly("one");
  }

  @Test
  void modifyPushConfigTurnsPushOnAndOff() throws Exception {
    subscriptions.createSubscription(subscription().build());
    publish("one");
    subscriptions.modifyPushConfig(
        SUBSCRIPTION, PushConfig.newBuilder().setPushEndpoint(url()).build());
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(pushed).hasSize(1);
    subscriptions.modifyPushConfig(SUBSCRIPTION, PushConfig.getDefaultInstance());
    publish("two");
    assertThat(texts(pull(SUBSCRIPTION))).containsExactly("two");
    assertThatThrownBy(() -> subscriptions.modifyPushConfig(DEAD, PushConfig.getDefaultInstance()))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void duplicateOnDemandIsPushedTwice() throws Exception {
    subscriptions.createSubscription(
        subscription().setPushConfig(PushConfig.newBuilder().setPushEndpoint(url())).build());
    emulator.duplicateNext(SUBSCRIPTION, 1);
    publish("one");
    publish("two");
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(pushed).hasSize(3);
  }

  // BigQuery subscriptions

  private Subscription.Builder toBigQuery(BigQueryConfig.Builder config) {
    return withDeadLetters().setBigqueryConfig(config.setTable("p:d.t"));
  }

  @Test
  void bigQuerySubscriptionWritesColumnsAndMetadata() throws Exception {
    subscriptions.createSubscription(
        toBigQuery(
                BigQueryConfig.newBuilder()
                    .setUseTableSchema(true)
                    .setDropUnknownFields(true)
                    .setWriteMetadata(true))
            .build());
    String id = publish("{\"a\": 1, \"b\": [2], \"c\": 3}");
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(inserted).hasSize(1);
    JsonObject row = inserted.get(0);
    assertThat(row.get("a").getAsInt()).isEqualTo(1);
    assertThat(row.has("c")).isFalse();
    assertThat(row.get("message_id").getAsString()).isEqualTo(id);
    assertThat(row.get("subscription_name").getAsString()).isEqualTo(SUBSCRIPTION);
    assertThat(row.get("attributes").getAsString()).isEqualTo("{\"pipeline\":\"taxi\"}");
    assertThat(row.has("publish_time")).isTrue();
  }

  @Test
  void rowsThatDoNotFitAreDeadLettersAndTheirNeighboursAreNot() throws Exception {
    subscriptions.createSubscription(
        toBigQuery(BigQueryConfig.newBuilder().setUseTableSchema(true)).build());
    topics.publish(
        TOPIC,
        List.of(
            message("{\"a\": 1}"), message("{\"bad\": 1}"), message("no json"), message("[1]")));
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(inserted).hasSize(1);
    List<ReceivedMessage> dead = new ArrayList<>();
    while (dead.size() < 3) {
      dead.addAll(pull(DEAD));
    }
    assertThat(texts(dead)).containsExactlyInAnyOrder("{\"bad\": 1}", "no json", "[1]");
    assertThat(dead)
        .anyMatch(one ->
            one.getMessage()
                .getAttributesOrThrow("CloudPubSubDeadLetterSourceDeliveryErrorMessage")
                .contains("no such field: bad"));
  }

  // Restarts and faults

  @Test
  void allSurvivesARestart() throws Exception {
    subscriptions.createSubscription(withDeadLetters().build());
    publish("acknowledged");
    subscriptions.acknowledge(SUBSCRIPTION, List.of(pull(SUBSCRIPTION).get(0).getAckId()));
    publish("leased");
    assertThat(pull(SUBSCRIPTION)).hasSize(1);
    String last = publish("waiting");
    shut();
    open();
    assertThat(topics.getTopic(TOPIC).getName()).isEqualTo(TOPIC);
    assertThat(emulator.pending(SUBSCRIPTION)).isEqualTo(2);
    List<ReceivedMessage> got = pull(SUBSCRIPTION);
    assertThat(texts(got)).containsExactly("leased", "waiting");
    assertThat(got).extracting(ReceivedMessage::getDeliveryAttempt).containsExactly(2, 1);
    assertThat(Long.parseLong(publish("new"))).isGreaterThan(Long.parseLong(last));
  }

  @Test
  void pushGoesOnAfterARestart() throws Exception {
    failures.set(Integer.MAX_VALUE);
    subscriptions.createSubscription(
        subscription().setPushConfig(PushConfig.newBuilder().setPushEndpoint(url())).build());
    publish("one");
    assertThat(emulator.awaitIdle(java.time.Duration.ofMillis(30))).isFalse();
    shut();
    failures.set(0);
    open();
    assertThat(emulator.awaitIdle(LONG)).isTrue();
    assertThat(pushed.get(pushed.size() - 1).getAsJsonObject("message").has("data")).isTrue();
  }

  @Test
  void callsFailOnDemand() {
    emulator.failNext(method -> method.endsWith("/Publish"), Status.Code.PERMISSION_DENIED, 1);
    assertThatThrownBy(() -> publish("one")).isInstanceOf(PermissionDeniedException.class);
    assertThat(publish("two")).isNotEmpty();
    emulator.failNext(method -> method.endsWith("/GetTopic"), Status.Code.UNAVAILABLE, 1);
    assertThat(topics.getTopic(TOPIC).getName()).isEqualTo(TOPIC);
    assertThatThrownBy(() -> emulator.failNext(method -> true, Status.Code.OK, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> emulator.pending("none")).isNotInstanceOf(ApiException.class);
  }
}
