package dev.sluice.localcloud.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ./sluice check} tells: the JSON that {@code --json} prints, and what the text is made
 * of.
 *
 * @param pipeline its name
 * @param problems what is wrong with the spec; nothing else is told where there is one
 * @param against what the spec is compared with
 * @param batch the batch that the operations are told for, null where none is known
 * @param changes what differs
 * @param operations what each would do in another run of that batch, givers before takers
 * @param notes what the changes mean
 */
public record CheckReport(
    String pipeline,
    List<String> problems,
    String against,
    @Nullable String batch,
    List<Change> changes,
    List<Step> operations,
    List<String> notes) {
  public CheckReport {
    problems = List.copyOf(problems);
    changes = List.copyOf(changes);
    operations = List.copyOf(operations);
    notes = List.copyOf(notes);
  }

  /** Of a spec that is wrong. */
  static CheckReport wrong(String pipeline, List<String> problems) {
    return new CheckReport(pipeline, problems, "", null, List.of(), List.of(), List.of());
  }

  /** Line by line. */
  public List<String> lines() {
    List<String> out = new ArrayList<>();
    if (!problems.isEmpty()) {
      problems.forEach(problem -> out.add("wrong: " + problem));
      return out;
    }
    out.add(pipeline + ".yaml is right; compared with " + against + ":");
    if (changes.isEmpty()) {
      out.add("  nothing differs");
    }
    for (Change change : changes) {
      out.add("  " + text(change));
      out.add(
          "      read by "
              + (change.readBy().isEmpty()
                  ? "no operation that makes anything"
                  : String.join(", ", change.readBy())));
    }
    out.add("");
    out.add(batch == null ? "A run:" : "Another run of batch " + batch + ":");
    for (Step step : operations) {
      out.add(
          String.format(
              Locale.ROOT,
              "  %-15s %-8s %s",
              step.operation(),
              step.effect().name().toLowerCase(Locale.ROOT),
              step.because()));
    }
    if (batch != null) {
      out.add(
          "  (start it with ./sluice trigger "
              + pipeline
              + " --batch "
              + batch
              + " --again; a batch to come makes all anew, as its data is new)");
    }
    if (!notes.isEmpty()) {
      out.add("");
      out.add("What it means:");
      notes.forEach(note -> out.add("  " + note));
    }
    return out;
  }

  private static String text(Change change) {
    if (change.before() == null) {
      return "+ " + change.path() + ": " + change.after();
    } else if (change.after() == null) {
      return "- " + change.path() + ": " + change.before();
    }
    return "~ " + change.path() + ": " + change.before() + " -> " + change.after();
  }
}
