package dev.sluice.benchmarks.faults;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which rows of a table a slice's name means. */
final class Slices {
  private static final int MOST_VALUES = 1000;
  private static final double SAME = 0.8;

  private final Map<String, BitSet> rows = new HashMap<>();

  Slices(Table table) {
    for (String name : table.names()) {
      String[] values = table.column(name);
      Map<String, BitSet> groups = new HashMap<>();
      for (int row = 0; row < values.length && groups.size() <= MOST_VALUES; row++) {
        groups.computeIfAbsent(name + "=" + values[row], slice -> new BitSet()).set(row);
      }
      if (groups.size() <= MOST_VALUES) {
        rows.putAll(groups);
      }
    }
  }

  /**
   * True where the slice means those rows or nearly: four fifths of the rows that are in either are
   * in both, so that {@code country=JP} is as right as {@code currency=JPY}.
   *
   * @param slice groups, joined by a comma where it is several of them, by {@code and} or {@code &}
   *     where it is what they share
   */
  boolean means(String slice, BitSet wanted) {
    BitSet named = rowsOf(slice);
    BitSet both = (BitSet) named.clone();
    both.and(wanted);
    BitSet either = (BitSet) named.clone();
    either.or(wanted);
    return !either.isEmpty() && both.cardinality() >= SAME * either.cardinality();
  }

  private BitSet rowsOf(String slice) {
    BitSet union = new BitSet();
    for (String part : parts(slice)) {
      BitSet shared = null;
      for (String group : part.split(" (?:and|&) ", -1)) {
        BitSet of = rows.getOrDefault(group, new BitSet());
        if (shared == null) {
          shared = (BitSet) of.clone();
        } else {
          shared.and(of);
        }
      }
      union.or(rows.containsKey(part) ? rows.get(part) : shared);
    }
    return union;
  }

  /** A value may hold a comma: the longest piece that is a group is one. */
  private List<String> parts(String slice) {
    List<String> parts = new ArrayList<>();
    String[] pieces = slice.split(", ", -1);
    int from = 0;
    while (from < pieces.length) {
      int to = pieces.length;
      while (to > from + 1
          && !rows.containsKey(String.join(", ", List.of(pieces).subList(from, to)))) {
        to--;
      }
      parts.add(String.join(", ", List.of(pieces).subList(from, to)));
      from = to;
    }
    return parts;
  }
}
