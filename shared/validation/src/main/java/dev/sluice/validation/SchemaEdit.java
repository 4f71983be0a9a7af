package dev.sluice.validation;

import com.google.gson.annotations.JsonAdapter;
import dev.sluice.contracts.BadInput;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.DatasetConstraints;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureComparator;
import org.tensorflow.metadata.v0.FeatureOrBuilder;
import org.tensorflow.metadata.v0.FeaturePresence;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.FloatDomain;
import org.tensorflow.metadata.v0.IntDomain;
import org.tensorflow.metadata.v0.LifecycleStage;
import org.tensorflow.metadata.v0.NumericValueComparator;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.SparseFeature;
import org.tensorflow.metadata.v0.StringDomain;
import org.tensorflow.metadata.v0.UniqueConstraints;
import org.tensorflow.metadata.v0.ValueCount;
import org.tensorflow.metadata.v0.WeightedFeature;

/**
 * One change of a schema, the smallest that accepts what an anomaly tells of. An edit only ever
 * allows more; made twice it changes nothing the second time, and where the thing that it would
 * change is gone (a domain that another edit removed) it changes nothing either.
 *
 * <p>As JSON it is an object with the record's name as {@code edit} and the components beside it:
 * {@code {"edit":"AddValues","feature":"category","values":["kites"]}}.
 */
@JsonAdapter(SchemaEditJson.class)
public sealed interface SchemaEdit {
  /** The column; '' where the edit is of the data set as a whole. */
  String feature();

  /**
   * The schema with the edit.
   *
   * @throws BadInput where the schema has no such feature
   */
  Schema apply(Schema schema);

  /** One line that says what the edit does, such as {@code add 'kites' to the domain of toy}. */
  String text();

  /**
   * Makes a column known.
   *
   * @param definition a schema of one feature, with its domain if it has one, as {@link SchemaText}
   *     writes it
   */
  record AddFeature(String feature, String definition) implements SchemaEdit {
    public AddFeature {
      Schema added = SchemaText.parse("the definition of " + feature, definition);
      if (added.getFeatureCount() != 1 || !added.getFeature(0).getName().equals(feature)) {
        throw new BadInput(
            "the definition of '"
                + feature
                + "' must hold that feature and no other: "
                + definition);
      }
    }

    @Override
    public Schema apply(Schema schema) {
      if (schema.getFeatureList().stream().anyMatch(known -> known.getName().equals(feature))) {
        return schema;
      }
      Schema added = SchemaText.parse("the definition of " + feature, definition);
      Set<String> taken = SchemaText.domains(schema);
      Schema.Builder edited = schema.toBuilder();
      Feature.Builder one = added.getFeature(0).toBuilder();
      for (StringDomain domain : added.getStringDomainList()) {
        if (taken.contains(domain.getName())) {
          one.setStringDomain(domain.toBuilder().clearName());
        } else {
          edited.addStringDomain(domain);
        }
      }
      return edited.addFeature(one).build();
    }

    @Override
    public String text() {
      Schema added = SchemaText.parse("the definition of " + feature, definition);
      return "add feature " + feature + " of type " + word(added.getFeature(0).getType());
    }
  }

  /** A column that is gone for good: nobody asks for it any more. */
  record DeprecateFeature(String feature) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      return edit(schema, feature, found -> found.setLifecycleStage(LifecycleStage.DEPRECATED));
    }

    @Override
    public String text() {
      return "deprecate feature " + feature;
    }
  }

  /** A sparse or weighted feature that is not made any more; its columns stay. */
  record DeprecateJoined(String feature) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      Schema.Builder edited = schema.toBuilder();
      for (SparseFeature.Builder sparse : edited.getSparseFeatureBuilderList()) {
        if (sparse.getName().equals(feature)) {
          sparse.setLifecycleStage(LifecycleStage.DEPRECATED);
        }
      }
      for (WeightedFeature.Builder weighted : edited.getWeightedFeatureBuilderList()) {
        if (weighted.getName().equals(feature)) {
          weighted.setLifecycleStage(LifecycleStage.DEPRECATED);
        }
      }
      return edited.build();
    }

    @Override
    public String text() {
      return "deprecate the joined feature " + feature;
    }
  }

  /** A column that one environment need not have. */
  record LeaveOut(String feature, String environment) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      return edit(
          schema,
          feature,
          found -> {
            List<String> in = new ArrayList<>(found.getInEnvironmentList());
            if (in.remove(environment)) {
              found.clearInEnvironment().addAllInEnvironment(in);
            }
            if (!found.getNotInEnvironmentList().contains(environment)) {
              found.addNotInEnvironment(environment);
            }
          });
    }

    @Override
    public String text() {
      return "leave " + feature + " out of environment " + environment;
    }
  }

  /** A column that an environment has as well. */
  record TakeIn(String feature, String environment) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      return edit(
          schema,
          feature,
          found -> {
            List<String> out = new ArrayList<>(found.getNotInEnvironmentList());
            if (out.remove(environment)) {
              found.clearNotInEnvironment().addAllNotInEnvironment(out);
            }
            if (!Environment.of(schema, environment).has(found.build())) {
              found.addInEnvironment(environment);
            }
          });
    }

    @Override
    public String text() {
      return "take " + feature + " into environment " + environment;
    }
  }

  /** Another type; a domain that does not fit it goes, limits of whole numbers stay for others. */
  record ChangeType(String feature, FeatureType type) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      Feature before = find(schema, feature);
      if (before == null || before.getType() == type) {
        return edit(schema, feature, found -> {});
      }
      IntDomain limits =
          before.hasIntDomain() ? before.getIntDomain() : intDomain(schema, before.getDomain());
      return edit(
          schema,
          feature,
          found -> {
            found.setType(type);
            if (before.getType() == FeatureType.TYPE_UNKNOWN
                && Domains.fits(schema, before, type)) {
              return;
            }
            if (before.getType() != FeatureType.INT || type != FeatureType.FLOAT) {
              found.clearDomainInfo().clearDistributionConstraints();
            } else if (limits != null) {
              FloatDomain.Builder same = FloatDomain.newBuilder();
              if (limits.hasMin()) {
                same.setMin(down(limits.getMin()));
              }
              if (limits.hasMax()) {
                same.setMax(up(limits.getMax()));
              }
              found.setFloatDomain(same);
            }
          });
    }

    @Override
    public String text() {
      return "make " + feature + " of type " + word(type);
    }
  }

  /** More values in a domain of text. */
  record AddValues(String feature, List<String> values) implements SchemaEdit {
    public AddValues {
      values = List.copyOf(values);
    }

    @Override
    public Schema apply(Schema schema) {
      Feature before = find(schema, feature);
      if (before != null && before.hasDomain()) {
        Schema.Builder edited = schema.toBuilder();
        for (StringDomain.Builder domain : edited.getStringDomainBuilderList()) {
          if (domain.getName().equals(before.getDomain())) {
            add(domain);
          }
        }
        return edited.build();
      }
      return edit(
          schema,
          feature,
          found -> {
            if (found.hasStringDomain()) {
              add(found.getStringDomainBuilder());
            }
          });
    }

    private void add(StringDomain.Builder domain) {
      Set<String> all = new LinkedHashSet<>(domain.getValueList());
      all.addAll(values);
      domain.clearValue().addAllValue(all);
    }

    @Override
    public String text() {
      return "add " + Wording.list(values) + " to the domain of " + feature;
    }
  }

  /**
   * Wider limits of a number.
   *
   * @param min the new lower limit, null to leave it
   * @param max the new upper limit, null to leave it
   */
  record WidenRange(String feature, @Nullable Double min, @Nullable Double max)
      implements SchemaEdit {
    public WidenRange {
      if ((min != null && min.isNaN()) || (max != null && max.isNaN())) {
        throw new BadInput("limits of " + feature + " are " + min + " to " + max + ", not numbers");
      }
    }

    @Override
    public Schema apply(Schema schema) {
      Feature before = find(schema, feature);
      if (before != null && before.hasDomain()) {
        Schema.Builder edited = schema.toBuilder();
        for (IntDomain.Builder domain : edited.getIntDomainBuilderList()) {
          if (domain.getName().equals(before.getDomain())) {
            widen(domain);
          }
        }
        for (FloatDomain.Builder domain : edited.getFloatDomainBuilderList()) {
          if (domain.getName().equals(before.getDomain())) {
            widen(domain);
          }
        }
        return edited.build();
      }
      return edit(
          schema,
          feature,
          found -> {
            if (found.hasIntDomain()) {
              widen(found.getIntDomainBuilder());
            } else if (found.hasFloatDomain()) {
              widen(found.getFloatDomainBuilder());
            }
          });
    }

    private void widen(IntDomain.Builder domain) {
      if (min != null && domain.hasMin() && min < domain.getMin()) {
        domain.setMin((long) Math.floor(min));
      }
      if (max != null && domain.hasMax() && max > domain.getMax()) {
        domain.setMax((long) Math.ceil(max));
      }
    }

    private void widen(FloatDomain.Builder domain) {
      if (min != null && domain.hasMin() && min < domain.getMin()) {
        domain.setMin(down(min));
      }
      if (max != null && domain.hasMax() && max > domain.getMax()) {
        domain.setMax(up(max));
      }
    }

    @Override
    public String text() {
      List<String> limits = new ArrayList<>();
      if (min != null) {
        limits.add("down to " + exact(min));
      }
      if (max != null) {
        limits.add("up to " + exact(max));
      }
      return "allow " + feature + " " + String.join(" and ", limits);
    }
  }

  /** NaN, which a domain forbade. */
  record AllowNan(String feature) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      return floats(schema, feature, FloatDomain.Builder::clearDisallowNan);
    }

    @Override
    public String text() {
      return "allow NaN in " + feature;
    }
  }

  /** Infinities, which a domain forbade. */
  record AllowInfinity(String feature) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      return floats(schema, feature, FloatDomain.Builder::clearDisallowInf);
    }

    @Override
    public String text() {
      return "allow infinities in " + feature;
    }
  }

  /** Any value of the feature's type: for values too many or too different to be listed. */
  record RemoveDomain(String feature) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      return edit(schema, feature, found -> found.clearDomainInfo().clearDistributionConstraints());
    }

    @Override
    public String text() {
      return "remove the domain of " + feature;
    }
  }

  /**
   * Fewer rows that must have a value.
   *
   * @param minFraction share of the rows, null to leave it
   * @param minCount rows, null to leave it
   */
  record LowerPresence(String feature, @Nullable Double minFraction, @Nullable Long minCount)
      implements SchemaEdit {
    public LowerPresence {
      if (minFraction != null && !(minFraction >= 0 && minFraction <= 1)) {
        throw new BadInput(
            "minFraction of " + feature + " is " + minFraction + "; it must lie within 0 and 1");
      }
      if (minCount != null && minCount < 0) {
        throw new BadInput("minCount of " + feature + " is " + minCount + "; it must not be < 0");
      }
    }

    @Override
    public Schema apply(Schema schema) {
      return edit(
          schema,
          feature,
          found -> {
            if (!found.hasPresence()) {
              return;
            }
            FeaturePresence.Builder presence = found.getPresenceBuilder();
            boolean lower = minFraction != null && presence.getMinFraction() > minFraction;
            if (minFraction != null && lower) {
              presence.setMinFraction(minFraction);
            }
            if (minCount != null && presence.getMinCount() > minCount) {
              presence.setMinCount(minCount);
            }
            ValueCount number = valueCount(found);
            if (lower && found.hasShape() && number != null) {
              // A dense shape asks for a value in every row.
              found.setValueCount(number);
            }
          });
    }

    @Override
    public String text() {
      List<String> both = new ArrayList<>();
      if (minFraction != null) {
        both.add("min_fraction to " + exact(minFraction));
      }
      if (minCount != null) {
        both.add("min_count to " + minCount);
      }
      return "lower presence." + String.join(" and ", both) + " of " + feature;
    }
  }

  /**
   * Fewer or more values a row.
   *
   * @param min at least so many
   * @param max at most so many, null for any number
   */
  record WidenValueCount(String feature, long min, @Nullable Long max) implements SchemaEdit {
    public WidenValueCount {
      if (min < 0 || (max != null && max < min)) {
        throw new BadInput(
            "values a row of "
                + feature
                + " are "
                + min
                + " to "
                + max
                + ", which no row can have");
      }
    }

    @Override
    public Schema apply(Schema schema) {
      return edit(
          schema,
          feature,
          found -> {
            ValueCount before = valueCount(found);
            if (before == null) {
              return;
            }
            ValueCount.Builder after =
                ValueCount.newBuilder().setMin(Math.min(min, before.getMin()));
            if (max != null && before.hasMax()) {
              after.setMax(Math.max(max, before.getMax()));
            }
            found.setValueCount(after);
          });
    }

    @Override
    public String text() {
      return "allow "
          + (max == null ? min + " or more" : max == min ? "" + min : min + " to " + max)
          + " values a row in "
          + feature;
    }
  }

  /**
   * Fewer or more distinct values.
   *
   * @param min at least so many
   * @param max at most so many
   */
  record WidenUnique(String feature, long min, long max) implements SchemaEdit {
    public WidenUnique {
      if (min < 0 || max < min) {
        throw new BadInput("distinct values of " + feature + " are " + min + " to " + max);
      }
    }

    @Override
    public Schema apply(Schema schema) {
      return edit(
          schema,
          feature,
          found -> {
            if (!found.hasUniqueConstraints()) {
              return;
            }
            UniqueConstraints.Builder unique = found.getUniqueConstraintsBuilder();
            unique.setMin(Math.min(min, unique.getMin()));
            if (unique.hasMax()) {
              unique.setMax(Math.max(max, unique.getMax()));
            }
          });
    }

    @Override
    public String text() {
      return "allow " + min + " to " + max + " distinct values in " + feature;
    }
  }

  /** Any number of distinct values, for a limit that nobody can check. */
  record RemoveUnique(String feature) implements SchemaEdit {
    @Override
    public Schema apply(Schema schema) {
      return edit(schema, feature, Feature.Builder::clearUniqueConstraints);
    }

    @Override
    public String text() {
      return "remove the unique_constraints of " + feature;
    }
  }

  /** Which of a feature's comparators. */
  enum Comparator {
    /** With the batch before. */
    DRIFT,
    /** Of training with serving. */
    SKEW
  }

  /** A comparator's distance. */
  enum Distance {
    INFINITY_NORM,
    JENSEN_SHANNON_DIVERGENCE,
    NORMALIZED_ABS_DIFFERENCE
  }

  /** A comparator that lets more pass. */
  record RaiseThreshold(String feature, Comparator comparator, Distance distance, double threshold)
      implements SchemaEdit {
    public RaiseThreshold {
      if (!(threshold >= 0)) {
        throw new BadInput("threshold of " + feature + " is " + threshold + "; it must be >= 0");
      }
    }

    @Override
    public Schema apply(Schema schema) {
      return edit(
          schema,
          feature,
          found -> {
            if (comparator == Comparator.DRIFT && found.hasDriftComparator()) {
              raise(found.getDriftComparatorBuilder());
            } else if (comparator == Comparator.SKEW && found.hasSkewComparator()) {
              raise(found.getSkewComparatorBuilder());
            }
          });
    }

    private void raise(FeatureComparator.Builder limits) {
      switch (distance) {
        case INFINITY_NORM -> {
          double before = limits.getInfinityNorm().getThreshold();
          limits.getInfinityNormBuilder().setThreshold(Math.max(before, threshold));
        }
        case JENSEN_SHANNON_DIVERGENCE -> {
          double before = limits.getJensenShannonDivergence().getThreshold();
          limits.getJensenShannonDivergenceBuilder().setThreshold(Math.max(before, threshold));
        }
        case NORMALIZED_ABS_DIFFERENCE -> {
          double before = limits.getNormalizedAbsDifference().getThreshold();
          limits.getNormalizedAbsDifferenceBuilder().setThreshold(Math.max(before, threshold));
        }
      }
    }

    @Override
    public String text() {
      return "raise "
          + (comparator == Comparator.DRIFT ? "drift" : "skew")
          + "_comparator."
          + distance.name().toLowerCase(Locale.ROOT)
          + " of "
          + feature
          + " to "
          + exact(threshold);
    }
  }

  /**
   * Batches that shrink or grow more from one to the next.
   *
   * @param min at least so many rows for each row of the batch before, null to leave it
   * @param max at most so many rows for each row of the batch before, null to leave it
   */
  record WidenGrowth(@Nullable Double min, @Nullable Double max) implements SchemaEdit {
    @Override
    public String feature() {
      return "";
    }

    @Override
    public Schema apply(Schema schema) {
      NumericValueComparator before =
          schema.getDatasetConstraints().getNumExamplesDriftComparator();
      NumericValueComparator.Builder after = before.toBuilder();
      if (min != null && before.hasMinFractionThreshold()) {
        after.setMinFractionThreshold(Math.min(min, before.getMinFractionThreshold()));
      }
      if (max != null && before.hasMaxFractionThreshold()) {
        after.setMaxFractionThreshold(Math.max(max, before.getMaxFractionThreshold()));
      }
      if (after.build().equals(before)) {
        return schema;
      }
      Schema.Builder edited = schema.toBuilder();
      edited.getDatasetConstraintsBuilder().setNumExamplesDriftComparator(after);
      return edited.build();
    }

    @Override
    public String text() {
      List<String> both = new ArrayList<>();
      if (min != null) {
        both.add("down to " + exact(min));
      }
      if (max != null) {
        both.add("up to " + exact(max));
      }
      return "allow batches of " + String.join(" and ", both) + " times the rows before";
    }
  }

  /**
   * Smaller or larger batches.
   *
   * @param min at least so many rows, null to leave it
   * @param max at most so many rows, null to leave it
   */
  record WidenRows(@Nullable Long min, @Nullable Long max) implements SchemaEdit {
    @Override
    public String feature() {
      return "";
    }

    @Override
    public Schema apply(Schema schema) {
      Schema.Builder edited = schema.toBuilder();
      DatasetConstraints before = schema.getDatasetConstraints();
      if (min != null && before.hasMinExamplesCount() && min < before.getMinExamplesCount()) {
        edited.getDatasetConstraintsBuilder().setMinExamplesCount(min);
      }
      if (max != null && before.hasMaxExamplesCount() && max > before.getMaxExamplesCount()) {
        edited.getDatasetConstraintsBuilder().setMaxExamplesCount(max);
      }
      return edited.build();
    }

    @Override
    public String text() {
      return "allow batches of "
          + (min == null ? "up to " + max : max == null ? min + " and more" : min + " to " + max)
          + " rows";
    }
  }

  /** A number without loss, as one would type it. */
  private static String exact(double value) {
    return Double.isFinite(value)
        ? new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString()
        : Double.toString(value);
  }

  /** A type's name as people say it. */
  private static String word(FeatureType type) {
    return type == FeatureType.BYTES ? "STRING" : type.name();
  }

  private static @Nullable Feature find(Schema schema, String name) {
    for (Feature feature : schema.getFeatureList()) {
      if (feature.getName().equals(name)) {
        return feature;
      }
    }
    return null;
  }

  private static Schema edit(Schema schema, String name, Consumer<Feature.Builder> change) {
    Schema.Builder edited = schema.toBuilder();
    for (Feature.Builder feature : edited.getFeatureBuilderList()) {
      if (feature.getName().equals(name)) {
        change.accept(feature);
        return edited.build();
      }
    }
    throw new BadInput(
        "the schema has no feature '"
            + name
            + "', which the edit is about; it has "
            + schema.getFeatureList().stream()
                .map(Feature::getName)
                .collect(Collectors.joining(", ")));
  }

  private static Schema floats(Schema schema, String name, Consumer<FloatDomain.Builder> change) {
    Feature before = find(schema, name);
    if (before != null && before.hasDomain()) {
      Schema.Builder edited = schema.toBuilder();
      for (FloatDomain.Builder domain : edited.getFloatDomainBuilderList()) {
        if (domain.getName().equals(before.getDomain())) {
          change.accept(domain);
        }
      }
      return edited.build();
    }
    return edit(
        schema,
        name,
        found -> {
          if (found.hasFloatDomain()) {
            change.accept(found.getFloatDomainBuilder());
          }
        });
  }

  private static @Nullable IntDomain intDomain(Schema schema, String name) {
    for (IntDomain domain : schema.getIntDomainList()) {
      if (!name.isEmpty() && domain.getName().equals(name)) {
        return domain;
      }
    }
    return null;
  }

  /**
   * The values a row that a feature asks for, null where it does not; a shape asks for the product
   * of its dimensions, one without a size for any number.
   */
  static @Nullable ValueCount valueCount(FeatureOrBuilder feature) {
    if (feature.hasValueCounts()) {
      return feature.getValueCounts().getValueCountCount() == 1
          ? feature.getValueCounts().getValueCount(0)
          : null;
    }
    if (!feature.hasShape()) {
      return feature.hasValueCount() ? feature.getValueCount() : null;
    }
    long size = 1;
    for (var dim : feature.getShape().getDimList()) {
      size *= dim.getSize();
    }
    return size > 0
        ? ValueCount.newBuilder().setMin(size).setMax(size).build()
        : ValueCount.newBuilder().setMin(0).build();
  }

  /** The largest float that is not above. */
  private static float down(double value) {
    float near = (float) value;
    return near > value ? Math.nextDown(near) : near;
  }

  /** The smallest float that is not below. */
  private static float up(double value) {
    float near = (float) value;
    return near < value ? Math.nextUp(near) : near;
  }
}
