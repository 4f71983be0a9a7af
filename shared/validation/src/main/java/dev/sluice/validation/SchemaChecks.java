package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.Valency;
import dev.sluice.statistics.ValueCount;
import dev.sluice.validation.FirstRows.FirstLength;
import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.MissingStarts;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.SchemaEdit.AddFeature;
import dev.sluice.validation.SchemaEdit.ChangeType;
import dev.sluice.validation.SchemaEdit.DeprecateFeature;
import dev.sluice.validation.SchemaEdit.LeaveOut;
import dev.sluice.validation.SchemaEdit.LowerPresence;
import dev.sluice.validation.SchemaEdit.RemoveUnique;
import dev.sluice.validation.SchemaEdit.TakeIn;
import dev.sluice.validation.SchemaEdit.WidenRows;
import dev.sluice.validation.SchemaEdit.WidenUnique;
import dev.sluice.validation.SchemaEdit.WidenValueCount;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.DatasetConstraints;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.FixedShape;
import org.tensorflow.metadata.v0.LifecycleStage;
import org.tensorflow.metadata.v0.Schema;

/**
 * A batch held to a schema: missing and new columns, types, values a row, presence, and by {@link
 * DomainChecks} the values. A given schema holds to the letter, as in TFDV; an inferred one only
 * knows what was seen, so its presence is left to {@link DriftChecks}.
 */
final class SchemaChecks {
  /** A type seen on fewer values than this may have been an accident. */
  private static final long FEW_VALUES = 10;

  private final Schema schema;
  private final boolean given;
  private final DatasetStatistics batch;
  private final @Nullable DatasetStatistics baseline;
  private final Checks checks;
  private final Environment environment;
  private final DomainChecks domains;
  private final Drafts drafts = new Drafts();
  private final Set<String> typeChanged = new HashSet<>();
  private final Set<String> widened = new HashSet<>();

  SchemaChecks(
      Schema schema,
      boolean given,
      DatasetStatistics batch,
      @Nullable DatasetStatistics baseline,
      Checks checks,
      double logAlpha) {
    this(schema, given, batch, baseline, checks, logAlpha, SchemaInference.TRAINING);
  }

  /**
   * @param environment whose features the batch must have
   */
  SchemaChecks(
      Schema schema,
      boolean given,
      DatasetStatistics batch,
      @Nullable DatasetStatistics baseline,
      Checks checks,
      double logAlpha,
      String environment) {
    this.schema = schema;
    this.given = given;
    this.batch = batch;
    this.baseline = baseline;
    this.checks = checks;
    this.environment = Environment.of(schema, environment);
    this.domains = new DomainChecks(schema, given, checks, logAlpha, drafts);
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
      FeatureStatistics statistics = batch.feature(feature.getName());
      boolean here = environment.has(feature);
      if (!isInUse(feature) || (statistics == null && !here)) {
        continue;
      }
      if (statistics == null) {
        missingColumn(feature, added);
      } else {
        if (!here && statistics.count() > 0) {
          outsideEnvironment(feature);
        }
        check(feature, statistics, here);
      }
    }
    for (String name : added) {
      drafts.add(
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
    new JoinedFeatures(schema, batch, drafts).check();
    return drafts.all();
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
    drafts.add(
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

  /** False of a feature that is no longer or not yet part of the data. */
  @SuppressWarnings("deprecation")
  static boolean isInUse(Feature feature) {
    return !feature.getDeprecated()
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
    drafts.add(
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
        environment.known() && !environment.name().equals(SchemaInference.TRAINING)
            ? new LeaveOut(name, environment.name())
            : new DeprecateFeature(name));
  }

  private void outsideEnvironment(Feature feature) {
    String name = feature.getName();
    String text = name + " is a column that environment " + environment.name() + " does not have";
    drafts.add(
        name,
        Kind.SCHEMA_NEW_COLUMN,
        given ? Severity.WARN : Severity.INFO,
        text,
        text + " by the schema. Drop it upstream, such as a label that serving must not know.",
        1,
        0,
        new TakeIn(name, environment.name()));
  }

  /**
   * @param here true where the feature is of the environment, which may then ask for values
   */
  private void check(Feature feature, FeatureStatistics statistics, boolean here) {
    if (statistics.count() == 0) {
      if (here) {
        noValues(feature, statistics);
      }
      return;
    }
    if (given && feature.getType() == FeatureType.TYPE_UNKNOWN) {
      missingType(feature, statistics);
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
      domains.check(
          feature, statistics, baseline == null ? null : baseline.feature(feature.getName()));
    }
  }

  private void missingType(Feature feature, FeatureStatistics statistics) {
    String name = feature.getName();
    FeatureType type =
        Domains.strings(schema, feature) != null
            ? FeatureType.BYTES
            : SchemaInference.type(statistics.type());
    drafts.add(
        name,
        Kind.FEATURE_MISSING_TYPE,
        Severity.WARN,
        "the schema gives " + name + " no type",
        "The schema gives "
            + name
            + " no type, so nothing holds its values to one; the batch has "
            + words(SchemaInference.type(statistics.type()))
            + ". Add `type: "
            + type
            + "` to the feature.",
        1,
        0,
        new ChangeType(name, type));
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
      drafts.add(
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
      drafts.add(
          name,
          typeKind(feature, now),
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
      drafts.add(
          name,
          typeKind(feature, now),
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
            .filter(value -> DomainChecks.number(value.value()) == null)
            .mapToLong(ValueCount::frequency)
            .sum();
    List<String> some =
        statistics.values().top().stream()
            .map(ValueCount::value)
            .filter(value -> DomainChecks.number(value) == null)
            .limit(3)
            .toList();
    boolean few = !given && before != null && before.valueCount() < FEW_VALUES;
    drafts.add(
        name,
        typeKind(feature, now),
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
            name,
            Rows.ALL,
            "value that is no number",
            text -> DomainChecks.number(text) != null,
            any -> true),
        new ChangeType(name, now));
    return false;
  }

  /**
   * TFDV's name of a change of type; it names some by the domain, which a person gave to say what
   * the values are.
   */
  private Kind typeKind(Feature feature, FeatureType now) {
    boolean bool = given && feature.hasBoolDomain();
    boolean toInt = now == FeatureType.INT;
    if (feature.getType() == FeatureType.INT) {
      return now == FeatureType.FLOAT
          ? bool ? Kind.BOOL_TYPE_FLOAT_NOT_INT : Kind.INT_TYPE_INT_EXPECTED
          : bool ? Kind.BOOL_TYPE_STRING_NOT_INT : Kind.INT_TYPE_NOT_INT_STRING;
    }
    if (feature.getType() == FeatureType.FLOAT) {
      return Kind.FLOAT_TYPE_STRING_NOT_FLOAT;
    }
    if (bool) {
      return toInt ? Kind.BOOL_TYPE_INT_NOT_STRING : Kind.BOOL_TYPE_FLOAT_NOT_STRING;
    }
    if (given && Domains.ints(schema, feature) != null) {
      return toInt ? Kind.INT_TYPE_STRING_EXPECTED : Kind.INT_TYPE_NOT_STRING;
    }
    if (given && Domains.floats(schema, feature) != null) {
      return Kind.FLOAT_TYPE_NON_STRING;
    }
    if (given && Domains.strings(schema, feature) != null) {
      return toInt ? Kind.ENUM_TYPE_INT_NOT_STRING : Kind.ENUM_TYPE_FLOAT_NOT_STRING;
    }
    return toInt ? Kind.STRING_TYPE_NOW_INT : Kind.STRING_TYPE_NOW_FLOAT;
  }

  private static String words(FeatureType type) {
    return type == FeatureType.BYTES ? "STRING" : type.name();
  }

  private static double shareOfNumbers(FeatureStatistics statistics) {
    long listed = 0;
    long numbers = 0;
    for (ValueCount value : statistics.values().top()) {
      listed += value.frequency();
      numbers += DomainChecks.number(value.value()) != null ? value.frequency() : 0;
    }
    return listed == 0 ? 0 : (double) numbers / listed;
  }

  /** How many values a row may have. */
  private void valency(Feature feature, FeatureStatistics statistics) {
    boolean unknown =
        !given && feature.getPresence().hasMinCount() && feature.getPresence().getMinCount() == 0;
    if (unknown) {
      return;
    }
    Valency is = statistics.valency();
    if (feature.hasShape()) {
      long size = 1;
      for (FixedShape.Dim dim : feature.getShape().getDimList()) {
        size *= dim.getSize();
      }
      if (size > 0 && given) {
        shape(feature, statistics, size);
      } else if (size > 0) {
        number(feature, is, size, size);
      }
    } else {
      org.tensorflow.metadata.v0.ValueCount limits = SchemaEdit.valueCount(feature);
      if (limits != null) {
        number(feature, is, limits.getMin(), limits.hasMax() ? limits.getMax() : Long.MAX_VALUE);
      }
    }
  }

  /** A dense shape asks for as many values in every row, and so for a value in each. */
  private void shape(Feature feature, FeatureStatistics statistics, long size) {
    Valency is = statistics.valency();
    boolean other = is.min() != size || is.max() != size;
    boolean gaps = statistics.missing() > 0;
    boolean told = statistics.presence() < feature.getPresence().getMinFraction();
    if (!other && (!gaps || told)) {
      return;
    }
    String name = feature.getName();
    String text =
        other
            ? name
                + " has "
                + (is.min() == is.max() ? "" + is.max() : is.min() + " to " + is.max())
                + " values a row"
            : name + " is missing in " + Wording.count(statistics.missing(), "row");
    drafts.add(
        name,
        Kind.INVALID_FEATURE_SHAPE,
        Severity.FAIL,
        text + ", its shape in the schema asks for " + size + " in every row",
        text
            + ", its shape in the schema asks for "
            + size
            + " in every row. Look at what writes it upstream, or give it a value_count in place"
            + " of the shape.",
        (double) (other ? is.max() != size ? is.max() : is.min() : statistics.missing()),
        (double) (other ? size : 0),
        other ? new FirstLength(name, Rows.ALL, size, size) : new MissingStarts(name, Rows.ALL, 0),
        new WidenValueCount(name, Math.min(size, is.min()), Math.max(size, is.max())));
  }

  private void number(Feature feature, Valency is, long min, long max) {
    SchemaEdit edit =
        new WidenValueCount(
            feature.getName(),
            Math.min(min, is.min()),
            max == Long.MAX_VALUE ? null : (Long) Math.max(max, is.max()));
    String asked =
        max == Long.MAX_VALUE
            ? "at least " + min
            : min == max ? "exactly " + max : min + " to " + max;
    boolean high = is.max() > max;
    if (high) {
      String text =
          max == 1
              ? feature.getName() + " became multi-valued: up to " + is.max() + " values a row"
              : feature.getName() + " has up to " + is.max() + " values a row";
      number(feature, Kind.FEATURE_TYPE_HIGH_NUMBER_VALUES, text, asked, is.max(), max, min, edit);
    }
    // Of an inferred limit one side tells enough.
    if (is.min() < min && (given || !high)) {
      String text = feature.getName() + " has as few as " + is.min() + " values a row";
      number(feature, Kind.FEATURE_TYPE_LOW_NUMBER_VALUES, text, asked, is.min(), max, min, edit);
    }
  }

  private void number(
      Feature feature,
      Kind kind,
      String text,
      String asked,
      long measured,
      long max,
      long min,
      SchemaEdit edit) {
    String name = feature.getName();
    FeatureStatistics before = baseline == null ? null : baseline.feature(name);
    boolean few = !given && before != null && before.count() < FEW_VALUES;
    boolean high = kind == Kind.FEATURE_TYPE_HIGH_NUMBER_VALUES;
    drafts.add(
        name,
        kind,
        few ? Severity.WARN : Severity.FAIL,
        text + ", the schema asks for " + asked,
        text
            + ", the schema asks for "
            + asked
            + ". Look at what writes it upstream (a separator, a join that now matches several"
            + " rows).",
        (double) measured,
        (double) (high ? max : min),
        new FirstLength(name, Rows.ALL, high ? 0 : min, high ? max : Long.MAX_VALUE),
        edit);
  }

  private void presence(Feature feature, FeatureStatistics statistics) {
    String name = feature.getName();
    double share = statistics.presence();
    double least = feature.getPresence().getMinFraction();
    if (share < least) {
      drafts.add(
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
      drafts.add(
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
    drafts.add(
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
  static double roundedDown(double share) {
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
    if (!feature.hasUniqueConstraints()) {
      return;
    }
    if (unique == null) {
      drafts.add(
          feature.getName(),
          Kind.FEATURE_TYPE_NO_UNIQUE,
          Severity.WARN,
          "the distinct values of " + feature.getName() + " are not known",
          "The distinct values of "
              + feature.getName()
              + " are not known, and the schema's unique_constraints limit them. Nothing holds"
              + " them to it.",
          1,
          0,
          new RemoveUnique(feature.getName()));
      return;
    }
    long min = feature.getUniqueConstraints().getMin();
    long max = feature.getUniqueConstraints().getMax();
    boolean high = feature.getUniqueConstraints().hasMax() && unique > max;
    if (high || unique < min) {
      drafts.add(
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
}
