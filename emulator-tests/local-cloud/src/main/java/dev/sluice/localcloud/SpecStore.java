package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.localcloud.dags.Orchestrator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Brings spec files and the schemas beside them into the serving bucket, specs to what runs the
 * DAGs too, and again whenever one changes. A file that is wrong is told once and the one before
 * stays; where there was none before it goes up all the same, so that an object dropped for it
 * fails with what is wrong in the spec.
 */
final class SpecStore implements AutoCloseable {
  private static final long EVERY_MILLIS = 500;

  private final List<Path> folders;
  private final ObjectStore objects;
  private final String serving;
  private final Orchestrator dags;
  private final Consumer<String> console;
  private final Map<Path, String> seen = new HashMap<>();
  private final Set<String> pipelines = new HashSet<>();
  private final Thread watcher;
  private volatile boolean open = true;

  private SpecStore(
      List<Path> folders,
      ObjectStore objects,
      String serving,
      Orchestrator dags,
      Consumer<String> console) {
    this.folders = folders;
    this.objects = objects;
    this.serving = serving;
    this.dags = dags;
    this.console = console;
    this.watcher = Thread.ofVirtual().name("specs").unstarted(this::watch);
  }

  static SpecStore start(
      List<Path> folders,
      ObjectStore objects,
      String serving,
      Orchestrator dags,
      Consumer<String> console) {
    SpecStore store = new SpecStore(folders, objects, serving, dags, console);
    store.sync();
    store.watcher.start();
    return store;
  }

  private void watch() {
    while (open) {
      try {
        Thread.sleep(EVERY_MILLIS);
        sync();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        console.accept("specs: " + e.getMessage());
      }
    }
  }

  private synchronized void sync() {
    for (Path folder : folders) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          String name = String.valueOf(file.getFileName());
          if (name.endsWith(".yaml") || name.endsWith(".pbtxt")) {
            bring(file, name);
          }
        }
      } catch (IOException e) {
        throw new BadInput(
            "the pipelines folder " + folder + " cannot be read; name one that exists", e);
      }
    }
  }

  private void bring(Path file, String name) throws IOException {
    String text = Files.readString(file);
    if (text.equals(seen.get(file))) {
      return;
    }
    try {
      if (name.endsWith(".yaml")) {
        String pipeline = name.substring(0, name.length() - ".yaml".length());
        PipelineSpec.parse(pipeline, text);
        // First: an object that finds the spec finds the DAG too.
        dags.bring(pipeline, text);
        boolean added = pipelines.add(pipeline);
        store(name, text);
        if (added) {
          console.accept("pipeline " + pipeline + " is known");
        } else {
          console.accept("pipeline " + pipeline + " has a new spec");
        }
      } else {
        store(name, text);
      }
    } catch (BadInput e) {
      if (objects.find(ObjectName.of(serving, "specs/" + name)).isEmpty()) {
        store(name, text);
      }
      console.accept(e.getMessage() + "; the spec is not taken");
    }
    // Only now: what storage could not take this time is brought again.
    seen.put(file, text);
  }

  private void store(String name, String text) {
    ObjectName object = ObjectName.of(serving, "specs/" + name);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    boolean same =
        objects.find(object).isPresent() && java.util.Arrays.equals(objects.read(object), bytes);
    if (!same) {
      objects.write(object, bytes, "application/yaml", WriteCondition.anything());
    }
  }

  @Override
  public void close() {
    open = false;
    watcher.interrupt();
  }
}
