package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.statistics.DatasetStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.Schema;

/** What a schema's anomalies offer is enough: with it the same batch has none. */
class SchemaEditsTest {
  private static final int ROWS = 60;

  private static List<Anomaly> anomalies(
      Schema schema, boolean given, DatasetStatistics batch, @Nullable DatasetStatistics baseline) {
    return new SchemaChecks(schema, given, batch, baseline, Checks.defaults(), Math.log(1e-4))
        .run().stream()
            .map(Draft::anomaly)
            .filter(anomaly -> anomaly.severity() != Severity.INFO)
            .toList();
  }

  /** A column of a random nature, with gaps. */
  private static @Nullable Object[] column(Random random) {
    @Nullable Object[] values = new @Nullable Object[ROWS];
    int nature = random.nextInt(8);
    int spread = 1 + random.nextInt(70);
    double gaps = random.nextBoolean() ? 0 : random.nextDouble();
    for (int i = 0; i < ROWS; i++) {
      int value = random.nextInt(spread) - random.nextInt(3);
      values[i] =
          switch (nature) {
            case 0 -> (long) value;
            case 1 -> value + 0.25;
            case 2 -> "v" + value;
            case 3 -> String.valueOf(value);
            case 4 -> value < 3 ? Double.NaN : value < 5 ? Double.POSITIVE_INFINITY : value * 0.5;
            case 5 -> value % 2 == 0 ? "true" : "false";
            case 6 -> value % 2 == 0 ? List.of("a", "b" + value) : List.of("c");
            default -> List.of((long) value, 7L, 1L);
          };
      if (random.nextDouble() < gaps) {
        values[i] = null;
      }
    }
    return values;
  }

  private static Table table(Random random) {
    Table table = new Table(ROWS);
    for (String name : List.of("a", "b", "c", "d", "e")) {
      if (random.nextInt(5) > 0) {
        table.with(name, column(random));
      }
    }
    return table.with("f", column(random));
  }

  /** What a person might have written. */
  private static Schema tightened(Schema schema, Random random) {
    Schema.Builder tight = schema.toBuilder();
    for (Feature.Builder feature : tight.getFeatureBuilderList()) {
      if (random.nextBoolean()) {
        feature
            .getPresenceBuilder()
            .setMinFraction(random.nextDouble())
            .setMinCount(random.nextInt(ROWS));
      }
      if (random.nextInt(3) == 0) {
        feature
            .getUniqueConstraintsBuilder()
            .setMin(random.nextInt(30))
            .setMax(30 + random.nextInt(9));
      }
      if (random.nextInt(3) == 0) {
        feature.getValueCountBuilder().setMin(random.nextInt(3)).setMax(3);
      }
      switch (random.nextInt(5)) {
        case 0 -> feature.getBoolDomainBuilder().setTrueValue("true");
        case 1 -> {
          if (feature.getType() == FeatureType.INT) {
            feature.getIntDomainBuilder().setMin(random.nextInt(9)).setMax(9 + random.nextInt(9));
          }
        }
        case 2 -> {
          if (feature.getType() == FeatureType.FLOAT) {
            feature
                .getFloatDomainBuilder()
                .setMin(random.nextFloat())
                .setMax(1 + random.nextFloat())
                .setDisallowNan(random.nextBoolean())
                .setDisallowInf(random.nextBoolean());
          }
        }
        case 3 -> {
          if (feature.getType() == FeatureType.BYTES) {
            feature.getStringDomainBuilder().addValue("v1");
            feature.getDistributionConstraintsBuilder().setMinDomainMass(random.nextDouble());
          }
        }
        default -> {}
      }
    }
    if (random.nextBoolean()) {
      tight.getDatasetConstraintsBuilder().setMinExamplesCount(ROWS - 1 + random.nextInt(3));
    } else {
      tight.getDatasetConstraintsBuilder().setMaxExamplesCount(ROWS - 1 + random.nextInt(3));
    }
    return tight.build();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void afterTheEditsTheBatchHasNoAnomalyOfItsSchema(boolean given) {
    int found = 0;
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      DatasetStatistics before = table(random).statistics().all();
      DatasetStatistics batch = table(random).statistics().all();
      Schema schema = SchemaInference.infer(before, Set.of());
      schema = given ? tightened(schema, random) : schema;
      DatasetStatistics baseline = random.nextBoolean() ? before : null;
      List<Anomaly> anomalies = anomalies(schema, given, batch, baseline);
      found += anomalies.size();

      assertThat(anomalies)
          .as("seed %s: each anomaly offers an edit", seed)
          .allSatisfy(anomaly -> assertThat(anomaly.edits()).isNotEmpty());
      Schema edited = SchemaEdits.apply(schema, anomalies);
      assertThat(anomalies(edited, given, batch, baseline))
          .as("seed %s: after %s", seed, texts(anomalies))
          .isEmpty();
    }
    assertThat(found).isGreaterThan(600);
  }

  private static List<String> texts(List<Anomaly> anomalies) {
    List<String> texts = new ArrayList<>();
    SchemaEdits.of(anomalies).forEach(edit -> texts.add(edit.text()));
    return texts;
  }

  @Test
  void leavingOutAnyEditLeavesAnAnomaly() {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      Schema schema =
          tightened(SchemaInference.infer(table(random).statistics().all(), Set.of()), random);
      DatasetStatistics batch = table(random).statistics().all();
      List<SchemaEdit> edits = SchemaEdits.of(anomalies(schema, true, batch, null));
      for (SchemaEdit left : edits) {
        Schema partly = schema;
        for (SchemaEdit edit : edits) {
          partly = edit.equals(left) ? partly : edit.apply(partly);
        }
        assertThat(anomalies(partly, true, batch, null))
            .as("seed %s without %s", seed, left)
            .isNotEmpty();
      }
    }
  }
}
