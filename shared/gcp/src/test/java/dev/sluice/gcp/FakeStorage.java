package dev.sluice.gcp;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** As much of Cloud Storage's JSON API as the object store calls, for one bucket. */
final class FakeStorage implements AutoCloseable {
  static final String BUCKET = "sluice-test";

  static final class Stored {
    long generation;
    byte[] bytes = {};
    JsonObject metadata = new JsonObject();
    boolean damaged;
  }

  private record Session(
      String name, Map<String, String> query, JsonObject metadata, ByteArrayOutputStream bytes) {}

  final Map<String, Stored> objects = new TreeMap<>();
  private final Map<String, Session> sessions = new HashMap<>();

  /** Runs once, before the next download. */
  Runnable beforeMedia = () -> {};

  /** The caller may add objects; of one that is there it is told so, whatever its condition. */
  boolean onlyAdds;

  private long lastGeneration = 1_000;
  final FakeServer server = new FakeServer(this::answer);

  private synchronized FakeServer.Answer answer(FakeServer.Request request) {
    Map<String, String> query = query(request.query());
    String path = request.path();
    if (path.startsWith("/upload/storage/v1/b/" + BUCKET + "/o")
        || path.startsWith("/resumable/upload/storage/v1/b/" + BUCKET + "/o")) {
      return upload(request, query);
    }
    String prefix = "/storage/v1/b/" + BUCKET + "/o";
    if (path.equals(prefix)) {
      return list(query);
    }
    int at = path.indexOf(prefix + "/");
    if (at < 0) {
      return error(404, "no such bucket");
    }
    String rest = path.substring(at + prefix.length() + 1);
    int rewrite = rest.indexOf("/rewriteTo/b/" + BUCKET + "/o/");
    if (rewrite >= 0) {
      return copy(
          decode(rest.substring(0, rewrite)),
          decode(rest.substring(rest.lastIndexOf("/o/") + 3)),
          query);
    }
    if ("media".equals(query.get("alt"))) {
      Runnable once = beforeMedia;
      beforeMedia = () -> {};
      once.run();
    }
    Stored stored = objects.get(decode(rest));
    String generation = query.get("generation");
    if (stored == null || (generation != null && stored.generation != Long.parseLong(generation))) {
      return error(404, "No such object: " + decode(rest));
    }
    if (request.method().equals("DELETE")) {
      objects.remove(decode(rest));
      return new FakeServer.Answer(204, Map.of(), new byte[0]);
    }
    return "media".equals(query.get("alt"))
        ? media(request, stored)
        : FakeServer.Answer.json(200, describe(decode(rest), stored).toString());
  }

  private static FakeServer.Answer media(FakeServer.Request request, Stored stored) {
    int from = 0;
    String range = request.header("Range");
    if (range.startsWith("bytes=")) {
      from = Integer.parseInt(range.substring(6, range.indexOf('-')));
    }
    if (from > 0 && from >= stored.bytes.length) {
      return error(416, "past the end");
    }
    byte[] bytes = Arrays.copyOfRange(stored.bytes, from, stored.bytes.length);
    if (stored.damaged && bytes.length > 0) {
      bytes[0] ^= 1;
    }
    return new FakeServer.Answer(
        range.isEmpty() || stored.bytes.length == 0 ? 200 : 206,
        Map.of(
            "Content-Type",
            "application/octet-stream",
            "x-goog-generation",
            String.valueOf(stored.generation),
            "Content-Range",
            "bytes " + from + "-" + (stored.bytes.length - 1) + "/" + stored.bytes.length),
        bytes);
  }

  private FakeServer.Answer upload(FakeServer.Request request, Map<String, String> query) {
    String session = query.get("upload_id");
    if (session != null) {
      return resume(request, sessions.get(session));
    }
    if ("resumable".equals(query.get("uploadType"))) {
      JsonObject metadata = JsonParser.parseString(request.text()).getAsJsonObject();
      String name = query.getOrDefault("name", text(metadata, "name"));
      if (denied(name)) {
        return error(403, "forbidden");
      }
      if (!allowed(name, query)) {
        return error(412, "conditionNotMet");
      }
      String id = "session-" + sessions.size();
      sessions.put(id, new Session(name, query, metadata, new ByteArrayOutputStream()));
      return new FakeServer.Answer(
          200,
          Map.of(
              "Location",
              server.url()
                  + "/upload/storage/v1/b/"
                  + BUCKET
                  + "/o?uploadType=resumable&upload_id="
                  + id),
          new byte[0]);
    }
    // multipart/related: --boundary, headers, blank, JSON, --boundary, headers, blank, bytes
    String type = request.header("Content-Type");
    byte[] boundary =
        ("--" + type.substring(type.indexOf("boundary=") + 9).replace("\"", ""))
            .getBytes(StandardCharsets.ISO_8859_1);
    List<byte[]> parts = parts(request.body(), boundary);
    JsonObject metadata =
        JsonParser.parseString(new String(parts.get(0), StandardCharsets.UTF_8)).getAsJsonObject();
    return put(text(metadata, "name"), query, metadata, parts.get(1));
  }

  private FakeServer.Answer resume(FakeServer.Request request, Session session) {
    // Content-Range: bytes a-b/total, bytes a-b/*, or bytes */total (a question, or the end)
    String range = request.header("Content-Range").replace("bytes ", "");
    String total = range.isEmpty() ? "" : range.substring(range.indexOf('/') + 1);
    if (!range.startsWith("*") && !range.isEmpty()) {
      int from = Integer.parseInt(range.substring(0, range.indexOf('-')));
      int have = session.bytes().size();
      if (from <= have) {
        session.bytes().write(request.body(), have - from, request.body().length - (have - from));
      }
    }
    int have = session.bytes().size();
    if (!total.equals("*") && !total.isEmpty() && Integer.parseInt(total) == have) {
      return put(
          session.name(), session.query(), session.metadata(), session.bytes().toByteArray());
    }
    return new FakeServer.Answer(
        308, have == 0 ? Map.of() : Map.of("Range", "bytes=0-" + (have - 1)), new byte[0]);
  }

  private boolean allowed(String name, Map<String, String> query) {
    String expected = query.get("ifGenerationMatch");
    Stored there = objects.get(name);
    return expected == null || Long.parseLong(expected) == (there == null ? 0 : there.generation);
  }

  private boolean denied(String name) {
    return onlyAdds && objects.containsKey(name);
  }

  FakeServer.Answer put(String name, Map<String, String> query, JsonObject metadata, byte[] bytes) {
    if (denied(name)) {
      return error(403, "forbidden");
    }
    if (!allowed(name, query)) {
      return error(412, "conditionNotMet");
    }
    if (metadata.has("crc32c") && !text(metadata, "crc32c").equals(crc32c(bytes))) {
      return error(400, "Provided CRC32C does not match");
    }
    Stored stored = new Stored();
    stored.generation = ++lastGeneration;
    stored.bytes = bytes;
    stored.metadata = metadata;
    objects.put(name, stored);
    return FakeServer.Answer.json(200, describe(name, stored).toString());
  }

  private FakeServer.Answer copy(String from, String to, Map<String, String> query) {
    Stored source = objects.get(from);
    if (source == null) {
      return error(404, "No such object: " + from);
    }
    FakeServer.Answer put = put(to, query, source.metadata.deepCopy(), source.bytes);
    if (put.status() != 200) {
      return put;
    }
    JsonObject done = new JsonObject();
    done.addProperty("kind", "storage#rewriteResponse");
    done.addProperty("done", true);
    done.addProperty("objectSize", String.valueOf(source.bytes.length));
    done.addProperty("totalBytesRewritten", String.valueOf(source.bytes.length));
    done.add("resource", describe(to, objects.get(to)));
    return FakeServer.Answer.json(200, done.toString());
  }

  private FakeServer.Answer list(Map<String, String> query) {
    String prefix = query.getOrDefault("prefix", "");
    String after = query.getOrDefault("pageToken", "");
    JsonArray items = new JsonArray();
    String last = "";
    boolean more = false;
    for (Map.Entry<String, Stored> entry : objects.entrySet()) {
      if (entry.getKey().startsWith(prefix) && entry.getKey().compareTo(after) > 0) {
        if (items.size() == 3) {
          more = true;
          break;
        }
        items.add(describe(entry.getKey(), entry.getValue()));
        last = entry.getKey();
      }
    }
    JsonObject page = new JsonObject();
    page.add("items", items);
    if (more) {
      page.addProperty("nextPageToken", last);
    }
    return FakeServer.Answer.json(200, page.toString());
  }

  private static JsonObject describe(String name, Stored stored) {
    JsonObject out = stored.metadata.deepCopy();
    out.addProperty("kind", "storage#object");
    out.addProperty("bucket", BUCKET);
    out.addProperty("name", name);
    out.addProperty("generation", String.valueOf(stored.generation));
    out.addProperty("size", String.valueOf(stored.bytes.length));
    out.addProperty("crc32c", crc32c(stored.bytes));
    out.addProperty("timeCreated", "2026-11-01T10:00:00.123Z");
    return out;
  }

  static String crc32c(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }

  private static List<byte[]> parts(byte[] body, byte[] boundary) {
    List<byte[]> parts = new ArrayList<>();
    byte[] blank = "\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    int at = find(body, boundary, 0);
    while (true) {
      int next = find(body, boundary, at + boundary.length);
      if (next < 0) {
        return parts;
      }
      int from = find(body, blank, at) + blank.length;
      parts.add(Arrays.copyOfRange(body, from, next - 2));
      at = next;
    }
  }

  private static int find(byte[] in, byte[] what, int from) {
    for (int i = from; i <= in.length - what.length; i++) {
      if (Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
        return i;
      }
    }
    return -1;
  }

  private static FakeServer.Answer error(int status, String message) {
    return FakeServer.Answer.json(
        status,
        "{\"error\":{\"code\":"
            + status
            + ",\"message\":\""
            + message
            + "\",\"errors\":[{\"reason\":\"r\",\"message\":\"m\"}]}}");
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> out = new HashMap<>();
    for (String pair : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        out.put(pair.substring(0, equals), decode(pair.substring(equals + 1)));
      }
    }
    return out;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String text(JsonObject object, String member) {
    return object.get(member).getAsString();
  }

  @Override
  public void close() {
    server.close();
  }
}
