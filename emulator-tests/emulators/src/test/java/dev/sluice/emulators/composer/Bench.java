package dev.sluice.emulators.composer;

import dev.sluice.contracts.Operations;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** A Composer with two pipelines, the functions it calls, and a client that is signed in. */
final class Bench implements AutoCloseable {
  static final String OPERATIONS =
      """
      resolve: {takes: [], gives: [batch, live_model]}
      ingest: {takes: [batch], gives: [examples]}
      left: {takes: [examples], gives: [left]}
      right: {takes: [examples], gives: [right]}
      gate: {takes: [left, right, {live_model: optional}], gives: [verdict, blessing]}
      release: {takes: [blessing], gives: [version]}
      finish-run: {teardown: true}
      """;

  /** A batch is looked at shard by shard, planned as a whole, and read shard by shard. */
  static final String SHARDED =
      """
      resolve: {expands: shard, gives: [batch]}
      inspect: {function: ingest, map_over: shard, takes: [batch], gives: [inspection]}
      plan: {function: ingest, takes: [inspection], gives: [plan]}
      part: {function: part, map_over: shard, takes: [batch, inspection, plan], gives: [part]}
      ingest: {function: ingest, takes: [batch, {plan: optional}, {part: optional}], gives: [examples]}
      analyze: {takes: [examples], gives: [statistics]}
      finish-run: {teardown: true}
      """;

  final AtomicReference<String> text;
  final Set<String> pipelines = new ConcurrentSkipListSet<>(List.of("taxi", "tips"));
  final List<Progress> progress = new CopyOnWriteArrayList<>();
  final FunctionServer functions;
  ComposerEmulator composer;
  Rest rest;
  private final UnaryOperator<Settings> change;

  Bench(Path state, UnaryOperator<Settings> change) throws Exception {
    this(state, OPERATIONS, change);
  }

  /** A Composer of sharded batches. */
  static Bench sharded(Path state, int shards) throws Exception {
    return sharded(state, shards, settings -> settings);
  }

  static Bench sharded(Path state, int shards, UnaryOperator<Settings> change) throws Exception {
    Bench bench = new Bench(state, SHARDED, change);
    bench.functions.shards(shards);
    return bench;
  }

  Bench(Path state, String operations, UnaryOperator<Settings> change) throws Exception {
    functions = new FunctionServer(Operations.parse(operations, "operations.yaml"));
    text = new AtomicReference<>(operations);
    this.change = change;
    composer = start(state);
    rest = client();
  }

  Bench(Path state) throws Exception {
    this(state, settings -> settings);
  }

  private ComposerEmulator start(Path state) {
    Settings settings =
        Settings.of(
                () -> Operations.parse(text.get(), "operations.yaml"),
                () -> pipelines,
                functions::uri)
            .withRetries(3, Duration.ofMillis(2))
            .withProgress(progress::add);
    return ComposerEmulator.start(state, 0, change.apply(settings));
  }

  private Rest client() throws Exception {
    Rest client = new Rest(composer.uri());
    client.login("admin", "admin");
    return client;
  }

  /** Another Composer in place of this one, from the state it finds. */
  void restart(Path state) throws Exception {
    composer.close();
    rest.close();
    composer = start(state);
    rest = client();
  }

  void settle() throws InterruptedException {
    if (!composer.awaitIdle(Duration.ofSeconds(20))) {
      throw new AssertionError("not idle after 20 s; called " + functions.called());
    }
  }

  /** Something that comes true by itself. */
  interface Wanted {
    boolean isThere() throws Exception;
  }

  void until(Wanted wanted) throws Exception {
    long start = System.nanoTime();
    while (!wanted.isThere()) {
      if (System.nanoTime() - start > Duration.ofSeconds(10).toNanos()) {
        throw new AssertionError("it did not come within 10 s; called " + functions.called());
      }
      Thread.onSpinWait();
    }
  }

  /** The state of each task, of a run that has settled. */
  String run(String pipeline, String run, String conf) throws Exception {
    Rest.Answer answer = rest.trigger(pipeline, run, conf);
    if (answer.status() != 200) {
      throw new AssertionError(answer.toString());
    }
    settle();
    return rest.state(pipeline, run);
  }

  @Override
  public void close() {
    rest.close();
    composer.close();
    functions.close();
  }
}
