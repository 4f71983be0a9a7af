package dev.sluice.localcloud.faults;

import dev.sluice.contracts.BadInput;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One thing that goes wrong, known by its name in the plan. Each is bounded, so that a run can end.
 */
public sealed interface Fault {
  /** As the plan calls it. */
  String name();

  /** Which of the requests it concerns meet it. */
  When when();

  /** Whom a request is to. */
  enum Service {
    STORAGE,
    BIGQUERY,
    PUBSUB,
    COMPOSER,
    FUNCTIONS;

    /** As plans and log lines spell it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What becomes of an event on its way; none is ever lost for good. */
  enum Delivery {
    /** Delivered twice, at the same time. */
    DUPLICATE,
    /** Held back. */
    DELAY,
    /** Held back until a later event of the function has passed, or the wait is over. */
    REORDER,
    /** Not delivered now; the service does so again, as it has no answer of 2xx. */
    DROP
  }

  /** What the caller gets instead of the answer. */
  enum Answer {
    /** 429, nothing done. */
    TOO_MANY,
    /** 503, nothing done. */
    UNAVAILABLE,
    /** The connection is reset, nothing done. */
    RESET,
    /** The work is done, then the connection is reset. */
    LOST
  }

  /** When a process dies. */
  enum Moment {
    /** Before the write reaches the service. */
    BEFORE,
    /** After the service did it and before the function knows. */
    AFTER
  }

  /**
   * Which requests, counted from 1 among those that the fault concerns.
   *
   * @param at the first of them, or 0 where chance decides
   * @param times how many meet the fault, from {@code at} on or as drawn, in [1, 1000]
   * @param probability of each one, in (0, 1], where {@code at} is 0
   */
  record When(int at, int times, double probability) {
    public When {
      if (at < 0) {
        throw new BadInput("'at' is " + at + "; the first request is 1");
      }
      if (times < 1 || times > 1000) {
        throw new BadInput("'times' is " + times + "; it must lie in [1, 1000]");
      }
      if (at == 0 && !(probability > 0 && probability <= 1)) {
        throw new BadInput("'probability' is " + probability + "; it must lie in (0, 1]");
      }
    }

    /** The request of that number, and the next ones. */
    public static When at(int at, int times) {
      return new When(at, times, 0);
    }
  }

  /**
   * An event goes astray.
   *
   * @param function whose, or null for anybody's
   * @param hold how long it is held back, where it is
   */
  record OfEvent(
      String name, Delivery delivery, @Nullable String function, Duration hold, When when)
      implements Fault {
    public OfEvent {
      if (hold.isNegative() || hold.compareTo(Duration.ofMinutes(1)) > 0) {
        throw new BadInput("'wait' is " + hold.toMillis() + "; it must lie in [0, 60000] ms");
      }
    }
  }

  /**
   * A service does not answer as it should.
   *
   * @param function who calls, or for {@link Service#FUNCTIONS} who is called; null for anybody
   */
  record OfCall(String name, Service service, @Nullable String function, Answer answer, When when)
      implements Fault {}

  /**
   * A function's process dies at its n-th write, to whatever service; {@code when} counts writes.
   */
  record Kill(String name, String function, Moment moment, When when) implements Fault {
    public Kill {
      if (when.at() == 0) {
        throw new BadInput("'kill' needs 'at', the number of the write at which the process dies");
      }
    }
  }

  /** A run that an event starts gets a twin of the same batch, started at the same time. */
  record SecondRun(String name, When when) implements Fault {}
}
