package dev.sluice.functions.predict;

import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.Messages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Messages kept as they were published; publishing fails while it is down. */
final class MemoryMessages implements Messages {
  final List<String> published = new ArrayList<>();
  final List<Integer> requests = new ArrayList<>();
  volatile boolean down;

  @Override
  public synchronized List<String> publishAll(String topic, List<Message> messages) {
    if (down) {
      throw new Unavailable("Pub/Sub is away");
    }
    if (!topic.equals("sluice-predictions")) {
      throw new AssertionError("not the topic of predictions: " + topic);
    }
    requests.add(messages.size());
    messages.forEach(m -> published.add(new String(m.data(), StandardCharsets.UTF_8)));
    return messages.stream().map(m -> "id").toList();
  }
}
