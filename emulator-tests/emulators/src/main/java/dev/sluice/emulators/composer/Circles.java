package dev.sluice.emulators.composer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Finds pipelines that would start each other for ever. */
final class Circles {
  private Circles() {}

  /**
   * Those from which following {@code after} leads back, by a search from each: O(n (n + edges)).
   *
   * @param after the pipelines after whose releases each one starts
   */
  static Set<String> of(Map<String, List<String>> after) {
    Set<String> out = new TreeSet<>();
    for (String pipeline : after.keySet()) {
      Set<String> reached = new HashSet<>();
      Deque<String> left = new ArrayDeque<>(after.getOrDefault(pipeline, List.of()));
      while (!left.isEmpty()) {
        String next = left.pop();
        if (reached.add(next)) {
          left.addAll(after.getOrDefault(next, List.of()));
        }
      }
      if (reached.contains(pipeline)) {
        out.add(pipeline);
      }
    }
    return out;
  }
}
