package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Buckets and the generations of their objects, on disk and indexed in memory.
 *
 * <p>Each generation is two files under {@code objects/<bucket>/<xx>/<sha256 of the name>/}: the
 * bytes and the metadata, so that any name is safe as a path. Bytes are staged elsewhere and
 * renamed into place before the metadata is, and the metadata alone means "exists": a process
 * killed at any moment leaves an object whole or absent. Opening reads every metadata file once; a
 * listing or a look-up touches no disk. One lock a bucket orders its writes, and no lock is held
 * while bytes stream.
 */
final class ObjectStore {
  private static final Logger LOG = System.getLogger(ObjectStore.class.getName());

  private final Path buckets;
  private final Path objects;
  private final Path staging;
  private final Path announcements;
  private final Clock clock;
  private final StorageEmulator.Listener listener;
  private final AtomicLong lastGeneration = new AtomicLong();
  private final ConcurrentMap<String, Bucket> byName = new ConcurrentHashMap<>();

  /** Bytes waiting to become an object. */
  record Staged(
      Path file, long size, String crc32c, @Nullable String md5Hash, int componentCount) {}

  /** An object's metadata and its open bytes, readable even if the object is deleted meanwhile. */
  record Content(ObjectMetadata object, FileChannel bytes) {}

  /** One page of a listing; a null token ends it. */
  record Page(List<ObjectMetadata> items, List<String> prefixes, @Nullable String nextPageToken) {}

  record Listing(
      String prefix,
      String delimiter,
      boolean includeTrailingDelimiter,
      boolean versions,
      String startOffset,
      @Nullable String endOffset,
      int maxResults,
      @Nullable String pageToken) {}

  static final class Bucket {
    private final ReentrantLock lock = new ReentrantLock();
    private final NavigableMap<String, NavigableMap<Long, ObjectMetadata>> byName =
        new TreeMap<>(ObjectStore::compareNames);
    private final String project;
    private JsonObject resource;
    private boolean deleted;

    Bucket(String project, JsonObject resource) {
      this.project = project;
      this.resource = resource;
    }

    private boolean versioned() {
      return Json.object(resource, "versioning").has("enabled")
          && Json.object(resource, "versioning").get("enabled").getAsBoolean();
    }

    private @Nullable ObjectMetadata live(String name) {
      NavigableMap<Long, ObjectMetadata> generations = byName.get(name);
      if (generations == null || generations.isEmpty()) {
        return null;
      }
      ObjectMetadata newest = generations.lastEntry().getValue();
      return newest.live() ? newest : null;
    }
  }

  ObjectStore(Path directory, Clock clock, StorageEmulator.Listener listener) throws IOException {
    this.buckets = Files.createDirectories(directory.resolve("buckets"));
    this.objects = Files.createDirectories(directory.resolve("objects"));
    this.staging = Files.createDirectories(directory.resolve("staging"));
    this.announcements = Files.createDirectories(directory.resolve("announcements"));
    this.clock = clock;
    this.listener = listener;
    for (Path leftover : files(staging)) {
      Files.delete(leftover);
    }
    for (Path file : files(buckets)) {
      if (file.toString().endsWith(".json")) {
        JsonObject json = Json.read(file);
        JsonObject resource = json.getAsJsonObject("resource");
        load(
            resource.get("name").getAsString(),
            new Bucket(json.get("project").getAsString(), resource));
      }
    }
  }

  private void load(String name, Bucket bucket) throws IOException {
    Path directory = objects.resolve(name);
    if (Files.exists(directory)) {
      List<Path> metadata;
      try (Stream<Path> tree = Files.walk(directory)) {
        metadata = tree.filter(file -> file.toString().endsWith(".json")).toList();
      }
      for (Path file : metadata) {
        ObjectMetadata object = ObjectMetadata.fromJson(Json.read(file));
        bucket
            .byName
            .computeIfAbsent(object.name(), n -> new TreeMap<>())
            .put(object.generation(), object);
        lastGeneration.accumulateAndGet(object.generation(), Math::max);
      }
      // A process that died between a new generation and the retirement of the one before left two
      // live ones: the newer is the truth.
      for (NavigableMap<Long, ObjectMetadata> generations : bucket.byName.values()) {
        for (ObjectMetadata older :
            List.copyOf(generations.headMap(generations.lastKey()).values())) {
          if (older.live()) {
            retire(bucket, generations, older);
          }
        }
      }
    }
    byName.put(name, bucket);
  }

  /** Tells the listener of objects whose creation a killed process had not yet told. */
  void announceUnfinished() throws IOException {
    for (Path file : files(announcements)) {
      if (!file.toString().endsWith(".json")) {
        Files.delete(file);
        continue;
      }
      JsonObject told = Json.read(file);
      Bucket bucket = byName.get(told.get("bucket").getAsString());
      NavigableMap<Long, ObjectMetadata> generations =
          bucket == null ? null : bucket.byName.get(told.get("name").getAsString());
      ObjectMetadata object =
          generations == null ? null : generations.get(told.get("generation").getAsLong());
      if (object != null) {
        listener.finalized(object);
      }
      Files.delete(file);
    }
  }

  // Buckets

  JsonObject createBucket(String project, String name, JsonObject given)
      throws ApiError, IOException {
    Instant now = clock.instant();
    JsonObject resource = new JsonObject();
    resource.addProperty("kind", "storage#bucket");
    resource.addProperty("id", name);
    resource.addProperty("name", name);
    resource.addProperty("projectNumber", "0");
    resource.addProperty("location", "US");
    resource.addProperty("locationType", "multi-region");
    resource.addProperty("storageClass", "STANDARD");
    resource.addProperty("timeCreated", Json.time(now));
    BucketFields.merge(resource, given);
    touch(resource, 1, now);
    Bucket bucket = new Bucket(project, resource);
    bucket.lock.lock();
    try {
      if (byName.putIfAbsent(name, bucket) != null) {
        throw new ApiError(
            409,
            "conflict",
            "Your previous request to create the named bucket succeeded and you already own it.");
      }
      saveBucket(name, bucket);
      return resource;
    } finally {
      bucket.lock.unlock();
    }
  }

  private void saveBucket(String name, Bucket bucket) throws IOException {
    JsonObject json = new JsonObject();
    json.addProperty("project", bucket.project);
    json.add("resource", bucket.resource);
    Json.write(buckets.resolve(name + ".json"), json);
  }

  private static void touch(JsonObject resource, long metageneration, Instant now) {
    resource.addProperty("metageneration", Long.toString(metageneration));
    resource.addProperty("updated", Json.time(now));
    resource.addProperty(
        "etag",
        Base64.getEncoder()
            .encodeToString(Long.toString(metageneration).getBytes(StandardCharsets.UTF_8)));
  }

  private Bucket bucket(String name) throws ApiError {
    Bucket bucket = byName.get(name);
    if (bucket == null) {
      throw ApiError.noSuchBucket(name);
    }
    return bucket;
  }

  private Bucket locked(String name) throws ApiError {
    Bucket bucket = bucket(name);
    bucket.lock.lock();
    if (bucket.deleted) {
      bucket.lock.unlock();
      throw ApiError.noSuchBucket(name);
    }
    return bucket;
  }

  JsonObject getBucket(String name, Preconditions conditions) throws ApiError {
    JsonObject resource = bucket(name).resource;
    conditions.check(0, resource.get("metageneration").getAsLong(), true);
    return resource;
  }

  List<JsonObject> listBuckets(String project, String prefix) {
    return new TreeMap<>(byName)
        .entrySet().stream()
            .filter(e -> e.getKey().startsWith(prefix) && e.getValue().project.equals(project))
            .map(e -> e.getValue().resource)
            .toList();
  }

  JsonObject patchBucket(String name, JsonObject patch, Preconditions conditions)
      throws ApiError, IOException {
    Bucket bucket = locked(name);
    try {
      long metageneration = bucket.resource.get("metageneration").getAsLong();
      conditions.check(0, metageneration, false);
      JsonObject changed = bucket.resource.deepCopy();
      BucketFields.merge(changed, patch);
      touch(changed, metageneration + 1, clock.instant());
      bucket.resource = changed;
      saveBucket(name, bucket);
      return changed;
    } finally {
      bucket.lock.unlock();
    }
  }

  void deleteBucket(String name, Preconditions conditions) throws ApiError, IOException {
    Bucket bucket = locked(name);
    try {
      conditions.check(0, bucket.resource.get("metageneration").getAsLong(), false);
      if (!bucket.byName.isEmpty()) {
        throw new ApiError(409, "conflict", "The bucket you tried to delete is not empty.");
      }
      bucket.deleted = true;
      Files.deleteIfExists(buckets.resolve(name + ".json"));
      byName.remove(name, bucket);
    } finally {
      bucket.lock.unlock();
    }
  }

  // Objects

  Path newStagingFile() {
    return staging.resolve(UUID.randomUUID().toString());
  }

  /** Streams bytes to disk; they are no object until {@link #commit}. */
  Staged stage(InputStream in) throws IOException {
    Path file = newStagingFile();
    Digests digests = new Digests();
    try (OutputStream out = Files.newOutputStream(file)) {
      digests.copy(in, out, Long.MAX_VALUE);
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
    return new Staged(file, digests.size(), digests.crc32c(), digests.md5Hash(), 0);
  }

  void discard(Staged staged) throws IOException {
    Files.deleteIfExists(staged.file());
  }

  /** Fails early what {@link #commit} would fail, before bytes are sent for nothing. */
  void checkWritable(String bucketName, String name, Preconditions conditions) throws ApiError {
    Bucket bucket = locked(bucketName);
    try {
      conditions.checkWrite(bucket.live(name));
    } finally {
      bucket.lock.unlock();
    }
  }

  /** Makes staged bytes the live generation, if the conditions hold at this moment. */
  ObjectMetadata commit(
      String bucketName,
      String name,
      Attributes attributes,
      Staged staged,
      Preconditions conditions)
      throws ApiError, IOException {
    ObjectMetadata created;
    Path announcement;
    Bucket bucket = locked(bucketName);
    try {
      ObjectMetadata before = bucket.live(name);
      conditions.checkWrite(before);
      Instant now = clock.instant();
      long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
      long generation = lastGeneration.updateAndGet(last -> Math.max(last + 1, micros));
      Instant created0 = Instant.ofEpochMilli(now.toEpochMilli());
      created =
          new ObjectMetadata(
              bucketName,
              name,
              generation,
              1,
              staged.size(),
              staged.crc32c(),
              staged.md5Hash(),
              staged.componentCount(),
              created0,
              created0,
              null,
              attributes);
      announcement = announcements.resolve(generation + ".json");
      JsonObject told = new JsonObject();
      told.addProperty("bucket", bucketName);
      told.addProperty("name", name);
      told.addProperty("generation", generation);
      Json.write(announcement, told);
      Path data = data(created);
      Files.createDirectories(data.getParent());
      Files.move(staged.file(), data, StandardCopyOption.ATOMIC_MOVE);
      save(created);
      NavigableMap<Long, ObjectMetadata> generations =
          bucket.byName.computeIfAbsent(name, n -> new TreeMap<>());
      generations.put(generation, created);
      if (before != null) {
        retire(bucket, generations, before);
      }
    } finally {
      bucket.lock.unlock();
    }
    try {
      listener.finalized(created);
      Files.deleteIfExists(announcement);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "the listener failed for " + created + "; told again at start", e);
    }
    return created;
  }

  /** An overwritten or deleted live generation: kept as noncurrent where the bucket keeps them. */
  private void retire(
      Bucket bucket, NavigableMap<Long, ObjectMetadata> generations, ObjectMetadata object)
      throws IOException {
    if (bucket.versioned()) {
      ObjectMetadata noncurrent = object.deletedAt(clock.instant());
      save(noncurrent);
      generations.put(noncurrent.generation(), noncurrent);
    } else {
      erase(object);
      generations.remove(object.generation());
    }
  }

  private void erase(ObjectMetadata object) throws IOException {
    Files.deleteIfExists(metadata(object));
    Files.deleteIfExists(data(object));
  }

  private void save(ObjectMetadata object) throws IOException {
    Json.write(metadata(object), object.toJson(""));
  }

  ObjectMetadata get(String bucketName, String name, @Nullable Long generation) throws ApiError {
    Bucket bucket = locked(bucketName);
    try {
      return find(bucket, bucketName, name, generation);
    } finally {
      bucket.lock.unlock();
    }
  }

  private static ObjectMetadata find(
      Bucket bucket, String bucketName, String name, @Nullable Long generation) throws ApiError {
    ObjectMetadata found = bucket.live(name);
    if (generation != null) {
      NavigableMap<Long, ObjectMetadata> generations = bucket.byName.get(name);
      found = generations == null ? null : generations.get(generation);
    }
    if (found == null) {
      throw ApiError.noSuchObject(bucketName, generation == null ? name : name + "#" + generation);
    }
    return found;
  }

  Content open(String bucketName, String name, @Nullable Long generation, Preconditions conditions)
      throws ApiError, IOException {
    while (true) {
      ObjectMetadata object = get(bucketName, name, generation);
      conditions.checkRead(object);
      try {
        return new Content(object, FileChannel.open(data(object), StandardOpenOption.READ));
      } catch (NoSuchFileException e) {
        // Replaced or deleted since the look-up. Only damage makes the same generation fail again.
        if (get(bucketName, name, generation).generation() == object.generation()) {
          throw new IOException("the bytes of " + object + " are gone from the disk", e);
        }
      }
    }
  }

  ObjectMetadata patch(
      String bucketName,
      String name,
      @Nullable Long generation,
      JsonObject patch,
      boolean replace,
      Preconditions conditions)
      throws ApiError, IOException {
    Bucket bucket = locked(bucketName);
    try {
      ObjectMetadata object = find(bucket, bucketName, name, generation);
      conditions.checkWrite(object);
      Attributes changed =
          replace ? Attributes.of(patch, null) : object.attributes().patched(patch);
      ObjectMetadata updated =
          object.with(changed, Instant.ofEpochMilli(clock.instant().toEpochMilli()));
      save(updated);
      bucket.byName.get(name).put(updated.generation(), updated);
      return updated;
    } finally {
      bucket.lock.unlock();
    }
  }

  void delete(String bucketName, String name, @Nullable Long generation, Preconditions conditions)
      throws ApiError, IOException {
    Bucket bucket = locked(bucketName);
    try {
      ObjectMetadata object = find(bucket, bucketName, name, generation);
      conditions.checkWrite(object);
      NavigableMap<Long, ObjectMetadata> generations = bucket.byName.get(name);
      if (generation == null) {
        retire(bucket, generations, object);
      } else {
        erase(object);
        generations.remove(object.generation());
      }
      if (generations.isEmpty()) {
        bucket.byName.remove(name);
      }
    } finally {
      bucket.lock.unlock();
    }
  }

  /** Stages the bytes of an existing object; a link where the file system has links. */
  Staged stageCopy(ObjectMetadata source) throws IOException, ApiError {
    Path file = newStagingFile();
    try {
      try {
        Files.createLink(file, data(source));
      } catch (UnsupportedOperationException e) {
        Files.copy(data(source), file);
      }
    } catch (NoSuchFileException e) {
      throw ApiError.noSuchObject(source.bucket(), source.name());
    }
    return new Staged(
        file, source.size(), source.crc32c(), source.md5Hash(), source.componentCount());
  }

  Staged stageComposed(List<ObjectMetadata> sources) throws IOException, ApiError {
    Path file = newStagingFile();
    Digests digests = new Digests();
    int components = 0;
    try (OutputStream out = Files.newOutputStream(file)) {
      for (ObjectMetadata source : sources) {
        components += Math.max(1, source.componentCount());
        try (InputStream in = Files.newInputStream(data(source))) {
          digests.copy(in, out, Long.MAX_VALUE);
        }
      }
    } catch (NoSuchFileException e) {
      Files.deleteIfExists(file);
      throw new ApiError(404, "notFound", "A source object was deleted while it was composed.");
    }
    return new Staged(file, digests.size(), digests.crc32c(), null, components);
  }

  /** Names in the order of their UTF-8 bytes, at most {@code maxResults} items and prefixes. */
  Page list(String bucketName, Listing listing) throws ApiError {
    Cursor after = Cursor.decode(listing.pageToken());
    List<ObjectMetadata> items = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    String from = max(max(listing.prefix(), listing.startOffset()), after.name());
    String passed = after.prefix() ? after.name() : null;
    Cursor last = after;
    Bucket bucket = locked(bucketName);
    try {
      for (Map.Entry<String, NavigableMap<Long, ObjectMetadata>> entry :
          bucket.byName.tailMap(from, true).entrySet()) {
        String name = entry.getKey();
        String endOffset = listing.endOffset();
        if (!name.startsWith(listing.prefix())
            || (endOffset != null && compareNames(name, endOffset) >= 0)) {
          break;
        }
        if (passed != null && name.startsWith(passed)) {
          continue;
        }
        String folder = folder(name, listing);
        for (ObjectMetadata object : entry.getValue().values()) {
          if (!(listing.versions() || object.live())
              || (folder == null && !after.precedes(name, object.generation()))) {
            continue;
          }
          if (items.size() + prefixes.size() >= listing.maxResults()) {
            return new Page(items, prefixes, last.encode());
          }
          if (folder == null) {
            items.add(object);
            last = new Cursor(name, object.generation(), false);
          } else {
            prefixes.add(folder);
            passed = folder;
            last = new Cursor(folder, 0, true);
            if (listing.includeTrailingDelimiter() && name.equals(folder)) {
              items.add(object);
            }
            break;
          }
        }
      }
      return new Page(items, prefixes, null);
    } finally {
      bucket.lock.unlock();
    }
  }

  private static @Nullable String folder(String name, Listing listing) {
    if (listing.delimiter().isEmpty()) {
      return null;
    }
    int at = name.indexOf(listing.delimiter(), listing.prefix().length());
    return at < 0 ? null : name.substring(0, at + listing.delimiter().length());
  }

  /** What the last page ended with: a generation of an object, or a prefix. */
  private record Cursor(String name, long generation, boolean prefix) {
    boolean precedes(String otherName, long otherGeneration) {
      return !name.equals(otherName) || generation < otherGeneration;
    }

    String encode() {
      String text = (prefix ? "p" : "o") + generation + ":" + name;
      return Base64.getUrlEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static Cursor decode(@Nullable String token) throws ApiError {
      if (token == null || token.isEmpty()) {
        return new Cursor("", 0, false);
      }
      try {
        String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        int colon = text.indexOf(':');
        return new Cursor(
            text.substring(colon + 1),
            Long.parseLong(text.substring(1, colon)),
            text.charAt(0) == 'p');
      } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
        throw ApiError.badRequest("Invalid value for pageToken: '" + token + "'.");
      }
    }
  }

  private static String max(String a, String b) {
    return compareNames(a, b) >= 0 ? a : b;
  }

  /** Order of the UTF-8 bytes, which Java's UTF-16 order is not for surrogates. */
  static int compareNames(String a, String b) {
    int shared = Math.min(a.length(), b.length());
    for (int i = 0; i < shared; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean surrogates = Character.isSurrogate(x) != Character.isSurrogate(y);
        return surrogates ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  private Path data(ObjectMetadata object) {
    return directory(object).resolve(object.generation() + ".data");
  }

  private Path metadata(ObjectMetadata object) {
    return directory(object).resolve(object.generation() + ".json");
  }

  private Path directory(ObjectMetadata object) {
    String hash;
    try {
      hash =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-256")
                      .digest(object.name().getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    return objects.resolve(object.bucket()).resolve(hash.substring(0, 2)).resolve(hash);
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> list = Files.list(directory)) {
      return list.sorted().toList();
    }
  }
}
