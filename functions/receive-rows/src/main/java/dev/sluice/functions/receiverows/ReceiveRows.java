package dev.sluice.functions.receiverows;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.gcp.Backoff;
import dev.sluice.stages.Platform;
import dev.sluice.stages.PushEndpoint;
import java.io.IOException;
import java.time.Duration;

/**
 * Stores each message of topic {@code sluice-rows}, one example a message, in table {@code
 * stream_rows}.
 *
 * <p>Called by the topic's push subscription with up to 80 messages at once. A message is
 * acknowledged once it is stored, and may be stored more than once: {@code close-window} counts it
 * once. One that cannot be read is refused, delivered again, and ends on {@code sluice-rows-dead};
 * table {@code dead_rows} says why. Settings come from its function.yaml.
 */
public final class ReceiveRows implements HttpFunction {
  /** Answered before the subscription gives up waiting. */
  private static final Backoff PATIENCE =
      new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5), Duration.ofSeconds(40));

  private final PushEndpoint endpoint;

  public ReceiveRows() {
    Platform platform = Platform.of(ReceiveRows.class, PATIENCE);
    RowReceiver receiver = new RowReceiver(platform, platform.rows());
    this.endpoint = new PushEndpoint(platform, receiver::receive);
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
