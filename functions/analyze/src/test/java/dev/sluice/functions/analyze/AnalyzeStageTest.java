package dev.sluice.functions.analyze;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.stages.StageEndpoint;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.Relations;
import dev.sluice.statistics.StatisticsFiles;
import dev.sluice.testing.ExampleArtifacts;
import dev.sluice.testing.Exchange;
import dev.sluice.testing.MemoryCloud;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnalyzeStageTest {
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
            StageEndpoint.making(platform, new AnalyzeStage())::service, (Object) request);
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
  void splitsWholeAndGroupsAreMeasuredAndReported() throws Exception {
    cloud.spec("p", "label: sold\ngroup_by: [country]\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    StageRequest call =
        MemoryCloud.call(
            batch, "analyze", Map.of("examples", ExampleArtifacts.of(cloud, "p", csv(400, 1))));
    StageResult result = answer(call);
    assertThat(result.summary()).containsEntry("rows", 400.0).containsEntry("features", 4.0);
    String uri = result.outputs().get("statistics");
    assertThat(StatisticsFiles.read(cloud.read(uri, StatisticsFiles.SPLITS), "it"))
        .extracting(DatasetStatistics::split)
        .containsExactlyInAnyOrder("train", "eval");
    assertThat(StatisticsFiles.read(cloud.read(uri, StatisticsFiles.SLICES), "it"))
        .extracting(DatasetStatistics::slice)
        .contains("", "country=de", "country=fr");
    assertThat(cloud.facts().column("statistics", "split")).contains("train", "eval", "");
    int rows = cloud.facts().of("statistics").size();
    assertThat(answer(call).cached()).isTrue();
    assertThat(cloud.facts().of("statistics")).hasSize(2 * rows);
  }

  @Test
  void associationsAreInTheArtifactAndReported() throws Exception {
    cloud.spec("p", "label: {name: rich, expression: 'x > 0'}\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    StageResult result =
        answer(
            MemoryCloud.call(
                batch,
                "analyze",
                Map.of("examples", ExampleArtifacts.of(cloud, "p", csv(400, 1)))));
    Relations relations =
        StatisticsFiles.readRelations(
            cloud.read(result.outputs().get("statistics"), StatisticsFiles.RELATIONS), "it");
    assertThat(relations.rows()).isEqualTo(400);
    assertThat(relations.repeats().distinct()).isEqualTo(400);
    assertThat(relations.associations())
        .extracting(a -> a.measure() + " " + a.a() + " " + a.b())
        .containsExactly(
            "CRAMERS_V color country",
            "CRAMERS_V color sold",
            "CRAMERS_V country sold",
            "MUTUAL_INFORMATION x rich",
            "MUTUAL_INFORMATION color rich",
            "MUTUAL_INFORMATION country rich",
            "MUTUAL_INFORMATION sold rich");
    assertThat(cloud.facts().column("associations", "measure")).hasSize(7);
  }

  @Test
  void anExpressionThatDoesNotFitTheBatch_isNoted() throws Exception {
    cloud.spec("p", "label: {name: rich, expression: 'fare > 0'}\n");
    Batch batch = cloud.batch("p", "s1", "x\n1\n");
    cloud.pin(batch);
    StageResult result =
        answer(
            MemoryCloud.call(
                batch,
                "analyze",
                Map.of("examples", ExampleArtifacts.of(cloud, "p", csv(400, 1)))));
    assertThat(String.valueOf(result.summary().get("notes")))
        .contains("no mutual information: label 'rich'")
        .contains("there is no column 'fare'");
  }
}
