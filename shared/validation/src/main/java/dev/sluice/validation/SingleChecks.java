package dev.sluice.validation;

import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.Relations;
import dev.sluice.statistics.TextSummary;
import dev.sluice.validation.Correlations.Change;
import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.Move.Aspect;
import dev.sluice.validation.Thresholds.Floor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What single figures of a batch tell against those before: the number of rows, rows that repeat,
 * numbers that many rows share, hours of the day, damaged texts, and pairs of features. Each kind
 * has an equal part of its share of false alarms, divided among its tests (Bonferroni), as they are
 * few and of different nature.
 */
final class SingleChecks {
  private static final int KINDS = 6;

  private final ValidationInput input;
  private final Pooled before;
  private final BetweenBatches between;
  private final double alpha;
  private final Set<String> failed = new HashSet<>();
  private final Set<String> told = new HashSet<>();
  private final List<Draft> drafts = new ArrayList<>();

  /**
   * @param alpha the share of clean batches that may alarm here
   * @param moved what was found in distributions, which need not be said again
   */
  SingleChecks(
      ValidationInput input,
      Pooled before,
      BetweenBatches between,
      double alpha,
      List<Draft> moved) {
    this.input = input;
    this.before = before;
    this.between = between;
    this.alpha = alpha / KINDS;
    for (Draft draft : moved) {
      Anomaly anomaly = draft.anomaly();
      if (anomaly.severity() == Severity.FAIL && anomaly.slice().isEmpty()) {
        failed.add(anomaly.feature());
      }
      if (anomaly.severity() != Severity.INFO) {
        told.add(anomaly.feature());
      }
    }
  }

  List<Draft> run() {
    rows();
    repeats();
    List<FeatureStatistics> features = input.batch().whole().features();
    for (FeatureStatistics now : features) {
      FeatureStatistics old = before.feature(now.name());
      if (old != null && old.type() == now.type()) {
        spike(old, now, features.size());
        clock(old, now, features.size());
        damaged(old, now, features.size());
      }
    }
    correlations();
    return drafts;
  }

  private double logAlpha(int tests) {
    return Math.log(alpha / Math.max(1, tests));
  }

  private String howOften(double logP, int tests) {
    return Wording.howOften(logP, (double) tests * KINDS * 2);
  }

  private void rows() {
    List<Long> known = new ArrayList<>();
    for (BatchStatistics batch : input.history().isEmpty() ? before.batches() : input.history()) {
      known.add(batch.whole().rows());
    }
    long rows = input.batch().whole().rows();
    RowCount count = RowCount.compare(known, rows);
    Floor floor = input.checks().thresholds().rows();
    double effect = count == null ? 0 : Math.abs(Math.log(count.ratio()));
    if (count == null || count.logP() > logAlpha(1) || floor.severity(effect) == Severity.INFO) {
      return;
    }
    String text =
        "the batch has "
            + Wording.count(rows, "row")
            + ", the "
            + known.size()
            + " before "
            + Wording.number(Math.rint(count.before()))
            + " on average";
    boolean fewer = count.ratio() < 1;
    add(
        "",
        Kind.DATASET_UNUSUAL_NUM_EXAMPLES,
        // Few batches do not tell enough to hold one.
        known.size() < BetweenBatches.ENOUGH
            ? floor.severity(effect).atMost(Severity.WARN)
            : floor.severity(effect),
        text,
        (fewer
                ? " Look whether a file was cut off, or a source is not delivered."
                : " Look whether rows were delivered twice.")
            + " Factor "
            + Wording.factor(count.ratio())
            + ", threshold "
            + Wording.factor(Math.exp(fewer ? -floor.warn() : floor.warn()))
            + "; "
            + howOften(count.logP(), 1)
            + ".",
        effect,
        floor.warn(),
        null);
  }

  private void repeats() {
    Relations old = before.newest().relations();
    Relations now = input.batch().relations();
    if (old == null || now == null || Math.min(old.rows(), now.rows()) < input.checks().minRows()) {
      return;
    }
    double was = old.repeats().share(old.rows());
    double is = now.repeats().share(now.rows());
    double error = old.repeats().error() * (1 - was) + now.repeats().error() * (1 - is);
    double rise = is - was;
    Floor floor = input.checks().thresholds().repeated();
    double logP = risen(was, old.rows(), is, now.rows(), byNature(was));
    // A sketch's own error is no repetition.
    if (rise <= 3 * error || logP > logAlpha(1) || floor.severity(rise) == Severity.INFO) {
      return;
    }
    ExampleSource examples = input.examples();
    FirstRepeat.@Nullable Place place =
        examples == null
            ? null
            : FirstRepeat.find(
                examples,
                input.batch().whole().features().stream()
                    .map(FeatureStatistics::name)
                    .collect(Collectors.toSet()));
    String text =
        Wording.percent(is)
            + " of the rows repeat another row in every column, before "
            + Wording.percent(was);
    drafts.add(
        new Draft(
            new Anomaly(
                "",
                "",
                Kind.ROWS_REPEATED,
                floor.severity(rise),
                text,
                text
                    + "."
                    + (place == null
                        ? ""
                        : " The first is "
                            + Wording.row(place.row())
                            + (place.source().isEmpty() ? "" : " of " + place.source())
                            + ".")
                    + " Look whether a file or a query was delivered twice, or a join matches"
                    + " several rows."
                    + figures("Rise", rise, floor)
                    + "; "
                    + howOften(logP, 1)
                    + "."
                    + Wording.silence(""),
                rise,
                floor.fail(),
                place == null ? null : place.row())));
  }

  private void spike(FeatureStatistics old, FeatureStatistics now, int tests) {
    if (failed.contains(now.name()) || Nature.movesOn(old, now) != null) {
      return;
    }
    Noise noise = between.noise(now.name(), Aspect.NUMBERS, "", 1);
    Spike spike = Spike.find(old, now, noise);
    Floor floor = input.checks().of(now.name()).spike();
    if (spike == null
        || spike.logP() > logAlpha(tests)
        || floor.severity(spike.rise()) == Severity.INFO) {
      return;
    }
    String value = Wording.number(Double.parseDouble(spike.value()));
    double number = Double.parseDouble(spike.value());
    add(
        now.name(),
        Kind.VALUE_SPIKE,
        floor.severity(spike.rise()),
        now.name()
            + " is "
            + value
            + " in "
            + Wording.percent(spike.after())
            + " of the values, before in "
            + Wording.percent(spike.before()),
        " A value that is stuck, or a default in place of what is not known?"
            + figures("Rise", spike.rise(), floor)
            + "; "
            + howOften(spike.logP(), tests)
            + ".",
        spike.rise(),
        floor.fail(),
        new FirstValue(now.name(), Rows.ALL, "such value", any -> true, found -> found != number));
  }

  private void clock(FeatureStatistics old, FeatureStatistics now, int tests) {
    Noise noise = between.noise(now.name(), Aspect.NUMBERS, "", 1);
    Clock clock = Clock.compare(old.times(), now.times(), noise);
    if (clock == null || clock.shift() == 0 || clock.logP() > logAlpha(tests)) {
      return;
    }
    Floor floor = input.checks().of(now.name()).clock();
    if (floor.severity(clock.distance()) == Severity.INFO) {
      return;
    }
    String hours = Math.abs(clock.shift()) == 1 ? " hour" : " hours";
    add(
        now.name(),
        Kind.CLOCK_SHIFTED,
        floor.severity(clock.distance()),
        now.name()
            + " is "
            + Math.abs(clock.shift())
            + hours
            + (clock.shift() > 0 ? " late" : " early")
            + " against the hours of the day before",
        " A clock or a time zone is off, as a guess: moved back, "
            + Wording.percent(clock.left())
            + " of the values lie in other hours than before, as it is "
            + Wording.percent(clock.distance())
            + "."
            + figures("Total variation", clock.distance(), floor)
            + "; "
            + howOften(clock.logP(), tests)
            + ".",
        clock.distance(),
        floor.fail(),
        null);
  }

  private void damaged(FeatureStatistics old, FeatureStatistics now, int tests) {
    TextSummary was = old.text();
    TextSummary is = now.text();
    if (was == null || is == null || old.valueCount() == 0 || now.valueCount() == 0) {
      return;
    }
    long wrong = is.damaged() + is.invalidUtf8();
    double before = (double) (was.damaged() + was.invalidUtf8()) / old.valueCount();
    double after = (double) wrong / now.valueCount();
    Floor floor = input.checks().of(now.name()).damaged();
    Noise noise = byNature(before);
    double logP = risen(before, old.valueCount(), after, now.valueCount(), noise);
    if (after <= before
        || logP > logAlpha(tests)
        || floor.severity(after - before) == Severity.INFO) {
      return;
    }
    add(
        now.name(),
        Kind.TEXT_DAMAGED,
        floor.severity(after - before),
        Wording.count(wrong, "value")
            + " of "
            + now.name()
            + " ("
            + Wording.percent(after)
            + ") are damaged by a wrong encoding, before "
            + Wording.percent(before),
        " UTF-8 was read as Latin-1 or Windows-1252 on the way, or bytes were replaced."
            + figures("Rise", after - before, floor)
            + "; "
            + howOften(logP, tests)
            + ".",
        after - before,
        floor.fail(),
        null);
  }

  /** What never was does not come and go by nature. */
  private static Noise byNature(double share) {
    return Noise.of(share == 0 ? 0 : BetweenBatches.PRIOR, 1);
  }

  private static double risen(double was, long rowsWas, double is, long rowsIs, Noise noise) {
    double before = noise.before((double) rowsWas);
    double now = noise.now((double) rowsIs);
    return Significance.logFisher(
        Math.round(was * before), Math.round(before), Math.round(is * now), Math.round(now));
  }

  private void correlations() {
    List<Change> all =
        Correlations.compare(
            before.newest().relations(), input.batch().relations(), input.checks().minRows());
    double logAlpha = logAlpha(all.size());
    List<Change> changed = new ArrayList<>();
    for (Change change : all) {
      if (!told.contains(change.a())
          && !told.contains(change.b())
          && change.logP() <= logAlpha
          && floor(change).severity(change.effect()) != Severity.INFO
          && !moves(change.a())
          && !moves(change.b())) {
        changed.add(change);
      }
    }
    Map<String, String> swapped = Correlations.swaps(all, changed);
    while (!changed.isEmpty()) {
      String hub = hub(changed);
      List<Change> own =
          changed.stream()
              .filter(change -> change.a().equals(hub) || change.b().equals(hub))
              .sorted(Comparator.comparingDouble(Change::effect).reversed())
              .toList();
      changed.removeAll(own);
      correlation(hub, own, swapped.get(hub), all.size());
    }
  }

  private boolean moves(String feature) {
    FeatureStatistics old = before.feature(feature);
    FeatureStatistics now = input.batch().whole().feature(feature);
    return old == null || now == null || Nature.movesOn(old, now) != null;
  }

  private Floor floor(Change change) {
    Floor a = input.checks().of(change.a()).correlation();
    Floor b = input.checks().of(change.b()).correlation();
    return a.warn() >= b.warn() ? a : b;
  }

  /** The feature with the most pairs that changed; the label before others. */
  private String hub(List<Change> changed) {
    Map<String, Double> weights = new HashMap<>();
    for (Change change : changed) {
      weights.merge(change.a(), change.effect() + 1, Double::sum);
      weights.merge(change.b(), change.effect() + 1, Double::sum);
    }
    String label = input.label();
    return weights.entrySet().stream()
        .max(
            Map.Entry.<String, Double>comparingByValue()
                .thenComparing(entry -> entry.getKey().equals(label))
                .thenComparing(Map.Entry::getKey))
        .orElseThrow()
        .getKey();
  }

  private void correlation(String hub, List<Change> own, @Nullable String swapped, int tests) {
    Change most = own.getFirst();
    Floor floor = floor(most);
    String other = most.a().equals(hub) ? most.b() : most.a();
    String pair =
        "rank correlation with "
            + other
            + " "
            + Wording.signed(most.before())
            + " -> "
            + Wording.signed(most.after());
    boolean label = hub.equals(input.label());
    add(
        hub,
        swapped != null
            ? Kind.COLUMNS_SWAPPED
            : label ? Kind.LABEL_CHANGED : Kind.CORRELATION_CHANGED,
        floor.severity(most.effect()),
        (swapped == null
                ? hub + " no longer goes with the other columns as before: "
                : hub
                    + " goes with the other columns as "
                    + swapped
                    + " did, the two were swapped: ")
            + pair
            + (own.size() == 1 ? "" : ", and " + (own.size() - 1) + " more"),
        (swapped != null
                ? " Look at the order of the columns where the file is written."
                : label
                    ? " Look whether labels were turned, mixed up or matched to other rows."
                    : " Look whether columns were swapped, or a join matches other rows.")
            + figures("Change", most.effect(), floor)
            + "; "
            + howOften(most.logP(), tests)
            + ".",
        most.effect(),
        floor.fail(),
        null);
  }

  private static String figures(String what, double measured, Floor floor) {
    return " "
        + what
        + " "
        + Wording.number(measured)
        + ", threshold "
        + Wording.number(floor.fail());
  }

  private void add(
      String feature,
      Kind kind,
      Severity severity,
      String shortText,
      String rest,
      double measured,
      double threshold,
      FirstRows.@Nullable Search search) {
    told.add(feature);
    drafts.add(
        new Draft(
            Anomaly.of(
                feature,
                kind,
                severity,
                shortText,
                shortText + "." + rest + Wording.silence(feature),
                measured,
                threshold),
            search));
  }
}
