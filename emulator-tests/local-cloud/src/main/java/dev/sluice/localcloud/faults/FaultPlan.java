package dev.sluice.localcloud.faults;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.Yaml;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong in a local cloud. As YAML, a mapping of names to faults, each of one kind:
 *
 * <pre>{@code
 * seed: 7                                                        # of the chances, default 0
 * faults:
 *   twice:      {event: duplicate, function: receive-file, at: 1}
 *   late:       {event: delay, wait: 500, probability: .2, times: 5}   # milliseconds
 *   lost-pins:  {service: storage, function: resolve, answer: lost, at: 1, times: 2}
 *   busy:       {service: bigquery, answer: 429, probability: .1, times: 20}
 *   death:      {kill: release, moment: after, at: 3}            # at its third write
 *   two-at-once: {second_run: true}
 * }</pre>
 *
 * <p>Events are {@code duplicate}, {@code delay}, {@code reorder} and {@code drop} (delivered again
 * later); answers {@code 429}, {@code 503}, {@code reset} and {@code lost}; services {@code
 * storage}, {@code bigquery}, {@code pubsub}, {@code composer} and {@code functions}. {@code at}
 * counts the requests that a fault concerns from 1 and has the default 1 where no {@code
 * probability} is given; {@code times} has the default 1. Kinds of one plan that concern the same
 * request are tried in the plan's order, one a request.
 *
 * @param seed of what is left to chance
 * @param faults in order
 */
public record FaultPlan(long seed, List<Fault> faults) {
  private static final Duration HOLD = Duration.ofMillis(500);

  /** Nothing goes wrong. */
  public static final FaultPlan NONE = new FaultPlan(0, List.of());

  public FaultPlan {
    faults = List.copyOf(faults);
    Set<String> names = new HashSet<>();
    for (Fault fault : faults) {
      if (!names.add(fault.name())) {
        throw new BadInput("two faults have the name '" + fault.name() + "'");
      }
    }
  }

  /** True where a process must be there to be killed. */
  public boolean kills() {
    return faults.stream().anyMatch(Fault.Kill.class::isInstance);
  }

  /**
   * @param text the YAML
   * @param what the file's name, for errors
   * @param functions the names of the functions there are
   * @throws BadInput naming the line
   */
  public static FaultPlan parse(String text, String what, Collection<String> functions) {
    Yaml yaml = Yaml.parse(text, what).only(List.of("seed", "faults"));
    List<Fault> faults = new ArrayList<>();
    Yaml all = yaml.child("faults");
    if (all != null) {
      for (String name : all.values().keySet()) {
        Yaml one = all.child(name);
        if (one == null) {
          throw all.refuse(name, "must say what goes wrong, such as {kill: ingest, at: 1}");
        }
        faults.add(fault(name, one, all, functions));
      }
    }
    return new FaultPlan(yaml.integer("seed", 0), faults);
  }

  private static Fault fault(String name, Yaml yaml, Yaml all, Collection<String> functions) {
    List<String> kinds =
        Stream.of("event", "service", "kill", "second_run").filter(yaml::has).toList();
    if (kinds.size() != 1) {
      throw all.refuse(
          name,
          "must have one of event, service, kill and second_run"
              + (kinds.isEmpty() ? "" : ", not " + String.join(" and ", kinds)));
    }
    String kind = kinds.getFirst();
    yaml.only(
        switch (kind) {
          case "event" -> List.of("event", "function", "wait", "at", "times", "probability");
          case "service" -> List.of("service", "function", "answer", "at", "times", "probability");
          case "kill" -> List.of("kill", "moment", "at", "times");
          default -> List.of("second_run", "at", "times");
        });
    Fault.When when = when(yaml);
    return switch (kind) {
      case "event" -> {
        Fault.Delivery delivery = choice(yaml, "event", Fault.Delivery.class, FaultPlan::word);
        String function = function(yaml, "function", functions);
        Duration hold = Duration.ofMillis(yaml.integer("wait", HOLD.toMillis()));
        yield yaml.bind(values -> new Fault.OfEvent(name, delivery, function, hold, when));
      }
      case "service" ->
          new Fault.OfCall(
              name,
              choice(yaml, "service", Fault.Service.class, FaultPlan::word),
              function(yaml, "function", functions),
              choice(yaml, "answer", Fault.Answer.class, FaultPlan::answer),
              when);
      case "kill" ->
          new Fault.Kill(
              name,
              String.valueOf(function(yaml, "kill", functions)),
              yaml.has("moment")
                  ? choice(yaml, "moment", Fault.Moment.class, FaultPlan::word)
                  : Fault.Moment.BEFORE,
              when);
      default -> new Fault.SecondRun(name, when);
    };
  }

  private static Fault.When when(Yaml yaml) {
    Object chance = yaml.values().get("probability");
    if (chance != null && !(chance instanceof Number)) {
      throw yaml.refuse("probability", "must be a number, not '" + chance + "'");
    }
    if (chance != null && yaml.has("at")) {
      throw yaml.refuse("probability", "cannot stand beside 'at'; keep one");
    }
    long at = yaml.integer("at", 1);
    if (at < 1 || at > Integer.MAX_VALUE) {
      throw yaml.refuse("at", "is " + at + "; the first request is 1");
    }
    int times = Math.clamp(yaml.integer("times", 1), 0, Integer.MAX_VALUE);
    return yaml.bind(values ->
        chance instanceof Number number
            ? new Fault.When(0, times, number.doubleValue())
            : Fault.When.at((int) at, times));
  }

  private static @Nullable String function(Yaml yaml, String key, Collection<String> functions) {
    String function = yaml.string(key);
    if (function != null && !functions.contains(function)) {
      throw yaml.refuse(
          key,
          "names no function '"
              + function
              + "'; did you mean '"
              + Names.nearest(function, functions)
              + "'?");
    }
    return function;
  }

  private static <E extends Enum<E>> E choice(
      Yaml yaml, String key, Class<E> type, Function<E, String> word) {
    String value = yaml.requiredString(key);
    for (E constant : type.getEnumConstants()) {
      if (word.apply(constant).equals(value)) {
        return constant;
      }
    }
    throw yaml.refuse(
        key,
        "is '"
            + value
            + "'; it must be one of "
            + EnumSet.allOf(type).stream().map(word).collect(Collectors.joining(", ")));
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static String answer(Fault.Answer answer) {
    return switch (answer) {
      case TOO_MANY -> "429";
      case UNAVAILABLE -> "503";
      case RESET, LOST -> word(answer);
    };
  }

  /**
   * A plan drawn from a seed: one to three deaths, one to four services that do not answer, up to
   * two events astray, now and then two runs at once, and in one of five a function that fails as
   * often as a task is tried, so that a run fails and has to be resumed. The same seed and
   * functions give the same plan.
   */
  public static FaultPlan random(long seed, Collection<String> functions) {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
    List<String> names = functions.stream().sorted().toList();
    List<Fault> faults = new ArrayList<>();
    int kills = 1 + random.nextInt(3);
    for (int i = 1; i <= kills; i++) {
      faults.add(
          new Fault.Kill(
              "kill-" + i,
              one(names, random),
              one(List.of(Fault.Moment.values()), random),
              Fault.When.at(1 + random.nextInt(8), 1 + random.nextInt(10) / 9)));
    }
    int calls = 1 + random.nextInt(4);
    for (int i = 1; i <= calls; i++) {
      Fault.Service service = one(List.of(Fault.Service.values()), random);
      faults.add(
          new Fault.OfCall(
              "call-" + i,
              service,
              random.nextInt(3) == 0 ? null : one(names, random),
              one(List.of(Fault.Answer.values()), random),
              random.nextInt(4) == 0
                  ? new Fault.When(0, 1 + random.nextInt(4), .05 + .2 * random.nextDouble())
                  : Fault.When.at(1 + random.nextInt(6), 1 + random.nextInt(2))));
    }
    int events = random.nextInt(3);
    for (int i = 1; i <= events; i++) {
      faults.add(
          new Fault.OfEvent(
              "event-" + i,
              one(List.of(Fault.Delivery.values()), random),
              /* function= */ null,
              Duration.ofMillis(50 + random.nextInt(500)),
              Fault.When.at(1 + random.nextInt(2), 1 + random.nextInt(2))));
    }
    if (random.nextInt(3) == 0) {
      faults.add(new Fault.SecondRun("two-at-once", Fault.When.at(1, 1)));
    }
    if (random.nextInt(5) == 0) {
      faults.add(
          new Fault.OfCall(
              "outage",
              Fault.Service.FUNCTIONS,
              one(names, random),
              one(List.of(Fault.Answer.values()), random),
              Fault.When.at(1, 3 + random.nextInt(2))));
    }
    return new FaultPlan(seed, faults);
  }

  private static <T> T one(List<T> all, Random random) {
    return all.get(random.nextInt(all.size()));
  }

  /** The plan as {@link #parse} reads it. */
  public String toYaml() {
    StringBuilder out = new StringBuilder("seed: ").append(seed).append('\n');
    if (faults.isEmpty()) {
      return out.toString();
    }
    out.append("faults:\n");
    for (Fault fault : faults) {
      out.append("  ").append(fault.name()).append(": {").append(text(fault)).append("}\n");
    }
    return out.toString();
  }

  private static String text(Fault fault) {
    String what =
        switch (fault) {
          case Fault.OfEvent event ->
              "event: "
                  + word(event.delivery())
                  + function(event.function())
                  + ", wait: "
                  + event.hold().toMillis();
          case Fault.OfCall call ->
              "service: "
                  + word(call.service())
                  + function(call.function())
                  + ", answer: "
                  + answer(call.answer());
          case Fault.Kill kill -> "kill: " + kill.function() + ", moment: " + word(kill.moment());
          case Fault.SecondRun ignored -> "second_run: true";
        };
    Fault.When when = fault.when();
    return what
        + (when.at() > 0 ? ", at: " + when.at() : ", probability: " + when.probability())
        + ", times: "
        + when.times();
  }

  private static String function(@Nullable String function) {
    return function == null ? "" : ", function: " + function;
  }
}
