package dev.sluice.functions.analyze;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Measures a batch's examples, whole and in groups.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Analyze implements HttpFunction {
  private final StageEndpoint endpoint;

  public Analyze() {
    Platform platform = Platform.of(Analyze.class);
    this.endpoint = StageEndpoint.making(platform, new AnalyzeStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
