package dev.sluice.examples;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.Snappy;

/**
 * Unpacks blocks of an Avro file: {@code null}, {@code deflate}, {@code zstandard} and {@code
 * snappy}. Others are refused by name.
 *
 * <p>A block may unpack to {@value #MOST} bytes, and to {@value #RATIO} times its size where that
 * is more than {@value #ALWAYS} bytes; more is taken for a bomb. Memory is that bound.
 */
final class AvroUnpacker implements AutoCloseable {
  static final int MOST = 1 << 27;
  static final int ALWAYS = 1 << 24;
  static final int RATIO = 250;

  /** How blocks are packed. */
  enum Codec {
    NULL,
    DEFLATE,
    ZSTANDARD,
    SNAPPY
  }

  private final Codec codec;
  private byte[] bytes = {};
  private int from;
  private int to;
  private @Nullable Inflater inflater;
  private @Nullable ZstdDecompressCtx zstd;

  AvroUnpacker(Codec codec) {
    this.codec = codec;
  }

  /**
   * @throws BadInput for a codec that is not read
   */
  static Codec codec(String name) {
    return switch (name) {
      case "null", "" -> Codec.NULL;
      case "deflate" -> Codec.DEFLATE;
      case "zstandard" -> Codec.ZSTANDARD;
      case "snappy" -> Codec.SNAPPY;
      default ->
          throw new BadInput(
              "is packed with the codec "
                  + name
                  + "; write it with zstandard, deflate, snappy or null");
    };
  }

  /** Unpacks a block; it stays as it is until the next call. */
  void unpack(byte[] block, int start, int end) throws AvroDamage {
    if (codec == Codec.NULL) {
      bytes = block;
      from = start;
      to = end;
      return;
    }
    if (bytes.length == 0) {
      bytes = new byte[1 << 16];
    }
    int most = Math.clamp((long) RATIO * (end - start), ALWAYS, MOST);
    from = 0;
    to =
        switch (codec) {
          case NULL -> 0;
          case DEFLATE -> inflate(block, start, end, most);
          case ZSTANDARD -> zstandard(block, start, end, most);
          case SNAPPY -> snappy(block, start, end, most);
        };
  }

  /** Holds the unpacked rows. */
  byte[] bytes() {
    return bytes;
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  private int inflate(byte[] block, int start, int end, int most) throws AvroDamage {
    Inflater own = inflater == null ? new Inflater(/* nowrap= */ true) : inflater;
    inflater = own;
    own.reset();
    own.setInput(block, start, end - start);
    int size = 0;
    try {
      while (true) {
        int read = own.inflate(bytes, size, bytes.length - size);
        size += read;
        if (own.finished()) {
          return size;
        }
        if (size == bytes.length) {
          grow(most);
        } else if (read == 0) {
          throw new AvroDamage("the block's deflate data ends too early");
        }
      }
    } catch (DataFormatException e) {
      throw new AvroDamage("the block's deflate data is broken: " + e.getMessage());
    }
  }

  private int zstandard(byte[] block, int start, int end, int most) throws AvroDamage {
    ZstdDecompressCtx own = zstd == null ? new ZstdDecompressCtx() : zstd;
    zstd = own;
    long known = Zstd.getFrameContentSize(block, start, end - start);
    if (known > most) {
      throw tooLarge(most);
    }
    if (known > bytes.length) {
      bytes = new byte[(int) known];
    }
    while (true) {
      try {
        return own.decompressByteArray(bytes, 0, bytes.length, block, start, end - start);
      } catch (ZstdException e) {
        if (e.getErrorCode() != Zstd.errDstSizeTooSmall()) {
          throw new AvroDamage("the block's zstandard data is broken: " + e.getMessage());
        }
        grow(most);
      }
    }
  }

  /** The block's last four bytes are the CRC-32 of what it unpacks to. */
  private int snappy(byte[] block, int start, int end, int most) throws AvroDamage {
    int packed = end - start - Integer.BYTES;
    try {
      if (packed < 1 || !Snappy.isValidCompressedBuffer(block, start, packed)) {
        throw new AvroDamage("the block's snappy data is broken");
      }
      int size = Snappy.uncompressedLength(block, start, packed);
      if (size < 0 || size > most) {
        throw tooLarge(most);
      }
      if (size > bytes.length) {
        bytes = new byte[size];
      }
      int unpacked = Snappy.uncompress(block, start, packed, bytes, 0);
      CRC32 crc = new CRC32();
      crc.update(bytes, 0, unpacked);
      int stored = 0;
      for (int i = end - Integer.BYTES; i < end; i++) {
        stored = (stored << 8) | (block[i] & 0xff);
      }
      if ((int) crc.getValue() != stored) {
        throw new AvroDamage("the block's checksum is wrong");
      }
      return unpacked;
    } catch (IOException e) {
      throw new AvroDamage("the block's snappy data is broken: " + e.getMessage());
    }
  }

  private void grow(int most) throws AvroDamage {
    if (bytes.length >= most) {
      throw tooLarge(most);
    }
    bytes = Arrays.copyOf(bytes, (int) Math.min(2L * bytes.length, most));
  }

  private static AvroDamage tooLarge(int most) {
    return new AvroDamage(
        "the block unpacks to more than " + most + " bytes, far more than blocks have");
  }

  @Override
  public void close() {
    if (inflater != null) {
      inflater.end();
    }
    if (zstd != null) {
      zstd.close();
    }
  }
}
