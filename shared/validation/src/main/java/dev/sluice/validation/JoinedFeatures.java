package dev.sluice.validation;

import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.SchemaEdit.DeprecateJoined;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.LifecycleStage;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.SparseFeature;
import org.tensorflow.metadata.v0.WeightedFeature;

/**
 * A schema's sparse features (columns of indices beside one of values) and weighted features (a
 * column of weights beside one of values): the columns must be there in the same rows and hold as
 * many values. Told from the statistics of each column, so without a pass over rows: what is told
 * is true, and columns whose gaps lie in different rows but are as many are not told.
 */
final class JoinedFeatures {
  private final Schema schema;
  private final DatasetStatistics batch;
  private final Drafts drafts;

  JoinedFeatures(Schema schema, DatasetStatistics batch, Drafts drafts) {
    this.schema = schema;
    this.batch = batch;
    this.drafts = drafts;
  }

  void check() {
    for (SparseFeature sparse : schema.getSparseFeatureList()) {
      if (isInUse(sparse)) {
        for (SparseFeature.IndexFeature index : sparse.getIndexFeatureList()) {
          compare(
              sparse.getName(),
              sparse.getValueFeature().getName(),
              index.getName(),
              "index",
              Kind.SPARSE_FEATURE_MISSING_VALUE,
              Kind.SPARSE_FEATURE_MISSING_INDEX,
              Kind.SPARSE_FEATURE_LENGTH_MISMATCH);
        }
      }
    }
    for (WeightedFeature weighted : schema.getWeightedFeatureList()) {
      if (isInUse(weighted.getLifecycleStage())) {
        compare(
            weighted.getName(),
            String.join(".", weighted.getFeature().getStepList()),
            String.join(".", weighted.getWeightFeature().getStepList()),
            "weight",
            Kind.WEIGHTED_FEATURE_MISSING_VALUE,
            Kind.WEIGHTED_FEATURE_MISSING_WEIGHT,
            Kind.WEIGHTED_FEATURE_LENGTH_MISMATCH);
      }
    }
  }

  @SuppressWarnings("deprecation")
  private static boolean isInUse(SparseFeature sparse) {
    return !sparse.getDeprecated() && isInUse(sparse.getLifecycleStage());
  }

  private static boolean isInUse(LifecycleStage stage) {
    return switch (stage) {
      case PLANNED, ALPHA, DEPRECATED, DEBUG_ONLY, DISABLED -> false;
      case LifecycleStage other -> other != LifecycleStage.VALIDATION_DERIVED;
    };
  }

  private void compare(
      String name,
      String value,
      String beside,
      String role,
      Kind missingValue,
      Kind missingBeside,
      Kind lengths) {
    @Nullable FeatureStatistics values = batch.feature(value);
    @Nullable FeatureStatistics others = batch.feature(beside);
    long rows = values == null ? 0 : values.count();
    long otherRows = others == null ? 0 : others.count();
    if (rows != otherRows) {
      boolean fewer = rows < otherRows;
      add(
          name,
          fewer ? missingValue : missingBeside,
          "at least "
              + Wording.count(Math.abs(rows - otherRows), "row")
              + " of "
              + name
              + (fewer
                  ? " have the " + role + " " + beside + " and no value " + value
                  : " have the value " + value + " and no " + role + " " + beside),
          (double) Math.abs(rows - otherRows));
      return;
    }
    long total = values == null ? 0 : values.valueCount();
    long otherTotal = others == null ? 0 : others.valueCount();
    if (total != otherTotal) {
      add(
          name,
          lengths,
          name
              + " has "
              + Wording.count(total, "value")
              + " in "
              + value
              + " and "
              + Wording.count(otherTotal, role.equals("index") ? "position" : role)
              + " in "
              + beside,
          (double) Math.abs(total - otherTotal));
    }
  }

  private void add(String name, Kind kind, String text, double measured) {
    drafts.add(
        name,
        kind,
        Severity.FAIL,
        text,
        text + ". Look at what writes the columns upstream: each value needs one of each.",
        measured,
        0,
        new DeprecateJoined(name));
  }
}
