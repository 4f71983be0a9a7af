package dev.sluice.functions.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.examples.ExamplesManifest;
import dev.sluice.examples.Split;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.testing.ExampleArtifacts;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import dev.sluice.transform.Encoder;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import dev.sluice.transform.RawColumn;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TransformStageTest {
  private final MemoryCloud cloud = new MemoryCloud();
  private final Platform platform =
      Platform.of(
          Configuration.of(cloud::setting),
          "code-1",
          cloud.clock(),
          cloud.objects(),
          cloud.facts(),
          cloud.messages(),
          cloud.composer());

  private StageResult answer(StageRequest request) throws Exception {
    Exchange exchange =
        Exchange.post(
            StageEndpoint.making(platform, new TransformStage())::service, (Object) request);
    assertThat(exchange.status()).as(exchange.text()).isEqualTo(200);
    return exchange.as(StageResult.class);
  }

  private static String csv(int rows, long seed) {
    Random random = new Random(seed);
    StringBuilder out = new StringBuilder("x,color,country,sold\n");
    for (int i = 0; i < rows; i++) {
      double x = random.nextGaussian();
      out.append(x)
          .append(random.nextBoolean() ? ",red" : ",blue")
          .append(random.nextBoolean() ? ",de" : ",fr")
          .append(x + random.nextGaussian() / 2 > 0 ? ",yes" : ",no")
          .append('\n');
    }
    return out.toString();
  }

  @Test
  void theMappingIsSavedAndTheFeaturesKeepTheExamplesRows() throws Exception {
    cloud.spec("p", "label: sold\nexclude: [country]\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    String examples = ExampleArtifacts.of(cloud, "p", csv(400, 1));
    StageResult result =
        answer(
            MemoryCloud.call(
                batch,
                "transform",
                Map.of(
                    "examples", examples,
                    "schema", cloud.artifact("p", "schema", "schema.pbtxt", ""),
                    "data_blessing", cloud.artifact("p", "blessing", "blessing.json", "{}"))));
    String transform = result.outputs().get("transform");
    Mapping mapping = MappingFiles.read(name -> cloud.read(transform, name));
    assertThat(mapping.label().name()).isEqualTo("sold");
    assertThat(mapping.features()).isNotEmpty().noneMatch(name -> name.contains("country"));
    assertThat(mapping.features()).noneMatch(name -> name.contains("sold"));
    for (Split split : Split.values()) {
      assertThat(manifest(result.outputs().get("features")).files(split).rows())
          .isEqualTo(manifest(examples).files(split).rows());
    }
    assertThat(result.summary()).containsEntry("label", "sold");
  }

  @Test
  void aLabelThatIsNoColumnIsRefused() throws Exception {
    cloud.spec("p", "label: solt\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    Exchange exchange =
        Exchange.post(
            StageEndpoint.making(platform, new TransformStage())::service,
            (Object)
                MemoryCloud.call(
                    batch,
                    "transform",
                    Map.of(
                        "examples", ExampleArtifacts.of(cloud, "p", csv(100, 1)),
                        "schema", cloud.artifact("p", "schema", "schema.pbtxt", ""),
                        "data_blessing", cloud.artifact("p", "blessing", "blessing.json", "{}"))));
    assertThat(exchange.status()).isEqualTo(422);
    assertThat(exchange.text()).contains("solt");
  }

  /** Numbers that are a region's code and a plan's, a text a row, a number, and the label. */
  private static String codes(int rows, long seed) {
    Random random = new Random(seed);
    StringBuilder out = new StringBuilder("region,plan,note,x,sold\n");
    for (int i = 0; i < rows; i++) {
      out.append(10 * (1 + random.nextInt(4)))
          .append(',')
          .append(random.nextInt(3))
          .append(",note ")
          .append(i)
          .append(" of a kind,")
          .append(random.nextGaussian())
          .append(random.nextBoolean() ? ",yes" : ",no")
          .append('\n');
    }
    return out.toString();
  }

  private static final String SCHEMA =
      """
      feature { name: "region" type: BYTES }
      feature { name: "plan" type: INT int_domain { is_categorical: true } }
      feature { name: "note" type: BYTES }
      feature { name: "x" type: FLOAT lifecycle_stage: DEPRECATED }
      feature { name: "sold" type: BYTES }
      feature { name: "gone" type: BYTES }
      """;

  /** The mapping of {@link #codes}, read back from its manifest. */
  private Mapping mapping(String spec, String schema) throws Exception {
    cloud.spec("p", spec);
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    StageResult result =
        answer(
            MemoryCloud.call(
                batch,
                "transform",
                Map.of(
                    "examples", ExampleArtifacts.of(cloud, "p", codes(400, 1)),
                    "schema", cloud.artifact("p", "schema", "schema.pbtxt", schema),
                    "data_blessing", cloud.artifact("p", "blessing", "blessing.json", "{}"))));
    String transform = result.outputs().get("transform");
    return MappingFiles.read(name -> cloud.read(transform, name));
  }

  private static Encoder encoder(Mapping mapping, String column) {
    return mapping.encoders().stream()
        .filter(e -> e.column().equals(column))
        .findFirst()
        .orElseThrow();
  }

  private static RawColumn column(Mapping mapping, String name) {
    return mapping.rawColumns().get(mapping.column(name));
  }

  @Test
  void withoutAWordInTheSchemaNumbersAreNumbers() throws Exception {
    Mapping mapping = mapping("label: sold\n", "");
    assertThat(mapping.encoders())
        .extracting(Encoder::column)
        .containsExactlyInAnyOrder("region", "plan", "x");
    assertThat(mapping.encoders()).allMatch(e -> e instanceof Encoder.Numeric);
  }

  @Test
  void numbersThatTheSchemaCallsTextOrCategoricalGetAVocabulary() throws Exception {
    Mapping mapping = mapping("label: sold\n", SCHEMA);
    assertThat(encoder(mapping, "region"))
        .isInstanceOfSatisfying(
            Encoder.Categorical.class, e -> assertThat(e.vocabulary().size()).isEqualTo(4));
    assertThat(encoder(mapping, "plan"))
        .isInstanceOfSatisfying(
            Encoder.Categorical.class, e -> assertThat(e.vocabulary().size()).isEqualTo(3));
  }

  @Test
  void anIntDomainThatIsNotCategoricalLeavesANumber() throws Exception {
    Mapping mapping =
        mapping("label: sold\n", "feature { name: 'plan' type: INT int_domain { min: 0 max: 2 } }");
    assertThat(encoder(mapping, "plan")).isInstanceOf(Encoder.Numeric.class);
  }

  @Test
  void whatTheSchemaCallsDeprecatedIsExcluded() throws Exception {
    Mapping mapping = mapping("label: sold\n", SCHEMA);
    assertThat(column(mapping, "x").role()).isEqualTo(RawColumn.Role.EXCLUDED);
    assertThat(mapping.features()).containsExactlyInAnyOrder("region", "plan");
  }

  @Test
  void aTextARowStaysExcludedThoughTheSchemaCallsItText() throws Exception {
    RawColumn note = column(mapping("label: sold\n", SCHEMA), "note");
    assertThat(note.role()).isEqualTo(RawColumn.Role.EXCLUDED);
    assertThat(note.reason()).contains("nearly every row of train has a text of its own");
  }

  @Test
  void whatTheSpecsFeaturesSayCountsBeforeTheSchema() throws Exception {
    Mapping mapping =
        mapping(
            "label: sold\n"
                + "features: {region: {numeric: {}}, plan: {one_hot: {}}, x: {z_score: {}}}\n",
            SCHEMA);
    assertThat(encoder(mapping, "region")).isInstanceOf(Encoder.Numeric.class);
    assertThat(encoder(mapping, "plan")).isInstanceOf(Encoder.OneHot.class);
    assertThat(encoder(mapping, "x")).isInstanceOf(Encoder.Numeric.class);
  }

  private ExamplesManifest manifest(String uri) {
    return ExamplesManifest.fromJson(
        new String(cloud.read(uri, ExamplesManifest.NAME), StandardCharsets.UTF_8));
  }
}
