package dev.sluice.benchmarks.faults;

import java.io.IOException;
import java.util.List;

/** A tool that looks at files. */
interface Judge {
  /** As the table of results names it. */
  String name();

  /**
   * What it says of the files to judge, of all of them together.
   *
   * @return alarms; what is only worth knowing is none
   */
  List<Found> judge(DataSet data, Scene scene) throws IOException;
}
