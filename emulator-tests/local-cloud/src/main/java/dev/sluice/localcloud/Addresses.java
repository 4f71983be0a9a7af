package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.stages.Configuration;
import dev.sluice.stages.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a running local cloud tells of itself, in {@code local.env} and {@code cloud.json} of its
 * state folder.
 *
 * @param pid the process
 * @param environment what Google's own clients in any language need
 * @param functions function to url
 */
record Addresses(long pid, Map<String, String> environment, Map<String, String> functions) {
  /** The folder's file of variables, to be sourced. */
  static final String ENVIRONMENT = "local.env";

  /** The variable of Airflow's address, where Airflow runs the DAGs. */
  static final String AIRFLOW = "SLUICE_AIRFLOW";

  private static final String FILE = "cloud.json";

  Addresses {
    environment = new TreeMap<>(environment);
    functions = new TreeMap<>(functions);
  }

  void write(Path state) throws IOException {
    StringBuilder lines = new StringBuilder();
    environment.forEach((key, value) -> lines.append(key).append('=').append(value).append('\n'));
    replace(state.resolve(ENVIRONMENT), lines.toString());
    replace(state.resolve(FILE), Json.write(this));
  }

  static void remove(Path state) throws IOException {
    Files.deleteIfExists(state.resolve(FILE));
    Files.deleteIfExists(state.resolve(ENVIRONMENT));
  }

  /** True where a process of that state folder runs. */
  static boolean isUp(Path state) {
    if (!Files.exists(state.resolve(FILE))) {
      return false;
    }
    try {
      long pid = Json.read(Files.readString(state.resolve(FILE)), Addresses.class, FILE).pid();
      return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * @throws BadInput where no local cloud runs on that folder
   */
  static Addresses of(Path state) throws IOException {
    if (!isUp(state)) {
      throw new BadInput(
          "no local cloud runs on " + state + "; start one with ./sluice up --detach");
    }
    return Json.read(Files.readString(state.resolve(FILE)), Addresses.class, FILE);
  }

  /** True where a process of this machine, or emulators, stand for the cloud. */
  boolean isLocal() {
    return pid != 0 || environment.containsKey("STORAGE_EMULATOR_HOST");
  }

  /** For Google's Java clients; of a deployed cloud with Google's own credentials. */
  CloudConfiguration cloud() {
    boolean local = isLocal();
    return CloudConfiguration.from(name ->
        switch (name) {
          case "COMPOSER_USER", "COMPOSER_PASSWORD" -> local ? "admin" : null;
          default -> environment.get(name);
        });
  }

  /** What functions stand on, for a command that decides as they do. */
  Platform platform(GoogleClients clients, Facts facts) {
    return Platform.of(
        Configuration.of(environment::get),
        "launcher",
        Clock.systemUTC(),
        clients.objects(),
        facts,
        clients.messages(),
        clients.composer());
  }

  String get(String name) {
    String value = environment.get(name);
    if (value == null) {
      throw new BadInput(
          "the cloud did not say its " + name + "; start it, or make its file, again");
    }
    return value;
  }

  private static void replace(Path file, String text) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.writeString(part, text);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
