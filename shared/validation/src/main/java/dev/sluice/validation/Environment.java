package dev.sluice.validation;

import java.util.List;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.Schema;

/**
 * Which features of a schema belong to an environment, as tensorflow-metadata has it: a feature's
 * own lists first, then the schema's default. Where the schema does not list the environment at
 * all, every feature belongs to it that does not say otherwise.
 *
 * @param known true where the schema lists the environment, as a default or for a feature
 */
record Environment(String name, List<String> byDefault, boolean known) {
  static Environment of(Schema schema, String name) {
    boolean known =
        schema.getDefaultEnvironmentList().contains(name)
            || schema.getFeatureList().stream()
                .anyMatch(feature -> feature.getInEnvironmentList().contains(name));
    return new Environment(name, schema.getDefaultEnvironmentList(), known);
  }

  boolean has(Feature feature) {
    if (feature.getInEnvironmentList().contains(name)) {
      return true;
    }
    return !feature.getNotInEnvironmentList().contains(name)
        && (!known || byDefault.contains(name));
  }
}
