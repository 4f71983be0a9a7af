package dev.sluice.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How often each format of text occurs: exact while there are at most {@value #LIMIT} formats.
 * Beyond, all formats are made coarse ({@link FormatPattern#coarse}), and where even those are too
 * many, the texts have no format worth naming and nothing is known. Which of the three it is
 * depends on the texts alone, so that any split in any order gives the same answer, bit for bit.
 * Constant time a text of bounded length, memory {@value #LIMIT} formats.
 */
final class FormatCounts {
  static final int LIMIT = 1 << 11;
  private static final int COARSE_PARTS = 4;
  private static final int LONGEST_EXAMPLE = 256;

  private static final class Entry {
    private final String format;
    private final int hash;
    private String example;
    private long count;

    Entry(String format, int hash, String example) {
      this.format = format;
      this.hash = hash;
      this.example = example;
    }
  }

  private enum Detail {
    FINE,
    COARSE,
    NONE
  }

  private final FormatPattern pattern = new FormatPattern();
  private @Nullable Entry[] table = new @Nullable Entry[64];
  private int size;
  private Detail detail = Detail.FINE;
  private long total;

  /** Adds {@code count} occurrences, at least 1. */
  void add(String text, long count) {
    if (detail == Detail.NONE) {
      total += count;
      return;
    }
    int length = pattern.write(text);
    if (detail == Detail.FINE) {
      put(pattern.buffer(), length, text, count);
    } else {
      putFine(new String(pattern.buffer(), 0, length), text, count);
    }
  }

  /** Adds to a format that is not coarse, whatever the detail is now. */
  private void putFine(String format, String example, long count) {
    switch (detail) {
      case FINE -> put(format, example, count);
      case COARSE -> put(FormatPattern.coarse(format, COARSE_PARTS), example, count);
      case NONE -> total += count;
    }
  }

  private void put(String format, String example, long count) {
    put(format.toCharArray(), format.length(), example, count);
  }

  private void put(char[] format, int length, String text, long count) {
    total += count;
    int hash = 0;
    for (int i = 0; i < length; i++) {
      hash = 31 * hash + format[i];
    }
    hash ^= hash >>> 15;
    int mask = table.length - 1;
    int slot = hash & mask;
    Entry entry = table[slot];
    while (entry != null && !(entry.hash == hash && same(entry.format, format, length))) {
      slot = (slot + 1) & mask;
      entry = table[slot];
    }
    if (entry == null) {
      entry = new Entry(new String(format, 0, length), hash, cut(text));
      table[slot] = entry;
      size++;
      if (2 * size > table.length) {
        grow();
      }
    } else if (text.compareTo(entry.example) < 0) {
      entry.example = cut(text);
    }
    entry.count += count;
    if (size > LIMIT) {
      forget();
    }
  }

  private static boolean same(String known, char[] format, int length) {
    if (known.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (known.charAt(i) != format[i]) {
        return false;
      }
    }
    return true;
  }

  /** The beginning of a long text; the first of the beginnings is the beginning of the first. */
  private static String cut(String text) {
    if (text.length() <= LONGEST_EXAMPLE) {
      return text;
    }
    boolean pair = Character.isHighSurrogate(text.charAt(LONGEST_EXAMPLE - 1));
    return text.substring(0, LONGEST_EXAMPLE - (pair ? 1 : 0));
  }

  private void grow() {
    @Nullable Entry[] old = table;
    table = new @Nullable Entry[2 * old.length];
    int mask = table.length - 1;
    for (Entry entry : old) {
      if (entry != null) {
        int slot = entry.hash & mask;
        while (table[slot] != null) {
          slot = (slot + 1) & mask;
        }
        table[slot] = entry;
      }
    }
  }

  /** Goes to the next detail with all that is known. */
  private void forget() {
    @Nullable Entry[] old = table;
    table = new @Nullable Entry[64];
    size = 0;
    if (detail == Detail.COARSE) {
      detail = Detail.NONE;
      return;
    }
    detail = Detail.COARSE;
    total = 0;
    for (Entry entry : old) {
      if (entry != null) {
        putFine(entry.format, entry.example, entry.count);
      }
    }
  }

  void merge(FormatCounts other) {
    while (detail.compareTo(other.detail) < 0) {
      forget();
    }
    if (other.detail == Detail.NONE) {
      total += other.total;
      return;
    }
    for (Entry entry : other.table) {
      if (entry == null) {
        continue;
      }
      if (other.detail == Detail.FINE) {
        putFine(entry.format, entry.example, entry.count);
      } else if (detail == Detail.COARSE) {
        put(entry.format, entry.example, entry.count);
      } else {
        total += entry.count;
      }
    }
  }

  Formats result() {
    if (detail == Detail.NONE) {
      return new Formats(List.of(), total, /* coarse= */ true);
    }
    List<FormatCount> all = new ArrayList<>();
    Arrays.stream(table)
        .filter(entry -> entry != null)
        .forEach(entry -> all.add(new FormatCount(entry.format, entry.count, entry.example)));
    all.sort(FormatCount.MOST_FREQUENT);
    return new Formats(
        all.subList(0, Math.min(all.size(), Formats.MOST_KEPT)),
        /* error= */ 0,
        detail == Detail.COARSE);
  }
}
