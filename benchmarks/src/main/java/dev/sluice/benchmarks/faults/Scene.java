package dev.sluice.benchmarks.faults;

import java.util.List;

/**
 * Files and what is wrong with the last of them.
 *
 * @param before files that passed, oldest first; the last one is the baseline
 * @param after files to judge, oldest first: each that passes is the baseline of the next
 */
record Scene(List<Batch> before, List<Batch> after, Truth truth) {
  Scene {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  static Scene of(Batch before, Batch after, Truth truth) {
    return new Scene(List.of(before), List.of(after), truth);
  }
}
