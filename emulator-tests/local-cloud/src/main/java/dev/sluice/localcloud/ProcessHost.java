package dev.sluice.localcloud;

import com.google.cloud.functions.invoker.runner.Invoker;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.localcloud.faults.HttpProxy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Every function in a process of its own, from its own zip and with nothing but its own libraries
 * and its own environment, as when deployed. A process is started by the first call and, where it
 * died, by the next one; its address stays the same.
 */
final class ProcessHost implements AutoCloseable {
  private static final long START_SECONDS = 60;

  private final Map<String, Instance> instances = new LinkedHashMap<>();

  /** Opens an address a function; no process is started yet. */
  static ProcessHost start(List<FunctionHost.Deployment> deployments, Home home, Path directory)
      throws IOException {
    return start(deployments, home, directory, /* containers= */ null);
  }

  /**
   * The same.
   *
   * @param containers what processes are started in, or null for plain ones
   */
  static ProcessHost start(
      List<FunctionHost.Deployment> deployments,
      Home home,
      Path directory,
      @Nullable Containers containers)
      throws IOException {
    ProcessHost host = new ProcessHost();
    try {
      for (FunctionHost.Deployment deployment : deployments) {
        String name = deployment.manifest().name();
        host.instances.put(
            name,
            new Instance(
                deployment,
                home.zip(name),
                directory.resolve("processes").resolve(name),
                containers));
      }
      return host;
    } catch (IOException | RuntimeException e) {
      host.close();
      throw e;
    }
  }

  /** Function to its address on this machine. */
  Map<String, URI> urls() {
    Map<String, URI> out = new LinkedHashMap<>();
    instances.forEach((name, instance) -> out.put(name, instance.front.uri()));
    return out;
  }

  /** Ends a function's process at once, as when its machine goes away. */
  void kill(String function) {
    Instance instance = instances.get(function);
    if (instance != null) {
      instance.kill();
    }
  }

  /** Ends a function's process in order, as when its instance is no longer needed. */
  void stop(String function) throws InterruptedException {
    Instance instance = instances.get(function);
    if (instance != null) {
      instance.stop();
    }
  }

  /**
   * Where the process of a function listens that is called at this address, started where it is
   * not; null for any other address. What calls often thus needs not go through the wire.
   */
  @Nullable SocketAddress find(URI url) throws IOException {
    for (Instance instance : instances.values()) {
      if (instance.front.uri().equals(url)) {
        return instance.address();
      }
    }
    return null;
  }

  /** The time that processes have had a CPU. */
  Duration cpu() {
    return instances.values().stream().map(Instance::cpu).reduce(Duration.ZERO, Duration::plus);
  }

  @Override
  public void close() {
    instances.values().forEach(Instance::end);
    instances.values().forEach(Instance::close);
  }

  private static final class Instance {
    private final FunctionHost.Deployment deployment;
    private final Path zip;
    private final Path folder;
    private final @Nullable Containers containers;
    private final HttpProxy front;
    private @Nullable Process process;
    private @Nullable SocketAddress address;
    private Duration ended = Duration.ZERO;
    private boolean closed;

    Instance(
        FunctionHost.Deployment deployment, Path zip, Path folder, @Nullable Containers containers)
        throws IOException {
      this.deployment = deployment;
      this.zip = zip;
      this.folder = folder;
      this.containers = containers;
      this.front = HttpProxy.open(deployment.port(), this::address);
    }

    private synchronized SocketAddress address() throws IOException {
      Process running = process;
      SocketAddress known = address;
      if (running != null && running.isAlive() && known != null) {
        return known;
      }
      if (closed) {
        throw new IOException("the local cloud is stopping");
      }
      SocketAddress started =
          containers == null
              ? new InetSocketAddress(InetAddress.getLoopbackAddress(), launch())
              : contain(containers);
      address = started;
      return started;
    }

    private SocketAddress contain(Containers containers) throws IOException {
      Containers.Container container =
          containers.start(
              deployment.manifest(), deployment.settings(), zip, Files.createDirectories(folder));
      process = container.process();
      return container.address();
    }

    private int launch() throws IOException {
      FunctionManifest manifest = deployment.manifest();
      List<String> command =
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Xmx" + (manifest.memoryBytes() <= 512L << 20 ? "256m" : "512m"),
              // What answers many calls at once is worth compiling well; the others end too soon.
              "-XX:TieredStopAtLevel=" + (manifest.concurrency() > 1 ? 4 : 1),
              "-XX:+UseSerialGC",
              "-Xshare:auto",
              "--enable-native-access=ALL-UNNAMED",
              "-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")),
              "-cp",
              place(Invoker.class) + System.getProperty("path.separator") + place(Instance.class),
              FunctionProcess.class.getName(),
              unpack().toString(),
              manifest.entryPoint(),
              FunctionHost.signature(manifest));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.directory(folder.toFile());
      builder.environment().keySet().retainAll(List.of("PATH", "HOME", "LANG"));
      builder.environment().putAll(deployment.settings());
      Process started = builder.start();
      process = started;
      CompletableFuture<Integer> port = new CompletableFuture<>();
      Path log = folder.resolve("log");
      Thread.ofVirtual().start(() -> copy(started, log, port));
      try {
        return port.get(START_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        started.destroyForcibly();
        String why = "function " + manifest.name() + " did not start; " + log + " says why";
        System.getLogger(ProcessHost.class.getName()).log(System.Logger.Level.ERROR, why);
        throw new IOException(why, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a function started", e);
      }
    }

    /** Keeps what the process says, but for its port. */
    private static void copy(Process process, Path log, CompletableFuture<Integer> port) {
      try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
          PrintWriter out =
              new PrintWriter(
                  Files.newBufferedWriter(
                      log,
                      java.nio.file.StandardOpenOption.CREATE,
                      java.nio.file.StandardOpenOption.APPEND),
                  /* autoFlush= */ true)) {
        String line;
        while ((line = lines.readLine()) != null) {
          if (line.startsWith(FunctionProcess.PORT)) {
            port.complete(Integer.valueOf(line.substring(FunctionProcess.PORT.length())));
          } else {
            out.println(line);
          }
        }
      } catch (IOException e) {
        // A process that was killed takes its output with it.
      } finally {
        port.completeExceptionally(new IOException("it ended"));
      }
    }

    /**
     * The zip as it is, by the buildpack's rule: one jar at the root, whose manifest names libs/.
     */
    private Path unpack() throws IOException {
      Path files = folder.resolve("function");
      Path done = folder.resolve("unpacked");
      String version = Files.size(zip) + " " + Files.getLastModifiedTime(zip);
      List<Path> jars = new ArrayList<>();
      boolean known = Files.exists(done) && Files.readString(done).equals(version);
      try (ZipFile file = new ZipFile(zip.toFile())) {
        for (Enumeration<? extends ZipEntry> entries = file.entries();
            entries.hasMoreElements(); ) {
          ZipEntry entry = entries.nextElement();
          Path to = files.resolve(entry.getName()).normalize();
          if (entry.isDirectory() || !to.startsWith(files)) {
            continue;
          }
          if (!entry.getName().contains("/") && entry.getName().endsWith(".jar")) {
            jars.add(to);
          }
          if (!known) {
            Files.createDirectories(to.getParent());
            try (InputStream in = file.getInputStream(entry)) {
              Files.copy(in, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
          }
        }
      }
      if (jars.size() != 1) {
        throw new BadInput(
            zip.getFileName()
                + " has "
                + jars.size()
                + " jars at its root; the buildpack takes one");
      }
      Files.writeString(done, version);
      return jars.getFirst();
    }

    private static String place(Class<?> type) {
      try {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }

    synchronized Duration cpu() {
      Process running = process;
      return running == null ? ended : ended.plus(cpu(running));
    }

    private static Duration cpu(Process process) {
      return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    synchronized void kill() {
      Process running = process;
      if (running != null) {
        ended = ended.plus(cpu(running));
        running.destroyForcibly().onExit().join();
        process = null;
        address = null;
      }
    }

    /** Asks the process to end and waits for that as long as Cloud Run does; a call starts it. */
    synchronized void stop() throws InterruptedException {
      Process running = process;
      if (running != null) {
        running.destroy();
        if (!running.waitFor(10, TimeUnit.SECONDS)) {
          running.destroyForcibly();
        }
        process = null;
        address = null;
      }
    }

    /** Asks the process to end, which has it send what it holds back. */
    synchronized void end() {
      closed = true;
      if (process != null) {
        process.destroy();
      }
    }

    void close() {
      Process running;
      synchronized (this) {
        running = process;
      }
      try {
        if (running != null && !running.waitFor(5, TimeUnit.SECONDS)) {
          running.destroyForcibly();
        }
        front.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException e) {
        System.getLogger(ProcessHost.class.getName())
            .log(System.Logger.Level.WARNING, "a wire did not close", e);
      }
    }
  }
}
