package dev.sluice.scenarios;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.sluice.contracts.Batch;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Down and up again: everything is as it was, and what was under way goes on. */
final class RestartTest {
  private static final List<String> TABLES =
      List.of("batches", "stage_runs", "statistics", "evaluations", "artifacts", "verdicts");

  @Test
  void everythingIsThereAfterARestartAndAnInterruptedRunGoesOn(@TempDir Path folder)
      throws Exception {
    String spec = "label: sold\n";
    List<Marketplace.Listing> listings = Marketplace.day(31, 1_200);
    Map<String, ?> row = listings.getFirst().features();
    Batch first;
    Batch second;
    Map<String, Set<Map<String, @Nullable Object>>> facts;
    List<String> names;
    JsonObject registry;
    HttpResponse<String> before;
    try (Cloud cloud = Cloud.start(folder)) {
      cloud.spec("shop", spec);
      first = cloud.drop("shop/2026-01-01/a.csv", Marketplace.csv(listings));
      assertThat(cloud.row(first)).containsEntry("state", "LIVE");
      before = cloud.predict("shop", row);
      assertThat(before.statusCode()).as(before.body()).isEqualTo(200);
      facts = facts(cloud, first);
      names = cloud.names("artifacts", "shop/");
      registry = cloud.json("serving", "shop/registry.json");
      second =
          cloud.upload(
              "shop/2026-01-02/b.csv", Marketplace.csv(Marketplace.day(32, 1_200)).getBytes(UTF_8));
      cloud.awaitTask(second.run(), "transform", "running");
    }
    try (Cloud cloud = Cloud.start(folder)) {
      HttpResponse<String> after = cloud.predict("shop", row);
      assertThat(after.statusCode()).as(after.body()).isEqualTo(200);
      cloud.awaitIdle();
      assertThat(facts(cloud, first)).isEqualTo(facts);
      assertThat(cloud.names("artifacts", "shop/")).containsAll(names);
      assertThat(cloud.json("serving", "shop/registry.json").getAsJsonArray("versions").get(0))
          .isEqualTo(registry.getAsJsonArray("versions").get(0));
      assertThat(cloud.composer().run("shop", first.run()).name()).isEqualTo("SUCCESS");
      assertThat(cloud.composer().run("shop", second.run()).name()).isEqualTo("SUCCESS");
      assertThat(cloud.row(second)).containsEntry("state", "LIVE");
      assertThat(cloud.live("shop")).isEqualTo(2);
      assertThat(cloud.query("SELECT * FROM sluice.predictions WHERE pipeline = 'shop'"))
          .isNotEmpty();
      assertThat(cloud.query("SELECT * FROM sluice.alarms")).isEmpty();
    }
  }

  /** What every table says of a batch. */
  private static Map<String, Set<Map<String, @Nullable Object>>> facts(Cloud cloud, Batch batch)
      throws InterruptedException {
    Map<String, Set<Map<String, @Nullable Object>>> out = new TreeMap<>();
    for (String table : TABLES) {
      out.put(
          table,
          new HashSet<>(
              cloud.query(
                  "SELECT * FROM sluice.%s WHERE batch = '%s'".formatted(table, batch.batch()))));
    }
    return out;
  }
}
