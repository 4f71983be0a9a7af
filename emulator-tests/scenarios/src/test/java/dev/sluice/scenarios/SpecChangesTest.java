package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.InsertAllRequest;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Batch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A change of the data is a change of the spec and of nothing else, and {@code check} says before
 * what comes of it: each operation's effect is held against the run that follows.
 */
@ExtendWith(LocalCloudExtension.class)
final class SpecChangesTest {
  private static final int ROWS = 2_000;

  private final Cloud cloud;
  @TempDir private Path folder;

  SpecChangesTest(Cloud cloud) {
    this.cloud = cloud;
  }

  private static String day(int day) {
    return Marketplace.csv(Marketplace.day(day, ROWS));
  }

  /** What {@code check} says of a spec that is nowhere but in its file. */
  private JsonObject check(String pipeline, String yaml) throws Exception {
    Path spec = Files.writeString(folder.resolve(pipeline + ".yaml"), yaml);
    List<String> said = cloud.command(0, "check", spec.toString(), "--json");
    return JsonParser.parseString(String.join("", said)).getAsJsonObject();
  }

  private static Map<String, String> effects(JsonObject check) {
    Map<String, String> out = new LinkedHashMap<>();
    for (JsonElement step : check.getAsJsonArray("operations")) {
      JsonObject object = step.getAsJsonObject();
      out.put(object.get("operation").getAsString(), object.get("effect").getAsString());
    }
    return out;
  }

  private static String because(JsonObject check, String operation) {
    for (JsonElement step : check.getAsJsonArray("operations")) {
      JsonObject object = step.getAsJsonObject();
      if (object.get("operation").getAsString().equals(operation)) {
        return object.get("because").getAsString();
      }
    }
    throw new AssertionError("check says nothing of " + operation);
  }

  private static List<String> notes(JsonObject check) {
    return check.getAsJsonArray("notes").asList().stream().map(JsonElement::getAsString).toList();
  }

  /** Another run of a batch, which takes what is there. */
  private String again(Batch batch, int number) throws Exception {
    String run = batch.batch() + "--again-" + number;
    cloud.composer().trigger(batch.pipeline(), run, Map.of("batch", batch.batch()));
    cloud.awaitIdle();
    return run;
  }

  private Map<String, Map<String, @Nullable Object>> stages(String run) throws Exception {
    Map<String, Map<String, @Nullable Object>> out = new LinkedHashMap<>();
    for (Map<String, @Nullable Object> row :
        cloud.query(
            "SELECT operation, cached, fingerprint FROM sluice.stage_runs WHERE run = '%s' AND state = 'SUCCEEDED'"
                .formatted(run))) {
      out.put(String.valueOf(row.get("operation")), row);
    }
    return out;
  }

  /** Each operation did what was said of it. */
  private void cameTrue(JsonObject check, String before, String run) throws Exception {
    Map<String, Map<String, @Nullable Object>> old = stages(before);
    Map<String, Map<String, @Nullable Object>> now = stages(run);
    effects(check)
        .forEach((operation, effect) -> {
          Map<String, @Nullable Object> row = now.get(operation);
          String what = operation + " of " + run + ", of which check said " + effect;
          if (effect.equals("skipped") || row == null) {
            // What decides may be skipped, too: a batch that is held is not released.
            assertThat(row).as(what).isNull();
            assertThat(effect).as(what).isIn("skipped", "always");
            return;
          }
          Object fingerprint = row.get("fingerprint");
          switch (effect) {
            case "always" -> assertThat(fingerprint).as(what).isNull();
            case "cached" -> assertThat(row.get("cached")).as(what).isEqualTo(true);
            case "anew" -> assertThat(row.get("cached")).as(what).isEqualTo(false);
            case "depends" ->
                assertThat(row.get("cached"))
                    .as(what)
                    .isEqualTo(
                        Objects.equals(
                            fingerprint, old.getOrDefault(operation, Map.of()).get("fingerprint")));
            default -> throw new AssertionError(what);
          }
        });
    assertThat(effects(check).keySet()).containsAll(now.keySet());
  }

  /** The features of the model that is live. */
  private String modelCard(String pipeline) {
    return cloud
        .json("serving", pipeline + "/versions/" + cloud.live(pipeline) + "/model_card.json")
        .get("features")
        .toString();
  }

  @Test
  void anotherLabel() throws Exception {
    String pipeline = "label-change";
    cloud.spec(pipeline, "label: sold\n");
    Batch batch = cloud.drop(pipeline + "/2026-11-01/a.csv", day(71));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");

    // Nothing changed but what the run itself brought about: its model is the live one now.
    JsonObject same = check(pipeline, "label: sold\n");
    assertThat(same.getAsJsonArray("changes")).isEmpty();
    assertThat(effects(same))
        .containsEntry("ingest", "cached")
        .containsEntry("train", "cached")
        .containsEntry("evaluate", "anew");
    assertThat(because(same, "evaluate")).isEqualTo("live model is another");
    String second = again(batch, 1);
    cameTrue(same, batch.run(), second);
    JsonObject settled = check(pipeline, "label: sold\n");
    assertThat(effects(settled).values()).containsOnly("cached", "always", "skipped");
    String third = again(batch, 2);
    cameTrue(settled, second, third);

    String yaml =
        """
        label: {name: bargain, expression: "sold == 1 && price_usd < 30.0"}
        exclude: [sold]
        """;
    JsonObject check = check(pipeline, yaml);
    assertThat(effects(check))
        .containsEntry("ingest", "cached")
        .containsEntry("analyze", "anew")
        .containsEntry("validate-data", "anew")
        .containsEntry("transform", "anew")
        .containsEntry("train", "depends");
    assertThat(because(check, "transform")).isEqualTo("label and exclude changed");
    assertThat(notes(check)).anySatisfy(note -> assertThat(note).startsWith("label: The model"));
    cloud.spec(pipeline, yaml);
    String run = again(batch, 3);
    cameTrue(check, third, run);
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(cloud.live(pipeline)).isEqualTo(2);

    // And back again: everything is there already, though not of the last run.
    JsonObject back = check(pipeline, "label: sold\n");
    assertThat(effects(back)).containsEntry("transform", "cached").containsEntry("train", "cached");
    cloud.spec(pipeline, "label: sold\n");
    cameTrue(back, run, again(batch, 4));
  }

  @Test
  void anotherColumn() throws Exception {
    String pipeline = "column-change";
    cloud.spec(pipeline, "label: sold\n");
    Batch first = cloud.drop(pipeline + "/2026-11-01/a.csv", day(72));
    assertThat(cloud.row(first)).containsEntry("state", "LIVE");
    List<String> lines = day(73).lines().toList();
    StringBuilder csv = new StringBuilder(lines.getFirst()).append(",shipping_days\n");
    for (int i = 1; i < lines.size(); i++) {
      csv.append(lines.get(i)).append(',').append(1 + i * 7 % 11).append('\n');
    }
    Batch batch = cloud.drop(pipeline + "/2026-11-02/a.csv", csv.toString());
    // A new column goes on with a warning; a person's word makes the batch a baseline.
    cloud.command(
        0, "accept", pipeline, "--batch", batch.batch(), "--reason", "shipping is measured now");

    String yaml = "label: sold\nfeatures: {shipping_days: {log: {}, z_score: {}}}\n";
    JsonObject check = check(pipeline, yaml);
    assertThat(effects(check))
        .containsEntry("ingest", "cached")
        .containsEntry("analyze", "cached")
        .containsEntry("transform", "anew");
    assertThat(because(check, "transform")).isEqualTo("features changed");
    assertThat(notes(check)).singleElement().asString().startsWith("features: The mapping is");
    cloud.spec(pipeline, yaml);
    String run = again(batch, 1);
    cameTrue(check, batch.run(), run);
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(modelCard(pipeline)).contains("shipping_days");

    // Of the batch before, which lacks the column, the same spec says so.
    Path spec = folder.resolve(pipeline + ".yaml");
    assertThat(
            cloud.command(0, "check", spec.toString(), "--batch", first.batch()).stream()
                .map(String::strip))
        .anySatisfy(line ->
            assertThat(line)
                .startsWith(
                    "features names 'shipping_days', which batch "
                        + first.batch()
                        + " does not have"));
  }

  @Test
  void aRenamedColumn() throws Exception {
    String pipeline = "renamed-column";
    String old = "label: sold\nfeatures: {price_usd: {log: {}}}\n";
    cloud.spec(pipeline, old);
    Batch first = cloud.drop(pipeline + "/2026-11-01/a.csv", day(74));
    assertThat(cloud.row(first)).containsEntry("state", "LIVE");
    Batch batch =
        cloud.drop(pipeline + "/2026-11-02/a.csv", day(75).replaceFirst("price_usd", "price"));
    assertThat(cloud.row(batch)).containsEntry("state", "BLOCKED");
    assertThat(notes(check(pipeline, old)))
        .singleElement()
        .asString()
        .isEqualTo(
            "features names 'price_usd', which batch "
                + batch.batch()
                + " does not have; is 'price' meant, or is it new?");

    String yaml = "label: sold\nfeatures: {price: {log: {}}}\n";
    JsonObject check = check(pipeline, yaml);
    assertThat(effects(check))
        .containsEntry("validate-data", "cached")
        .containsEntry("transform", "skipped");
    assertThat(because(check, "transform")).isEqualTo("validate-data gives no schema");
    cloud.spec(pipeline, yaml);
    cameTrue(check, batch.run(), again(batch, 1));
    cloud.command(0, "accept", pipeline, "--reason", "price_usd is price now", "--wait");
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(modelCard(pipeline)).contains("price").doesNotContain("price_usd");
  }

  @Test
  void anotherCountry() throws Exception {
    String pipeline = "country-change";
    cloud.spec(pipeline, "label: sold\nslices: [[currency]]\n");
    Batch first = cloud.drop(pipeline + "/2026-11-01/a.csv", day(76));
    assertThat(cloud.row(first)).containsEntry("state", "LIVE");
    List<String> lines = day(77).lines().toList();
    StringBuilder csv = new StringBuilder(lines.getFirst()).append('\n');
    for (int i = 1; i < lines.size(); i++) {
      csv.append(i % 3 == 0 ? lines.get(i).replaceFirst(",(US|DE|GB),", ",FR,") : lines.get(i))
          .append('\n');
    }
    Batch batch = cloud.drop(pipeline + "/2026-11-02/a.csv", csv.toString());
    assertThat(cloud.row(batch)).containsEntry("state", "BLOCKED");
    cloud.spec(pipeline, "label: sold\nslices: [[country]]\n");
    cloud.command(0, "accept", pipeline, "--reason", "we sell in France", "--wait");
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    assertThat(
            cloud.query(
                "SELECT value FROM sluice.evaluations WHERE pipeline = '%s' AND slice = 'country=FR' AND metric = 'auc'"
                    .formatted(pipeline)))
        .isNotEmpty();

    String yaml = "label: sold\nslices: [[country], [category]]\n";
    String settled = again(batch, 1);
    JsonObject check = check(pipeline, yaml);
    assertThat(effects(check))
        .containsEntry("train", "cached")
        .containsEntry("evaluate", "anew")
        .containsEntry("validate-model", "depends");
    assertThat(because(check, "evaluate")).isEqualTo("slices changed");
    cloud.spec(pipeline, yaml);
    cameTrue(check, settled, again(batch, 2));
  }

  @Test
  void anotherSource() throws Exception {
    String pipeline = "source-change";
    cloud.spec(pipeline, "label: sold\n");
    Batch batch = cloud.drop(pipeline + "/2026-11-01/a.csv", day(78));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    table("moved_listings", day(79));

    String yaml = "label: sold\nsource: {bigquery: {table: sluice.moved_listings}}\n";
    JsonObject check = check(pipeline, yaml);
    assertThat(check.has("batch")).isFalse();
    assertThat(effects(check)).containsEntry("ingest", "anew").containsEntry("train", "anew");
    assertThat(notes(check))
        .singleElement()
        .asString()
        .contains("./sluice trigger " + pipeline + " takes the first batch of it");
    cloud.spec(pipeline, yaml);
    cloud.composer().trigger(pipeline, "from-the-table", Map.of());
    cloud.awaitIdle();
    assertThat(
            cloud.row(
                "SELECT state, source, `rows` FROM sluice.batches WHERE pipeline = '%s' AND batch <> '%s'"
                    .formatted(pipeline, batch.batch())))
        .containsEntry("state", "LIVE")
        .containsEntry("source", "bigquery")
        .containsEntry("rows", (long) ROWS);
    cameTrue(check, batch.run(), "from-the-table");
  }

  @Test
  void anotherNumberOfShards() throws Exception {
    String pipeline = "shards-change";
    cloud.spec(pipeline, "label: sold\nengine: shards\nshards: 3\n");
    Batch batch = cloud.drop(pipeline + "/2026-11-01/a.csv", day(80));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    JsonObject same = check(pipeline, "label: sold\nengine: shards\nshards: 3\n");
    assertThat(effects(same))
        .containsEntry("inspect-shard", "cached")
        .containsEntry("plan-shards", "cached")
        .containsEntry("ingest-shard", "cached")
        .containsEntry("ingest", "cached");
    String yaml = "label: sold\nengine: shards\nshards: 4\n";
    JsonObject check = check(pipeline, yaml);
    assertThat(effects(check))
        .containsEntry("inspect-shard", "anew")
        .containsEntry("ingest", "depends");
    cloud.spec(pipeline, yaml);
    cameTrue(check, batch.run(), again(batch, 1));
  }

  @Test
  void aWrongSpecIsRefusedWithAllThatIsWrong() throws Exception {
    Path spec =
        Files.writeString(
            folder.resolve("wrong.yaml"), "labl: sold\nexclude: x\ngates: {auc: 1}\n");
    assertThat(cloud.command(1, "check", spec.toString()))
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).startsWith("wrong: wrong.yaml "));
  }

  private void table(String name, String csv) throws Exception {
    List<String> lines = csv.lines().toList();
    String[] names = lines.getFirst().split(",", -1);
    List<Field> fields = new ArrayList<>();
    for (String column : names) {
      fields.add(
          Field.of(
              column,
              switch (column) {
                case "price_usd" -> StandardSQLTypeName.FLOAT64;
                case "title_length", "seller_age", "sold" -> StandardSQLTypeName.INT64;
                default -> StandardSQLTypeName.STRING;
              }));
    }
    TableId table = TableId.of("sluice", name);
    cloud.bigquery().create(TableInfo.of(table, StandardTableDefinition.of(Schema.of(fields))));
    InsertAllRequest.Builder request = InsertAllRequest.newBuilder(table);
    for (String line : lines.subList(1, lines.size())) {
      String[] values = line.split(",", -1);
      Map<String, Object> row = new LinkedHashMap<>();
      for (int c = 0; c < names.length; c++) {
        if (!values[c].isEmpty()) {
          row.put(names[c], values[c]);
        }
      }
      request.addRow(row);
    }
    assertThat(cloud.bigquery().insertAll(request.build()).hasErrors()).isFalse();
  }
}
