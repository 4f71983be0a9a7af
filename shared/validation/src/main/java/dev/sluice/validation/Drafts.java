package dev.sluice.validation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Anomalies of whole columns as they are found, with the edits of the schema that accept them. */
final class Drafts {
  private final List<Draft> all = new ArrayList<>();

  List<Draft> all() {
    return all;
  }

  void add(
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

  void add(
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
    all.add(new Draft(anomaly.withEdits(List.of(edits)), search));
  }
}
