package dev.sluice.benchmarks.faults;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Something that looks at files: one tool, or one in several settings. */
interface Judge {
  /** The tools, as the table of results names them. */
  List<String> names();

  /**
   * What each tool says of the files to judge, of all of them together.
   *
   * @return alarms by tool; what is only worth knowing is none
   */
  Map<String, List<Found>> judge(DataSet data, Scene scene) throws IOException;
}
