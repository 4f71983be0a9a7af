package dev.sluice.validation;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What becomes of a batch that was held and that a person accepted: it goes on with a warning, and
 * all that held it stands in the record with who accepted it and why. What the person has not seen
 * holds it still.
 */
public final class AcceptedBatch {
  private AcceptedBatch() {}

  /**
   * @param now what the checks say of the batch now, by the schema that was changed to accept it
   * @param seen what they said when the person accepted it
   */
  public static Validation of(Validation now, List<Anomaly> seen, Acceptance acceptance) {
    String sentence = "Accepted by " + acceptance.author() + ": " + acceptance.reason() + ".";
    Map<String, Anomaly> held = new HashMap<>();
    for (Anomaly anomaly : seen) {
      if (anomaly.severity() != Severity.INFO && mayBeAccepted(anomaly)) {
        held.put(key(anomaly), anomaly);
      }
    }
    List<Anomaly> anomalies = new ArrayList<>();
    for (Anomaly anomaly : now.anomalies()) {
      boolean accepted = held.remove(key(anomaly)) != null;
      anomalies.add(
          accepted && anomaly.severity() != Severity.INFO
              ? anomaly.withSeverity(Severity.WARN).withSentence(sentence)
              : anomaly);
    }
    held.values().stream()
        .sorted(Comparator.comparing(AcceptedBatch::key))
        .map(anomaly -> anomaly.withSeverity(Severity.WARN).withSentence(sentence))
        .forEach(anomalies::add);
    anomalies.sort(Comparator.comparing(Anomaly::severity).reversed());
    boolean fails = anomalies.stream().anyMatch(a -> a.severity() == Severity.FAIL);
    List<String> reasons = new ArrayList<>();
    reasons.add("accepted by " + acceptance.author() + ": " + acceptance.reason());
    reasons.addAll(DataValidator.reasons(anomalies, /* few= */ null));
    return now.judged(anomalies, fails ? Outcome.FAIL : Outcome.WARN, reasons);
  }

  /** False of a batch without rows: no word makes something to learn from of nothing. */
  public static boolean mayBeAccepted(Anomaly anomaly) {
    return !(anomaly.kind() == Kind.DATASET_LOW_NUM_EXAMPLES && anomaly.measured() == 0);
  }

  private static String key(Anomaly anomaly) {
    return String.join("\0", anomaly.feature(), anomaly.slice(), anomaly.kind().name());
  }
}
