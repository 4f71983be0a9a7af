package dev.sluice.emulators.storage;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Resumable upload sessions. A session is a file of the bytes so far and one that says what they
 * are to become, so it goes on after a restart. A chunk that breaks off is kept as far as it came.
 */
final class ResumableUploads {
  /** Cloud Storage takes chunks in multiples of this many bytes, the last one excepted. */
  private static final int UNIT = 256 * 1024;

  /** Cloud Storage's, counted here from the session's beginning or its end. */
  private static final Duration LIFETIME = Duration.ofDays(7);

  private static final Pattern RANGE =
      Pattern.compile("bytes\\s+(?:(\\d+)-(\\d+|\\*)|\\*)/(\\d+|\\*)");

  private final Path directory;
  private final ObjectStore store;
  private final String baseUrl;
  private final ConcurrentMap<String, Session> sessions = new ConcurrentHashMap<>();

  private static final class Session {
    final ReentrantLock lock = new ReentrantLock();
    final JsonObject begun;
    @Nullable Digests digests;
    @Nullable ObjectMetadata completed;

    Session(JsonObject begun) {
      this.begun = begun;
    }
  }

  ResumableUploads(Path directory, ObjectStore store, String baseUrl) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.store = store;
    this.baseUrl = baseUrl;
    try (Stream<Path> list = Files.list(directory)) {
      for (Path file : list.filter(f -> f.toString().endsWith(".json")).toList()) {
        String id = file.getFileName().toString().replace(".json", "");
        Instant changed = Files.getLastModifiedTime(file).toInstant();
        if (changed.plus(LIFETIME).isBefore(Instant.now())) {
          Files.delete(file);
          Files.deleteIfExists(data(id));
          continue;
        }
        Session session = new Session(Json.read(file));
        if (session.begun.get("completed") instanceof JsonObject object) {
          session.completed = ObjectMetadata.fromJson(object);
        }
        sessions.put(id, session);
      }
    }
  }

  Answer begin(
      String bucket,
      String name,
      JsonObject resource,
      @Nullable String contentType,
      Preconditions conditions,
      String origin)
      throws ApiError, IOException {
    Attributes.of(resource, contentType);
    store.checkWritable(bucket, name, conditions);
    JsonObject begun = new JsonObject();
    begun.addProperty("bucket", bucket);
    begun.addProperty("name", name);
    begun.add("resource", resource);
    begun.addProperty("contentType", contentType);
    begun.add("conditions", conditions.toJson());
    String id = UUID.randomUUID().toString();
    Files.createFile(data(id));
    Json.write(description(id), begun);
    sessions.put(id, new Session(begun));
    String location =
        "%s/upload/storage/v1/b/%s/o?uploadType=resumable&upload_id=%s"
            .formatted(origin, bucket, id);
    return new Answer.Empty(200, Map.of("Location", location, "X-GUploader-UploadID", id));
  }

  private Session session(String id) throws ApiError {
    Session session = sessions.get(id);
    if (session == null) {
      throw new ApiError(404, "notFound", "No such upload session: " + id);
    }
    return session;
  }

  /** Ends a session without an object: 499, as Cloud Storage answers. */
  Answer cancel(String id) throws ApiError, IOException {
    Session session = session(id);
    session.lock.lock();
    try {
      sessions.remove(id);
      Files.deleteIfExists(description(id));
      Files.deleteIfExists(data(id));
    } finally {
      session.lock.unlock();
    }
    return new Answer.Empty(499, Map.of());
  }

  /** A chunk, the whole, or a question for the status. */
  Answer put(String id, Call call, @Nullable Long contentLength) throws ApiError, IOException {
    Session session = session(id);
    session.lock.lock();
    try {
      if (session.completed != null) {
        return created(session.completed);
      }
      if (sessions.get(id) != session) {
        throw new ApiError(404, "notFound", "No such upload session: " + id);
      }
      Digests digests = session.digests;
      if (digests == null) {
        digests = Digests.of(data(id));
        session.digests = digests;
      }
      return receive(id, session, digests, call, contentLength);
    } finally {
      session.lock.unlock();
    }
  }

  private Answer receive(
      String id, Session session, Digests digests, Call call, @Nullable Long contentLength)
      throws ApiError, IOException {
    String header = call.header("Content-Range");
    long first = 0;
    long length = contentLength == null ? -1 : contentLength;
    long total = length;
    boolean last = true;
    if (header != null) {
      Matcher range = RANGE.matcher(header.strip());
      if (!range.matches()) {
        throw ApiError.badRequest("Failed to parse Content-Range header: '" + header + "'.");
      }
      total = range.group(3).equals("*") ? -1 : Long.parseLong(range.group(3));
      if (range.group(1) == null) {
        length = 0;
        first = digests.size();
        last = total == digests.size();
      } else {
        first = Long.parseLong(range.group(1));
        length = range.group(2).equals("*") ? length : Long.parseLong(range.group(2)) - first + 1;
        last = total >= 0 && length >= 0 && first + length == total;
      }
    }
    if (first > digests.size()) {
      throw ApiError.badRequest(
          "Invalid request. The chunk starts at byte %d but only %d bytes have arrived."
              .formatted(first, digests.size()));
    }
    if (!last && length > 0 && length < UNIT) {
      throw ApiError.badRequest(
          ("Invalid request. The number of bytes uploaded is required to be equal or greater than"
                  + " %d, except for the final request. The received request contained %d bytes.")
              .formatted(UNIT, length));
    }
    long known = digests.size() - first;
    long wanted = length < 0 ? Long.MAX_VALUE : length - (last ? 0 : length % UNIT);
    InputStream body = call.body();
    body.skipNBytes(Math.min(known, wanted));
    if (wanted > known) {
      try (OutputStream out = Files.newOutputStream(data(id), StandardOpenOption.APPEND)) {
        digests.copy(body, out, wanted - known);
      }
    }
    body.transferTo(OutputStream.nullOutputStream());
    if (!last || (total >= 0 && digests.size() != total)) {
      return incomplete(digests.size());
    }
    return complete(id, session, digests, call);
  }

  private Answer complete(String id, Session session, Digests digests, Call call)
      throws ApiError, IOException {
    JsonObject begun = session.begun;
    ObjectStore.Staged staged =
        new ObjectStore.Staged(data(id), digests.size(), digests.crc32c(), digests.md5Hash(), 0);
    session.digests = null;
    JsonObject resource = begun.getAsJsonObject("resource");
    Checksums.verify(staged, resource, call);
    ObjectMetadata object =
        store.commit(
            begun.get("bucket").getAsString(),
            begun.get("name").getAsString(),
            Attributes.of(resource, Json.string(begun, "contentType")),
            staged,
            Preconditions.fromJson(begun.getAsJsonObject("conditions")));
    session.completed = object;
    JsonObject done = begun.deepCopy();
    done.add("completed", object.toJson(""));
    Json.write(description(id), done);
    return created(object);
  }

  private Answer created(ObjectMetadata object) {
    return new Answer.Document(
        200,
        Map.of("X-Goog-Stored-Content-Length", Long.toString(object.size())),
        object.toJson(baseUrl));
  }

  private static Answer incomplete(long size) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (size > 0) {
      headers.put("Range", "bytes=0-" + (size - 1));
    }
    return new Answer.Empty(308, headers);
  }

  private Path data(String id) {
    return directory.resolve(id + ".data");
  }

  private Path description(String id) {
    return directory.resolve(id + ".json");
  }
}
