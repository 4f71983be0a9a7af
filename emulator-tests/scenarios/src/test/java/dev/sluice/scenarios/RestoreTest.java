package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.CopyRequest;
import dev.sluice.contracts.Batch;
import dev.sluice.localcloud.LocalCloud;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/operations.md says of a lost table and of a lost bucket, done. */
final class RestoreTest {
  /** Of what a batch's artifacts tell, and no time or run. */
  private static final Map<String, String> LOST =
      Map.of(
          "statistics", "split, slice, feature, type, count, missing, mean, std_dev, median",
          "evaluations", "split, slice, metric, value, low, high, examples",
          "verdicts", "subject, outcome, reasons",
          "models", "version, state, sha256");

  @Test
  void aLostTableIsMadeAgainAndFilledByARunThatFindsEveryArtifact(@TempDir Path folder)
      throws Exception {
    Batch batch;
    Map<String, Set<Map<String, @Nullable Object>>> before;
    try (Cloud cloud = Cloud.start(folder)) {
      batch = live(cloud);
      before = facts(cloud, batch);
      for (String table : LOST.keySet()) {
        assertThat(cloud.bigquery().delete(TableId.of(LocalCloud.DATASET, table + "_log")))
            .isTrue();
      }
      assertThatThrownBy(() -> facts(cloud, batch))
          .isInstanceOf(BigQueryException.class)
          .hasMessageContaining("_log");
    }
    // A start makes what is not there, as terraform apply does.
    try (Cloud cloud = Cloud.start(folder)) {
      assertThat(facts(cloud, batch).values()).allSatisfy(rows -> assertThat(rows).isEmpty());

      cloud.command(
          /* status= */ 0,
          "trigger",
          batch.pipeline(),
          "--batch",
          batch.batch(),
          "--repeat",
          "--wait");

      assertThat(facts(cloud, batch)).isEqualTo(before);
      // That a step was cached says that it ran again and found its artifact.
      assertThat(
              cloud.query(
                  "SELECT DISTINCT cached FROM sluice.stage_runs WHERE run = '%s' AND attempt > 1 AND fingerprint IS NOT NULL"
                      .formatted(batch.run())))
          .containsExactly(Map.of("cached", true));
      assertThat(cloud.live(batch.pipeline())).isEqualTo(1);
    }
  }

  @Test
  void whatWasDeletedFromTheBucketsComesBackWithItsOlderGenerations(@TempDir Path folder)
      throws Exception {
    try (Cloud cloud = Cloud.start(folder)) {
      Batch batch = live(cloud);
      String pipeline = batch.pipeline();
      Map<String, List<String>> before = new HashMap<>();
      for (String bucket : List.of("artifacts", "serving")) {
        before.put(bucket, cloud.names(bucket, pipeline + "/"));
        for (String name : cloud.names(bucket, pipeline + "/")) {
          assertThat(cloud.storage().delete(BlobId.of(cloud.bucket(bucket), name))).isTrue();
        }
      }
      Map<String, ?> row = Marketplace.day(51, 1).getFirst().features();
      assertThat(cloud.live(pipeline)).isZero();
      assertThat(cloud.predict(pipeline, row).statusCode())
          .as("what is loaded answers on")
          .isEqualTo(200);

      for (String bucket : before.keySet()) {
        restore(cloud.storage(), cloud.bucket(bucket), pipeline + "/");
      }

      before.forEach(
          (bucket, names) -> assertThat(cloud.names(bucket, pipeline + "/")).isEqualTo(names));
      assertThat(cloud.live(pipeline)).isEqualTo(1);
      Batch next =
          cloud.drop(pipeline + "/2026-01-02/b.csv", Marketplace.csv(Marketplace.day(52, 1_200)));
      assertThat(cloud.row(next)).containsEntry("state", "LIVE");
      assertThat(cloud.live(pipeline)).isEqualTo(2);
      assertThat(cloud.predict(pipeline, row).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void theRoutesOfBeforePutTheVersionBeforeBackIntoService(@TempDir Path folder) throws Exception {
    try (Cloud cloud = Cloud.start(folder)) {
      Batch first = live(cloud);
      String pipeline = first.pipeline();
      Map<String, ?> row = Marketplace.day(51, 1).getFirst().features();
      String byFirst = cloud.predict(pipeline, row).body();
      cloud.drop(pipeline + "/2026-01-02/b.csv", Marketplace.csv(Marketplace.day(52, 1_200)));
      assertThat(cloud.live(pipeline)).isEqualTo(2);
      awaitAnswer(cloud, pipeline, row, answer -> !answer.equals(byFirst));

      String routes = pipeline + "/routes.json";
      BlobId before =
          cloud
              .storage()
              .list(
                  cloud.bucket("serving"),
                  Storage.BlobListOption.prefix(routes),
                  Storage.BlobListOption.versions(/* versions= */ true))
              .streamAll()
              .map(Blob::getBlobId)
              .min(Comparator.comparing(BlobId::getGeneration))
              .orElseThrow();
      cloud
          .storage()
          .copy(
              CopyRequest.newBuilder()
                  .setSource(before)
                  .setTarget(BlobId.of(cloud.bucket("serving"), routes))
                  .build())
          .getResult();

      awaitAnswer(cloud, pipeline, row, byFirst::equals);
    }
  }

  /** Asks until the answer is so, as predict looks at its routes once a second at the most. */
  private static void awaitAnswer(
      Cloud cloud, String pipeline, Map<String, ?> row, Predicate<String> wanted) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String answer;
    do {
      answer = cloud.predict(pipeline, row).body();
    } while (!wanted.test(answer) && System.nanoTime() < deadline);
    assertThat(wanted.test(answer)).as(answer).isTrue();
  }

  private static Batch live(Cloud cloud) throws Exception {
    cloud.spec("shop", "label: sold\nexclude: [listing]\n");
    Batch batch = cloud.drop("shop/2026-01-01/a.csv", Marketplace.csv(Marketplace.day(51, 1_200)));
    assertThat(cloud.row(batch)).containsEntry("state", "LIVE");
    Map<String, ?> row = Marketplace.day(51, 1).getFirst().features();
    assertThat(cloud.predict("shop", row).statusCode()).isEqualTo(200);
    return batch;
  }

  private static Map<String, Set<Map<String, @Nullable Object>>> facts(Cloud cloud, Batch batch)
      throws InterruptedException {
    Map<String, Set<Map<String, @Nullable Object>>> out = new TreeMap<>();
    for (Map.Entry<String, String> table : LOST.entrySet()) {
      out.put(
          table.getKey(),
          new HashSet<>(
              cloud.query(
                  "SELECT %s FROM sluice.%s WHERE pipeline = '%s'"
                      .formatted(table.getValue(), table.getKey(), batch.pipeline()))));
    }
    return out;
  }

  /** Each object that has no live generation gets its newest one back. */
  private static void restore(Storage storage, String bucket, String prefix) {
    Map<String, Blob> newest = new TreeMap<>();
    Set<String> live = new HashSet<>();
    List<Blob> generations = new ArrayList<>();
    storage
        .list(
            bucket,
            Storage.BlobListOption.prefix(prefix),
            Storage.BlobListOption.versions(/* versions= */ true))
        .streamAll()
        .forEach(generations::add);
    for (Blob blob : generations) {
      if (blob.getDeleteTimeOffsetDateTime() == null) {
        live.add(blob.getName());
      }
      newest.merge(blob.getName(), blob, (a, b) -> a.getGeneration() > b.getGeneration() ? a : b);
    }
    newest.keySet().removeAll(live);
    newest.forEach((name, blob) ->
        storage
            .copy(
                CopyRequest.newBuilder()
                    .setSource(blob.getBlobId())
                    .setTarget(BlobId.of(bucket, name))
                    .build())
            .getResult());
  }
}
