package dev.sluice.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import dev.sluice.examples.Validity;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlicesTest {
  private static ExampleBatch batch(int rows) {
    int[] codes = new int[rows];
    long[] hours = new long[rows];
    for (int i = 0; i < rows; i++) {
      codes[i] = i % 2;
      hours[i] = i < 10 ? 1 : 2;
    }
    return new ExampleBatch(
        List.of(new Field("country", ValueType.STRING), new Field("hour", ValueType.INT)),
        List.of(
            new StringColumn(codes, List.of("NL", "JP"), Validity.all(rows)),
            new IntColumn(hours, Validity.all(rows))),
        rows);
  }

  @Test
  void members_areCountedAcrossBatchesInOrder() {
    Slices slices = new Slices(List.of(List.of("country"), List.of("country", "hour")));
    slices.add(batch(40));
    slices.add(batch(40));
    assertThat(slices.members())
        .containsOnlyKeys("country=NL", "country=JP", "country=NL,hour=2", "country=JP,hour=2");
    assertThat(slices.members().get("country=NL")).startsWith(0, 2, 4).endsWith(78).hasSize(40);
  }

  @Test
  void members_ofFewerThanThirtyExamplesAreLeftOut() {
    Slices slices = new Slices(List.of(List.of("hour")));
    slices.add(batch(35));
    assertThat(slices.members()).isEmpty();
  }

  @Test
  void add_unknownColumnNamesTheNearest() {
    Slices slices = new Slices(List.of(List.of("county")));
    assertThatThrownBy(() -> slices.add(batch(1))).hasMessageContaining("did you mean 'country'?");
  }

  @Test
  void add_aMultiValuedColumnIsRefusedByName() {
    ListColumn tags =
        new ListColumn(
            new int[] {0, 2},
            new StringColumn(new int[] {0, 1}, List.of("a", "b"), Validity.all(2)),
            Validity.all(1));
    ExampleBatch batch =
        new ExampleBatch(
            List.of(new Field("tags", ValueType.STRING, /* repeated= */ true, /* base64= */ false)),
            List.of(tags),
            1);
    Slices slices = new Slices(List.of(List.of("tags")));
    assertThatThrownBy(() -> slices.add(batch))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "column 'tags' holds several values a row, so it cannot make slices; name a column of"
                + " one value a row, or derive one upstream (the first value, their number)");
  }
}
