package dev.sluice.examples;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * XXH64 with seed 0, by Y. Collet's specification "xxHash fast digest algorithm" 0.1.1, section 3.
 */
final class XxHash64 {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long P1 = 0x9E3779B185EBCA87L;
  private static final long P2 = 0xC2B2AE3D27D4EB4FL;
  private static final long P3 = 0x165667B19E3779F9L;
  private static final long P4 = 0x85EBCA77C2B2AE63L;
  private static final long P5 = 0x27D4EB2F165667C5L;
  private static final long P1_PLUS_P2 = 0x60EA27EEADC0B5D6L;

  private XxHash64() {}

  static long hash(byte[] b, int from, int to) {
    long h;
    int i = from;
    if (to - from >= 32) {
      long v1 = P1_PLUS_P2;
      long v2 = P2;
      long v3 = 0;
      long v4 = -P1;
      for (; i <= to - 32; i += 32) {
        v1 = round(v1, (long) LONG.get(b, i));
        v2 = round(v2, (long) LONG.get(b, i + 8));
        v3 = round(v3, (long) LONG.get(b, i + 16));
        v4 = round(v4, (long) LONG.get(b, i + 24));
      }
      h =
          Long.rotateLeft(v1, 1)
              + Long.rotateLeft(v2, 7)
              + Long.rotateLeft(v3, 12)
              + Long.rotateLeft(v4, 18);
      h = (h ^ round(0, v1)) * P1 + P4;
      h = (h ^ round(0, v2)) * P1 + P4;
      h = (h ^ round(0, v3)) * P1 + P4;
      h = (h ^ round(0, v4)) * P1 + P4;
    } else {
      h = P5;
    }
    h += to - from;
    for (; i <= to - 8; i += 8) {
      h = Long.rotateLeft(h ^ round(0, (long) LONG.get(b, i)), 27) * P1 + P4;
    }
    if (i <= to - 4) {
      h = Long.rotateLeft(h ^ ((int) WORD.get(b, i) & 0xffffffffL) * P1, 23) * P2 + P3;
      i += 4;
    }
    for (; i < to; i++) {
      h = Long.rotateLeft(h ^ (b[i] & 0xff) * P5, 11) * P1;
    }
    h = (h ^ (h >>> 33)) * P2;
    h = (h ^ (h >>> 29)) * P3;
    return h ^ (h >>> 32);
  }

  private static long round(long accumulator, long lane) {
    return Long.rotateLeft(accumulator + lane * P2, 31) * P1;
  }
}
