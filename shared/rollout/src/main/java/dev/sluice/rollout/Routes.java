package dev.sluice.rollout;

import dev.sluice.contracts.BadInput;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code <serving>/<pipeline>/routes.json}: how requests are shared among the versions that serve.
 *
 * @param arms at least one; weights are above 0 and add up to 1
 */
public record Routes(List<Arm> arms) {
  /** The object's name below the pipeline's folder. */
  public static final String FILE = "routes.json";

  public Routes {
    arms = List.copyOf(arms);
    Set<Integer> seen = new HashSet<>();
    double sum = 0;
    for (Arm arm : arms) {
      if (!seen.add(arm.version())) {
        throw new BadInput("routes name version " + arm.version() + " twice");
      }
      sum += arm.weight();
    }
    if (Math.abs(sum - 1) > 1e-9) {
      throw new BadInput("the weights of the routes add up to " + sum + ", not 1");
    }
  }

  /**
   * A version and the share of requests that it answers.
   *
   * @param version its number
   * @param weight above 0, at most 1
   */
  public record Arm(int version, double weight) {
    public Arm {
      if (!(weight > 0 && weight <= 1)) {
        throw new BadInput(
            "version " + version + " has weight " + weight + "; weights are above 0 and at most 1");
      }
    }
  }

  /** One version answers everything. */
  public static Routes to(int version) {
    return new Routes(List.of(new Arm(version, 1)));
  }

  /** The version with the greatest weight: what the label {@code live} means. */
  public int main() {
    Arm best = arms.getFirst();
    for (Arm arm : arms) {
      best = arm.weight() > best.weight() ? arm : best;
    }
    return best.version();
  }

  /**
   * The version for one request.
   *
   * @param u uniform in [0, 1)
   */
  public int choose(double u) {
    double left = u;
    for (Arm arm : arms) {
      left -= arm.weight();
      if (left < 0) {
        return arm.version();
      }
    }
    return arms.getLast().version();
  }
}
