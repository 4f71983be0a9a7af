package dev.sluice.gcp;

import static dev.sluice.gcp.FakeServer.Trouble.AWAY;
import static dev.sluice.gcp.FakeServer.Trouble.LOSE_ANSWER;
import static dev.sluice.gcp.FakeServer.Trouble.TOO_MANY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Unavailable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CloudObjectStoreTest {
  private static final Backoff SHORT =
      new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(400));
  private static final ObjectName NAME = ObjectName.of(FakeStorage.BUCKET, "taxi/2026/a b#c.csv");

  private final FakeStorage cloud = new FakeStorage();
  private final GoogleClients clients =
      new GoogleClients(
          new CloudConfiguration("test", cloud.server.url(), null, null, null, null, null, null),
          SHORT,
          Clock.systemUTC());
  private final ObjectStore objects = clients.objects();

  @AfterEach
  void stop() {
    clients.close();
    cloud.close();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  @Test
  void readsBackWhatWasWritten() {
    StoredObject written =
        objects.write(NAME, bytes("hello"), "text/csv", WriteCondition.anything());

    assertThat(written)
        .isEqualTo(
            new StoredObject(
                new ObjectName(FakeStorage.BUCKET, NAME.name(), 1001L),
                5,
                // RFC 3720 polynomial, as Cloud Storage shows it for "hello"
                "mnG7TA==",
                "text/csv",
                Instant.parse("2026-11-01T10:00:00.123Z")));
    assertThat(objects.find(NAME)).contains(written);
    assertThat(objects.find(written.name())).contains(written);
    assertThat(objects.read(NAME)).isEqualTo(bytes("hello"));
  }

  @Test
  void anEmptyObjectReadsAsNoBytes() {
    objects.write(NAME, new byte[0], "text/csv", WriteCondition.ifAbsent());

    assertThat(objects.read(NAME)).isEmpty();
  }

  @Test
  void streamsContentLargerThanAPart(@TempDir Path folder) throws IOException {
    byte[] content = random(CloudObjectStore.PART_BYTES * 2 + 12_345);
    Path file = folder.resolve("in");
    Files.write(file, content);

    StoredObject written = objects.write(NAME, file, "x/y", WriteCondition.ifAbsent());

    assertThat(written.size()).isEqualTo(content.length);
    assertThat(written.crc32c()).isEqualTo(FakeStorage.crc32c(content));
    assertThat(cloud.objects.get(NAME.name()).bytes).isEqualTo(content);
    Path out = folder.resolve("out");
    objects.download(NAME, out);
    assertThat(out).hasBinaryContent(content);
  }

  @Test
  void aPartWhoseAnswerIsLostIsNotSentTwice() {
    byte[] content = random(CloudObjectStore.PART_BYTES * 3);

    StoredObject written =
        objects.write(
            NAME,
            out -> {
              out.write(content, 0, CloudObjectStore.PART_BYTES + 1);
              cloud.server.next(LOSE_ANSWER, AWAY);
              out.write(
                  content,
                  CloudObjectStore.PART_BYTES + 1,
                  content.length - CloudObjectStore.PART_BYTES - 1);
            },
            "x/y",
            WriteCondition.ifAbsent());

    assertThat(written.crc32c()).isEqualTo(FakeStorage.crc32c(content));
  }

  @Test
  void contentThatFailsHalfwayStoresNothing() {
    byte[] content = random(CloudObjectStore.PART_BYTES * 2);

    assertThatThrownBy(() ->
            objects.write(
                NAME,
                out -> {
                  out.write(content);
                  throw new IOException("the disk is gone");
                },
                "x/y",
                WriteCondition.anything()))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("the disk is gone");
    assertThat(cloud.objects).isEmpty();
  }

  @Test
  void tooManyRequestsAreTriedAgain() {
    cloud.server.next(TOO_MANY, AWAY);

    objects.write(NAME, bytes("x"), "text/csv", WriteCondition.anything());

    assertThat(cloud.server.requests).hasSize(3);
  }

  @Test
  void aServerThatStaysAwayEndsAsUnavailable() {
    for (int i = 0; i < 1000; i++) {
      cloud.server.next(AWAY);
    }

    assertThatThrownBy(() -> objects.write(NAME, bytes("x"), "text/csv", WriteCondition.anything()))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining(NAME.uri())
        .hasMessageContaining("503");
    assertThatThrownBy(() -> objects.read(NAME)).isInstanceOf(Unavailable.class);
    assertThat(cloud.server.requests).hasSizeGreaterThan(4);
  }

  @Test
  void anUnreachableServerEndsAsUnavailable() {
    cloud.close();

    assertThatThrownBy(() -> objects.find(NAME)).isInstanceOf(Unavailable.class);
  }

  @Test
  void aLostAnswerToAnIfAbsentWriteIsNoConflict() {
    cloud.server.next(LOSE_ANSWER, AWAY);

    StoredObject written =
        objects.write(NAME, bytes("mine"), "text/csv", WriteCondition.ifAbsent());

    assertThat(written.generation()).isEqualTo(1001);
  }

  @Test
  void anIfAbsentWriteOfOtherBytesIsAConflict() {
    objects.write(NAME, bytes("first"), "text/csv", WriteCondition.ifAbsent());

    assertThatThrownBy(
            () -> objects.write(NAME, bytes("other"), "text/csv", WriteCondition.ifAbsent()))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining(NAME.uri())
        .hasMessageContaining("expected no object, found generation 1001");
    assertThat(objects.read(NAME)).isEqualTo(bytes("first"));
  }

  @Test
  void aLargeIfAbsentWriteOfTheSameBytesAnswersWithTheFirst() {
    byte[] content = random(CloudObjectStore.PART_BYTES + 1);
    StoredObject first =
        objects.write(NAME, out -> out.write(content), "x/y", WriteCondition.ifAbsent());

    assertThat(objects.write(NAME, out -> out.write(content), "x/y", WriteCondition.ifAbsent()))
        .isEqualTo(first);
    content[3] ^= 1;
    assertThatThrownBy(
            () -> objects.write(NAME, out -> out.write(content), "x/y", WriteCondition.ifAbsent()))
        .isInstanceOf(Conflict.class);
  }

  @Test
  void whoMayOnlyAddFindsOutAllTheSameWhoWasFirst() {
    byte[] large = random(CloudObjectStore.PART_BYTES + 1);
    ObjectName second = ObjectName.of(FakeStorage.BUCKET, "large");
    StoredObject first = objects.write(NAME, bytes("first"), "text/csv", WriteCondition.ifAbsent());
    StoredObject firstLarge =
        objects.write(second, out -> out.write(large), "x/y", WriteCondition.ifAbsent());
    cloud.onlyAdds = true;

    assertThat(objects.write(NAME, bytes("first"), "text/csv", WriteCondition.ifAbsent()))
        .isEqualTo(first);
    assertThat(objects.write(second, out -> out.write(large), "x/y", WriteCondition.ifAbsent()))
        .isEqualTo(firstLarge);
    assertThatThrownBy(
            () -> objects.write(NAME, bytes("other"), "text/csv", WriteCondition.ifAbsent()))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("expected no object, found generation 1001");
    assertThatThrownBy(() -> objects.copy(second, NAME, WriteCondition.ifAbsent()))
        .isInstanceOf(Conflict.class);
  }

  @Test
  void whoMayOnlyAddMayNotReplace() {
    StoredObject first = objects.write(NAME, bytes("first"), "text/csv", WriteCondition.ifAbsent());
    cloud.onlyAdds = true;

    assertThatThrownBy(() ->
            objects.write(
                NAME, bytes("next"), "text/csv", WriteCondition.ifGeneration(first.generation())))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("access denied");
  }

  @Test
  void compareAndSwapHasOneWinnerEvenWithEqualBytes() {
    StoredObject first = objects.write(NAME, bytes("1"), "text/csv", WriteCondition.ifAbsent());
    WriteCondition swap = WriteCondition.ifGeneration(first.generation());
    objects.write(NAME, bytes("2"), "text/csv", swap);

    assertThatThrownBy(() -> objects.write(NAME, bytes("2"), "text/csv", swap))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("expected generation 1001, found generation 1002");
  }

  @Test
  void aLostAnswerToACompareAndSwapIsNoConflict() {
    StoredObject first = objects.write(NAME, bytes("1"), "text/csv", WriteCondition.ifAbsent());
    cloud.server.next(LOSE_ANSWER, AWAY);

    StoredObject second =
        objects.write(
            NAME, bytes("2"), "text/csv", WriteCondition.ifGeneration(first.generation()));

    assertThat(second.generation()).isEqualTo(1002);
  }

  @Test
  void anAbsentObjectIsFoundAsNothingAndCannotBeRead(@TempDir Path folder) {
    ObjectName gone = new ObjectName(FakeStorage.BUCKET, "gone.csv", 17L);

    assertThat(objects.find(gone)).isEmpty();
    assertThatThrownBy(() -> objects.read(gone))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "gs://sluice-test/gone.csv#17 does not exist: it was deleted or replaced before it was"
                + " read; upload it again");
    assertThatThrownBy(() -> objects.download(gone, folder.resolve("x")))
        .isInstanceOf(BadInput.class);
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void anObjectDeletedBetweenOpeningAndReadingIsPermanent() throws IOException {
    objects.write(NAME, bytes("here"), "text/csv", WriteCondition.anything());

    try (InputStream in = objects.open(NAME)) {
      objects.delete(NAME);
      assertThatThrownBy(in::read)
          .isInstanceOf(BadInput.class)
          .hasMessageContaining(NAME.uri() + "#1001");
    }
  }

  @Test
  void aLiveObjectReplacedWhileItIsReadGivesTheNewerOne(@TempDir Path folder) {
    objects.write(NAME, bytes("old"), "text/csv", WriteCondition.anything());
    Runnable replace = () -> cloud.put(NAME.name(), Map.of(), new JsonObject(), bytes("newer"));

    cloud.beforeMedia = replace;
    ObjectStore.Loaded loaded = objects.load(NAME).orElseThrow();
    assertThat(loaded.bytes()).isEqualTo(bytes("newer"));
    assertThat(loaded.object().generation()).isEqualTo(1002);

    cloud.beforeMedia = replace;
    objects.download(NAME, folder.resolve("x"));
    assertThat(folder.resolve("x")).hasContent("newer");
  }

  @Test
  void aPinnedObjectReplacedWhileItIsReadIsPermanent() {
    StoredObject pinned = objects.write(NAME, bytes("old"), "text/csv", WriteCondition.anything());
    cloud.beforeMedia = () -> cloud.put(NAME.name(), Map.of(), new JsonObject(), bytes("newer"));

    assertThatThrownBy(() -> objects.read(pinned.name()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(pinned.name().uri());
  }

  @Test
  void anAbsentObjectLoadsAsNothing() {
    assertThat(objects.load(NAME)).isEmpty();
    objects.write(NAME, bytes("here"), "text/csv", WriteCondition.anything());
    cloud.beforeMedia = () -> cloud.objects.remove(NAME.name());
    assertThat(objects.load(NAME)).isEmpty();
  }

  @Test
  void damagedBytesAreNoticed() {
    objects.write(NAME, bytes("fragile"), "text/csv", WriteCondition.anything());
    cloud.objects.get(NAME.name()).damaged = true;

    assertThatThrownBy(() -> objects.read(NAME))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("damaged")
        .hasMessageContaining(NAME.uri());
  }

  @Test
  void contentPackedWithGzipComesUnpacked() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes("a,b\n1,2\n"));
    }
    JsonObject metadata = new JsonObject();
    metadata.addProperty("contentEncoding", "gzip");
    cloud.put("packed.csv", Map.of(), metadata, packed.toByteArray());

    assertThat(objects.read(ObjectName.of(FakeStorage.BUCKET, "packed.csv")))
        .isEqualTo(bytes("a,b\n1,2\n"));
  }

  @Test
  void listsAPageAtATime() {
    for (int i = 0; i < 8; i++) {
      cloud.put("p/" + i, Map.of(), new JsonObject(), bytes("x"));
    }
    cloud.put("q/0", Map.of(), new JsonObject(), bytes("x"));

    Iterator<StoredObject> some = objects.list(FakeStorage.BUCKET, "p/").iterator();
    some.next();
    assertThat(cloud.server.requests).hasSize(1);
    assertThat(objects.list(FakeStorage.BUCKET, "p/").map(o -> o.name().name()))
        .containsExactly("p/0", "p/1", "p/2", "p/3", "p/4", "p/5", "p/6", "p/7");
    assertThat(objects.list(FakeStorage.BUCKET, "none/")).isEmpty();
  }

  @Test
  void anAbsentBucketIsNamed() {
    assertThatThrownBy(() -> objects.list("no-such-bucket", "").findFirst())
        .isInstanceOf(Bug.class)
        .hasMessageContaining("no-such-bucket")
        .hasMessageContaining("the bucket does not exist");
    ObjectName there = ObjectName.of("no-such-bucket", "x");
    assertThatThrownBy(() -> objects.write(there, bytes("x"), "a/b", WriteCondition.anything()))
        .isInstanceOf(Bug.class);
  }

  @Test
  void deletesOnce() {
    objects.write(NAME, bytes("x"), "text/csv", WriteCondition.anything());

    assertThat(objects.delete(NAME)).isTrue();
    assertThat(objects.delete(NAME)).isFalse();
  }

  @Test
  void copiesAndRepeatsACopy() {
    objects.write(NAME, bytes("model"), "text/csv", WriteCondition.anything());
    ObjectName to = ObjectName.of(FakeStorage.BUCKET, "copy");

    StoredObject copied = objects.copy(NAME, to, WriteCondition.ifAbsent());

    assertThat(objects.read(to)).isEqualTo(bytes("model"));
    assertThat(objects.copy(NAME, to, WriteCondition.ifAbsent())).isEqualTo(copied);
    objects.write(NAME, bytes("another"), "text/csv", WriteCondition.anything());
    assertThatThrownBy(() -> objects.copy(NAME, to, WriteCondition.ifAbsent()))
        .isInstanceOf(Conflict.class);
    assertThatThrownBy(() ->
            objects.copy(ObjectName.of(FakeStorage.BUCKET, "gone"), to, WriteCondition.anything()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("gs://sluice-test/gone");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
