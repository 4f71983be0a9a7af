package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Columns of several values a row, from JSON Lines in the inbox to predictions. */
@ExtendWith(LocalCloudExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ListsTest {
  private static final String PIPELINE = "lists";
  private static final int ROWS = 1_500;

  private final Cloud cloud;

  ListsTest(Cloud cloud) {
    this.cloud = cloud;
  }

  /**
   * Sales that a rare tag and the second place of a vector decide.
   *
   * @param length of the vectors of the last ten rows; three before
   */
  private static String lines(long seed, int length) {
    Random random = new Random(seed);
    Gson gson = new Gson();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < ROWS; i++) {
      List<String> tags = new ArrayList<>();
      for (int n = random.nextInt(4); n > 0; n--) {
        tags.add("tag" + random.nextInt(6));
      }
      List<Double> vector = new ArrayList<>();
      for (int n = 0; n < (i < ROWS - 10 ? 3 : length); n++) {
        vector.add(random.nextGaussian());
      }
      double score = (tags.contains("tag5") ? 2 : 0) + vector.get(1);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("tags", tags);
      row.put("vector", vector);
      row.put("country", random.nextInt(4) == 0 ? "NL" : "JP");
      row.put("sold", score + random.nextGaussian() / 3 > 1 ? "yes" : "no");
      out.append(gson.toJson(row)).append('\n');
    }
    return out.toString();
  }

  private float score(Map<String, ?> row) throws Exception {
    HttpResponse<String> answer = cloud.predict(PIPELINE, row);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JsonParser.parseString(answer.body())
        .getAsJsonObject()
        .getAsJsonArray("predictions")
        .get(0)
        .getAsFloat();
  }

  @Test
  @Order(1)
  void linesWithListsBecomeALiveModel() throws Exception {
    cloud.spec(PIPELINE, "label: sold\nslices: [[country]]\n");
    Batch batch = cloud.drop(PIPELINE + "/2026-01-01/a.jsonl", lines(1, 3));
    assertThat(cloud.row(batch))
        .containsEntry("state", "LIVE")
        .containsEntry("rows", (long) ROWS)
        .containsEntry("rejected_rows", 0L);
    assertThat(
            score(Map.of("tags", List.of("tag5"), "vector", List.of(0, 1.5, 0), "country", "NL")))
        .isGreaterThan(.8f);
    assertThat(score(Map.of("tags", List.of("tag1", "tag2"), "vector", List.of(0, -1.5, 0))))
        .isLessThan(.2f);
  }

  @Test
  @Order(2)
  void theNextDayPasses() throws Exception {
    Batch batch = cloud.drop(PIPELINE + "/2026-01-02/a.jsonl", lines(2, 3));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(cloud.live(PIPELINE)).isEqualTo(2);
  }

  @Test
  @Order(3)
  void vectorsOfAnotherLengthAreHeldAndNamed() throws Exception {
    Batch batch = cloud.drop(PIPELINE + "/2026-01-03/a.jsonl", lines(3, 4));
    assertThat(cloud.row(batch)).containsEntry("state", "BLOCKED");
    Map<String, @Nullable Object> anomaly =
        cloud.row(
            "SELECT feature, short_text, first_row FROM sluice.anomalies WHERE batch = '%s' AND kind = 'FEATURE_TYPE_HIGH_NUMBER_VALUES'"
                .formatted(batch.batch()));
    assertThat(anomaly)
        .containsEntry("feature", "vector")
        .containsEntry(
            "short_text", "vector has up to 4 values a row, the schema asks for exactly 3")
        .containsEntry("first_row", ROWS - 9L);
    assertThat(cloud.live(PIPELINE)).isEqualTo(2);
  }

  @Test
  @Order(4)
  void anArrayForOneValueIsTheProtocolsError() throws Exception {
    HttpResponse<String> answer = cloud.predict(PIPELINE, Map.of("country", List.of("NL")));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("column 'country' is a list; send a number, a text");
  }

  @Test
  @Order(5)
  void slicesByAListEndTheRunWithTheReason() throws Exception {
    cloud.spec("listslices", "label: sold\nslices: [[tags]]\n");
    Batch batch = cloud.drop("listslices/2026-01-01/a.jsonl", lines(4, 3));
    assertThat(cloud.row(batch)).containsEntry("state", "FAILED");
    assertThat(String.valueOf(cloud.row(batch).get("reason")))
        .contains("column 'tags' holds several values a row, so it cannot make slices");
  }
}
