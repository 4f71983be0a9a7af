package dev.sluice.localcloud.check;

import dev.sluice.contracts.Engine;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.localcloud.check.Step.Effect;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What another run of a batch does under a new spec, told from the two specs alone: of the same
 * code, with the same decisions behind it.
 */
public final class SpecForecast {
  private SpecForecast() {}

  /**
   * @param before null for a pipeline that is new
   * @param changes what differs between the two
   */
  public static List<Step> of(
      Operations operations,
      @Nullable PipelineSpec before,
      PipelineSpec after,
      List<Change> changes) {
    List<Step> steps = new ArrayList<>();
    Set<Operation> mapped = operations.onlyWhereMapped();
    Set<String> open = new HashSet<>();
    boolean recut = before != null && !cut(before).equals(cut(after));
    for (Operation operation : operations.inOrder()) {
      String name = operation.name();
      if (operation.reads().isEmpty()) {
        steps.add(new Step(name, Effect.ALWAYS, "is performed in each run"));
        continue;
      }
      if (mapped.contains(operation) && after.engine() != Engine.SHARDS) {
        steps.add(
            new Step(
                name,
                Effect.SKIPPED,
                after.engine() == Engine.AUTO
                    ? "is called only where the batch is large"
                    : "a batch is read in one call"));
        continue;
      }
      List<String> own = own(operation, changes);
      Set<String> from = new LinkedHashSet<>();
      for (String input : operation.takes().keySet()) {
        String giver = operations.giver(input).name();
        if (open.contains(giver)) {
          from.add(giver);
        }
      }
      boolean otherParts =
          recut
              && (mapped.contains(operation)
                  || operation.takes().keySet().stream()
                      .anyMatch(input -> mapped.contains(operations.giver(input))));
      if (before == null) {
        steps.add(new Step(name, Effect.ANEW, "its first run"));
      } else if (!own.isEmpty()) {
        steps.add(new Step(name, Effect.ANEW, changed(own)));
      } else if (otherParts) {
        steps.add(new Step(name, Effect.ANEW, "the batch is cut in another way"));
      } else if (!from.isEmpty()) {
        steps.add(new Step(name, Effect.DEPENDS, unless(from)));
      } else {
        steps.add(new Step(name, Effect.CACHED, "nothing that it depends on changes"));
      }
      if (steps.getLast().effect() != Effect.CACHED) {
        open.add(name);
      }
    }
    return steps;
  }

  private static String cut(PipelineSpec spec) {
    return spec.engine() + " " + spec.shards();
  }

  /** The paths of what changed among the keys that the operation reads. */
  static List<String> own(Operation operation, List<Change> changes) {
    return changes.stream()
        .filter(change -> operation.reads().contains(change.key()))
        .map(Change::path)
        .toList();
  }

  static String changed(List<String> what) {
    return String.join(" and ", what) + " changed";
  }

  static String unless(Set<String> givers) {
    return "anew, unless "
        + String.join(" and ", givers)
        + (givers.size() == 1 ? " gives" : " give")
        + " the same bytes as before";
  }
}
