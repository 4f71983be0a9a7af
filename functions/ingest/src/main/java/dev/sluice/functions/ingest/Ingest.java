package dev.sluice.functions.ingest;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageEndpoint;
import java.io.IOException;
import java.util.Map;

/**
 * Turns a batch's sources into examples: types, splits, rejected rows. A large batch is read by
 * many calls, a shard each: {@code inspect-shard}, {@code plan-shards}, {@code ingest-shard};
 * {@code ingest} puts their parts together, or does it all for a batch without shards.
 *
 * <p>Called by the DAG with a stage request (JSON); answers a stage result or problem+json.
 * Settings come from its function.yaml.
 */
public final class Ingest implements HttpFunction {
  private final StageEndpoint endpoint;

  public Ingest() {
    Platform platform = Platform.of(Ingest.class);
    this.endpoint = StageEndpoint.making(platform, stages());
  }

  /** What performs each operation. */
  static Map<String, Stage> stages() {
    return Map.of(
        "inspect-shard", new InspectShardStage(),
        "plan-shards", new PlanShardsStage(),
        "ingest-shard", new IngestShardStage(),
        "ingest", new IngestStage());
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
