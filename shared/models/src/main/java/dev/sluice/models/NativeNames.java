package dev.sluice.models;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Feature names as XGBoost stores them: its clients refuse brackets and angle brackets, and its
 * Java binding cuts a name that is not ASCII, as it takes the number of characters for that of
 * bytes. Such characters stand as {@code %XX} of their UTF-8 bytes. Apart from the trainer, so that
 * predicting needs no XGBoost.
 */
final class NativeNames {
  private NativeNames() {}

  static List<String> of(List<String> features) {
    List<String> out = new ArrayList<>(features.size());
    Set<String> taken = new HashSet<>();
    for (String feature : features) {
      String name = ascii(feature.replace('[', '(').replace(']', ')').replace('<', '('));
      while (!taken.add(name)) {
        name += "_";
      }
      out.add(name);
    }
    return out;
  }

  private static String ascii(String name) {
    StringBuilder out = new StringBuilder(name.length());
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b < 0x7f) {
        out.append((char) b);
      } else {
        out.append(String.format(Locale.ROOT, "%%%02X", b));
      }
    }
    return out.toString();
  }
}
