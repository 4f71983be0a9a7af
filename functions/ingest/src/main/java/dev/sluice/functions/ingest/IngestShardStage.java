package dev.sluice.functions.ingest;

import dev.sluice.contracts.Bug;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.Plan;
import dev.sluice.stages.Output;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads one shard as planned: its examples and its rejected rows. */
final class IngestShardStage implements Stage {
  @Override
  public Made make(StageCall call) throws IOException {
    Integer shard = call.request().shard();
    if (shard == null) {
      throw new Bug("ingest-shard was called without a shard");
    }
    Plan plan =
        Plan.fromJson(new String(call.read(call.input("plan"), Plan.NAME), StandardCharsets.UTF_8));
    BatchFiles files = BatchFiles.of(call);
    Output part = call.output("part");
    Ingestion.Result result =
        files
            .ingestion()
            .write(
                files.files(),
                plan,
                shard,
                file -> part.create(file, BatchFiles.contentType(file)),
                files.progress(plan.shards().size()));
    BatchFiles.writeManifest(part, result.manifest());
    return Made.of(BatchFiles.summary(result.manifest()));
  }
}
