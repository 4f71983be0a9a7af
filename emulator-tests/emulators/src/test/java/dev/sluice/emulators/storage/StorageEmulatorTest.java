package dev.sluice.emulators.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.paging.Page;
import com.google.cloud.NoCredentials;
import com.google.cloud.ReadChannel;
import com.google.cloud.WriteChannel;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Bucket;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import com.google.cloud.storage.Storage.BucketListOption;
import com.google.cloud.storage.StorageBatch;
import com.google.cloud.storage.StorageBatchResult;
import com.google.cloud.storage.StorageException;
import com.google.cloud.storage.StorageOptions;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each call by Google's Java client; what that client cannot be made to send goes by plain HTTP.
 */
final class StorageEmulatorTest {
  private static final String BUCKET = "sluice-test";

  @TempDir private Path state;
  private final List<ObjectMetadata> told = new CopyOnWriteArrayList<>();
  private StorageEmulator emulator;
  private Storage storage;

  @BeforeEach
  void start() throws IOException {
    emulator = StorageEmulator.start(state, 0, told::add);
    storage = client(emulator);
    emulator.ensureBucket("p", BUCKET, false);
  }

  @AfterEach
  void stop() throws Exception {
    storage.close();
    emulator.close();
  }

  private static Storage client(StorageEmulator emulator) {
    return StorageOptions.newBuilder()
        .setProjectId("p")
        .setHost(emulator.baseUrl())
        .setCredentials(NoCredentials.getInstance())
        .build()
        .getService();
  }

  private void restart() throws Exception {
    storage.close();
    emulator.close();
    emulator = StorageEmulator.start(state, 0, told::add);
    storage = client(emulator);
  }

  private Blob create(String name, String text, BlobTargetOption... options) {
    return storage.create(BlobInfo.newBuilder(BUCKET, name).build(), text.getBytes(UTF_8), options);
  }

  private String read(String name) {
    return new String(storage.readAllBytes(BUCKET, name), UTF_8);
  }

  private static void fails(int code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.getCode()).as(e.toString()).isEqualTo(code));
  }

  private HttpResponse<String> http(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(path.startsWith("http") ? path : emulator.baseUrl() + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private static JsonObject json(HttpResponse<String> response) {
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  // Buckets

  @Test
  void bucketsAreCreatedReadChangedListedAndDeleted() {
    Bucket made = storage.create(BucketInfo.newBuilder("other-bucket").build());
    assertThat(made.getMetageneration()).isEqualTo(1);
    Bucket changed =
        made.toBuilder().setVersioningEnabled(true).setLabels(Map.of("a", "b")).build().update();
    assertThat(changed.versioningEnabled()).isTrue();
    assertThat(storage.get("other-bucket").getLabels()).containsEntry("a", "b");
    assertThat(names(storage.list(BucketListOption.pageSize(1))))
        .containsExactly("other-bucket", BUCKET);
    assertThat(storage.delete("other-bucket")).isTrue();
    assertThat(storage.get("other-bucket")).isNull();
  }

  private static List<String> names(Page<Bucket> page) {
    return StreamSupport.stream(page.iterateAll().spliterator(), false)
        .map(Bucket::getName)
        .toList();
  }

  @Test
  void bucketIsRefusedWhereItExistsOrIsMisnamedAndKeptWhileFull() {
    fails(409, () -> storage.create(BucketInfo.of(BUCKET)));
    fails(400, () -> storage.create(BucketInfo.of("Not A Bucket")));
    create("a", "x");
    fails(409, () -> storage.delete(BUCKET));
    fails(404, () -> storage.list("no-such-bucket"));
  }

  // Uploads and downloads

  @Test
  void objectComesBackWithItsBytesAndChecksums() {
    Blob blob =
        storage.create(
            BlobInfo.newBuilder(BUCKET, "a/b.txt")
                .setContentType("text/plain")
                .setMetadata(Map.of("k", "v"))
                .build(),
            "123456789".getBytes(UTF_8));
    // CRC-32C of "123456789" is e3069283 (RFC 3720, appendix B.4 gives the polynomial's check).
    assertThat(blob.getCrc32cToHexString()).isEqualTo("e3069283");
    assertThat(blob.getMd5ToHexString()).isEqualTo("25f9e794323b453885f5181f1b624d0b");
    Blob read = storage.get(BUCKET, "a/b.txt");
    assertThat(read.getSize()).isEqualTo(9);
    assertThat(read.getContentType()).isEqualTo("text/plain");
    assertThat(read.getMetadata()).containsEntry("k", "v");
    assertThat(read.getGeneration())
        .isEqualTo(blob.getGeneration())
        .isGreaterThan(1_700_000_000_000_000L);
    assertThat(read.getMetageneration()).isEqualTo(1);
    assertThat(read.getCreateTimeOffsetDateTime()).isEqualTo(read.getUpdateTimeOffsetDateTime());
    assertThat(read("a/b.txt")).isEqualTo("123456789");
    assertThat(told).extracting(ObjectMetadata::name).containsExactly("a/b.txt");
  }

  @Test
  void objectThatIsNotThereIs404() {
    assertThat(storage.get(BUCKET, "none")).isNull();
    fails(404, () -> storage.readAllBytes(BUCKET, "none"));
    assertThat(storage.delete(BUCKET, "none")).isFalse();
  }

  @Test
  void anyNameIsSafe() {
    List<String> names =
        List.of(
            "with space,comma.csv",
            "../../../etc/passwd",
            "a//b/./c/../d",
            "größe/日本語/😀",
            "percent%2Fplus+?#&=;",
            "é".repeat(512));
    for (String name : names) {
      create(name, name);
    }
    for (String name : names) {
      assertThat(read(name)).isEqualTo(name);
    }
    assertThat(objectNames()).containsExactlyInAnyOrderElementsOf(names);
    assertThat(Path.of("/etc/passwd.data")).doesNotExist();
  }

  @Test
  void nameThatCloudStorageRefusesIsRefused() throws Exception {
    fails(400, () -> create("é".repeat(513), "x"));
    assertThat(upload("..", "").statusCode()).isEqualTo(400);
    assertThat(upload("a%0Ab", "").statusCode()).isEqualTo(400);
  }

  private HttpResponse<String> upload(String name, String more, String... headers)
      throws Exception {
    return http(
        "POST",
        "/upload/storage/v1/b/" + BUCKET + "/o?uploadType=media&name=" + name + more,
        "text",
        headers);
  }

  @Test
  void mediaUploadTakesItsTypeFromTheHeader() throws Exception {
    HttpResponse<String> response = upload("m", "", "Content-Type", "text/csv");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(storage.get(BUCKET, "m").getContentType()).isEqualTo("text/csv");
    assertThat(upload("m", "&ifGenerationMatch=0").statusCode()).isEqualTo(412);
    assertThat(upload("m", "", "X-Goog-Hash", "crc32c=AAAAAA==").statusCode()).isEqualTo(400);
    assertThat(
            http("POST", "/upload/storage/v1/b/" + BUCKET + "/o?uploadType=odd&name=x", "")
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void gzippedRequestIsStoredAsItWasBefore() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write("plain".getBytes(UTF_8));
    }
    URI uri =
        URI.create(
            emulator.baseUrl() + "/upload/storage/v1/b/" + BUCKET + "/o?uploadType=media&name=g");
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpRequest.Builder request = HttpRequest.newBuilder(uri).header("Content-Encoding", "gzip");
      assertThat(
              client
                  .send(
                      request
                          .POST(HttpRequest.BodyPublishers.ofByteArray(packed.toByteArray()))
                          .build(),
                      HttpResponse.BodyHandlers.discarding())
                  .statusCode())
          .isEqualTo(200);
      assertThat(read("g")).isEqualTo("plain");
      assertThat(
              client
                  .send(
                      request
                          .POST(
                              HttpRequest.BodyPublishers.ofByteArray(
                                  Arrays.copyOf(packed.toByteArray(), packed.size() - 9)))
                          .build(),
                      HttpResponse.BodyHandlers.discarding())
                  .statusCode())
          .isNotEqualTo(200);
      assertThat(read("g")).isEqualTo("plain");
    }
  }

  @Test
  void multipartWithBareLineFeedsAndABodyThatLooksLikeABoundary() throws Exception {
    String content = "a\r\n--==0=x\n--==0\r\nend\r";
    String body =
        "--==0==\nContent-Type: application/json\n\n{\"name\": \"lf\"}\n--==0==\n"
            + "Content-Type: text/plain\n\n"
            + content
            + "\n--==0==--";
    String path = "/upload/storage/v1/b/" + BUCKET + "/o?uploadType=multipart";
    String type = "multipart/related; boundary=\"==0==\"";
    assertThat(http("POST", path, body, "Content-Type", type).statusCode()).isEqualTo(200);
    assertThat(read("lf")).isEqualTo(content);
    String cut = body.substring(0, body.length() - 9);
    assertThat(http("POST", path, cut, "Content-Type", type).statusCode()).isEqualTo(500);
    assertThat(read("lf")).isEqualTo(content);
  }

  @Test
  @SuppressWarnings("deprecation") // The client offers no other way to send an MD5 of its own.
  void wrongChecksumLeavesNoObject() {
    BlobInfo info = BlobInfo.newBuilder(BUCKET, "bad").setMd5("AAAAAAAAAAAAAAAAAAAAAA==").build();
    fails(
        400,
        () ->
            storage.createFrom(
                info, new ByteArrayInputStream(new byte[] {1}), BlobWriteOption.md5Match()));
    assertThat(storage.get(BUCKET, "bad")).isNull();
    assertThat(told).isEmpty();
  }

  @Test
  void resumableWriterSendsChunksAndChannelReadsRanges() throws Exception {
    byte[] bytes = new byte[3_000_001];
    new Random(7).nextBytes(bytes);
    try (WriteChannel writer =
        storage.writer(
            BlobInfo.newBuilder(BUCKET, "big").build(), BlobWriteOption.doesNotExist())) {
      writer.setChunkSize(1 << 20);
      writer.write(ByteBuffer.wrap(bytes));
    }
    assertThat(storage.readAllBytes(BUCKET, "big")).isEqualTo(bytes);
    ByteBuffer middle = ByteBuffer.allocate(1000);
    try (ReadChannel reader = storage.reader(BUCKET, "big")) {
      reader.seek(2_000_000);
      reader.limit(2_001_000);
      while (middle.hasRemaining() && reader.read(middle) >= 0) {
        assertThat(middle.position()).isPositive();
      }
    }
    assertThat(middle.array()).isEqualTo(Arrays.copyOfRange(bytes, 2_000_000, 2_001_000));
    fails(
        412,
        () ->
            storage
                .writer(BlobInfo.newBuilder(BUCKET, "big").build(), BlobWriteOption.doesNotExist())
                .close());
  }

  @Test
  void resumableSessionAnswersItsStatusGoesOnAfterARestartAndEnds() throws Exception {
    String first = "a".repeat(256 * 1024);
    String session = beginSession("r");
    HttpResponse<String> none = http("PUT", session, "", "Content-Range", "bytes */*");
    assertThat(none.statusCode()).isEqualTo(308);
    assertThat(none.headers().firstValue("Range")).isEmpty();
    assertThat(
            http("PUT", session, first + "cut", "Content-Range", "bytes 0-262146/*")
                .headers()
                .firstValue("Range"))
        .hasValue("bytes=0-262143");
    int port = URI.create(session).getPort();
    restart();
    session = session.replace(":" + port, ":" + URI.create(emulator.baseUrl()).getPort());
    assertThat(http("PUT", session, "", "Content-Range", "bytes */*").headers().firstValue("Range"))
        .hasValue("bytes=0-262143");
    assertThat(http("PUT", session, "x", "Content-Range", "bytes 300000-300000/*").statusCode())
        .isEqualTo(400);
    assertThat(http("PUT", session, "xy", "Content-Range", "bytes 262144-262145/*").statusCode())
        .isEqualTo(400);
    HttpResponse<String> done =
        http("PUT", session, "xy", "Content-Range", "bytes 262144-262145/262146");
    assertThat(done.statusCode()).isEqualTo(200);
    assertThat(json(done).get("size").getAsString()).isEqualTo("262146");
    assertThat(http("PUT", session, "", "Content-Range", "bytes */262146").statusCode())
        .isEqualTo(200);
    assertThat(read("r")).isEqualTo(first + "xy");
    assertThat(told).hasSize(1);
  }

  private String beginSession(String name) throws Exception {
    return http(
            "POST",
            "/upload/storage/v1/b/" + BUCKET + "/o?uploadType=resumable&name=" + name,
            "{}",
            "X-Upload-Content-Type",
            "text/plain")
        .headers()
        .firstValue("Location")
        .orElseThrow();
  }

  @Test
  void cancelledSessionIsGone() throws Exception {
    String session = beginSession("c");
    assertThat(http("DELETE", session, "").statusCode()).isEqualTo(499);
    assertThat(http("PUT", session, "x").statusCode()).isEqualTo(404);
    assertThat(storage.get(BUCKET, "c")).isNull();
  }

  @Test
  void rangesAre206AndBeyondTheEnd416() throws Exception {
    create("digits", "0123456789");
    create("empty", "");
    for (String path :
        List.of(
            "/storage/v1/b/" + BUCKET + "/o/digits?alt=media",
            "/download/storage/v1/b/" + BUCKET + "/o/digits?alt=media")) {
      HttpResponse<String> part = http("GET", path, "", "Range", "bytes=2-4");
      assertThat(part.statusCode()).isEqualTo(206);
      assertThat(part.body()).isEqualTo("234");
      assertThat(part.headers().firstValue("Content-Range")).hasValue("bytes 2-4/10");
      assertThat(http("GET", path, "", "Range", "bytes=7-").body()).isEqualTo("789");
      assertThat(http("GET", path, "", "Range", "bytes=-2").body()).isEqualTo("89");
      assertThat(http("GET", path, "", "Range", "bytes=10-").statusCode()).isEqualTo(416);
      HttpResponse<String> whole = http("GET", path, "");
      assertThat(whole.headers().firstValue("X-Goog-Hash").orElseThrow())
          .matches("crc32c=.{8},md5=.{24}");
      assertThat(whole.headers().firstValue("X-Goog-Generation").orElseThrow())
          .isEqualTo(String.valueOf(storage.get(BUCKET, "digits").getGeneration()));
    }
    assertThat(storage.readAllBytes(BUCKET, "empty")).isEmpty();
  }

  @Test
  void gzippedObjectIsDecompressedOnlyForThoseWhoDoNotTakeGzip() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write("hello hello".getBytes(UTF_8));
    }
    storage.create(
        BlobInfo.newBuilder(BUCKET, "z").setContentEncoding("gzip").build(), packed.toByteArray());
    String path = "/storage/v1/b/" + BUCKET + "/o/z?alt=media";
    assertThat(http("GET", path, "").body()).isEqualTo("hello hello");
    HttpResponse<String> raw = http("GET", path, "", "Accept-Encoding", "gzip");
    assertThat(raw.headers().firstValue("Content-Encoding")).hasValue("gzip");
    assertThat(raw.headers().firstValue("Content-Length")).hasValue("" + packed.size());
  }

  // Generations

  @Test
  void versionedBucketKeepsWhatWasOverwrittenAndDeletedAlsoAfterARestart() throws Exception {
    storage.get(BUCKET).toBuilder().setVersioningEnabled(true).build().update();
    long one = create("v", "one").getGeneration();
    long two = create("v", "two").getGeneration();
    assertThat(two).isGreaterThan(one);
    restart();
    assertThat(read("v")).isEqualTo("two");
    assertThat(new String(storage.readAllBytes(BlobId.of(BUCKET, "v", one)), UTF_8))
        .isEqualTo("one");
    assertThat(storage.delete(BUCKET, "v")).isTrue();
    restart();
    assertThat(storage.get(BUCKET, "v")).isNull();
    assertThat(storage.list(BUCKET, BlobListOption.versions(true)).iterateAll())
        .extracting(Blob::getGeneration)
        .containsExactly(one, two);
    assertThat(storage.delete(BlobId.of(BUCKET, "v", one))).isTrue();
    fails(404, () -> storage.readAllBytes(BlobId.of(BUCKET, "v", one)));
    fails(409, () -> storage.delete(BUCKET));
    assertThat(storage.delete(BlobId.of(BUCKET, "v", two))).isTrue();
    assertThat(storage.delete(BUCKET)).isTrue();
  }

  @Test
  void plainBucketForgetsWhatWasOverwritten() throws Exception {
    long one = create("v", "one").getGeneration();
    create("v", "two");
    fails(404, () -> storage.readAllBytes(BlobId.of(BUCKET, "v", one)));
    try (Stream<Path> files = Files.walk(state.resolve("objects"))) {
      assertThat(files.filter(f -> f.toString().endsWith(".data"))).hasSize(1);
    }
  }

  @Test
  void preconditionsHoldOrAre412Or304() {
    long one = create("p", "one", BlobTargetOption.doesNotExist()).getGeneration();
    fails(412, () -> create("p", "two", BlobTargetOption.doesNotExist()));
    fails(412, () -> create("p", "two", BlobTargetOption.generationMatch(one + 1)));
    fails(412, () -> create("p", "two", BlobTargetOption.generationNotMatch(one)));
    fails(412, () -> create("p", "two", BlobTargetOption.metagenerationMatch(9)));
    long two = create("p", "two", BlobTargetOption.generationMatch(one)).getGeneration();
    BlobId id = BlobId.of(BUCKET, "p");
    assertThat(storage.readAllBytes(id, BlobSourceOption.generationMatch(two))).hasSize(3);
    fails(412, () -> storage.readAllBytes(id, BlobSourceOption.generationMatch(one)));
    fails(304, () -> storage.readAllBytes(id, BlobSourceOption.generationNotMatch(two)));
    fails(412, () -> storage.get(id, Storage.BlobGetOption.generationMatch(one)));
    fails(
        412,
        () ->
            storage.update(
                BlobInfo.newBuilder(BUCKET, "p").setContentType("a/b").build(),
                BlobTargetOption.metagenerationMatch(5)));
    fails(412, () -> storage.delete(id, BlobSourceOption.generationMatch(one)));
    assertThat(storage.delete(id, BlobSourceOption.generationMatch(two))).isTrue();
    fails(412, () -> create("p", "x", BlobTargetOption.generationMatch(two)));
  }

  @Test
  void ofManyCreatorsOfOneNameOneWins() throws Exception {
    AtomicInteger won = new AtomicInteger();
    AtomicInteger lost = new AtomicInteger();
    List<Callable<Void>> creators = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      String text = "writer " + i;
      creators.add(() -> {
        try {
          create("race", text, BlobTargetOption.doesNotExist());
          won.incrementAndGet();
        } catch (StorageException e) {
          assertThat(e.getCode()).isEqualTo(412);
          lost.incrementAndGet();
        }
        return null;
      });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<Void> result : threads.invokeAll(creators)) {
        result.get();
      }
    }
    assertThat(won).hasValue(1);
    assertThat(lost).hasValue(15);
    assertThat(told).hasSize(1);
  }

  @Test
  void readerOfAReplacedObjectSeesOneWholeVersion() throws Exception {
    String a = "a".repeat(200_000);
    String b = "b".repeat(200_000);
    create("swap", a);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String text = i % 2 == 0 ? b : a;
        all.add(threads.submit(() -> create("swap", text)));
        all.add(threads.submit(() -> assertThat(List.of(a, b).contains(read("swap"))).isTrue()));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
  }

  // Listing

  private List<String> objectNames(BlobListOption... options) {
    return StreamSupport.stream(storage.list(BUCKET, options).iterateAll().spliterator(), false)
        .map(Blob::getName)
        .toList();
  }

  @Test
  void listingFollowsPrefixDelimiterOffsetsAndPages() {
    for (String name : List.of("a/1", "a/2", "a/x/3", "b", "c/4", "ｚ", "😀")) {
      create(name, name);
    }
    assertThat(objectNames()).containsExactly("a/1", "a/2", "a/x/3", "b", "c/4", "ｚ", "😀");
    assertThat(objectNames(BlobListOption.pageSize(2))).isEqualTo(objectNames());
    assertThat(objectNames(BlobListOption.prefix("a/"))).containsExactly("a/1", "a/2", "a/x/3");
    assertThat(objectNames(BlobListOption.startOffset("a/2"), BlobListOption.endOffset("c")))
        .containsExactly("a/2", "a/x/3", "b");
    for (int size = 1; size < 4; size++) {
      assertThat(objectNames(BlobListOption.currentDirectory(), BlobListOption.pageSize(size)))
          .containsExactlyInAnyOrder("a/", "b", "c/", "ｚ", "😀");
    }
    assertThat(objectNames(BlobListOption.prefix("a/"), BlobListOption.currentDirectory()))
        .containsExactlyInAnyOrder("a/1", "a/2", "a/x/");
    assertThat(objectNames(BlobListOption.prefix("none"))).isEmpty();
    create("c/", "the folder itself");
    assertThat(
            objectNames(
                BlobListOption.prefix("c"),
                BlobListOption.currentDirectory(),
                BlobListOption.includeTrailingDelimiter()))
        .containsExactlyInAnyOrder("c/", "c/");
  }

  @Test
  void badPageTokenIs400() {
    fails(400, () -> storage.list(BUCKET, BlobListOption.pageToken("%%%")));
  }

  // Changing and copying

  @Test
  void patchChangesAttributesAndRaisesTheMetageneration() throws Exception {
    create("a", "x");
    Blob blob = storage.get(BUCKET, "a");
    blob =
        blob.toBuilder()
            .setContentType("text/csv")
            .setCacheControl("no-store")
            .setMetadata(Map.of("k", "v", "l", "w"))
            .build()
            .update();
    assertThat(blob.getMetageneration()).isEqualTo(2);
    http("PATCH", "/storage/v1/b/" + BUCKET + "/o/a", "{\"metadata\": {\"k\": null}}");
    restart();
    Blob read = storage.get(BUCKET, "a");
    assertThat(read.getContentType()).isEqualTo("text/csv");
    assertThat(read.getCacheControl()).isEqualTo("no-store");
    assertThat(read.getMetadata()).isEqualTo(Map.of("l", "w"));
    assertThat(read.getMetageneration()).isEqualTo(3);
    assertThat(read("a")).isEqualTo("x");
    fails(
        404,
        () -> storage.update(BlobInfo.newBuilder(BUCKET, "none").setContentType("a/b").build()));
    assertThat(http("PATCH", "/storage/v1/b/" + BUCKET + "/o/a", "not json").statusCode())
        .isEqualTo(400);
  }

  @Test
  void composeJoinsBytesAndHasNoMd5() {
    create("a", "12345");
    create("b", "6789");
    Blob joined =
        storage.compose(
            Storage.ComposeRequest.newBuilder()
                .addSource("a", "b")
                .setTarget(BlobInfo.newBuilder(BUCKET, "ab").setContentType("text/plain").build())
                .build());
    assertThat(read("ab")).isEqualTo("123456789");
    assertThat(joined.getCrc32cToHexString()).isEqualTo("e3069283");
    assertThat(joined.getMd5()).isNull();
    assertThat(joined.getComponentCount()).isEqualTo(2);
    fails(
        412,
        () ->
            storage.compose(
                Storage.ComposeRequest.newBuilder()
                    .addSource("a")
                    .setTarget(BlobInfo.newBuilder(BUCKET, "ab").build())
                    .setTargetOptions(BlobTargetOption.doesNotExist())
                    .build()));
    fails(
        404,
        () ->
            storage.compose(
                Storage.ComposeRequest.newBuilder()
                    .addSource("a", "none")
                    .setTarget(BlobInfo.newBuilder(BUCKET, "x").build())
                    .build()));
  }

  @Test
  void rewriteCopiesBytesAndAttributes() throws Exception {
    storage.create(
        BlobInfo.newBuilder(BUCKET, "from").setContentType("text/csv").build(),
        "bytes".getBytes(UTF_8));
    emulator.ensureBucket("p", "second", false);
    Blob copy =
        storage
            .copy(
                Storage.CopyRequest.newBuilder()
                    .setSource(BlobId.of(BUCKET, "from"))
                    .setTarget(BlobId.of("second", "to"), BlobTargetOption.doesNotExist())
                    .build())
            .getResult();
    assertThat(copy.getContentType()).isEqualTo("text/csv");
    fails(
        412,
        () ->
            storage.copy(
                Storage.CopyRequest.newBuilder()
                    .setSource(BlobId.of(BUCKET, "from"))
                    .setSourceOptions(BlobSourceOption.generationMatch(1))
                    .setTarget(BlobId.of("second", "other"))
                    .build()));
    storage.delete(BUCKET, "from");
    assertThat(storage.readAllBytes("second", "to")).isEqualTo("bytes".getBytes(UTF_8));
    fails(404, () -> storage.copy(Storage.CopyRequest.of(BUCKET, "from", "x")));
    fails(
        412,
        () ->
            storage.copy(
                Storage.CopyRequest.newBuilder()
                    .setSource(BlobId.of("second", "to"))
                    .setTarget(BlobId.of("second", "to"), BlobTargetOption.doesNotExist())
                    .build()));
    assertThat(http("POST", "/storage/v1/b/second/o/to/copyTo/b/second/o/again", "").statusCode())
        .isEqualTo(200);
  }

  @Test
  void batchAnswersEachCall() {
    create("a", "x");
    create("b", "x");
    StorageBatch batch = storage.batch();
    StorageBatchResult<Boolean> deleted = batch.delete(BUCKET, "a");
    StorageBatchResult<Boolean> absent = batch.delete(BUCKET, "none");
    StorageBatchResult<Blob> got = batch.get(BUCKET, "b");
    StorageBatchResult<Blob> updated =
        batch.update(BlobInfo.newBuilder(BUCKET, "b").setContentType("a/größe").build());
    batch.submit();
    assertThat(deleted.get()).isTrue();
    assertThat(absent.get()).isFalse();
    assertThat(got.get().getName()).isEqualTo("b");
    assertThat(updated.get().getContentType()).isEqualTo("a/größe");
    assertThat(objectNames()).containsExactly("b");
  }

  // Faults, restarts, limits

  @Test
  void callsFailOnDemand() {
    emulator.failNext((method, path) -> path.endsWith("/o/a") && method.equals("DELETE"), 403, 1);
    create("a", "x");
    fails(403, () -> storage.delete(BUCKET, "a"));
    assertThat(storage.delete(BUCKET, "a")).isTrue();
    emulator.failNext((method, path) -> method.equals("GET"), 429, 1);
    create("b", "x");
    assertThat(read("b")).isEqualTo("x");
    assertThatThrownBy(() -> emulator.failNext((m, p) -> true, 200, 1))
        .hasMessageContaining("400 to 599");
  }

  @Test
  void lostAnswerMeansTheWorkWasDone() throws Exception {
    emulator.loseNextAnswer((method, path) -> path.startsWith("/upload/"), 1);
    assertThat(upload("l", "&ifGenerationMatch=0").statusCode()).isEqualTo(503);
    assertThat(upload("l", "&ifGenerationMatch=0").statusCode()).isEqualTo(412);
  }

  @Test
  void whatTheListenerRefusedIsToldAgainAtTheNextStart() throws Exception {
    emulator.close();
    emulator =
        StorageEmulator.start(
            state,
            0,
            object -> {
              throw new IllegalStateException("down");
            });
    assertThat(upload("late", "").statusCode()).isEqualTo(200);
    restart();
    assertThat(told).extracting(ObjectMetadata::name).containsExactly("late");
    restart();
    assertThat(told).hasSize(1);
  }

  @Test
  void unsupportedCallIs501WithItsName() throws Exception {
    Map.of(
            "/storage/v1/b/" + BUCKET + "/iam",
            "buckets.iam GET",
            "/storage/v1/b/" + BUCKET + "/o?matchGlob=*",
            "objects.list with matchGlob",
            "/storage/v1/projects/p/serviceAccount",
            "GET /storage/v1/projects/p/serviceAccount")
        .forEach((path, name) -> {
          try {
            HttpResponse<String> response = http("GET", path, "");
            assertThat(response.statusCode()).isEqualTo(501);
            assertThat(json(response).getAsJsonObject("error").get("message").getAsString())
                .startsWith(name + " is not supported");
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void largeObjectStreamsBothWays() throws Exception {
    long size = 48L << 20;
    byte[] block = new byte[1 << 20];
    new Random(1).nextBytes(block);
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    emulator.baseUrl()
                        + "/upload/storage/v1/b/"
                        + BUCKET
                        + "/o?uploadType=media&name=large"))
            .POST(
                HttpRequest.BodyPublishers.ofByteArrays(
                    () -> Stream.generate(() -> block).limit(size >> 20).iterator()))
            .build();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
          .isEqualTo(200);
      HttpResponse<InputStream> response =
          client.send(
              HttpRequest.newBuilder(
                      URI.create(
                          emulator.baseUrl() + "/storage/v1/b/" + BUCKET + "/o/large?alt=media"))
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream in = response.body()) {
        for (int i = 0; i < size >> 20; i++) {
          assertThat(Arrays.equals(in.readNBytes(1 << 20), block)).isTrue();
        }
        assertThat(in.read()).isNegative();
      }
    }
  }
}
