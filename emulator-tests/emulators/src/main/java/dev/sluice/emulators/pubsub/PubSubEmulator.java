package dev.sluice.emulators.pubsub;

import com.google.protobuf.Timestamp;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Pub/Sub's Publisher and Subscriber services over a directory, for Google's clients with
 * PUBSUB_EMULATOR_HOST set to {@link #host}. Topics, subscriptions and what is not acknowledged
 * survive a restart. Delivery is at least once, in no promised order. SUPPORTED.md lists the calls;
 * any other is UNIMPLEMENTED, by its name.
 */
public final class PubSubEmulator implements AutoCloseable {
  private static final Logger LOG = System.getLogger(PubSubEmulator.class.getName());
  private static final int MAX_REQUEST_BYTES = 20 << 20;
  static final String DELETED_TOPIC = "_deleted-topic_";

  private final Path topicFiles;
  private final Path subscriptionFiles;
  private final BigQuerySink sink;
  private final HttpClient client;
  private final PushClient pushes = new PushClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("pubsub-timer").factory());
  private final ReadWriteLock names = new ReentrantReadWriteLock();
  private final NavigableMap<String, Topic> topics = new ConcurrentSkipListMap<>();
  private final NavigableMap<String, SubscriptionQueue> queues = new ConcurrentSkipListMap<>();
  private final AtomicLong lastMessage = new AtomicLong();
  private final List<Fault> faults = new ArrayList<>();
  private final Server server;

  private static final class Fault {
    final Predicate<String> method;
    final Status.Code code;
    int left;

    Fault(Predicate<String> method, Status.Code code, int left) {
      this.method = method;
      this.code = code;
      this.left = left;
    }
  }

  private PubSubEmulator(Path stateDir, int port, BigQuerySink sink) throws IOException {
    this.sink = sink;
    topicFiles = Files.createDirectories(stateDir.resolve("topics"));
    subscriptionFiles = Files.createDirectories(stateDir.resolve("subscriptions"));
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .executor(threads)
            .build();
    for (Path file : files(topicFiles, ".pb")) {
      Topic topic = Topic.parseFrom(Files.readAllBytes(file));
      topics.put(topic.getName(), topic);
    }
    for (Path file : files(subscriptionFiles, ".pb")) {
      open(Subscription.parseFrom(Files.readAllBytes(file)));
    }
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .executor(threads)
            .maxInboundMessageSize(MAX_REQUEST_BYTES)
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .intercept(new FaultInterceptor())
            .addService(new PublisherService(this))
            .addService(new SubscriberService(this, threads, timer))
            .build();
  }

  /** Starts without BigQuery subscriptions: one that is created fails to deliver, and says why. */
  public static PubSubEmulator start(Path stateDir, int port) throws IOException {
    return start(
        stateDir,
        port,
        (table, rows) -> {
          throw new IOException("this emulator was started without BigQuery: " + table);
        });
  }

  /**
   * Starts on the loopback address with what the directory holds.
   *
   * @param stateDir made if absent; used by one emulator at a time
   * @param port 0 for a free one
   * @param sink where BigQuery subscriptions write
   * @throws IOException if the port is taken or the directory is not readable
   */
  public static PubSubEmulator start(Path stateDir, int port, BigQuerySink sink)
      throws IOException {
    PubSubEmulator emulator = new PubSubEmulator(stateDir, port, sink);
    emulator.server.start();
    for (SubscriptionQueue queue : emulator.queues.values()) {
      emulator.deliver(queue);
    }
    return emulator;
  }

  /** What clients take as PUBSUB_EMULATOR_HOST, such as {@code 127.0.0.1:9001}. */
  public String host() {
    return "127.0.0.1:" + server.getPort();
  }

  /**
   * Lets the next calls of a method fail without any effect.
   *
   * @param method given full names, such as {@code google.pubsub.v1.Publisher/Publish}
   */
  public void failNext(Predicate<String> method, Status.Code code, int times) {
    if (code == Status.Code.OK || times < 1) {
      throw new IllegalArgumentException(
          "code must be an error and times at least 1, not %s and %d".formatted(code, times));
    }
    synchronized (faults) {
      faults.add(new Fault(method, code, times));
    }
  }

  /** Delivers the next acknowledged messages of a subscription once more, each. */
  public void duplicateNext(String subscription, int times) {
    queue(subscription).duplicateNext(times);
  }

  /** Where the server of a push endpoint listens now. */
  @FunctionalInterface
  public interface Addresses {
    /**
     * @return null where it listens where its name says
     * @throws IOException where there is no server
     */
    @Nullable SocketAddress of(URI endpoint) throws IOException;
  }

  /** Has push endpoints asked for in another way than by the host and the port in their names. */
  public void findBy(Addresses addresses) {
    pushes.use(endpoint -> {
      SocketAddress address = addresses.of(endpoint);
      return address == null ? PushClient.named(endpoint) : address;
    });
  }

  /** Has this called with each message of a subscription that is acknowledged; it must be quick. */
  public void observe(String subscription, Consumer<PubsubMessage> acknowledged) {
    queue(subscription).observe(acknowledged);
  }

  /** How many messages of a subscription are not acknowledged. */
  public int pending(String subscription) {
    return queue(subscription).size();
  }

  /**
   * Waits until every push and BigQuery subscription has delivered all it holds or moved it to its
   * dead letters. Pull subscriptions do not count: they wait for a client.
   *
   * @return false if some still wait when the time is over
   */
  public boolean awaitIdle(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      for (SubscriptionQueue queue : queues.values()) {
        if (!queue.pulled() && !queue.awaitEmpty(deadline)) {
          return false;
        }
      }
      // One that was empty may have had a dead letter since.
      if (queues.values().stream().allMatch(queue -> queue.pulled() || queue.size() == 0)) {
        return true;
      }
    }
  }

  // For the services

  void createTopic(Topic topic) throws IOException {
    names.writeLock().lock();
    try {
      if (topics.containsKey(topic.getName())) {
        throw alreadyExists(topic.getName());
      }
      write(topicFiles, topic.getName(), topic.toByteArray());
      topics.put(topic.getName(), topic);
    } finally {
      names.writeLock().unlock();
    }
  }

  Topic topic(String name) {
    Topic topic = topics.get(name);
    if (topic == null) {
      throw notFound(name);
    }
    return topic;
  }

  List<Topic> topics(String project) {
    return topics.values().stream()
        .filter(topic -> topic.getName().startsWith(project + "/"))
        .toList();
  }

  void deleteTopic(String name) throws IOException {
    names.writeLock().lock();
    try {
      topic(name);
      for (SubscriptionQueue queue : queues.values()) {
        if (queue.config().getTopic().equals(name)) {
          store(queue, queue.config().toBuilder().setTopic(DELETED_TOPIC).build());
        }
      }
      topics.remove(name);
      Files.deleteIfExists(file(topicFiles, name, ".pb"));
    } finally {
      names.writeLock().unlock();
    }
  }

  /** Puts the messages into every subscription of the topic; returns their ids. */
  List<String> publish(String topic, List<PubsubMessage> messages) throws IOException {
    names.readLock().lock();
    try {
      topic(topic);
      List<SubscriptionQueue> targets =
          queues.values().stream().filter(q -> q.config().getTopic().equals(topic)).toList();
      List<String> ids = new ArrayList<>(messages.size());
      List<PubsubMessage> all = new ArrayList<>(messages.size());
      for (PubsubMessage message : messages) {
        Instant now = Instant.now();
        long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
        long id = lastMessage.updateAndGet(last -> Math.max(last + 1, micros));
        PubsubMessage stamped =
            message.toBuilder()
                .setMessageId(Long.toString(id))
                .setPublishTime(
                    Timestamp.newBuilder()
                        .setSeconds(now.getEpochSecond())
                        .setNanos(now.getNano() / 1_000_000 * 1_000_000))
                .build();
        all.add(stamped);
        ids.add(stamped.getMessageId());
      }
      for (SubscriptionQueue target : targets) {
        target.publish(all);
      }
      return ids;
    } finally {
      names.readLock().unlock();
    }
  }

  void createSubscription(Subscription subscription) throws IOException {
    names.writeLock().lock();
    try {
      String name = subscription.getName();
      if (queues.containsKey(name)) {
        throw alreadyExists(name);
      }
      topic(subscription.getTopic());
      Files.deleteIfExists(file(subscriptionFiles, name, ".journal"));
      write(subscriptionFiles, name, subscription.toByteArray());
      deliver(open(subscription));
    } finally {
      names.writeLock().unlock();
    }
  }

  SubscriptionQueue queue(String name) {
    SubscriptionQueue queue = queues.get(name);
    if (queue == null) {
      throw notFound(name);
    }
    return queue;
  }

  List<Subscription> subscriptions() {
    return queues.values().stream().map(SubscriptionQueue::config).toList();
  }

  void deleteSubscription(String name) throws IOException {
    names.writeLock().lock();
    try {
      queue(name).close();
      queues.remove(name);
      Files.deleteIfExists(file(subscriptionFiles, name, ".pb"));
      Files.deleteIfExists(file(subscriptionFiles, name, ".journal"));
    } finally {
      names.writeLock().unlock();
    }
  }

  void configure(Subscription changed) throws IOException {
    names.writeLock().lock();
    try {
      store(queue(changed.getName()), changed);
    } finally {
      names.writeLock().unlock();
    }
  }

  private void store(SubscriptionQueue queue, Subscription changed) throws IOException {
    write(subscriptionFiles, changed.getName(), changed.toByteArray());
    queue.configure(changed);
  }

  private SubscriptionQueue open(Subscription subscription) throws IOException {
    SubscriptionQueue queue =
        new SubscriptionQueue(
            subscription,
            file(subscriptionFiles, subscription.getName(), ".journal"),
            this::deadLetter);
    queues.put(subscription.getName(), queue);
    return queue;
  }

  private void deliver(SubscriptionQueue queue) {
    threads.execute(new Delivery(queue, sink, pushes, client, threads));
  }

  private boolean deadLetter(Subscription from, PubsubMessage message, int attempts, String error)
      throws IOException {
    String topic = from.getDeadLetterPolicy().getDeadLetterTopic();
    if (!topics.containsKey(topic)) {
      LOG.log(Level.WARNING, "{0} has no dead-letter topic {1}", from.getName(), topic);
      return false;
    }
    String prefix = "CloudPubSubDeadLetterSource";
    int slash = from.getName().lastIndexOf('/');
    PubsubMessage.Builder dead =
        message.toBuilder()
            .putAttributes(prefix + "DeliveryCount", Integer.toString(attempts))
            .putAttributes(prefix + "Subscription", from.getName().substring(slash + 1))
            .putAttributes(prefix + "SubscriptionProject", Names.project(from.getName()))
            .putAttributes(prefix + "TopicPublishTime", Times.text(message.getPublishTime()));
    if (from.hasBigqueryConfig() && !error.isEmpty()) {
      dead.putAttributes(prefix + "DeliveryErrorMessage", error);
    }
    publish(topic, List.of(dead.build()));
    return true;
  }

  private static RuntimeException notFound(String resource) {
    return Status.NOT_FOUND
        .withDescription("Resource not found (resource=" + resource + ").")
        .asRuntimeException();
  }

  private static RuntimeException alreadyExists(String resource) {
    return Status.ALREADY_EXISTS
        .withDescription("Resource already exists in the project (resource=" + resource + ").")
        .asRuntimeException();
  }

  private static void write(Path directory, String name, byte[] bytes) throws IOException {
    Path temporary = file(directory, name, ".tmp");
    Files.write(temporary, bytes);
    Files.move(temporary, file(directory, name, ".pb"), StandardCopyOption.ATOMIC_MOVE);
  }

  /** A hash, as names may be longer than a file's and differ only in case. */
  private static Path file(Path directory, String name, String suffix) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return directory.resolve(HexFormat.of().formatHex(hash) + suffix);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static List<Path> files(Path directory, String suffix) throws IOException {
    try (Stream<Path> list = Files.list(directory)) {
      return list.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private final class FaultInterceptor implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String method = call.getMethodDescriptor().getFullMethodName();
      synchronized (faults) {
        for (Iterator<Fault> all = faults.iterator(); all.hasNext(); ) {
          Fault fault = all.next();
          if (fault.method.test(method)) {
            fault.left--;
            if (fault.left == 0) {
              all.remove();
            }
            call.close(fault.code.toStatus().withDescription("an injected fault"), new Metadata());
            return new ServerCall.Listener<Q>() {};
          }
        }
      }
      return next.startCall(call, headers);
    }
  }

  /** Stops at once; what is not acknowledged stays on disk. */
  @Override
  public void close() {
    server.shutdownNow();
    for (SubscriptionQueue queue : queues.values()) {
      queue.close();
    }
    timer.shutdownNow();
    client.shutdownNow();
    pushes.close();
    threads.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
