package dev.sluice.contracts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call of one operation, as the DAG sends it.
 *
 * @param pipeline the pipeline's name
 * @param run the DAG run's id
 * @param batch the batch's name, null where {@code resolve} is to find one
 * @param span whose newest batch {@code resolve} is to take where the request names none; null for
 *     the newest of all that has not passed
 * @param operation the operation's name in {@code operations.yaml}
 * @param shard the number of the shard (or slice, or trial) that this call is of, from 0; null
 *     where the operation is not mapped
 * @param shards how many of them the run has, null where the operation is not mapped
 * @param attempt from 1, for the record
 * @param force true where nothing that another run made may be taken for this one; else null
 * @param inputs name to uri of what earlier operations gave; a list, and what a mapped operation
 *     gave to one that is not, comes as {@code name#0}, {@code name#1} and so on
 * @param parameters options of this run
 */
public record StageRequest(
    String pipeline,
    String run,
    @Nullable String batch,
    @Nullable String span,
    String operation,
    @Nullable Integer shard,
    @Nullable Integer shards,
    @Nullable Integer attempt,
    @Nullable Boolean force,
    Map<String, String> inputs,
    Map<String, Object> parameters) {
  public StageRequest {
    Names.check("pipeline", pipeline, Names.PIPELINE);
    Names.check("run", run, Names.RUN);
    Names.check("operation", operation, Names.PIPELINE);
    if (batch != null) {
      Names.check("batch", batch, Names.RUN);
    }
    if ((shard == null) != (shards == null)) {
      throw new BadInput("shard and shards must be given together, or neither");
    }
    if (shard != null && shards != null && (shard < 0 || shard >= shards)) {
      throw new BadInput(
          "shard is " + shard + " of " + shards + "; it must be from 0 to " + (shards - 1));
    }
    if (span != null) {
      Names.checkSpan(span);
    }
    force = Boolean.TRUE.equals(force) ? force : null;
    inputs = inputs == null ? Map.of() : Map.copyOf(inputs);
    parameters = parameters == null ? Map.of() : Map.copyOf(parameters);
    attempt = attempt == null ? 1 : attempt;
  }

  /** A call that may be answered from the cache and names no span. */
  public StageRequest(
      String pipeline,
      String run,
      @Nullable String batch,
      String operation,
      @Nullable Integer shard,
      @Nullable Integer shards,
      @Nullable Integer attempt,
      Map<String, String> inputs,
      Map<String, Object> parameters) {
    this(
        pipeline,
        run,
        batch,
        /* span= */ null,
        operation,
        shard,
        shards,
        attempt,
        /* force= */ null,
        inputs,
        parameters);
  }

  /**
   * A call of an operation that is not mapped.
   *
   * @param shard null
   */
  public StageRequest(
      String pipeline,
      String run,
      @Nullable String batch,
      String operation,
      @Nullable Integer shard,
      @Nullable Integer attempt,
      Map<String, String> inputs,
      Map<String, Object> parameters) {
    this(pipeline, run, batch, operation, shard, /* shards= */ null, attempt, inputs, parameters);
  }

  /** True where nothing that another run made may be taken for this one. */
  public boolean isForced() {
    return force != null;
  }

  /** The name of one of a list, and of one shard's output to an operation that is not mapped. */
  public static String joined(String name, int number) {
    return name + "#" + number;
  }

  /** The operation, with its shard where it is mapped: {@code ingest-shard[3]}. */
  public String call() {
    return shard == null ? operation : operation + "[" + shard + "]";
  }

  /**
   * A list of that name, or what each shard of a mapped operation gave under it, in order; empty
   * where there are none. An input of the bare name is a list of one: runs that began before an
   * output became a list give it so.
   *
   * @throws BadInput where one is missing between others, or a shard is not a number
   */
  public List<String> inputs(String name) {
    String prefix = name + "#";
    long given = inputs.keySet().stream().filter(key -> key.startsWith(prefix)).count();
    String bare = inputs.get(name);
    if (given == 0 && bare != null) {
      return List.of(bare);
    }
    List<String> uris = new ArrayList<>();
    for (int shard = 0; shard < given; shard++) {
      String uri = inputs.get(joined(name, shard));
      if (uri == null) {
        throw new BadInput(
            "the request has "
                + given
                + " inputs '"
                + prefix
                + "...', but no '"
                + joined(name, shard)
                + "'; they must be numbered from 0 on without a gap");
      }
      uris.add(uri);
    }
    return List.copyOf(uris);
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
