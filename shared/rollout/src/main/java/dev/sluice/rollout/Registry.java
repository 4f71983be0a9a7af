package dev.sluice.rollout;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code <serving>/<pipeline>/registry.json}: the decisions of a pipeline. A value; whoever changes
 * it writes the new one under the generation that it read, and starts again where that fails.
 *
 * @param versions every model that was registered, by number from 1 upwards
 * @param baseline what the next batch is compared with, null before the first batch passed
 * @param live the number of the version that serves, null before the first release
 */
public record Registry(
    List<Version> versions, @Nullable Baseline baseline, @Nullable Integer live) {
  /** What a pipeline has before its first batch. */
  public static final Registry EMPTY = new Registry(List.of(), null, null);

  public Registry {
    versions = versions == null ? List.of() : List.copyOf(versions);
    if (live != null && (live < 1 || live > versions.size())) {
      throw new Bug("version " + live + " is live, but there are " + versions.size());
    }
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
   */
  public record Version(
      int number,
      String fingerprint,
      String model,
      String transform,
      String batch,
      Order order,
      boolean served) {}

  /**
   * What the next batch is compared with.
   *
   * @param batch the batch that passed
   * @param order its place in time
   * @param statistics uri of its statistics artifact
   * @param schema uri of its schema artifact
   */
  public record Baseline(String batch, Order order, String statistics, String schema) {}

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
      String fingerprint, String model, String transform, String batch, Order order) {
    if (find(fingerprint).isPresent()) {
      return this;
    }
    List<Version> more = new ArrayList<>(versions);
    more.add(new Version(versions.size() + 1, fingerprint, model, transform, batch, order, false));
    return new Registry(more, baseline, live);
  }

  /** With this baseline, unless a later batch's stands already. */
  public Registry withBaseline(Baseline candidate) {
    if (baseline != null && baseline.order().compareTo(candidate.order()) > 0) {
      return this;
    }
    return new Registry(versions, candidate, live);
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
            true));
    return new Registry(same, baseline, number);
  }

  /** True where the model that serves is of a later batch than this place. */
  public boolean isSuperseded(Order order) {
    return liveVersion().map(v -> v.order().compareTo(order) > 0).orElse(false);
  }
}
