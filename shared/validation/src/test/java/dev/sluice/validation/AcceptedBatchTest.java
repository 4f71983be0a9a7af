package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.Outcome;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.metadata.v0.Schema;

class AcceptedBatchTest {
  private static final Acceptance ACCEPTANCE =
      new Acceptance("ann", "a new market", Instant.EPOCH, "gs://a/");

  private static Anomaly anomaly(String feature, Kind kind, Severity severity) {
    return Anomaly.of(
        feature, kind, severity, feature + " is odd", feature + " is odd. Look at it.", 1, .5);
  }

  private static Anomaly moved(String feature, Severity severity) {
    return anomaly(feature, Kind.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH, severity);
  }

  private static Validation now(Anomaly... anomalies) {
    return new Validation(
        Schema.getDefaultInstance(),
        List.of(anomalies),
        Outcome.FAIL,
        List.of(),
        List.of(),
        List.of());
  }

  private static Validation accepted(List<Anomaly> seen, Anomaly... now) {
    return AcceptedBatch.of(now(now), seen, ACCEPTANCE);
  }

  @Test
  void whatWasSeenIsAWarningThatSaysWhoAcceptedIt() {
    Validation validation = accepted(List.of(moved("x", Severity.FAIL)), moved("x", Severity.FAIL));
    assertThat(validation.outcome()).isEqualTo(Outcome.WARN);
    assertThat(validation.anomalies())
        .singleElement()
        .satisfies(anomaly -> {
          assertThat(anomaly.severity()).isEqualTo(Severity.WARN);
          assertThat(anomaly.longText()).contains("Accepted by ann: a new market.");
        });
    assertThat(validation.reasons())
        .containsExactly("accepted by ann: a new market", "WARN: x is odd");
  }

  @Test
  void whatTheNewSchemaAllowsStandsInTheRecordAllTheSame() {
    Anomaly category = anomaly("category", Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES, Severity.FAIL);
    Validation validation = accepted(List.of(category));
    assertThat(validation.outcome()).isEqualTo(Outcome.WARN);
    assertThat(validation.anomalies())
        .singleElement()
        .satisfies(anomaly -> assertThat(anomaly.severity()).isEqualTo(Severity.WARN));
  }

  @Test
  void whatWasNotSeenHoldsTheBatchStill() {
    Validation validation =
        accepted(
            List.of(moved("x", Severity.FAIL)),
            moved("x", Severity.FAIL),
            moved("y", Severity.FAIL));
    assertThat(validation.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(validation.anomalies())
        .extracting(Anomaly::feature, Anomaly::severity)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("y", Severity.FAIL),
            org.assertj.core.groups.Tuple.tuple("x", Severity.WARN));
  }

  @Test
  void anotherKindOrSliceOfTheFeatureWasNotSeen() {
    Validation validation =
        accepted(
            List.of(moved("x", Severity.FAIL)),
            anomaly("x", Kind.FEATURE_TYPE_NOT_PRESENT, Severity.FAIL));
    assertThat(validation.outcome()).isEqualTo(Outcome.FAIL);
  }

  @Test
  void whatOnlyInformsStaysAsItIs() {
    Anomaly info = moved("x", Severity.INFO);
    Validation validation = accepted(List.of(moved("x", Severity.FAIL)), info);
    assertThat(validation.anomalies()).containsExactly(info);
  }

  @Test
  void aBatchWithoutRowsIsNotAcceptedByAnyWord() {
    Anomaly empty =
        Anomaly.of("", Kind.DATASET_LOW_NUM_EXAMPLES, Severity.FAIL, "no rows", "No rows.", 0, 1);
    assertThat(AcceptedBatch.mayBeAccepted(empty)).isFalse();
    assertThat(AcceptedBatch.mayBeAccepted(moved("x", Severity.FAIL))).isTrue();
    assertThat(accepted(List.of(empty), empty).outcome()).isEqualTo(Outcome.FAIL);
  }
}
