package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.NumberSummary;
import dev.sluice.statistics.Valency;
import dev.sluice.statistics.ValueCount;
import dev.sluice.validation.FirstRows.FirstLength;
import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.MissingStarts;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.SchemaEdit.AddFeature;
import dev.sluice.validation.SchemaEdit.AddValues;
import dev.sluice.validation.SchemaEdit.AllowInfinity;
import dev.sluice.validation.SchemaEdit.AllowNan;
import dev.sluice.validation.SchemaEdit.ChangeType;
import dev.sluice.validation.SchemaEdit.DeprecateFeature;
import dev.sluice.validation.SchemaEdit.LowerPresence;
import dev.sluice.validation.SchemaEdit.RemoveDomain;
import dev.sluice.validation.SchemaEdit.WidenRange;
import dev.sluice.validation.SchemaEdit.WidenRows;
import dev.sluice.validation.SchemaEdit.WidenUnique;
import dev.sluice.validation.SchemaEdit.WidenValueCount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.DatasetConstraints;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.FixedShape;
import org.tensorflow.metadata.v0.LifecycleStage;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.StringDomain;

/**
 * A batch held to a schema: missing and new columns, types, values a row, presence, domains. A
 * given schema holds to the letter, as in TFDV; an inferred one only knows what was seen, so its
 * presence is left to {@link DriftChecks} and new values count where chance does not explain them:
 * by how often each occurs (one-sided exact test), or by how many there are against the values the
 * baseline saw once (at most that many new ones are expected in as many rows: Good and Toulmin
 * 1956, Biometrika 43).
 */
final class SchemaChecks {
  /** A domain of more values lists what free text happened to hold; TFDV's limit as well. */
  private static final int MOST_VALUES = 400;

  /** A type seen on fewer values than this may have been an accident. */
  private static final long FEW_VALUES = 10;

  private final Schema schema;
  private final boolean given;
  private final DatasetStatistics batch;
  private final @Nullable DatasetStatistics baseline;
  private final Checks checks;
  private final double logAlpha;
  private final List<Draft> drafts = new ArrayList<>();
  private final Set<String> typeChanged = new HashSet<>();
  private final Set<String> widened = new HashSet<>();

  SchemaChecks(
      Schema schema,
      boolean given,
      DatasetStatistics batch,
      @Nullable DatasetStatistics baseline,
      Checks checks,
      double logAlpha) {
    this.schema = schema;
    this.given = given;
    this.batch = batch;
    this.baseline = baseline;
    this.checks = checks;
    this.logAlpha = logAlpha;
  }

  /** What breaks the schema. */
  List<Draft> run() {
    dataset();
    Set<String> known = new HashSet<>();
    List<String> added = new ArrayList<>();
    for (Feature feature : schema.getFeatureList()) {
      known.add(feature.getName());
    }
    for (FeatureStatistics feature : batch.features()) {
      if (!known.contains(feature.name())) {
        added.add(feature.name());
      }
    }
    for (Feature feature : schema.getFeatureList()) {
      if (isChecked(feature)) {
        FeatureStatistics statistics = batch.feature(feature.getName());
        if (statistics == null) {
          missingColumn(feature, added);
        } else {
          check(feature, statistics);
        }
      }
    }
    for (String name : added) {
      add(
          name,
          Kind.SCHEMA_NEW_COLUMN,
          Severity.WARN,
          name + " is a new column",
          name
              + " is not in the schema, so nothing after this uses it. Where it is not meant to be a"
              + " feature, name it under exclude in the spec or drop it upstream.",
          1,
          0,
          addFeature(name));
    }
    return drafts;
  }

  /** Features whose values cannot be compared with those before. */
  Set<String> typeChanged() {
    return typeChanged;
  }

  /** INT features that hold FLOAT from here on. */
  Set<String> widened() {
    return widened;
  }

  private void dataset() {
    DatasetConstraints constraints = schema.getDatasetConstraints();
    if (constraints.hasMinExamplesCount() && batch.rows() < constraints.getMinExamplesCount()) {
      dataset(
          Kind.DATASET_LOW_NUM_EXAMPLES,
          "fewer",
          "at least",
          constraints.getMinExamplesCount(),
          new WidenRows(batch.rows(), null));
    }
    if (constraints.hasMaxExamplesCount() && batch.rows() > constraints.getMaxExamplesCount()) {
      dataset(
          Kind.DATASET_HIGH_NUM_EXAMPLES,
          "more",
          "at most",
          constraints.getMaxExamplesCount(),
          new WidenRows(null, batch.rows()));
    }
  }

  private void dataset(Kind kind, String than, String bound, long limit, SchemaEdit edit) {
    add(
        "",
        kind,
        Severity.FAIL,
        "the batch has " + than + " rows than the schema allows",
        "The batch has "
            + Wording.count(batch.rows(), "row")
            + ", the schema's dataset_constraints ask for "
            + bound
            + " "
            + limit
            + ". Look whether the source was cut off or doubled.",
        (double) batch.rows(),
        (double) limit,
        edit);
  }

  @SuppressWarnings("deprecation")
  private static boolean isChecked(Feature feature) {
    return !feature.getDeprecated()
        && !feature.getNotInEnvironmentList().contains(SchemaInference.TRAINING)
        && switch (feature.getLifecycleStage()) {
          case PLANNED, ALPHA, DEPRECATED, DEBUG_ONLY, DISABLED -> false;
          case LifecycleStage other -> other != LifecycleStage.VALIDATION_DERIVED;
        };
  }

  private void missingColumn(Feature feature, List<String> added) {
    String name = feature.getName();
    boolean optional =
        feature.getPresence().getMinFraction() == 0 && feature.getPresence().getMinCount() == 0;
    boolean neverSeen = !given && feature.getPresence().hasMinCount() && optional;
    Severity severity =
        given && optional ? Severity.INFO : neverSeen ? Severity.WARN : Severity.FAIL;
    add(
        name,
        Kind.SCHEMA_MISSING_COLUMN,
        severity,
        name + " is missing: the batch has no such column",
        name
            + " is in the schema and not in the batch"
            + (added.isEmpty() ? "" : ", which has " + Wording.list(added) + " instead (renamed?)")
            + ". Restore the column upstream.",
        0,
        1,
        new DeprecateFeature(name));
  }

  private void check(Feature feature, FeatureStatistics statistics) {
    if (statistics.count() == 0) {
      noValues(feature, statistics);
      return;
    }
    boolean comparable = type(feature, statistics);
    if (!comparable) {
      typeChanged.add(feature.getName());
    }
    valency(feature, statistics);
    if (given) {
      presence(feature, statistics);
      unique(feature, statistics);
    } else if (baseline == null) {
      inferredPresence(feature, statistics);
    }
    if (comparable) {
      domain(feature, statistics);
    }
  }

  private void noValues(Feature feature, FeatureStatistics statistics) {
    String name = feature.getName();
    if (baseline != null && baseline.feature(name) != null && !given) {
      return; // the share of missing values says it, with the chance that it is noise
    }
    boolean needed =
        feature.getPresence().getMinFraction() > 0 || feature.getPresence().getMinCount() > 0;
    if (needed && statistics.rows() > 0) {
      FeatureStatistics none = statistics;
      add(
          name,
          Kind.FEATURE_TYPE_NOT_PRESENT,
          Severity.FAIL,
          name + " has no value in any row",
          name
              + " is empty in all "
              + Wording.count(none.rows(), "row")
              + "; the schema asks for values. Look at what fills it upstream.",
          0,
          Math.max(feature.getPresence().getMinFraction(), 0),
          new MissingStarts(name, Rows.ALL, 0),
          new LowerPresence(name, 0.0, 0L));
    }
  }

  private boolean type(Feature feature, FeatureStatistics statistics) {
    FeatureType now = SchemaInference.type(statistics.type());
    FeatureType was = feature.getType();
    boolean unknown =
        was == FeatureType.TYPE_UNKNOWN
            || (!given
                && feature.getPresence().hasMinCount()
                && feature.getPresence().getMinCount() == 0);
    if (was == now || unknown || (was == FeatureType.FLOAT && now == FeatureType.INT)) {
      return true;
    }
    String name = feature.getName();
    String change = name + " changed its type: " + words(was) + " -> " + words(now);
    if (was == FeatureType.INT && now == FeatureType.FLOAT) {
      widened.add(name);
      add(
          name,
          Kind.INT_TYPE_INT_EXPECTED,
          given ? Severity.FAIL : Severity.WARN,
          change,
          change
              + ". Whole numbers became fractions, as a missing value does in some tools or a new"
              + " unit may.",
          1,
          0,
          new FirstValue(
              name, Rows.ALL, "fraction", any -> true, value -> value == Math.rint(value)),
          new ChangeType(name, now));
      return true;
    }
    FeatureStatistics before = baseline == null ? null : baseline.feature(name);
    if (was == FeatureType.BYTES) {
      double looked = before == null ? 0 : shareOfNumbers(before);
      boolean chance = looked > 0 && statistics.valueCount() * Math.log(looked) > Math.log(1e-3);
      boolean few = before != null && before.valueCount() < FEW_VALUES;
      add(
          name,
          now == FeatureType.INT ? Kind.STRING_TYPE_NOW_INT : Kind.STRING_TYPE_NOW_FLOAT,
          !given && (chance || few) ? Severity.WARN : Severity.FAIL,
          change,
          change
              + ". All "
              + Wording.count(statistics.valueCount(), "value")
              + " read as numbers, before "
              + Wording.percent(looked)
              + " did. Look whether codes lost their letters or columns were swapped.",
          1,
          looked,
          new ChangeType(name, now));
      return false;
    }
    long texts =
        statistics.values().top().stream()
            .filter(value -> !isNumber(value.value()))
            .mapToLong(ValueCount::frequency)
            .sum();
    List<String> some =
        statistics.values().top().stream()
            .map(ValueCount::value)
            .filter(value -> !isNumber(value))
            .limit(3)
            .toList();
    boolean few = !given && before != null && before.valueCount() < FEW_VALUES;
    add(
        name,
        was == FeatureType.INT ? Kind.INT_TYPE_NOT_INT_STRING : Kind.FLOAT_TYPE_STRING_NOT_FLOAT,
        few ? Severity.WARN : Severity.FAIL,
        change + (some.isEmpty() ? "" : ", with " + Wording.list(some)),
        change
            + ". "
            + (some.isEmpty()
                ? "Some values are not numbers"
                : Wording.count(texts, "value")
                    + " of "
                    + Wording.count(statistics.valueCount(), "value")
                    + " are not numbers, such as "
                    + Wording.list(some))
            + ". Write numbers, or nothing where there is none.",
        (double) texts / statistics.valueCount(),
        0,
        new FirstValue(
            name, Rows.ALL, "value that is no number", SchemaChecks::isNumber, any -> true),
        new ChangeType(name, now));
    return false;
  }

  private static String words(FeatureType type) {
    return type == FeatureType.BYTES ? "STRING" : type.name();
  }

  private static double shareOfNumbers(FeatureStatistics statistics) {
    long listed = 0;
    long numbers = 0;
    for (ValueCount value : statistics.values().top()) {
      listed += value.frequency();
      numbers += isNumber(value.value()) ? value.frequency() : 0;
    }
    return listed == 0 ? 0 : (double) numbers / listed;
  }

  private static boolean isNumber(String text) {
    try {
      Double.parseDouble(text.strip());
      return !text.isBlank() && !text.strip().matches(".*[dDfF]");
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** How many values a row may have. */
  private void valency(Feature feature, FeatureStatistics statistics) {
    boolean unknown =
        !given && feature.getPresence().hasMinCount() && feature.getPresence().getMinCount() == 0;
    long min;
    long max;
    if (feature.hasValueCount() && !unknown) {
      min = feature.getValueCount().getMin();
      max = feature.getValueCount().hasMax() ? feature.getValueCount().getMax() : Long.MAX_VALUE;
    } else if (feature.hasShape() && !unknown) {
      min = 1;
      for (FixedShape.Dim dim : feature.getShape().getDimList()) {
        min *= dim.getSize();
      }
      // A dimension without a size may be of any.
      max = min > 0 ? min : Long.MAX_VALUE;
    } else {
      return;
    }
    Valency is = statistics.valency();
    boolean high = is.max() > max;
    if (!high && is.min() >= min) {
      return;
    }
    String name = feature.getName();
    FeatureStatistics before = baseline == null ? null : baseline.feature(name);
    boolean few = !given && before != null && before.count() < FEW_VALUES;
    String text =
        high && max == 1
            ? name + " became multi-valued: up to " + is.max() + " values a row"
            : name
                + " has "
                + (high ? "up to " + is.max() : "as few as " + is.min())
                + " values a row";
    String asked =
        max == Long.MAX_VALUE
            ? "at least " + min
            : min == max ? "exactly " + max : min + " to " + max;
    add(
        name,
        high ? Kind.FEATURE_TYPE_HIGH_NUMBER_VALUES : Kind.FEATURE_TYPE_LOW_NUMBER_VALUES,
        few ? Severity.WARN : Severity.FAIL,
        text + ", the schema asks for " + asked,
        text
            + ", the schema asks for "
            + asked
            + ". Look at what writes it upstream (a separator, a join that now matches several"
            + " rows).",
        (double) (high ? is.max() : is.min()),
        (double) (high ? max : min),
        new FirstLength(name, Rows.ALL, min, max),
        new WidenValueCount(
            name,
            Math.min(min, is.min()),
            max == Long.MAX_VALUE ? null : (Long) Math.max(max, is.max())));
  }

  private void presence(Feature feature, FeatureStatistics statistics) {
    String name = feature.getName();
    double share = statistics.presence();
    double least = feature.getPresence().getMinFraction();
    if (share < least) {
      add(
          name,
          Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT,
          Severity.FAIL,
          name + " is present in " + Wording.percent(share) + " of the rows only",
          name
              + " is missing in "
              + Wording.count(statistics.missing(), "row")
              + ": present in "
              + Wording.percent(share)
              + ", the schema's min_fraction asks for "
              + Wording.percent(least)
              + ". Look at what fills it upstream.",
          share,
          least,
          new MissingStarts(name, Rows.ALL, 1 - least),
          new LowerPresence(name, roundedDown(share), null));
    }
    if (statistics.count() < feature.getPresence().getMinCount()) {
      add(
          name,
          Kind.FEATURE_TYPE_LOW_NUMBER_PRESENT,
          Severity.FAIL,
          name + " has too few values",
          name
              + " has "
              + Wording.count(statistics.count(), "value")
              + ", the schema's min_count asks for "
              + feature.getPresence().getMinCount()
              + ".",
          (double) statistics.count(),
          (double) feature.getPresence().getMinCount(),
          new LowerPresence(name, null, statistics.count()));
    }
  }

  /** Without a baseline, a schema that never saw a gap is all there is to compare with. */
  private void inferredPresence(Feature feature, FeatureStatistics statistics) {
    if (feature.getPresence().getMinFraction() < 1 || statistics.missing() == 0) {
      return;
    }
    String name = feature.getName();
    double missing = 1 - statistics.presence();
    double effect = Distances.cohenH(0, missing);
    Thresholds.Floor floor = checks.of(name).missing();
    add(
        name,
        Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT,
        floor.severity(effect),
        name + " is missing in " + Wording.percent(missing) + " of the rows, never before",
        name
            + " is missing in "
            + Wording.count(statistics.missing(), "row")
            + " ("
            + Wording.percent(missing)
            + "), the schema saw it in every row. Cohen's h "
            + Wording.number(effect)
            + ", threshold "
            + Wording.number(floor.fail())
            + ". Look at what fills it upstream.",
        effect,
        floor.fail(),
        new MissingStarts(name, Rows.ALL, 0),
        new LowerPresence(name, roundedDown(statistics.presence()), null));
  }

  /** Four digits, so that a person can read it; never more than was measured. */
  private static double roundedDown(double share) {
    return Math.floor(share * 1e4) / 1e4;
  }

  /** As if the column had been there when the schema was inferred. */
  private SchemaEdit addFeature(String name) {
    FeatureStatistics feature = batch.feature(name);
    Schema inferred =
        SchemaInference.infer(
            new DatasetStatistics(
                batch.split(),
                batch.slice(),
                batch.rows(),
                feature == null ? List.of() : List.of(feature)),
            Set.of());
    return new AddFeature(
        name,
        SchemaText.write(inferred.toBuilder().clearDefaultEnvironment().clearAnnotation().build()));
  }

  private void unique(Feature feature, FeatureStatistics statistics) {
    Long unique = statistics.values().unique();
    if (!feature.hasUniqueConstraints() || unique == null) {
      return;
    }
    long min = feature.getUniqueConstraints().getMin();
    long max = feature.getUniqueConstraints().getMax();
    boolean high = feature.getUniqueConstraints().hasMax() && unique > max;
    if (high || unique < min) {
      add(
          feature.getName(),
          high ? Kind.FEATURE_TYPE_HIGH_UNIQUE : Kind.FEATURE_TYPE_LOW_UNIQUE,
          Severity.FAIL,
          feature.getName() + " has " + Wording.count(unique, "distinct value"),
          feature.getName()
              + " has "
              + Wording.count(unique, "distinct value")
              + ", the schema allows "
              + min
              + " to "
              + (feature.getUniqueConstraints().hasMax() ? max : "any")
              + ".",
          (double) unique,
          (double) (high ? max : min),
          new WidenUnique(feature.getName(), Math.min(min, unique), Math.max(max, unique)));
    }
  }

  private void domain(Feature feature, FeatureStatistics statistics) {
    NumberSummary numbers = statistics.numbers();
    if (feature.hasDomain()) {
      for (StringDomain domain : schema.getStringDomainList()) {
        if (domain.getName().equals(feature.getDomain())) {
          strings(feature, domain.getValueList(), statistics);
        }
      }
    } else if (feature.hasStringDomain()) {
      strings(feature, feature.getStringDomain().getValueList(), statistics);
    } else if (feature.hasBoolDomain()) {
      bools(feature, statistics);
    }
    if (numbers == null) {
      return;
    }
    if (feature.hasIntDomain()) {
      var limits = feature.getIntDomain();
      range(
          feature,
          numbers,
          limits.hasMin() ? Double.valueOf((double) limits.getMin()) : null,
          limits.hasMax() ? Double.valueOf((double) limits.getMax()) : null,
          Kind.INT_TYPE_SMALL_INT,
          Kind.INT_TYPE_BIG_INT);
    }
    if (feature.hasFloatDomain()) {
      var limits = feature.getFloatDomain();
      range(
          feature,
          numbers,
          limits.hasMin() ? Double.valueOf(limits.getMin()) : null,
          limits.hasMax() ? Double.valueOf(limits.getMax()) : null,
          Kind.FLOAT_TYPE_SMALL_FLOAT,
          Kind.FLOAT_TYPE_BIG_FLOAT);
      if (feature.getFloatDomain().getDisallowNan() && numbers.nans() > 0) {
        special(
            feature,
            Kind.FLOAT_TYPE_HAS_NAN,
            "NaN",
            numbers.nans(),
            v -> !Double.isNaN(v),
            new AllowNan(feature.getName()));
      }
      if (feature.getFloatDomain().getDisallowInf() && numbers.infinities() > 0) {
        special(
            feature,
            Kind.FLOAT_TYPE_HAS_INF,
            "infinity",
            numbers.infinities(),
            v -> !Double.isInfinite(v),
            new AllowInfinity(feature.getName()));
      }
    }
  }

  private void special(
      Feature feature,
      Kind kind,
      String what,
      long count,
      Predicate<Double> passes,
      SchemaEdit edit) {
    add(
        feature.getName(),
        kind,
        Severity.FAIL,
        feature.getName() + " holds " + what,
        feature.getName()
            + " holds "
            + what
            + " in "
            + Wording.count(count, "row")
            + ", which the schema's float_domain forbids. Leave the value out where there is none.",
        (double) count,
        0,
        new FirstValue(feature.getName(), Rows.ALL, "such value", any -> true, passes),
        edit);
  }

  private void range(
      Feature feature,
      NumberSummary numbers,
      @Nullable Double min,
      @Nullable Double max,
      Kind small,
      Kind big) {
    String name = feature.getName();
    if (min != null && numbers.min() < min) {
      SchemaEdit edit =
          feature.hasBoolDomain()
              ? new RemoveDomain(name)
              : new WidenRange(name, numbers.min(), null);
      outside(feature, small, numbers.min(), "below", min, value -> value >= min, edit);
    }
    if (max != null && numbers.max() > max) {
      SchemaEdit edit =
          feature.hasBoolDomain()
              ? new RemoveDomain(name)
              : new WidenRange(name, null, numbers.max());
      outside(feature, big, numbers.max(), "above", max, value -> value <= max, edit);
    }
  }

  private void outside(
      Feature feature,
      Kind kind,
      double value,
      String side,
      double limit,
      Predicate<Double> passes,
      SchemaEdit edit) {
    String text =
        feature.getName()
            + " reaches "
            + Wording.number(value)
            + ", "
            + side
            + " the schema's limit "
            + Wording.number(limit);
    add(
        feature.getName(),
        kind,
        Severity.FAIL,
        text,
        text + ". Correct the values upstream.",
        value,
        limit,
        new FirstValue(feature.getName(), Rows.ALL, "such value", any -> true, passes),
        edit);
  }

  private void bools(Feature feature, FeatureStatistics statistics) {
    String name = feature.getName();
    NumberSummary numbers = statistics.numbers();
    if (numbers == null) {
      strings(
          feature,
          List.of(feature.getBoolDomain().getTrueValue(), feature.getBoolDomain().getFalseValue()),
          statistics);
    } else {
      range(feature, numbers, 0.0, 1.0, Kind.BOOL_TYPE_SMALL_INT, Kind.BOOL_TYPE_BIG_INT);
      long other =
          statistics.values().top().stream()
              .filter(v -> Double.parseDouble(v.value()) > 0 && Double.parseDouble(v.value()) < 1)
              .mapToLong(ValueCount::frequency)
              .sum();
      if (other > 0) {
        add(
            name,
            Kind.BOOL_TYPE_UNEXPECTED_FLOAT,
            Severity.FAIL,
            name + " holds fractions, not 0 or 1",
            name
                + " holds numbers between 0 and 1 in "
                + Wording.count(other, "row")
                + ", the schema's bool_domain allows 0 and 1.",
            (double) other,
            0,
            new FirstValue(name, Rows.ALL, "such value", any -> true, v -> v == 0 || v == 1),
            new RemoveDomain(name));
      }
    }
  }

  private void strings(Feature feature, List<String> values, FeatureStatistics statistics) {
    Set<String> allowed = new HashSet<>(values);
    if (statistics.numbers() != null) {
      return;
    }
    Map<String, Long> unexpected = new HashMap<>();
    long rows = 0;
    for (ValueCount value : statistics.values().top()) {
      if (!allowed.contains(value.value())) {
        unexpected.put(value.value(), value.frequency());
        rows += value.frequency();
      }
    }
    if (!statistics.values().complete()) {
      long listed = statistics.values().top().stream().mapToLong(ValueCount::frequency).sum();
      // A domain is shorter than the list, so what is not listed is not in it.
      rows += Math.max(0, statistics.valueCount() - listed);
    }
    if (rows == 0) {
      return;
    }
    String name = feature.getName();
    double share = (double) rows / statistics.valueCount();
    Thresholds.Floor floor = checks.of(name).unexpected();
    double allowedShare =
        given
            ? feature.hasDistributionConstraints()
                ? 1 - feature.getDistributionConstraints().getMinDomainMass()
                : 0
            : floor.fail();
    Severity severity =
        given
            ? share > allowedShare + 1e-12 ? Severity.FAIL : Severity.INFO
            : isChance(name, unexpected, statistics.valueCount())
                ? Severity.INFO
                : floor.severity(share);
    List<String> some =
        unexpected.entrySet().stream()
            .sorted(
                Map.Entry.<String, Long>comparingByValue()
                    .reversed()
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(Map.Entry::getKey)
            .toList();
    String text =
        name
            + " has values that the schema does not know: "
            + (some.isEmpty() ? "rare ones" : Wording.list(some))
            + ", "
            + Wording.percent(share)
            + " of its values";
    add(
        name,
        Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
        severity,
        text,
        text
            + " ("
            + Wording.count(rows, "row")
            + ", allowed "
            + Wording.percent(allowedShare)
            + "). The domain has "
            + Wording.list(new ArrayList<>(new TreeSet<>(allowed)))
            + ". Correct the spelling upstream.",
        share,
        allowedShare,
        new FirstValue(name, Rows.ALL, "unknown value", allowed::contains, any -> true),
        feature.hasBoolDomain()
                || !statistics.values().complete()
                || allowed.size() + some.size() > MOST_VALUES
            ? new RemoveDomain(name)
            : new AddValues(name, some));
  }

  /** True where so many new values of such frequency are to be expected. */
  private boolean isChance(String name, Map<String, Long> unexpected, long n) {
    FeatureStatistics before = baseline == null ? null : baseline.feature(name);
    if (before == null || !before.values().complete() || before.text() == null) {
      return false;
    }
    double ratio = (double) n / (n + before.valueCount());
    long once = before.values().top().stream().filter(v -> v.frequency() == 1).count();
    long distinct = unexpected.size();
    double byNumber = Significance.logBinomialTail(distinct, distinct + once, ratio);
    double byFrequency = 0;
    for (long count : unexpected.values()) {
      byFrequency = Math.min(byFrequency, count * Math.log(ratio));
    }
    double tests = distinct + before.values().top().size();
    return Math.min(byNumber, byFrequency + Math.log(tests)) > logAlpha;
  }

  private void add(
      String feature,
      Kind kind,
      Severity severity,
      String shortText,
      String longText,
      double measured,
      double threshold,
      SchemaEdit... edits) {
    add(feature, kind, severity, shortText, longText, measured, threshold, null, edits);
  }

  private void add(
      String feature,
      Kind kind,
      Severity severity,
      String shortText,
      String longText,
      double measured,
      double threshold,
      FirstRows.@Nullable Search search,
      SchemaEdit... edits) {
    Anomaly anomaly = Anomaly.of(feature, kind, severity, shortText, longText, measured, threshold);
    drafts.add(new Draft(anomaly.withEdits(List.of(edits)), search));
  }
}
