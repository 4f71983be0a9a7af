package dev.sluice.functions.release;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;

/**
 * Puts a blessed model into service.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Release implements HttpFunction {
  private final StageEndpoint endpoint;

  public Release() {
    Platform platform = Platform.of(Release.class);
    this.endpoint = StageEndpoint.performing(platform, new ReleaseAction(platform));
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
