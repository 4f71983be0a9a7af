package dev.sluice.localcloud;

import com.google.protobuf.Duration;
import com.google.pubsub.v1.BigQueryConfig;
import com.google.pubsub.v1.DeadLetterPolicy;
import com.google.pubsub.v1.ModifyPushConfigRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PushConfig;
import com.google.pubsub.v1.RetryPolicy;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import dev.sluice.contracts.FunctionManifest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Creates the topics and subscriptions that the manifests name, as Terraform does in the cloud. */
final class Topics {
  private static final String PREDICTIONS = "sluice-predictions";

  private final String project;
  private final PublisherGrpc.PublisherBlockingStub publisher;
  private final SubscriberGrpc.SubscriberBlockingStub subscriber;

  private Topics(String project, ManagedChannel channel) {
    this.project = project;
    this.publisher = PublisherGrpc.newBlockingStub(channel);
    this.subscriber = SubscriberGrpc.newBlockingStub(channel);
  }

  static void create(
      String host,
      String project,
      String dataset,
      List<FunctionManifest> manifests,
      Map<String, URI> urls) {
    ManagedChannel channel = ManagedChannelBuilder.forTarget(host).usePlaintext().build();
    try {
      Topics topics = new Topics(project, channel);
      topics.withDeadLetters(PREDICTIONS);
      topics.subscription(
          Subscription.newBuilder()
              .setName(topics.subscriptionName(PREDICTIONS + "-to-bigquery"))
              .setTopic(topics.topicName(PREDICTIONS))
              .setBigqueryConfig(
                  BigQueryConfig.newBuilder()
                      .setTable(project + "." + dataset + ".predictions")
                      .setUseTableSchema(true))
              .setDeadLetterPolicy(topics.deadLetters(PREDICTIONS, 5))
              .build());
      for (FunctionManifest manifest : manifests) {
        if (manifest.trigger() instanceof FunctionManifest.Trigger.PubSub trigger) {
          topics.push(manifest.name(), trigger, String.valueOf(urls.get(manifest.name())));
        }
      }
    } finally {
      channel.shutdownNow();
      awaitEnd(channel);
    }
  }

  private void push(String function, FunctionManifest.Trigger.PubSub trigger, String url) {
    withDeadLetters(trigger.topic());
    PushConfig config = PushConfig.newBuilder().setPushEndpoint(url).build();
    String name = subscriptionName(function);
    subscription(
        Subscription.newBuilder()
            .setName(name)
            .setTopic(topicName(trigger.topic()))
            .setPushConfig(config)
            .setAckDeadlineSeconds((int) trigger.ackDeadline().toSeconds())
            .setDeadLetterPolicy(deadLetters(trigger.topic(), trigger.maxAttempts()))
            .setRetryPolicy(
                RetryPolicy.newBuilder()
                    .setMinimumBackoff(Duration.newBuilder().setNanos(200_000_000))
                    .setMaximumBackoff(Duration.newBuilder().setSeconds(10)))
            .build());
    // A cloud that comes up again has its functions on other ports.
    subscriber.modifyPushConfig(
        ModifyPushConfigRequest.newBuilder().setSubscription(name).setPushConfig(config).build());
  }

  private void withDeadLetters(String topic) {
    topic(topic);
    topic(topic + "-dead");
    subscription(
        Subscription.newBuilder()
            .setName(subscriptionName(topic + "-dead"))
            .setTopic(topicName(topic + "-dead"))
            .setMessageRetentionDuration(Duration.newBuilder().setSeconds(7 * 24 * 3600))
            .build());
  }

  private DeadLetterPolicy deadLetters(String topic, int attempts) {
    return DeadLetterPolicy.newBuilder()
        .setDeadLetterTopic(topicName(topic + "-dead"))
        .setMaxDeliveryAttempts(attempts)
        .build();
  }

  private void topic(String name) {
    unlessThere(() -> publisher.createTopic(Topic.newBuilder().setName(topicName(name)).build()));
  }

  private void subscription(Subscription subscription) {
    unlessThere(() -> subscriber.createSubscription(subscription));
  }

  private static void unlessThere(Runnable creation) {
    try {
      creation.run();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
        throw e;
      }
    }
  }

  private String topicName(String name) {
    return "projects/" + project + "/topics/" + name;
  }

  private String subscriptionName(String name) {
    return "projects/" + project + "/subscriptions/" + name;
  }

  private static void awaitEnd(ManagedChannel channel) {
    try {
      channel.awaitTermination(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
