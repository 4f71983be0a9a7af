package dev.sluice.functions.evaluate;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Judges a model on eval, whole and in slices, beside the live one.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Evaluate implements HttpFunction {
  private final StageEndpoint endpoint;

  public Evaluate() {
    Platform platform = Platform.of(Evaluate.class);
    this.endpoint = StageEndpoint.making(platform, new EvaluateStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
