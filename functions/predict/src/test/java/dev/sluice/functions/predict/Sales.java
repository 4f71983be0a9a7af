package dev.sluice.functions.predict;

import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import dev.sluice.models.BinaryTrainer;
import dev.sluice.models.TrainConfig;
import dev.sluice.models.TrainingRows;
import dev.sluice.models.TreeModel;
import dev.sluice.rollout.Routes;
import dev.sluice.stages.Layout;
import dev.sluice.stages.Release;
import dev.sluice.transform.FeatureSpec;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import dev.sluice.transform.MappingFitter;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Generated sales, a mapping fitted on them, and models of different lengths that learned them. */
final class Sales {
  static final Layout LAYOUT = new Layout("artifacts", "serving");
  static final String PIPELINE = "sales";
  static final List<String> KINDS = List.of("red", "grün", "blue \"sky\"", "<none>");
  private static final int ROWS = 600;

  final Mapping mapping;
  final List<TreeModel> models;
  private final List<byte[]> files;

  /** Trains; version n learns 5 n rounds. */
  Sales(int versions) {
    Random random = new Random(21);
    double[] price = new double[ROWS];
    double[] tips = new double[ROWS];
    long[] count = new long[ROWS];
    long[] sold = new long[ROWS];
    int[] kind = new int[ROWS];
    for (int i = 0; i < ROWS; i++) {
      price[i] = random.nextGaussian() * 10;
      count[i] = random.nextInt(50);
      kind[i] = random.nextInt(4);
      tips[i] = random.nextDouble();
      double score = price[i] / 10 + count[i] / 40.0 + (kind[i] == 1 ? 1 : -0.5);
      sold[i] = score + random.nextGaussian() / 3 > 0 ? 1 : 0;
    }
    List<Field> fields =
        List.of(
            new Field("price", ValueType.FLOAT),
            new Field("count", ValueType.INT),
            new Field("kind", ValueType.STRING),
            new Field("tips", ValueType.FLOAT),
            new Field("sold", ValueType.INT));
    ExampleBatch batch =
        new ExampleBatch(
            fields,
            List.of(
                new FloatColumn(price, Validity.all(ROWS)),
                new IntColumn(count, Validity.all(ROWS)),
                new StringColumn(kind, KINDS, Validity.all(ROWS)),
                new FloatColumn(tips, Validity.all(ROWS)),
                new IntColumn(sold, Validity.all(ROWS))),
            ROWS);
    MappingFitter fitter =
        new MappingFitter(
            fields,
            new PipelineSpec.Label("sold", null, null),
            List.of("tips"),
            FeatureSpec.ofDefaults());
    fitter.add(batch);
    mapping = fitter.fit();
    TrainingRows rows = new TrainingRows(mapping.features()).add(mapping.apply(batch));
    files =
        java.util.stream.IntStream.rangeClosed(1, versions)
            .mapToObj(n -> {
              Map<String, @Nullable Object> config = new HashMap<>();
              config.put("rounds", 5 * n);
              config.put("early_stopping_rounds", 0);
              return BinaryTrainer.train(rows, TrainConfig.parse(config)).model();
            })
            .toList();
    models = files.stream().map(file -> TreeModel.read(file, "model.ubj")).toList();
  }

  /** The objects of a released version, the checksums last, by their names in the bucket. */
  Map<String, byte[]> release(String pipeline, int version) {
    Map<String, byte[]> out = new LinkedHashMap<>();
    Map<String, String> checksums = new HashMap<>();
    Map<String, String> sha256 = new HashMap<>();
    Map<String, byte[]> named = new LinkedHashMap<>();
    named.put(TreeModel.FILE, files.get((version - 1) % files.size()));
    MappingFiles.write(mapping)
        .forEach((name, bytes) -> named.put(Release.TRANSFORM + name, bytes));
    named.forEach((name, bytes) -> {
      checksums.put(name, crc32c(bytes));
      sha256.put(name, Fingerprint.sha256(bytes));
      out.put(LAYOUT.version(pipeline, version, name).name(), bytes);
    });
    Release release = new Release(version, "gs://a/model", "gs://a/transform", checksums, sha256);
    out.put(LAYOUT.version(pipeline, version, Release.FILE).name(), Json.bytes(release));
    return out;
  }

  static byte[] routes(Routes routes) {
    return Json.bytes(routes);
  }

  /** Google's form: base64 of the big-endian checksum. */
  static String crc32c(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
