package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.ListColumn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fits a mapping in one pass over train. What no spec says is chosen so: numbers are z-scored, a
 * missing one stays missing, which trees have a branch for; text becomes an id by descending
 * frequency, also where it has few tokens, as a feature a token gave trees no better AUC than ids
 * (median of 5 seeds on taxi trips: ids .9586, one-hot .9581); a column without values, with one
 * value in every row, with nearly a text a row or with bytes that are no text is left out.
 *
 * <p>Of multi-valued columns, texts become a feature a token for the {@value
 * FeatureChoice.OneHot#USUAL} most frequent, 1 where the row has it; numbers a feature a place
 * where every row of train has equally many, at most {@value Encoder.Vector#LONGEST}, else their
 * mean, least, greatest and number, all on the scale of the column's values together. Not safe for
 * use by several threads.
 */
public final class MappingFitter {
  private final List<Field> fields = new ArrayList<>();
  private final FeatureSpec spec;
  private final PipelineSpec.Label label;
  private final Set<String> exclude;
  private final LabelSummary labels;
  private final List<@Nullable ColumnSummary> summaries = new ArrayList<>();
  private long rows;

  /**
   * @param fields train's columns
   * @param exclude columns that are never a feature
   * @throws BadInput where a named column does not exist, a choice does not fit its column's type,
   *     or the label's expression does not compile
   */
  public MappingFitter(
      List<Field> fields, PipelineSpec.Label label, List<String> exclude, FeatureSpec spec) {
    for (Field field : fields) {
      if (!field.isProvenance()) {
        this.fields.add(field);
      }
    }
    this.spec = spec;
    this.label = label;
    this.exclude = new HashSet<>(exclude);
    this.labels = new LabelSummary(label, this.fields);
    exclude.forEach(name -> exists("exclude", name));
    spec.choices().keySet().forEach(name -> exists("features", name));
    for (Field field : this.fields) {
      summaries.add(reasonBefore(field) == null ? summary(field) : null);
    }
  }

  /** Adds rows of train. */
  public void add(ExampleBatch batch) {
    rows += batch.rows();
    labels.add(batch);
    for (int i = 0; i < fields.size(); i++) {
      ColumnSummary summary = summaries.get(i);
      if (summary == null) {
        continue;
      }
      Field field = fields.get(i);
      Column column = batch.column(field.name());
      if (column == null
          || column instanceof ListColumn != field.repeated()
          || (column.type() == ValueType.STRING) != (field.type() == ValueType.STRING)) {
        throw new Bug(
            "column "
                + field.name()
                + " was announced as "
                + (field.repeated() ? "lists of " : "")
                + field.type()
                + " but a batch "
                + (column == null
                    ? "lacks it"
                    : "holds "
                        + (column instanceof ListColumn ? "lists of " : "")
                        + column.type()));
      }
      summary.add(column);
    }
  }

  /**
   * The mapping of all rows added.
   *
   * @throws BadInput where the label is not binary or no feature is left
   */
  public Mapping fit() {
    if (rows == 0) {
      throw new BadInput("train has no rows: there is nothing to fit a mapping on; send more rows");
    }
    LabelMapping fitted = labels.result();
    List<RawColumn> raw = new ArrayList<>();
    List<Encoder> encoders = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      ColumnSummary summary = summaries.get(i);
      if (summary == null) {
        String reason = reasonBefore(field);
        raw.add(
            new RawColumn(
                field.name(),
                field.type(),
                field.repeated(),
                field.name().equals(label.name()) ? RawColumn.Role.LABEL : RawColumn.Role.EXCLUDED,
                reason == null ? "" : reason));
        continue;
      }
      FeatureChoice told = spec.choices().get(field.name());
      String reason = told == null ? reasonAfter(field, summary) : noValue(summary);
      if (reason != null) {
        raw.add(
            new RawColumn(
                field.name(), field.type(), field.repeated(), RawColumn.Role.EXCLUDED, reason));
      } else {
        raw.add(
            new RawColumn(
                field.name(), field.type(), field.repeated(), RawColumn.Role.FEATURE, ""));
        FeatureChoice choice = told == null ? automatic(field) : told;
        encoders.add(
            field.repeated() ? ofLists(field, choice, summary) : encoder(field, choice, summary));
      }
    }
    if (raw.size() == 1 && label.expression() == null) {
      throw new BadInput(
          "the data has no column besides label '"
              + label.name()
              + "', so there is nothing to learn it from; add the columns that may tell it");
    }
    if (encoders.isEmpty()) {
      throw new BadInput(
          "no column is left to learn label '"
              + label.name()
              + "' from: "
              + String.join(
                  "; ",
                  raw.stream()
                      .filter(c -> c.role() != RawColumn.Role.LABEL)
                      .limit(20)
                      .map(c -> c.name() + ": " + c.reason())
                      .toList()));
    }
    return new Mapping(raw, encoders, fitted, rows);
  }

  private ColumnSummary summary(Field field) {
    FeatureChoice told = spec.choices().get(field.name());
    FeatureChoice choice = told == null ? automatic(field) : told;
    if (choice instanceof FeatureChoice.Numeric && field.type() == ValueType.STRING) {
      throw new BadInput(
          "features, column '"
              + field.name()
              + "' holds text, and log, z_score and numeric need numbers; use vocabulary or"
              + " one_hot, or correct the values that are no numbers");
    }
    return new ColumnSummary(
        choice instanceof FeatureChoice.Numeric numeric && numeric.log(),
        !(choice instanceof FeatureChoice.Numeric));
  }

  private static FeatureChoice automatic(Field field) {
    return switch (field.type()) {
      case INT, FLOAT -> new FeatureChoice.Numeric(false, true);
      case STRING ->
          field.repeated()
              ? FeatureChoice.OneHot.ofDefaults()
              : FeatureChoice.Vocabulary.ofDefaults();
    };
  }

  private static Encoder ofLists(Field field, FeatureChoice choice, ColumnSummary summary) {
    return switch (choice) {
      case FeatureChoice.Numeric numeric -> {
        Encoder.Numeric scale = numeric(field, numeric, summary);
        int length = summary.commonLength();
        yield length > 0 && length <= Encoder.Vector.LONGEST
            ? new Encoder.Vector(scale, length)
            : new Encoder.Summary(scale);
      }
      case FeatureChoice.Vocabulary v ->
          multiHot(field, Math.min(v.topK(), FeatureChoice.OneHot.MOST), v.minCount(), summary);
      case FeatureChoice.OneHot v -> multiHot(field, v.topK(), v.minCount(), summary);
      case FeatureChoice.Exclude e -> throw new Bug("an excluded column has no encoder");
    };
  }

  private static Encoder multiHot(Field field, int topK, int minCount, ColumnSummary summary) {
    return new Encoder.MultiHot(field.name(), Vocabulary.of(summary.tokens(topK, minCount)));
  }

  private static Encoder.Numeric numeric(
      Field field, FeatureChoice.Numeric choice, ColumnSummary summary) {
    boolean scaled = choice.zScore() && summary.finite() > 0;
    double stdDev = scaled && summary.stdDev() > 0 ? summary.stdDev() : 1;
    return new Encoder.Numeric(
        field.name(),
        choice.log(),
        scaled ? summary.mean() : 0,
        Double.isFinite(stdDev) ? stdDev : 1,
        Double.isFinite(summary.rawMean()) ? summary.rawMean() : 0);
  }

  private static Encoder encoder(Field field, FeatureChoice choice, ColumnSummary summary) {
    return switch (choice) {
      case FeatureChoice.Numeric numeric -> numeric(field, numeric, summary);
      case FeatureChoice.Vocabulary v ->
          new Encoder.Categorical(
              field.name(), Vocabulary.of(summary.tokens(v.topK(), v.minCount())), v.oovBuckets());
      case FeatureChoice.OneHot v ->
          new Encoder.OneHot(field.name(), Vocabulary.of(summary.tokens(v.topK(), v.minCount())));
      case FeatureChoice.Exclude e -> throw new Bug("an excluded column has no encoder");
    };
  }

  /** Why a column is no feature, whatever it holds; null where it may be one. */
  private @Nullable String reasonBefore(Field field) {
    if (field.name().equals(label.name())) {
      return "it is the label";
    }
    if (exclude.contains(field.name())) {
      return "the spec excludes it";
    }
    if (spec.choices().get(field.name()) instanceof FeatureChoice.Exclude) {
      return "the spec's features exclude it";
    }
    if (field.base64()) {
      if (spec.choices().containsKey(field.name())) {
        throw new BadInput(
            "features, column '"
                + field.name()
                + "' holds bytes that are no text, which no choice turns into a feature; take it"
                + " out of 'features', or derive a column from it upstream");
      }
      return "it holds bytes that are no text";
    }
    return null;
  }

  private static @Nullable String reasonAfter(Field field, ColumnSummary summary) {
    if (noValue(summary) != null) {
      return noValue(summary);
    }
    boolean sameLength = !field.repeated() || summary.commonLength() > 0;
    boolean one =
        field.type() == ValueType.STRING
            ? summary.distinctTokens() == 1
            : summary.oneNumber() && sameLength;
    if (one && summary.missing() == 0) {
      return "it has the same value in every row of train";
    }
    if (field.type() == ValueType.STRING && summary.nearlyUnique()) {
      return "nearly every row of train has a text of its own ("
          + summary.distinctTokens()
          + " different in "
          + summary.present()
          + "); name it under 'features' to use it";
    }
    return null;
  }

  private static @Nullable String noValue(ColumnSummary summary) {
    return summary.present() == 0 ? "it has no value in train" : null;
  }

  private void exists(String key, String name) {
    if (fields.stream().noneMatch(field -> field.name().equals(name))) {
      throw new BadInput(
          "'"
              + key
              + "' names a column that the data does not have"
              + LabelExpression.unknownColumn(name, fields));
    }
  }
}
