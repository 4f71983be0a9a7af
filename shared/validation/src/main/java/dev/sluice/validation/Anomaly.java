package dev.sluice.validation;

import dev.sluice.contracts.BadInput;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a batch, as data.
 *
 * @param feature the column, '' for the batch as a whole
 * @param slice {@code column=value} of the rows concerned, several joined by {@code ", "}, '' for
 *     all rows
 * @param shortText one line
 * @param longText what happened with both numbers, the threshold, and what to do
 * @param measured what was compared with {@code threshold}, in the unit that {@code kind} implies
 * @param firstRow 1-based row in the source object where it begins, null where it has no place
 * @param edits of the schema that accept it, all together; empty where no schema forbids it
 */
public record Anomaly(
    String feature,
    String slice,
    Kind kind,
    Severity severity,
    String shortText,
    String longText,
    double measured,
    double threshold,
    @Nullable Long firstRow,
    List<SchemaEdit> edits) {

  public Anomaly {
    // A record of an older version has none.
    edits = edits == null ? List.of() : List.copyOf(edits);
    if (shortText.isEmpty() || longText.isEmpty()) {
      throw new BadInput("an anomaly of " + feature + " (" + kind + ") has no text");
    }
    if (firstRow != null && firstRow < 1) {
      throw new BadInput("firstRow of " + feature + " is " + firstRow + ", rows count from 1");
    }
  }

  /** An anomaly that no schema forbids. */
  public Anomaly(
      String feature,
      String slice,
      Kind kind,
      Severity severity,
      String shortText,
      String longText,
      double measured,
      double threshold,
      @Nullable Long firstRow) {
    this(
        feature, slice, kind, severity, shortText, longText, measured, threshold, firstRow,
        List.of());
  }

  /** An anomaly of a whole column, with no place in the file. */
  static Anomaly of(
      String feature,
      Kind kind,
      Severity severity,
      String shortText,
      String longText,
      double measured,
      double threshold) {
    return new Anomaly(feature, "", kind, severity, shortText, longText, measured, threshold, null);
  }

  Anomaly withFirstRow(long row, String sentence) {
    return new Anomaly(
        feature,
        slice,
        kind,
        severity,
        shortText,
        longTextWith(sentence),
        measured,
        threshold,
        row,
        edits);
  }

  Anomaly withRow(long row) {
    return new Anomaly(
        feature, slice, kind, severity, shortText, longText, measured, threshold, row, edits);
  }

  Anomaly withSeverity(Severity other) {
    return new Anomaly(
        feature, slice, kind, other, shortText, longText, measured, threshold, firstRow, edits);
  }

  /** With what accepts it, which the long text ends with. */
  Anomaly withEdits(List<? extends SchemaEdit> offered) {
    if (offered.isEmpty()) {
      return this;
    }
    List<String> texts = new ArrayList<>();
    offered.forEach(edit -> texts.add(edit.text()));
    List<SchemaEdit> all = new ArrayList<>(edits);
    all.addAll(offered);
    return new Anomaly(
        feature,
        slice,
        kind,
        severity,
        shortText,
        longText + " If it is meant: " + String.join(", ", texts) + ".",
        measured,
        threshold,
        firstRow,
        all);
  }

  /**
   * The same as a comparison with the batch that the live model learned from: a slow drift, which
   * each batch before let pass.
   */
  Anomaly againstLive() {
    String text = "against what the live model learned from, " + shortText;
    return new Anomaly(
        feature,
        slice,
        kind,
        severity.atMost(Severity.WARN),
        text,
        text + longText.substring(shortText.length()),
        measured,
        threshold,
        firstRow);
  }

  Anomaly withSentence(String sentence) {
    return new Anomaly(
        feature,
        slice,
        kind,
        severity,
        shortText,
        longTextWith(sentence),
        measured,
        threshold,
        firstRow,
        edits);
  }

  /** Where something is belongs behind what it is; causes, advice and figures come after. */
  private String longTextWith(String sentence) {
    String headline = shortText + ".";
    return longText.startsWith(headline)
        ? headline + " " + sentence + longText.substring(headline.length())
        : longText + " " + sentence;
  }

  /** The row of BigQuery's table {@code anomalies}, without {@code updated_at}. */
  public Map<String, @Nullable Object> toRow(String pipeline, String run, String batch) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("pipeline", pipeline);
    row.put("run", run);
    row.put("batch", batch);
    row.put("feature", feature);
    row.put("slice", slice);
    row.put("kind", kind.name());
    row.put("severity", severity.name());
    row.put("short_text", shortText);
    row.put("long_text", longText);
    row.put("measured", Double.isFinite(measured) ? (Double) measured : null);
    row.put("threshold", Double.isFinite(threshold) ? (Double) threshold : null);
    row.put("first_row", firstRow);
    row.put("edits", edits.stream().map(SchemaEdit::text).toList());
    return row;
  }
}
