package dev.sluice.contracts;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonSerializationContext;
import com.google.gson.JsonSerializer;
import com.google.gson.annotations.JsonAdapter;
import java.lang.reflect.Type;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an operation answers.
 *
 * @param outputs name to uri; a name in {@code gives} that is absent was not given
 * @param verdict what a gate said, null for every other operation
 * @param cached true where the artifact was there already
 * @param summary a few figures for logs and pages
 * @param expand how often the operations are called that are mapped over a kind, such as {@code
 *     {"shard": 16}}; empty where the answer says nothing of it. Heard only of the operation that
 *     expands the kind.
 */
public record StageResult(
    Map<String, String> outputs,
    @Nullable Outcome verdict,
    boolean cached,
    Map<String, Object> summary,
    @JsonAdapter(LeftOutWhereEmpty.class) Map<String, Integer> expand) {
  /** The most calls of one mapped operation: what Airflow expands to by default. */
  public static final int MOST_CALLS = 1024;

  public StageResult {
    outputs = Map.copyOf(outputs);
    summary = summary == null ? Map.of() : Map.copyOf(summary);
    expand = expand == null ? Map.of() : Map.copyOf(expand);
    expand.forEach((over, calls) -> {
      if (calls < 0 || calls > MOST_CALLS) {
        throw new BadInput(
            "expand." + over + " is " + calls + "; it must be from 0 to " + MOST_CALLS);
      }
    });
  }

  /** An answer that maps nothing. */
  public StageResult(
      Map<String, String> outputs,
      @Nullable Outcome verdict,
      boolean cached,
      Map<String, Object> summary) {
    this(outputs, verdict, cached, summary, Map.of());
  }

  /**
   * How often the operations that are mapped over a kind are called; 0 where the answer does not
   * say so, and for no kind.
   */
  public int calls(@Nullable String kind) {
    return kind == null ? 0 : expand.getOrDefault(kind, 0);
  }

  /** The same answer, found rather than made. */
  public StageResult asCached() {
    return new StageResult(outputs, verdict, true, summary, expand);
  }

  /** Answers that map nothing read as they did before there was anything to map. */
  static final class LeftOutWhereEmpty implements JsonSerializer<Map<String, Integer>> {
    @Override
    public JsonElement serialize(
        Map<String, Integer> value, Type type, JsonSerializationContext context) {
      return value.isEmpty() ? JsonNull.INSTANCE : context.serialize(value);
    }
  }
}
