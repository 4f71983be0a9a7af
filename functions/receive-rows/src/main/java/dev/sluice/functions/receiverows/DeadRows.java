package dev.sluice.functions.receiverows;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.SluiceException;
import dev.sluice.stages.Platform;
import dev.sluice.stages.PushEndpoint.Message;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps why a message was refused: Pub/Sub moves it to the dead-letter topic without a reason. Each
 * refused delivery is recorded, as nobody can tell beforehand which is the last one to arrive; the
 * row's key is the message, so that the view shows it once. The last attempt raises an alarm.
 */
final class DeadRows {
  private static final int CHARACTERS_KEPT = 1_000;

  private final Platform platform;
  private final int attempts;

  DeadRows(Platform platform) {
    this.platform = platform;
    this.attempts = attempts();
  }

  /** After how many attempts Pub/Sub gives a message up, as this function's manifest has it. */
  private static int attempts() {
    try (InputStream in =
        DeadRows.class.getClassLoader().getResourceAsStream("META-INF/sluice/function.yaml")) {
      if (in == null) {
        throw new Bug("the function's jar carries no function.yaml");
      }
      FunctionManifest manifest =
          FunctionManifest.parse(
              "receive-rows", new String(in.readAllBytes(), StandardCharsets.UTF_8));
      if (manifest.trigger() instanceof FunctionManifest.Trigger.PubSub trigger) {
        return trigger.maxAttempts();
      }
      throw new Bug("the function's manifest has no trigger of Pub/Sub");
    } catch (IOException e) {
      throw new Bug("function.yaml cannot be read", e);
    }
  }

  /** Records a refusal; a failure to do so is logged, and the refusal stands. */
  void refused(Message message, BadInput refusal) {
    String named = message.attributes().get("pipeline");
    String pipeline = named != null && Names.PIPELINE.matcher(named).matches() ? named : "unknown";
    String reason = String.valueOf(refusal.getMessage());
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("pipeline", pipeline);
    values.put("message_id", message.id());
    values.put("publish_time", message.publishTime());
    values.put("attempt", message.attempt());
    values.put("reason", reason);
    values.put("sha256", Fingerprint.sha256(message.data()));
    values.put("beginning", beginning(message.data()));
    try {
      platform.report(List.of(new Fact("dead_rows", message.id(), values)));
      Integer attempt = message.attempt();
      if (attempt != null && attempt >= attempts) {
        platform.alarm(List.of(alarm(pipeline, reason)));
      }
    } catch (SluiceException e) {
      platform.log().error("message " + message.id() + " was refused, which is not recorded", e);
    }
  }

  /**
   * Messages that are refused for one reason share an alarm, so that it does not show a
   * thousandfold.
   */
  private Alarm alarm(String pipeline, String reason) {
    return Alarm.of(
        pipeline,
        null,
        null,
        Alarm.Severity.FAIL,
        "receive-rows",
        "rows sent to pipeline "
            + pipeline
            + " cannot be read and go to topic sluice-rows-dead: "
            + reason
            + ". Table dead_rows lists them; mend the sender or the spec, then ./sluice"
            + " replay-dead",
        null,
        platform.clock().instant());
  }

  private static String beginning(byte[] data) {
    // Four bytes a character at the most.
    String text =
        new String(data, 0, Math.min(data.length, 4 * CHARACTERS_KEPT), StandardCharsets.UTF_8);
    return text.length() <= CHARACTERS_KEPT
        ? text
        : text.substring(
            0,
            text.offsetByCodePoints(
                0, Math.min(CHARACTERS_KEPT, text.codePointCount(0, text.length()))));
  }
}
