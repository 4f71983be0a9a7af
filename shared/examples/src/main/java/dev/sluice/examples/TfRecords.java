package dev.sluice.examples;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The frame of TensorFlow's record format (tensorflow/core/lib/io/record_writer.h): the data's
 * length in 8 bytes, a masked CRC-32C of these, the data, and a masked CRC-32C of the data, all
 * little-endian.
 */
final class TfRecords {
  /** Bytes before the data. */
  static final int HEADER = 12;

  /** Bytes after the data. */
  static final int FOOTER = 4;

  private static final int MASK = 0xa282ead8;
  private static final int POLYNOMIAL = 0x82f63b78;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** What each byte of a length, by its place, adds to the checksum: 8 times 256. */
  private static final int[] OF_BYTE = table();

  private TfRecords() {}

  private static int[] table() {
    int[] table = new int[8 * 256];
    for (int place = 7; place >= 0; place--) {
      for (int value = 0; value < 256; value++) {
        int crc = value;
        for (int bit = 0; bit < 8 * (8 - place); bit++) {
          crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ POLYNOMIAL;
        }
        table[place * 256 + value] = crc;
      }
    }
    return table;
  }

  /** The length that a header at that place tells; not to be trusted before {@link #isHeader}. */
  static long length(byte[] b, int at) {
    return (long) LONG.get(b, at);
  }

  /** True where the bytes are a length and its checksum. */
  static boolean isHeader(byte[] b, int at) {
    return (int) INT.get(b, at + 8) == checksum((long) LONG.get(b, at));
  }

  /** The masked checksum of a length. */
  static int checksum(long length) {
    long word = length ^ 0xffff_ffffL;
    int crc = 0;
    for (int place = 0; place < 8; place++) {
      crc ^= OF_BYTE[place * 256 + (int) (word & 0xff)];
      word >>>= 8;
    }
    return mask(~crc);
  }

  /** The masked checksum of data. */
  static int checksum(CRC32C crc, byte[] b, int from, int length) {
    crc.reset();
    crc.update(b, from, length);
    return mask((int) crc.getValue());
  }

  /** The checksum that stands at that place. */
  static int checksumAt(byte[] b, int at) {
    return (int) INT.get(b, at);
  }

  /** Writes a record's header. */
  static void putHeader(byte[] b, int at, long length) {
    LONG.set(b, at, length);
    INT.set(b, at + 8, checksum(length));
  }

  /** Writes a checksum. */
  static void putChecksum(byte[] b, int at, int checksum) {
    INT.set(b, at, checksum);
  }

  private static int mask(int crc) {
    return Integer.rotateRight(crc, 15) + MASK;
  }
}
