package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import dev.sluice.contracts.Batch;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What bad input gets: the batch's state, an alarm that says what, where and what to do, and a live
 * model that nobody touched.
 */
@ExtendWith(LocalCloudExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BadInputTest {
  private static final String PIPELINE = "goods";
  private static final List<Marketplace.Listing> GOOD = Marketplace.day(11, 1_500);

  private final Cloud cloud;

  BadInputTest(Cloud cloud) {
    this.cloud = cloud;
  }

  @BeforeAll
  void aModelIsLive() throws Exception {
    cloud.spec(PIPELINE, "label: sold\nexclude: [listing]\n");
    Batch good = cloud.drop("goods/2026-01-01/good.csv", Marketplace.csv(GOOD));
    assertThat(cloud.row(good)).containsEntry("state", "LIVE");
  }

  /** Name, bytes, state, and what the alarm's text holds. */
  static Stream<Arguments> files() {
    String csv = Marketplace.csv(Marketplace.day(12, 600));
    String header = Marketplace.HEADER;
    byte[] binary = new byte[20_000];
    new Random(5).nextBytes(binary);
    String longName = "q".repeat(200);
    return Stream.of(
        bad("empty.csv", "", "FAILED", "is empty"),
        bad("header-alone.csv", header + "\n", "FAILED", "no rows"),
        Arguments.of("binary.csv", binary, "FAILED", List.of("binary")),
        bad(
            "duplicated.csv",
            csv.replaceFirst("country", "currency"),
            "FAILED",
            "line 1",
            "currency",
            "rename one"),
        bad(
            "no-header.csv",
            csv.substring(csv.indexOf('\n') + 1),
            "FAILED",
            "line 1",
            "header is missing"),
        bad("number-header.csv", "1,2,3\n4,5,6\n", "FAILED", "line 1", "header is missing"),
        bad(
            "all-ragged.csv",
            header + "\n" + "a,b\n".repeat(50),
            "BLOCKED",
            "line 2",
            "50 of 50 rows"),
        bad("one-class.csv", Marketplace.csv(sold(1)), "BLOCKED", "sold", "100 % of its values"),
        bad("no-label.csv", csv.replaceAll("(?m),[01]$", ","), "BLOCKED", "sold"),
        bad("long-name.csv", wider(csv, longName), "LIVE", longName),
        Arguments.of(
            "two-encodings.csv",
            twoEncodings(csv),
            "BLOCKED",
            List.of("UTF-8", "line", "category")));
  }

  /** Begins in UTF-8 and goes on in Latin-1, so that it is neither. */
  private static byte[] twoEncodings(String csv) {
    String text = csv.replace("books", "b\u00fccher");
    int half = text.indexOf('\n', text.length() / 4) + 1;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(text.substring(0, half).getBytes(UTF_8));
    out.writeBytes(text.substring(half).getBytes(StandardCharsets.ISO_8859_1));
    return out.toByteArray();
  }

  private static Arguments bad(String file, String text, String state, String... alarm) {
    return Arguments.of(file, text.getBytes(UTF_8), state, List.of(alarm));
  }

  private static List<Marketplace.Listing> sold(int value) {
    return Marketplace.day(12, 600).stream().map(listing -> listing.withSold(value)).toList();
  }

  private static String wider(String csv, String column) {
    return csv.lines()
        .map(line -> line + (line.equals(Marketplace.HEADER) ? "," + column : ",1.5"))
        .reduce("", (a, b) -> a + b + "\n");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void endsInItsStateWithAnAlarm(String file, byte[] content, String state, List<String> texts)
      throws Exception {
    int live = cloud.live(PIPELINE);
    Batch batch = cloud.drop("goods/2026-02-01/" + file, content);
    Map<String, @Nullable Object> row = cloud.row(batch);
    List<Map<String, @Nullable Object>> alarms = cloud.alarms(batch);
    String object = "gs://" + cloud.bucket("inbox") + "/goods/2026-02-01/" + file;
    assertThat(row)
        .as("%s, alarms %s", row, alarms)
        .containsEntry("state", state)
        .containsEntry("uri", object);
    assertThat(alarms).isNotEmpty().allSatisfy(a -> assertThat(a).containsEntry("uri", object));
    String all =
        String.join("\n", alarms.stream().map(a -> String.valueOf(a.get("text"))).toList());
    assertThat(all).contains(texts);
    if (state.equals("LIVE")) {
      assertThat(cloud.live(PIPELINE)).isEqualTo(live + 1);
    } else {
      assertThat(cloud.live(PIPELINE)).isEqualTo(live);
    }
  }

  @Test
  void raggedRowsAreKeptAsideAndTheRestGoesOn() throws Exception {
    String[] lines = Marketplace.csv(Marketplace.day(13, 1_500)).split("\n", -1);
    lines[10] = lines[10] + ",one,two";
    lines[700] = "only,three,fields";
    lines[1_200] = lines[1_200].replace(",brand", ",\"brand");
    cloud.spec("ragged", "label: sold\n");
    Batch batch = cloud.drop("ragged/2026-01-01/ragged.csv", String.join("\n", lines));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    long rejected = (Long) cloud.row(batch).get("rejected_rows");
    assertThat(rejected).isGreaterThanOrEqualTo(2);
    List<Map<String, @Nullable Object>> rows =
        cloud.query(
            "SELECT line, reason, object FROM sluice.rejected_rows WHERE batch = '%s' ORDER BY line"
                .formatted(batch.batch()));
    assertThat(rows).hasSize((int) rejected);
    assertThat(rows.get(0)).containsEntry("line", 11L);
    assertThat(rows.get(1)).containsEntry("line", 701L);
    String uri =
        String.valueOf(
            cloud
                .row(
                    "SELECT uri FROM sluice.artifacts WHERE batch = '%s' AND kind = 'rejected'"
                        .formatted(batch.batch()))
                .get("uri"));
    assertThat(new String(cloud.read(uri + "rejected.jsonl"), UTF_8).lines())
        .hasSize((int) rejected)
        .anySatisfy(line -> assertThat(line).contains("only,three,fields"));
    assertThat(cloud.alarms(batch))
        .singleElement()
        .satisfies(alarm ->
            assertThat(alarm)
                .containsEntry("severity", "WARN")
                .hasEntrySatisfying(
                    "text", text -> assertThat(text.toString()).contains("ragged.csv", "line 11")));
  }

  @Test
  void aFirstBatchWithOneClassNamesTheLabel() throws Exception {
    cloud.spec("one-class", "label: sold\n");
    Batch batch = cloud.drop("one-class/2026-01-01/a.csv", Marketplace.csv(sold(0)));
    fails(batch, "sold", "one-class/2026-01-01/a.csv", "one value");
  }

  @Test
  void aFirstBatchWithoutTheLabelNamesIt() throws Exception {
    cloud.spec("no-label", "label: bought\n");
    Batch batch = cloud.drop("no-label/2026-01-01/a.csv", Marketplace.csv(GOOD));
    fails(batch, "bought", "no-label/2026-01-01/a.csv");
  }

  @Test
  void aFirstBatchWithAnEmptyLabelNamesIt() throws Exception {
    cloud.spec("empty-label", "label: sold\n");
    Batch batch =
        cloud.drop(
            "empty-label/2026-01-01/a.csv", Marketplace.csv(GOOD).replaceAll("(?m),[01]$", ","));
    fails(batch, "sold", "empty-label/2026-01-01/a.csv");
  }

  @Test
  void anUnknownPrefixIsIgnoredWithAWarning() throws Exception {
    ignored("nowhere/2026-01-01/a.csv", "goods/{SPAN}/*");
  }

  @Test
  void anObjectOutsideThePatternIsIgnoredWithAWarning() throws Exception {
    ignored("goods/deep/er/a.csv", "goods/{SPAN}/*");
  }

  @Test
  void anObjectAtTheTopIsIgnoredWithAWarning() throws Exception {
    String name = "Some File, v2 (ü).csv";
    cloud
        .storage()
        .create(BlobInfo.newBuilder(cloud.bucket("inbox"), name).build(), "a\n1\n".getBytes(UTF_8));
    cloud.awaitIdle();
    String uri = "gs://" + cloud.bucket("inbox") + "/" + name;
    assertThat(cloud.query("SELECT * FROM sluice.batches WHERE uri = '" + uri + "'"))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("state", "IGNORED"));
    assertThat(cloud.query("SELECT * FROM sluice.alarms WHERE uri = '" + uri + "'")).hasSize(1);
  }

  private void ignored(String object, String pattern) throws Exception {
    Batch batch = cloud.drop(object, Marketplace.csv(GOOD));
    assertThat(cloud.row(batch)).containsEntry("state", "IGNORED");
    assertThat(cloud.alarms(batch))
        .singleElement()
        .satisfies(alarm ->
            assertThat(alarm)
                .containsEntry("severity", "WARN")
                .containsEntry("uri", "gs://" + cloud.bucket("inbox") + "/" + object)
                .hasEntrySatisfying(
                    "text", text -> assertThat(text.toString()).contains(object, pattern)));
  }

  @Test
  void anObjectDeletedBeforeItIsReadFailsItsBatch() throws Exception {
    cloud.composer().pause(PIPELINE);
    Batch batch;
    try {
      // Bytes that nobody has read before: those that somebody has are never read again.
      String csv = Marketplace.csv(Marketplace.day(15, 600));
      batch = cloud.upload("goods/2026-03-01/gone.csv", csv.getBytes(UTF_8));
      cloud.awaitIdle();
      cloud.storage().delete(BlobId.of(cloud.bucket("inbox"), "goods/2026-03-01/gone.csv"));
    } finally {
      cloud.composer().unpause(PIPELINE);
    }
    cloud.awaitIdle();
    fails(batch, "goods/2026-03-01/gone.csv", "deleted", "upload it again");
  }

  @Test
  void anObjectReplacedBeforeItIsReadIsReadAsItWas() throws Exception {
    cloud.spec("replaced", "label: sold\n");
    cloud.composer().pause("replaced");
    Batch first;
    Batch second;
    try {
      first = cloud.upload("replaced/s/a.csv", Marketplace.csv(GOOD).getBytes(UTF_8));
      second = cloud.upload("replaced/s/a.csv", "".getBytes(UTF_8));
      cloud.awaitIdle();
    } finally {
      cloud.composer().unpause("replaced");
    }
    cloud.awaitIdle();
    assertThat(cloud.row(first)).containsEntry("state", "LIVE").containsEntry("rows", 1_500L);
    fails(second, "is empty");
  }

  @Test
  void aBrokenSpecIsToldWithItsLineWhereAnObjectMeetsIt() throws Exception {
    String said = cloud.spec("broken", "# a comment\nlabel: sold\nexlude: [listing]\n");
    assertThat(said).contains("broken.yaml", "line 3", "exlude", "exclude");
    Batch batch = cloud.drop("broken/2026-01-01/a.csv", Marketplace.csv(GOOD));
    fails(batch, "broken.yaml", "line 3", "exclude");
    assertThat(cloud.spec("broken", "label: sold\n")).isEqualTo("pipeline broken is known");
    Batch again = cloud.drop("broken/2026-01-02/a.csv", Marketplace.csv(GOOD));
    assertThat(cloud.row(again)).containsEntry("state", "LIVE");
  }

  @Test
  void aSpecThatBreaksLeavesTheOneBefore() throws Exception {
    cloud.spec("kept", "label: sold\n");
    assertThat(cloud.spec("kept", "label: [\n")).contains("kept.yaml", "line");
    Batch batch = cloud.drop("kept/2026-01-01/a.csv", Marketplace.csv(GOOD));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
  }

  private void fails(Batch batch, String... texts) throws Exception {
    assertThat(cloud.row(batch)).containsEntry("state", "FAILED");
    assertThat(cloud.alarms(batch))
        .filteredOn(alarm -> "FAIL".equals(alarm.get("severity")))
        .singleElement()
        .satisfies(alarm -> {
          assertThat(alarm).containsEntry("uri", batch.sources().getFirst().object());
          assertThat(String.valueOf(alarm.get("text"))).contains(texts);
        });
    assertThat(cloud.query("SELECT * FROM sluice.models WHERE batch = '" + batch.batch() + "'"))
        .isEmpty();
  }

  @AfterAll
  void everyFunctionStillWorks() throws Exception {
    Batch good =
        cloud.drop("goods/2026-12-31/good.csv", Marketplace.csv(Marketplace.day(14, 1_500)));
    assertThat(cloud.row(good)).containsEntry("state", "LIVE");
  }
}
