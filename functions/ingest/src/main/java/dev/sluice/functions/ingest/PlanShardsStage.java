package dev.sluice.functions.ingest;

import dev.sluice.examples.Ingestion;
import dev.sluice.examples.Inspection;
import dev.sluice.examples.Plan;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Puts together what the shards found: the types of all, and where each shard's rows begin. */
final class PlanShardsStage implements Stage {
  @Override
  public Made make(StageCall call) throws IOException {
    List<Inspection> inspections = new ArrayList<>();
    for (ArtifactUri uri : call.inputs("inspection")) {
      inspections.add(
          Inspection.fromJson(new String(call.read(uri, Inspection.NAME), StandardCharsets.UTF_8)));
    }
    Plan plan = Ingestion.plan(BatchFiles.of(call).files(), inspections);
    call.output("plan")
        .write(Plan.NAME, plan.toJson().getBytes(StandardCharsets.UTF_8), "application/json");
    return Made.of(
        Map.of(
            "shards", plan.shards().size(),
            "columns", plan.kinds().size(),
            "notes", plan.notes()));
  }
}
