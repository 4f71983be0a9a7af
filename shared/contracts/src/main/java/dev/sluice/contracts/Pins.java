package dev.sluice.contracts;

import com.google.gson.JsonDeserializationContext;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonElement;
import com.google.gson.annotations.JsonAdapter;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code resolve} found once for a run, at {@code
 * <artifacts>/<pipeline>/runs/<run>/pins.json}; every later operation reads this and asks for
 * nothing newer.
 *
 * @param batch the batch's name
 * @param specGeneration the generation of {@code <serving>/specs/<pipeline>.yaml}
 * @param schemaGeneration the generation of the schema that a person wrote and the spec names as
 *     {@code <serving>/specs/<schema>}, null where it names none
 * @param previousSchema uri of the schema artifact that the newest passed batch left, or of the one
 *     that was written when this batch was accepted, if any
 * @param baseline uris of the statistics artifacts that the batch is compared with, taken together;
 *     pins written before there could be several hold one as text
 * @param history uris of the statistics artifacts of the newest batches that passed, newest first
 * @param liveStatistics uri of the statistics artifact of the batch that the live model was trained
 *     on; null where none is live, it is the whole baseline, or it is no longer known
 * @param liveModel uri of the model artifact that serves now, if any
 * @param accepted a person's word that this batch goes on, if given
 */
public record Pins(
    String batch,
    long specGeneration,
    @Nullable Long schemaGeneration,
    @Nullable String previousSchema,
    @JsonAdapter(OneOrMore.class) List<String> baseline,
    List<String> history,
    @Nullable String liveStatistics,
    @Nullable String liveModel,
    @Nullable Acceptance accepted) {
  public Pins {
    Names.check("batch", batch, Names.RUN);
    if (specGeneration <= 0) {
      throw new Bug("a pinned spec needs its generation, not " + specGeneration);
    }
    if (schemaGeneration != null && schemaGeneration <= 0) {
      throw new Bug("a pinned schema needs its generation, not " + schemaGeneration);
    }
    baseline = baseline == null ? List.of() : List.copyOf(baseline);
    history = history == null ? List.of() : List.copyOf(history);
  }

  /** Pins of a batch with nothing before it. */
  public static Pins first(String batch, long specGeneration, @Nullable Long schemaGeneration) {
    return new Pins(
        batch, specGeneration, schemaGeneration, null, List.of(), List.of(), null, null, null);
  }

  /** Reads a list, and a text as the list of it. */
  static final class OneOrMore implements JsonDeserializer<List<String>> {
    @Override
    public List<String> deserialize(
        JsonElement json, Type type, JsonDeserializationContext context) {
      return json.isJsonPrimitive()
          ? List.of(json.getAsString())
          : json.getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList();
    }
  }
}
