package dev.sluice.gcp;

import com.google.api.gax.rpc.ApiException;
import com.google.cloud.pubsub.v1.TopicAdminClient;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.TopicName;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Messages through Pub/Sub's unary Publish call. The client's {@code Publisher} would hold messages
 * back to batch them on threads of its own, which have no CPU once a function has answered.
 */
final class PubSubMessages implements Messages {
  /** Pub/Sub takes 1,000 messages and 10 MB a request. */
  static final int MESSAGES_A_REQUEST = 1_000;

  static final long BYTES_A_REQUEST = 9_000_000;

  private final Supplier<TopicAdminClient> client;
  private final String project;

  PubSubMessages(Supplier<TopicAdminClient> client, String project) {
    this.client = client;
    this.project = project;
  }

  @Override
  public List<String> publishAll(String topic, List<Message> messages) {
    String path = topic.contains("/") ? topic : TopicName.format(project, topic);
    List<String> ids = new ArrayList<>(messages.size());
    List<PubsubMessage> request = new ArrayList<>();
    long bytes = 0;
    for (Message message : messages) {
      PubsubMessage next =
          PubsubMessage.newBuilder()
              .setData(ByteString.copyFrom(message.data()))
              .putAllAttributes(message.attributes())
              .build();
      int size = next.getSerializedSize() + 8;
      if (!request.isEmpty()
          && (request.size() == MESSAGES_A_REQUEST || bytes + size > BYTES_A_REQUEST)) {
        ids.addAll(send(path, request));
        request.clear();
        bytes = 0;
      }
      request.add(next);
      bytes += size;
    }
    if (!request.isEmpty()) {
      ids.addAll(send(path, request));
    }
    return List.copyOf(ids);
  }

  private List<String> send(String topic, List<PubsubMessage> messages) {
    try {
      return client.get().publish(topic, messages).getMessageIdsList();
    } catch (ApiException e) {
      throw error(topic, e);
    }
  }

  private static SluiceException error(String topic, ApiException e) {
    String told = "could not publish to " + topic + ": " + e.getMessage();
    return switch (e.getStatusCode().getCode()) {
      case NOT_FOUND -> new Bug(told + "; create the topic or correct its name", e);
      case PERMISSION_DENIED ->
          new Bug(told + "; grant this function's account roles/pubsub.publisher on the topic", e);
      case UNAUTHENTICATED -> new Bug(told + "; run as a service account or log in with gcloud", e);
      case INVALID_ARGUMENT, OUT_OF_RANGE, UNIMPLEMENTED, FAILED_PRECONDITION -> new Bug(told, e);
      default -> new Unavailable(told + "; call again later", e);
    };
  }
}
