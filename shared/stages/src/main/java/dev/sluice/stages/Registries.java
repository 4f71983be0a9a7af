package dev.sluice.stages;

import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.rollout.Registry;
import dev.sluice.rollout.Routes;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Reads and changes small JSON objects under the generation that was read: compare and swap. */
public final class Registries {
  private static final int ATTEMPTS = 20;

  private final ObjectStore objects;
  private final Layout layout;
  private final int attempts;

  Registries(ObjectStore objects, Layout layout) {
    this(objects, layout, ATTEMPTS);
  }

  Registries(ObjectStore objects, Layout layout, int attempts) {
    this.objects = objects;
    this.layout = layout;
    this.attempts = attempts;
  }

  /** The pipeline's decisions as they stand. */
  public Registry read(String pipeline) {
    ObjectName name = layout.registry(pipeline);
    Optional<StoredObject> stored = objects.find(name);
    return stored.isEmpty() ? Registry.EMPTY : parse(stored.get().name());
  }

  /**
   * Changes the pipeline's decisions; the change is computed anew where somebody else was first.
   *
   * @return the decisions as they stand after
   */
  public Registry update(String pipeline, UnaryOperator<Registry> change) {
    return swap(
        layout.registry(pipeline),
        this::parse,
        Registry.EMPTY,
        change,
        r -> r,
        "the registry of " + pipeline);
  }

  /**
   * Turns the traffic to the version that the registry has live. Whoever changes the registry calls
   * this after, so that the last change also writes the last routes.
   */
  public void route(String pipeline) {
    ObjectName name = layout.routes(pipeline);
    swap(
        name,
        object -> Optional.of(Json.read(objects.read(object), Routes.class, object.uri())),
        Optional.<Routes>empty(),
        before -> read(pipeline).liveVersion().map(v -> Routes.to(v.number())),
        Optional::get,
        "the routes of " + pipeline);
  }

  /**
   * Compare and swap of one JSON object.
   *
   * @param absent what stands where there is no object
   */
  private <T> T swap(
      ObjectName name,
      Function<ObjectName, T> parse,
      T absent,
      UnaryOperator<T> change,
      Function<T, Object> json,
      String what) {
    for (int attempt = 0; attempt < attempts; attempt++) {
      Optional<StoredObject> stored = objects.find(name);
      T before = stored.isEmpty() ? absent : parse.apply(stored.get().name());
      T after = change.apply(before);
      if (after.equals(before)) {
        return after;
      }
      try {
        objects.write(
            name,
            Json.bytes(json.apply(after)),
            "application/json",
            stored.isEmpty()
                ? WriteCondition.ifAbsent()
                : WriteCondition.ifGeneration(stored.get().generation()));
        return after;
      } catch (Conflict e) {
        pause(attempt);
      }
    }
    throw new Unavailable(what + " is changed by others all the time; try again");
  }

  private Registry parse(ObjectName name) {
    return Json.read(objects.read(name), Registry.class, name.uri());
  }

  /** Full jitter, so that those who lost together do not meet again together. */
  private static void pause(int attempt) {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(1, 10L << Math.min(attempt, 6)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while waiting for a turn", e);
    }
  }
}
