package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a batch is compared with, on a whole cloud. */
@ExtendWith(LocalCloudExtension.class)
final class BaselinesTest {
  private static final int ROWS = 2_000;

  /** What prices rise by in a day: too little to see from one day to the next. */
  private static final double A_DAY = 1.08;

  private final Cloud cloud;

  BaselinesTest(Cloud cloud) {
    this.cloud = cloud;
  }

  private Batch drop(String pipeline, int day, double factor) throws Exception {
    List<Marketplace.Listing> listings = new ArrayList<>();
    for (Marketplace.Listing listing : Marketplace.day(60 + day, ROWS)) {
      listings.add(listing.withPrice(listing.priceUsd() * factor));
    }
    return cloud.drop(pipeline + "/2026-11-0" + day + "/a.csv", Marketplace.csv(listings));
  }

  private Map<String, @Nullable Object> verdict(Batch batch) throws Exception {
    return cloud.row(
        "SELECT outcome, reasons FROM sluice.verdicts WHERE batch = '%s' AND subject = 'DATA'"
            .formatted(batch.batch()));
  }

  @Test
  void aSlowDriftThatPassesDayByDayIsToldAgainstTheLiveModelsBatch() throws Exception {
    String pipeline = "drift";
    cloud.spec(pipeline, "label: sold\nexclude: [listing]\n");
    Batch first = drop(pipeline, 1, 1);
    assertThat(cloud.row(first)).containsEntry("state", "LIVE");
    // No later model is good enough, so the first one serves on while the baseline moves.
    cloud.spec(pipeline, "label: sold\nexclude: [listing]\ngates: {min_auc: 0.999}\n");

    List<String> outcomes = new ArrayList<>();
    Batch last = first;
    for (int day = 2; day <= 8 && !outcomes.contains("WARN"); day++) {
      last = drop(pipeline, day, Math.pow(A_DAY, day - 1));
      outcomes.add(String.valueOf(verdict(last).get("outcome")));
    }
    assertThat(outcomes).startsWith("PASS", "PASS").endsWith("WARN").doesNotContain("FAIL");
    assertThat(cloud.live(pipeline)).isEqualTo(1);
    assertThat(String.valueOf(verdict(last).get("reasons")))
        .contains("against what the live model learned from, price_usd");
    assertThat(cloud.alarms(last))
        .anySatisfy(alarm ->
            assertThat(String.valueOf(alarm.get("text")))
                .contains("goes on", "against what the live model learned from"));
  }
}
