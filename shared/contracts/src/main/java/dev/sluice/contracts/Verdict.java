package dev.sluice.contracts;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a gate said, in {@code verdict.json}; and, where it blesses, again in {@code blessing.json},
 * which is what later operations take.
 *
 * @param subject of what
 * @param about the fingerprint of the examples or the model that was judged
 * @param outcome what was said
 * @param reasons why, in sentences
 */
public record Verdict(Subject subject, String about, Outcome outcome, List<String> reasons) {
  /** The verdict's file in its artifact. */
  public static final String FILE = "verdict.json";

  /** The blessing's file in its artifact. */
  public static final String BLESSING = "blessing.json";

  /** What a gate judges. */
  public enum Subject {
    DATA,
    MODEL
  }

  public Verdict {
    if (subject == null || about == null || outcome == null || reasons == null) {
      throw new BadInput("a verdict has a subject, what it is about, an outcome and reasons");
    }
    reasons = List.copyOf(reasons);
  }

  /** The row of table {@code verdicts} for a run. */
  public Fact fact(String pipeline, String run, String batch, String uri) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("pipeline", pipeline);
    values.put("run", run);
    values.put("batch", batch);
    values.put("subject", subject.name());
    values.put("outcome", outcome.name());
    values.put("reasons", reasons);
    values.put("uri", uri);
    return new Fact("verdicts", String.join("/", pipeline, run, subject.name()), values);
  }
}
