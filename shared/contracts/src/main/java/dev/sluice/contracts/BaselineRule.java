package dev.sluice.contracts;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which of the batches that passed a new one is compared with: {@code checks.baseline}. */
public sealed interface BaselineRule {
  /** The batches that {@link Rolling} takes together at most. */
  int MOST_ROLLING = 30;

  /** The newest one. */
  record Last() implements BaselineRule {}

  /** The newest one of the same day of the week; the newest one of all where there is none. */
  record Weekday() implements BaselineRule {}

  /**
   * The newest ones, taken together.
   *
   * @param batches how many, from 1 to {@link #MOST_ROLLING}; fewer where no more have passed
   */
  record Rolling(int batches) implements BaselineRule {
    public Rolling {
      if (batches < 1 || batches > MOST_ROLLING) {
        throw new BadInput(
            "'rolling' is " + batches + "; it must be from 1 to " + MOST_ROLLING + " batches");
      }
    }
  }

  /**
   * Always that one.
   *
   * @param batch a batch that went on
   */
  record Pinned(String batch) implements BaselineRule {
    public Pinned {
      Names.check("pinned batch", batch, Names.RUN);
    }
  }

  /**
   * Reads {@code last}, {@code weekday}, {@code {rolling: N}} or {@code {pinned: BATCH}}.
   *
   * @param value as YAML has it; null for {@code last}
   * @throws BadInput where it is none of these
   */
  static BaselineRule parse(@Nullable Object value) {
    if (value == null || value.equals("last")) {
      return new Last();
    }
    if (value.equals("weekday")) {
      return new Weekday();
    }
    if (value instanceof Map<?, ?> map && map.size() == 1) {
      Map.Entry<?, ?> entry = map.entrySet().iterator().next();
      if (entry.getKey().equals("rolling") && entry.getValue() instanceof Number number) {
        if (number.doubleValue() != number.intValue()) {
          throw new BadInput("'rolling' is " + number + "; it must be a whole number of batches");
        }
        return new Rolling(number.intValue());
      }
      if (entry.getKey().equals("pinned") && entry.getValue() instanceof String batch) {
        return new Pinned(batch);
      }
    }
    String nearest =
        value instanceof String text
            ? "; did you mean '" + Names.nearest(text, List.of("last", "weekday")) + "'?"
            : "";
    throw new BadInput(
        "'baseline' is '"
            + value
            + "'; it must be last, weekday, {rolling: NUMBER} or {pinned: BATCH}"
            + nearest);
  }
}
