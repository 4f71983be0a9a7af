package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.BlobInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Markers, spans and versions, from an upload to a live model. */
@ExtendWith(LocalCloudExtension.class)
final class SpansTest {
  private final Cloud cloud;

  SpansTest(Cloud cloud) {
    this.cloud = cloud;
  }

  private void upload(String object, String content) {
    cloud
        .storage()
        .create(
            BlobInfo.newBuilder(cloud.bucket("inbox"), object).build(), content.getBytes(UTF_8));
  }

  private static String day(int day, int rows) {
    return Marketplace.csv(Marketplace.day(day, rows));
  }

  private List<Map<String, @Nullable Object>> batches(String pipeline) throws Exception {
    return cloud.query(
        "SELECT * FROM sluice.batches WHERE pipeline = '%s' ORDER BY received_at"
            .formatted(pipeline));
  }

  @Test
  void aMarkerStartsOneRunOfItsSpanAndTheNewestVersionOfTheOneBefore() throws Exception {
    cloud.spec(
        "sales",
        """
        source: {files: "sales/{SPAN}/v{VERSION}/*", spans: 2, complete: marker}
        label: sold
        exclude: [listing]
        """);
    upload("sales/2026-11-01/v1/a.csv", day(31, 700));
    upload("sales/2026-11-01/v1/b.csv", day(32, 800));
    cloud.awaitIdle();
    assertThat(batches("sales")).isEmpty();

    upload("sales/2026-11-01/v1/_SUCCESS", "");
    cloud.awaitIdle();
    assertThat(batches("sales"))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("state", "LIVE")
                .containsEntry("span", "2026-11-01")
                .containsEntry("version", 1L)
                .containsEntry("source", "files")
                .containsEntry("sources", 2L)
                .containsEntry("rows", 1_500L)
                .satisfies(SpansTest::reconciles));

    upload("sales/2026-11-01/v10/a.csv", day(33, 900));
    upload("sales/2026-11-01/v10/_SUCCESS", "");
    cloud.awaitIdle();
    upload("sales/2026-11-02/v1/a.csv", day(34, 1_000));
    upload("sales/2026-11-02/v1/_SUCCESS", "");
    cloud.awaitIdle();
    // The same marker again, and a hidden file: nothing new.
    upload("sales/2026-11-02/v1/_SUCCESS", "");
    upload("sales/2026-11-02/v1/.part-0.crc", "x");
    cloud.awaitIdle();
    assertThat(batches("sales"))
        .hasSize(3)
        .last()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("state", "LIVE")
                .containsEntry("span", "2026-11-02")
                .containsEntry(
                    "uri", "gs://" + cloud.bucket("inbox") + "/sales/2026-11-02/v1/a.csv")
                .containsEntry("sources", 2L)
                .containsEntry("rows", 1_900L)
                .satisfies(SpansTest::reconciles));
    assertThat(cloud.names("artifacts", "sales/runs/")).hasSize(3);
    assertThat(cloud.query("SELECT * FROM sluice.alarms WHERE pipeline = 'sales'")).isEmpty();
  }

  private static void reconciles(Map<? extends String, ? extends @Nullable Object> row) {
    assertThat(number(row, "rejected_rows") + number(row, "train_rows") + number(row, "eval_rows"))
        .isEqualTo(number(row, "rows"));
  }

  private static long number(Map<? extends String, ? extends @Nullable Object> row, String column) {
    return row.get(column) instanceof Long value ? value : -1;
  }

  @Test
  void aNameThatWouldLeaveItsFolderIsToldAndNotTaken() throws Exception {
    cloud.spec("safe", "label: sold\nsource: {files: 'safe/**'}\n");
    upload("safe/2026-11-01/../../x.csv", day(35, 10));
    cloud.awaitIdle();
    assertThat(batches("safe"))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("state", "IGNORED"));
    assertThat(cloud.query("SELECT text FROM sluice.alarms WHERE pipeline = 'safe'"))
        .singleElement()
        .satisfies(alarm ->
            assertThat(String.valueOf(alarm.get("text"))).contains("has the segment '..'"));
    assertThat(cloud.names("inbox", "safe/")).containsExactly("safe/2026-11-01/../../x.csv");
  }
}
