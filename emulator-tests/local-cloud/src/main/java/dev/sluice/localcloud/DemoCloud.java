package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A local cloud on a folder of its own, started by the launcher as a person starts one, and gone
 * with all it held once closed, also by Ctrl-C.
 */
final class DemoCloud implements AutoCloseable {
  /** Tells that a folder is a demo's and may be deleted. */
  private static final String MARK = "sluice-demo";

  private final Home home;
  private final Path state;
  private final Thread hook = new Thread(this::end);
  private volatile @Nullable Process launcher;
  private boolean leave;
  private boolean ended;

  private DemoCloud(Home home, Path state) {
    this.home = home;
    this.state = state;
  }

  /**
   * Takes a folder.
   *
   * @param given empty, absent or a former demo's; null for a new one in the checkout
   * @throws BadInput where it holds anything else
   */
  static DemoCloud claim(Home home, @Nullable Path given) throws IOException {
    Path state;
    if (given == null) {
      Path demos = Files.createDirectories(home.root().resolve(".state-demo"));
      sweep(demos);
      state = demos.resolve(String.valueOf(ProcessHandle.current().pid()));
    } else {
      state = given.toAbsolutePath().normalize();
      if (Addresses.isUp(state)) {
        throw new BadInput(
            "a local cloud runs on "
                + state
                + "; end it with ./sluice down --state "
                + state
                + ", or leave --state out for a folder of the demo's own");
      }
      if (!isEmpty(state) && !Files.exists(state.resolve(MARK))) {
        throw new BadInput(state + " holds other things; give an empty folder as --state");
      }
    }
    delete(state);
    Files.createDirectories(state);
    Files.writeString(state.resolve(MARK), String.valueOf(ProcessHandle.current().pid()));
    DemoCloud cloud = new DemoCloud(home, state);
    Runtime.getRuntime().addShutdownHook(cloud.hook);
    return cloud;
  }

  /** Deletes what demos left that were killed; one that runs or was kept stays. */
  private static void sweep(Path demos) throws IOException {
    List<Path> folders;
    try (Stream<Path> all = Files.list(demos)) {
      folders = all.toList();
    }
    for (Path folder : folders) {
      Path mark = folder.resolve(MARK);
      if (Files.exists(mark) && !Addresses.isUp(folder) && !isAlive(Files.readString(mark))) {
        delete(folder);
      }
    }
  }

  private static boolean isAlive(String pid) {
    return pid.matches("[0-9]{1,18}")
        && ProcessHandle.of(Long.parseLong(pid)).map(ProcessHandle::isAlive).orElse(false);
  }

  private static boolean isEmpty(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return true;
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.findAny().isEmpty();
    }
  }

  /** The checkout. */
  Path home() {
    return home.root();
  }

  /** The folder of its state. */
  Path state() {
    return state;
  }

  /**
   * Starts it, with the specs of one folder.
   *
   * @throws Unavailable with the launcher's own words where it does not start
   */
  Addresses up(Path pipelines) throws IOException, InterruptedException {
    Process started =
        new ProcessBuilder(
                home.root().resolve("sluice").toString(),
                "up",
                "--detach",
                "--state",
                state.toString(),
                "--pipelines",
                pipelines.toString())
            .redirectErrorStream(true)
            .start();
    launcher = started;
    started.getOutputStream().close();
    String said = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (started.waitFor() != 0) {
      throw new Unavailable("the demo's cloud did not start: " + said.strip());
    }
    return Addresses.of(state);
  }

  /** Closing it then leaves it as it is. */
  synchronized void leaveUp() {
    leave = true;
  }

  private synchronized void end() {
    if (ended || leave) {
      return;
    }
    ended = true;
    Process starting = launcher;
    if (starting != null && starting.isAlive()) {
      List<ProcessHandle> all = starting.descendants().toList();
      starting.destroy();
      all.forEach(ProcessHandle::destroy);
      all.forEach(process -> process.onExit().join());
    }
    try {
      if (Addresses.isUp(state)) {
        ProcessHandle process = ProcessHandle.of(Addresses.of(state).pid()).orElseThrow();
        process.destroy();
        try {
          process.onExit().get(20, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
          process.destroyForcibly();
          process.onExit().join();
        }
      }
      delete(state);
    } catch (IOException e) {
      throw new Unavailable("the demo's folder " + state + " could not be deleted; delete it", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.walk(folder)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : all) {
      Files.deleteIfExists(file);
    }
  }

  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is going down and the hook is under way.
    }
  }
}
