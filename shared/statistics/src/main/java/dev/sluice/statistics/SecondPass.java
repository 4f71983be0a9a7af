package dev.sluice.statistics;

import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import java.util.ArrayList;
import java.util.List;

/** One reading of the examples for all that needs to know the whole before. */
final class SecondPass {
  private final List<Field> fields;
  private final List<Placed> placed;
  private final GroupAccumulator groups;
  private final RelationAccumulator relations;

  /**
   * @param placed of each field
   * @param relations over the same whole
   */
  SecondPass(
      List<Field> fields,
      List<Placed> placed,
      List<Grouping> groupings,
      RelationAccumulator relations) {
    this.fields = List.copyOf(fields);
    this.placed = List.copyOf(placed);
    this.relations = relations;
    groups = new GroupAccumulator(groupings);
    for (int i = 0; i < fields.size(); i++) {
      groups.add(fields.get(i), placed.get(i));
    }
  }

  /** What is known of each feature before the pass, for batches like those of {@code whole}. */
  static List<Placed> placed(DatasetAccumulator whole) {
    Placed.Scratch scratch = new Placed.Scratch();
    List<Placed> placed = new ArrayList<>();
    for (int i = 0; i < whole.fields().size(); i++) {
      placed.add(Placed.of(whole.fields().get(i), whole.feature(i), scratch));
    }
    return placed;
  }

  void add(ExampleBatch batch) {
    groups.take(batch);
    relations.begin(batch);
    for (int i = 0; i < fields.size(); i++) {
      Column column = DatasetAccumulator.column(batch, fields.get(i));
      if (!fields.get(i).repeated()) {
        placed.get(i).take(column);
        relations.take(i, column, placed.get(i));
      }
      groups.count(i, column);
    }
    relations.end(batch.rows());
  }

  List<DatasetStatistics> groups(String split) {
    return groups.result(split);
  }
}
