package dev.sluice.functions.validatemodel;

import com.google.gson.annotations.SerializedName;
import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BatchState;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Outcome;
import dev.sluice.contracts.StageResult;
import dev.sluice.contracts.Verdict;
import dev.sluice.evaluation.Evaluation;
import dev.sluice.evaluation.Gates;
import dev.sluice.rollout.Registry;
import dev.sluice.stages.ArtifactUri;
import dev.sluice.stages.ModelFacts;
import dev.sluice.stages.Platform;
import dev.sluice.stages.Stage;
import dev.sluice.stages.StageCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Holds the evaluation against the gates; a FAIL raises an alarm and gives no blessing. */
final class ValidateModelStage implements Stage {
  /** The one figure of the model card that a gate looks at. */
  private record Card(@SerializedName("memory_bytes") long memoryBytes) {}

  @Override
  public Made make(StageCall call) {
    ArtifactUri model = call.input("model");
    Evaluation evaluation =
        Json.read(
            call.read(call.input("evaluation"), Evaluation.FILE),
            Evaluation.class,
            "evaluation.json");
    Card card = Json.read(call.read(model, "model_card.json"), Card.class, "model_card.json");
    Gates.Decision decision =
        call.spec().section("gates", Gates::from).decide(evaluation, card.memoryBytes());
    Verdict verdict =
        new Verdict(
            Verdict.Subject.MODEL, model.fingerprint(), decision.outcome(), decision.reasons());
    call.output("model_verdict").write(Verdict.FILE, Json.bytes(verdict), "application/json");
    if (decision.outcome().blesses()) {
      call.output("model_blessing")
          .write(Verdict.BLESSING, Json.bytes(verdict), "application/json");
    }
    return new Made(decision.outcome(), Map.of("reasons", decision.reasons()));
  }

  @Override
  public void report(StageCall call, StageResult result) {
    ArtifactUri uri = ArtifactUri.parse(result.outputs().get("model_verdict"));
    Verdict verdict = Json.read(call.read(uri, Verdict.FILE), Verdict.class, Verdict.FILE);
    String pipeline = call.request().pipeline();
    String run = call.request().run();
    String batch = call.batch().batch();
    Platform platform = call.platform();
    List<Fact> facts = new ArrayList<>();
    facts.add(verdict.fact(pipeline, run, batch, uri.toString()));
    boolean blessed = verdict.outcome().blesses();
    Registry registry = platform.registries().read(pipeline);
    registry
        .find(verdict.about())
        .filter(version -> !version.served())
        .ifPresent(version ->
            facts.add(
                ModelFacts.state(
                    pipeline,
                    version,
                    blessed ? ModelFacts.State.BLESSED : ModelFacts.State.REJECTED)));
    String reasons = String.join("; ", verdict.reasons());
    if (!blessed) {
      facts.add(platform.batchState(call.batch(), BatchState.BLOCKED, reasons));
    }
    platform.report(facts);
    if (verdict.outcome() != Outcome.PASS) {
      platform.alarm(
          List.of(
              Alarm.of(
                  pipeline,
                  run,
                  batch,
                  blessed ? Alarm.Severity.WARN : Alarm.Severity.FAIL,
                  Verdict.Subject.MODEL.name(),
                  (blessed ? "the model cannot be judged: " : "the model is held: ") + reasons,
                  call.batch().uri(),
                  platform.clock().instant())));
    }
  }
}
