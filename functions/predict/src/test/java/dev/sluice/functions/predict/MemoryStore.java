package dev.sluice.functions.predict;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.testing.Forgery;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Objects in memory, with generations; reads fail while it is down. */
final class MemoryStore implements ObjectStore {
  private final Map<ObjectName, Loaded> objects = new ConcurrentHashMap<>();
  private final AtomicLong generations = new AtomicLong();
  final AtomicInteger finds = new AtomicInteger();
  final AtomicInteger loads = new AtomicInteger();
  volatile boolean down;
  volatile long readMillis;

  void put(ObjectName name, byte[] bytes) {
    long generation = generations.incrementAndGet();
    objects.put(
        name,
        new Loaded(
            new StoredObject(
                new ObjectName(name.bucket(), name.name(), generation),
                bytes.length,
                "",
                "application/octet-stream",
                Instant.EPOCH),
            bytes));
  }

  /** Other bytes in the place of an object's. */
  void damage(ObjectName name) {
    byte[] bytes = read(name).clone();
    bytes[bytes.length / 2] ^= 1;
    put(name, bytes);
  }

  /** Other bytes that have the same size and CRC32C. */
  void forge(ObjectName name) {
    put(name, Forgery.sameCrc32c(read(name)));
  }

  private void reach() {
    if (down) {
      throw new Unavailable("storage is away");
    }
  }

  @Override
  public Optional<StoredObject> find(ObjectName name) {
    finds.incrementAndGet();
    reach();
    return Optional.ofNullable(objects.get(name)).map(Loaded::object);
  }

  @Override
  public Optional<Loaded> load(ObjectName name) {
    loads.incrementAndGet();
    reach();
    return Optional.ofNullable(objects.get(name));
  }

  @Override
  public byte[] read(ObjectName name) {
    reach();
    Loaded loaded = objects.get(name);
    if (loaded == null) {
      throw new BadInput("there is no object " + name);
    }
    if (readMillis > 0) {
      try {
        Thread.sleep(readMillis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return loaded.bytes();
  }

  @Override
  public InputStream open(ObjectName name) {
    return new ByteArrayInputStream(read(name));
  }

  @Override
  public boolean delete(ObjectName name) {
    return objects.remove(name) != null;
  }

  @Override
  public void download(ObjectName name, Path file) {
    throw new UnsupportedOperationException();
  }

  @Override
  public StoredObject write(
      ObjectName name, byte[] content, String contentType, WriteCondition condition) {
    throw new UnsupportedOperationException();
  }

  @Override
  public StoredObject write(
      ObjectName name, Path file, String contentType, WriteCondition condition) {
    throw new UnsupportedOperationException();
  }

  @Override
  public StoredObject write(
      ObjectName name, Content content, String contentType, WriteCondition condition) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Stream<StoredObject> list(String bucket, String prefix) {
    throw new UnsupportedOperationException();
  }

  @Override
  public StoredObject copy(ObjectName from, ObjectName to, WriteCondition condition) {
    throw new UnsupportedOperationException();
  }
}
