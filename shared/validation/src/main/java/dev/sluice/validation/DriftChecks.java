package dev.sluice.validation;

import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.Family.Bins;
import dev.sluice.validation.Family.Groups;
import dev.sluice.validation.GroupScan.Finding;
import dev.sluice.validation.Move.Aspect;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureComparator;
import org.tensorflow.metadata.v0.Schema;

/**
 * A batch compared with what passed before: of every feature the share of missing values and the
 * distribution, over all rows and in each group, and what single figures tell ({@link
 * SingleChecks}). All comparisons of a batch share one rate of false alarms: half of it goes to the
 * family of distributions, weighed by {@link Family}, the other half to the single figures.
 * Besides, an effect must exceed its floor, so that a million rows do not make noise an alarm.
 */
final class DriftChecks {
  /** The name that statistics give to the values of a column without a group of their own. */
  private static final String OTHER = "*other*";

  /** Findings that are looked into by a second column. */
  private static final int MOST_CROSSED = 20;

  private static final int BINS = 10;
  private static final int TEXTS = 12;

  private static final class FeatureMoves {
    final Map<Aspect, Move> whole = new EnumMap<>(Aspect.class);
    final Map<Aspect, List<Move>> groups = new EnumMap<>(Aspect.class);
    @Nullable String movesOn;
  }

  private final ValidationInput input;
  private final Pooled before;
  private final BetweenBatches between;
  private final Set<String> skipped;
  private final Schema schema;
  private final Map<String, FeatureMoves> features = new LinkedHashMap<>();
  private final Map<String, List<String>> columns = new LinkedHashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final List<Draft> drafts = new ArrayList<>();
  private int tests;
  private double family;

  /**
   * @param before what to compare with
   * @param between how far batches of the pipeline differ by nature
   * @param skipped features whose type changed: there is nothing to compare
   */
  DriftChecks(
      ValidationInput input,
      Pooled before,
      BetweenBatches between,
      Schema schema,
      Set<String> skipped) {
    this.input = input;
    this.before = before;
    this.between = between;
    this.schema = schema;
    this.skipped = skipped;
  }

  /**
   * What moved.
   *
   * @param effectiveTests of the family where that is known from a comparison before, else null
   */
  List<Draft> run(@Nullable Double effectiveTests) {
    for (FeatureStatistics after : input.batch().whole().features()) {
      FeatureStatistics old = before.feature(after.name());
      Cell all = before.whole(after.name());
      if (old != null && all != null) {
        compareWhole(old, after, all);
      }
    }
    compareGroups();
    family = effectiveTests == null ? effectiveTests() : Math.min(effectiveTests, tests);
    double alpha = input.checks().falseAlarmRate() / 2;
    double logAlpha = Math.log(-Math.expm1(Math.log1p(-alpha) / Math.max(1, family)));
    features.forEach((name, moves) -> findings.addAll(findings(name, moves, logAlpha)));
    Map<String, String> swapped = Swaps.find(findings.stream().filter(Swaps::applies).toList());
    Map<Finding, String> crossings = crossings(findings);
    for (Finding finding : findings) {
      Move whole = finding.whole();
      drafts.add(
          new DriftText(finding, input.checks().of(whole.feature()), family)
              .draft(swapped.get(whole.feature()), crossings.getOrDefault(finding, "")));
    }
    features.forEach(this::comparators);
    features.forEach((name, moves) -> {
      if (moves.movesOn != null) {
        drafts.add(new Draft(movesOn(name, moves.movesOn)));
      }
    });
    return drafts;
  }

  private Map<Finding, String> crossings(List<Finding> findings) {
    ExampleSource examples = input.examples();
    List<Finding> inGroups =
        findings.stream()
            .filter(finding -> finding.severity() != Severity.INFO && !finding.moved().isEmpty())
            .limit(MOST_CROSSED)
            .toList();
    Map<Finding, String> sentences = new HashMap<>();
    if (examples != null && !inGroups.isEmpty() && columns.size() > 1) {
      List<@Nullable String> found =
          new Crossing(examples, inGroups, before, columns.keySet(), input.checks().minGroupRows())
              .explain();
      for (int i = 0; i < inGroups.size(); i++) {
        String sentence = found.get(i);
        if (sentence != null) {
          sentences.put(inGroups.get(i), sentence);
        }
      }
    }
    return sentences;
  }

  /**
   * Every feature beside what it was, over all rows and in the groups that moved; once they have
   * run.
   */
  List<Comparison> comparisons(String against) {
    List<Comparison> comparisons = new ArrayList<>();
    features.forEach((name, moves) ->
        moves
            .whole
            .values()
            .forEach(move -> comparisons.add(Comparison.of(move, against, family))));
    for (Finding finding : findings) {
      if (finding.severity() != Severity.INFO) {
        finding.moved().stream()
            .limit(MOST_CROSSED)
            .forEach(move -> comparisons.add(Comparison.of(move, against, family)));
      }
    }
    return comparisons;
  }

  /** How many independent tests the comparisons come to; once they have run. */
  double family() {
    return family;
  }

  private static Anomaly movesOn(String name, String why) {
    return Anomaly.of(
        name,
        Kind.MOVES_ON,
        Severity.INFO,
        name + " moves on by nature: its values are not compared",
        name + " is checked for type and missing values only, because " + why + ".",
        0,
        0);
  }

  private double effectiveTests() {
    ExampleSource examples = input.examples();
    if (examples == null || tests < 2) {
      return tests;
    }
    List<Bins> bins = new ArrayList<>();
    features.forEach((name, moves) -> {
      FeatureStatistics now = input.batch().whole().feature(name);
      Move numbers = moves.whole.get(Aspect.NUMBERS);
      Move texts = moves.whole.get(Aspect.TEXTS);
      if (now != null && !now.repeated()) {
        bins.add(
            new Bins(
                name,
                numbers == null ? null : numbers.after().needShape().edges(BINS),
                texts == null ? null : texts.after().needTexts().commonest(TEXTS),
                numbers != null || texts != null));
      }
    });
    return Family.effectiveTests(
        examples,
        input.batch().whole().rows(),
        bins,
        columns.entrySet().stream().map(e -> new Groups(e.getKey(), e.getValue())).toList(),
        input.checks().minGroupRows(),
        tests);
  }

  private void compareWhole(FeatureStatistics old, FeatureStatistics after, Cell all) {
    String name = after.name();
    FeatureMoves moves = new FeatureMoves();
    features.put(name, moves);
    Cell now = Cell.of(after);
    put(moves, Move.missing(name, "", "", all, now, noise(name, Aspect.MISSING, "")));
    if (skipped.contains(name)) {
      return;
    }
    moves.movesOn = Nature.movesOn(old, after);
    Aspect aspect = distribution(all, now, input.checks().minRows());
    if (moves.movesOn == null && aspect == Aspect.NUMBERS) {
      put(moves, Move.numbers(name, "", "", all, now, noise(name, aspect, "")));
    } else if (moves.movesOn == null && aspect == Aspect.TEXTS) {
      put(moves, Move.texts(name, "", "", all, now, noise(name, aspect, "")));
    }
  }

  private Noise noise(String feature, Aspect aspect, String column) {
    return new Noise(between.variance(feature, aspect, column), before.size());
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

  private void compareGroups() {
    Pooled now = new Pooled(List.of(input.batch()));
    Map<String, List<String>> slices = new LinkedHashMap<>();
    for (String slice : before.slices()) {
      String column = Slices.column(slice, input.batch().whole());
      if (column != null && now.rows(slice) > 0) {
        slices.computeIfAbsent(column, name -> new ArrayList<>()).add(slice);
      }
    }
    long least = input.checks().minGroupRows();
    slices.forEach((column, all) -> {
      List<String> small = new ArrayList<>();
      List<String> values = columns.computeIfAbsent(column, name -> new ArrayList<>());
      for (String slice : all) {
        String value = slice.substring(column.length() + 1);
        if (value.equals(OTHER) || Math.min(before.rows(slice), now.rows(slice)) < least) {
          small.add(slice);
        } else {
          values.add(value);
          compareGroup(column, value, List.of(slice), now, least);
        }
      }
      if (!small.isEmpty()) {
        compareGroup(column, null, small, now, least);
      }
    });
  }

  private void compareGroup(
      String column, @Nullable String value, List<String> slices, Pooled now, long least) {
    features.forEach((name, moves) -> {
      if (name.equals(column)) {
        return;
      }
      List<Cell> old = new ArrayList<>();
      List<Cell> after = new ArrayList<>();
      for (String slice : slices) {
        Cell was = before.cell(slice, name);
        Cell is = now.cell(slice, name);
        if (was != null && is != null) {
          old.add(was);
          after.add(is);
        }
      }
      if (old.isEmpty()) {
        return;
      }
      Cell was = old.size() == 1 ? old.getFirst() : Cell.pool(old);
      Cell is = after.size() == 1 ? after.getFirst() : Cell.pool(after);
      if (Math.min(was.rows(), is.rows()) < least) {
        return;
      }
      Noise gaps = noise(name, Aspect.MISSING, column);
      addGroup(moves, Move.missing(name, column, value, was, is, gaps));
      Aspect aspect = distribution(was, is, least);
      if (aspect == Aspect.NUMBERS && moves.whole.containsKey(aspect)) {
        addGroup(moves, Move.numbers(name, column, value, was, is, noise(name, aspect, column)));
      } else if (aspect == Aspect.TEXTS && moves.whole.containsKey(aspect)) {
        addGroup(moves, Move.texts(name, column, value, was, is, noise(name, aspect, column)));
      }
    });
  }

  private void addGroup(FeatureMoves moves, Move move) {
    moves.groups.computeIfAbsent(move.aspect(), aspect -> new ArrayList<>()).add(move);
    tests++;
  }

  private List<Finding> findings(String name, FeatureMoves moves, double logAlpha) {
    Thresholds thresholds = input.checks().of(name);
    GroupScan scan = new GroupScan(thresholds, logAlpha);
    Set<String> goneValues = gone(name, moves.whole.get(Aspect.TEXTS), thresholds, logAlpha);
    List<Finding> findings = new ArrayList<>();
    moves.whole.forEach((aspect, whole) -> {
      List<Move> groups = moves.groups.getOrDefault(aspect, List.of());
      Finding finding = scan.explain(whole, groups);
      if (finding == null && isSuspect(whole, logAlpha)) {
        finding = new Finding(whole, List.of(), List.of(), List.of(), Severity.INFO);
      }
      if (finding != null && !isTold(finding, goneValues)) {
        findings.add(finding);
      }
    });
    return findings;
  }

  /**
   * More gaps than sampling explains, be it that batches differ by nature: a sharp beginning in the
   * file would make it a fault.
   */
  private static boolean isSuspect(Move whole, double logAlpha) {
    Cell was = whole.before();
    Cell is = whole.after();
    return whole.aspect() == Aspect.MISSING
        && is.missingShare() - was.missingShare() >= 0.0025
        && Significance.logFisher(was.missing(), was.rows(), is.missing(), is.rows()) <= logAlpha;
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

  /** Limits that a TFX schema sets itself hold to the letter. */
  private void comparators(String name, FeatureMoves moves) {
    Map<String, Feature> byName = new HashMap<>();
    schema.getFeatureList().forEach(feature -> byName.put(feature.getName(), feature));
    Feature feature = byName.get(name);
    if (feature == null || !feature.hasDriftComparator()) {
      return;
    }
    FeatureComparator comparator = feature.getDriftComparator();
    Move texts = moves.whole.get(Aspect.TEXTS);
    Move numbers = moves.whole.get(Aspect.NUMBERS);
    if (texts != null && comparator.getInfinityNorm().hasThreshold()) {
      comparator(
          texts,
          Kind.COMPARATOR_L_INFTY_HIGH,
          "L-infinity",
          texts.effect(),
          comparator.getInfinityNorm().getThreshold());
    }
    Move either = texts == null ? numbers : texts;
    if (either != null && comparator.getJensenShannonDivergence().hasThreshold()) {
      comparator(
          either,
          Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
          "Jensen-Shannon divergence",
          either.divergence(),
          comparator.getJensenShannonDivergence().getThreshold());
    }
  }

  private void comparator(Move move, Kind kind, String scale, double measured, double threshold) {
    if (measured > threshold) {
      String text =
          move.feature()
              + " drifted: "
              + scale
              + " "
              + Wording.number(measured)
              + " above the schema's "
              + Wording.number(threshold);
      drafts.add(
          new Draft(
              Anomaly.of(
                  move.feature(),
                  kind,
                  Severity.FAIL,
                  text,
                  text
                      + ". Look at what changed upstream, or raise the threshold of the feature's"
                      + " drift_comparator.",
                  measured,
                  threshold)));
    }
  }
}
