package dev.sluice.testing;

import dev.sluice.contracts.PipelineSpec;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.ParquetExampleWriter;
import dev.sluice.examples.Split;
import dev.sluice.transform.FeatureBatches;
import dev.sluice.transform.FeatureSpec;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Artifacts of examples, their mapping and their features, by uri.
 *
 * @param mapping as it was fitted on train
 */
public record FeatureArtifacts(
    String examples, String transform, String features, Mapping mapping) {

  /** The artifacts of a CSV text under a spec. */
  public static FeatureArtifacts of(MemoryCloud cloud, PipelineSpec spec, String csv)
      throws IOException {
    String examples = ExampleArtifacts.of(cloud, spec.name(), csv);
    Mapping mapping;
    try (ExampleReader train = ExampleArtifacts.open(cloud, examples, Split.TRAIN)) {
      mapping =
          Mapping.fit(
              train, spec.label(), spec.exclude(), spec.section("features", FeatureSpec::parse));
    }
    String transform =
        cloud.artifact(
            spec.name(), "transform", MappingFiles.write(mapping), Map.of("examples", examples));
    Map<String, byte[]> content = new LinkedHashMap<>();
    Map<String, ExamplesManifest.Files> parts = new TreeMap<>();
    for (Split split : Split.values()) {
      String name = ExamplesManifest.partName(split, /* shard= */ 0);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      long rows;
      try (ExampleReader reader = ExampleArtifacts.open(cloud, examples, split);
          ParquetExampleWriter writer =
              ParquetExampleWriter.open(
                  out,
                  FeatureBatches.fields(mapping.features()),
                  new ParquetExampleWriter.Options(/* narrowFloats= */ true, Map.of()))) {
        for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
          writer.write(FeatureBatches.toExamples(mapping.apply(batch)));
        }
        writer.finish();
        rows = writer.rows();
      }
      content.put(name, out.toByteArray());
      parts.put(
          split.label(),
          new ExamplesManifest.Files(rows, List.of(new ExamplesManifest.Part(name, rows))));
    }
    content.put(
        ExamplesManifest.NAME,
        new ExamplesManifest(FeatureBatches.fields(mapping.features()), parts, List.of())
            .toJson()
            .getBytes(StandardCharsets.UTF_8));
    String features =
        cloud.artifact(spec.name(), "features", content, Map.of("transform", transform));
    return new FeatureArtifacts(examples, transform, features, mapping);
  }
}
