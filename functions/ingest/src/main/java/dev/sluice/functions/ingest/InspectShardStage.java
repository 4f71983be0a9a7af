package dev.sluice.functions.ingest;

import dev.sluice.contracts.Bug;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.Inspection;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Looks at the records of one shard: their number, and what their values look like. */
final class InspectShardStage implements Stage {
  @Override
  public Made make(StageCall call) throws IOException {
    Integer shard = call.request().shard();
    Integer shards = call.request().shards();
    if (shard == null || shards == null) {
      throw new Bug("inspect-shard was called without a shard");
    }
    BatchFiles files = BatchFiles.of(call);
    Inspection inspection = Ingestion.inspect(files.files(), shard, shards, files.progress(shards));
    call.output("inspection")
        .write(
            Inspection.NAME,
            inspection.toJson().getBytes(StandardCharsets.UTF_8),
            "application/json");
    return Made.of(
        Map.of(
            "rows", inspection.rows(),
            "rejected_rows", inspection.rejectedRows()));
  }
}
