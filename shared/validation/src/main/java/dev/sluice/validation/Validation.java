package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Anomalies;
import org.tensorflow.metadata.v0.AnomalyInfo;
import org.tensorflow.metadata.v0.Path;
import org.tensorflow.metadata.v0.Schema;

/**
 * What the checks found.
 *
 * @param schema of the batch from here on: the given one, else the previous one (a type widened
 *     where that was accepted), else the inferred one
 * @param anomalies the gravest first
 * @param outcome the verdict
 * @param reasons why, a sentence each; empty for a PASS without anything to say
 * @param comparisons every feature beside what it was before
 * @param surprising the rows that are least likely under the baseline, the least likely first;
 *     empty where there is none
 */
public record Validation(
    Schema schema,
    List<Anomaly> anomalies,
    Outcome outcome,
    List<String> reasons,
    List<Comparison> comparisons,
    List<SurprisingRow> surprising) {
  public Validation {
    anomalies = List.copyOf(anomalies);
    reasons = List.copyOf(reasons);
    comparisons = List.copyOf(comparisons);
    surprising = List.copyOf(surprising);
  }

  /** The same with other anomalies and what follows from them. */
  Validation judged(List<Anomaly> others, Outcome verdict, List<String> why) {
    return new Validation(schema, others, verdict, why, comparisons, surprising);
  }

  /** What TFDV's tools read: one entry a feature, each anomaly a reason; INFO is left out. */
  public Anomalies toProto() {
    Anomalies.Builder proto =
        Anomalies.newBuilder()
            .setBaseline(schema)
            .setAnomalyNameFormat(Anomalies.AnomalyNameFormat.SERIALIZED_PATH);
    AnomalyInfo.Builder dataset = AnomalyInfo.newBuilder();
    java.util.Map<String, AnomalyInfo.Builder> features = new java.util.LinkedHashMap<>();
    for (Anomaly anomaly : anomalies) {
      if (anomaly.severity() != Severity.INFO) {
        boolean whole = anomaly.feature().isEmpty();
        add(
            whole
                ? dataset
                : features.computeIfAbsent(anomaly.feature(), f -> AnomalyInfo.newBuilder()),
            anomaly);
      }
    }
    features.forEach((feature, info) ->
        proto.putAnomalyInfo(feature, info.setPath(Path.newBuilder().addStep(feature)).build()));
    if (dataset.getReasonCount() > 0) {
      proto.setDatasetAnomalyInfo(dataset);
    }
    return proto.build();
  }

  private static void add(AnomalyInfo.Builder info, Anomaly anomaly) {
    AnomalyInfo.Severity severity =
        anomaly.severity() == Severity.FAIL
            ? AnomalyInfo.Severity.ERROR
            : AnomalyInfo.Severity.WARNING;
    info.addReason(
        AnomalyInfo.Reason.newBuilder()
            .setType(anomaly.kind().type())
            .setShortDescription(anomaly.shortText())
            .setDescription(anomaly.longText()));
    if (severity.getNumber() > info.getSeverity().getNumber()) {
      info.setSeverity(severity);
    }
    boolean several = info.getReasonCount() > 1;
    info.setShortDescription(several ? "Multiple errors" : anomaly.shortText());
    info.setDescription(
        several ? info.getDescription() + " " + anomaly.longText() : anomaly.longText());
  }

  private record Saved(
      Outcome outcome,
      List<String> reasons,
      List<Anomaly> anomalies,
      @Nullable List<Comparison> comparisons,
      @Nullable List<SurprisingRow> surprising) {}

  /** Outcome, reasons, anomalies and rows without loss, which the proto has no fields for. */
  public byte[] toJson() {
    return Json.bytes(new Saved(outcome, reasons, anomalies, comparisons, surprising));
  }

  /**
   * Reads {@link #toJson} back.
   *
   * @param name the object, for messages
   * @throws BadInput where the text is not that
   */
  public static Validation fromJson(byte[] json, Schema schema, String name) {
    Saved saved = Json.read(json, Saved.class, name);
    if (saved.outcome() == null || saved.reasons() == null || saved.anomalies() == null) {
      throw new BadInput(name + " lacks outcome, reasons or anomalies; validate the batch again");
    }
    return new Validation(
        schema,
        saved.anomalies(),
        saved.outcome(),
        saved.reasons(),
        saved.comparisons() == null ? List.of() : saved.comparisons(),
        saved.surprising() == null ? List.of() : saved.surprising());
  }
}
