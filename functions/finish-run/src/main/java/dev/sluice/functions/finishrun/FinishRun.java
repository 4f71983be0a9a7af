package dev.sluice.functions.finishrun;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Ends every run: the batch's last state, and an alarm where something failed.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class FinishRun implements HttpFunction {
  private final StageEndpoint endpoint;

  public FinishRun() {
    Platform platform = Platform.of(FinishRun.class);
    this.endpoint = StageEndpoint.performing(platform, new FinishRunAction(platform));
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
