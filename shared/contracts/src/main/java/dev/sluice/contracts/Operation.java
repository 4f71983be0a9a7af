package dev.sluice.contracts;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One row of {@code dags/operations.yaml}.
 *
 * @param name the operation, and the Airflow task's id
 * @param function the deployed function that performs it
 * @param mapOver {@code shard}, {@code slice} or {@code trial} where it is called once for each of
 *     those, null where it is called once
 * @param expands what its answer tells the number of, so that the operations mapped over that are
 *     called as often; null where it tells of none
 * @param takes inputs by name, in order; true where the operation also runs without it
 * @param gives outputs; the first is the operation's own record and is always given
 * @param lists those of the outputs that are any number of uris, as {@code name#0}, {@code name#1}
 *     and so on; none is given where there are none
 * @param reads the spec keys that enter its fingerprint
 * @param teardown true for the one that ends every run, whatever happened
 */
public record Operation(
    String name,
    String function,
    @Nullable String mapOver,
    @Nullable String expands,
    Map<String, Boolean> takes,
    List<String> gives,
    Set<String> lists,
    List<String> reads,
    boolean teardown) {
  /** What an operation is mapped over that is called once for each part of a batch. */
  public static final String SHARD = "shard";

  /**
   * What an operation can be mapped over: parts of a batch, groups of rows, and trials of tuning.
   */
  public static final List<String> KINDS = List.of(SHARD, "slice", "trial");

  public Operation {
    Names.check("operation", name, Names.PIPELINE);
    takes = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(takes));
    gives = List.copyOf(gives);
    lists = lists == null ? Set.of() : Set.copyOf(lists);
    reads = List.copyOf(reads);
  }

  /** The artifact kind of an output: what follows the last underscore of its name. */
  public static String kind(String output) {
    return output.substring(output.lastIndexOf('_') + 1);
  }

  /** True where it is called once for each shard, slice or trial, and not at all without any. */
  public boolean isMapped() {
    return mapOver != null;
  }

  /** True where the operation also runs without this input. */
  public boolean isOptional(String input) {
    return takes.getOrDefault(input, false);
  }
}
