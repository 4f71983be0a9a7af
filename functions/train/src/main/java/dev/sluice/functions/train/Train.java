package dev.sluice.functions.train;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Trains a model and registers its version.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Train implements HttpFunction {
  private final StageEndpoint endpoint;

  public Train() {
    Platform platform = Platform.of(Train.class);
    this.endpoint = StageEndpoint.making(platform, new TrainStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
