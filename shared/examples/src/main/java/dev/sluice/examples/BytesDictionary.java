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
  private static final long MIX = 0x9e3779b97f4a7c15L;

  private int[] table = new int[256];
  private int[] hashes = new int[128];
  private int[] ends = new int[128];

  /** The first eight bytes of each text, which tell most apart without a look at the others. */
  private long[] heads = new long[128];

  private byte[] texts = new byte[1024];
  private int size;

  /** The code of a text; a new one gets the next number. */
  int code(byte[] b, int from, int to) {
    long head = head(b, from, to);
    int hash = hash(head, b, from, to);
    int mask = table.length - 1;
    int slot = hash & mask;
    int entry;
    while ((entry = table[slot]) != 0) {
      int code = entry - 1;
      if (heads[code] == head && hashes[code] == hash && same(code, b, from, to)) {
        return code;
      }
      slot = (slot + 1) & mask;
    }
    return add(head, b, from, to, hash, slot);
  }

  /** Whether a text with the same head and hash is the same. */
  private boolean same(int code, byte[] b, int from, int to) {
    int start = code == 0 ? 0 : ends[code - 1];
    int end = ends[code];
    int length = to - from;
    if (end - start != length) {
      return false;
    }
    if (length <= 8) {
      return true;
    }
    return length <= 16
        ? (long) LONG.get(texts, end - 8) == (long) LONG.get(b, to - 8)
        : Arrays.equals(texts, start, end, b, from, to);
  }

  private int add(long head, byte[] b, int from, int to, int hash, int slot) {
    int start = size == 0 ? 0 : ends[size - 1];
    int end = Math.addExact(start, to - from);
    if (end > texts.length) {
      texts = Arrays.copyOf(texts, Math.max(end, (int) Math.min(2L * texts.length, 1 << 30)));
    }
    System.arraycopy(b, from, texts, start, to - from);
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
      heads = Arrays.copyOf(heads, size * 2);
    }
    ends[size] = end;
    hashes[size] = hash;
    heads[size] = head;
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

  /** The first bytes, the least first, filled up with zeros to eight. */
  private static long head(byte[] b, int from, int to) {
    int length = to - from;
    if (from + 8 <= b.length) {
      long word = (long) LONG.get(b, from);
      return length >= 8 ? word : word & ~(-1L << (8 * length));
    }
    long word = 0;
    for (int i = to - 1; i >= from; i--) {
      word = word << 8 | (b[i] & 0xff);
    }
    return word;
  }

  private static int hash(long head, byte[] b, int from, int to) {
    int length = to - from;
    long h = (head ^ length) * MIX;
    h ^= h >>> 32;
    for (int i = from + 8; i < to; i += 8) {
      // The last word may hold bytes of the one before once more.
      h = (h ^ (long) LONG.get(b, Math.min(i, to - 8))) * MIX;
      h ^= h >>> 32;
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
