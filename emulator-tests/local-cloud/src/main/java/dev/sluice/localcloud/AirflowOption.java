package dev.sluice.localcloud;

import dev.sluice.localcloud.dags.AirflowPackages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What runs the DAGs. */
public final class AirflowOption {
  /** The status where Airflow cannot be had. */
  public static final int MISSING = 3;

  @Option(
      names = "--airflow",
      description = "Run the DAGs on real Airflow, which is installed the first time.")
  private boolean airflow;

  /**
   * The Python of an environment with Airflow, or null for the embedded Composer.
   *
   * @param console told where it is installed, which takes half a minute
   */
  public @Nullable Path python(Consumer<String> console)
      throws AirflowPackages.Missing, IOException, InterruptedException {
    return airflow ? AirflowPackages.install(Home.find(), console) : null;
  }
}
