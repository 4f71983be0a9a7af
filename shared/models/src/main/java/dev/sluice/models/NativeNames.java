package dev.sluice.models;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Feature names as XGBoost stores them: its clients refuse brackets and angle brackets. Apart from
 * the trainer, so that predicting needs no XGBoost.
 */
final class NativeNames {
  private NativeNames() {}

  static List<String> of(List<String> features) {
    List<String> out = new ArrayList<>(features.size());
    Set<String> taken = new HashSet<>();
    for (String feature : features) {
      String name = feature.replace('[', '(').replace(']', ')').replace('<', '(');
      while (!taken.add(name)) {
        name += "_";
      }
      out.add(name);
    }
    return out;
  }
}
