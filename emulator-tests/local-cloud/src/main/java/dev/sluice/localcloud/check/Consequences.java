package dev.sluice.localcloud.check;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.SplitSpec;
import dev.sluice.examples.Field;
import dev.sluice.transform.FeatureSpec;
import dev.sluice.transform.LabelCheck;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What changes of a spec mean for the gates, for callers and for the batches to come. */
public final class Consequences {
  private static final Map<String, String> OF_KEY =
      Map.ofEntries(
          Map.entry(
              "label",
              "The model learns something else. The live model learned the old label, so that its"
                  + " AUC on the new one says little; gates.min_auc is what holds a poor model."
                  + " Callers of predict get the chance of another event once it is released."),
          Map.entry(
              "exclude",
              "The model sees other columns. What is excluded is still measured and checked, and"
                  + " callers of predict may leave it out once the new version is live."),
          Map.entry(
              "features",
              "The mapping is fitted anew; a version that serves keeps the one it was trained with."),
          Map.entry(
              "group_by",
              "Groups that were not measured before have nothing to be compared with until a batch"
                  + " has passed with them."),
          Map.entry("slices", "The evaluation reports other slices; the model stays what it is."),
          Map.entry(
              "schema",
              "What the schema file says counts in place of what was learned from earlier batches."),
          Map.entry(
              "checks",
              "The batch is judged anew: one that was held may go on, one that went on may be held."
                  + " A model that is live stays so."),
          Map.entry(
              "gates",
              "The model is judged anew: one that was held may be released, and one that is live"
                  + " stays so whatever the gates say now."),
          Map.entry(
              "train",
              "Another model is another version; the gates compare it with the live one on the same"
                  + " examples."),
          Map.entry(
              "split",
              "Rows move between train and eval, so that figures from before and after are not of"
                  + " the same rows."),
          Map.entry(
              "split_key",
              "Rows move between train and eval, so that figures from before and after are not of"
                  + " the same rows."),
          Map.entry(
              "max_rejected",
              "Batches are held for rejected rows at another share; rows that are there stay."),
          Map.entry("export", "The examples are written in other formats, too; rows stay."),
          Map.entry(
              "engine",
              "A batch is read by another number of calls; its rows, statistics and model stay."),
          Map.entry(
              "shards",
              "A batch is read by another number of calls; its rows, statistics and model stay."),
          Map.entry("schedule", "Runs start at other times; nothing is made anew by that."),
          Map.entry(
              "span_format", "Runs on schedule are of other spans; nothing is made anew by that."),
          Map.entry("after", "Runs start after other pipelines; nothing is made anew by that."));

  private Consequences() {}

  /** A sentence or two for each key that changed. */
  public static List<String> of(PipelineSpec after, List<Change> changes) {
    Set<String> out = new LinkedHashSet<>();
    for (Change change : changes) {
      String known = OF_KEY.get(change.key());
      if (change.key().equals("source")) {
        out.add(source(after));
      } else if (known != null) {
        out.add(change.key() + ": " + known);
      }
    }
    return List.copyOf(out);
  }

  private static String source(PipelineSpec after) {
    String first =
        switch (after.source()) {
          case SourceSpec.BigQuery _ ->
              "./sluice trigger " + after.name() + " takes the first batch of it.";
          case SourceSpec.Inbox inbox ->
              "The first object at " + inbox.pattern() + " makes the first batch of it.";
          case SourceSpec.Stream _ -> "The first window that closes is the first batch of it.";
        };
    return "source: Batches to come are of the new source; those that are there stay. "
        + first
        + " The checks compare it with the batches before it, and hold what their schema does not"
        + " allow until ./sluice accept "
        + after.name()
        + ".";
  }

  /**
   * What the spec says of columns that a batch does not have: no mistake where the batches to come
   * have them.
   *
   * @param columns of the batch
   */
  public static List<String> columns(PipelineSpec spec, String batch, List<Field> columns) {
    Set<String> known = new TreeSet<>();
    columns.forEach(field -> known.add(field.name()));
    List<String> out = new ArrayList<>();
    if (spec.label().expression() == null) {
      missing("label", List.of(spec.label().name()), batch, known, out);
    } else {
      try {
        LabelCheck.check(spec.label(), columns);
      } catch (BadInput e) {
        out.add("label, over the columns of batch " + batch + ": " + e.getMessage());
      }
    }
    missing("exclude", spec.exclude(), batch, known, out);
    missing("group_by", spec.groupBy(), batch, known, out);
    missing("slices", spec.slices().stream().flatMap(List::stream).toList(), batch, known, out);
    missing(
        "features",
        spec.section("features", FeatureSpec::parse).choices().keySet(),
        batch,
        known,
        out);
    String split =
        switch (spec.split()) {
          case SplitSpec.Hash hash -> hash.key();
          case SplitSpec.Time time -> time.column();
          case SplitSpec.Given given -> given.column();
        };
    if (split != null) {
      missing("split", List.of(split), batch, known, out);
    }
    return out;
  }

  private static void missing(
      String key, Iterable<String> named, String batch, Set<String> known, List<String> out) {
    for (String column : named) {
      if (!known.contains(column)) {
        out.add(
            key
                + " names '"
                + column
                + "', which batch "
                + batch
                + " does not have"
                + (known.isEmpty()
                    ? ""
                    : "; is '" + Names.nearest(column, known) + "' meant, or is it new?"));
      }
    }
  }
}
