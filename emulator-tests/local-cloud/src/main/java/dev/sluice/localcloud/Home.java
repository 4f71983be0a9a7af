package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.contracts.Operations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The checkout that the launcher belongs to.
 *
 * @param root its folder
 */
public record Home(Path root) {
  /** The checkout that the launcher named by {@code -Dsluice.home}. */
  public static Home find() {
    String home = System.getProperty("sluice.home");
    if (home == null) {
      throw new Bug("the launcher did not say where Sluice is; run it as ./sluice");
    }
    return new Home(Path.of(home));
  }

  /** Where a local cloud keeps its state unless told otherwise. */
  public Path defaultState() {
    return root.resolve(".state");
  }

  /** What Airflow reads. */
  public Path dags() {
    return root.resolve("dags");
  }

  /** The scripts that install and run an Airflow on this machine. */
  public Path airflow() {
    return root.resolve("emulator-tests/airflow");
  }

  /** The specs that the repository ships. */
  public Path pipelines() {
    return dags().resolve("pipelines");
  }

  /** The operations file. */
  public Path operations() {
    return dags().resolve("operations.yaml");
  }

  /**
   * The operations as the file has them now.
   *
   * @throws BadInput where it cannot be read or is wrong
   */
  public Operations readOperations() {
    try {
      return Operations.parse(Files.readString(operations()), "dags/operations.yaml");
    } catch (IOException e) {
      throw new BadInput("dags/operations.yaml cannot be read: " + e.getMessage(), e);
    }
  }

  /** BigQuery schemas. */
  public Path tables() {
    return root.resolve("terraform/tables");
  }

  /** BigQuery views. */
  public Path views() {
    return root.resolve("terraform/views");
  }

  /** Every function's manifest, by name. */
  public List<FunctionManifest> manifests() throws IOException {
    try (Stream<Path> folders = Files.list(root.resolve("functions"))) {
      return folders
          .map(folder -> folder.resolve("function.yaml"))
          .filter(Files::isRegularFile)
          .sorted()
          .map(Home::manifest)
          .toList();
    }
  }

  /**
   * A function's package, as it is deployed.
   *
   * @throws BadInput where it is not built
   */
  public Path zip(String function) {
    String output = System.getProperty("sluice.build.output", "target");
    Path zip = root.resolve("functions/" + function + "/" + output + "/" + function + ".zip");
    if (!Files.isRegularFile(zip)) {
      throw new BadInput(root.relativize(zip) + " is not built; run ./sluice package");
    }
    return zip;
  }

  private static FunctionManifest manifest(Path file) {
    try {
      return FunctionManifest.parse(
          String.valueOf(file.getParent().getFileName()), Files.readString(file));
    } catch (IOException e) {
      throw new BadInput(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
