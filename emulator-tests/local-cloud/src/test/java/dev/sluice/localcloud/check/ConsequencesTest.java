package dev.sluice.localcloud.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Field;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsequencesTest {
  private static final List<Field> COLUMNS =
      List.of(
          new Field("price", ValueType.FLOAT),
          new Field("country", ValueType.STRING),
          new Field("sold", ValueType.INT));

  private static List<String> columns(String yaml) {
    return Consequences.columns(PipelineSpec.parse("p", yaml), "b-1", COLUMNS);
  }

  @Test
  void columnsThatAreThere_areNoNews() {
    assertThat(
            columns(
                """
                label: {name: bargain, expression: "sold == 1 && price < 9.0"}
                exclude: [sold]
                group_by: [country]
                slices: [[country]]
                split_key: country
                features: {price: {log: {}}}
                """))
        .isEmpty();
  }

  @Test
  void columnsThatAreNot_areNamedWithTheKeyAndTheNearest() {
    assertThat(
            columns(
                """
                label: solde
                exclude: [prize]
                group_by: [contry]
                slices: [[sold, contry]]
                split_key: id
                features: {pricy: {log: {}}}
                """))
        .hasSize(6)
        .contains(
            "label names 'solde', which batch b-1 does not have; is 'sold' meant, or is it new?",
            "exclude names 'prize', which batch b-1 does not have; is 'price' meant, or is it new?")
        .anySatisfy(line -> assertThat(line).startsWith("split names 'id'"))
        .anySatisfy(line -> assertThat(line).startsWith("features names 'pricy'"));
  }

  @Test
  void anExpressionThatDoesNotCompileOverThem_isToldBeforeARunFails() {
    assertThat(columns("label: {name: bargain, expression: 'prize < 9.0'}\n"))
        .singleElement()
        .asString()
        .startsWith("label, over the columns of batch b-1: ")
        .contains("prize");
  }
}
