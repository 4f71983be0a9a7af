package dev.sluice.functions.receiverows;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.gcp.StoredObject;
import dev.sluice.stages.Platform;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which pipelines take rows. What a spec says is kept for some seconds, as asking Cloud Storage for
 * each row would cost more than the row; of many requests one asks. A refusal is kept as short a
 * time as may help who has just put a spec there.
 */
final class StreamPipelines {
  private static final Duration KNOWN = Duration.ofSeconds(30);
  private static final Duration REFUSED = Duration.ofSeconds(1);

  /** Names come from messages, so that only so many are kept. */
  private static final int MOST = 1_000;

  private final Platform platform;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  private record Answer(@Nullable String refusal, Instant until) {}

  StreamPipelines(Platform platform) {
    this.platform = platform;
  }

  /**
   * @throws BadInput where there is no spec of that name, it is broken, or its source is no stream
   */
  void check(String pipeline) {
    Instant now = platform.clock().instant();
    Answer answer = answers.get(pipeline);
    if (answer == null || !now.isBefore(answer.until())) {
      if (answers.size() >= MOST) {
        answers.clear();
      }
      answer =
          answers.compute(
              pipeline,
              (name, known) ->
                  known != null && now.isBefore(known.until()) ? known : ask(name, now));
    }
    if (answer.refusal() != null) {
      throw new BadInput(answer.refusal());
    }
  }

  private Answer ask(String pipeline, Instant now) {
    String refusal = refusal(pipeline);
    return new Answer(refusal, now.plus(refusal == null ? KNOWN : REFUSED));
  }

  private @Nullable String refusal(String pipeline) {
    StoredObject file = platform.findSpec(pipeline).orElse(null);
    if (file == null) {
      return "there is no pipeline '"
          + pipeline
          + "'; put its spec there, or correct the attribute 'pipeline'";
    }
    try {
      PipelineSpec spec = platform.spec(pipeline, file.generation());
      return spec.source() instanceof SourceSpec.Stream
          ? null
          : "pipeline "
              + pipeline
              + " takes no rows, as its spec has no source.stream; add 'source: {stream: {}}', or"
              + " correct the attribute 'pipeline'";
    } catch (BadInput e) {
      return "the spec of pipeline " + pipeline + " is broken: " + e.getMessage();
    }
  }
}
