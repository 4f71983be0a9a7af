package dev.sluice.functions.predict;

import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.StructuredLog;
import dev.sluice.gcp.StructuredLog.Severity;
import dev.sluice.rollout.Routes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The versions of one pipeline that this instance holds, and which of them answers.
 *
 * <p>A request that comes over a second after the last check asks for the generation of the routes;
 * where it changed, that request loads and warms what they name, while the others go on with what
 * there is. New routes take over in one step and only when every version of theirs is ready; what
 * cannot be loaded is refused, logged once, and tried again every {@value #RETRY_SECONDS} seconds.
 * Where storage is away, the last routes keep answering. Only an instance that has nothing yet lets
 * its callers wait, and takes what it can of routes that name a version it must refuse. Safe for
 * use by several threads.
 */
final class ServedPipeline {
  static final int RETRY_SECONDS = 5;

  /** Versions kept that no route names: asked for by number, or routed to before. */
  static final int KEPT = 4;

  private static final long CHECK = TimeUnit.SECONDS.toNanos(1);
  private static final long RETRY = TimeUnit.SECONDS.toNanos(RETRY_SECONDS);
  private static final int MOST_REFUSED = 64;

  private final String name;
  private final VersionLoader loader;
  private final StructuredLog log;
  private final LongSupplier nanos;
  private final ReentrantLock loading = new ReentrantLock();
  private final Map<Integer, ServedVersion> kept = new LinkedHashMap<>(16, 0.75f, true);

  /** Guarded by {@link #loading}. */
  private final Map<Integer, Refused> refused = new LinkedHashMap<>();

  /** Guarded by {@link #loading}; never forgotten, so that each version's error shows once. */
  private final Set<Integer> told = new HashSet<>();

  private volatile @Nullable Live live;
  private volatile @Nullable SluiceException outage;
  private volatile long checkAt;

  ServedPipeline(String name, VersionLoader loader, StructuredLog log, LongSupplier nanos) {
    this.name = name;
    this.loader = loader;
    this.log = log;
    this.nanos = nanos;
    this.checkAt = nanos.getAsLong();
  }

  /**
   * What answers now.
   *
   * @param versions by number, at least one; all that the routes name, if {@code complete}
   * @param failures of the versions that the routes name and that were refused, by number
   */
  record Live(
      Routes routes,
      long generation,
      Map<Integer, ServedVersion> versions,
      boolean complete,
      Map<Integer, String> failures) {

    /** The version for one request. */
    ServedVersion choose(double u) {
      return orAny(routes.choose(u));
    }

    /** What the label {@code live} means. */
    ServedVersion main() {
      return orAny(routes.main());
    }

    private ServedVersion orAny(int number) {
      ServedVersion version = versions.get(number);
      return version == null ? versions.values().iterator().next() : version;
    }
  }

  /**
   * A version that was not taken.
   *
   * @param absent it was never released
   */
  private record Refused(long until, boolean absent, String why) {}

  /** True where this holds nothing that would have to be loaded again. */
  boolean isEmpty() {
    synchronized (kept) {
      return live == null && kept.isEmpty();
    }
  }

  /**
   * What answers now, checked at most a second ago where storage can be reached.
   *
   * @throws Refusal where there are no routes
   * @throws SluiceException where nothing could be loaded yet
   */
  Live current() {
    Live now = live;
    if (nanos.getAsLong() - checkAt >= 0) {
      if (now == null) {
        loading.lock();
      } else if (!loading.tryLock()) {
        return now;
      }
      try {
        if (nanos.getAsLong() - checkAt >= 0) {
          check();
        }
      } finally {
        loading.unlock();
      }
      now = live;
    }
    if (now != null) {
      return now;
    }
    SluiceException why = outage;
    if (why != null) {
      throw why;
    }
    throw Refusal.unknown("Latest(" + name + ")", "pipeline " + name + " has no live version yet");
  }

  /**
   * The version of that number, loaded where it is not at hand.
   *
   * @throws Refusal where it does not exist or cannot be loaded
   */
  ServedVersion version(int number) {
    Live now = live;
    ServedVersion routed = now == null ? null : now.versions().get(number);
    ServedVersion known = routed == null ? kept(number) : routed;
    if (known != null) {
      return known;
    }
    loading.lock();
    try {
      ServedVersion loaded = kept(number);
      if (loaded == null) {
        loaded = obtain(number, null);
        if (loaded == null) {
          throw refusal(number);
        }
        keep(loaded);
      }
      return loaded;
    } catch (Unavailable e) {
      // Those who wait for the lock need not each find it out again.
      refuse(number, new Refused(nanos.getAsLong() + CHECK, false, String.valueOf(e.getMessage())));
      throw e;
    } finally {
      loading.unlock();
    }
  }

  private Refusal refusal(int number) {
    Refused why = refused.get(number);
    if (why == null || why.absent()) {
      return Refusal.unknown(
          "Specific(" + name + ", " + number + ")",
          "pipeline " + name + " has no version " + number);
    }
    return new Refusal(503, "version " + number + " of " + name + " is refused: " + why.why());
  }

  private void check() {
    long wait = CHECK;
    try {
      refresh();
      outage = null;
    } catch (SluiceException e) {
      // A request waits for each attempt, so the fewer the better while something answers.
      wait = live == null ? CHECK : RETRY;
      if (outage == null) {
        log.log(
            Severity.WARNING, "the routes of " + name + " cannot be checked: " + e.getMessage(), e);
      }
      outage = e;
    }
    checkAt = nanos.getAsLong() + wait;
  }

  private void refresh() {
    Live old = live;
    Optional<Long> generation = loader.routesGeneration(name);
    if (generation.isPresent()
        && old != null
        && old.complete()
        && old.generation() == generation.get()
        && old.failures().isEmpty()) {
      return;
    }
    VersionLoader.Found found = generation.isEmpty() ? null : loader.routes(name).orElse(null);
    if (found == null) {
      live = null;
      return;
    }
    Map<Integer, ServedVersion> versions = new HashMap<>();
    Map<Integer, String> failures = new HashMap<>();
    for (Routes.Arm arm : found.routes().arms()) {
      int number = arm.version();
      ServedVersion known = old == null ? null : old.versions().get(number);
      ServedVersion version = obtain(number, known == null ? kept(number) : known);
      Refused why = refused.get(number);
      if (version != null) {
        versions.put(number, version);
      } else if (why != null) {
        failures.put(number, why.why());
        if (told.add(number)) {
          log.log(
              Severity.ERROR,
              "version " + number + " of " + name + " is refused: " + why.why(),
              null);
        }
      }
    }
    boolean complete = versions.size() == found.routes().arms().size();
    if (complete || ((old == null || !old.complete()) && !versions.isEmpty())) {
      live = new Live(found.routes(), found.generation(), Map.copyOf(versions), complete, failures);
      retire(old, versions);
    } else if (old != null) {
      live = new Live(old.routes(), old.generation(), old.versions(), old.complete(), failures);
    } else {
      throw new Unavailable(
          "no version of " + name + " that its routes name can be loaded: " + failures);
    }
  }

  private void retire(@Nullable Live old, Map<Integer, ServedVersion> versions) {
    Set<Integer> fresh = new HashSet<>(versions.keySet());
    if (old != null) {
      fresh.removeAll(old.versions().keySet());
      for (ServedVersion version : old.versions().values()) {
        if (!versions.containsKey(version.number())) {
          keep(version);
        }
      }
    }
    synchronized (kept) {
      kept.keySet().removeAll(versions.keySet());
    }
    for (int number : fresh) {
      log.info("version " + number + " of " + name + " answers");
    }
  }

  /** The version, or null where it was refused; then {@link #refused} says why. */
  private @Nullable ServedVersion obtain(int number, @Nullable ServedVersion known) {
    Refused before = refused.get(number);
    if (before != null && nanos.getAsLong() - before.until() < 0) {
      return null;
    }
    try {
      Optional<ServedVersion> version = loader.load(name, number, known);
      refused.remove(number);
      if (version.isPresent()) {
        return version.get();
      }
      refuse(number, new Refused(nanos.getAsLong() + CHECK, true, "it was never released"));
    } catch (Unavailable e) {
      throw e;
    } catch (RuntimeException e) {
      if (told.add(number)) {
        log.error("version " + number + " of " + name + " is refused: " + e.getMessage(), e);
      }
      refuse(number, new Refused(nanos.getAsLong() + RETRY, false, String.valueOf(e.getMessage())));
    }
    return null;
  }

  private void refuse(int number, Refused why) {
    if (refused.size() >= MOST_REFUSED) {
      refused.remove(refused.keySet().iterator().next());
    }
    refused.put(number, why);
  }

  private @Nullable ServedVersion kept(int number) {
    synchronized (kept) {
      return kept.get(number);
    }
  }

  private void keep(ServedVersion version) {
    synchronized (kept) {
      kept.put(version.number(), version);
      if (kept.size() > KEPT) {
        kept.remove(kept.keySet().iterator().next());
      }
    }
  }
}
