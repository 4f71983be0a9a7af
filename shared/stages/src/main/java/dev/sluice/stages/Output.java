package dev.sluice.stages;

import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
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
      add(
          name,
          objects.write(object, content, contentType, WriteCondition.ifAbsent()),
          Fingerprint.sha256(content));
    } catch (Conflict e) {
      addLeft(name, e);
    }
  }

  /** As {@link #write(String, byte[], String)}, from a file of any size. */
  public void write(String name, Path file, String contentType) {
    ObjectName object = uri.object(name);
    try (InputStream in = Files.newInputStream(file)) {
      add(name, objects.write(object, file, contentType, WriteCondition.ifAbsent()), sha256(in));
    } catch (Conflict e) {
      addLeft(name, e);
    } catch (IOException e) {
      throw new Bug(file + " cannot be read", e);
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
      private final MessageDigest sha256 = Fingerprint.digest();
      private boolean stored;

      @Override
      public void write(int b) throws IOException {
        out.write(b);
        sha256.update((byte) b);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
        sha256.update(bytes, from, length);
      }

      @Override
      public void close() {
        if (stored) {
          return;
        }
        stored = true;
        try {
          add(name, writing.finish(), HexFormat.of().formatHex(sha256.digest()));
        } catch (Conflict e) {
          addLeft(name, e);
        }
      }
    };
  }

  /** Copies an object of another artifact under its name; no bytes come here. */
  public void copy(String name, SealedArtifact from) {
    StoredFile sealed = from.file(name);
    ObjectName object = uri.object(name);
    try {
      StoredObject copied = objects.copy(from.object(name), object, WriteCondition.ifAbsent());
      // What the part was sealed with: should it have been changed, whoever reads the copy sees it.
      add(new StoredFile(name, copied.size(), copied.crc32c(), sealed.sha256()));
    } catch (Conflict e) {
      addLeft(name, e);
    }
  }

  /** What was written, by name. */
  List<StoredFile> files() {
    return files.stream().sorted(Comparator.comparing(StoredFile::name)).toList();
  }

  private void addLeft(String name, Conflict conflict) {
    StoredObject left = objects.find(uri.object(name)).orElseThrow(() -> conflict);
    try (InputStream in = objects.open(left.name())) {
      add(name, left, sha256(in));
    } catch (IOException e) {
      throw new Bug(left.name().uri() + " cannot be read", e);
    }
  }

  private static String sha256(InputStream in) throws IOException {
    MessageDigest digest = Fingerprint.digest();
    in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
    return HexFormat.of().formatHex(digest.digest());
  }

  private void add(String name, StoredObject stored, String sha256) {
    add(new StoredFile(name, stored.size(), stored.crc32c(), sha256));
  }

  private synchronized void add(StoredFile file) {
    files.add(file);
  }
}
