package dev.sluice.stages;

import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers a Pub/Sub push subscription: 204 acknowledges, anything else has the message delivered
 * again and, after the subscription's last attempt, moved to the dead-letter topic.
 *
 * <p>A message takes a few times its size in memory. An instance that answers many requests at once
 * would not hold as many of Pub/Sub's largest messages (10 MB), so that large ones wait for one
 * another before they are read, and small ones do not wait.
 */
public final class PushEndpoint {
  /** More than what 1 MiB of data takes in base64, with attributes. */
  static final long LARGE_BYTES = 2 << 20;

  static final int LARGE_AT_ONCE = 2;

  /** Answered before the subscription gives up waiting. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Platform platform;
  private final Consumer<Message> receiver;
  private final Duration patience;
  private final Semaphore large = new Semaphore(LARGE_AT_ONCE, /* fair= */ true);

  public PushEndpoint(Platform platform, Consumer<Message> receiver) {
    this(platform, receiver, PATIENCE);
  }

  PushEndpoint(Platform platform, Consumer<Message> receiver, Duration patience) {
    this.platform = platform;
    this.receiver = receiver;
    this.patience = patience;
  }

  /**
   * A message as it was published.
   *
   * @param data the payload
   * @param attributes as published
   * @param id Pub/Sub's id, the same at each delivery
   * @param publishTime when Pub/Sub took it; null where the request does not say
   * @param attempt which delivery this is, from 1; null where the subscription has no dead letters
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Message(
      byte[] data,
      Map<String, String> attributes,
      String id,
      @Nullable Instant publishTime,
      @Nullable Integer attempt) {}

  private record Push(@Nullable Wrapped message, @Nullable Integer deliveryAttempt) {}

  private record Wrapped(
      @Nullable String data,
      @Nullable Map<String, String> attributes,
      @Nullable String messageId,
      @Nullable String publishTime) {}

  /** Answers one delivery. */
  public void service(HttpRequest http, HttpResponse response) throws IOException {
    try {
      long length = http.getContentLength();
      // A length that is not known is -1.
      if (length < 0 || length > LARGE_BYTES) {
        acceptLarge(http);
      } else {
        accept(http);
      }
      response.setStatusCode(204);
    } catch (RuntimeException e) {
      platform.log().error(String.valueOf(e.getMessage()), e);
      Problem.of(e).write(response);
    }
  }

  private void accept(HttpRequest http) throws IOException {
    receiver.accept(read(http.getInputStream().readAllBytes()));
  }

  private void acceptLarge(HttpRequest http) throws IOException {
    try {
      if (!large.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new Unavailable(
            LARGE_AT_ONCE
                + " messages of more than "
                + LARGE_BYTES
                + " bytes are being read; Pub/Sub delivers this one again");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("the instance ends; Pub/Sub delivers the message again", e);
    }
    try {
      accept(http);
    } finally {
      large.release();
    }
  }

  private static Message read(byte[] body) {
    Push push = Json.read(body, Push.class, "the push request");
    Wrapped message = push.message();
    if (message == null || message.messageId() == null) {
      throw new BadInput("the push request holds no message with a messageId");
    }
    try {
      return new Message(
          message.data() == null ? new byte[0] : Base64.getDecoder().decode(message.data()),
          message.attributes() == null ? Map.of() : Map.copyOf(message.attributes()),
          message.messageId(),
          message.publishTime() == null ? null : Instant.parse(message.publishTime()),
          push.deliveryAttempt());
    } catch (DateTimeParseException e) {
      throw new BadInput(
          "message "
              + message.messageId()
              + " has the publishTime '"
              + message.publishTime()
              + "', no time of RFC 3339",
          e);
    } catch (IllegalArgumentException e) {
      throw new BadInput("message " + message.messageId() + " is not base64", e);
    }
  }
}
