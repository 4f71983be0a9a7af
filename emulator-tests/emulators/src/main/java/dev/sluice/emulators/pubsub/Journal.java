package dev.sluice.emulators.pubsub;

import com.google.pubsub.v1.PubsubMessage;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * A subscription's messages on disk: one file of appended records, a message, an attempt at its
 * delivery, or its acknowledgement. What a killed process left half-written at the end is cut off.
 * The file is rewritten once most of it is about messages that are gone. Not safe for use by two
 * threads at once.
 */
final class Journal implements AutoCloseable {
  private static final byte MESSAGE = 1;
  private static final byte ATTEMPT = 2;
  private static final byte GONE = 3;
  private static final long SMALL = 1 << 20;

  private final Path file;
  private FileChannel channel;
  private long live;

  /** A message and how often its delivery was tried. */
  record Entry(PubsubMessage message, int attempts) {}

  private Journal(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Opens the file and puts what it holds into {@code into}, by message id, oldest first. */
  static Journal open(Path file, Map<String, Entry> into) throws IOException {
    long sound = 0;
    if (Files.exists(file)) {
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
        while (true) {
          int length = in.readInt();
          byte kind = in.readByte();
          byte[] payload = length < 0 ? new byte[0] : in.readNBytes(length);
          if (length < 0 || payload.length < length) {
            break;
          }
          apply(kind, payload, into);
          sound += 5L + length;
        }
      } catch (EOFException e) {
        // The end, or a record cut off in its head: sound says how far the file is whole.
      }
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.truncate(sound);
    channel.position(sound);
    Journal journal = new Journal(file, channel);
    into.values().forEach(entry -> journal.live += entry.message().getSerializedSize());
    return journal;
  }

  private static void apply(byte kind, byte[] payload, Map<String, Entry> into) throws IOException {
    switch (kind) {
      case MESSAGE -> {
        PubsubMessage message = PubsubMessage.parseFrom(payload);
        into.put(message.getMessageId(), new Entry(message, 0));
      }
      case ATTEMPT ->
          into.computeIfPresent(
              new String(payload, StandardCharsets.UTF_8),
              (id, entry) -> new Entry(entry.message(), entry.attempts() + 1));
      case GONE -> into.remove(new String(payload, StandardCharsets.UTF_8));
      default -> throw new IOException("a journal record has the unknown kind " + kind);
    }
  }

  void messages(List<PubsubMessage> messages) throws IOException {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    for (PubsubMessage message : messages) {
      record(records, MESSAGE, message.toByteArray());
      live += message.getSerializedSize();
    }
    append(channel, records);
  }

  void attempts(List<String> ids) throws IOException {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    for (String id : ids) {
      record(records, ATTEMPT, id.getBytes(StandardCharsets.UTF_8));
    }
    append(channel, records);
  }

  void gone(PubsubMessage message) throws IOException {
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record(record, GONE, message.getMessageId().getBytes(StandardCharsets.UTF_8));
    append(channel, record);
    live -= message.getSerializedSize();
  }

  /** Rewrites the file with these entries alone if that saves more than half of it. */
  void compactIfWorthwhile(Iterable<Entry> entries) throws IOException {
    if (channel.position() < SMALL || channel.position() < 2 * live) {
      return;
    }
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    FileChannel next =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    for (Entry entry : entries) {
      ByteArrayOutputStream records = new ByteArrayOutputStream();
      record(records, MESSAGE, entry.message().toByteArray());
      byte[] id = entry.message().getMessageId().getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < entry.attempts(); i++) {
        record(records, ATTEMPT, id);
      }
      append(next, records);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    channel.close();
    channel = next;
  }

  private static void record(ByteArrayOutputStream to, byte kind, byte[] payload) {
    to.writeBytes(ByteBuffer.allocate(5).putInt(payload.length).put(kind).array());
    to.writeBytes(payload);
  }

  private static void append(FileChannel channel, ByteArrayOutputStream records)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(records.toByteArray());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
