package dev.sluice.gcp;

import com.google.api.gax.paging.Page;
import com.google.cloud.ReadChannel;
import com.google.cloud.WriteChannel;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobGetOption;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import com.google.cloud.storage.Storage.CopyRequest;
import com.google.cloud.storage.StorageException;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Objects in Google Cloud Storage over its JSON API.
 *
 * <p>The client repeats every call by itself, conditional or not: all of them are safe to repeat.
 * What it cannot know is whether a 412 is the answer to its own earlier try; this class tells, by
 * the bytes for if-absent writes and by a mark in the object's metadata for compare-and-swap, where
 * equal bytes of two writers must still be one winner and one conflict.
 */
final class CloudObjectStore implements ObjectStore {
  /** Content up to this size goes in one request; more goes as a resumable upload of such parts. */
  static final int PART_BYTES = 4 << 20;

  private static final String MARK = "sluice-write";
  private static final BlobField[] FIELDS = {
    BlobField.BUCKET,
    BlobField.NAME,
    BlobField.GENERATION,
    BlobField.SIZE,
    BlobField.CRC32C,
    BlobField.CONTENT_TYPE,
    BlobField.CONTENT_ENCODING,
    BlobField.TIME_CREATED,
    BlobField.METADATA
  };

  private final Supplier<Storage> storage;

  CloudObjectStore(Supplier<Storage> storage) {
    this.storage = storage;
  }

  @Override
  public Optional<StoredObject> find(ObjectName name) {
    return Optional.ofNullable(blob(name)).map(CloudObjectStore::stored);
  }

  private @Nullable Blob blob(ObjectName name) {
    return call(
        "find", name.uri(), () -> storage.get().get(id(name), BlobGetOption.fields(FIELDS)));
  }

  private Blob present(ObjectName name) {
    Blob blob = blob(name);
    if (blob == null) {
      throw absent(name.uri(), null);
    }
    return blob;
  }

  @Override
  public Optional<Loaded> load(ObjectName name) {
    return Optional.ofNullable(
        consumed(name, blob -> new Loaded(stored(blob), bytes(blob)), () -> null));
  }

  @Override
  public byte[] read(ObjectName name) {
    return load(name).orElseThrow(() -> absent(name.uri(), null)).bytes();
  }

  private byte[] bytes(Blob blob) {
    if (blob.getSize() > Integer.MAX_VALUE - 16) {
      throw new Bug(
          stored(blob).name()
              + " has "
              + blob.getSize()
              + " bytes, too many for one array; use open instead");
    }
    try (InputStream in = open(blob)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw unpacking(blob, e);
    }
  }

  /**
   * Consumes one generation. A live object may be replaced after it was looked up, and its bytes
   * are gone with that: then the newer one is consumed.
   */
  private <T extends @Nullable Object> T consumed(
      ObjectName name, Function<Blob, T> work, Supplier<T> absent) {
    for (int attempt = 1; ; attempt++) {
      Blob blob = blob(name);
      if (blob == null) {
        return absent.get();
      }
      try {
        return work.apply(blob);
      } catch (BadInput e) {
        Blob now = name.generation() == null && attempt < 10 ? blob(name) : blob;
        if (now != null && now.getGeneration().equals(blob.getGeneration())) {
          throw e;
        }
      }
    }
  }

  @Override
  public InputStream open(ObjectName name) {
    return open(present(name));
  }

  @Override
  public InputStream open(ObjectName name, long from) {
    Blob blob = present(name);
    if (from == 0 || "gzip".equals(blob.getContentEncoding())) {
      return ObjectStore.super.open(name, from);
    }
    if (from > blob.getSize()) {
      throw new Bug(name.uri() + " has " + blob.getSize() + " bytes, none from " + from + " on");
    }
    String uri = stored(blob).name().uri();
    ReadChannel channel = channel(blob);
    try {
      channel.seek(from);
    } catch (IOException | StorageException e) {
      closeQuietly(channel);
      throw error("read", uri, e);
    }
    return new CheckedInput(uri, blob.getSize() - from, null, channel);
  }

  private ReadChannel channel(Blob blob) {
    return call(
        "read",
        stored(blob).name().uri(),
        () ->
            storage
                .get()
                .reader(blob.getBlobId(), BlobSourceOption.shouldReturnRawInputStream(true)));
  }

  private InputStream open(Blob blob) {
    String uri = stored(blob).name().uri();
    ReadChannel channel = channel(blob);
    InputStream checked = new CheckedInput(uri, blob.getSize(), blob.getCrc32c(), channel);
    if (!"gzip".equals(blob.getContentEncoding())) {
      return checked;
    }
    try {
      return new GZIPInputStream(checked, 1 << 16);
    } catch (IOException e) {
      closeQuietly(checked);
      throw unpacking(blob, e);
    }
  }

  @Override
  public void download(ObjectName name, Path file) {
    consumed(
        name,
        blob -> {
          download(blob, file);
          return file;
        },
        () -> {
          throw absent(name.uri(), null);
        });
  }

  private void download(Blob blob, Path file) {
    boolean whole = false;
    try (InputStream in = open(blob)) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      whole = true;
    } catch (IOException e) {
      throw new Unavailable(
          "could not copy "
              + stored(blob).name()
              + " to "
              + file
              + ": "
              + e.getMessage()
              + "; see that the disk (on Cloud Run: the memory) has room",
          e);
    } finally {
      if (!whole) {
        try {
          Files.deleteIfExists(file);
        } catch (IOException ignored) {
          // The error that brought us here says more.
        }
      }
    }
  }

  @Override
  public StoredObject write(
      ObjectName name, byte[] content, String contentType, WriteCondition condition) {
    Upload upload = new Upload(name, contentType, condition);
    return upload.once(content, content.length);
  }

  @Override
  public StoredObject write(
      ObjectName name, Path file, String contentType, WriteCondition condition) {
    return write(name, (Content) out -> Files.copy(file, out), contentType, condition);
  }

  @Override
  public StoredObject write(
      ObjectName name, Content content, String contentType, WriteCondition condition) {
    Upload upload = new Upload(name, contentType, condition);
    try {
      content.writeTo(upload);
    } catch (IOException e) {
      throw new Bug("could not make the content of " + name + ": " + e.getMessage(), e);
    }
    return upload.finish();
  }

  @Override
  public Writing create(ObjectName name, String contentType, WriteCondition condition) {
    return new Upload(name, contentType, condition);
  }

  @Override
  public Stream<StoredObject> list(String bucket, String prefix) {
    String uri = "gs://" + bucket + "/" + prefix + "*";
    Iterator<StoredObject> objects =
        new Iterator<>() {
          private @Nullable Page<Blob> page;
          private Iterator<Blob> inPage = Collections.emptyIterator();

          @Override
          public boolean hasNext() {
            while (!inPage.hasNext()) {
              Page<Blob> last = page;
              if (last != null && !last.hasNextPage()) {
                return false;
              }
              Page<Blob> next =
                  call(
                      "list", uri, () -> last == null ? first(bucket, prefix) : last.getNextPage());
              page = next;
              inPage = next.getValues().iterator();
            }
            return true;
          }

          @Override
          public StoredObject next() {
            if (!hasNext()) {
              throw new NoSuchElementException();
            }
            return stored(inPage.next());
          }
        };
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(objects, Spliterator.ORDERED | Spliterator.NONNULL),
        /* parallel= */ false);
  }

  private Page<Blob> first(String bucket, String prefix) {
    return storage.get().list(bucket, BlobListOption.prefix(prefix), BlobListOption.fields(FIELDS));
  }

  @Override
  public boolean delete(ObjectName name) {
    return call("delete", name.uri(), () -> storage.get().delete(id(name)));
  }

  @Override
  public StoredObject copy(ObjectName from, ObjectName to, WriteCondition condition) {
    bare(to);
    CopyRequest.Builder request = CopyRequest.newBuilder().setSource(id(from));
    BlobTargetOption[] options =
        switch (condition) {
          case WriteCondition.Anything _ -> new BlobTargetOption[0];
          case WriteCondition.IfAbsent _ ->
              new BlobTargetOption[] {BlobTargetOption.doesNotExist()};
          case WriteCondition.IfGeneration(long generation) ->
              new BlobTargetOption[] {BlobTargetOption.generationMatch(generation)};
        };
    if (from.generation() != null) {
      request.setSourceOptions(BlobSourceOption.generationMatch());
    }
    request.setTarget(id(to), options);
    try {
      return stored(storage.get().copy(request.build()).getResult());
    } catch (StorageException e) {
      if (e.getCode() != 412 && !isInTheWay(to, condition, e)) {
        throw error("copy", from.uri(), e);
      }
      // A copy has no mark of ours, yet equal bytes under the name are all that a copy asks for.
      Blob source = present(from);
      Blob there = blob(to);
      if (there != null
          && Objects.equals(source.getCrc32c(), there.getCrc32c())
          && Objects.equals(source.getSize(), there.getSize())) {
        return stored(there);
      }
      throw conflict(to, condition, there, e);
    }
  }

  /**
   * True where an if-absent write was denied because the object is there: an account that may add
   * objects and not replace them can be told so before its condition is looked at.
   */
  private boolean isInTheWay(ObjectName name, WriteCondition condition, StorageException e) {
    return e.getCode() == 403
        && !isLimited(e)
        && condition instanceof WriteCondition.IfAbsent
        && blob(name) != null;
  }

  private static boolean isLimited(StorageException e) {
    return "rateLimitExceeded".equals(e.getReason())
        || "userRateLimitExceeded".equals(e.getReason());
  }

  private static BlobId id(ObjectName name) {
    return BlobId.of(name.bucket(), name.name(), name.generation());
  }

  private static void bare(ObjectName name) {
    if (name.generation() != null) {
      throw new Bug(
          name + " names a generation; Cloud Storage chooses it, so write to the name without it");
    }
  }

  private static StoredObject stored(BlobInfo blob) {
    OffsetDateTime created = blob.getCreateTimeOffsetDateTime();
    return new StoredObject(
        new ObjectName(blob.getBucket(), blob.getName(), blob.getGeneration()),
        blob.getSize(),
        Objects.requireNonNullElse(blob.getCrc32c(), ""),
        Objects.requireNonNullElse(blob.getContentType(), "application/octet-stream"),
        created == null ? Instant.EPOCH : created.toInstant());
  }

  private static <T> T call(String doing, String uri, Supplier<T> work) {
    try {
      return work.get();
    } catch (StorageException e) {
      throw error(doing, uri, e);
    }
  }

  /** The answer of Cloud Storage as what a caller can do about it. */
  private static SluiceException error(String doing, String uri, StorageException e) {
    String told = "could not " + doing + " " + uri + ": ";
    // Code 0 is a connection that failed, and then the message may be no more than a host.
    String said =
        e.getCode() == 0 ? "no answer (" + root(e) + ")" : e.getCode() + " " + e.getMessage();
    return switch (e.getCode()) {
      case 404 ->
          doing.equals("read") || doing.equals("copy")
              ? absent(uri, e)
              : new Bug(told + "the bucket does not exist; create it or correct its name", e);
      case 412 -> new Conflict(told + "it changed meanwhile; read it again", e);
      case 401 ->
          new Bug(told + "no valid credentials; run as a service account or log in with gcloud", e);
      case 403 ->
          isLimited(e)
              ? new Unavailable(told + said + "; call again later", e)
              : new Bug(
                  told + "access denied; grant this function's account a role on the bucket", e);
      case 400, 405, 409, 411, 413, 416, 501 -> new Bug(told + said, e);
      default -> new Unavailable(told + said + "; call again later", e);
    };
  }

  private static Throwable root(Throwable e) {
    Throwable at = e;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return at;
  }

  private static BadInput absent(String uri, @Nullable Throwable cause) {
    return new BadInput(
        uri + " does not exist: it was deleted or replaced before it was read; upload it again",
        cause);
  }

  private static Conflict conflict(
      ObjectName name, WriteCondition condition, @Nullable Blob there, @Nullable Throwable cause) {
    String wanted =
        switch (condition) {
          case WriteCondition.IfAbsent _ -> "no object";
          case WriteCondition.IfGeneration(long generation) -> "generation " + generation;
          case WriteCondition.Anything _ -> "anything";
        };
    String found = there == null ? "no object" : "generation " + there.getGeneration();
    return new Conflict(
        name
            + " was written by somebody else: expected "
            + wanted
            + ", found "
            + found
            + "; read it again before another try",
        cause);
  }

  private static BadInput unpacking(Blob blob, IOException e) {
    return new BadInput(
        stored(blob).name()
            + " is stored with Content-Encoding gzip and does not unpack: "
            + e.getMessage()
            + "; upload it again, without that header",
        e);
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception ignored) {
      // Closing is for the connection's sake; the error at hand says more.
    }
  }

  /** The cause that Google's channels wrap into an IOException. */
  private static @Nullable StorageException cause(Throwable e) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof StorageException storage) {
        return storage;
      }
    }
    return null;
  }

  private static SluiceException error(String doing, String uri, Exception e) {
    StorageException known = cause(e);
    return known != null
        ? error(doing, uri, known)
        : new Unavailable(
            "could not " + doing + " " + uri + ": " + e.getMessage() + "; call again later", e);
  }

  /** Counts and checks the stored bytes as they pass. */
  private static final class CheckedInput extends InputStream {
    private final String uri;
    private final long size;
    private final @Nullable String expected;
    private final ReadChannel channel;
    private final CRC32C crc = new CRC32C();
    private long passed;
    private boolean checked;

    /**
     * @param expected the bytes' checksum, or null where only their number is known
     */
    CheckedInput(String uri, long size, @Nullable String expected, ReadChannel channel) {
      this.uri = uri;
      this.size = size;
      this.expected = expected;
      this.channel = channel;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) {
      if (length == 0) {
        return 0;
      }
      int count;
      try {
        count = channel.read(ByteBuffer.wrap(into, from, length));
      } catch (IOException | StorageException e) {
        throw error("read", uri, e);
      }
      if (count < 0) {
        check();
        return -1;
      }
      crc.update(into, from, count);
      passed += count;
      return count;
    }

    private void check() {
      if (checked) {
        return;
      }
      checked = true;
      if (passed != size || (expected != null && !expected.equals(Crc32c.text(crc)))) {
        throw new Unavailable(
            uri
                + " was damaged on its way: "
                + passed
                + " bytes with crc32c "
                + Crc32c.text(crc)
                + " came of "
                + size
                + " with "
                + expected
                + "; read it again");
      }
    }

    @Override
    public void close() {
      channel.close();
    }
  }

  /**
   * What is written here becomes one object at {@link #finish}, in one request where it fits a
   * part. After a 412 the rest of the content still passes through the checksum, which decides
   * whether the object found is the same.
   */
  private final class Upload extends Writing {
    private final ObjectName name;
    private final WriteCondition condition;
    private final String mark = UUID.randomUUID().toString();
    private final BlobInfo info;
    private final CRC32C crc = new CRC32C();
    private byte[] part = new byte[1 << 13];
    private int filled;
    private long size;
    private @Nullable WriteChannel channel;
    private @Nullable StorageException refused;

    Upload(ObjectName name, String contentType, WriteCondition condition) {
      bare(name);
      this.name = name;
      this.condition = condition;
      BlobInfo.Builder builder = BlobInfo.newBuilder(id(name)).setContentType(contentType);
      if (condition instanceof WriteCondition.IfGeneration) {
        builder.setMetadata(marked());
      }
      this.info = builder.build();
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      Objects.checkFromIndexSize(from, length, bytes.length);
      crc.update(bytes, from, length);
      size += length;
      int at = from;
      int left = length;
      while (left > 0) {
        if (filled == PART_BYTES) {
          send();
        }
        int taken = Math.min(left, PART_BYTES - filled);
        if (filled + taken > part.length) {
          part =
              Arrays.copyOf(part, Math.min(PART_BYTES, Math.max(filled + taken, part.length * 2)));
        }
        System.arraycopy(bytes, at, part, filled, taken);
        filled += taken;
        at += taken;
        left -= taken;
      }
    }

    private void send() {
      int length = filled;
      filled = 0;
      if (refused != null) {
        return;
      }
      try {
        WriteChannel to = channel;
        if (to == null) {
          // Not blobWriteSession: over HTTP it gives up a part at the first lost answer.
          to = storage.get().writer(info.toBuilder().setMetadata(marked()).build(), writeOptions());
          to.setChunkSize(PART_BYTES);
          channel = to;
        }
        ByteBuffer buffer = ByteBuffer.wrap(part, 0, length);
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      } catch (IOException | StorageException e) {
        refuse(e);
      }
    }

    private void refuse(Exception e) {
      StorageException known = cause(e);
      if (known == null || (known.getCode() != 412 && !isInTheWay(name, condition, known))) {
        throw error("write", name.uri(), e);
      }
      refused = known;
    }

    @Override
    public StoredObject finish() {
      if (channel == null && refused == null) {
        return once(part, filled);
      }
      send();
      if (refused == null) {
        try {
          Objects.requireNonNull(channel).close();
        } catch (IOException | StorageException e) {
          refuse(e);
        }
      }
      // The channel keeps what the server answered to itself, so ask; the mark says it is ours.
      Blob there = blob(name);
      if (there == null || !isMarked(there)) {
        return resolve(there, size, Crc32c.text(crc));
      }
      if (there.getSize() != size
          || (there.getCrc32c() != null && !there.getCrc32c().equals(Crc32c.text(crc)))) {
        delete(stored(there).name());
        throw new Unavailable(
            name + " was damaged on its way into the bucket and is deleted; write it again");
      }
      return stored(there);
    }

    private Map<String, String> marked() {
      return Map.of(MARK, mark);
    }

    private boolean isMarked(Blob there) {
      return there.getMetadata() != null && mark.equals(there.getMetadata().get(MARK));
    }

    /** One request, which carries the checksum for the server to compare. */
    StoredObject once(byte[] content, int length) {
      List<BlobTargetOption> options =
          new ArrayList<>(List.of(BlobTargetOption.disableGzipContent()));
      switch (condition) {
        case WriteCondition.Anything _ -> {}
        case WriteCondition.IfAbsent _ -> options.add(BlobTargetOption.doesNotExist());
        case WriteCondition.IfGeneration(long generation) ->
            options.add(BlobTargetOption.generationMatch(generation));
      }
      try {
        return stored(
            storage
                .get()
                .create(info, content, 0, length, options.toArray(new BlobTargetOption[0])));
      } catch (StorageException e) {
        refuse(e);
      }
      CRC32C sum = new CRC32C();
      sum.update(content, 0, length);
      return resolve(blob(name), length, Crc32c.text(sum));
    }

    private BlobWriteOption[] writeOptions() {
      return switch (condition) {
        case WriteCondition.Anything _ -> new BlobWriteOption[0];
        case WriteCondition.IfAbsent _ -> new BlobWriteOption[] {BlobWriteOption.doesNotExist()};
        case WriteCondition.IfGeneration(long generation) ->
            new BlobWriteOption[] {BlobWriteOption.generationMatch(generation)};
      };
    }

    /** The object found where it is what this write wanted, else a conflict. */
    private StoredObject resolve(@Nullable Blob there, long length, String crc32c) {
      boolean ours =
          there != null
              && switch (condition) {
                case WriteCondition.IfAbsent _ ->
                    there.getSize() == length && crc32c.equals(there.getCrc32c());
                case WriteCondition.IfGeneration _ -> isMarked(there);
                case WriteCondition.Anything _ -> false;
              };
      if (there != null && ours) {
        return stored(there);
      }
      throw conflict(name, condition, there, refused);
    }
  }
}
