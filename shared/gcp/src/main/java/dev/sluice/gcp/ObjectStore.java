package dev.sluice.gcp;

import dev.sluice.contracts.BadInput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Objects in buckets.
 *
 * <p>Every call may be repeated and may race with itself elsewhere. Answers that a retry can mend
 * (429, 5xx, a lost connection) are retried with backoff and end as {@code Unavailable}; a bucket
 * that does not exist or refuses access is a {@code Bug} of the deployment. Reads compare the bytes
 * with the object's CRC32C.
 */
public interface ObjectStore {

  /** Content made while it is uploaded. */
  @FunctionalInterface
  interface Content {
    /** Writes the content; leaves the stream open. An exception here means nothing is stored. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * An object in the making, a stream that its maker writes as it likes. Nothing is stored before
   * {@link #finish}; closing without it leaves no object. What the bytes take here is bounded, as
   * for {@link #write(ObjectName, Content, String, WriteCondition)}.
   */
  abstract class Writing extends OutputStream {
    /**
     * Stores what was written, once; call nothing after.
     *
     * @throws dev.sluice.contracts.Conflict where the condition does not hold
     */
    public abstract StoredObject finish();
  }

  /** The object, or nothing where it (or the named generation) is absent. */
  Optional<StoredObject> find(ObjectName name);

  /** One generation of an object and its bytes: what a compare-and-swap starts from. */
  @SuppressWarnings("ArrayRecordComponent") // as they came; never compared
  record Loaded(StoredObject object, byte[] bytes) {}

  /**
   * The object and its bytes, of less than 2 GiB, or nothing where it is absent. Where the live
   * object is replaced meanwhile, this is the old or the new one, never an error.
   */
  Optional<Loaded> load(ObjectName name);

  /**
   * All bytes of an object, as {@link #load} gives them.
   *
   * @throws dev.sluice.contracts.BadInput where it is absent
   */
  byte[] read(ObjectName name);

  /**
   * The object's bytes, read as they are consumed, of the generation that was live when it was
   * opened. Content stored with {@code Content-Encoding: gzip} comes unpacked. The stream throws
   * the errors of this package, not {@code IOException}; a wrong checksum shows at the end.
   *
   * @throws dev.sluice.contracts.BadInput where it is absent
   */
  InputStream open(ObjectName name);

  /**
   * As {@link #open(ObjectName)}, from that byte on. Of a part no checksum is known, so only a
   * stream from the first byte is compared with one.
   *
   * @param from at most the object's size
   */
  default InputStream open(ObjectName name, long from) {
    InputStream in = open(name);
    try {
      in.skipNBytes(from);
      return in;
    } catch (IOException e) {
      throw new BadInput(name.uri() + " has no byte " + from + ": " + e.getMessage(), e);
    }
  }

  /**
   * Copies the object into a file, replacing it; a failure leaves no file.
   *
   * @throws dev.sluice.contracts.BadInput where it is absent
   */
  void download(ObjectName name, Path file);

  /**
   * Stores bytes.
   *
   * <p>Where the object is already there with the same bytes, an if-absent write answers with it: a
   * retry whose first answer was lost, or a second writer of the same artifact, is no conflict.
   *
   * @param name without a generation
   * @throws dev.sluice.contracts.Conflict where the condition does not hold
   */
  StoredObject write(ObjectName name, byte[] content, String contentType, WriteCondition condition);

  /** As {@link #write(ObjectName, byte[], String, WriteCondition)}, from a file of any size. */
  StoredObject write(ObjectName name, Path file, String contentType, WriteCondition condition);

  /**
   * As {@link #write(ObjectName, byte[], String, WriteCondition)}, from content of any length in
   * constant memory (about 16 MiB). The content is asked for once. Where somebody else replaces a
   * large object in the moment after it was written, this is a {@code Conflict} too.
   */
  StoredObject write(
      ObjectName name, Content content, String contentType, WriteCondition condition);

  /**
   * Starts an object whose content is written bit by bit, beside others if need be. This one keeps
   * the content in memory until it is finished.
   */
  default Writing create(ObjectName name, String contentType, WriteCondition condition) {
    return new Writing() {
      private final ByteArrayOutputStream content = new ByteArrayOutputStream();

      @Override
      public void write(int b) {
        content.write(b);
      }

      @Override
      public void write(byte[] bytes, int from, int length) {
        content.write(bytes, from, length);
      }

      @Override
      public StoredObject finish() {
        return ObjectStore.this.write(name, content.toByteArray(), contentType, condition);
      }
    };
  }

  /** Live objects whose names start with the prefix, in the order of names, a page at a time. */
  Stream<StoredObject> list(String bucket, String prefix);

  /**
   * Deletes the object, or the one generation named.
   *
   * @return false where it was not there
   */
  boolean delete(ObjectName name);

  /**
   * Copies inside Cloud Storage; no bytes come here.
   *
   * @param to without a generation
   * @throws dev.sluice.contracts.BadInput where {@code from} is absent
   * @throws dev.sluice.contracts.Conflict where the condition on {@code to} does not hold and it
   *     has other bytes
   */
  StoredObject copy(ObjectName from, ObjectName to, WriteCondition condition);
}
