package dev.sluice.examples;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** An object whose records are read from its bytes, which may have come packed. */
abstract class UnpackedFile extends RecordFile {
  /** The bytes, unpacked. */
  final ByteSource source;

  /** How they came packed, such as {@code ", gzip"}, or "". */
  final String packing;

  private final @Nullable String indivisible;

  /**
   * @param indivisible why it cannot be cut, or null
   */
  UnpackedFile(ByteSource source, String packing, @Nullable String indivisible) {
    this.source = source;
    this.packing = packing;
    this.indivisible = indivisible;
  }

  @Override
  public final String name() {
    return source.name();
  }

  @Override
  public final long bytes() {
    return source.size();
  }

  @Override
  final @Nullable String indivisible() {
    return indivisible;
  }

  @Override
  final boolean endsOpen() throws IOException {
    if (!packing.isEmpty() || source.size() == 0) {
      // What is packed ends where it ends: its last byte is not worth unpacking all of it again.
      return true;
    }
    try (InputStream last = source.open(source.size() - 1)) {
      int end = last.read();
      return end != '\n' && end != '\r';
    }
  }
}
