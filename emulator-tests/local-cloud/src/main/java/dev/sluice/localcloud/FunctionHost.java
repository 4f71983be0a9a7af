package dev.sluice.localcloud;

import com.google.cloud.functions.invoker.runner.Invoker;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Every function in one process, each in the Functions Framework's own invoker on a port of its
 * own. Libraries that functions share are loaded once, by one class loader; a function's own jar
 * and its settings are loaded by a thin one below it. Both see of the invoker nothing but the API,
 * as when deployed.
 */
final class FunctionHost implements AutoCloseable {
  private static final String SETTINGS = "sluice-environment.properties";

  private final Map<String, Invoker> invokers = new LinkedHashMap<>();
  private final Map<String, URI> urls = new LinkedHashMap<>();
  private final List<URLClassLoader> loaders = new ArrayList<>();

  /**
   * A function to start: its manifest, its package, its settings and its port (0 for a free one).
   */
  record Deployment(
      FunctionManifest manifest, FunctionPackage files, Map<String, String> settings, int port) {}

  /** Starts them all. */
  static FunctionHost start(List<Deployment> deployments, Path directory) throws IOException {
    FunctionHost host = new FunctionHost();
    try {
      host.startAll(deployments, directory);
      return host;
    } catch (IOException | RuntimeException e) {
      host.close();
      throw e;
    }
  }

  /** Function to its address on this machine. */
  Map<String, URI> urls() {
    return Map.copyOf(urls);
  }

  private void startAll(List<Deployment> deployments, Path directory) throws IOException {
    List<URL> libraries = new ArrayList<>();
    for (Path library : shared(deployments)) {
      libraries.add(library.toUri().toURL());
    }
    URLClassLoader common =
        new URLClassLoader(
            "sluice-libraries",
            libraries.toArray(URL[]::new),
            new ApiLoader(getClass().getClassLoader()));
    loaders.add(common);
    for (Deployment deployment : deployments) {
      String name = deployment.manifest().name();
      Path settings = Files.createDirectories(directory.resolve("settings").resolve(name));
      forOwnerAlone(settings);
      write(settings.resolve(SETTINGS), deployment.settings());
      URLClassLoader own =
          new URLClassLoader(
              name,
              new URL[] {settings.toUri().toURL(), deployment.files().jar().toUri().toURL()},
              common);
      loaders.add(own);
      start(deployment, own);
    }
  }

  /**
   * Each library once. One loader cannot hold two builds of a library, and a function would run on
   * another's: that is refused rather than found out by a NoSuchMethodError.
   */
  private static Collection<Path> shared(List<Deployment> deployments) {
    Map<String, Path> byName = new LinkedHashMap<>();
    for (Deployment deployment : deployments) {
      for (Path library : deployment.files().libraries()) {
        String name = FunctionPackage.libraryName(library);
        Path other = byName.putIfAbsent(name, library);
        if (other != null && !other.equals(library)) {
          throw new BadInput(
              "function "
                  + deployment.manifest().name()
                  + " carries another build of "
                  + name
                  + " than the functions before it; build them together with ./sluice package");
        }
      }
    }
    return byName.values();
  }

  private void start(Deployment deployment, ClassLoader loader) {
    FunctionManifest manifest = deployment.manifest();
    Invoker invoker = new Invoker(0, manifest.entryPoint(), signature(manifest), loader);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try {
      thread.setContextClassLoader(loader);
      invoker.startTestServer();
      invokers.put(manifest.name(), invoker);
      urls.put(
          manifest.name(),
          URI.create(
              "http://127.0.0.1:" + FunctionProcess.bindToLoopback(invoker, deployment.port())));
    } catch (Exception e) {
      throw new Bug("function " + manifest.name() + " did not start: " + e, e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** What the framework calls the kind of function that a manifest describes. */
  static String signature(FunctionManifest manifest) {
    return manifest.trigger() instanceof FunctionManifest.Trigger.Storage ? "cloudevent" : "http";
  }

  /** Settings hold what is a secret when deployed. */
  private static void forOwnerAlone(Path folder) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(folder, PosixFileAttributeView.class);
    if (view != null) {
      view.setPermissions(PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static void write(Path file, Map<String, String> settings) throws IOException {
    Properties properties = new Properties();
    properties.putAll(settings);
    try (var out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
  }

  @Override
  public void close() {
    for (Invoker invoker : invokers.values()) {
      try {
        invoker.stopServer();
      } catch (Exception e) {
        System.getLogger(FunctionHost.class.getName())
            .log(System.Logger.Level.WARNING, "a function did not stop", e);
      }
    }
    invokers.clear();
  }
}
