package dev.sluice.localcloud.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FaultPlanTest {
  private static final List<String> FUNCTIONS = List.of("ingest", "receive-file", "release");

  private static FaultPlan parse(String yaml) {
    return FaultPlan.parse(yaml, "faults.yaml", FUNCTIONS);
  }

  @Test
  void readsEveryKind() {
    FaultPlan plan =
        parse(
            """
            seed: 7
            faults:
              late: {event: delay, function: receive-file, wait: 250, probability: .5, times: 3}
              lost: {service: storage, function: ingest, answer: lost, at: 2}
              busy: {service: bigquery, answer: 429, probability: .1, times: 9}
              death: {kill: release, moment: after, at: 3}
              both: {second_run: true}
            """);

    assertThat(plan)
        .isEqualTo(
            new FaultPlan(
                7,
                List.of(
                    new Fault.OfEvent(
                        "late",
                        Fault.Delivery.DELAY,
                        "receive-file",
                        Duration.ofMillis(250),
                        new Fault.When(0, 3, .5)),
                    new Fault.OfCall(
                        "lost",
                        Fault.Service.STORAGE,
                        "ingest",
                        Fault.Answer.LOST,
                        Fault.When.at(2, 1)),
                    new Fault.OfCall(
                        "busy",
                        Fault.Service.BIGQUERY,
                        null,
                        Fault.Answer.TOO_MANY,
                        new Fault.When(0, 9, .1)),
                    new Fault.Kill("death", "release", Fault.Moment.AFTER, Fault.When.at(3, 1)),
                    new Fault.SecondRun("both", Fault.When.at(1, 1)))));
  }

  @Test
  void refusesAnUnknownKeyWithItsLine() {
    assertThatThrownBy(
            () -> parse("faults:\n  death: {kill: release, at: 1}\n  x: {kil: ingest}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining("event, service, kill and second_run");
    assertThatThrownBy(() -> parse("faults:\n  x:\n    kill: ingest\n    atx: 2\n"))
        .hasMessageContaining("line 4")
        .hasMessageContaining("did you mean 'at'");
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> parse("faults: {x: {kill: ingst, at: 1}}"))
        .hasMessage(
            "faults.yaml line 1: key 'kill' names no function 'ingst'; did you mean 'ingest'?");
    assertThatThrownBy(() -> parse("faults:\n  x: {kill: ingest, at: 0}"))
        .hasMessage("faults.yaml line 2: key 'at' is 0; the first request is 1");
    assertThatThrownBy(() -> parse("faults: {x: {service: storage, answer: 500}}"))
        .hasMessageContaining("'answer' is '500'; it must be one of 429, 503, reset, lost");
    assertThatThrownBy(() -> parse("faults: {x: {service: storage, answer: 503, probability: 2}}"))
        .hasMessageContaining("'probability' is 2.0; it must lie in (0, 1]");
    assertThatThrownBy(
            () -> parse("faults: {x: {service: storage, answer: 503, at: 1, probability: .2}}"))
        .hasMessageContaining("cannot stand beside 'at'");
    assertThatThrownBy(() -> parse("faults: {x: {event: drop, times: 0}}"))
        .hasMessage("faults.yaml line 1: 'times' is 0; it must lie in [1, 1000]");
  }

  @Test
  void theSameSeedDrawsTheSamePlanAndItsTextSaysIt() {
    Set<FaultPlan> plans = new HashSet<>();
    for (long seed = 0; seed < 200; seed++) {
      FaultPlan plan = FaultPlan.random(seed, FUNCTIONS);

      assertThat(FaultPlan.random(seed, FUNCTIONS)).isEqualTo(plan);
      assertThat(parse(plan.toYaml())).isEqualTo(plan);
      plans.add(plan);
    }
    assertThat(plans).hasSize(200);
  }
}
