package dev.sluice.benchmarks.faults;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One case, whose files are made when it is judged.
 *
 * @param severity how bad, for clean files what divides them
 * @param number of its sort, from 0
 */
record Case(DataSet data, FaultKind kind, String severity, int number, Stage stage) {

  /** Makes the files. */
  @FunctionalInterface
  interface Stage {
    /** The files; null where the data have nothing that can break so. */
    @Nullable Scene set() throws IOException;
  }

  @Override
  public String toString() {
    return data.name() + ", " + kind.title() + ", " + severity + ", " + number;
  }
}
