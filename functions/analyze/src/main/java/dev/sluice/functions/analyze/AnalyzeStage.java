package dev.sluice.functions.analyze;

import dev.sluice.contracts.Fact;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.Split;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ExampleFiles;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Statistics;
import dev.sluice.statistics.StatisticsAnalyzer;
import dev.sluice.statistics.StatisticsFiles;
import dev.sluice.statistics.StatisticsProtos;
import dev.sluice.statistics.StatisticsRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Measures the splits and their groups, and reports every figure. */
final class AnalyzeStage implements Stage {
  @Override
  public Made make(StageCall call) throws IOException {
    ExampleFiles examples = ExampleFiles.of(call, call.input("examples"));
    List<String> columns = call.spec().groupBy();
    GroupOptions groups = columns.isEmpty() ? GroupOptions.ofDefaults() : GroupOptions.by(columns);
    Statistics statistics =
        new StatisticsAnalyzer(groups)
            .analyze(() -> examples.open(Split.TRAIN), () -> examples.open(Split.EVAL));
    List<DatasetStatistics> slices = new ArrayList<>();
    slices.add(statistics.all());
    slices.addAll(statistics.allGroups());
    call.output("statistics")
        .write(
            StatisticsFiles.SPLITS,
            StatisticsProtos.toProto(statistics.splits()).toByteArray(),
            "application/x-protobuf");
    call.output("statistics")
        .write(
            StatisticsFiles.SLICES,
            StatisticsProtos.toProto(slices).toByteArray(),
            "application/x-protobuf");
    return Made.of(
        Map.of(
            "rows", statistics.all().rows(),
            "features", statistics.all().features().size(),
            "groups", statistics.allGroups().size(),
            "notes", statistics.notes()));
  }

  @Override
  public void report(StageCall call, StageResult result) {
    ArtifactUri uri = ArtifactUri.parse(String.valueOf(result.outputs().get("statistics")));
    List<Fact> facts = new ArrayList<>();
    for (String file : List.of(StatisticsFiles.SPLITS, StatisticsFiles.SLICES)) {
      for (DatasetStatistics dataset : StatisticsFiles.read(call.read(uri, file), uri + file)) {
        for (FeatureStatistics feature : dataset.features()) {
          facts.add(fact(call, dataset, feature));
        }
      }
    }
    call.platform().report(facts);
  }

  private static Fact fact(StageCall call, DatasetStatistics dataset, FeatureStatistics feature) {
    String pipeline = call.request().pipeline();
    String batch = call.batch().batch();
    return new Fact(
        "statistics",
        String.join("/", pipeline, batch, dataset.split(), dataset.slice(), feature.name()),
        StatisticsRows.of(pipeline, batch, dataset.split(), dataset.slice(), feature));
  }
}
