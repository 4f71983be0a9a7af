package dev.sluice.validation;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.TextFormatParseInfoTree;
import dev.sluice.contracts.BadInput;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.DatasetConstraints;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureComparator;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.FixedShape;
import org.tensorflow.metadata.v0.NumericValueComparator;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.ValueCount;

/**
 * What a schema's text must not say: limits that no data can meet, features without a name, domains
 * that are nowhere defined, and nested features, which flat data do not have. TFDV tells of most of
 * them batch by batch ({@code INVALID_SCHEMA_SPECIFICATION} and others); here the file is refused,
 * with the line.
 */
final class SchemaRules {
  private final String file;
  private final Schema schema;
  private final TextFormatParseInfoTree places;

  SchemaRules(String file, Schema schema, TextFormatParseInfoTree places) {
    this.file = file;
    this.schema = schema;
    this.places = places;
  }

  /**
   * Reads the schema through.
   *
   * @throws BadInput with file, line and field
   */
  void check() {
    FieldDescriptor field = Schema.getDescriptor().findFieldByNumber(Schema.FEATURE_FIELD_NUMBER);
    Set<String> domains = SchemaText.domains(schema);
    Map<String, Integer> lines = new HashMap<>();
    for (int i = 0; i < schema.getFeatureCount(); i++) {
      Feature feature = schema.getFeature(i);
      int line = places.getLocation(field, i).getLine() + 1;
      String where = file + ", line " + line + ": feature " + (i + 1);
      if (feature.getName().isEmpty()) {
        throw new BadInput(where + " has no name; add `name: \"<column>\"`");
      }
      @Nullable Integer before = lines.put(feature.getName(), line);
      if (before != null) {
        throw new BadInput(
            where
                + " is named \""
                + feature.getName()
                + "\" like the one of line "
                + before
                + "; remove one of them");
      }
      At at =
          new At(
              "feature \"" + feature.getName() + "\"",
              Feature.getDescriptor(),
              places.getNestedTree(field, i),
              line);
      if (feature.hasDomain() && !domains.contains(feature.getDomain())) {
        throw at.error(
            "domain",
            "is \"" + feature.getDomain() + "\", which the schema does not define",
            "add a string_domain of that name or remove the line");
      }
      if (SchemaChecks.isInUse(feature)) {
        flat(feature, at);
      }
      limits(feature, at);
    }
    groups();
    rows();
  }

  /** A message of the text, and where its fields are. */
  private final class At {
    private final String what;
    private final Descriptor root;
    private final TextFormatParseInfoTree tree;
    private final int line;

    At(String what, Descriptor root, TextFormatParseInfoTree tree, int line) {
      this.what = what;
      this.root = root;
      this.tree = tree;
      this.line = line;
    }

    /**
     * @param path fields by name with dots between them, the first of each where it repeats
     */
    BadInput error(String path, String is, String advice) {
      return new BadInput(
          file + ", line " + line(path) + ": " + path + " of " + what + " " + is + "; " + advice);
    }

    void require(boolean good, String path, String is, String advice) {
      if (!good) {
        throw error(path, is, advice);
      }
    }

    private int line(String path) {
      TextFormatParseInfoTree at = tree;
      Descriptor message = root;
      int found = line;
      for (String name : List.of(path.split("\\."))) {
        FieldDescriptor field = message.findFieldByName(name);
        if (field == null || at == null || at.getLocations(field).isEmpty()) {
          return found;
        }
        found = at.getLocation(field, 0).getLine() + 1;
        if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
          return found;
        }
        at = at.getNestedTrees(field).isEmpty() ? null : at.getNestedTree(field, 0);
        message = field.getMessageType();
      }
      return found;
    }
  }

  private static void flat(Feature feature, At at) {
    String advice =
        "batches are flat tables; name the columns inside as features of their own, or set"
            + " lifecycle_stage: DISABLED";
    at.require(feature.getType() != FeatureType.STRUCT, "type", "is STRUCT", advice);
    at.require(!feature.hasStructDomain(), "struct_domain", "is given", advice);
    int levels = feature.getValueCounts().getValueCountCount();
    at.require(
        !feature.hasValueCounts() || levels == 1,
        "value_counts",
        "has " + levels + " levels",
        "columns hold one value or a list a row; give one level");
  }

  private static void limits(Feature feature, At at) {
    double share = feature.getPresence().getMinFraction();
    at.require(
        share >= 0 && share <= 1,
        "presence.min_fraction",
        "is " + share,
        "it is a share of the rows, 0 to 1");
    if (feature.hasValueCount()) {
      count(feature.getValueCount(), "value_count", at);
    }
    for (ValueCount count : feature.getValueCounts().getValueCountList()) {
      count(count, "value_counts.value_count", at);
    }
    for (FixedShape.Dim dim : feature.getShape().getDimList()) {
      at.require(
          !dim.hasSize() || dim.getSize() > 0,
          "shape.dim.size",
          "is " + dim.getSize(),
          "a size is at least 1; leave it out where it may be any");
    }
    ordered(
        at,
        "unique_constraints",
        feature.getUniqueConstraints().hasMin(),
        (double) feature.getUniqueConstraints().getMin(),
        feature.getUniqueConstraints().hasMax(),
        (double) feature.getUniqueConstraints().getMax());
    ordered(
        at,
        "int_domain",
        feature.getIntDomain().hasMin(),
        (double) feature.getIntDomain().getMin(),
        feature.getIntDomain().hasMax(),
        (double) feature.getIntDomain().getMax());
    ordered(
        at,
        "float_domain",
        feature.getFloatDomain().hasMin(),
        feature.getFloatDomain().getMin(),
        feature.getFloatDomain().hasMax(),
        feature.getFloatDomain().getMax());
    at.require(
        !feature.getBoolDomain().hasTrueValue()
            || !feature.getBoolDomain().hasFalseValue()
            || !feature
                .getBoolDomain()
                .getTrueValue()
                .equals(feature.getBoolDomain().getFalseValue()),
        "bool_domain.false_value",
        "is \"" + feature.getBoolDomain().getFalseValue() + "\" like its true_value",
        "name the value that means no");
    if (feature.hasDistributionConstraints()) {
      double mass = feature.getDistributionConstraints().getMinDomainMass();
      at.require(
          mass >= 0 && mass <= 1,
          "distribution_constraints.min_domain_mass",
          "is " + mass,
          "it is a share of the values, 0 to 1");
      at.require(
          feature.hasDomain() || feature.hasStringDomain(),
          "distribution_constraints",
          "is given without a domain of text",
          "add a string_domain or remove it");
    }
    comparator(feature.getDriftComparator(), "drift_comparator", at);
    comparator(feature.getSkewComparator(), "skew_comparator", at);
  }

  private static void count(ValueCount count, String field, At at) {
    at.require(count.getMin() >= 0, field + ".min", "is " + count.getMin(), "it is at least 0");
    at.require(
        !count.hasMax() || count.getMax() >= count.getMin(),
        field + ".max",
        "is " + count.getMax() + ", less than min " + count.getMin(),
        "no row can have so many");
  }

  private static void ordered(
      At at, String field, boolean hasMin, double min, boolean hasMax, double max) {
    at.require(
        !hasMin || !hasMax || min <= max,
        field + ".max",
        "is " + Wording.number(max) + ", less than min " + Wording.number(min),
        "no data can be within");
  }

  private static void comparator(FeatureComparator limits, String field, At at) {
    threshold(limits.getInfinityNorm().getThreshold(), field + ".infinity_norm.threshold", at);
    threshold(
        limits.getJensenShannonDivergence().getThreshold(),
        field + ".jensen_shannon_divergence.threshold",
        at);
    threshold(
        limits.getNormalizedAbsDifference().getThreshold(),
        field + ".normalized_abs_difference.threshold",
        at);
  }

  private static void threshold(double value, String field, At at) {
    at.require(value >= 0, field, "is " + value, "a distance is at least 0");
  }

  /** Names of sparse and weighted features, which stand beside those of columns. */
  private void groups() {
    Set<String> taken = new HashSet<>();
    schema.getFeatureList().forEach(feature -> taken.add(feature.getName()));
    At at = new At("the schema", Schema.getDescriptor(), places, 1);
    schema
        .getSparseFeatureList()
        .forEach(sparse ->
            at.require(
                taken.add(sparse.getName()),
                "sparse_feature",
                "is named \"" + sparse.getName() + "\" like another feature",
                "rename one of them"));
    schema
        .getWeightedFeatureList()
        .forEach(weighted ->
            at.require(
                taken.add(weighted.getName()),
                "weighted_feature",
                "is named \"" + weighted.getName() + "\" like another feature",
                "rename one of them"));
  }

  private void rows() {
    DatasetConstraints limits = schema.getDatasetConstraints();
    At at = new At("the schema", Schema.getDescriptor(), places, 1);
    at.require(
        !limits.hasMinExamplesCount()
            || !limits.hasMaxExamplesCount()
            || limits.getMinExamplesCount() <= limits.getMaxExamplesCount(),
        "dataset_constraints.max_examples_count",
        "is "
            + limits.getMaxExamplesCount()
            + ", less than min_examples_count "
            + limits.getMinExamplesCount(),
        "no data can be within");
    NumericValueComparator growth = limits.getNumExamplesDriftComparator();
    at.require(
        !growth.hasMinFractionThreshold()
            || !growth.hasMaxFractionThreshold()
            || growth.getMinFractionThreshold() <= growth.getMaxFractionThreshold(),
        "dataset_constraints.num_examples_drift_comparator.max_fraction_threshold",
        "is "
            + growth.getMaxFractionThreshold()
            + ", less than min_fraction_threshold "
            + growth.getMinFractionThreshold(),
        "no data can be within");
  }
}
