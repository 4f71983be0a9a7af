package dev.sluice.testing;

import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.ParquetExampleReader;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.Split;
import dev.sluice.examples.Splits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Artifacts of examples, made from CSV by the library that ingestion uses. */
public final class ExampleArtifacts {
  private ExampleArtifacts() {}

  /** The uri of the examples of a CSV text, split as ingestion splits. */
  public static String of(MemoryCloud cloud, String pipeline, String csv) {
    try {
      return cloud.artifact(pipeline, "examples", ingest(csv), Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows of a split. */
  public static ExampleReader open(MemoryCloud cloud, String examples, Split split) {
    try {
      Path file = Files.createTempFile("sluice-test-", ".parquet");
      file.toFile().deleteOnExit();
      Files.write(file, cloud.read(examples, ExamplesManifest.partName(split, /* shard= */ 0)));
      return ParquetExampleReader.open(file, Set.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, byte[]> ingest(String csv) throws IOException {
    byte[] bytes = csv.getBytes(StandardCharsets.UTF_8);
    Map<String, ByteArrayOutputStream> files = new LinkedHashMap<>();
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults())
            .run(
                RecordFiles.detect(List.of(ByteSource.of("gs://test-inbox/data.csv", bytes))),
                file -> {
                  ByteArrayOutputStream out = new ByteArrayOutputStream();
                  files.put(file, out);
                  return out;
                },
                Ingestion.Progress.none());
    files.remove(Ingestion.rejectedName());
    Map<String, byte[]> content = new LinkedHashMap<>();
    files.forEach((name, out) -> content.put(name, out.toByteArray()));
    content.put(ExamplesManifest.NAME, result.manifest().toJson().getBytes(StandardCharsets.UTF_8));
    return content;
  }
}
