package dev.sluice.validation;

import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.ValueCount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One feature in one set of rows, in the form that comparisons need. Of a multi-valued feature the
 * shape and the texts are those of all values of its rows.
 *
 * @param rows with a value or without
 * @param missing rows without a value that can be used: none, NaN or infinite
 * @param notFinite of these, NaN or infinite
 * @param shape of a numeric feature; null without finite values
 * @param texts of a text feature; null for a numeric one
 */
record Cell(
    long rows, long missing, long notFinite, @Nullable Shape shape, @Nullable Frequencies texts) {
  static Cell of(FeatureStatistics feature) {
    var numbers = feature.numbers();
    if (numbers != null) {
      // Of a list some values may be NaN, and the row has others.
      long notFinite = feature.repeated() ? 0 : numbers.nans() + numbers.infinities();
      return new Cell(
          feature.rows(),
          feature.missing() + notFinite,
          notFinite,
          Shape.of(feature.valueCount(), numbers, feature.values()),
          null);
    }
    Map<String, Long> counts = new HashMap<>();
    for (ValueCount value : feature.values().top()) {
      counts.put(value.value(), value.frequency());
    }
    return new Cell(
        feature.rows(),
        feature.missing(),
        0,
        null,
        new Frequencies(counts, feature.valueCount(), feature.values().complete()));
  }

  static Cell pool(List<Cell> cells) {
    long rows = 0;
    long missing = 0;
    long notFinite = 0;
    List<Shape> shapes = new ArrayList<>();
    Map<String, Long> counts = new HashMap<>();
    long texts = 0;
    boolean anyTexts = false;
    boolean complete = true;
    for (Cell cell : cells) {
      rows += cell.rows;
      missing += cell.missing;
      notFinite += cell.notFinite;
      if (cell.shape != null) {
        shapes.add(cell.shape);
      }
      Frequencies frequencies = cell.texts;
      if (frequencies != null) {
        anyTexts = true;
        texts += frequencies.n();
        complete &= frequencies.complete();
        frequencies.counts().forEach((value, count) -> counts.merge(value, count, Long::sum));
      }
    }
    return new Cell(
        rows,
        missing,
        notFinite,
        shapes.isEmpty() ? null : Shape.pool(shapes),
        anyTexts ? new Frequencies(counts, texts, complete) : null);
  }

  double missingShare() {
    return rows == 0 ? 0 : (double) missing / rows;
  }

  Shape needShape() {
    return Objects.requireNonNull(shape);
  }

  Frequencies needTexts() {
    return Objects.requireNonNull(texts);
  }
}
