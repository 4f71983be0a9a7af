package dev.sluice.functions.transform;

import com.google.protobuf.TextFormat;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Field;
import dev.sluice.examples.ParquetExampleWriter;
import dev.sluice.examples.Split;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ExampleFiles;
import dev.sluice.stages.Output;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import dev.sluice.transform.FeatureBatches;
import dev.sluice.transform.FeatureChoice;
import dev.sluice.transform.FeatureSpec;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.LifecycleStage;
import org.tensorflow.metadata.v0.Schema;

/**
 * Fits the mapping on train alone, and writes the features of both splits in the examples' order.
 */
final class TransformStage implements Stage {
  private static final String SCHEMA = "schema.pbtxt";
  private static final ParquetExampleWriter.Options NARROW =
      new ParquetExampleWriter.Options(/* narrowFloats= */ true, Map.of());

  @Override
  public Made make(StageCall call) throws IOException {
    ExampleFiles examples = ExampleFiles.of(call, call.input("examples"));
    PipelineSpec spec = call.spec();
    Mapping mapping;
    try (ExampleReader train = examples.open(Split.TRAIN)) {
      mapping = Mapping.fit(train, spec.label(), spec.exclude(), choices(call, train.fields()));
    }
    Output transform = call.output("transform");
    MappingFiles.write(mapping)
        .forEach((name, content) ->
            transform.write(
                name,
                content,
                name.endsWith(".json") ? "application/json" : "text/plain; charset=utf-8"));
    Output features = call.output("features");
    Map<String, ExamplesManifest.Files> files = new TreeMap<>();
    for (Split split : Split.values()) {
      ExamplesManifest.Part part = write(call, examples, split, mapping, features);
      files.put(split.label(), new ExamplesManifest.Files(part.rows(), List.of(part)));
    }
    List<Field> fields = FeatureBatches.fields(mapping.features());
    features.write(
        ExamplesManifest.NAME,
        new ExamplesManifest(fields, files, List.of()).toJson().getBytes(StandardCharsets.UTF_8),
        "application/json");
    return Made.of(
        Map.of(
            "features", mapping.features().size(),
            "label", mapping.label().name(),
            "positives", mapping.label().positives(),
            "negatives", mapping.label().negatives(),
            "unlabeled", mapping.label().missing()));
  }

  /**
   * What the spec says of a column counts; else the schema: what it declares to be text or
   * categorical gets a vocabulary though the values look like numbers, and what it declares
   * deprecated is left out. Other columns go by their type.
   */
  private static FeatureSpec choices(StageCall call, List<Field> fields) {
    FeatureSpec told = call.spec().section("features", FeatureSpec::parse);
    Map<String, FeatureChoice> choices = new TreeMap<>(told.choices());
    Map<String, ValueType> columns = new HashMap<>();
    fields.forEach(field -> columns.put(field.name(), field.type()));
    for (Feature feature : schema(call).getFeatureList()) {
      ValueType type = columns.get(feature.getName());
      if (type == null || choices.containsKey(feature.getName())) {
        continue;
      }
      boolean categorical =
          feature.getType() == FeatureType.BYTES || feature.getIntDomain().getIsCategorical();
      if (feature.getLifecycleStage() == LifecycleStage.DEPRECATED) {
        choices.put(feature.getName(), new FeatureChoice.Exclude());
      } else if (categorical && type != ValueType.STRING) {
        choices.put(feature.getName(), FeatureChoice.Vocabulary.ofDefaults());
      }
    }
    return new FeatureSpec(choices);
  }

  private static Schema schema(StageCall call) {
    ArtifactUri uri = call.input("schema");
    Schema.Builder schema = Schema.newBuilder();
    try {
      TextFormat.merge(new String(call.read(uri, SCHEMA), StandardCharsets.UTF_8), schema);
    } catch (TextFormat.ParseException e) {
      throw new BadInput(uri + SCHEMA + " is no schema: " + e.getMessage(), e);
    }
    return schema.build();
  }

  private static ExamplesManifest.Part write(
      StageCall call, ExampleFiles examples, Split split, Mapping mapping, Output features)
      throws IOException {
    String name = ExamplesManifest.partName(split, /* shard= */ 0);
    Path file = call.directory().resolve("features-" + name);
    long rows;
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        ExampleReader reader = examples.open(split);
        ParquetExampleWriter writer =
            ParquetExampleWriter.open(out, FeatureBatches.fields(mapping.features()), NARROW)) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        writer.write(FeatureBatches.toExamples(mapping.apply(batch)));
      }
      writer.finish();
      rows = writer.rows();
    }
    features.write(name, file, "application/vnd.apache.parquet");
    return new ExamplesManifest.Part(name, rows);
  }
}
