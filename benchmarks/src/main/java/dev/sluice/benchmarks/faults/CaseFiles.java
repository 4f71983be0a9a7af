package dev.sluice.benchmarks.faults;

import dev.sluice.contracts.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The cases' files in a folder, for tools that read no memory of ours. A file is there while
 * somebody uses it; where the folder was asked for, all of them stay, and {@code cases.jsonl} tells
 * what is wrong with which.
 */
final class CaseFiles implements AutoCloseable {
  private static final Pattern UNSAFE = Pattern.compile("[^A-Za-z0-9.]+");

  private final Path folder;
  private final boolean kept;
  private final Map<String, Integer> users = new HashMap<>();
  private final Map<String, String> fileNames = new HashMap<>();

  private CaseFiles(Path folder, boolean kept) {
    this.folder = folder;
    this.kept = kept;
  }

  /**
   * Opens a folder.
   *
   * @param folder null for one that is removed in the end
   */
  static CaseFiles in(@Nullable Path folder) throws IOException {
    if (folder == null) {
      return new CaseFiles(Files.createTempDirectory("faults"), false);
    }
    Files.createDirectories(folder);
    Files.deleteIfExists(folder.resolve("cases.jsonl"));
    return new CaseFiles(folder.toAbsolutePath(), true);
  }

  /** The file of a batch, which is there until it is given back. */
  synchronized Path take(Batch batch) throws IOException {
    Path file = path(batch);
    if (users.merge(batch.name(), 1, Integer::sum) == 1 && !Files.exists(file)) {
      try (InputStream in = batch.file().open()) {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return file;
  }

  synchronized void giveBack(Batch batch) throws IOException {
    if (users.merge(batch.name(), -1, Integer::sum) == 0 && !kept) {
      Files.deleteIfExists(path(batch));
    }
  }

  /** Writes a case's files and its line, where files are kept. */
  synchronized void keep(Case of, Scene scene) throws IOException {
    if (!kept) {
      return;
    }
    Truth truth = scene.truth();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("data", of.data().name());
    line.put("kind", of.kind().title());
    line.put("severity", of.severity());
    line.put("number", of.number());
    line.put("before", names(scene.before()));
    line.put("after", names(scene.after()));
    line.put("features", truth.features().stream().sorted().toList());
    line.put("carried", truth.carried().stream().sorted().toList());
    line.put("first_rows", truth.firstRows().stream().sorted().toList());
    if (truth.group() != null) {
      line.put("group_rows", truth.group().stream().map(row -> row + 1).boxed().toList());
    }
    Files.writeString(
        folder.resolve("cases.jsonl"),
        Json.write(line) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private List<String> names(List<Batch> batches) throws IOException {
    for (Batch batch : batches) {
      take(batch);
      giveBack(batch);
    }
    return batches.stream().map(batch -> path(batch).getFileName().toString()).toList();
  }

  private Path path(Batch batch) {
    return folder.resolve(
        fileNames.computeIfAbsent(
            batch.name(),
            name -> {
              String safe = UNSAFE.matcher(name).replaceAll("-");
              String unique = safe;
              for (int i = 2; fileNames.containsValue(unique + ".csv"); i++) {
                unique = safe + "-" + i;
              }
              return unique + ".csv";
            }));
  }

  @Override
  public void close() throws IOException {
    if (kept) {
      return;
    }
    try (Stream<Path> left = Files.list(folder)) {
      for (Path file : left.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
