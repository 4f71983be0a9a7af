package dev.sluice.emulators.composer;

import dev.sluice.contracts.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Runs on disk, a file each ({@code runs/<pipeline>/<run>.json}), replaced in one step at every
 * change: a process killed at any moment leaves each run as it was before or after the change.
 */
final class RunStore {
  private final Path directory;

  RunStore(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory.resolve("runs"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What {@code paused.json} holds. */
  private record Paused(Set<String> pipelines) {}

  void save(Run run) {
    replace(file(run), Json.bytes(run));
  }

  /** Every run, in the order they were triggered. */
  List<Run> load() {
    List<Run> out = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory.resolve("runs"), 2)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
        out.add(Json.read(Files.readAllBytes(file), Run.class, "the run in " + file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.sort((a, b) -> Long.compare(a.number, b.number));
    return out;
  }

  Set<String> paused() {
    Path file = directory.resolve("paused.json");
    try {
      return new TreeSet<>(
          Json.read(Files.readAllBytes(file), Paused.class, file.toString()).pipelines());
    } catch (NoSuchFileException e) {
      return new TreeSet<>();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void savePaused(Set<String> pipelines) {
    replace(directory.resolve("paused.json"), Json.bytes(new Paused(pipelines)));
  }

  /** What {@code released.json} holds. */
  private record Released(Map<String, Set<String>> since) {}

  /** The pipelines that have released since the last run that started after them, by its own. */
  Map<String, Set<String>> released() {
    Map<String, Set<String>> out = new TreeMap<>();
    Path file = directory.resolve("released.json");
    try {
      Json.read(Files.readAllBytes(file), Released.class, file.toString())
          .since()
          .forEach((pipeline, others) -> out.put(pipeline, new TreeSet<>(others)));
    } catch (NoSuchFileException e) {
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  void saveReleased(Map<String, Set<String>> since) {
    replace(directory.resolve("released.json"), Json.bytes(new Released(since)));
  }

  private Path file(Run run) {
    return directory.resolve("runs").resolve(run.pipeline).resolve(run.id + ".json");
  }

  private static void replace(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.getParent());
      Path next = file.resolveSibling(file.getFileName() + ".next");
      Files.write(next, bytes);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
