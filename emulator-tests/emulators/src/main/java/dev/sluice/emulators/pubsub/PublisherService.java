package dev.sluice.emulators.pubsub;

import com.google.protobuf.Empty;
import com.google.pubsub.v1.DeleteTopicRequest;
import com.google.pubsub.v1.GetTopicRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsResponse;
import com.google.pubsub.v1.ListTopicsRequest;
import com.google.pubsub.v1.ListTopicsResponse;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;

/** The calls of google.pubsub.v1.Publisher. */
final class PublisherService extends PublisherGrpc.PublisherImplBase {
  private static final int MAX_MESSAGES = 1000;
  private static final int MAX_BYTES = 10 * 1000 * 1000;

  private final PubSubEmulator emulator;

  PublisherService(PubSubEmulator emulator) {
    this.emulator = emulator;
  }

  @Override
  public void createTopic(Topic request, StreamObserver<Topic> response) {
    Calls.answer(
        response,
        () -> {
          Names.check(request.getName(), "topics");
          if (request.hasSchemaSettings()) {
            throw Calls.unsupported("CreateTopic with schema_settings");
          }
          if (request.hasIngestionDataSourceSettings()) {
            throw Calls.unsupported("CreateTopic with ingestion_data_source_settings");
          }
          if (request.hasMessageRetentionDuration()) {
            throw Calls.unsupported("CreateTopic with message_retention_duration");
          }
          emulator.createTopic(request);
          return request;
        });
  }

  @Override
  public void getTopic(GetTopicRequest request, StreamObserver<Topic> response) {
    Calls.answer(response, () -> emulator.topic(request.getTopic()));
  }

  @Override
  public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> response) {
    Calls.answer(
        response,
        () -> {
          Calls.Page<Topic> page =
              Calls.Page.of(
                  emulator.topics(request.getProject()),
                  Topic::getName,
                  request.getPageSize(),
                  request.getPageToken());
          return ListTopicsResponse.newBuilder()
              .addAllTopics(page.items())
              .setNextPageToken(page.nextPageToken())
              .build();
        });
  }

  @Override
  public void listTopicSubscriptions(
      ListTopicSubscriptionsRequest request,
      StreamObserver<ListTopicSubscriptionsResponse> response) {
    Calls.answer(
        response,
        () -> {
          Topic topic = emulator.topic(request.getTopic());
          Calls.Page<String> page =
              Calls.Page.of(
                  emulator.subscriptions().stream()
                      .filter(s -> s.getTopic().equals(topic.getName()))
                      .map(Subscription::getName)
                      .toList(),
                  Function.identity(),
                  request.getPageSize(),
                  request.getPageToken());
          return ListTopicSubscriptionsResponse.newBuilder()
              .addAllSubscriptions(page.items())
              .setNextPageToken(page.nextPageToken())
              .build();
        });
  }

  @Override
  public void deleteTopic(DeleteTopicRequest request, StreamObserver<Empty> response) {
    Calls.done(response, () -> emulator.deleteTopic(request.getTopic()));
  }

  @Override
  public void publish(PublishRequest request, StreamObserver<PublishResponse> response) {
    Calls.answer(
        response,
        () -> {
          int count = request.getMessagesCount();
          if (count < 1 || count > MAX_MESSAGES || request.getSerializedSize() > MAX_BYTES) {
            throw Calls.invalid(
                "A publish request takes 1 to %d messages and at most %d bytes, not %d and %d."
                    .formatted(MAX_MESSAGES, MAX_BYTES, count, request.getSerializedSize()));
          }
          for (PubsubMessage message : request.getMessagesList()) {
            if (message.getData().isEmpty() && message.getAttributesCount() == 0) {
              throw Calls.invalid("A message must have data or at least one attribute.");
            }
          }
          return PublishResponse.newBuilder()
              .addAllMessageIds(emulator.publish(request.getTopic(), request.getMessagesList()))
              .build();
        });
  }
}
