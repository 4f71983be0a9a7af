package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.Valency;
import dev.sluice.statistics.ValueCount;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Annotation;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeaturePresence;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.FixedShape;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.StringDomain;
import org.tensorflow.metadata.v0.TimeDomain;

/**
 * The schema that a batch implies, as tensorflow-data-validation would infer it: type, presence,
 * shape, and a domain for text that repeats. Text has a domain where at most {@value #MOST_VALUES}
 * values cover it, by Good and Turing's estimate to within {@value #MOST_UNSEEN} of the rows (1953,
 * Biometrika 40): else new values are to be expected and a list of the old ones means nothing. A
 * multi-valued column is held to a number of values a row only where numbers are always as many. A
 * column without any value gets {@code min_count: 0} and the type of text, which binds nobody.
 */
public final class SchemaInference {
  /** The environment that trains; a feature in no environment list is in both. */
  public static final String TRAINING = "TRAINING";

  /** The environment that predicts, where the label and excluded columns need not be. */
  public static final String SERVING = "SERVING";

  private static final int MOST_VALUES = 100;
  private static final double MOST_UNSEEN = 0.02;

  private SchemaInference() {}

  /**
   * The schema of a batch.
   *
   * @param batch statistics of all rows
   * @param notAtServing columns that are absent when predicting: the label, excluded columns
   */
  public static Schema infer(DatasetStatistics batch, Set<String> notAtServing) {
    Schema.Builder schema =
        Schema.newBuilder()
            .addDefaultEnvironment(TRAINING)
            .addDefaultEnvironment(SERVING)
            .setAnnotation(
                Annotation.newBuilder().addComment("Inferred from " + batch.rows() + " rows."));
    for (FeatureStatistics statistics : batch.features()) {
      Feature.Builder feature = infer(statistics);
      if (notAtServing.contains(statistics.name())) {
        feature.addNotInEnvironment(SERVING);
      }
      if (hasDomain(statistics)) {
        StringDomain.Builder domain = StringDomain.newBuilder().setName(statistics.name());
        statistics.values().top().stream()
            .map(ValueCount::value)
            .sorted()
            .forEach(domain::addValue);
        schema.addStringDomain(domain);
        feature.setDomain(statistics.name());
      }
      schema.addFeature(feature);
    }
    return schema.build();
  }

  private static Feature.Builder infer(FeatureStatistics statistics) {
    Feature.Builder feature =
        Feature.newBuilder().setName(statistics.name()).setType(type(statistics.type()));
    FeaturePresence.Builder presence = FeaturePresence.newBuilder();
    if (statistics.count() == 0) {
      return feature.setPresence(presence.setMinCount(0)).setValueCount(one());
    }
    presence.setMinCount(1);
    if (statistics.repeated()) {
      feature.setPresence(statistics.missing() == 0 ? presence.setMinFraction(1) : presence);
      feature.setValueCount(several(statistics));
    } else if (statistics.missing() == 0) {
      feature
          .setPresence(presence.setMinFraction(1))
          .setShape(FixedShape.newBuilder().addDim(FixedShape.Dim.newBuilder().setSize(1)));
    } else {
      feature.setPresence(presence).setValueCount(one());
    }
    @Nullable TimeDomain time = Nature.time(statistics);
    if (time != null) {
      feature.setTimeDomain(time);
    }
    return feature;
  }

  private static org.tensorflow.metadata.v0.ValueCount.Builder one() {
    return org.tensorflow.metadata.v0.ValueCount.newBuilder().setMin(1).setMax(1);
  }

  /**
   * What a list is held to: its length where the numbers of every row are as many, such as those of
   * an embedding, else one value or more.
   */
  private static org.tensorflow.metadata.v0.ValueCount.Builder several(
      FeatureStatistics statistics) {
    Valency valency = statistics.valency();
    boolean vector =
        statistics.type() != ValueType.STRING
            && valency.min() == valency.max()
            && valency.max() > 1;
    return vector
        ? org.tensorflow.metadata.v0.ValueCount.newBuilder()
            .setMin(valency.min())
            .setMax(valency.max())
        : org.tensorflow.metadata.v0.ValueCount.newBuilder().setMin(1);
  }

  private static boolean hasDomain(FeatureStatistics statistics) {
    if (statistics.type() != ValueType.STRING
        || statistics.count() == 0
        || !statistics.values().complete()
        || statistics.values().top().size() > MOST_VALUES
        || Nature.time(statistics) != null) {
      return false;
    }
    long once = statistics.values().top().stream().filter(v -> v.frequency() == 1).count();
    return once <= MOST_UNSEEN * statistics.valueCount();
  }

  static FeatureType type(ValueType type) {
    return switch (type) {
      case INT -> FeatureType.INT;
      case FLOAT -> FeatureType.FLOAT;
      case STRING -> FeatureType.BYTES;
    };
  }
}
