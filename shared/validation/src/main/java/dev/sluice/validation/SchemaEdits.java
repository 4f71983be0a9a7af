package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tensorflow.metadata.v0.Schema;

/** The edits that accept a batch, together, and the name of the person who made them. */
public final class SchemaEdits {
  private SchemaEdits() {}

  /**
   * What the anomalies offer, each edit once, in the order in which they are to be made. An anomaly
   * that only informs holds nothing up, so its edits are left out.
   */
  public static List<SchemaEdit> of(List<Anomaly> anomalies) {
    Set<SchemaEdit> edits = new LinkedHashSet<>();
    for (Anomaly anomaly : anomalies) {
      if (anomaly.severity() != Severity.INFO) {
        edits.addAll(anomaly.edits());
      }
    }
    return List.copyOf(edits);
  }

  /**
   * The schema that accepts what the anomalies of a batch tell of; the same where none of them is
   * about the schema.
   *
   * @param schema the one that the batch was held to
   * @throws BadInput where an edit is about a feature that the schema does not have
   */
  public static Schema apply(Schema schema, List<Anomaly> anomalies) {
    Schema edited = schema;
    for (SchemaEdit edit : of(anomalies)) {
      edited = edit.apply(edited);
    }
    return edited;
  }

  /**
   * The schema as a version of its own: a comment in its annotation, which TFX leaves alone, says
   * when, who, why and what. The comments of the versions before stay.
   *
   * @param author who takes the responsibility
   * @param reason why, one line
   * @throws BadInput where author or reason is empty
   */
  public static Schema signed(
      Schema schema, String author, String reason, Instant at, List<SchemaEdit> edits) {
    if (author.isBlank() || reason.isBlank()) {
      throw new BadInput(
          "a version of a schema needs an author and a reason, and has author '"
              + author
              + "', reason '"
              + reason
              + "'");
    }
    List<String> texts = new ArrayList<>();
    edits.forEach(edit -> texts.add(edit.text()));
    Schema.Builder signed = schema.toBuilder();
    signed
        .getAnnotationBuilder()
        .addComment(
            at
                + " "
                + line(author)
                + ": "
                + line(reason)
                + (texts.isEmpty() ? "" : " (" + String.join("; ", texts) + ")"));
    return signed.build();
  }

  private static String line(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}
