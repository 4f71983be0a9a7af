package dev.sluice.functions.ingest;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Turns a batch's files into examples: types, splits, rejected rows.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Ingest implements HttpFunction {
  private final StageEndpoint endpoint;

  public Ingest() {
    Platform platform = Platform.of(Ingest.class);
    this.endpoint = StageEndpoint.making(platform, new IngestStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
