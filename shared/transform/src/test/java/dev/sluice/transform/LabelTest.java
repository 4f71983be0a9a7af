package dev.sluice.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.examples.ExampleBatch;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelTest {
  private static final float NONE = Float.NaN;

  private final ExampleBatch trips =
      Batches.of()
          .floats("fare", 10.0, 10.0, 0.0, null, -1.0, 10.0)
          .floats("tips", 3.0, 1.0, null, 2.0, 0.0, null)
          .ints("hour", 1L, 2L, 3L, 4L, 5L, 6L)
          .strings("payment type", "Cash", "Card", "Cash", "Cash", "Card", null)
          .strings("company", "a", "b", "c", "d", "e", "f")
          .batch();

  private float[] labels(String expression) {
    return LabelExpression.compile("big_tip", expression, trips.fields()).labels(trips);
  }

  private String refusal(String expression) {
    try {
      labels(expression);
    } catch (BadInput e) {
      return String.valueOf(e.getMessage());
    }
    return "no refusal";
  }

  @Test
  void expression_followsThreeValuedLogic() {
    assertThat(labels("fare > 0.0 && tips > 0.2 * fare")).containsExactly(1, 0, 0, NONE, 0, NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fare > 0 && tips > 0.2 * fare",
        "fare > 0 && 5 * tips > fare",
        "fare > 0 && tips > fare / 5",
        "fare > (true ? 0 : 1) && !(tips <= 0.2 * fare)",
        "fare >\n 0\n && tips > 0.2*fare"
      })
  void wholeNumbers_countAsDoublesBesideNumericColumns(String expression) {
    assertThat(labels(expression)).containsExactly(1, 0, 0, NONE, 0, NONE);
  }

  @Test
  void numericColumns_areDoublesWhateverTheirBatchMadeOfThem() {
    ExampleBatch whole = Batches.of().ints("fare", 10L, 0L).ints("tips", 3L, 0L).batch();

    float[] out =
        LabelExpression.compile("t", "fare > 0.0 && tips > 0.2 * fare", whole.fields())
            .labels(whole);

    assertThat(out).containsExactly(1, 0);
  }

  @Test
  void equalityListsAndModulo_workOnNumericColumns() {
    assertThat(labels("hour == 3")).containsExactly(0, 0, 1, 0, 0, 0);
    assertThat(labels("hour in [1, 6]")).containsExactly(1, 0, 0, 0, 0, 1);
    assertThat(labels("hour - 1 > -1 * (2 - 4)")).containsExactly(0, 0, 0, 1, 1, 1);
    assertThat(labels("size(company) + 1 == 2 && hour > -1")).containsOnly(1);
    assertThat(labels("int(hour) % 2 == 0")).containsExactly(0, 1, 0, 1, 0, 1);
    assertThat(refusal("hour % 2 == 0")).contains("int(COLUMN) % N");
  }

  @Test
  void namesThatAreNoIdentifiers_standInBackticks() {
    assertThat(labels("`payment type` == 'Cash'")).containsExactly(1, 0, 1, 1, 0, NONE);
    assertThat(labels("company == '`'")).containsOnly(0);
    assertThat(refusal("`payment typ` == 'Cash'"))
        .contains("no column 'payment typ', did you mean 'payment type'?");
    assertThat(refusal("`payment type == 'Cash'")).contains("never closed");
  }

  @Test
  void error_saysWhereInTheExpression() {
    assertThat(refusal("fare > 0 && tipps > 1"))
        .contains("label 'big_tip'")
        .contains("line 1, column 13")
        .contains("did you mean 'tips'?");
    assertThat(refusal("`payment type` == 'x' && nope > 1")).contains("line 1, column 26");
    assertThat(refusal("fare > 0 &&\n company > 1")).contains("line 2, column 10");
    assertThat(refusal("fare > 0 &&")).contains("line 1, column 12");
    assertThat(refusal("`payment type` > 1")).contains("text needs quotes");
    assertThat(refusal("fare + tips")).contains("gives double, not true or false");
    assertThat(refusal("1 > 0")).contains("uses no column");
  }

  @Test
  void rowThatFailsWithAllValues_isAnErrorNotAMissingLabel() {
    ExampleBatch rows = Batches.of().ints("__row", 7L, 8L).strings("n", "1", "x").batch();

    assertThatThrownBy(() -> LabelExpression.compile("t", "int(n) > 0", rows.fields()).labels(rows))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("row 8");
  }

  private static LabelMapping fit(PipelineSpec.Label label, ExampleBatch batch) {
    LabelSummary summary = new LabelSummary(label, batch.fields());
    summary.add(batch);
    return summary.result();
  }

  private static LabelMapping column(ExampleBatch batch) {
    return fit(new PipelineSpec.Label("y", null, null), batch);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"3|true", "6|false"})
  void loopsWithinLoops_endAtTheLimit(int depth, boolean fits) {
    ExampleBatch rows = Batches.of().floats("fare", 10.0).batch();
    String expression = "fare < 0.0";
    for (int i = 0; i < depth; i++) {
      expression = "[1,2,3,4,5,6,7,8,9,10,11,12].exists(x" + i + ", " + expression + ")";
    }
    LabelExpression label = LabelExpression.compile("t", expression, rows.fields());
    if (fits) {
      assertThat(label.labels(rows)).hasSize(rows.rows());
    } else {
      assertThatThrownBy(() -> label.labels(rows))
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("label 't' cannot be computed")
          .hasMessageContaining("1000000");
    }
  }

  @Test
  void expressionOfManyPages_isRefused() {
    String expression = "fare > 0.0" + " && fare > 0.0".repeat(1_000);
    assertThatThrownBy(() -> LabelExpression.compile("t", expression, trips.fields()))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("label 't'");
  }

  /** In a backtracking engine this pattern takes 2^40 steps; RE2 takes one a character. */
  @Test
  void patternThatBacktracksElsewhere_isQuick() {
    String expression =
        "('a'.matches('b') ? '' : '" + "a".repeat(40) + "!').matches('(a+)+$') || fare > 1e9";
    assertThat(LabelExpression.compile("t", expression, trips.fields()).labels(trips))
        .hasSize(trips.rows());
  }

  @Test
  void plainColumn_takesTheRarerValueAsPositive() {
    LabelMapping yes =
        column(Batches.of().strings("y", "yes", "no", null, "yes", "yes", "no").batch());

    assertThat(yes).isEqualTo(new LabelMapping("y", null, "yes", "no", 3, 2, 1));
  }

  @Test
  void tie_takesTheCustomaryPositive() {
    assertThat(column(Batches.of().strings("y", "yes", "zero").batch()).positive())
        .isEqualTo("yes");
    assertThat(column(Batches.of().strings("y", "TRUE", "alpha").batch()).positive())
        .isEqualTo("TRUE");
    assertThat(column(Batches.of().floats("y", 0.0, 1.0).batch()).positive()).isEqualTo("1");
  }

  @Test
  void nan_isNoLabel() {
    ExampleBatch batch = Batches.of().floats("y", 0.0, Double.NaN, 1.0, 0.0).batch();

    assertThat(column(batch)).isEqualTo(new LabelMapping("y", null, "0", "1", 2, 1, 1));
    assertThat(LabelExpression.compile("t", "y < 1", batch.fields()).labels(batch))
        .containsExactly(1, NONE, 0, 1);
  }

  @Test
  void positive_canBeTold() {
    ExampleBatch batch = Batches.of().floats("y", 0.0, 1.0, 1.0).batch();

    assertThat(fit(new PipelineSpec.Label("y", null, "1"), batch).positive()).isEqualTo("1");
    assertThat(fit(new PipelineSpec.Label("y", null, "1.0"), batch).positive()).isEqualTo("1");
    assertThatThrownBy(() -> fit(new PipelineSpec.Label("y", null, "2"), batch))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("'0' and '1'")
        .hasMessageContaining("which is neither");
  }

  @Test
  void expression_hasTrueAsPositive() throws IOException {
    Mapping mapping =
        Mapping.fit(
            Batches.reader(trips, trips),
            new PipelineSpec.Label("big_tip", "fare > 0 && tips > 0.2 * fare", null),
            List.of("tips"),
            FeatureSpec.ofDefaults());

    assertThat(mapping.label())
        .isEqualTo(
            new LabelMapping("big_tip", "fare > 0 && tips > 0.2 * fare", "false", "true", 6, 2, 4));
    assertThat(mapping.apply(trips).labels()).containsExactly(1, 0, 0, NONE, 0, NONE);
    RowEncoder row = mapping.newRow();
    row.setAll(Map.of("fare", 10.0, "tips", 3.0, "big_tip", true));
    assertThat(row.features()).contains(mapping.apply(trips).value(0, 0));
  }

  @Test
  void labelThatIsNotBinary_isRefusedWithWhatToDo() {
    assertThatThrownBy(() -> column(Batches.of().strings("y", "a", null, "a").batch()))
        .hasMessageContaining("label column 'y' has only one value in train: 'a' in 2 rows")
        .hasMessageContaining("1 rows without a value");
    assertThatThrownBy(() -> column(Batches.of().strings("y", null, null).batch()))
        .hasMessageContaining("has no value in any of the 2 rows");
    assertThatThrownBy(() -> column(Batches.of().floats("y", 1.5, 2.0, 3.0, 2.0).batch()))
        .hasMessageContaining("3 different values")
        .hasMessageContaining("'2' 2 times")
        .hasMessageContaining("y_is_high, expression: \"y > 2\"} and exclude: [y]")
        .hasMessageContaining("two classes, not amounts");
    PipelineSpec.Label paid = new PipelineSpec.Label("how paid", null, null);
    assertThatThrownBy(() ->
            fit(paid, Batches.of().strings("how paid", "Cash", "Card", "It's", "It's").batch()))
        .hasMessageContaining(
            """
            {name: how_paid_is_it_s, expression: "`how paid` == 'It\\\\'s'"} and exclude: ["how paid"]\
            """);
    assertThatThrownBy(() -> column(Batches.of().strings("y", "Yes", "yes", "no", "No ").batch()))
        .hasMessageContaining("4 different values")
        .hasMessageContaining("write equal ones alike");
    assertThatThrownBy(
            () -> fit(new PipelineSpec.Label("z", null, null), Batches.of().ints("y", 1L).batch()))
        .hasMessageContaining("no column 'z', did you mean 'y'?");
  }

  @Test
  void laterRows_withAThirdValueAreRefused() throws IOException {
    Mapping mapping =
        Mapping.fit(
            Batches.reader(Batches.of().ints("x", 1L, 2L).strings("y", "a", "b").batch()),
            new PipelineSpec.Label("y", null, null),
            List.of(),
            FeatureSpec.ofDefaults());
    ExampleBatch later =
        Batches.of().ints("__row", 4L, 5L).ints("x", 1L, 2L).strings("y", "a", "c").batch();

    assertThatThrownBy(() -> mapping.apply(later))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("holds 'c' in row 5");
    assertThat(mapping.apply(Batches.of().ints("x", 1L).batch()).labels()).containsExactly(NONE);
  }
}
