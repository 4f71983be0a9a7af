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
        "a: {long: yes}|'long' must be true or false, not 'yes'",
        "a: {group: My data}|'group' is 'My data'; it must match",
        "a: {group: a}|'group' is 'a', which is an operation",
        "a: {takes: [{x: perhaps}]}|must hold names and {name: optional}",
        "Train: {gives: [x]}|operation is 'Train'",
      })
  void otherFormsAreRefused(String text, String message) {
    assertThatThrownBy(() -> parse(text + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void aGroupIsForThePictureAlone() {
    assertThat(parse("a: {group: data, gives: [x]}\n").get("a"))
        .isEqualTo(parse("a: {gives: [x]}\n").get("a"));
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

  private static final String SHARDED =
      """
      resolve: {expands: shard, gives: [batch, baseline]}
      inspect: {map_over: shard, takes: [batch], gives: [inspection]}
      plan: {takes: [inspection], gives: [plan]}
      part: {map_over: shard, takes: [batch, inspection, plan], gives: [part]}
      ingest: {takes: [batch, {part: optional}], gives: [examples]}
      count: {takes: [plan], gives: [counts]}
      finish-run: {teardown: true}
      """;

  @Test
  void aMappedOperationsOutputsAreJoinedForOneThatIsNotMapped() {
    Operations operations = parse(SHARDED);
    assertThat(operations.get("part").mapOver()).isEqualTo("shard");
    assertThat(operations.get("plan").mapOver()).isNull();
    assertThat(operations.get("resolve").expands()).isEqualTo("shard");
    assertThat(operations.isJoined(operations.get("plan"), "inspection")).isTrue();
    assertThat(operations.isJoined(operations.get("part"), "inspection")).isFalse();
    assertThat(operations.isJoined(operations.get("part"), "plan")).isFalse();
    assertThat(operations.isJoined(operations.get("ingest"), "part")).isTrue();
  }

  @Test
  void whatOneKindsCallsGaveIsJoinedForAnotherKind() {
    Operations operations =
        parse(
            """
            resolve: {expands: shard, gives: [batch]}
            part: {map_over: shard, takes: [batch], gives: [part]}
            search: {expands: trial, takes: [part], gives: [plan]}
            trial: {map_over: trial, takes: [plan, part], gives: [trial]}
            """);
    assertThat(operations.isJoined(operations.get("search"), "part")).isTrue();
    assertThat(operations.isJoined(operations.get("trial"), "part")).isTrue();
    assertThat(operations.isJoined(operations.get("trial"), "plan")).isFalse();
    assertThat(operations.onlyWhereMapped().stream().map(Operation::name))
        .containsExactly("part", "search", "trial");
  }

  @Test
  void aListIsGivenAsAnyNumberOfUris() {
    Operations operations =
        parse(
            """
            a: {expands: shard, gives: [x, {y: list}]}
            b: {takes: [x, {y: optional}], gives: [z]}
            c: {map_over: shard, takes: [x, {y: optional}], gives: [w]}
            """);
    assertThat(operations.get("a").gives()).containsExactly("x", "y");
    assertThat(operations.get("a").lists()).containsExactly("y");
    assertThat(operations.isJoined(operations.get("b"), "y")).isTrue();
    assertThat(operations.isJoined(operations.get("c"), "y")).isTrue();
    assertThat(operations.isJoined(operations.get("b"), "x")).isFalse();
  }

  @Test
  void aGivenNameWithAnotherMarkIsRefused() {
    assertThatThrownBy(() -> parse("a: {gives: [x, {y: lists}]}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("'gives' must hold names and {name: list}, not {y=lists}");
  }

  @Test
  void whatCannotRunWithoutShardsIsKnown() {
    assertThat(parse(SHARDED).onlyWhereMapped().stream().map(Operation::name))
        .containsExactly("inspect", "plan", "part", "count");
    assertThat(parse("a: {gives: [x]}\nb: {takes: [x], gives: [y]}\n").onlyWhereMapped()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inspect: {map_over: shard,|inspect: {map_over: shards,|'map_over' is 'shards'; did you mean 'shard'?",
        "{teardown: true}|{map_over: shard, teardown: true}|line 7: key 'map_over' is of a teardown",
        "takes: [batch, inspection, plan]|takes: [plan]|'part' is mapped over 'shard', but takes nothing of resolve",
        "expands: shard, gives|gives|'inspect' is mapped over 'shard', and no operation says how often",
        "expands: shard, gives|expands: slice, gives|give the one that does 'expands: shard'",
        "expands: shard, gives|expands: shards, gives|'expands' is 'shards'; did you mean 'shard'?",
        "plan: {takes|plan: {expands: shard, takes|key 'expands' is 'shard', which resolve expands already",
        "inspect: {map_over|inspect: {expands: trial, map_over|key 'expands' is of a mapped operation",
        "{teardown: true}|{teardown: true, expands: trial}|key 'expands' is of a teardown, which comes last",
        "gives: [part]|gives: [{part: list}]|key 'gives' has a list, and each shard gives one uri",
        "gives: [part]|gives: [part, 'part#1']|names 'part#1'; what follows a # is a number",
      })
  void aMapThatNobodyCanPerformIsRefused(String good, String bad, String message) {
    assertThat(SHARDED).contains(good);
    assertThatThrownBy(() -> parse(SHARDED.replace(good, bad)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void theProjectsOwnOperationsEndWithTheReleaseAndOneTeardown() throws IOException {
    Operations operations = parse(Files.readString(Path.of("../../dags/operations.yaml")));
    assertThat(order(operations).indexOf("release"))
        .isGreaterThan(order(operations).indexOf("validate-model"));
    assertThat(operations.all().stream().filter(Operation::teardown).map(Operation::name))
        .containsExactly("finish-run");
    assertThat(operations.all().stream().filter(Operation::isMapped).map(Operation::name))
        .containsExactly("inspect-shard", "ingest-shard");
    assertThat(operations.onlyWhereMapped().stream().map(Operation::name))
        .containsExactly("inspect-shard", "plan-shards", "ingest-shard");
  }
}
