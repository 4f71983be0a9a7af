package dev.sluice.validation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes one story of the anomalies that tell the same of a feature: a value that is stuck, or
 * stands for none, or another way of writing says more than the distances that it moved.
 */
final class Stories {
  private Stories() {}

  /** The anomalies without those that another one tells better, which is as grave as they were. */
  static List<Anomaly> told(List<Anomaly> anomalies) {
    Map<String, Anomaly> unknownValues = new HashMap<>();
    Map<String, Anomaly> leads = new HashMap<>();
    for (Anomaly anomaly : anomalies) {
      if (anomaly.severity() != Severity.INFO) {
        if (anomaly.kind() == Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES) {
          unknownValues.put(anomaly.feature(), anomaly);
        } else if (leads(anomaly)) {
          leads.merge(anomaly.feature(), anomaly, (a, b) -> a.measured() >= b.measured() ? a : b);
        }
      }
    }
    List<Anomaly> told = new ArrayList<>();
    for (Anomaly anomaly : anomalies) {
      Anomaly lead = leads.get(anomaly.feature());
      if (lead == null) {
        told.add(anomaly);
      } else if (unknownValues.containsKey(anomaly.feature())) {
        // The schema knows the values that it lacks, and the edit that takes them in.
        if (anomaly.equals(unknownValues.get(anomaly.feature()))) {
          told.add(joined(anomaly, lead));
        } else if (!leads(anomaly) && !isDistance(anomaly)) {
          told.add(anomaly);
        }
      } else if (anomaly.equals(lead)) {
        told.add(anomaly.withSeverity(gravest(anomalies, lead)));
      } else if (!leads(anomaly) && !isDistance(anomaly)) {
        told.add(anomaly);
      }
    }
    return told;
  }

  private static boolean leads(Anomaly anomaly) {
    return switch (anomaly.kind()) {
      case VALUE_STUCK, DEFAULT_FOR_VALUE, FORMAT_CHANGED -> true;
      default -> false;
    };
  }

  private static boolean isDistance(Anomaly anomaly) {
    // Edits say that a schema sets the limit, which holds to the letter.
    return anomaly.slice().isEmpty()
        && anomaly.edits().isEmpty()
        && switch (anomaly.kind()) {
          case COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
              COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH,
              COMPARATOR_L_INFTY_HIGH,
              VALUE_SPIKE ->
              true;
          default -> false;
        };
  }

  private static Severity gravest(List<Anomaly> anomalies, Anomaly lead) {
    Severity gravest = lead.severity();
    for (Anomaly anomaly : anomalies) {
      if (anomaly.feature().equals(lead.feature())
          && isDistance(anomaly)
          && anomaly.severity().compareTo(gravest) > 0) {
        gravest = anomaly.severity();
      }
    }
    return gravest;
  }

  private static Anomaly joined(Anomaly unknown, Anomaly lead) {
    Severity severity =
        lead.severity().compareTo(unknown.severity()) > 0 ? lead.severity() : unknown.severity();
    Anomaly joined = unknown.withSeverity(severity).withSentence(lead.longText());
    Long row = lead.firstRow();
    return row == null || unknown.firstRow() != null ? joined : joined.withRow(row);
  }
}
