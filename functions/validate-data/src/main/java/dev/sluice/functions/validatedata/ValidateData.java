package dev.sluice.functions.validatedata;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Compares a batch with its schema and baseline, and blesses it or holds it.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class ValidateData implements HttpFunction {
  private final StageEndpoint endpoint;

  public ValidateData() {
    Platform platform = Platform.of(ValidateData.class);
    this.endpoint = StageEndpoint.making(platform, new ValidateDataStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
