package dev.sluice.localcloud.dags;

import dev.sluice.contracts.Unavailable;
import dev.sluice.localcloud.Home;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The pinned Airflow in an environment of its own in the checkout. */
public final class AirflowPackages {
  private AirflowPackages() {}

  /** Airflow cannot be had on this machine; the message says why, and what to do. */
  public static final class Missing extends Exception {
    private static final long serialVersionUID = 1L;

    Missing(String why) {
      super("Airflow cannot be had: " + why + "; without --airflow there is the embedded Composer");
    }
  }

  /**
   * Installs it where it is not there.
   *
   * @param console told where that takes a while
   * @return the environment's Python
   * @throws Missing where there is no Python for it, or no package index
   * @throws Unavailable where its packages cannot be installed
   */
  public static Path install(Home home, Consumer<String> console)
      throws Missing, IOException, InterruptedException {
    Process script =
        new ProcessBuilder(home.airflow().resolve("venv.sh").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    script.getOutputStream().close();
    String last = "";
    try (BufferedReader lines = script.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // What comes last may be why it failed, and then comes with the failure.
        if (!last.isEmpty()) {
          console.accept(last);
        }
        if (line.startsWith("making ")) {
          console.accept(line);
        } else {
          last = line;
        }
      }
    }
    return switch (script.waitFor()) {
      case 0 -> home.root().resolve("target/airflow-venv/bin/python");
      case 3 -> throw new Missing(last);
      default -> throw new Unavailable(last + "; emulator-tests/airflow/venv.sh tells more");
    };
  }
}
