package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of one object, which can be read from its start any number of times. */
public interface ByteSource {
  /** A new stream from the first byte; every stream gives the same bytes. */
  InputStream open() throws IOException;

  /**
   * A new stream from that byte on.
   *
   * @param from at most {@link #size}
   */
  default InputStream open(long from) throws IOException {
    InputStream in = open();
    in.skipNBytes(from);
    return in;
  }

  /** The object's full name, as people know it; it becomes {@code __source}. */
  String name();

  /** Length in bytes. */
  long size();

  /** Bytes in memory. */
  static ByteSource of(String name, byte[] bytes) {
    return new ByteSource() {
      @Override
      public InputStream open() {
        return new ByteArrayInputStream(bytes);
      }

      @Override
      public String name() {
        return name;
      }

      @Override
      public long size() {
        return bytes.length;
      }
    };
  }

  /**
   * A local file, named by its path.
   *
   * @throws BadInput where it cannot be read
   */
  static ByteSource of(Path file) {
    long size;
    try {
      size = Files.size(file);
    } catch (IOException e) {
      throw new BadInput(file + " cannot be read: " + e.getMessage(), e);
    }
    return new ByteSource() {
      @Override
      public InputStream open() throws IOException {
        return Files.newInputStream(file);
      }

      @Override
      public String name() {
        return file.toString();
      }

      @Override
      public long size() {
        return size;
      }
    };
  }
}
