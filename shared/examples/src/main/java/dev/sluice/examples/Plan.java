package dev.sluice.examples;

import dev.sluice.contracts.Json;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the shards of a batch read it.
 *
 * @param kinds column, in order, to what all its values look like
 * @param shards the pieces of each, in the order of the sources
 * @param notes what a person may want to know, such as that a file cannot be cut
 */
public record Plan(Map<String, Integer> kinds, List<List<Piece>> shards, List<String> notes) {
  /** The plan's name within its artifact. */
  public static final String NAME = "plan.json";

  public Plan {
    kinds = Collections.unmodifiableMap(new LinkedHashMap<>(kinds));
    shards = shards.stream().map(List::copyOf).toList();
    notes = List.copyOf(notes);
  }

  /**
   * A stretch that a shard reads.
   *
   * @param source its place among the sources
   * @param rowsBefore records of the source before it, rejected ones included
   * @param linesBefore lines of the source before its first record
   * @param rows records in it, the rejected ones included
   */
  public record Piece(
      int source,
      long from,
      long to,
      long rowsBefore,
      long linesBefore,
      long rows,
      long rejectedRows) {}

  /** The JSON text; equal plans give equal texts. */
  public String toJson() {
    return Json.write(this);
  }

  /** Reads {@link #toJson}. */
  public static Plan fromJson(String json) {
    return Json.read(json, Plan.class, "a plan of shards");
  }
}
