package dev.sluice.validation;

import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.Checks.Part;
import dev.sluice.validation.Family.Bins;
import dev.sluice.validation.Family.Groups;
import dev.sluice.validation.GroupScan.Finding;
import dev.sluice.validation.Move.Aspect;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A batch compared with what passed before: of every feature the share of missing values and the
 * distribution, over all rows and in each group, and what single figures tell ({@link
 * SingleChecks}). All comparisons of a batch share one rate of false alarms: a part of it go to the
 * family of distributions, weighed by {@link Family}, see {@link Checks.Part}. Besides, an effect
 * must exceed its floor, so that a million rows do not make noise an alarm.
 */
final class DriftChecks {
  /** The name that statistics give to the values of a column without a group of their own. */
  private static final String OTHER = "*other*";

  /** Findings that are looked into by a second column. */
  private static final int MOST_CROSSED = 5;

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
  private final Map<String, FeatureMoves> features = new LinkedHashMap<>();
  private final Map<String, List<String>> columns = new LinkedHashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final Set<String> gone = new HashSet<>();
  private final List<Draft> drafts = new ArrayList<>();
  private int tests;
  private double family;
  private double logAlpha;

  /**
   * @param before what to compare with
   * @param between how far batches of the pipeline differ by nature
   * @param skipped features whose type changed: there is nothing to compare
   */
  DriftChecks(ValidationInput input, Pooled before, BetweenBatches between, Set<String> skipped) {
    this.input = input;
    this.before = before;
    this.between = between;
    this.skipped = skipped;
  }

  /**
   * What moved.
   *
   * @param part of the rate of false alarms that may be spent
   * @param effectiveTests of the family where that is known from a comparison before, else null
   */
  List<Draft> run(@Nullable Double effectiveTests, Part part) {
    for (FeatureStatistics after : input.batch().whole().features()) {
      FeatureStatistics old = before.feature(after.name());
      Cell all = before.whole(after.name());
      if (old != null && all != null) {
        compareWhole(old, after, all);
      }
    }
    compareGroups();
    family = effectiveTests == null ? effectiveTests() : Math.min(effectiveTests, tests);
    double alpha = input.checks().rate(part);
    logAlpha = Math.log(-Math.expm1(Math.log1p(-alpha) / Math.max(1, family)));
    features.forEach((name, moves) -> findings.addAll(findings(name, moves)));
    drafts.addAll(labelled());
    findings.removeIf(this::isConsequence);
    Map<String, String> swapped = Swaps.find(findings.stream().filter(Swaps::applies).toList());
    Map<Finding, String> crossings = crossings(findings);
    for (Finding finding : findings) {
      Move whole = finding.whole();
      drafts.add(
          new DriftText(finding, input.checks().of(whole.feature()), family)
              .draft(
                  Swaps.applies(finding) ? swapped.get(whole.feature()) : null,
                  crossings.getOrDefault(finding, "")));
    }
    features.forEach((name, moves) -> {
      if (moves.movesOn != null) {
        drafts.add(new Draft(movesOn(name, moves.movesOn)));
      }
    });
    return drafts;
  }

  /**
   * A feature that as a whole stays, in groups of a column that itself moved: other rows are in
   * those groups now, and the fault is that column's.
   */
  private boolean isConsequence(Finding finding) {
    if (finding.moved().isEmpty() || movedAlone(finding.whole())) {
      return false;
    }
    String column = finding.moved().getFirst().group();
    return column.equals(input.label())
        || gone.contains(column)
        || findings.stream()
            .anyMatch(other ->
                other.whole().feature().equals(column)
                    && other.severity() != Severity.INFO
                    && (other.moved().isEmpty() || movedAlone(other.whole())));
  }

  private boolean movedAlone(Move whole) {
    return whole.logP() <= logAlpha
        && whole.severity(input.checks().of(whole.feature())) != Severity.INFO;
  }

  /**
   * Features that stay as a whole and moved where the label has a value: it is the label that was
   * given to other rows. One anomaly tells them all.
   */
  private List<Draft> labelled() {
    List<Finding> telling =
        findings.stream()
            .filter(finding ->
                !finding.moved().isEmpty()
                    && finding.moved().getFirst().group().equals(input.label())
                    && finding.severity() != Severity.INFO
                    && !movedAlone(finding.whole()))
            .sorted(Comparator.comparingDouble(f -> -Math.abs(Wording.lead(f).effect())))
            .toList();
    if (telling.isEmpty()) {
      return List.of();
    }
    Move lead = Wording.lead(telling.getFirst());
    Thresholds thresholds = input.checks().of(lead.feature());
    Severity severity = telling.getFirst().severity();
    Thresholds.Floor floor =
        lead.aspect() == Aspect.MISSING ? thresholds.groupMissing() : thresholds.groupDistance();
    String text =
        lead.group()
            + " no longer goes with the other columns as before: where it is "
            + lead.value()
            + ", "
            + lead.feature()
            + ": "
            + Wording.overall(lead)
            + (telling.size() == 1 ? "" : ", and " + (telling.size() - 1) + " columns more");
    return List.of(
        new Draft(
            Anomaly.of(
                lead.group(),
                Kind.LABEL_CHANGED,
                severity,
                text,
                text
                    + ". Look whether labels were turned, mixed up or matched to other rows. Effect "
                    + Wording.number(Math.abs(lead.effect()))
                    + ", threshold "
                    + Wording.number(floor.fail())
                    + "; "
                    + Wording.howOften(lead.logP(), family)
                    + "."
                    + Wording.silence(lead.group()),
                Math.abs(lead.effect()),
                floor.fail())));
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
          new Crossing(examples, inGroups, before, columns, input.checks().minGroupRows())
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
    return between.noise(feature, aspect, column, before.size());
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
        if (value.isEmpty() && hasNewGaps(column)) {
          continue;
        }
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

  /** Rows without a value in a column that has new gaps are other rows than before. */
  private boolean hasNewGaps(String column) {
    FeatureMoves moves = features.get(column);
    Move gaps = moves == null ? null : moves.whole.get(Aspect.MISSING);
    return gaps != null && gaps.after().missingShare() > 1.2 * gaps.before().missingShare();
  }

  private void compareGroup(
      String column, @Nullable String value, List<String> slices, Pooled now, long least) {
    features.forEach((name, moves) -> {
      if (name.equals(column)
          || (Nature.isPartOfDate(before.feature(name))
              && Nature.isPartOfDate(before.feature(column)))) {
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

  private List<Finding> findings(String name, FeatureMoves moves) {
    Thresholds thresholds = input.checks().of(name);
    GroupScan scan = new GroupScan(thresholds, logAlpha);
    Set<String> goneValues = gone(name, moves.whole.get(Aspect.TEXTS), thresholds);
    if (!goneValues.isEmpty()) {
      gone.add(name);
    }
    List<Finding> found = new ArrayList<>();
    moves.whole.forEach((aspect, whole) -> {
      List<Move> groups = moves.groups.getOrDefault(aspect, List.of());
      Finding finding = scan.explain(whole, groups);
      if (finding == null && isSuspect(whole)) {
        finding = new Finding(whole, List.of(), List.of(), List.of(), Severity.INFO);
      }
      if (finding != null && !isTold(finding, goneValues)) {
        found.add(finding);
      }
    });
    return found;
  }

  /**
   * More gaps than sampling explains, be it that batches differ by nature: a sharp beginning in the
   * file would make it a fault.
   */
  private boolean isSuspect(Move whole) {
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

  private Set<String> gone(String name, @Nullable Move whole, Thresholds thresholds) {
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
}
