package dev.sluice.testing;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.Messages;
import java.util.ArrayList;
import java.util.List;

/** Pub/Sub in memory: what was published, by topic. */
public final class MemoryMessages implements Messages {
  private record Published(String topic, Message message) {}

  private final List<Published> all = new ArrayList<>();

  @Override
  public synchronized List<String> publishAll(String topic, List<Message> messages) {
    List<String> ids = new ArrayList<>();
    for (Message message : messages) {
      all.add(new Published(topic, message));
      ids.add("m-" + all.size());
    }
    return ids;
  }

  /** What a topic was sent. */
  public synchronized List<Message> of(String topic) {
    return all.stream().filter(p -> p.topic().equals(topic)).map(Published::message).toList();
  }

  /** What {@code sluice-alarms} was sent. */
  public List<Alarm> alarms() {
    return of("sluice-alarms").stream()
        .map(message -> Json.read(message.data(), Alarm.class, "the alarm"))
        .toList();
  }
}
