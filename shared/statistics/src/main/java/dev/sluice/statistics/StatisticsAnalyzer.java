package dev.sluice.statistics;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.RowHashes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures the examples of a batch: one pass for the whole of each split, a second for groups and
 * associations. Examples are streamed; memory does not grow with the rows. Keeps nothing between
 * calls.
 */
public final class StatisticsAnalyzer {
  private final GroupOptions options;
  private final @Nullable Label label;

  /** One that looks at these groups and knows of no label. */
  public StatisticsAnalyzer(GroupOptions options) {
    this(options, null);
  }

  /**
   * One that looks at these groups.
   *
   * @param label what mutual information is measured with, or null
   */
  public StatisticsAnalyzer(GroupOptions options, @Nullable Label label) {
    this.options = options;
    this.label = label;
  }

  /**
   * Reads both splits twice, or once where there are neither groups nor pairs of features.
   *
   * @param train opens the examples of {@code train}, from the start each time; closed here
   * @param eval opens those of {@code eval}, with the same columns
   * @throws IOException where reading fails
   */
  public Statistics analyze(Supplier<ExampleReader> train, Supplier<ExampleReader> eval)
      throws IOException {
    Repetition repetition = new Repetition(Repetition.EXACT_ROWS);
    DatasetAccumulator all = whole(train, repetition);
    DatasetStatistics ofTrain = all.result("train");
    DatasetAccumulator evalAccumulator = whole(eval, repetition);
    DatasetStatistics ofEval = evalAccumulator.result("eval");
    all.merge(evalAccumulator);
    DatasetStatistics ofAll = all.result("");

    List<String> notes = new ArrayList<>();
    List<Grouping> groupings = groupings(ofAll, notes);
    List<Placed> placed = SecondPass.placed(all);
    RelationAccumulator relations = new RelationAccumulator(all, ofAll, placed, label);
    SecondPass pass = new SecondPass(all.fields(), placed, groupings, relations);
    List<DatasetStatistics> trainGroups = List.of();
    if (!groupings.isEmpty() || relations.needed()) {
      read(train, pass);
      trainGroups = pass.groups("train");
      read(eval, pass);
    }
    notes.addAll(relations.notes());
    return new Statistics(
        ofTrain,
        ofEval,
        ofAll,
        trainGroups,
        pass.groups(""),
        new Relations(all.rows(), repetition.result(), relations.result()),
        notes);
  }

  private static DatasetAccumulator whole(Supplier<ExampleReader> examples, Repetition repetition)
      throws IOException {
    try (ExampleReader reader = examples.get()) {
      DatasetAccumulator accumulator = new DatasetAccumulator(reader.fields());
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        accumulator.add(batch);
        repetition.add(RowHashes.ofRows(batch));
      }
      return accumulator;
    }
  }

  private static void read(Supplier<ExampleReader> examples, SecondPass pass) throws IOException {
    try (ExampleReader reader = examples.get()) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        pass.add(batch);
      }
    }
  }

  private List<Grouping> groupings(DatasetStatistics whole, List<String> notes) {
    return options.columns().isEmpty() ? found(whole, notes) : named(whole, notes);
  }

  private List<Grouping> named(DatasetStatistics whole, List<String> notes) {
    List<Grouping> groupings = new ArrayList<>();
    for (String column : options.columns().stream().distinct().toList()) {
      FeatureStatistics feature = whole.feature(column);
      if (feature == null) {
        notes.add("column " + column + " makes no groups: the batch does not have it");
      } else if (feature.repeated()) {
        notes.add(
            "column "
                + column
                + " makes no groups: it holds several values a row; group by a column of one value"
                + " a row, or derive one upstream");
      } else if (feature.type() == ValueType.FLOAT) {
        notes.add("column " + column + " makes no groups: it is FLOAT; group by STRING or INT");
      } else if (feature.values().top().isEmpty()) {
        notes.add("column " + column + " makes no groups: none of its values is frequent");
      } else {
        groupings.add(grouping(feature, options.mostValues()));
      }
    }
    return groupings;
  }

  private List<Grouping> found(DatasetStatistics whole, List<String> notes) {
    List<FeatureStatistics> candidates =
        whole.features().stream()
            .filter(feature -> feature.type() != ValueType.FLOAT && !feature.repeated())
            .filter(feature -> feature.values().complete())
            .filter(feature -> feature.values().top().size() >= 2)
            .filter(feature -> feature.values().top().size() <= options.mostValues())
            .sorted(
                Comparator.comparing((FeatureStatistics f) -> f.type() != ValueType.STRING)
                    .thenComparingInt(f -> f.values().top().size()))
            .limit(options.mostColumns())
            .toList();
    List<Grouping> groupings = new ArrayList<>();
    long left = options.mostStatistics();
    for (FeatureStatistics candidate : candidates) {
      // Of a wide table only the most frequent values may have a group of their own.
      int values = (int) Math.min(options.mostValues(), left / whole.features().size() - 2);
      if (values < 2) {
        notes.add(
            "column "
                + candidate.name()
                + " makes no groups: the table is wide and others come first; name it under"
                + " group_by");
        continue;
      }
      Grouping grouping = grouping(candidate, values);
      left -= (long) grouping.size() * whole.features().size();
      groupings.add(grouping);
    }
    return groupings;
  }

  private static Grouping grouping(FeatureStatistics feature, int values) {
    return new Grouping(
        new Field(feature.name(), feature.type()),
        feature.values().top().stream().limit(values).map(ValueCount::value).toList());
  }
}
