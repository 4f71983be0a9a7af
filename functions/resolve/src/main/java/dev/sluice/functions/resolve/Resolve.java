package dev.sluice.functions.resolve;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Pins what a run works on: batch, spec, previous schema, baseline, the batches before it and live
 * model.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Resolve implements HttpFunction {
  private final StageEndpoint endpoint;

  public Resolve() {
    Platform platform = Platform.of(Resolve.class);
    this.endpoint = StageEndpoint.performing(platform, new ResolveAction(platform));
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
