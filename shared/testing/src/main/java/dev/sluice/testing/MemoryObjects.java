package dev.sluice.testing;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Cloud Storage in memory: generations that stay readable when they are replaced, as in a versioned
 * bucket, checksums and preconditions. A hook sees every write before it happens and may throw.
 */
public final class MemoryObjects implements ObjectStore {
  private final Map<ObjectName, Loaded> every = new ConcurrentHashMap<>();
  private final TreeMap<String, Loaded> live = new TreeMap<>();
  private final List<ObjectName> written = new ArrayList<>();
  private long generation;
  private volatile Consumer<ObjectName> beforeWrite = name -> {};
  private volatile Instant now = Instant.parse("2026-11-01T00:00:00Z");

  /** Has this called with the name of each object before it is written; it may throw or wait. */
  public void beforeWrite(Consumer<ObjectName> hook) {
    beforeWrite = hook;
  }

  /** The creation time of objects written from now on. */
  public void now(Instant time) {
    now = time;
  }

  /** Names of what was stored, in order, repeated where an object was written again. */
  public synchronized List<ObjectName> written() {
    return List.copyOf(written);
  }

  /** Stores text over whatever is there. */
  public StoredObject put(String bucket, String name, String text) {
    return write(
        ObjectName.of(bucket, name),
        text.getBytes(StandardCharsets.UTF_8),
        "text/plain; charset=utf-8",
        WriteCondition.anything());
  }

  /** An object as text. */
  public String text(ObjectName name) {
    return new String(read(name), StandardCharsets.UTF_8);
  }

  /** Names of the live objects of a bucket under a prefix. */
  public List<String> names(String bucket, String prefix) {
    return list(bucket, prefix).map(o -> o.name().name()).toList();
  }

  @Override
  public Optional<StoredObject> find(ObjectName name) {
    return load(name).map(Loaded::object);
  }

  @Override
  public synchronized Optional<Loaded> load(ObjectName name) {
    return Optional.ofNullable(name.generation() == null ? live.get(name.uri()) : every.get(name));
  }

  @Override
  public byte[] read(ObjectName name) {
    return load(name)
        .orElseThrow(() -> new BadInput("there is no object " + name.uri()))
        .bytes()
        .clone();
  }

  @Override
  public InputStream open(ObjectName name) {
    return new ByteArrayInputStream(read(name));
  }

  @Override
  public void download(ObjectName name, Path file) {
    try {
      Files.write(file, read(name));
    } catch (IOException e) {
      throw new Unavailable(file + " cannot be written", e);
    }
  }

  @Override
  public StoredObject write(
      ObjectName name, byte[] content, String contentType, WriteCondition condition) {
    beforeWrite.accept(name);
    synchronized (this) {
      Loaded before = live.get(name.uri());
      boolean holds =
          switch (condition) {
            case WriteCondition.Anything() -> true;
            case WriteCondition.IfAbsent() -> before == null;
            case WriteCondition.IfGeneration(long wanted) ->
                before != null && before.object().generation() == wanted;
          };
      if (!holds) {
        if (condition instanceof WriteCondition.IfAbsent
            && before != null
            && Arrays.equals(before.bytes(), content)) {
          return before.object();
        }
        throw new Conflict(name.uri() + " is not as " + condition + " wants it");
      }
      StoredObject stored =
          new StoredObject(
              new ObjectName(name.bucket(), name.name(), ++generation),
              content.length,
              crc32c(content),
              contentType,
              now);
      Loaded loaded = new Loaded(stored, content.clone());
      live.put(name.uri(), loaded);
      every.put(stored.name(), loaded);
      written.add(name);
      return stored;
    }
  }

  @Override
  public StoredObject write(
      ObjectName name, Path file, String contentType, WriteCondition condition) {
    try {
      return write(name, Files.readAllBytes(file), contentType, condition);
    } catch (IOException e) {
      throw new Unavailable(file + " cannot be read", e);
    }
  }

  @Override
  public StoredObject write(
      ObjectName name, Content content, String contentType, WriteCondition condition) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      content.writeTo(out);
    } catch (IOException e) {
      throw new Unavailable("the content of " + name.uri() + " cannot be made", e);
    }
    return write(name, out.toByteArray(), contentType, condition);
  }

  @Override
  public synchronized Stream<StoredObject> list(String bucket, String prefix) {
    String from = "gs://" + bucket + "/" + prefix;
    return live.tailMap(from).entrySet().stream()
        .takeWhile(entry -> entry.getKey().startsWith(from))
        .map(entry -> entry.getValue().object())
        .toList()
        .stream();
  }

  @Override
  public synchronized boolean delete(ObjectName name) {
    return name.generation() == null ? live.remove(name.uri()) != null : every.remove(name) != null;
  }

  @Override
  public StoredObject copy(ObjectName from, ObjectName to, WriteCondition condition) {
    return write(to, read(from), "application/octet-stream", condition);
  }

  private static String crc32c(byte[] content) {
    CRC32C sum = new CRC32C();
    sum.update(content);
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
  }
}
