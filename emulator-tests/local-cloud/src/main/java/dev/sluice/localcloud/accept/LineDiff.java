package dev.sluice.localcloud.accept;

import java.util.ArrayList;
import java.util.List;

/**
 * The lines that two texts do not share, by their longest common subsequence, with two lines around
 * each change: those that went begin with {@code -}, those that came with {@code +}, the others
 * with a space, and a gap is {@code ...}. What the texts begin and end with alike costs nothing;
 * the rest takes time and memory by the product of its lines.
 */
final class LineDiff {
  private static final int AROUND = 2;

  private LineDiff() {}

  /** The changes; empty where the texts are the same. */
  static List<String> of(String before, String after) {
    List<String> old = before.lines().toList();
    List<String> young = after.lines().toList();
    int most = Math.min(old.size(), young.size());
    int head = 0;
    while (head < most && old.get(head).equals(young.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < most - head
        && old.get(old.size() - 1 - tail).equals(young.get(young.size() - 1 - tail))) {
      tail++;
    }
    List<String> all = new ArrayList<>();
    old.subList(0, head).forEach(line -> all.add(" " + line));
    middle(old.subList(head, old.size() - tail), young.subList(head, young.size() - tail), all);
    old.subList(old.size() - tail, old.size()).forEach(line -> all.add(" " + line));
    return shortened(all);
  }

  private static void middle(List<String> old, List<String> young, List<String> all) {
    int[][] common = new int[old.size() + 1][young.size() + 1];
    for (int i = old.size() - 1; i >= 0; i--) {
      for (int j = young.size() - 1; j >= 0; j--) {
        common[i][j] =
            old.get(i).equals(young.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < old.size() || j < young.size()) {
      if (i < old.size() && j < young.size() && old.get(i).equals(young.get(j))) {
        all.add(" " + old.get(i++));
        j++;
      } else if (j == young.size() || (i < old.size() && common[i + 1][j] >= common[i][j + 1])) {
        all.add("-" + old.get(i++));
      } else {
        all.add("+" + young.get(j++));
      }
    }
  }

  private static List<String> shortened(List<String> all) {
    boolean[] kept = new boolean[all.size()];
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).charAt(0) != ' ') {
        for (int j = Math.max(0, i - AROUND); j <= Math.min(all.size() - 1, i + AROUND); j++) {
          kept[j] = true;
        }
      }
    }
    List<String> out = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (kept[i]) {
        out.add(all.get(i));
      } else if (i > 0 && kept[i - 1] && anyFrom(kept, i)) {
        out.add("...");
      }
    }
    return out;
  }

  private static boolean anyFrom(boolean[] kept, int from) {
    for (int i = from; i < kept.length; i++) {
      if (kept[i]) {
        return true;
      }
    }
    return false;
  }
}
