package dev.sluice.stages;

import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.Conflict;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * An artifact in the making. Objects are created and never overwritten: where an earlier attempt
 * left one under the same name, that one stays and is the artifact's.
 */
public final class Output {
  private final ArtifactUri uri;
  private final ObjectStore objects;
  private final List<StoredFile> files = new ArrayList<>();

  Output(ArtifactUri uri, ObjectStore objects) {
    this.uri = uri;
    this.objects = objects;
  }

  /** The artifact's folder. */
  public ArtifactUri uri() {
    return uri;
  }

  /**
   * @param name below the artifact's folder
   */
  public void write(String name, byte[] content, String contentType) {
    ObjectName object = uri.object(name);
    try {
      add(name, objects.write(object, content, contentType, WriteCondition.ifAbsent()));
    } catch (Conflict e) {
      add(name, left(object, e));
    }
  }

  /** As {@link #write(String, byte[], String)}, from a file of any size. */
  public void write(String name, Path file, String contentType) {
    ObjectName object = uri.object(name);
    try {
      add(name, objects.write(object, file, contentType, WriteCondition.ifAbsent()));
    } catch (Conflict e) {
      add(name, left(object, e));
    }
  }

  /**
   * Starts an object that is written bit by bit; closing the stream stores it. Where the name is
   * started again, what was written to the stream before is never stored.
   *
   * @param name below the artifact's folder
   */
  public OutputStream create(String name, String contentType) {
    ObjectName object = uri.object(name);
    ObjectStore.Writing writing = objects.create(object, contentType, WriteCondition.ifAbsent());
    return new FilterOutputStream(writing) {
      private boolean stored;

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
      }

      @Override
      public void close() {
        if (stored) {
          return;
        }
        stored = true;
        try {
          add(name, writing.finish());
        } catch (Conflict e) {
          add(name, left(object, e));
        }
      }
    };
  }

  /** Copies an object of another artifact; no bytes come here. */
  public void copy(String name, ObjectName from) {
    ObjectName object = uri.object(name);
    try {
      add(name, objects.copy(from, object, WriteCondition.ifAbsent()));
    } catch (Conflict e) {
      add(name, left(object, e));
    }
  }

  /** What was written, by name. */
  List<StoredFile> files() {
    return files.stream().sorted(Comparator.comparing(StoredFile::name)).toList();
  }

  private StoredObject left(ObjectName object, Conflict conflict) {
    return objects.find(object).orElseThrow(() -> conflict);
  }

  private synchronized void add(String name, StoredObject stored) {
    files.add(new StoredFile(name, stored.size(), stored.crc32c()));
  }
}
