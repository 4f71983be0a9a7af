package dev.sluice.emulators.composer;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Operations;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How the local Composer runs.
 *
 * @param operations the operations file, read anew for each run that is triggered
 * @param pipelines the names of the pipelines, asked for on every call; each is a DAG
 * @param functions the URL of a function by its name, asked for on every try
 * @param after the pipelines after whose releases a pipeline starts, by its name, asked for at
 *     every release; those that wait for each other are never started
 * @param attempts tries of one task, at least 1
 * @param firstDelay the wait before the second try; each later one is twice as long, up to a minute
 * @param callTimeout how long one try may take
 * @param parallelism tasks that run at once, over all runs, at least 1
 * @param user who may ask for a token
 * @param password the user's password
 * @param tokenLifetime how long a token is good for
 * @param progress told of every change of a task or a run, in order and on one thread
 */
public record Settings(
    Supplier<Operations> operations,
    Supplier<? extends Collection<String>> pipelines,
    Function<String, URI> functions,
    Supplier<Map<String, List<String>>> after,
    int attempts,
    Duration firstDelay,
    Duration callTimeout,
    int parallelism,
    String user,
    String password,
    Duration tokenLifetime,
    Consumer<Progress> progress) {
  public Settings {
    if (attempts < 1) {
      throw new BadInput("attempts is " + attempts + "; it must be at least 1");
    }
    if (parallelism < 1) {
      throw new BadInput("parallelism is " + parallelism + "; it must be at least 1");
    }
    if (firstDelay.isNegative()) {
      throw new BadInput("firstDelay is " + firstDelay + "; it must not be negative");
    }
    if (!callTimeout.isPositive()) {
      throw new BadInput("callTimeout is " + callTimeout + "; it must be more than zero");
    }
    if (!tokenLifetime.isPositive()) {
      throw new BadInput("tokenLifetime is " + tokenLifetime + "; it must be more than zero");
    }
    if (user.isEmpty() || password.isEmpty()) {
      throw new BadInput("user and password must not be empty");
    }
  }

  /**
   * Three attempts from one second on, a call of at most an hour (what an HTTP function may take),
   * 16 tasks at once, user and password {@code admin}, tokens for a day.
   */
  public static Settings of(
      Supplier<Operations> operations,
      Supplier<? extends Collection<String>> pipelines,
      Function<String, URI> functions) {
    return new Settings(
        operations,
        pipelines,
        functions,
        Map::of,
        /* attempts= */ 3,
        Duration.ofSeconds(1),
        Duration.ofHours(1),
        /* parallelism= */ 16,
        "admin",
        "admin",
        Duration.ofDays(1),
        progress -> {});
  }

  /** The same with pipelines that start after others. */
  public Settings withAfter(Supplier<Map<String, List<String>>> after) {
    return new Settings(
        operations,
        pipelines,
        functions,
        after,
        attempts,
        firstDelay,
        callTimeout,
        parallelism,
        user,
        password,
        tokenLifetime,
        progress);
  }

  /** The same with other retries. */
  public Settings withRetries(int attempts, Duration firstDelay) {
    return new Settings(
        operations,
        pipelines,
        functions,
        after,
        attempts,
        firstDelay,
        callTimeout,
        parallelism,
        user,
        password,
        tokenLifetime,
        progress);
  }

  /** The same with another limit for one try. */
  public Settings withCallTimeout(Duration callTimeout) {
    return new Settings(
        operations,
        pipelines,
        functions,
        after,
        attempts,
        firstDelay,
        callTimeout,
        parallelism,
        user,
        password,
        tokenLifetime,
        progress);
  }

  /** The same with another bound on the tasks that run at once. */
  public Settings withParallelism(int parallelism) {
    return new Settings(
        operations,
        pipelines,
        functions,
        after,
        attempts,
        firstDelay,
        callTimeout,
        parallelism,
        user,
        password,
        tokenLifetime,
        progress);
  }

  /** The same with another user and another lifetime of the user's tokens. */
  public Settings withUser(String user, String password, Duration tokenLifetime) {
    return new Settings(
        operations,
        pipelines,
        functions,
        after,
        attempts,
        firstDelay,
        callTimeout,
        parallelism,
        user,
        password,
        tokenLifetime,
        progress);
  }

  /** The same with another listener. */
  public Settings withProgress(Consumer<Progress> progress) {
    return new Settings(
        operations,
        pipelines,
        functions,
        after,
        attempts,
        firstDelay,
        callTimeout,
        parallelism,
        user,
        password,
        tokenLifetime,
        progress);
  }
}
