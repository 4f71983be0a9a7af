package dev.sluice.rollout;

import dev.sluice.contracts.Acceptance;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Outcome;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code <serving>/<pipeline>/registry.json}: the decisions of a pipeline. A value; whoever changes
 * it writes the new one under the generation that it read, and starts again where that fails.
 *
 * @param versions every model that was registered, by number from 1 upwards
 * @param baseline the newest batch that passed or was accepted, null before the first; always one
 *     of {@code batches}, and all there was in registries written before those were kept
 * @param live the number of the version that serves, null before the first release
 * @param batches what went on, newest first: the newest {@link #KEPT} that passed or were accepted,
 *     as many others, those that a version was trained on, and one that is pinned
 * @param held the newest {@link #KEPT} batches that the checks of the data hold, newest first
 */
public record Registry(
    List<Version> versions,
    @Nullable Judged baseline,
    @Nullable Integer live,
    List<Judged> batches,
    List<Judged> held) {
  /** How many batches of a sort are kept. */
  public static final int KEPT = 60;

  private static final Comparator<Judged> NEWEST_FIRST =
      Comparator.comparing(Judged::order).reversed().thenComparing(Judged::batch);

  private static final Pattern DAY =
      Pattern.compile("([12][0-9]{3})-?(0[1-9]|1[0-2])-?([0-2][0-9]|3[01])(?![0-9]).*");

  /** What a pipeline has before its first batch. */
  public static final Registry EMPTY = new Registry(List.of(), null, null, List.of(), List.of());

  public Registry {
    versions = versions == null ? List.of() : List.copyOf(versions);
    if (live != null && (live < 1 || live > versions.size())) {
      throw new Bug("version " + live + " is live, but there are " + versions.size());
    }
    batches = batches == null ? List.of() : batches.stream().sorted(NEWEST_FIRST).toList();
    held = held == null ? List.of() : held.stream().sorted(NEWEST_FIRST).toList();
    if (batches.isEmpty() && baseline != null) {
      batches = List.of(baseline);
    }
    baseline = batches.stream().filter(Judged::mayBeBaseline).findFirst().orElse(null);
  }

  /**
   * One registered model.
   *
   * @param number from 1 upwards
   * @param fingerprint of the model artifact
   * @param model uri of the model artifact
   * @param transform uri of the mapping it was trained on
   * @param batch that it was trained on
   * @param order that batch's place in time
   * @param served true once it was live, whatever is live now
   * @param sha256 of its {@link #MODEL}, 64 hex digits; null where it was registered before that
   *     was kept
   */
  public record Version(
      int number,
      String fingerprint,
      String model,
      String transform,
      String batch,
      Order order,
      boolean served,
      @Nullable String sha256) {
    /** The artifact's object that is the model itself. */
    public static final String MODEL = "model.ubj";
  }

  /**
   * A batch that the checks of the data judged.
   *
   * @param batch the batch
   * @param order its place in time
   * @param outcome what was said; registries written before it was kept hold what passed alone
   * @param statistics uri of its statistics artifact
   * @param schema uri of the schema artifact from it on, null where it is held
   * @param anomalies uri of the artifact that holds what was found, null where not known
   * @param accepted a person's word that it is right, if given
   */
  public record Judged(
      String batch,
      Order order,
      Outcome outcome,
      String statistics,
      @Nullable String schema,
      @Nullable String anomalies,
      @Nullable Acceptance accepted) {
    public Judged {
      outcome = outcome == null ? Outcome.PASS : outcome;
    }

    /** The same with another schema from it on. */
    public Judged withSchema(String other) {
      return new Judged(batch, order, outcome, statistics, other, anomalies, accepted);
    }

    /**
     * True where later batches may be compared with it: it passed, or a person says it is right.
     */
    public boolean mayBeBaseline() {
      return outcome == Outcome.PASS || accepted != null;
    }
  }

  /** The version of that model fingerprint, if it was registered. */
  public Optional<Version> find(String fingerprint) {
    return versions.stream().filter(v -> v.fingerprint().equals(fingerprint)).findFirst();
  }

  /**
   * @throws BadInput where there is no such version
   */
  public Version get(int number) {
    if (number < 1 || number > versions.size()) {
      throw new BadInput(
          "there is no version " + number + "; versions 1 to " + versions.size() + " exist");
    }
    return versions.get(number - 1);
  }

  /** The version that serves, if one does. */
  public Optional<Version> liveVersion() {
    return live == null ? Optional.empty() : Optional.of(get(live));
  }

  /** With this model registered: a known fingerprint keeps its number, a new one gets the next. */
  public Registry register(
      String fingerprint,
      String model,
      String transform,
      String batch,
      Order order,
      @Nullable String sha256) {
    if (find(fingerprint).isPresent()) {
      return this;
    }
    List<Version> more = new ArrayList<>(versions);
    more.add(
        new Version(
            versions.size() + 1, fingerprint, model, transform, batch, order, false, sha256));
    return new Registry(more, baseline, live, batches, held);
  }

  /**
   * With what the checks said of a batch. Where it goes on it is held no more; where it is held,
   * what was said of it before stands beside that, and nothing moves. What a person accepted is not
   * held again by a call that was made before.
   *
   * @param pinned a batch that the spec pins, null where it pins none
   */
  public Registry judged(Judged judged, @Nullable String pinned) {
    Optional<Judged> before = wentOn(judged.batch());
    boolean accepted = before.map(b -> b.accepted() != null).orElse(false);
    List<Judged> others = without(held, judged.batch());
    if (judged.outcome() == Outcome.FAIL) {
      if (accepted && judged.accepted() == null) {
        return this;
      }
      others.add(judged);
      others.sort(NEWEST_FIRST);
      return new Registry(versions, baseline, live, batches, others.stream().limit(KEPT).toList());
    }
    List<Judged> more = without(batches, judged.batch());
    more.add(accepted && judged.accepted() == null ? before.get() : judged);
    return new Registry(versions, null, live, kept(more, pinned), others);
  }

  /**
   * With a batch accepted that was held or went on without a PASS, and from then on a baseline.
   * Changes nothing where there is nothing to accept (any more).
   *
   * @param accepted what is known of it, with the word of the person and the schema that was
   *     written
   * @param later what was written as the schema from the newest batch on, where that is a later
   *     one: those after it are to know what was accepted, too; null where there is none
   */
  public Registry accept(Judged accepted, @Nullable String later) {
    if (acceptable(accepted.batch()).isEmpty()) {
      return this;
    }
    Judged newest = baseline;
    List<Judged> more = without(batches, accepted.batch());
    more.add(accepted);
    if (later != null && newest != null) {
      more.remove(newest);
      more.add(newest.withSchema(later));
    }
    return new Registry(versions, null, live, more, without(held, accepted.batch()));
  }

  /**
   * What is known of a batch that takes a person's word to be a baseline: it is held, or it went on
   * with WARN or UNKNOWN and nobody accepted it yet.
   */
  public Optional<Judged> acceptable(String batch) {
    return held(batch).or(() -> wentOn(batch).filter(judged -> !judged.mayBeBaseline()));
  }

  /** What is known of a batch that went on. */
  public Optional<Judged> wentOn(String batch) {
    return batches.stream().filter(b -> b.batch().equals(batch)).findFirst();
  }

  /** What is known of a batch that is held. */
  public Optional<Judged> held(String batch) {
    return held.stream().filter(b -> b.batch().equals(batch)).findFirst();
  }

  private static List<Judged> without(List<Judged> batches, String batch) {
    return new ArrayList<>(batches.stream().filter(b -> !b.batch().equals(batch)).toList());
  }

  private List<Judged> kept(List<Judged> batches, @Nullable String pinned) {
    Set<String> always = new HashSet<>();
    versions.forEach(version -> always.add(version.batch()));
    if (pinned != null) {
      always.add(pinned);
    }
    int passed = 0;
    int others = 0;
    List<Judged> kept = new ArrayList<>();
    for (Judged batch : batches.stream().sorted(NEWEST_FIRST).toList()) {
      int place = batch.mayBeBaseline() ? passed++ : others++;
      if (place < KEPT || always.contains(batch.batch())) {
        kept.add(batch);
      }
    }
    return kept;
  }

  /**
   * The batches that passed or were accepted and come before this one, newest first; where none
   * does, those that come after it. A batch is never compared with itself, and one that is judged
   * again meets those that it met the first time.
   */
  public List<Judged> before(Batch batch) {
    List<Judged> others =
        batches.stream()
            .filter(b -> b.mayBeBaseline() && !b.batch().equals(batch.batch()))
            .toList();
    Order order = Order.of(batch);
    List<Judged> earlier = others.stream().filter(b -> b.order().compareTo(order) < 0).toList();
    return earlier.isEmpty() ? others : earlier;
  }

  /**
   * What a batch is compared with, newest first; empty where nothing passed yet.
   *
   * @throws BadInput where the rule pins a batch that is not known to have gone on
   */
  public List<Judged> baselines(BaselineRule rule, Batch batch) {
    List<Judged> before = before(batch);
    return switch (rule) {
      case BaselineRule.Last() -> before.stream().limit(1).toList();
      case BaselineRule.Rolling(int batches) -> before.stream().limit(batches).toList();
      case BaselineRule.Weekday() -> {
        Optional<DayOfWeek> day = weekday(batch.span());
        Optional<Judged> same =
            day.isEmpty()
                ? Optional.empty()
                : before.stream().filter(b -> weekday(b.order().span()).equals(day)).findFirst();
        yield same.map(List::of).orElseGet(() -> before.stream().limit(1).toList());
      }
      case BaselineRule.Pinned(String name) ->
          List.of(
              wentOn(name)
                  .orElseThrow(() ->
                      new BadInput(
                          "the spec pins batch '"
                              + name
                              + "' as the baseline, which is not known to have gone on; name one of"
                              + " the batches that passed"
                              + (before.isEmpty()
                                  ? ", once there is one"
                                  : ", such as " + before.getFirst().batch()))));
    };
  }

  /** The batch that the model which serves was trained on, if it is known. */
  public Optional<Judged> trainedOn() {
    return liveVersion().flatMap(version -> wentOn(version.batch()));
  }

  /** The day of the week of a span that begins with a date, such as 2026-11-01 or 20261101. */
  private static Optional<DayOfWeek> weekday(String span) {
    Matcher day = DAY.matcher(span);
    if (!day.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          LocalDate.of(
                  Integer.parseInt(day.group(1)),
                  Integer.parseInt(day.group(2)),
                  Integer.parseInt(day.group(3)))
              .getDayOfWeek());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /**
   * With this version live, unless the model that serves is of a later batch.
   *
   * @param order the place of the batch that asks for it: a model that an earlier batch trained is
   *     as new as the newest batch that chose it
   */
  public Registry release(int number, Order order) {
    Version version = get(number);
    if (isSuperseded(order)) {
      return this;
    }
    List<Version> same = new ArrayList<>(versions);
    same.set(
        number - 1,
        new Version(
            number,
            version.fingerprint(),
            version.model(),
            version.transform(),
            version.batch(),
            version.order().compareTo(order) < 0 ? order : version.order(),
            true,
            version.sha256()));
    return new Registry(same, baseline, number, batches, held);
  }

  /** True where the model that serves is of a later batch than this place. */
  public boolean isSuperseded(Order order) {
    return liveVersion().map(v -> v.order().compareTo(order) > 0).orElse(false);
  }
}
