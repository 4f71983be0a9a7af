package dev.sluice.functions.closewindow;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.contracts.Json;
import dev.sluice.stages.Platform;
import dev.sluice.stages.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Turns each event-time window that is over into a batch and its DAG run, for every pipeline whose
 * spec has a stream as its source.
 *
 * <p>Called by Cloud Scheduler each minute, with a body that is not read. Answers 200 with the
 * batches made, or problem+json where a pipeline's windows could not be closed; the next call goes
 * on from where this one stopped. Settings come from its function.yaml.
 */
public final class CloseWindow implements HttpFunction {
  private final Platform platform = Platform.of(CloseWindow.class);
  private final Streams streams = new Streams(platform);

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    try {
      byte[] made = Json.write(streams.closeAll()).getBytes(StandardCharsets.UTF_8);
      response.setContentType("application/json");
      response.getOutputStream().write(made);
    } catch (RuntimeException e) {
      platform.log().error(String.valueOf(e.getMessage()), e);
      Problem.of(e).write(response);
    }
  }
}
