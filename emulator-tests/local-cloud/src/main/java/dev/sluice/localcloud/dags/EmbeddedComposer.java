package dev.sluice.localcloud.dags;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.emulators.composer.ComposerEmulator;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.emulators.composer.Settings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The local Composer, in this process: it is there at once and takes little. */
public final class EmbeddedComposer implements Orchestrator {
  /** The pipelines that each one starts after, by the one. */
  private final ConcurrentSkipListMap<String, List<String>> pipelines =
      new ConcurrentSkipListMap<>();

  private final Map<String, URI> functions = new ConcurrentHashMap<>();
  private final ComposerEmulator composer;

  /**
   * Starts it; nothing is called yet.
   *
   * @param state where runs are kept
   * @param port 0 for a free one
   * @param operations the operations file, read anew for each run
   * @param progress told of every change of a run or a task
   */
  public EmbeddedComposer(
      Path state, int port, Supplier<Operations> operations, Consumer<Progress> progress) {
    this.composer =
        ComposerEmulator.open(
            state,
            port,
            Settings.of(operations, pipelines::keySet, this::function)
                .withAfter(() -> Map.copyOf(pipelines))
                .withProgress(progress));
  }

  private URI function(String name) {
    URI url = functions.get(name);
    if (url == null) {
      throw new BadInput("operations.yaml names function '" + name + "', which has no folder");
    }
    return url;
  }

  @Override
  public URI uri() {
    return composer.uri();
  }

  @Override
  public void bring(String pipeline, String spec) {
    pipelines.put(pipeline, PipelineSpec.parse(pipeline, spec).after());
  }

  @Override
  public void open(Map<String, URI> urls) {
    functions.putAll(urls);
    composer.resume();
  }

  @Override
  public boolean awaitIdle(Duration limit) throws InterruptedException {
    return composer.awaitIdle(limit);
  }

  @Override
  public void close() {
    composer.close();
  }
}
