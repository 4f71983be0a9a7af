package dev.sluice.emulators.storage;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The calls of the JSON API: finds the call of a path, does it on the store, forms the answer. */
final class StorageApi {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
  private static final int MAX_COMPOSE = 32;
  private static final int MAX_BATCH = 100;
  private static final int MAX_NAME_BYTES = 1024;
  private static final int MAX_RESULTS = 1000;

  private final ObjectStore store;
  private final ResumableUploads uploads;
  private final Faults faults;
  private final String baseUrl;

  StorageApi(ObjectStore store, ResumableUploads uploads, Faults faults, String baseUrl) {
    this.store = store;
    this.uploads = uploads;
    this.faults = faults;
    this.baseUrl = baseUrl;
  }

  /** Does one call, with the faults that are due before and after it. */
  Answer answer(Call call) throws ApiError, IOException {
    String path = "/" + String.join("/", call.path());
    faults.check(call.method(), path, false);
    Answer answer = route(call, path);
    faults.check(call.method(), path, true);
    return answer;
  }

  private Answer route(Call call, String path) throws ApiError, IOException {
    List<String> segments = call.path();
    if (startsWith(segments, "batch", "storage", "v1") && call.method().equals("POST")) {
      return batch(call);
    }
    if (startsWith(segments, "upload", "storage", "v1", "b") && segments.size() == 6) {
      return upload(call, segments.get(4));
    }
    boolean download = startsWith(segments, "download");
    List<String> rest = download ? segments.subList(1, segments.size()) : segments;
    if (startsWith(rest, "storage", "v1", "b")) {
      return resource(call, rest.subList(3, rest.size()), download, path);
    }
    throw ApiError.notSupported(call.method() + " " + path);
  }

  private static boolean startsWith(List<String> segments, String... expected) {
    return segments.size() >= expected.length
        && segments.subList(0, expected.length).equals(List.of(expected));
  }

  /** Calls under /storage/v1/b, told apart by their number of segments. */
  private Answer resource(Call call, List<String> path, boolean download, String fullPath)
      throws ApiError, IOException {
    String method = call.method();
    if (path.isEmpty()) {
      return switch (method) {
        case "GET" -> listBuckets(call);
        case "POST" -> insertBucket(call);
        default -> throw ApiError.notSupported("buckets " + method);
      };
    }
    String bucket = path.get(0);
    if (path.size() == 1) {
      return bucket(call, bucket);
    }
    if (!path.get(1).equals("o")) {
      throw ApiError.notSupported("buckets." + path.get(1) + " " + method);
    }
    if (path.size() == 2) {
      if (method.equals("GET")) {
        return list(call, bucket);
      }
      throw ApiError.notSupported("objects " + method);
    }
    String name = path.get(2);
    if (path.size() == 3) {
      return object(call, bucket, name, download);
    }
    String verb = path.get(3);
    if (method.equals("POST") && path.size() == 4 && verb.equals("compose")) {
      return compose(call, bucket, name);
    }
    if (method.equals("POST")
        && path.size() == 8
        && (verb.equals("copyTo") || verb.equals("rewriteTo"))
        && path.get(4).equals("b")
        && path.get(6).equals("o")) {
      return copy(call, bucket, name, path.get(5), path.get(7), verb.equals("rewriteTo"));
    }
    throw ApiError.notSupported("objects." + verb + " (" + method + " " + fullPath + ")");
  }

  // Buckets

  private Answer insertBucket(Call call) throws ApiError, IOException {
    JsonObject given = Json.parse(call.text());
    String name = BucketFields.name(Objects.requireNonNullElse(Json.string(given, "name"), ""));
    return Answer.Document.ok(
        linked(store.createBucket(call.parameter("project", ""), name, given)));
  }

  private Answer listBuckets(Call call) throws ApiError {
    int limit = maxResults(call);
    String from = call.parameter("pageToken", "");
    JsonArray items = new JsonArray();
    String next = null;
    for (JsonObject bucket :
        store.listBuckets(call.parameter("project", ""), call.parameter("prefix", ""))) {
      String name = bucket.get("name").getAsString();
      if (name.compareTo(from) < 0) {
        continue;
      }
      if (items.size() == limit) {
        next = name;
        break;
      }
      items.add(linked(bucket));
    }
    return page("storage#buckets", items, next);
  }

  private Answer bucket(Call call, String bucket) throws ApiError, IOException {
    Preconditions conditions = Preconditions.of(call.query(), "if");
    return switch (call.method()) {
      case "GET" -> Answer.Document.ok(linked(store.getBucket(bucket, conditions)));
      case "PATCH", "PUT" ->
          Answer.Document.ok(
              linked(store.patchBucket(bucket, Json.parse(call.text()), conditions)));
      case "DELETE" -> {
        store.deleteBucket(bucket, conditions);
        yield new Answer.Empty(204, Map.of());
      }
      default -> throw ApiError.notSupported("buckets " + call.method());
    };
  }

  private JsonObject linked(JsonObject bucket) {
    JsonObject copy = bucket.deepCopy();
    copy.addProperty("selfLink", baseUrl + "/storage/v1/b/" + bucket.get("name").getAsString());
    return copy;
  }

  // Objects

  private Answer object(Call call, String bucket, String name, boolean download)
      throws ApiError, IOException {
    Long generation = Preconditions.number(call.query(), "generation");
    Preconditions conditions = Preconditions.of(call.query(), "if");
    return switch (call.method()) {
      case "GET" -> {
        if (download || call.parameter("alt", "").equals("media")) {
          try {
            yield media(call, bucket, name, generation, conditions);
          } catch (ApiError e) {
            yield e.status() == 304 ? new Answer.Empty(304, Map.of()) : plain(e);
          }
        }
        ObjectMetadata object = store.get(bucket, name, generation);
        conditions.checkRead(object);
        yield document(object);
      }
      case "PATCH", "PUT" -> {
        boolean replace = call.method().equals("PUT");
        yield document(
            store.patch(bucket, name, generation, Json.parse(call.text()), replace, conditions));
      }
      case "DELETE" -> {
        store.delete(bucket, name, generation, conditions);
        yield new Answer.Empty(204, Map.of());
      }
      default -> throw ApiError.notSupported("objects " + call.method());
    };
  }

  private Answer document(ObjectMetadata object) {
    return new Answer.Document(200, Map.of("ETag", object.etag()), object.toJson(baseUrl));
  }

  /** Downloads answer their errors in plain text, as Cloud Storage does. */
  private static Answer plain(ApiError error) {
    return new Answer.Text(
        error.status(), Map.of("Content-Type", "text/html; charset=UTF-8"), error.text());
  }

  private Answer media(
      Call call, String bucket, String name, @Nullable Long generation, Preconditions conditions)
      throws ApiError, IOException {
    ObjectStore.Content content = store.open(bucket, name, generation, conditions);
    boolean keep = false;
    try {
      ObjectMetadata object = content.object();
      Map<String, String> headers = mediaHeaders(object);
      boolean gzipped = "gzip".equals(object.attributes().properties().get("contentEncoding"));
      String accepted = Objects.requireNonNullElse(call.header("Accept-Encoding"), "");
      if (gzipped && !accepted.contains("gzip")) {
        headers.remove("Content-Encoding");
        headers.put("Warning", "214 UploadServer gunzipped");
        keep = true;
        return new Answer.Media(200, headers, content, 0, object.size(), true);
      }
      long size = object.size();
      long first = 0;
      long length = size;
      int status = 200;
      String header = call.header("Range");
      Matcher range = RANGE.matcher(header == null ? "" : header.strip());
      if (range.matches() && !(range.group(1).isEmpty() && range.group(2).isEmpty())) {
        long last = size - 1;
        if (range.group(1).isEmpty()) {
          first = Math.max(0, size - Long.parseLong(range.group(2)));
        } else {
          first = Long.parseLong(range.group(1));
          last = range.group(2).isEmpty() ? last : Math.min(last, Long.parseLong(range.group(2)));
        }
        if (first > last) {
          return new Answer.Text(
              416,
              Map.of("Content-Range", "bytes */" + size, "Content-Type", "text/plain"),
              "The requested range cannot be satisfied.");
        }
        status = 206;
        length = last - first + 1;
        headers.put("Content-Range", "bytes %d-%d/%d".formatted(first, last, size));
      }
      keep = true;
      return new Answer.Media(status, headers, content, first, length, false);
    } catch (NumberFormatException e) {
      throw ApiError.badRequest("The Range header names a byte beyond 2^63.");
    } finally {
      if (!keep) {
        content.bytes().close();
      }
    }
  }

  private static Map<String, String> mediaHeaders(ObjectMetadata object) {
    Map<String, String> headers = new LinkedHashMap<>();
    Map<String, String> properties = object.attributes().properties();
    headers.put("Content-Type", object.contentType());
    headers.put("Accept-Ranges", "bytes");
    headers.put("ETag", object.etag());
    headers.put(
        "Last-Modified",
        DateTimeFormatter.RFC_1123_DATE_TIME.format(object.updated().atOffset(ZoneOffset.UTC)));
    headers.put("X-Goog-Generation", Long.toString(object.generation()));
    headers.put("X-Goog-Metageneration", Long.toString(object.metageneration()));
    headers.put(
        "X-Goog-Hash",
        "crc32c=" + object.crc32c() + (object.md5Hash() == null ? "" : ",md5=" + object.md5Hash()));
    headers.put("X-Goog-Stored-Content-Length", Long.toString(object.size()));
    headers.put(
        "X-Goog-Stored-Content-Encoding", properties.getOrDefault("contentEncoding", "identity"));
    headers.put("X-Goog-Storage-Class", properties.getOrDefault("storageClass", "STANDARD"));
    Map.of(
            "cacheControl", "Cache-Control",
            "contentDisposition", "Content-Disposition",
            "contentEncoding", "Content-Encoding",
            "contentLanguage", "Content-Language")
        .forEach((field, header) -> {
          String value = properties.get(field);
          if (value != null) {
            headers.put(header, value);
          }
        });
    return headers;
  }

  private Answer list(Call call, String bucket) throws ApiError {
    for (String option : List.of("matchGlob", "filter")) {
      if (call.parameter(option) != null) {
        throw ApiError.notSupported("objects.list with " + option);
      }
    }
    if (call.flag("softDeleted")) {
      throw ApiError.notSupported("objects.list with softDeleted");
    }
    ObjectStore.Page page =
        store.list(
            bucket,
            new ObjectStore.Listing(
                call.parameter("prefix", ""),
                call.parameter("delimiter", ""),
                call.flag("includeTrailingDelimiter"),
                call.flag("versions"),
                call.parameter("startOffset", ""),
                call.parameter("endOffset"),
                maxResults(call),
                call.parameter("pageToken")));
    JsonArray items = new JsonArray();
    page.items().forEach(object -> items.add(object.toJson(baseUrl)));
    Answer.Document answer = page("storage#objects", items, page.nextPageToken());
    if (!page.prefixes().isEmpty()) {
      answer.json().add("prefixes", Json.GSON.toJsonTree(page.prefixes()));
    }
    return answer;
  }

  private static int maxResults(Call call) throws ApiError {
    Long asked = Preconditions.number(call.query(), "maxResults");
    if (asked != null && asked < 0) {
      throw ApiError.badRequest("Invalid value for maxResults: " + asked + " is below 0.");
    }
    return asked == null || asked == 0 ? MAX_RESULTS : (int) Math.min(asked, MAX_RESULTS);
  }

  private static Answer.Document page(String kind, JsonArray items, @Nullable String next) {
    JsonObject json = new JsonObject();
    json.addProperty("kind", kind);
    if (!items.isEmpty()) {
      json.add("items", items);
    }
    if (next != null) {
      json.addProperty("nextPageToken", next);
    }
    return Answer.Document.ok(json);
  }

  private Answer compose(Call call, String bucket, String name) throws ApiError, IOException {
    Preconditions conditions = Preconditions.of(call.query(), "if");
    JsonObject body = Json.parse(call.text());
    if (body.has("deleteSourceObjects") && body.get("deleteSourceObjects").getAsBoolean()) {
      throw ApiError.notSupported("objects.compose with deleteSourceObjects");
    }
    JsonArray given =
        body.get("sourceObjects") instanceof JsonArray array ? array : new JsonArray();
    if (given.isEmpty() || given.size() > MAX_COMPOSE) {
      throw ApiError.badRequest(
          "The number of source components provided (%d) must be 1 to %d."
              .formatted(given.size(), MAX_COMPOSE));
    }
    List<ObjectMetadata> sources = new ArrayList<>();
    for (JsonElement element : given) {
      JsonObject source = element.getAsJsonObject();
      String generation = Json.string(source, "generation");
      ObjectMetadata found =
          store.get(
              bucket,
              Objects.requireNonNullElse(Json.string(source, "name"), ""),
              generation == null ? null : Long.valueOf(generation));
      Preconditions.fromJson(Json.object(source, "objectPreconditions")).checkWrite(found);
      sources.add(found);
    }
    store.checkWritable(bucket, validName(name), conditions);
    JsonObject destination = Json.object(body, "destination");
    Attributes attributes = Attributes.of(destination, sources.get(0).contentType());
    ObjectStore.Staged staged = store.stageComposed(sources);
    return document(commit(bucket, name, attributes, staged, conditions));
  }

  private Answer copy(
      Call call, String fromBucket, String fromName, String bucket, String name, boolean rewrite)
      throws ApiError, IOException {
    JsonObject given = Json.parse(call.text());
    ObjectMetadata source =
        store.get(fromBucket, fromName, Preconditions.number(call.query(), "sourceGeneration"));
    Preconditions.of(call.query(), "ifSource").checkWrite(source);
    Preconditions conditions = Preconditions.of(call.query(), "if");
    store.checkWritable(bucket, validName(name), conditions);
    // A resource in the request replaces the source's attributes as a whole; without one they are
    // copied.
    boolean replaced = given.keySet().stream().anyMatch(this::isAttribute);
    Attributes attributes =
        replaced
            ? Attributes.of(given, source.contentType())
            : source.attributes().patched(new JsonObject());
    ObjectMetadata created = commit(bucket, name, attributes, store.stageCopy(source), conditions);
    if (!rewrite) {
      return document(created);
    }
    JsonObject json = new JsonObject();
    json.addProperty("kind", "storage#rewriteResponse");
    json.addProperty("totalBytesRewritten", Long.toString(created.size()));
    json.addProperty("objectSize", Long.toString(created.size()));
    json.addProperty("done", true);
    json.add("resource", created.toJson(baseUrl));
    return Answer.Document.ok(json);
  }

  private boolean isAttribute(String field) {
    return field.equals("contentType")
        || field.equals("metadata")
        || Attributes.PROPERTIES.contains(field);
  }

  // Uploads

  private Answer upload(Call call, String bucket) throws ApiError, IOException {
    String id = call.parameter("upload_id");
    if (id != null) {
      return switch (call.method()) {
        case "PUT", "POST" -> uploads.put(id, call, contentLength(call));
        case "DELETE" -> uploads.cancel(id);
        default -> throw ApiError.notSupported("uploads " + call.method());
      };
    }
    if (!call.method().equals("POST")) {
      throw ApiError.notSupported("uploads " + call.method());
    }
    Preconditions conditions = Preconditions.of(call.query(), "if");
    String type = call.parameter("uploadType", "");
    return switch (type) {
      case "media" -> {
        JsonObject resource = new JsonObject();
        if (call.parameter("contentEncoding") != null) {
          resource.addProperty("contentEncoding", call.parameter("contentEncoding"));
        }
        yield insert(call, bucket, resource, call.header("Content-Type"), call.body(), conditions);
      }
      case "multipart" -> {
        Multipart multipart = new Multipart(call.body(), call.header("Content-Type"));
        Multipart.Part description = multipart.next();
        JsonObject resource =
            Json.parse(
                description == null
                    ? ""
                    : new String(description.body().readAllBytes(), StandardCharsets.UTF_8));
        Multipart.Part content = multipart.next();
        if (content == null) {
          throw ApiError.badRequest(
              "A multipart upload has two parts: the object's resource and its bytes.");
        }
        yield insert(
            call, bucket, resource, content.header("Content-Type"), content.body(), conditions);
      }
      case "resumable" -> {
        JsonObject resource = Json.parse(call.text());
        String origin = call.header("Host") == null ? baseUrl : "http://" + call.header("Host");
        yield uploads.begin(
            bucket,
            name(call, resource),
            resource,
            call.header("X-Upload-Content-Type"),
            conditions,
            origin);
      }
      default ->
          throw ApiError.badRequest(
              "Invalid uploadType '" + type + "': media, multipart or resumable.");
    };
  }

  /** Null where the body's length is unknown or is that of the compressed bytes. */
  private static @Nullable Long contentLength(Call call) {
    String length = call.header("Content-Length");
    return length == null || "gzip".equals(call.header("Content-Encoding"))
        ? null
        : Long.valueOf(length);
  }

  private Answer insert(
      Call call,
      String bucket,
      JsonObject resource,
      @Nullable String contentType,
      InputStream body,
      Preconditions conditions)
      throws ApiError, IOException {
    String name = name(call, resource);
    Attributes attributes = Attributes.of(resource, contentType);
    store.checkWritable(bucket, name, conditions);
    ObjectStore.Staged staged = store.stage(body);
    try {
      Checksums.verify(staged, resource, call);
    } catch (ApiError e) {
      store.discard(staged);
      throw e;
    }
    return document(commit(bucket, name, attributes, staged, conditions));
  }

  private ObjectMetadata commit(
      String bucket,
      String name,
      Attributes attributes,
      ObjectStore.Staged staged,
      Preconditions conditions)
      throws ApiError, IOException {
    try {
      return store.commit(bucket, name, attributes, staged, conditions);
    } catch (ApiError e) {
      store.discard(staged);
      throw e;
    }
  }

  private static String name(Call call, JsonObject resource) throws ApiError {
    String name = call.parameter("name");
    return validName(
        Objects.requireNonNullElse(name == null ? Json.string(resource, "name") : name, ""));
  }

  private static String validName(String name) throws ApiError {
    if (name.isEmpty()) {
      throw new ApiError(400, "required", "Required object name is missing.");
    }
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_NAME_BYTES) {
      throw ApiError.badRequest(
          "The specified object name is not valid: %d bytes of UTF-8, at most %d."
              .formatted(bytes, MAX_NAME_BYTES));
    }
    if (name.equals(".") || name.equals("..") || name.contains("\n") || name.contains("\r")) {
      throw ApiError.badRequest(
          "The specified object name is not valid: '.', '..' and line breaks are not allowed.");
    }
    return name;
  }

  // Batches

  private Answer batch(Call call) throws ApiError, IOException {
    Multipart requests = new Multipart(call.body(), call.header("Content-Type"));
    String boundary = "batch_" + Long.toHexString(System.nanoTime());
    StringBuilder out = new StringBuilder();
    int count = 0;
    for (Multipart.Part part = requests.next(); part != null; part = requests.next()) {
      if (++count > MAX_BATCH) {
        throw ApiError.badRequest("A batch has at most " + MAX_BATCH + " calls.");
      }
      String id = Objects.requireNonNullElse(part.header("Content-ID"), "<" + count + ">");
      String head =
          "--%s\r\nContent-Type: application/http\r\nContent-ID: <response-%s>\r\n\r\n"
              .formatted(boundary, id.replaceAll("[<>]", ""));
      out.append(head).append(inner(part.body().readAllBytes())).append("\r\n");
    }
    out.append("--" + boundary + "--\r\n");
    return new Answer.Text(
        200, Map.of("Content-Type", "multipart/mixed; boundary=" + boundary), out.toString());
  }

  private String inner(byte[] request) throws IOException {
    String text = new String(request, StandardCharsets.UTF_8);
    Matcher end = Pattern.compile("\r?\n\r?\n").matcher(text);
    boolean hasBody = end.find();
    List<String> head = (hasBody ? text.substring(0, end.start()) : text).lines().toList();
    String body = hasBody ? text.substring(end.end()) : "";
    Answer answer;
    try {
      String[] line = head.isEmpty() ? new String[0] : head.get(0).split(" ", -1);
      if (line.length < 2) {
        throw ApiError.badRequest("A part of the batch has no request line.");
      }
      String target = line[1].replaceFirst("^https?://[^/]*", "");
      int question = target.indexOf('?');
      Call call =
          Call.of(
              line[0],
              question < 0 ? target : target.substring(0, question),
              question < 0 ? null : target.substring(question + 1),
              name -> header(head, name),
              new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
      if (call.path().get(0).equals("batch")
          || call.path().get(0).equals("upload")
          || call.parameter("alt", "").equals("media")) {
        throw ApiError.badRequest("Uploads, downloads and batches cannot be part of a batch.");
      }
      answer = answer(call);
    } catch (ApiError e) {
      answer = new Answer.Document(e.status(), Map.of(), e.json());
    }
    StringBuilder response =
        new StringBuilder("HTTP/1.1 " + answer.status() + " " + reason(answer.status()) + "\r\n");
    answer.headers().forEach((name, value) -> response.append(name + ": " + value + "\r\n"));
    String json = answer instanceof Answer.Document d ? Json.GSON.toJson(d.json()) : "";
    if (!json.isEmpty()) {
      response.append("Content-Type: application/json; charset=UTF-8\r\n");
    }
    response.append("Content-Length: " + json.getBytes(StandardCharsets.UTF_8).length);
    response.append("\r\n\r\n").append(json);
    return response.toString();
  }

  private static @Nullable String header(List<String> lines, String name) {
    return lines.stream()
        .skip(1)
        .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse(null);
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 204 -> "No Content";
      case 404 -> "Not Found";
      case 412 -> "Precondition Failed";
      default -> "Status";
    };
  }
}
