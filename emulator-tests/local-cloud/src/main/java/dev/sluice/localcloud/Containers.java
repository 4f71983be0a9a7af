package dev.sluice.localcloud;

import com.google.cloud.functions.invoker.runner.Invoker;
import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Functions in containers as Cloud Run runs them, as far as that can be had on one machine. A
 * function's zip becomes a {@link ContainerImage}; its process is started by the buildpack's
 * command, {@code java -jar functions-framework.jar --classpath JAR}, in that folder; it has the
 * variables of its manifest, those that the platform sets, and none of this process's; {@code /tmp}
 * is memory. A {@link ControlGroup} holds it to its manifest's memory and CPU. Where none can be
 * made, the JVM is told both, so that its heap is what it would be, and what the process takes is
 * measured against the limit instead.
 *
 * <p>The framework listens on every address of this machine, as it does there: it has no setting
 * for that. One instance a function is started, whatever its {@code concurrency}.
 */
public final class Containers implements AutoCloseable {
  /** How long Cloud Run waits for an instance to listen. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  /** Where the JVM's heap ends. */
  public enum Heap {
    /** The JVM's own rule: a quarter of the container's memory. */
    QUARTER,

    /**
     * Seven tenths, which the buildpack's {@code launch.sh} sets where the platform tells it the
     * memory and nobody has set JAVA_TOOL_OPTIONS.
     */
    HINTED
  }

  /**
   * What became of an instance.
   *
   * @param function whose
   * @param limitBytes of its manifest
   * @param held by the kernel, else only measured
   * @param listening from the command to a port that answers
   * @param peakBytes the most memory that its process had resident, as far as it can be told, else
   *     0
   * @param overLimit whether it was killed for want of memory, or took more than its limit
   */
  public record Instance(
      String function,
      long limitBytes,
      boolean held,
      Duration listening,
      long peakBytes,
      boolean overLimit) {}

  private final Heap heap;
  private final Path proc;
  private final List<Container> containers = new ArrayList<>();

  /** Containers do not know of this process, and would outlive one that is interrupted. */
  private final Thread atExit = new Thread(this::end);

  /**
   * @param heap the rule for all of them
   */
  public Containers(Heap heap) {
    this(heap, Path.of("/proc/self"));
  }

  /**
   * @param proc where the system tells what control groups there are
   */
  Containers(Heap heap, Path proc) {
    this.heap = heap;
    this.proc = proc;
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Every instance so far, in the order in which they were started. */
  public synchronized List<Instance> instances() {
    return containers.stream().map(Container::describe).toList();
  }

  /** Where the newest instance of a function listens. */
  public synchronized Optional<URI> find(String function) {
    return containers.reversed().stream()
        .filter(container -> container.manifest.name().equals(function))
        .map(container -> URI.create("http://127.0.0.1:" + container.port))
        .findFirst();
  }

  /**
   * Starts an instance and returns when it listens.
   *
   * @param settings its environment
   * @param zip its package
   * @param folder for its files and its {@code log}
   * @throws IOException where it ends before it listens, or never does
   * @throws dev.sluice.contracts.BadInput where the buildpack would refuse the package
   */
  Container start(FunctionManifest manifest, Map<String, String> settings, Path zip, Path folder)
      throws IOException {
    ContainerImage image = ContainerImage.build(manifest, zip, folder.resolve("workspace"));
    Container container = new Container(manifest, folder, proc);
    synchronized (this) {
      containers.add(container);
    }
    container.run(image, settings, heap);
    return container;
  }

  /** Ends what still runs, at once, and waits until nothing of it is left. */
  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(atExit);
    end();
  }

  private synchronized void end() {
    containers.forEach(Container::kill);
    containers.forEach(Container::awaitKilled);
  }

  /** An instance. */
  static final class Container {
    private final FunctionManifest manifest;
    private final Path log;
    private final Path temporary;
    private final @Nullable ControlGroup group;
    private final int port;
    private final CompletableFuture<Boolean> killed = new CompletableFuture<>();
    private @Nullable Process process;
    private volatile Duration listening = Duration.ZERO;

    private Container(FunctionManifest manifest, Path folder, Path proc) throws IOException {
      this.manifest = manifest;
      this.log = folder.resolve("log");
      String name = "sluice-" + manifest.name() + "-" + UUID.randomUUID();
      Path memory = Path.of("/dev/shm");
      this.temporary =
          Files.createDirectories(
              (Files.isWritable(memory) ? memory : folder.toAbsolutePath()).resolve(name));
      this.group =
          ControlGroup.make(proc, name, manifest.memoryBytes(), manifest.cpu()).orElse(null);
      this.port = freePort();
    }

    /** Its process. */
    Process process() {
      if (process == null) {
        throw new IllegalStateException(manifest.name() + " was not started");
      }
      return process;
    }

    InetSocketAddress address() {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Whether it is held to its limits by the kernel. */
    boolean held() {
      return group != null;
    }

    /** Waits for its end and says whether that was for want of memory. */
    boolean awaitKilled() {
      return killed.join();
    }

    private void kill() {
      if (process == null) {
        clean();
      } else {
        process.destroyForcibly();
      }
    }

    private void run(ContainerImage image, Map<String, String> settings, Heap heap)
        throws IOException {
      List<String> command = command(image);
      ProcessBuilder builder =
          new ProcessBuilder(group == null ? command : group.enter(command))
              .directory(image.folder().toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().clear();
      builder.environment().putAll(platform(manifest, port, heap, settings));
      builder.environment().putAll(settings);
      long begun = System.nanoTime();
      Process started = builder.start();
      process = started;
      Thread.ofVirtual()
          .start(() -> {
            started.onExit().join();
            clean();
          });
      while (!listens()) {
        long waited = System.nanoTime() - begun;
        if (!started.isAlive() || waited > PATIENCE.toNanos()) {
          started.destroyForcibly();
          throw new IOException(
              "function "
                  + manifest.name()
                  + (started.isAlive()
                      ? " does not listen on its PORT after " + PATIENCE.toSeconds() + " s"
                      : " ended before it listened on its PORT")
                  + "; "
                  + log
                  + " says why");
        }
        try {
          Thread.sleep(Duration.ofMillis(2));
        } catch (InterruptedException e) {
          started.destroyForcibly();
          Thread.currentThread().interrupt();
          throw new IOException("interrupted while " + manifest.name() + " started", e);
        }
      }
      listening = Duration.ofNanos(System.nanoTime() - begun);
    }

    private List<String> command(ContainerImage image) {
      List<String> out = new ArrayList<>();
      out.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      out.add("-Djava.io.tmpdir=" + temporary);
      if (group == null) {
        out.add("-XX:MaxRAM=" + manifest.memoryBytes());
        out.add("-XX:ActiveProcessorCount=" + (int) Math.ceil(manifest.cpu()));
      }
      out.addAll(List.of("-jar", invoker().toString(), "--classpath", image.jar()));
      return out;
    }

    /** What the platform and the buildpack's launcher set. */
    private static Map<String, String> platform(
        FunctionManifest manifest, int port, Heap heap, Map<String, String> settings) {
      Map<String, String> out = new LinkedHashMap<>();
      out.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
      out.put("HOME", "/nonexistent");
      out.put("PORT", Integer.toString(port));
      out.put("K_SERVICE", manifest.name());
      out.put("K_REVISION", manifest.name() + "-00001-aaa");
      out.put("K_CONFIGURATION", manifest.name());
      out.put("FUNCTION_TARGET", manifest.entryPoint());
      out.put("FUNCTION_SIGNATURE_TYPE", FunctionHost.signature(manifest));
      out.put("CLOUD_RUN_TIMEOUT_SECONDS", Long.toString(manifest.timeout().toSeconds()));
      out.put("LOG_EXECUTION_ID", "true");
      if (heap == Heap.HINTED && !settings.containsKey("JAVA_TOOL_OPTIONS")) {
        out.put(
            "JAVA_TOOL_OPTIONS",
            "-XX:MaxRAM=" + (manifest.memoryBytes() >> 20) + "m -XX:MaxRAMPercentage=70");
      }
      return out;
    }

    private boolean listens() {
      try (Socket socket = new Socket()) {
        socket.connect(address(), 1_000);
        return true;
      } catch (IOException e) {
        return false;
      }
    }

    private Instance describe() {
      long peak = peak();
      return new Instance(
          manifest.name(),
          manifest.memoryBytes(),
          held(),
          listening,
          peak,
          killed.getNow(false) || (!held() && peak + size(temporary) > manifest.memoryBytes()));
    }

    /** The most that was resident, which Linux tells while the process lives. */
    private long peak() {
      if (process == null) {
        return 0;
      }
      try {
        for (String line :
            Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
          if (line.startsWith("VmHWM:")) {
            return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
          }
        }
      } catch (IOException e) {
        // It has ended, or this is no Linux.
      }
      return 0;
    }

    private void clean() {
      boolean memory = group != null && group.killed();
      if (group != null) {
        group.close();
      }
      try (Stream<Path> files = Files.walk(temporary)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (IOException e) {
        System.getLogger(Containers.class.getName())
            .log(System.Logger.Level.WARNING, temporary + " stays", e);
      }
      killed.complete(memory);
    }

    private static long size(Path folder) {
      try (Stream<Path> files = Files.walk(folder)) {
        return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
      } catch (IOException e) {
        return 0;
      }
    }

    /** The framework that the buildpack injects where a zip brings none. */
    private static Path invoker() {
      try {
        return Path.of(Invoker.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }

    /**
     * One that nothing listens on, below those that systems hand out by themselves: the framework
     * shares a port that is taken and hears nothing.
     */
    private static int freePort() throws IOException {
      for (int attempt = 0; attempt < 100; attempt++) {
        int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
        try (ServerSocket probe = new ServerSocket()) {
          probe.bind(new InetSocketAddress(port));
          return port;
        } catch (IOException e) {
          // Taken; another one.
        }
      }
      throw new IOException("no free port found between 15000 and 32000");
    }
  }
}
