package dev.sluice.emulators.pubsub;

import com.google.protobuf.Empty;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.BigQueryConfig;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.ListSubscriptionsRequest;
import com.google.pubsub.v1.ListSubscriptionsResponse;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.ModifyPushConfigRequest;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.PullResponse;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import dev.sluice.emulators.pubsub.SubscriptionQueue.Consumer;
import dev.sluice.emulators.pubsub.SubscriptionQueue.Leased;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The calls of google.pubsub.v1.Subscriber. */
final class SubscriberService extends SubscriberGrpc.SubscriberImplBase {
  private static final Logger LOG = System.getLogger(SubscriberService.class.getName());
  private static final int MIN_ACK_DEADLINE = 10;
  private static final int MAX_ACK_DEADLINE = 600;
  private static final int MAX_PULL = 1000;
  private static final Duration LONGEST_PULL = Duration.ofSeconds(10);
  private static final Duration STREAM_TURN = Duration.ofSeconds(1);

  private final PubSubEmulator emulator;
  private final ExecutorService threads;
  private final ScheduledExecutorService timer;

  SubscriberService(
      PubSubEmulator emulator, ExecutorService threads, ScheduledExecutorService timer) {
    this.emulator = emulator;
    this.threads = threads;
    this.timer = timer;
  }

  @Override
  public void createSubscription(Subscription request, StreamObserver<Subscription> response) {
    Calls.answer(
        response,
        () -> {
          Names.check(request.getName(), "subscriptions");
          refuseUnsupported(request);
          Subscription.Builder complete = request.toBuilder();
          if (request.getAckDeadlineSeconds() == 0) {
            complete.setAckDeadlineSeconds(MIN_ACK_DEADLINE);
          }
          if (!request.hasMessageRetentionDuration()) {
            complete
                .getMessageRetentionDurationBuilder()
                .setSeconds(Duration.ofDays(7).toSeconds());
          }
          complete.setState(Subscription.State.ACTIVE);
          if (complete.hasBigqueryConfig()) {
            complete.getBigqueryConfigBuilder().setState(BigQueryConfig.State.ACTIVE);
          }
          Subscription subscription = complete.build();
          validate(subscription);
          emulator.createSubscription(subscription);
          return subscription;
        });
  }

  private static void refuseUnsupported(Subscription request) {
    if (!request.getFilter().isEmpty()) {
      throw Calls.unsupported("CreateSubscription with filter");
    }
    if (request.getEnableMessageOrdering()) {
      throw Calls.unsupported("CreateSubscription with enable_message_ordering");
    }
    if (request.getEnableExactlyOnceDelivery()) {
      throw Calls.unsupported("CreateSubscription with enable_exactly_once_delivery");
    }
    if (request.getRetainAckedMessages()) {
      throw Calls.unsupported("CreateSubscription with retain_acked_messages");
    }
    if (request.hasCloudStorageConfig()) {
      throw Calls.unsupported("CreateSubscription with cloud_storage_config");
    }
    if (request.getMessageTransformsCount() > 0) {
      throw Calls.unsupported("CreateSubscription with message_transforms");
    }
    if (request.getPushConfig().hasNoWrapper()) {
      throw Calls.unsupported("CreateSubscription with push_config.no_wrapper");
    }
    if (request.getBigqueryConfig().getUseTopicSchema()) {
      throw Calls.unsupported("CreateSubscription with bigquery_config.use_topic_schema");
    }
  }

  private static void validate(Subscription subscription) {
    int seconds = subscription.getAckDeadlineSeconds();
    if (seconds < MIN_ACK_DEADLINE || seconds > MAX_ACK_DEADLINE) {
      throw Calls.invalid(
          "Invalid ack deadline given: (ack_deadline_seconds=%d); it must be %d to %d."
              .formatted(seconds, MIN_ACK_DEADLINE, MAX_ACK_DEADLINE));
    }
    long retention = subscription.getMessageRetentionDuration().getSeconds();
    if (retention < 600 || retention > Duration.ofDays(31).toSeconds()) {
      throw Calls.invalid(
          "message_retention_duration must be 600 s to 31 days, not " + retention + " s.");
    }
    int attempts = subscription.getDeadLetterPolicy().getMaxDeliveryAttempts();
    if (subscription.hasDeadLetterPolicy() && attempts != 0 && (attempts < 5 || attempts > 100)) {
      throw Calls.invalid("max_delivery_attempts must be 5 to 100, not " + attempts + ".");
    }
    if (subscription.hasBigqueryConfig()
        && (!subscription.getPushConfig().getPushEndpoint().isEmpty()
            || subscription.getBigqueryConfig().getTable().isEmpty())) {
      throw Calls.invalid("bigquery_config needs a table, and excludes push_config.");
    }
    validateEndpoint(subscription.getPushConfig().getPushEndpoint());
  }

  private static void validateEndpoint(String endpoint) {
    if (!endpoint.isEmpty() && !endpoint.matches("https?://[^/?#\\s]+[^\\s]*")) {
      throw Calls.invalid("Invalid push endpoint given: (endpoint=" + endpoint + ").");
    }
  }

  @Override
  public void getSubscription(
      GetSubscriptionRequest request, StreamObserver<Subscription> response) {
    Calls.answer(response, () -> emulator.queue(request.getSubscription()).config());
  }

  @Override
  public void listSubscriptions(
      ListSubscriptionsRequest request, StreamObserver<ListSubscriptionsResponse> response) {
    Calls.answer(
        response,
        () -> {
          Calls.Page<Subscription> page =
              Calls.Page.of(
                  emulator.subscriptions().stream()
                      .filter(s -> s.getName().startsWith(request.getProject() + "/"))
                      .toList(),
                  Subscription::getName,
                  request.getPageSize(),
                  request.getPageToken());
          return ListSubscriptionsResponse.newBuilder()
              .addAllSubscriptions(page.items())
              .setNextPageToken(page.nextPageToken())
              .build();
        });
  }

  @Override
  public void deleteSubscription(
      DeleteSubscriptionRequest request, StreamObserver<Empty> response) {
    Calls.done(response, () -> emulator.deleteSubscription(request.getSubscription()));
  }

  @Override
  public void modifyPushConfig(ModifyPushConfigRequest request, StreamObserver<Empty> response) {
    Calls.done(
        response,
        () -> {
          validateEndpoint(request.getPushConfig().getPushEndpoint());
          if (request.getPushConfig().hasNoWrapper()) {
            throw Calls.unsupported("ModifyPushConfig with push_config.no_wrapper");
          }
          Subscription config = emulator.queue(request.getSubscription()).config();
          emulator.configure(config.toBuilder().setPushConfig(request.getPushConfig()).build());
        });
  }

  @Override
  public void acknowledge(AcknowledgeRequest request, StreamObserver<Empty> response) {
    Calls.done(
        response,
        () -> acknowledge(emulator.queue(request.getSubscription()), request.getAckIdsList()));
  }

  private static void acknowledge(SubscriptionQueue queue, List<String> ackIds) throws IOException {
    for (String ackId : ackIds) {
      queue.acknowledge(ackId);
    }
  }

  @Override
  public void modifyAckDeadline(ModifyAckDeadlineRequest request, StreamObserver<Empty> response) {
    Calls.done(
        response,
        () -> {
          int seconds = request.getAckDeadlineSeconds();
          if (seconds < 0 || seconds > MAX_ACK_DEADLINE) {
            throw Calls.invalid(
                "ack_deadline_seconds must be 0 to %d, not %d."
                    .formatted(MAX_ACK_DEADLINE, seconds));
          }
          SubscriptionQueue queue = emulator.queue(request.getSubscription());
          for (String ackId : request.getAckIdsList()) {
            queue.modifyDeadline(ackId, Duration.ofSeconds(seconds));
          }
          forwardLater(queue, seconds);
        });
  }

  @Override
  public void pull(PullRequest request, StreamObserver<PullResponse> response) {
    Calls.answer(
        response,
        () -> {
          if (request.getMaxMessages() < 1) {
            throw Calls.invalid(
                "max_messages must be at least 1, not " + request.getMaxMessages() + ".");
          }
          SubscriptionQueue queue = pullable(request.getSubscription());
          int deadline = queue.config().getAckDeadlineSeconds();
          List<Leased> batch =
              queue.lease(
                  new Consumer(Integer.MAX_VALUE),
                  Math.min(request.getMaxMessages(), MAX_PULL),
                  wait(request),
                  Duration.ofSeconds(deadline));
          forwardLater(queue, deadline);
          PullResponse.Builder answer = PullResponse.newBuilder();
          batch.forEach(leased -> answer.addReceivedMessages(received(queue, leased)));
          return answer.build();
        });
  }

  private SubscriptionQueue pullable(String name) {
    SubscriptionQueue queue = emulator.queue(name);
    if (!queue.pulled()) {
      throw Status.FAILED_PRECONDITION
          .withDescription("Subscription " + name + " is not a pull subscription.")
          .asRuntimeException();
    }
    return queue;
  }

  /** Answers before the client's own deadline, as an empty pull is no error. */
  @SuppressWarnings("deprecation") // Clients still send return_immediately.
  private static Duration wait(PullRequest request) {
    if (request.getReturnImmediately()) {
      return Duration.ZERO;
    }
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return LONGEST_PULL;
    }
    Duration half = Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS) / 2));
    return half.compareTo(LONGEST_PULL) < 0 ? half : LONGEST_PULL;
  }

  private static ReceivedMessage received(SubscriptionQueue queue, Leased leased) {
    return ReceivedMessage.newBuilder()
        .setAckId(leased.ackId())
        .setMessage(leased.message())
        .setDeliveryAttempt(queue.config().hasDeadLetterPolicy() ? leased.attempt() : 0)
        .build();
  }

  /** A client that never comes back must not keep a message from its dead-letter topic. */
  private void forwardLater(SubscriptionQueue queue, int seconds) {
    if (!queue.config().hasDeadLetterPolicy()) {
      return;
    }
    var _ =
        timer.schedule(
            () ->
                threads.execute(() -> {
                  try {
                    queue.forwardExhausted();
                  } catch (IOException e) {
                    LOG.log(Level.ERROR, "cannot forward dead letters", e);
                  }
                }),
            seconds * 1000L + 50,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public StreamObserver<StreamingPullRequest> streamingPull(
      StreamObserver<StreamingPullResponse> response) {
    return new Stream(response);
  }

  /** One open StreamingPull: requests come in on gRPC's threads, messages go out on one of ours. */
  private final class Stream implements StreamObserver<StreamingPullRequest> {
    private final StreamObserver<StreamingPullResponse> response;
    private @Nullable SubscriptionQueue queue;
    private volatile int deadlineSeconds = MIN_ACK_DEADLINE;
    private volatile boolean ended;

    Stream(StreamObserver<StreamingPullResponse> response) {
      this.response = response;
    }

    @Override
    public void onNext(StreamingPullRequest request) {
      try {
        if (request.getStreamAckDeadlineSeconds() > 0) {
          deadlineSeconds = request.getStreamAckDeadlineSeconds();
        }
        SubscriptionQueue open = queue;
        if (open == null) {
          begin(request);
          return;
        }
        acknowledge(open, request.getAckIdsList());
        int longest = 0;
        for (int i = 0; i < request.getModifyDeadlineAckIdsCount(); i++) {
          int seconds = request.getModifyDeadlineSeconds(i);
          open.modifyDeadline(request.getModifyDeadlineAckIds(i), Duration.ofSeconds(seconds));
          longest = Math.max(longest, seconds);
        }
        if (longest > 0) {
          forwardLater(open, longest);
        }
        if (request.getAckIdsCount() == 0 && request.getModifyDeadlineAckIdsCount() == 0) {
          // A client that keeps the stream alive expects a sign of life.
          send(StreamingPullResponse.getDefaultInstance());
        }
      } catch (StatusRuntimeException e) {
        end(e);
      } catch (IOException | RuntimeException e) {
        end(Status.INTERNAL.withDescription(String.valueOf(e)).asRuntimeException());
      }
    }

    private void begin(StreamingPullRequest request) {
      if (deadlineSeconds < MIN_ACK_DEADLINE || deadlineSeconds > MAX_ACK_DEADLINE) {
        throw Calls.invalid(
            "stream_ack_deadline_seconds must be %d to %d, not %d."
                .formatted(MIN_ACK_DEADLINE, MAX_ACK_DEADLINE, deadlineSeconds));
      }
      SubscriptionQueue open = pullable(request.getSubscription());
      queue = open;
      long limit = request.getMaxOutstandingMessages();
      Consumer consumer =
          new Consumer(limit <= 0 ? Integer.MAX_VALUE : (int) Math.min(limit, Integer.MAX_VALUE));
      threads.execute(() -> run(open, consumer));
    }

    private void run(SubscriptionQueue open, Consumer consumer) {
      try {
        while (!ended) {
          if (open.closed() || !open.pulled()) {
            end(
                Status.NOT_FOUND
                    .withDescription("The subscription was deleted, or is pulled no longer.")
                    .asRuntimeException());
            return;
          }
          List<Leased> batch =
              open.lease(consumer, 100, STREAM_TURN, Duration.ofSeconds(deadlineSeconds));
          if (ended) {
            // The client left while this waited: whoever comes next need not wait for the deadline.
            for (Leased leased : batch) {
              open.modifyDeadline(leased.ackId(), Duration.ZERO);
            }
          } else if (!batch.isEmpty()) {
            StreamingPullResponse.Builder messages = StreamingPullResponse.newBuilder();
            batch.forEach(leased -> messages.addReceivedMessages(received(open, leased)));
            send(messages.build());
            forwardLater(open, deadlineSeconds);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException | RuntimeException e) {
        end(Status.UNAVAILABLE.withDescription(String.valueOf(e)).asRuntimeException());
      }
    }

    private synchronized void send(StreamingPullResponse message) {
      if (!ended) {
        response.onNext(message);
      }
    }

    private synchronized void end(StatusRuntimeException status) {
      if (!ended) {
        ended = true;
        try {
          response.onError(status);
        } catch (IllegalStateException e) {
          LOG.log(Level.DEBUG, "the client had already gone", e);
        }
      }
    }

    @Override
    public void onError(Throwable error) {
      ended = true;
    }

    @Override
    public synchronized void onCompleted() {
      if (!ended) {
        ended = true;
        response.onCompleted();
      }
    }
  }
}
