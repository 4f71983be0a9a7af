package dev.sluice.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tool in a process of its own, which reads the same files and is asked one case at a time: a
 * request is a line of JSON, and so is its answer ({@code benchmarks/faults_peers.py}). All files
 * after are compared with the last one before, which is how these tools are used: their reference
 * is pinned.
 */
final class PeerJudge implements Judge, AutoCloseable {
  private final Path log;
  private final CaseFiles files;
  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;
  private final List<String> names;

  private record Hello(List<String> tools) {}

  private record Request(String before, List<String> after) {}

  private record Alarm(String feature, boolean held, String text) {}

  private record Answer(@Nullable Map<String, List<Alarm>> found, @Nullable String error) {}

  private PeerJudge(Process process, CaseFiles files, Path log) throws IOException {
    this.process = process;
    this.files = files;
    this.log = log;
    this.requests = process.outputWriter(UTF_8);
    this.answers = process.inputReader(UTF_8);
    this.names = List.copyOf(read(Hello.class).tools());
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @param log where what it says otherwise goes
   * @throws IOException if it does not start
   */
  static PeerJudge start(List<String> command, CaseFiles files, Path log) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.to(log.toFile())).start();
    try {
      return new PeerJudge(process, files, log);
    } catch (IOException | RuntimeException e) {
      process.destroy();
      throw e;
    }
  }

  private <T> T read(Class<T> type) throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the process of a peer ended; " + log + " tells why");
    }
    return Json.read(line, type, "a peer's answer");
  }

  @Override
  public List<String> names() {
    return names;
  }

  @Override
  public synchronized Map<String, List<Found>> judge(DataSet data, Scene scene) throws IOException {
    Batch before = scene.before().getLast();
    List<Batch> used = new ArrayList<>(scene.after());
    used.add(before);
    List<String> after = new ArrayList<>();
    String old = files.take(before).toString();
    for (Batch batch : scene.after()) {
      after.add(files.take(batch).toString());
    }
    try {
      requests.write(Json.write(new Request(old, after)));
      requests.newLine();
      requests.flush();
      Answer answer = read(Answer.class);
      if (answer.found() == null) {
        throw new Bug(String.valueOf(answer.error()));
      }
      Map<String, List<Found>> found = new LinkedHashMap<>();
      answer
          .found()
          .forEach((tool, alarms) ->
              found.put(
                  tool,
                  alarms.stream()
                      .filter(alarm -> counts(alarm.feature(), data, scene.truth()))
                      .map(
                          alarm -> new Found(alarm.feature(), "", alarm.held(), null, alarm.text()))
                      .toList()));
      return found;
    } finally {
      for (Batch batch : used) {
        files.giveBack(batch);
      }
    }
  }

  /** A pipeline that excludes a column, as an id, would not let a tool of drift look at it. */
  private static boolean counts(String feature, DataSet data, Truth truth) {
    return !data.excluded().contains(feature) || truth.features().contains(feature);
  }

  /** Ends the process, which reads to the end of its requests. */
  @Override
  public void close() throws IOException {
    requests.close();
    process.destroy();
  }
}
