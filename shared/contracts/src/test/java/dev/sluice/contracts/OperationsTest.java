package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperationsTest {
  private static Operations parse(String text) {
    return Operations.parse(text, "operations.yaml");
  }

  private static List<String> order(Operations operations) {
    return operations.inOrder().stream().map(Operation::name).toList();
  }

  @Test
  void giversComeBeforeTakersAndTheFilesOrderBreaksTies() {
    Operations operations =
        parse(
            """
            last: {takes: [x, y], gives: [z]}
            second: {takes: [a], gives: [y]}
            first: {takes: [a], gives: [x]}
            root: {function: start, takes: [], gives: [a]}
            """);
    assertThat(order(operations)).containsExactly("root", "second", "first", "last");
    assertThat(operations.get("root").function()).isEqualTo("start");
    assertThat(operations.get("last").function()).isEqualTo("last");
    assertThat(operations.upstream(operations.get("last")).stream().map(Operation::name))
        .containsExactly("first", "second");
    assertThat(operations.giver("y").name()).isEqualTo("second");
  }

  @Test
  void anInputMayBeOptional() {
    Operation operation =
        parse("a: {gives: [x, y]}\nb: {takes: [x, {y: optional}], gives: [z]}\n").get("b");
    assertThat(operation.takes().keySet()).containsExactly("x", "y");
    assertThat(operation.isOptional("x")).isFalse();
    assertThat(operation.isOptional("y")).isTrue();
    assertThat(operation.isOptional("absent")).isFalse();
  }

  @Test
  void anInputThatNobodyGivesIsRefusedWithTheNearest() {
    assertThatThrownBy(() -> parse("a: {gives: [examples]}\nb: {takes: [exampels], gives: [z]}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("operations.yaml line 2: key 'b' takes 'exampels'")
        .hasMessageContaining("did you mean 'examples'");
  }

  @Test
  void anOutputWithTwoGiversIsRefused() {
    assertThatThrownBy(() -> parse("a: {gives: [x]}\nb: {gives: [x]}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("operations.yaml line 2")
        .hasMessageContaining("'x', which a gives already");
  }

  @Test
  void aCircleIsRefusedByName() {
    assertThatThrownBy(() ->
            parse(
                """
                root: {gives: [r]}
                a: {takes: [y, r], gives: [x]}
                b: {takes: [x], gives: [y]}
                """))
        .isInstanceOf(BadInput.class)
        .hasMessage("the operations a, b wait for each other");
  }

  @Test
  void anOperationThatTakesItsOwnOutputIsACircle() {
    assertThatThrownBy(() -> parse("a: {takes: [x], gives: [x]}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("wait for each other");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: 5|must be a mapping",
        "a: {give: [x]}|did you mean 'gives'",
        "a: {takes: x}|must be a list",
        "a: {takes: [{x: perhaps}]}|must hold names and {name: optional}",
        "Train: {gives: [x]}|operation is 'Train'",
      })
  void otherFormsAreRefused(String text, String message) {
    assertThatThrownBy(() -> parse(text + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void anUnknownOperationIsRefusedWithTheNearest() {
    assertThatThrownBy(() -> parse("ingest: {gives: [x]}\n").get("injest"))
        .isInstanceOf(BadInput.class)
        .hasMessage("there is no operation 'injest'; did you mean 'ingest'?");
    assertThatThrownBy(() -> parse("ingest: {gives: [x]}\n").giver("y"))
        .isInstanceOf(BadInput.class);
  }

  @ParameterizedTest
  @CsvSource({"examples, examples", "data_blessing, blessing", "previous_schema, schema"})
  void theKindFollowsTheLastUnderscore(String output, String kind) {
    assertThat(Operation.kind(output)).isEqualTo(kind);
  }

  @Test
  void theProjectsOwnOperationsEndWithTheReleaseAndOneTeardown() throws IOException {
    Operations operations = parse(Files.readString(Path.of("../../dags/operations.yaml")));
    assertThat(order(operations).indexOf("release"))
        .isGreaterThan(order(operations).indexOf("validate-model"));
    assertThat(operations.all().stream().filter(Operation::teardown).map(Operation::name))
        .containsExactly("finish-run");
  }
}
