package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import dev.sluice.gcp.RunState;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a run can be asked for, and what starts one beside a delivery. */
@ExtendWith(LocalCloudExtension.class)
final class RunsOnRequestTest {
  private static final int ROWS = 1_200;

  private final Cloud cloud;

  RunsOnRequestTest(Cloud cloud) {
    this.cloud = cloud;
  }

  private List<Map<String, @Nullable Object>> stages(String run) throws Exception {
    return cloud.query(
        "SELECT operation, cached, batch FROM sluice.stage_runs WHERE run = '"
            + run
            + "' AND fingerprint IS NOT NULL");
  }

  @Test
  void aForcedRunMakesEverythingAnewAndAnotherRunOnlyWhatChanged() throws Exception {
    cloud.spec("force", "label: sold\n");
    Batch batch = cloud.drop("force/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(61, ROWS)));
    assertThat(cloud.live("force")).isEqualTo(1);
    String other = batch.batch() + "--other";
    String forced = batch.batch() + "--force-1";

    cloud.composer().trigger("force", other, Map.of("batch", batch.batch()));
    cloud.awaitIdle();
    cloud.composer().trigger("force", forced, Map.of("batch", batch.batch(), "force", true));
    cloud.awaitIdle();

    // The model is also compared with the one that is live, which there was none of before.
    assertThat(stages(other))
        .filteredOn(row -> Boolean.TRUE.equals(row.get("cached")))
        .extracting(row -> row.get("operation"))
        .containsExactlyInAnyOrder("ingest", "analyze", "validate-data", "transform", "train");
    assertThat(cloud.composer().run("force", forced)).isEqualTo(RunState.SUCCESS);
    assertThat(stages(forced)).hasSize(7).allMatch(row -> Boolean.FALSE.equals(row.get("cached")));
    assertThat(cloud.live("force")).isEqualTo(2);
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(cloud.alarms(batch)).isEmpty();
  }

  @Test
  void aRunOfASpanIsOfItsNewestDataHoweverNewOthersAre() throws Exception {
    cloud.spec("spans", "label: sold\n");
    Batch first = cloud.drop("spans/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(62, ROWS)));
    Batch later = cloud.drop("spans/2026-01-02/a.csv", Marketplace.csv(Marketplace.day(63, ROWS)));
    assertThat(cloud.live("spans")).isEqualTo(2);

    cloud.composer().trigger("spans", "of-a-span", Map.of("span", "2026-01-01"));
    cloud.composer().trigger("spans", "of-none", Map.of("span", "2026-01-03"));
    cloud.awaitIdle();

    assertThat(stages("of-a-span"))
        .isNotEmpty()
        .allMatch(row -> first.batch().equals(row.get("batch")));
    assertThat(cloud.row(first)).containsEntry("state", "SUPERSEDED");
    assertThat(cloud.row(later)).containsEntry("state", "LIVE");
    assertThat(cloud.composer().run("spans", "of-none")).isEqualTo(RunState.FAILED);
    assertThat(
            cloud.query(
                "SELECT error FROM sluice.stage_runs WHERE run = 'of-none' AND operation = 'resolve'"
                    + " AND state = 'FAILED'"))
        .singleElement()
        .satisfies(row ->
            assertThat(String.valueOf(row.get("error"))).contains("no batch of span '2026-01-03'"));
  }

  @Test
  void aPipelineStartsAfterTheReleaseOfTheOneItFollowsAndNotAfterABatchThatIsHeld()
      throws Exception {
    cloud.spec("leader", "label: sold\ngates: {min_auc: 0.5}\n");
    cloud.spec("follower", "label: sold\nafter: [leader]\n");
    Batch own = cloud.drop("follower/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(64, ROWS)));

    cloud.upload(
        "leader/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(65, ROWS)).getBytes(UTF_8));
    cloud.awaitIdle();

    assertThat(started("follower"))
        .hasSize(1)
        .allMatch(row -> own.batch().equals(row.get("batch")));
    assertThat(cloud.live("follower")).isEqualTo(1);

    cloud.spec("leader", "label: sold\ngates: {min_auc: 0.999}\n");
    cloud.upload(
        "leader/2026-01-02/a.csv", Marketplace.csv(Marketplace.day(66, ROWS)).getBytes(UTF_8));
    cloud.awaitIdle();

    assertThat(cloud.live("leader")).isEqualTo(1);
    assertThat(started("follower")).hasSize(1);
  }

  private List<Map<String, @Nullable Object>> started(String pipeline) throws Exception {
    return cloud.query(
        "SELECT DISTINCT run, batch FROM sluice.stage_runs WHERE pipeline = '"
            + pipeline
            + "' AND batch IS NOT NULL AND run LIKE 'asset_triggered%'");
  }
}
