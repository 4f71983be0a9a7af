package dev.sluice.stages;

import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers a Pub/Sub push subscription: 204 acknowledges, anything else has the message delivered
 * again and, after the subscription's last attempt, moved to the dead-letter topic.
 */
public final class PushEndpoint {
  private final Platform platform;
  private final Consumer<Message> receiver;

  public PushEndpoint(Platform platform, Consumer<Message> receiver) {
    this.platform = platform;
    this.receiver = receiver;
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
      receiver.accept(read(http.getInputStream().readAllBytes()));
      response.setStatusCode(204);
    } catch (RuntimeException e) {
      platform.log().error(String.valueOf(e.getMessage()), e);
      Problem.of(e).write(response);
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
