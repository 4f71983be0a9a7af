package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Unavailable;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.MissingStarts;
import dev.sluice.validation.FirstRows.Rows;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FirstRowsTest {
  /** Rows of one source; values above 100 stand for missing ones. */
  private static ExampleBatch batch(String source, long[] rows, long[] values) {
    long[] present = new long[(rows.length + 63) / 64];
    for (int i = 0; i < rows.length; i++) {
      if (values[i] <= 100) {
        present[i >> 6] |= 1L << (i & 63);
      }
    }
    return new ExampleBatch(
        List.of(
            new Field("x", ValueType.INT),
            new Field(Field.ROW, ValueType.INT),
            new Field(Field.SOURCE, ValueType.STRING)),
        List.of(
            new IntColumn(values, Validity.of(present, rows.length)),
            new IntColumn(rows, Validity.all(rows.length)),
            new StringColumn(new int[rows.length], List.of(source), Validity.all(rows.length))),
        rows.length);
  }

  private static ExampleSource source(ExampleBatch... batches) {
    Deque<ExampleBatch> left = new ArrayDeque<>(Arrays.asList(batches));
    return columns ->
        new ExampleReader() {
          @Override
          public List<Field> fields() {
            return batches[0].fields();
          }

          @Override
          public @Nullable ExampleBatch next() {
            return left.poll();
          }

          @Override
          public void close() {}
        };
  }

  @Test
  void theFirstRowIsTheLowestWhateverTheOrderOfReading() {
    var places =
        FirstRows.find(
            source(
                batch("a.csv", new long[] {9, 4}, new long[] {50, 60}),
                batch("a.csv", new long[] {2, 7}, new long[] {1, 70})),
            List.of(new FirstValue("x", Rows.ALL, "value", any -> true, value -> value < 10)));
    assertThat(places).hasSize(1);
    assertThat(places.getFirst())
        .satisfies(place -> {
          assertThat(place.row()).isEqualTo(4);
          assertThat(place.value()).isEqualTo("'60'");
          assertThat(place.sources()).isEqualTo(1);
        });
  }

  @Test
  void theSourceThatBreaksIsNamed() {
    long[] rows = new long[200];
    long[] whole = new long[200];
    long[] broken = new long[200];
    for (int i = 0; i < 200; i++) {
      rows[i] = i + 1L;
      broken[i] = i >= 120 ? 999 : 5;
    }
    var place =
        FirstRows.find(
                source(batch("a.csv", rows, whole), batch("b.csv", rows, broken)),
                List.of(new MissingStarts("x", Rows.ALL, 0)))
            .getFirst();
    assertThat(place).isNotNull();
    assertThat(place.source()).isEqualTo("b.csv");
    assertThat(place.row()).isEqualTo(121);
    assertThat(place.sources()).isEqualTo(2);
  }

  @Test
  void whatIsNotThereHasNoPlace() {
    assertThat(
            FirstRows.find(
                source(batch("a.csv", new long[] {1}, new long[] {1})),
                List.of(
                    new FirstValue("x", Rows.ALL, "value", any -> true, any -> true),
                    new FirstValue("y", Rows.ALL, "value", any -> true, any -> false))))
        .containsExactly(null, null);
  }

  @Test
  void examplesThatCannotBeReadMayBeTriedAgain() {
    assertThatThrownBy(() ->
            FirstRows.find(
                columns -> {
                  throw new IOException("away");
                },
                List.of(new MissingStarts("x", Rows.ALL, 0))))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("away");
  }
}
