package dev.sluice.functions.validatemodel;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Lets a model through its gates, or holds it.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class ValidateModel implements HttpFunction {
  private final StageEndpoint endpoint;

  public ValidateModel() {
    Platform platform = Platform.of(ValidateModel.class);
    this.endpoint = StageEndpoint.making(platform, new ValidateModelStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
