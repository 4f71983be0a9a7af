package dev.sluice.validation;

import dev.sluice.statistics.FormatCount;
import dev.sluice.statistics.Formats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Formats that were there before, and how far they tell what may come. A part whose length varies
 * (as a number that is not padded does) says nothing by its length, so a format that differs in
 * such parts alone is no new one. Linear in the formats that are kept.
 */
final class FormatsKnown {
  /** A part has a length of its own where this share of its texts has it. */
  private static final double FIXED = 0.95;

  private static final String SIGNS = "9AacxXw";
  private static final char MORE = '…';

  /**
   * A format without the lengths of its parts, and these.
   *
   * @param lengths of each part of letters or digits, 0 where the format gives none
   */
  private record Skeleton(String text, List<Integer> lengths) {
    static Skeleton of(String format) {
      StringBuilder text = new StringBuilder();
      List<Integer> lengths = new ArrayList<>();
      int at = 0;
      while (at < format.length()) {
        char c = format.charAt(at);
        int from = at++;
        if (SIGNS.indexOf(c) >= 0) {
          while (at < format.length() && format.charAt(at) == c) {
            at++;
          }
          boolean more = at < format.length() && format.charAt(at) == MORE;
          lengths.add(more ? 0 : at - from);
        }
        text.append(c);
      }
      return new Skeleton(text.toString(), lengths);
    }
  }

  private final Set<String> formats = new HashSet<>();
  private final Map<String, List<TreeMap<Integer, Long>>> lengths = new HashMap<>();
  private final boolean complete;
  private long listed;
  private long once;

  FormatsKnown(List<Formats> before) {
    boolean all = true;
    for (Formats one : before) {
      all &= one.top().size() < Formats.MOST_KEPT && one.error() == 0;
      for (FormatCount count : one.top()) {
        add(count.format(), count.frequency());
      }
    }
    complete = all;
  }

  private void add(String format, long frequency) {
    formats.add(format);
    listed += frequency;
    once += frequency == 1 ? 1 : 0;
    Skeleton skeleton = Skeleton.of(format);
    List<TreeMap<Integer, Long>> parts =
        lengths.computeIfAbsent(skeleton.text(), text -> new ArrayList<>());
    for (int i = 0; i < skeleton.lengths().size(); i++) {
      if (parts.size() == i) {
        parts.add(new TreeMap<>());
      }
      parts.get(i).merge(skeleton.lengths().get(i), frequency, Long::sum);
    }
  }

  /** Texts of formats that are listed. */
  long listed() {
    return listed;
  }

  /** Formats seen once: Good and Turing's measure of texts in formats not seen at all. */
  long once() {
    return once;
  }

  /** True where no format is left out. */
  boolean complete() {
    return complete;
  }

  boolean contains(String format) {
    if (formats.contains(format)) {
      return true;
    }
    Skeleton skeleton = Skeleton.of(format);
    List<TreeMap<Integer, Long>> parts = lengths.get(skeleton.text());
    if (parts == null) {
      return false;
    }
    boolean varied = false;
    for (int i = 0; i < parts.size(); i++) {
      Integer fixed = fixed(parts.get(i));
      if (fixed == null) {
        varied = true;
      } else if (!fixed.equals(skeleton.lengths().get(i))) {
        return false;
      }
    }
    return varied;
  }

  private static @Nullable Integer fixed(Map<Integer, Long> lengths) {
    long all = lengths.values().stream().mapToLong(Long::longValue).sum();
    for (Map.Entry<Integer, Long> entry : lengths.entrySet()) {
      if (entry.getValue() >= FIXED * all) {
        return entry.getKey();
      }
    }
    return null;
  }

  /**
   * True where the format is a known one but for a digit more in one part, as in numbers that are
   * counted up beyond what their digits hold.
   */
  boolean countsUp(String format) {
    Skeleton skeleton = Skeleton.of(format);
    List<TreeMap<Integer, Long>> parts = lengths.get(skeleton.text());
    if (parts == null) {
      return false;
    }
    int grown = 0;
    int part = 0;
    for (int i = 0; i < skeleton.text().length(); i++) {
      char c = skeleton.text().charAt(i);
      if (SIGNS.indexOf(c) < 0) {
        continue;
      }
      Integer fixed = fixed(parts.get(part));
      int length = skeleton.lengths().get(part++);
      if (fixed == null || fixed == length) {
        continue;
      }
      if (c != '9' || length != fixed + 1) {
        return false;
      }
      grown++;
    }
    return grown == 1;
  }
}
