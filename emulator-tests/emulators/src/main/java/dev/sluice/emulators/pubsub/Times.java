package dev.sluice.emulators.pubsub;

import com.google.protobuf.Timestamp;
import java.time.Instant;

/** Times of messages, between protobuf and java.time. */
final class Times {
  private Times() {}

  static Instant instant(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }

  /** RFC 3339, as protobuf's JSON writes a timestamp. */
  static String text(Timestamp timestamp) {
    return instant(timestamp).toString();
  }
}
