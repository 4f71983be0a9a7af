package dev.sluice.functions.analyze;

import dev.sluice.contracts.Fact;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.Field;
import dev.sluice.examples.Split;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ExampleFiles;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import dev.sluice.statistics.Association;
import dev.sluice.statistics.AssociationRows;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.GroupOptions;
import dev.sluice.statistics.Label;
import dev.sluice.statistics.Relations;
import dev.sluice.statistics.Statistics;
import dev.sluice.statistics.StatisticsAnalyzer;
import dev.sluice.statistics.StatisticsFiles;
import dev.sluice.statistics.StatisticsProtos;
import dev.sluice.statistics.StatisticsRows;
import dev.sluice.transform.ComputedLabel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Measures the splits and their groups, and reports every figure. */
final class AnalyzeStage implements Stage {
  @Override
  public Made make(StageCall call) throws IOException {
    ExampleFiles examples = ExampleFiles.of(call, call.input("examples"));
    List<String> columns = call.spec().groupBy();
    GroupOptions groups = columns.isEmpty() ? GroupOptions.ofDefaults() : GroupOptions.by(columns);
    Statistics statistics =
        new StatisticsAnalyzer(groups, label(call.spec().label(), examples.manifest().fields()))
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
            StatisticsProtos.toProto(slices, statistics.relations()).toByteArray(),
            "application/x-protobuf");
    call.output("statistics")
        .write(
            StatisticsFiles.RELATIONS,
            StatisticsFiles.write(statistics.relations()),
            "application/json");
    return Made.of(
        Map.of(
            "rows", statistics.all().rows(),
            "features", statistics.all().features().size(),
            "groups", statistics.allGroups().size(),
            "associations", statistics.relations().associations().size(),
            "notes", statistics.notes()));
  }

  /**
   * The label as the statistics take it. An expression that does not fit the batch's columns is
   * said in a note, as whatever refuses it: the batch is measured nonetheless, so that the checks
   * can say what became of its columns.
   */
  private static Label label(PipelineSpec.Label label, List<Field> fields) {
    String expression = label.expression();
    if (expression == null) {
      return Label.column(label.name());
    }
    AtomicReference<@Nullable ComputedLabel> compiled = new AtomicReference<>();
    return new Label(
        label.name(),
        batch -> {
          ComputedLabel computed = compiled.get();
          if (computed == null) {
            computed = ComputedLabel.of(label.name(), expression, fields);
            compiled.set(computed);
          }
          return computed.labels(batch);
        });
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
    String pipeline = call.request().pipeline();
    String batch = call.batch().batch();
    Relations relations =
        StatisticsFiles.readRelations(
            call.read(uri, StatisticsFiles.RELATIONS), uri + StatisticsFiles.RELATIONS);
    for (Association association : relations.associations()) {
      facts.add(
          new Fact(
              "associations",
              String.join(
                  "/",
                  pipeline,
                  batch,
                  "",
                  association.measure().name(),
                  association.a(),
                  association.b()),
              AssociationRows.of(pipeline, batch, "", association)));
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
