package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.InsertAllRequest;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.gson.JsonObject;
import dev.sluice.contracts.Batch;
import dev.sluice.gcp.Messages;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Files in any format, shards, tables, streams and folders of images: each ends as a live model.
 */
@ExtendWith(LocalCloudExtension.class)
final class EveryWayInTest {
  private static final int ROWS = 1_500;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Cloud cloud;

  EveryWayInTest(Cloud cloud) {
    this.cloud = cloud;
  }

  /** What was measured of a pipeline's only batch, by feature. */
  private List<Map<String, @Nullable Object>> measured(String pipeline)
      throws InterruptedException {
    return cloud.query(
        """
        SELECT split, feature, type, count, missing, mean, std_dev, min, max, median
        FROM sluice.statistics
        WHERE pipeline = '%s' AND slice = ''
        ORDER BY split, feature
        """
            .formatted(pipeline));
  }

  @Test
  void theSameTableInAnyFormatIsMeasuredAndSplitAlike() throws Exception {
    String csv = Marketplace.csv(Marketplace.day(61, ROWS));
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("a.csv", csv.getBytes(UTF_8));
    files.put("a.csv.gz", gzip(csv.getBytes(UTF_8)));
    files.put("a.tsv", csv.replace(',', '\t').getBytes(UTF_8));
    files.put("a.jsonl", jsonLines(csv).getBytes(UTF_8));
    files.put("utf16.csv", csv.getBytes(UTF_16));
    List<Map<String, @Nullable Object>> first = null;
    int number = 0;
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      String pipeline = "format-" + number++;
      cloud.spec(pipeline, "label: sold\n");
      Batch batch = cloud.drop(pipeline + "/2026-01-01/" + file.getKey(), file.getValue());
      assertThat(cloud.row(batch)).as(file.getKey()).containsEntry("state", "LIVE");
      List<Map<String, @Nullable Object>> measured = measured(pipeline);
      first = first == null ? measured : first;
      assertThat(measured).as(file.getKey()).isEqualTo(first).isNotEmpty();
    }
  }

  @Test
  void anyNumberOfShardsGivesTheSameStatisticsMappingAndModel() throws Exception {
    StringBuilder csv = new StringBuilder(Marketplace.csv(Marketplace.day(62, ROWS)));
    csv.insert(csv.indexOf("\n", csv.length() / 2) + 1, "one field\n");
    cloud.spec("one-call", "label: sold\nengine: call\n");
    cloud.spec("five-shards", "label: sold\nengine: shards\nshards: 5\n");
    Batch one = cloud.drop("one-call/2026-01-01/a.csv", csv.toString());
    Batch many = cloud.drop("five-shards/2026-01-01/a.csv", csv.toString());
    assertThat(cloud.row(one)).containsEntry("state", "LIVE");
    assertThat(cloud.row(many))
        .containsEntry("state", "LIVE")
        .containsEntry("rows", ROWS + 1L)
        .containsEntry("rejected_rows", 1L)
        .containsEntry("train_rows", cloud.row(one).get("train_rows"))
        .containsEntry("eval_rows", cloud.row(one).get("eval_rows"));
    assertThat(
            cloud.query(
                "SELECT shard FROM sluice.stage_runs WHERE batch = '%s' AND operation = 'ingest-shard'"
                    .formatted(many.batch())))
        .hasSize(5);
    for (String file :
        List.of("statistics/statistics.pb", "schema/schema.pbtxt", "transform/manifest.json")) {
      assertThat(artifact("five-shards", file)).as(file).isEqualTo(artifact("one-call", file));
    }
    assertThat(model("five-shards")).isEqualTo(model("one-call"));
    assertThat(
            cloud.query(
                "SELECT line, row, value FROM sluice.rejected_rows WHERE batch = '%s'"
                    .formatted(many.batch())))
        .isEqualTo(
            cloud.query(
                "SELECT line, row, value FROM sluice.rejected_rows WHERE batch = '%s'"
                    .formatted(one.batch())))
        .hasSize(1);
  }

  @Test
  void aFileThatCannotBeCutIsReadByOneShardAndSaysSo() throws Exception {
    cloud.spec("uncut", "label: sold\nengine: shards\nshards: 3\n");
    Batch batch =
        cloud.drop(
            "uncut/2026-01-01/a.csv.gz",
            gzip(Marketplace.csv(Marketplace.day(63, ROWS)).getBytes(UTF_8)));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE").containsEntry("rows", (long) ROWS);
    String plan =
        cloud.names("artifacts", "uncut/plan/").stream()
            .filter(name -> name.endsWith("plan.json"))
            .findFirst()
            .orElseThrow();
    assertThat(new String(cloud.read("gs://" + cloud.bucket("artifacts") + "/" + plan), UTF_8))
        .contains("packed with gzip, which cannot be cut");
  }

  @Test
  void aBatchWithTooManyRejectedRowsIsHeldWithItsReason() throws Exception {
    cloud.spec("too-ragged", "label: sold\n");
    String csv = Marketplace.csv(Marketplace.day(64, 100)) + "ragged\n".repeat(50);
    Batch batch = cloud.drop("too-ragged/2026-01-01/a.csv", csv);
    assertThat(cloud.row(batch))
        .containsEntry("state", "BLOCKED")
        .containsEntry("rows", 150L)
        .containsEntry("rejected_rows", 50L);
    assertThat(cloud.alarms(batch))
        .extracting(alarm -> String.valueOf(alarm.get("text")))
        .singleElement()
        .asString()
        .contains("50 of 150 rows were rejected")
        .contains("line 102");
    assertThat(cloud.live("too-ragged")).isZero();
  }

  @Test
  void aTableIsTakenAsItIsWhenTheRunBegins() throws Exception {
    TableId table = TableId.of("sluice", "listings_source");
    List<Field> fields = new ArrayList<>();
    String[] names = Marketplace.HEADER.strip().split(",", -1);
    for (String name : names) {
      fields.add(
          Field.of(
              name,
              name.contains("price") || name.contains("usd")
                  ? StandardSQLTypeName.FLOAT64
                  : StandardSQLTypeName.STRING));
    }
    cloud.bigquery().create(TableInfo.of(table, StandardTableDefinition.of(Schema.of(fields))));
    insert(table, names, Marketplace.csv(Marketplace.day(65, ROWS)));
    cloud.spec(
        "tabled", "label: sold\nsource: {bigquery: {table: sluice.listings_source, streams: 3}}\n");

    cloud.composer().trigger("tabled", "first", Map.of());
    cloud.awaitIdle();
    Map<String, @Nullable Object> first =
        cloud.row("SELECT * FROM sluice.batches WHERE pipeline = 'tabled'");
    assertThat(first)
        .containsEntry("state", "LIVE")
        .containsEntry("source", "bigquery")
        .containsEntry("rows", (long) ROWS);

    insert(table, names, Marketplace.csv(Marketplace.day(66, 200)));
    // Another run of the first batch sees the table as it was.
    cloud
        .composer()
        .trigger("tabled", "again", Map.of("batch", String.valueOf(first.get("batch"))));
    cloud.awaitIdle();
    cloud.composer().trigger("tabled", "second", Map.of());
    cloud.awaitIdle();
    assertThat(
            cloud.query(
                "SELECT `rows` FROM sluice.batches WHERE pipeline = 'tabled' ORDER BY `rows`"))
        .extracting(row -> row.get("rows"))
        .containsExactly((long) ROWS, ROWS + 200L);
  }

  @Test
  void messagesOfAWindowAreABatchAndEachCountsOnce() throws Exception {
    cloud.spec("streamed", "label: sold\nsource: {stream: {window: 10s, allowed_lateness: 1s}}\n");
    List<Messages.Message> messages = new ArrayList<>();
    // A window that has not begun, so that nothing published now can be late for it.
    Instant start = Instant.ofEpochSecond(Instant.now().getEpochSecond() / 10 * 10 + 20);
    List<String> lines = jsonLines(Marketplace.csv(Marketplace.day(67, ROWS))).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Messages.Message message =
          new Messages.Message(
              lines.get(i).getBytes(UTF_8),
              Map.of(
                  "pipeline",
                  "streamed",
                  "id",
                  "row-" + i,
                  "event_time",
                  start.plusMillis(i % 10_000).toString()));
      messages.add(message);
      if (i % 10 == 0) {
        messages.add(message);
      }
    }
    Collections.shuffle(messages, new Random(67));
    cloud.messages().publishAll("sluice-rows", messages);
    Map<String, @Nullable Object> batch =
        await("SELECT * FROM sluice.batches WHERE pipeline = 'streamed' AND state = 'LIVE'");
    assertThat(batch).containsEntry("source", "stream").containsEntry("rows", (long) ROWS);
    assertThat(
            cloud.row(
                "SELECT COUNT(*) AS counted, COUNT(DISTINCT id) AS ids FROM sluice.window_rows"
                    + " WHERE pipeline = 'streamed'"))
        .containsEntry("counted", (long) ROWS)
        .containsEntry("ids", (long) ROWS);
  }

  private Map<String, @Nullable Object> await(String sql) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    List<Map<String, @Nullable Object>> rows = cloud.query(sql);
    while (rows.isEmpty()) {
      assertThat(System.nanoTime()).as(sql).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(200);
      rows = cloud.query(sql);
    }
    return rows.getFirst();
  }

  @Test
  void aFolderOfImagesIsLearnedFromByItsFolders() throws Exception {
    cloud.spec(
        "photos",
        """
        source: {objects: "photos/{SPAN}/**", label_from: folder, complete: marker}
        label: label
        split: {key: crc32c}
        exclude: [uri, name, crc32c, created, decode_problem]
        """);
    Random random = new Random(68);
    for (int i = 0; i < 240; i++) {
      boolean cat = i % 2 == 0;
      cloud.upload(
          "photos/2026-01-01/" + (cat ? "cat" : "dog") + "/" + i + ".png",
          png((cat ? 90 : 130) + random.nextInt(60), 8 + random.nextInt(8)));
    }
    cloud.upload("photos/2026-01-01/_SUCCESS", new byte[0]);
    cloud.awaitIdle();
    assertThat(cloud.row("SELECT * FROM sluice.batches WHERE pipeline = 'photos'"))
        .containsEntry("source", "objects")
        .containsEntry("rows", 240L)
        .containsEntry("state", "LIVE");
    assertThat(
            cloud
                .row(
                    "SELECT mean FROM sluice.statistics WHERE pipeline = 'photos' AND split = ''"
                        + " AND slice = '' AND feature = 'brightness'")
                .get("mean"))
        .isInstanceOfSatisfying(Double.class, mean -> assertThat(mean).isBetween(120.0, 160.0));
  }

  private byte[] artifact(String pipeline, String kindAndFile) {
    String[] parts = kindAndFile.split("/", 2);
    String name =
        cloud.names("artifacts", pipeline + "/" + parts[0] + "/").stream()
            .filter(candidate -> candidate.endsWith("/" + parts[1]))
            .findFirst()
            .orElseThrow();
    return cloud.read("gs://" + cloud.bucket("artifacts") + "/" + name);
  }

  private byte[] model(String pipeline) {
    String name =
        cloud.names("artifacts", pipeline + "/model/").stream()
            .filter(candidate -> candidate.endsWith(".ubj") || candidate.endsWith("model.json"))
            .findFirst()
            .orElseThrow();
    return cloud.read("gs://" + cloud.bucket("artifacts") + "/" + name);
  }

  private void insert(TableId table, String[] names, String csv) {
    InsertAllRequest.Builder request = InsertAllRequest.newBuilder(table);
    csv.lines()
        .skip(1)
        .forEach(line -> {
          String[] values = line.split(",", -1);
          Map<String, Object> row = new LinkedHashMap<>();
          for (int c = 0; c < names.length; c++) {
            if (!values[c].isEmpty()) {
              row.put(names[c], values[c]);
            }
          }
          request.addRow(row);
        });
    assertThat(cloud.bigquery().insertAll(request.build()).hasErrors()).isFalse();
  }

  /** Numbers as numbers, the rest as texts, what is empty left out. */
  private static String jsonLines(String csv) {
    List<String> lines = csv.lines().toList();
    String[] names = lines.getFirst().split(",", -1);
    StringBuilder out = new StringBuilder();
    for (String line : lines.subList(1, lines.size())) {
      String[] values = line.split(",", -1);
      JsonObject row = new JsonObject();
      for (int c = 0; c < names.length; c++) {
        if (values[c].matches("-?(0|[1-9][0-9]*)")) {
          row.addProperty(names[c], Long.parseLong(values[c]));
        } else if (values[c].matches("-?[0-9]+\\.[0-9]+")) {
          row.addProperty(names[c], Double.parseDouble(values[c]));
        } else if (!values[c].isEmpty()) {
          row.addProperty(names[c], values[c]);
        }
      }
      out.append(row).append('\n');
    }
    return out.toString();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] png(int grey, int size) throws IOException {
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(new Color(grey, grey, grey));
    graphics.fillRect(0, 0, size, size);
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }
}
