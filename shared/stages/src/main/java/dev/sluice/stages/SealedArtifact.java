package dev.sluice.stages;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.Crc32c;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * An artifact as it was sealed. What is read through it is compared with what {@code
 * _artifact.json} says, so that an object that was changed since is never taken for the one that a
 * stage made. The comparison is by SHA-256 (FIPS 180-4), as equal CRC32Cs are easily made; what was
 * sealed before the former was kept is compared by the latter.
 */
public final class SealedArtifact {
  private static final int CHUNK_BYTES = 1 << 16;

  private final ObjectStore objects;
  private final ArtifactUri uri;
  private final Artifact artifact;
  private final Map<String, StoredFile> files = new LinkedHashMap<>();

  private SealedArtifact(ObjectStore objects, ArtifactUri uri, Artifact artifact) {
    this.objects = objects;
    this.uri = uri;
    this.artifact = artifact;
    artifact.objects().forEach(file -> files.put(file.name(), file));
  }

  /**
   * @throws BadInput where it was never sealed
   */
  public static SealedArtifact of(ObjectStore objects, ArtifactUri uri) {
    ObjectName object = uri.object(Artifact.FILE);
    return new SealedArtifact(
        objects, uri, Json.read(objects.read(object), Artifact.class, object.uri()));
  }

  /** An object of it, as it lies there now. */
  ObjectName object(String name) {
    return uri.object(name);
  }

  /** What was sealed. */
  public Artifact artifact() {
    return artifact;
  }

  /** True where an object of that name was sealed with it. */
  public boolean has(String name) {
    return files.containsKey(name);
  }

  /**
   * What was said of an object when it was sealed.
   *
   * @throws BadInput where no such object was sealed, though one may lie there
   */
  public StoredFile file(String name) {
    StoredFile file = files.get(name);
    if (file == null) {
      throw new BadInput(uri.object(name).uri() + " is not of the artifact as it was sealed");
    }
    return file;
  }

  /**
   * All bytes of an object.
   *
   * @throws BadInput where it is not as it was sealed
   */
  public byte[] read(String name) {
    StoredFile file = file(name);
    byte[] bytes = objects.read(uri.object(name));
    Sums sums = new Sums();
    sums.add(bytes, bytes.length);
    check(file, sums);
    return bytes;
  }

  /**
   * An object as a local file; one that is not as it was sealed leaves none.
   *
   * @throws BadInput where it is not as it was sealed
   */
  public void download(String name, Path to) throws IOException {
    StoredFile file = file(name);
    objects.download(uri.object(name), to);
    try (InputStream in = Files.newInputStream(to)) {
      check(file, Sums.of(in));
    } catch (BadInput e) {
      Files.deleteIfExists(to);
      throw e;
    }
  }

  /**
   * The generation of an object that is as it was sealed, for copying it where it lies.
   *
   * @throws BadInput where the live one is another
   */
  public ObjectName verified(String name) {
    StoredFile file = file(name);
    ObjectName object = uri.object(name);
    ObjectName pinned =
        objects
            .find(object)
            .map(StoredObject::name)
            .orElseThrow(() -> new BadInput(object.uri() + " is gone"));
    try (InputStream in = objects.open(pinned)) {
      check(file, Sums.of(in));
    } catch (IOException e) {
      throw new Bug(pinned.uri() + " cannot be read", e);
    }
    return pinned;
  }

  private void check(StoredFile file, Sums sums) {
    String expected = file.sha256();
    boolean same =
        sums.bytes == file.bytes()
            && (expected == null
                ? sums.crc32c().equals(file.crc32c())
                : sums.sha256().equals(expected));
    if (!same) {
      throw new BadInput(
          uri.object(file.name()).uri()
              + " was changed after it was sealed: it had "
              + file.bytes()
              + " bytes with "
              + (expected == null ? "crc32c " + file.crc32c() : "sha256 " + expected)
              + " and has "
              + sums.bytes
              + " with "
              + (expected == null ? sums.crc32c() : sums.sha256())
              + "; restore the generation that was sealed, or start another run with --force");
    }
  }

  /** Both checksums of what passes. */
  private static final class Sums {
    private final MessageDigest sha256 = Fingerprint.digest();
    private final CRC32C crc32c = new CRC32C();
    private long bytes;

    static Sums of(InputStream in) throws IOException {
      Sums sums = new Sums();
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        sums.add(chunk, n);
      }
      return sums;
    }

    void add(byte[] chunk, int length) {
      sha256.update(chunk, 0, length);
      crc32c.update(chunk, 0, length);
      bytes += length;
    }

    String sha256() {
      return HexFormat.of().formatHex(sha256.digest());
    }

    String crc32c() {
      return Crc32c.text(crc32c);
    }
  }
}
