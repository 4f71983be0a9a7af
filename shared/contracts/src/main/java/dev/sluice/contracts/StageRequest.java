package dev.sluice.contracts;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call of one operation, as the DAG sends it.
 *
 * @param pipeline the pipeline's name
 * @param run the DAG run's id
 * @param batch the batch's name, null where {@code resolve} is to find one
 * @param operation the operation's name in {@code operations.yaml}
 * @param shard null where the operation is not mapped
 * @param inputs name to uri of what earlier operations gave
 * @param parameters options of this run
 */
public record StageRequest(
    String pipeline,
    String run,
    @Nullable String batch,
    String operation,
    @Nullable Integer shard,
    @Nullable Integer attempt,
    Map<String, String> inputs,
    Map<String, Object> parameters) {
  public StageRequest {
    Names.check("pipeline", pipeline, Names.PIPELINE);
    Names.check("run", run, Names.RUN);
    Names.check("operation", operation, Names.PIPELINE);
    if (batch != null) {
      Names.check("batch", batch, Names.RUN);
    }
    inputs = inputs == null ? Map.of() : Map.copyOf(inputs);
    parameters = parameters == null ? Map.of() : Map.copyOf(parameters);
    attempt = attempt == null ? 1 : attempt;
  }

  /** The uri of a required input. */
  public String input(String name) {
    String uri = inputs.get(name);
    if (uri == null) {
      throw new BadInput(
          "operation " + operation + " takes '" + name + "', which the request's inputs lack");
    }
    return uri;
  }
}
