package dev.sluice.contracts;

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
 * @param previousSchema uri of the schema artifact that the newest passed batch left, if any
 * @param baseline uri of the statistics artifact of the newest passed batch, if any
 * @param liveModel uri of the model artifact that serves now, if any
 */
public record Pins(
    String batch,
    long specGeneration,
    @Nullable Long schemaGeneration,
    @Nullable String previousSchema,
    @Nullable String baseline,
    @Nullable String liveModel) {
  public Pins {
    Names.check("batch", batch, Names.RUN);
    if (specGeneration <= 0) {
      throw new Bug("a pinned spec needs its generation, not " + specGeneration);
    }
    if (schemaGeneration != null && schemaGeneration <= 0) {
      throw new Bug("a pinned schema needs its generation, not " + schemaGeneration);
    }
  }
}
