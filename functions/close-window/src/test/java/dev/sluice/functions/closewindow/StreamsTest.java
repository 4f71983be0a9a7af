package dev.sluice.functions.closewindow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.Queries;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import dev.sluice.testing.MemoryCloud;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StreamsTest {
  private final MemoryCloud cloud = new MemoryCloud();
  private final OneRowEach queries = new OneRowEach();
  private final Streams streams =
      new Streams(
          Platform.of(
                  Configuration.of(cloud::setting),
                  "code-1",
                  cloud.clock(),
                  cloud.objects(),
                  cloud.facts(),
                  cloud.messages(),
                  cloud.composer())
              .with((table, rows) -> {}, queries));

  StreamsTest() {
    cloud.set("SLUICE_DATASET", "sluice");
  }

  /** Tables in which every pipeline has one row, an hour old. */
  private final class OneRowEach implements Queries {
    private final List<String> jobs = new ArrayList<>();
    private @Nullable RuntimeException failure;

    @Override
    public Job appendJob(String job, String sql, Map<String, Object> parameters, String table) {
      if (failure != null && job.contains("_bad_")) {
        throw failure;
      }
      jobs.add(job);
      return new Job(job, cloud.clock().instant(), null);
    }

    @Override
    public List<Map<String, @Nullable Object>> query(String sql, Map<String, Object> parameters) {
      Instant hourAgo = cloud.clock().instant().minusSeconds(3600);
      return sql.contains("MIN(event_time)")
          ? List.of(Map.of("first", hourAgo))
          : List.of(Map.of("window_start", hourAgo, "taken", 1L, "bytes", 2L));
    }
  }

  @Test
  void everyStreamIsClosedAndNothingElse() {
    cloud.spec("a", "label: sold\nsource: {stream: {}}\n");
    cloud.spec("b", "label: sold\n");
    cloud.spec("c", "label: sold\nsource: {stream: {window: 1m}}\n");
    cloud.objects().put(MemoryCloud.SERVING, "specs/d.schema.pbtxt", "feature {}");
    assertThat(streams.closeAll()).containsOnlyKeys("a", "c");
    assertThat(queries.jobs).hasSize(2);
    assertThat(streams.closeAll()).as("nothing is due").isEmpty();
  }

  @Test
  void aBrokenSpecHoldsUpNoOtherAndIsReadOnce() {
    cloud.spec("a", "lable: sold\n");
    cloud.spec("c", "label: sold\nsource: {stream: {}}\n");
    assertThat(streams.closeAll()).containsOnlyKeys("c");
    assertThat(cloud.messages().alarms()).isEmpty();
  }

  @Test
  void aSpecThatChangesCountsAtTheNextCall() {
    cloud.spec("a", "label: sold\n");
    assertThat(streams.closeAll()).isEmpty();
    cloud.spec("a", "label: sold\nsource: {stream: {}}\n");
    assertThat(streams.closeAll()).containsOnlyKeys("a");
  }

  @Test
  void aPipelineThatFailsHoldsUpNoOtherAndTheCallSaysSo() {
    cloud.spec("bad", "label: sold\nsource: {stream: {}}\n");
    cloud.spec("c", "label: sold\nsource: {stream: {}}\n");
    queries.failure = new Unavailable("BigQuery is away");
    assertThatThrownBy(streams::closeAll)
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("bad: BigQuery is away");
    assertThat(queries.jobs).singleElement().asString().contains("_c_");
    assertThat(cloud.messages().alarms()).as("it may pass by itself").isEmpty();
    queries.failure = null;
    assertThat(streams.closeAll()).containsOnlyKeys("bad");
  }

  @Test
  void whatDoesNotPassByItselfRaisesOneAlarmHoweverOftenItIsTried() {
    cloud.spec("bad", "label: sold\nsource: {stream: {}}\n");
    queries.failure = new Bug("no table window_rows");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(streams::closeAll).isInstanceOf(Unavailable.class);
    }
    assertThat(cloud.messages().alarms().stream().map(alarm -> alarm.alarm()).distinct())
        .hasSize(1);
    assertThat(cloud.messages().alarms().getFirst().text())
        .contains("windows of pipeline bad are not closed", "no table window_rows");
  }
}
