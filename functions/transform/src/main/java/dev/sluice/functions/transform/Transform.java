package dev.sluice.functions.transform;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Fits the mapping from raw columns to features on train, and applies it.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Transform implements HttpFunction {
  private final StageEndpoint endpoint;

  public Transform() {
    Platform platform = Platform.of(Transform.class);
    this.endpoint = StageEndpoint.making(platform, new TransformStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
