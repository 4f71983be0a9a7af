package dev.sluice.validation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the fewest groups that explain why a feature moved: for each grouping column it parts the
 * groups into those that moved (significantly and by more than the floor) and those that stayed,
 * and takes the column that leaves the least unexplained: the moved effect, weighed by rows, minus
 * the effect left in the groups that stayed. Where nearly all groups moved alike, or none alone,
 * the whole column moved. Linear in the groups.
 */
final class GroupScan {
  /** Groups that stayed may show at most this part of the mean effect in those that moved. */
  private static final double MOST_LEFT = 1.0 / 3;

  /** A smaller column of moved groups wins where it explains nearly as much as the best. */
  private static final double NEARLY_BEST = 0.85;

  /** Columns that explain as much as that are told apart by their rows. */
  private static final double AS_GOOD = 0.95;

  private static final double SAME = 0.98;

  /** A group below this share of the rows never holds a batch. */
  private static final double SMALL_GROUP = 0.002;

  /**
   * What explains a move.
   *
   * @param whole all rows together; null where no row but those of groups could be compared
   * @param moved the groups that moved, largest contribution first; empty where it is the whole
   * @param stayed the groups of the same column that did not
   * @param alike groups of other columns that explain it as well, being about the same rows
   */
  record Finding(
      Move whole, List<Move> moved, List<Move> stayed, List<Move> alike, Severity severity) {}

  private final Thresholds thresholds;
  private final double logAlpha;

  /**
   * @param logAlpha natural logarithm of the p-value below which a single move is significant
   */
  GroupScan(Thresholds thresholds, double logAlpha) {
    this.thresholds = thresholds;
    this.logAlpha = logAlpha;
  }

  /** What moved, or null where nothing did. */
  @Nullable Finding explain(Move whole, List<Move> cells) {
    Severity wholeSeverity = severity(whole);
    Map<String, List<Move>> byColumn = new LinkedHashMap<>();
    for (Move cell : cells) {
      byColumn.computeIfAbsent(cell.group(), column -> new ArrayList<>()).add(cell);
    }
    record Candidate(List<Move> moved, List<Move> stayed, double gain) {}
    List<Candidate> candidates = new ArrayList<>();
    for (List<Move> groups : byColumn.values()) {
      List<Move> moved = new ArrayList<>();
      List<Move> stayed = new ArrayList<>();
      for (Move group : groups) {
        (severity(group) == Severity.INFO || group.value() == null ? stayed : moved).add(group);
      }
      boolean most = rows(moved) > 0.5 * whole.after().rows();
      if (moved.isEmpty() || stayed.isEmpty() || (most && wholeSeverity != Severity.INFO)) {
        continue;
      }
      double in = weighted(moved);
      double left = weighted(stayed);
      if (in > left && left / rows(stayed) <= MOST_LEFT * in / rows(moved)) {
        moved.sort(
            Comparator.comparingDouble((Move m) -> m.excess() * m.after().rows()).reversed());
        candidates.add(new Candidate(moved, stayed, in - left));
      }
    }
    if (candidates.isEmpty()) {
      return wholeSeverity == Severity.INFO
          ? null
          : new Finding(whole, List.of(), List.of(), List.of(), wholeSeverity);
    }
    double best = candidates.stream().mapToDouble(Candidate::gain).max().orElse(0);
    int fewest =
        candidates.stream()
            .filter(candidate -> candidate.gain() >= NEARLY_BEST * best)
            .mapToInt(candidate -> candidate.moved().size())
            .min()
            .orElse(1);
    double bestOfFewest =
        candidates.stream()
            .filter(candidate -> candidate.moved().size() == fewest)
            .mapToDouble(Candidate::gain)
            .max()
            .orElse(0);
    // Of columns that explain about as much the sharpest is named, the one with the fewest rows: a
    // group that merely holds the broken rows shows the same move, diluted.
    List<Candidate> equal =
        candidates.stream()
            .filter(candidate -> candidate.moved().size() == fewest)
            .filter(candidate -> candidate.gain() >= AS_GOOD * bestOfFewest)
            .sorted(Comparator.comparingDouble(candidate -> rows(candidate.moved())))
            .toList();
    double leastRows = rows(equal.getFirst().moved());
    // Columns that say the same of the same rows: the first as the spec has them is named.
    List<Candidate> same =
        candidates.stream()
            .filter(equal::contains)
            .filter(candidate -> rows(candidate.moved()) * SAME <= leastRows)
            .toList();
    Candidate chosen = same.getFirst();
    List<Move> alike =
        fewest > 1
            ? List.of()
            : same.stream().skip(1).map(candidate -> candidate.moved().getFirst()).toList();
    return new Finding(
        whole,
        chosen.moved(),
        chosen.stayed(),
        alike,
        worst(wholeSeverity, chosen.moved(), whole.after().rows()));
  }

  private Severity worst(Severity whole, List<Move> moved, long rows) {
    Severity worst = whole;
    for (Move move : moved) {
      Severity severity =
          Math.max(move.after().rows(), move.before().rows()) < SMALL_GROUP * rows
              ? Severity.WARN
              : severity(move);
      worst = severity.compareTo(worst) > 0 ? severity : worst;
    }
    return worst;
  }

  private Severity severity(Move move) {
    return move.logP() <= logAlpha ? move.severity(thresholds) : Severity.INFO;
  }

  private static double weighted(List<Move> moves) {
    return moves.stream().mapToDouble(m -> m.excess() * m.after().rows()).sum();
  }

  private static double rows(List<Move> moves) {
    return Math.max(1, moves.stream().mapToLong(m -> m.after().rows()).sum());
  }
}
