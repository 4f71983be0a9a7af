package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What turns raw rows into features and labels, fitted on train and then fixed: the same for the
 * batch it was fitted on, for evaluation and for serving, bit for bit. Immutable and safe for use
 * by several threads.
 */
public final class Mapping {
  private final List<RawColumn> rawColumns;
  private final List<Encoder> encoders;
  private final LabelMapping label;
  private final long rows;
  private final List<String> features;
  private final int[] starts;
  private final Map<String, Integer> columns;
  private final @Nullable Encoder[] encoderOfColumn;
  private final int[] startOfColumn;
  private volatile @Nullable LabelExpression expression;

  /**
   * @param rawColumns every column of the data set, in its order
   * @param encoders in the order of their features, each of a raw column whose role is FEATURE
   * @param rows rows of train
   */
  Mapping(List<RawColumn> rawColumns, List<Encoder> encoders, LabelMapping label, long rows) {
    this.rawColumns = List.copyOf(rawColumns);
    this.encoders = List.copyOf(encoders);
    this.label = label;
    this.rows = rows;
    this.columns = new HashMap<>();
    for (RawColumn column : rawColumns) {
      if (columns.put(column.name(), columns.size()) != null) {
        throw new BadInput("the mapping holds column '" + column.name() + "' twice");
      }
    }
    this.starts = new int[encoders.size()];
    // What an expression gives is no column, but a request may carry it.
    columns.putIfAbsent(label.name(), columns.size());
    this.encoderOfColumn = new Encoder[columns.size()];
    this.startOfColumn = new int[columns.size()];
    List<String> names = new ArrayList<>();
    Set<String> taken = new HashSet<>(List.of(FeatureBatches.LABEL, Field.ROW, Field.SOURCE));
    for (int i = 0; i < encoders.size(); i++) {
      starts[i] = names.size();
      Encoder encoder = encoders.get(i);
      Integer column = columns.get(encoder.column());
      if (column == null) {
        throw new BadInput(
            "the mapping encodes column '"
                + encoder.column()
                + "', which is not among its columns");
      }
      encoderOfColumn[column] = encoder;
      startOfColumn[column] = starts[i];
      for (String feature : encoder.features()) {
        String name = feature;
        while (!taken.add(name)) {
          name += "_";
        }
        names.add(name);
      }
    }
    this.features = List.copyOf(names);
  }

  /**
   * Fits a mapping in one pass over train.
   *
   * @param exclude columns that are never a feature
   * @throws BadInput where the label is not binary, a named column does not exist, or no feature is
   *     left
   */
  public static Mapping fit(
      ExampleReader train, PipelineSpec.Label label, List<String> exclude, FeatureSpec features)
      throws IOException {
    MappingFitter fitter = new MappingFitter(train.fields(), label, exclude, features);
    for (ExampleBatch batch = train.next(); batch != null; batch = train.next()) {
      fitter.add(batch);
    }
    return fitter.fit();
  }

  /** Every column of the data set with its type and role, in the data set's order. */
  public List<RawColumn> rawColumns() {
    return rawColumns;
  }

  /** One a raw column that enters the model, in the order of their features. */
  public List<Encoder> encoders() {
    return encoders;
  }

  /** The names of the features, distinct, in order. */
  public List<String> features() {
    return features;
  }

  /** What is learned. */
  public LabelMapping label() {
    return label;
  }

  /** Rows of train. */
  public long rows() {
    return rows;
  }

  /**
   * Features and labels of a batch, in its row order. A column that the batch does not have is
   * missing in every row; where the columns of the label are not all there, no row has a label.
   *
   * @throws BadInput where a numeric column holds other text, or the label a third value
   */
  public FeatureMatrix apply(ExampleBatch batch) {
    int n = batch.rows();
    int width = features.size();
    float[] values = new float[n * width];
    Arrays.fill(values, Float.NaN);
    for (int i = 0; i < encoders.size(); i++) {
      Column column = batch.column(encoders.get(i).column());
      if (column != null) {
        apply(encoders.get(i), column, values, starts[i], width);
      }
    }
    long[] numbers = new long[n];
    if (batch.column(Field.ROW) instanceof IntColumn given) {
      System.arraycopy(given.values(), 0, numbers, 0, n);
    }
    return new FeatureMatrix(features, n, values, labels(batch), numbers);
  }

  /** Labels of a batch: 1, 0, or NaN where a row has none. */
  public float[] labels(ExampleBatch batch) {
    if (label.expression() == null) {
      Column column = batch.column(label.name());
      if (column != null) {
        return label.ofColumn(column, batch);
      }
    } else {
      LabelExpression compiled = expression();
      if (compiled.columns().stream().allMatch(name -> batch.column(name) != null)) {
        return compiled.labels(batch);
      }
    }
    float[] none = new float[batch.rows()];
    Arrays.fill(none, Float.NaN);
    return none;
  }

  /** An encoder of single rows; each thread takes its own and uses it again. */
  public RowEncoder newRow() {
    return new RowEncoder(this);
  }

  /**
   * The raw column's index; the label's name has one too.
   *
   * @throws BadInput for a name the data set does not have, with the nearest
   */
  public int column(String name) {
    Integer column = columns.get(name);
    if (column == null) {
      throw new BadInput(
          "there is no column '"
              + name
              + "'; did you mean '"
              + Names.nearest(name, rawColumns.stream().map(RawColumn::name).toList())
              + "'? Columns that the model reads: "
              + String.join(", ", encoders.stream().limit(20).map(Encoder::column).toList()));
    }
    return column;
  }

  @Nullable Encoder encoderOf(int column) {
    return encoderOfColumn[column];
  }

  int startOf(int column) {
    return startOfColumn[column];
  }

  /** Compiled when labels are first asked for: serving never loads the compiler. */
  private LabelExpression expression() {
    LabelExpression compiled = expression;
    if (compiled == null) {
      String text = label.expression();
      compiled =
          LabelExpression.compile(
              label.name(),
              text == null ? "" : text,
              rawColumns.stream()
                  .map(c -> new Field(c.name(), c.type(), c.repeated(), /* base64= */ false))
                  .toList());
      expression = compiled;
    }
    return compiled;
  }

  private static void apply(
      Encoder.OfLists encoder, ListColumn lists, float[] out, int start, int width) {
    Encoder.OfLists.State state = new Encoder.OfLists.State();
    int[] offsets = lists.offsets();
    for (int i = 0; i < lists.rows(); i++) {
      if (lists.isMissing(i)) {
        continue;
      }
      int at = i * width + start;
      encoder.begin(state, out, at);
      for (int v = offsets[i]; v < offsets[i + 1]; v++) {
        switch (lists.values()) {
          case IntColumn ints -> encoder.add(state, ints.values()[v], out, at);
          case FloatColumn floats -> encoder.add(state, floats.values()[v], out, at);
          case StringColumn texts -> encoder.add(state, texts.value(v), out, at);
          case ListColumn _ -> throw new Bug("a list of lists");
        }
      }
      encoder.end(state, out, at);
    }
  }

  private static void apply(Encoder encoder, Column column, float[] out, int start, int width) {
    int n = column.rows();
    switch (column) {
      case IntColumn ints -> {
        for (int i = 0; i < n; i++) {
          if (!ints.isMissing(i)) {
            encoder.encode(ints.values()[i], out, i * width + start);
          }
        }
      }
      case FloatColumn floats -> {
        for (int i = 0; i < n; i++) {
          if (!floats.isMissing(i)) {
            encoder.encode(floats.values()[i], out, i * width + start);
          }
        }
      }
      case ListColumn lists -> {
        if (!(encoder instanceof Encoder.OfLists ofLists)) {
          throw new BadInput(
              "column '"
                  + encoder.column()
                  + "' holds several values a row, and the mapping was fitted on one; fit it again"
                  + " on rows like these, or write one value a row");
        }
        apply(ofLists, lists, out, start, width);
      }
      case StringColumn text -> {
        // Each distinct text is encoded once, then copied.
        int size = encoder.width();
        float[] @Nullable [] coded = new float[text.dictionary().size()][];
        for (int i = 0; i < n; i++) {
          if (!text.isMissing(i)) {
            float[] features = coded[text.codes()[i]];
            if (features == null) {
              features = new float[size];
              encoder.encode(text.value(i), features, 0);
              coded[text.codes()[i]] = features;
            }
            System.arraycopy(features, 0, out, i * width + start, size);
          }
        }
      }
    }
  }
}
