package dev.sluice.gcp;

import java.util.List;
import java.util.Map;

/**
 * Messages to topics. Each call returns once Pub/Sub has the messages, as a function has a CPU only
 * while it answers; nothing is left in a buffer. Pub/Sub delivers at least once: a repeated call is
 * another message, so put what makes it known again into the attributes.
 */
public interface Messages {

  /**
   * One message.
   *
   * @param data at most 10 MB with the attributes
   * @param attributes at most 100
   */
  @SuppressWarnings("ArrayRecordComponent") // as it goes out; messages are never compared
  record Message(byte[] data, Map<String, String> attributes) {
    public Message {
      attributes = Map.copyOf(attributes);
    }
  }

  /**
   * Publishes one message.
   *
   * @param topic its short name, or {@code projects/PROJECT/topics/NAME}
   * @return the id Pub/Sub gave it
   * @throws dev.sluice.contracts.Bug where the topic is absent or closed to us, or the message is
   *     over a limit
   * @throws dev.sluice.contracts.Unavailable where Pub/Sub stays away
   */
  default String publish(String topic, byte[] data, Map<String, String> attributes) {
    return publishAll(topic, List.of(new Message(data, attributes))).getFirst();
  }

  /**
   * Publishes messages in as few requests as the limits allow. Where it throws, some may have been
   * published.
   *
   * @return their ids, in the order of the messages
   */
  List<String> publishAll(String topic, List<Message> messages);
}
