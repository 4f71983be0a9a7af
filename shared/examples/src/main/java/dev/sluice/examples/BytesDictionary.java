package dev.sluice.examples;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Codes texts, given as UTF-8 bytes, by the order in which they first come: open addressing with
 * linear probing, at most half full. Constant expected time a text.
 */
final class BytesDictionary {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long MIX = 0x9e3779b97f4a7c15L;

  private int[] table = new int[256];
  private int[] hashes = new int[128];
  private int[] ends = new int[128];
  private byte[] texts = new byte[1024];
  private int size;

  /** The code of a text; a new one gets the next number. */
  int code(byte[] b, int from, int to) {
    int hash = hash(b, from, to);
    int mask = table.length - 1;
    int slot = hash & mask;
    int entry;
    while ((entry = table[slot]) != 0) {
      int code = entry - 1;
      if (hashes[code] == hash) {
        int start = code == 0 ? 0 : ends[code - 1];
        if (same(start, ends[code], b, from, to)) {
          return code;
        }
      }
      slot = (slot + 1) & mask;
    }
    return add(b, from, to, hash, slot);
  }

  private boolean same(int start, int end, byte[] b, int from, int to) {
    if (end - start != to - from) {
      return false;
    }
    if (end - start > 16) {
      return Arrays.equals(texts, start, end, b, from, to);
    }
    for (int i = start, j = from; i < end; i++, j++) {
      if (texts[i] != b[j]) {
        return false;
      }
    }
    return true;
  }

  private int add(byte[] b, int from, int to, int hash, int slot) {
    int start = size == 0 ? 0 : ends[size - 1];
    int end = Math.addExact(start, to - from);
    if (end > texts.length) {
      texts = Arrays.copyOf(texts, Math.max(end, (int) Math.min(2L * texts.length, 1 << 30)));
    }
    System.arraycopy(b, from, texts, start, to - from);
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
    }
    ends[size] = end;
    hashes[size] = hash;
    table[slot] = ++size;
    if (size * 2 > table.length) {
      int[] larger = new int[table.length * 2];
      int mask = larger.length - 1;
      for (int code = 0; code < size; code++) {
        int place = hashes[code] & mask;
        while (larger[place] != 0) {
          place = (place + 1) & mask;
        }
        larger[place] = code + 1;
      }
      table = larger;
    }
    return size - 1;
  }

  private static int hash(byte[] b, int from, int to) {
    long h = (long) to - from;
    int i = from;
    for (; i + 8 <= to; i += 8) {
      h = (h ^ (long) LONG.get(b, i)) * MIX;
      h ^= h >>> 32;
    }
    if (i + 4 <= to) {
      h = (h ^ (int) WORD.get(b, i)) * MIX;
      h ^= h >>> 32;
      i += 4;
    }
    for (; i < to; i++) {
      h = (h ^ b[i]) * MIX;
    }
    return (int) (h ^ (h >>> 29));
  }

  /** Bytes of all texts. */
  int bytes() {
    return size == 0 ? 0 : ends[size - 1];
  }

  /** The texts in the order of their codes. */
  Utf8List texts() {
    return new Utf8List(Arrays.copyOf(texts, bytes()), Arrays.copyOf(ends, size));
  }

  /** Forgets every text. */
  void clear() {
    if (size > 0) {
      size = 0;
      if (table.length > 1 << 12) {
        table = new int[256];
      } else {
        Arrays.fill(table, 0);
      }
    }
  }
}
