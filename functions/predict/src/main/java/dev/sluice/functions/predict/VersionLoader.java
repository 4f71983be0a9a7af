package dev.sluice.functions.predict;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.ValueType;
import dev.sluice.gcp.Crc32c;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.models.TreeModel;
import dev.sluice.rollout.Routes;
import dev.sluice.stages.Layout;
import dev.sluice.stages.Release;
import dev.sluice.transform.Encoder;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.MappingFiles;
import dev.sluice.transform.RawColumn;
import dev.sluice.transform.Vocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Reads routes and versions from the serving bucket. A version is taken only where each of its
 * objects has the checksums that {@code release.json} says, and is given out warm: its code has run
 * on generated rows, from JSON to JSON.
 */
final class VersionLoader {
  /** Objects of a version that are read at once; most are small, and each waits for the network. */
  private static final int READERS = 8;

  private static final int WARMING_REQUESTS = 300;

  private final ObjectStore objects;
  private final Layout layout;

  VersionLoader(ObjectStore objects, Layout layout) {
    this.objects = objects;
    this.layout = layout;
  }

  /** Routes as they stood at a generation. */
  record Found(Routes routes, long generation) {}

  /** The generation of the routes now, or nothing where the pipeline has none. */
  Optional<Long> routesGeneration(String pipeline) {
    return objects.find(layout.routes(pipeline)).map(StoredObject::generation);
  }

  /** The routes, or nothing where the pipeline has none. */
  Optional<Found> routes(String pipeline) {
    ObjectName name = layout.routes(pipeline);
    return objects
        .load(name)
        .map(loaded ->
            new Found(
                Json.read(loaded.bytes(), Routes.class, name.uri()), loaded.object().generation()));
  }

  /**
   * The version, or nothing where it was never released.
   *
   * @param known what is at hand of that number; given back where its bytes are still those
   * @throws BadInput where an object is absent, damaged, or of a form that is not known
   */
  Optional<ServedVersion> load(String pipeline, int number, @Nullable ServedVersion known) {
    ObjectName name = layout.version(pipeline, number, Release.FILE);
    Optional<ObjectStore.Loaded> found = objects.load(name);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    long generation = found.get().object().generation();
    if (known != null && known.generation() == generation) {
      return Optional.of(known);
    }
    Release release = Json.read(found.get().bytes(), Release.class, name.uri());
    Map<String, byte[]> files = read(pipeline, number, release);
    TreeModel model = TreeModel.read(file(files, TreeModel.FILE, name), TreeModel.FILE);
    Mapping mapping;
    try {
      mapping = MappingFiles.read(file -> file(files, Release.TRANSFORM + file, name));
    } catch (IOException e) {
      throw new Bug("a file in memory cannot be read", e);
    }
    ServedVersion version = new ServedVersion(pipeline, number, generation, mapping, model);
    warm(version);
    return Optional.of(version);
  }

  private static byte[] file(Map<String, byte[]> files, String name, ObjectName release) {
    byte[] file = files.get(name);
    if (file == null) {
      throw new BadInput(release.uri() + " lists no " + name + "; release the version again");
    }
    return file;
  }

  /** All objects, verified; whoever reads ends before this returns. */
  private Map<String, byte[]> read(String pipeline, int number, Release release) {
    Map<String, Future<byte[]>> reading = new LinkedHashMap<>();
    try (ExecutorService readers =
        Executors.newFixedThreadPool(READERS, Thread.ofVirtual().factory())) {
      release
          .checksums()
          .forEach((name, crc32c) ->
              reading.put(
                  name,
                  readers.submit(() ->
                      verified(
                          layout.version(pipeline, number, name),
                          crc32c,
                          release.sha256().get(name)))));
    }
    Map<String, byte[]> files = new HashMap<>();
    reading.forEach((name, bytes) -> files.put(name, result(bytes)));
    return files;
  }

  private static byte[] result(Future<byte[]> bytes) {
    try {
      return bytes.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new Bug("reading a version failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Bug("interrupted after the version was read", e);
    }
  }

  private byte[] verified(ObjectName name, String crc32c, @Nullable String sha256) {
    byte[] bytes = objects.read(name);
    same(name, "crc32c", Crc32c.of(bytes), crc32c);
    if (sha256 != null) {
      same(name, "sha256", Fingerprint.sha256(bytes), sha256);
    }
    return bytes;
  }

  private static void same(ObjectName name, String what, String is, String was) {
    if (!is.equals(was)) {
      throw new BadInput(
          name.uri()
              + " has "
              + what
              + " "
              + is
              + ", but was released with "
              + was
              + "; restore the object or release the version again");
    }
  }

  /** Has the JIT see the whole path before the first caller does. */
  private static void warm(ServedVersion version) {
    Exchange exchange = new Exchange();
    for (int i = 0; i < WARMING_REQUESTS; i++) {
      exchange.clear();
      String row = warmingRow(version.mapping(), i);
      String body =
          i % 50 == 49
              ? "{\"inputs\": {}, \"signature_name\": \"" + ServedVersion.SIGNATURE + "\"}"
              : "{\"instances\": [" + row + "]}";
      exchange.body.add(body.getBytes(StandardCharsets.UTF_8));
      version.answer(exchange, Instant.EPOCH);
    }
  }

  /** A row with values that train had, and now and then none. */
  private static String warmingRow(Mapping mapping, int seed) {
    Map<String, Encoder> encoders = new HashMap<>();
    mapping.encoders().forEach(encoder -> encoders.put(encoder.column(), encoder));
    Map<String, Object> row = new LinkedHashMap<>();
    int salt = seed;
    for (RawColumn column : mapping.rawColumns()) {
      salt = salt * 31 + 17;
      if (column.role() == RawColumn.Role.FEATURE && Math.floorMod(salt, 11) != 0) {
        switch (encoders.get(column.name())) {
          case Encoder.Numeric numeric -> {
            double value = numeric.mean() + numeric.stdDev() * (Math.floorMod(salt, 7) - 3) / 2;
            row.put(
                column.name(), column.type() == ValueType.INT ? (Object) Math.round(value) : value);
          }
          case Encoder.Categorical text -> row.put(column.name(), token(text.vocabulary(), salt));
          case Encoder.OneHot text -> row.put(column.name(), token(text.vocabulary(), salt));
          case Encoder.MultiHot text ->
              row.put(
                  column.name(),
                  List.of(token(text.vocabulary(), salt), token(text.vocabulary(), salt + 1)));
          case Encoder.Vector vector ->
              row.put(column.name(), Collections.nCopies(vector.length(), vector.scale().mean()));
          case Encoder.Summary summary ->
              row.put(column.name(), List.of(summary.scale().mean(), salt));
          case null -> {}
        }
      }
    }
    return Json.write(row);
  }

  private static String token(Vocabulary vocabulary, int salt) {
    List<String> tokens = vocabulary.tokens();
    return tokens.isEmpty() ? "" : tokens.get(Math.floorMod(salt, tokens.size()));
  }
}
