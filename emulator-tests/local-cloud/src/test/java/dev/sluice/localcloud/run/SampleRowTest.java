package dev.sluice.localcloud.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SampleRowTest {
  private static Field list(String name, ValueType type) {
    return new Field(name, type, /* repeated= */ true, /* base64= */ false);
  }

  private static ExampleBatch batch(double last) {
    Validity one = Validity.all(1);
    int[] two = {0, 2};
    return new ExampleBatch(
        List.of(
            list("tags", ValueType.STRING),
            list("vector", ValueType.FLOAT),
            new Field("price", ValueType.FLOAT),
            new Field("sold", ValueType.STRING),
            new Field(Field.ROW, ValueType.INT)),
        List.of(
            new ListColumn(
                two, new StringColumn(new int[] {1, 0}, List.of("a", "b"), Validity.all(2)), one),
            new ListColumn(two, new FloatColumn(new double[] {.5, last}, Validity.all(2)), one),
            new FloatColumn(new double[] {last}, one),
            new StringColumn(new int[] {0}, List.of("yes"), one),
            new IntColumn(new long[] {7}, one)),
        1);
  }

  @Test
  void listsAreArraysInTheRequest() {
    SampleRow row =
        SampleRow.of(batch(2), /* seen= */ false, Set.of("tags", "vector", "price"), "sold");
    assertThat(row.request())
        .hasToString(
            "{\"instances\":[{\"tags\":[\"b\",\"a\"],\"vector\":[0.5,2.0],\"price\":2.0}]}");
    assertThat(row.label()).isEqualTo("yes");
    assertThat(row.row()).isEqualTo(7);
  }

  @Test
  void whatJsonHasNoWordForIsLeftOutWithItsList() {
    SampleRow row =
        SampleRow.of(batch(Double.NaN), /* seen= */ true, Set.of("tags", "vector", "price"), "");
    assertThat(row.request()).hasToString("{\"instances\":[{\"tags\":[\"b\",\"a\"]}]}");
    assertThat(row.label()).isNull();
  }
}
