package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.MissingStarts;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.GroupScan.Finding;
import dev.sluice.validation.Move.Aspect;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A batch compared with its baseline: of every feature the share of missing values and the
 * distribution, over all rows and in each group. All comparisons of a batch are one family
 * (Bonferroni), so the chance of any false alarm does not grow with columns and groups; and an
 * effect must exceed its floor, so that it does not grow with rows either.
 */
final class DriftChecks {
  /** The name that statistics give to the values of a column without a group of their own. */
  private static final String OTHER = "*other*";

  private static final class FeatureMoves {
    final Map<Aspect, Move> whole = new EnumMap<>(Aspect.class);
    final Map<Aspect, List<Move>> groups = new EnumMap<>(Aspect.class);
    @Nullable String movesOn;
  }

  private final ValidationInput input;
  private final BatchStatistics baseline;
  private final Set<String> skipped;
  private final Map<String, FeatureMoves> features = new LinkedHashMap<>();
  private final List<Draft> drafts = new ArrayList<>();
  private int tests;

  /**
   * @param skipped features whose type changed: there is nothing to compare
   */
  DriftChecks(ValidationInput input, BatchStatistics baseline, Set<String> skipped) {
    this.input = input;
    this.baseline = baseline;
    this.skipped = skipped;
  }

  /** What moved. */
  List<Draft> run() {
    for (FeatureStatistics after : input.batch().whole().features()) {
      FeatureStatistics before = baseline.whole().feature(after.name());
      if (before != null) {
        compareWhole(before, after);
      }
    }
    compareGroups();
    double logAlpha = Math.log(input.checks().falseAlarmRate() / Math.max(1, tests));
    features.forEach((name, moves) -> judge(name, moves, logAlpha));
    return drafts;
  }

  private void compareWhole(FeatureStatistics before, FeatureStatistics after) {
    String name = after.name();
    FeatureMoves moves = new FeatureMoves();
    features.put(name, moves);
    Cell old = Cell.of(before);
    Cell now = Cell.of(after);
    put(moves, Move.missing(name, "", "", old, now));
    if (skipped.contains(name)) {
      return;
    }
    moves.movesOn = Nature.movesOn(before, after);
    Aspect aspect = distribution(old, now, input.checks().minRows());
    if (moves.movesOn == null && aspect == Aspect.NUMBERS) {
      put(moves, Move.numbers(name, "", "", old, now));
    } else if (moves.movesOn == null && aspect == Aspect.TEXTS) {
      put(moves, Move.texts(name, "", "", old, now));
    }
  }

  private void put(FeatureMoves moves, Move move) {
    moves.whole.put(move.aspect(), move);
    tests++;
  }

  private static @Nullable Aspect distribution(Cell old, Cell now, long least) {
    if (old.shape() != null && now.shape() != null) {
      return Math.min(old.shape().n(), now.shape().n()) >= least ? Aspect.NUMBERS : null;
    }
    return old.texts() != null
            && now.texts() != null
            && Math.min(old.texts().n(), now.texts().n()) >= least
        ? Aspect.TEXTS
        : null;
  }

  private record Pair(@Nullable DatasetStatistics before, @Nullable DatasetStatistics after) {}

  private void compareGroups() {
    Map<String, Map<String, Pair>> columns = new LinkedHashMap<>();
    for (DatasetStatistics group : baseline.groups()) {
      put(columns, group, true);
    }
    for (DatasetStatistics group : input.batch().groups()) {
      put(columns, group, false);
    }
    long least = input.checks().minGroupRows();
    columns.forEach((column, groups) -> {
      List<Pair> small = new ArrayList<>();
      groups.forEach((value, pair) -> {
        if (pair.before() == null || pair.after() == null) {
          return;
        }
        if (value.equals(OTHER) || Math.min(pair.before().rows(), pair.after().rows()) < least) {
          small.add(pair);
        } else {
          compareGroup(column, value, List.of(pair), least);
        }
      });
      if (!small.isEmpty()) {
        compareGroup(column, null, small, least);
      }
    });
  }

  private void put(
      Map<String, Map<String, Pair>> columns, DatasetStatistics group, boolean before) {
    String column = columnOf(group.slice());
    if (column == null) {
      return;
    }
    columns
        .computeIfAbsent(column, name -> new LinkedHashMap<>())
        .merge(
            group.slice().substring(column.length() + 1),
            before ? new Pair(group, null) : new Pair(null, group),
            (a, b) -> new Pair(a.before(), b.after()));
  }

  /** A column's name may hold '=': the longest that fits is meant. */
  private @Nullable String columnOf(String slice) {
    String best = null;
    for (FeatureStatistics feature : input.batch().whole().features()) {
      if (slice.startsWith(feature.name() + "=")
          && (best == null || feature.name().length() > best.length())) {
        best = feature.name();
      }
    }
    return best;
  }

  private void compareGroup(String column, @Nullable String value, List<Pair> pairs, long least) {
    features.forEach((name, moves) -> {
      if (name.equals(column)) {
        return;
      }
      List<Cell> before = new ArrayList<>();
      List<Cell> after = new ArrayList<>();
      for (Pair pair : pairs) {
        FeatureStatistics old = pair.before() == null ? null : pair.before().feature(name);
        FeatureStatistics now = pair.after() == null ? null : pair.after().feature(name);
        if (old != null && now != null) {
          before.add(Cell.of(old));
          after.add(Cell.of(now));
        }
      }
      if (before.isEmpty()) {
        return;
      }
      Cell old = before.size() == 1 ? before.getFirst() : Cell.pool(before);
      Cell now = after.size() == 1 ? after.getFirst() : Cell.pool(after);
      if (Math.min(old.rows(), now.rows()) < least) {
        return;
      }
      addGroup(moves, Move.missing(name, column, value, old, now));
      Aspect aspect = distribution(old, now, least);
      if (aspect == Aspect.NUMBERS && moves.whole.containsKey(aspect)) {
        addGroup(moves, Move.numbers(name, column, value, old, now));
      } else if (aspect == Aspect.TEXTS && moves.whole.containsKey(aspect)) {
        addGroup(moves, Move.texts(name, column, value, old, now));
      }
    });
  }

  private void addGroup(FeatureMoves moves, Move move) {
    moves.groups.computeIfAbsent(move.aspect(), aspect -> new ArrayList<>()).add(move);
    tests++;
  }

  private void judge(String name, FeatureMoves moves, double logAlpha) {
    Thresholds thresholds = input.checks().of(name);
    GroupScan scan = new GroupScan(thresholds, logAlpha);
    Set<String> goneValues = gone(name, moves.whole.get(Aspect.TEXTS), thresholds, logAlpha);
    moves.whole.forEach((aspect, whole) -> {
      List<Move> groups = moves.groups.getOrDefault(aspect, List.of());
      Finding finding = scan.explain(whole, groups);
      if (finding == null && isSuspect(whole, logAlpha)) {
        finding = new Finding(whole, List.of(), List.of(), List.of(), Severity.INFO);
      }
      if (finding != null && !isTold(finding, goneValues)) {
        drafts.add(draft(finding, thresholds));
      }
    });
    if (moves.movesOn != null) {
      drafts.add(
          new Draft(
              Anomaly.of(
                  name,
                  Kind.MOVES_ON,
                  Severity.INFO,
                  name + " moves on by nature: its values are not compared",
                  name
                      + " is checked for type and missing values only, because "
                      + moves.movesOn
                      + ".",
                  0,
                  0)));
    }
  }

  /**
   * More gaps than chance explains, but few: a sharp beginning in the file would make it a fault.
   */
  private static boolean isSuspect(Move whole, double logAlpha) {
    return whole.aspect() == Aspect.MISSING
        && whole.logP() <= logAlpha
        && whole.after().missingShare() - whole.before().missingShare() >= 0.0025;
  }

  /** A column that only lost the values just reported has nothing more to say. */
  private static boolean isTold(Finding finding, Set<String> gone) {
    if (gone.isEmpty() || finding.whole().aspect() != Aspect.TEXTS || !finding.moved().isEmpty()) {
      return false;
    }
    Frequencies before = finding.whole().before().needTexts();
    Frequencies after = finding.whole().after().needTexts();
    double lost = gone.stream().mapToDouble(before::share).sum();
    double most = 0;
    for (String value : Frequencies.comparable(before, after)) {
      if (!gone.contains(value)) {
        most = Math.max(most, Math.abs(before.share(value) / (1 - lost) - after.share(value)));
      }
    }
    return lost < 1 && most < 0.05;
  }

  private Set<String> gone(
      String name, @Nullable Move whole, Thresholds thresholds, double logAlpha) {
    Set<String> gone = new LinkedHashSet<>();
    if (whole == null || !whole.after().needTexts().complete()) {
      return gone;
    }
    Frequencies before = whole.before().needTexts();
    Frequencies after = whole.after().needTexts();
    for (String value : before.counts().keySet().stream().sorted().toList()) {
      double share = before.share(value);
      Severity severity = thresholds.gone().severity(share);
      if (after.of(value) > 0
          || severity == Severity.INFO
          || Significance.logFisher(before.of(value), before.n(), 0, after.n())
                  + Math.log(before.counts().size())
              > logAlpha) {
        continue;
      }
      gone.add(value);
      String text =
          Wording.quoted(value)
              + " is gone from "
              + name
              + ": "
              + Wording.percent(share)
              + " -> 0 % of the values";
      drafts.add(
          new Draft(
              new Anomaly(
                  name,
                  name + "=" + value,
                  Kind.GROUP_GONE,
                  severity,
                  text,
                  text
                      + " ("
                      + Wording.count(before.of(value), "row")
                      + " before, none of "
                      + Wording.count(after.n(), "row")
                      + " now; threshold "
                      + Wording.percent(thresholds.gone().fail())
                      + "). Look whether a source is not delivered or the value is spelled"
                      + " differently; if it is meant, accept the batch.",
                  share,
                  thresholds.gone().fail(),
                  null)));
    }
    return gone;
  }

  private static Draft draft(Finding finding, Thresholds thresholds) {
    Move whole = finding.whole();
    boolean inGroups = !finding.moved().isEmpty();
    Move lead = inGroups ? finding.moved().getFirst() : whole;
    Aspect aspect = lead.aspect();
    boolean divergence =
        !inGroups
            && aspect != Aspect.MISSING
            && thresholds
                    .divergence()
                    .severity(lead.divergence())
                    .compareTo(thresholds.distance().severity(lead.effect()))
                > 0;
    double measured = divergence ? lead.divergence() : lead.effect();
    Thresholds.Floor floor =
        aspect == Aspect.MISSING
            ? inGroups ? thresholds.groupMissing() : thresholds.missing()
            : inGroups
                ? thresholds.groupDistance()
                : divergence ? thresholds.divergence() : thresholds.distance();
    double threshold = finding.severity() == Severity.FAIL ? floor.fail() : floor.warn();
    Kind kind =
        switch (aspect) {
          case MISSING ->
              lead.effect() < 0
                  ? Kind.FEATURE_TYPE_HIGH_FRACTION_PRESENT
                  : lead.after().missing() == lead.after().rows()
                      ? Kind.FEATURE_TYPE_NOT_PRESENT
                      : Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT;
          case NUMBERS ->
              inGroups
                  ? Kind.GROUP_MOVED
                  : divergence
                      ? Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH
                      : Kind.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH;
          case TEXTS ->
              divergence
                  ? Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH
                  : Kind.COMPARATOR_L_INFTY_HIGH;
        };
    return new Draft(
        new Anomaly(
            lead.feature(),
            Wording.slice(finding.moved()),
            kind,
            finding.severity(),
            Wording.shortText(finding),
            Wording.longText(finding, measured, threshold),
            measured,
            threshold,
            null),
        search(finding, lead));
  }

  private static FirstRows.@Nullable Search search(Finding finding, Move lead) {
    Rows rows =
        finding.moved().isEmpty()
            ? Rows.ALL
            : new Rows(
                lead.group(),
                finding.moved().stream()
                    .map(move -> String.valueOf(move.value()))
                    .collect(Collectors.toSet()));
    return switch (lead.aspect()) {
      case MISSING ->
          lead.effect() > 0
              ? new MissingStarts(lead.feature(), rows, lead.before().missingShare())
              : null;
      case NUMBERS -> {
        double low = lead.before().needShape().min();
        double high = lead.before().needShape().max();
        yield new FirstValue(
            lead.feature(),
            rows,
            "value outside the range before",
            text -> true,
            value -> !(value < low || value > high));
      }
      case TEXTS -> null;
    };
  }
}
