package dev.sluice.validation;

import dev.sluice.contracts.Outcome;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.Checks.Part;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.Schema;

/**
 * Judges a batch: against the schema, against the baseline, and where in the file it breaks. Keeps
 * nothing between calls; the same input gives the same answer.
 */
public final class DataValidator {
  /** Drift this far beyond the floor holds a batch even where it is the label that moved. */
  private static final double EXTREME = 2;

  private static final int MOST_REASONS = 5;

  /** The anomalies of a batch, the schema from here on, and the verdict. */
  public Validation validate(ValidationInput input) {
    Checks checks = input.checks();
    boolean first = input.schema() == null;
    Set<String> notAtServing = new HashSet<>(input.excluded());
    String label = input.label();
    if (label != null) {
      notAtServing.add(label);
    }
    Schema schema = input.schema();
    if (schema == null) {
      schema = SchemaInference.infer(input.batch().whole(), notAtServing);
    }
    Pooled baseline = input.baseline().isEmpty() ? null : new Pooled(input.baseline());
    List<Draft> drafts = new ArrayList<>();
    @Nullable String few = tooFew(input, baseline);
    Set<String> widened = Set.of();
    Set<String> typeChanged = Set.of();
    List<Comparison> comparisons = new ArrayList<>();
    if (first) {
      drafts.addAll(emptyColumns(input.batch().whole()));
    } else {
      SchemaChecks schemaChecks =
          new SchemaChecks(
              schema,
              input.schemaGiven(),
              input.batch().whole(),
              baseline == null ? null : baseline.newest().whole(),
              checks,
              Math.log(
                  checks.rate(Part.DOMAINS) / Math.max(1, input.batch().whole().features().size())),
              input.environment());
      drafts.addAll(schemaChecks.run());
      drafts.addAll(comparators(input, schema, baseline));
      widened = schemaChecks.widened();
      typeChanged = schemaChecks.typeChanged();
    }
    if (baseline != null && few == null) {
      drafts.addAll(compared(input, baseline, typeChanged, comparisons));
    }
    if (input.batch().whole().rows() == 0) {
      drafts.add(new Draft(noRows()));
    }
    if (!input.cutOff().isEmpty()) {
      drafts.add(new Draft(cutOff(input.cutOff())));
    }
    if (baseline != null && few == null) {
      drafts.addAll(new StuckValues(input.batch().whole(), wholes(input.baseline()), checks).run());
    }
    List<Draft> stories = presence(merged(drafts), schema, input.batch().whole());
    Told told = located(stories, input, baseline != null && few == null);
    List<Anomaly> anomalies = capped(Stories.told(told.anomalies()), input);
    anomalies.sort(
        Comparator.comparing(Anomaly::severity)
            .reversed()
            .thenComparing(Anomaly::feature)
            .thenComparing(Anomaly::kind)
            .thenComparing(Anomaly::slice));
    Outcome outcome = outcome(anomalies, few);
    boolean widen = outcome != Outcome.FAIL && !input.schemaGiven();
    return new Validation(
        widen ? widen(schema, widened) : schema,
        anomalies,
        outcome,
        reasons(anomalies, few),
        comparisons,
        told.surprising());
  }

  /** Against what passed before; then against what the live model learned from. */
  private static List<Draft> compared(
      ValidationInput input,
      Pooled baseline,
      Set<String> typeChanged,
      List<Comparison> comparisons) {
    BetweenBatches between = new BetweenBatches(input.history());
    DriftChecks drift = new DriftChecks(input, baseline, between, typeChanged);
    List<Draft> drafts = new ArrayList<>(drift.run(null, Part.COMPARISONS));
    comparisons.addAll(drift.comparisons(Comparison.BASELINE));
    double alpha = input.checks().rate(Part.FIGURES);
    drafts.addAll(new SingleChecks(input, baseline, between, alpha, drafts).run());
    BatchStatistics live = input.live();
    if (live != null && live.whole().rows() >= input.checks().minRows()) {
      // What is no anomaly yet, such as gaps that are looked into, is no story that was told.
      Set<String> told = new HashSet<>();
      drafts.stream().filter(DataValidator::isTold).forEach(d -> told.add(story(d.anomaly())));
      DriftChecks slow = new DriftChecks(input, new Pooled(List.of(live)), between, typeChanged);
      for (Draft draft : slow.run(drift.family(), Part.LIVE)) {
        Anomaly anomaly = draft.anomaly();
        if (isTold(draft) && !told.contains(story(anomaly))) {
          drafts.removeIf(other -> story(other.anomaly()).equals(story(anomaly)) && !isTold(other));
          drafts.add(new Draft(anomaly.againstLive(), draft.search(), Severity.WARN));
        }
      }
      comparisons.addAll(slow.comparisons(Comparison.LIVE));
    }
    return drafts;
  }

  private static boolean isTold(Draft draft) {
    return draft.anomaly().severity() != Severity.INFO;
  }

  /** A feature's gaps and its values are two stories, whichever measure tells them. */
  private static String story(Anomaly anomaly) {
    return switch (anomaly.kind()) {
      case FEATURE_TYPE_HIGH_FRACTION_PRESENT,
          FEATURE_TYPE_LOW_FRACTION_PRESENT,
          FEATURE_TYPE_NOT_PRESENT ->
          anomaly.feature() + "\0gaps";
      case GROUP_GONE -> anomaly.feature() + '\0' + anomaly.slice();
      case Kind other -> anomaly.feature() + (other == Kind.MOVES_ON ? "\0" : "\0values");
    };
  }

  /** Limits of distances that the schema itself sets. */
  private static List<Draft> comparators(
      ValidationInput input, Schema schema, @Nullable Pooled baseline) {
    List<Draft> drafts = new ArrayList<>();
    DatasetStatistics batch = input.batch().whole();
    if (baseline != null) {
      DatasetStatistics before = baseline.newest().whole();
      drafts.addAll(
          new Comparators(schema, SchemaEdit.Comparator.DRIFT, input.environment(), batch, before)
              .run());
    }
    BatchStatistics serving = input.serving();
    if (serving != null) {
      drafts.addAll(
          new Comparators(
                  schema, SchemaEdit.Comparator.SKEW, input.environment(), batch, serving.whole())
              .run());
    }
    return drafts;
  }

  /** Gaps that are accepted are gaps that the schema allows from then on. */
  private static List<Draft> presence(List<Draft> drafts, Schema schema, DatasetStatistics batch) {
    Map<String, Feature> features = new HashMap<>();
    schema.getFeatureList().forEach(feature -> features.put(feature.getName(), feature));
    List<Draft> offered = new ArrayList<>();
    for (Draft draft : drafts) {
      Anomaly anomaly = draft.anomaly();
      Feature feature = features.get(anomaly.feature());
      FeatureStatistics statistics = batch.feature(anomaly.feature());
      boolean gaps =
          anomaly.kind() == Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT
              || anomaly.kind() == Kind.FEATURE_TYPE_NOT_PRESENT;
      if (gaps
          && anomaly.edits().isEmpty()
          && feature != null
          && statistics != null
          && statistics.presence() < feature.getPresence().getMinFraction()) {
        double share = SchemaChecks.roundedDown(statistics.presence());
        @Nullable Long count =
            statistics.count() < feature.getPresence().getMinCount() ? statistics.count() : null;
        SchemaEdit edit = new SchemaEdit.LowerPresence(anomaly.feature(), share, count);
        offered.add(new Draft(anomaly.withEdits(List.of(edit)), draft.search(), draft.most()));
      } else {
        offered.add(draft);
      }
    }
    return offered;
  }

  private static Anomaly noRows() {
    return Anomaly.of(
        "",
        Kind.DATASET_LOW_NUM_EXAMPLES,
        Severity.FAIL,
        "the batch has no rows",
        "The batch has no rows, so there is nothing to learn from. Look whether the source was"
            + " written completely.",
        0,
        1);
  }

  private static Anomaly cutOff(List<ValidationInput.CutOff> sources) {
    ValidationInput.CutOff first = sources.getFirst();
    String text =
        first.source()
            + " ends within a record, "
            + Wording.row(first.rows())
            + (sources.size() == 1
                ? ""
                : ", and so do " + Wording.count(sources.size() - 1, "object") + " more");
    return new Anomaly(
        "",
        "",
        Kind.SOURCE_CUT_OFF,
        Severity.WARN,
        text,
        text
            + ". The record is rejected, and what should follow it is not there: an upload or an"
            + " export broke off. Deliver the file again.",
        sources.size(),
        0,
        Math.max(1, first.rows()));
  }

  private static @Nullable String tooFew(ValidationInput input, @Nullable Pooled baseline) {
    long least = input.checks().minRows();
    long rows = input.batch().whole().rows();
    if (rows < least) {
      return "too few rows to tell: the batch has " + rows + ", the checks need " + least;
    }
    if (baseline != null && baseline.rows() < least) {
      return "too few rows to tell: the baseline has "
          + baseline.rows()
          + ", the checks need "
          + least;
    }
    return null;
  }

  private static List<Draft> emptyColumns(DatasetStatistics batch) {
    List<Draft> drafts = new ArrayList<>();
    for (FeatureStatistics feature : batch.features()) {
      if (feature.count() == 0 && feature.rows() > 0) {
        drafts.add(
            new Draft(
                Anomaly.of(
                    feature.name(),
                    Kind.FEATURE_TYPE_NOT_PRESENT,
                    Severity.INFO,
                    feature.name() + " has no value in any row",
                    feature.name()
                        + " is empty in all "
                        + Wording.count(feature.rows(), "row")
                        + ", so its type is not known and it tells a model nothing. Fill it"
                        + " upstream, or drop the column.",
                    0,
                    1)));
      }
    }
    return drafts;
  }

  /** New values are one story: the domain tells it, with names; the distance needs not. */
  private static List<Draft> merged(List<Draft> drafts) {
    Set<String> unexpected = new HashSet<>();
    for (Draft draft : drafts) {
      if (draft.anomaly().kind() == Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES
          && draft.anomaly().severity() == Severity.FAIL) {
        unexpected.add(draft.anomaly().feature());
      }
    }
    Set<String> told = new LinkedHashSet<>();
    List<Draft> kept = new ArrayList<>();
    for (Draft draft : drafts) {
      Anomaly anomaly = draft.anomaly();
      boolean distance =
          anomaly.kind() == Kind.COMPARATOR_L_INFTY_HIGH
              || anomaly.kind() == Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH;
      boolean repeated =
          distance && anomaly.slice().isEmpty() && unexpected.contains(anomaly.feature());
      if (!repeated
          && told.add(anomaly.feature() + '\0' + anomaly.slice() + '\0' + anomaly.kind())) {
        kept.add(draft);
      }
    }
    return kept;
  }

  /** What the rows tell. */
  private record Told(List<Anomaly> anomalies, List<SurprisingRow> surprising) {}

  /**
   * @param compared true where the baseline is large enough to tell what is usual
   */
  private static Told located(List<Draft> drafts, ValidationInput input, boolean compared) {
    ExampleSource examples = input.examples();
    DatasetStatistics batch = input.batch().whole();
    if (examples == null) {
      return new Told(
          drafts.stream()
              .map(Draft::anomaly)
              .filter(anomaly -> anomaly.kind() != Kind.VALUE_STUCK)
              .toList(),
          List.of());
    }
    List<DatasetStatistics> before = wholes(input.baseline());
    Locator locator = new Locator(examples, batch, before);
    if (!compared) {
      return new Told(locator.locate(drafts, List.of()), List.of());
    }
    Conventions conventions =
        new Conventions(
            batch, before, input.checks(), drafts.stream().map(Draft::anomaly).toList());
    SurprisingRows surprising =
        new SurprisingRows(batch, before, input.baseline().getFirst().relations());
    List<Anomaly> anomalies = locator.locate(drafts, List.of(conventions, surprising));
    return new Told(conventions.told(anomalies), surprising.rows());
  }

  private static List<DatasetStatistics> wholes(List<BatchStatistics> batches) {
    return batches.stream().map(BatchStatistics::whole).toList();
  }

  private static List<Anomaly> capped(List<Anomaly> anomalies, ValidationInput input) {
    List<Anomaly> capped = new ArrayList<>();
    for (Anomaly anomaly : anomalies) {
      Severity cap = input.checks().cap(anomaly.feature());
      boolean drift =
          switch (anomaly.kind()) {
            case COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
                COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH,
                COMPARATOR_L_INFTY_HIGH,
                GROUP_MOVED ->
                true;
            default -> false;
          };
      boolean label = anomaly.feature().equals(input.label());
      if (label && drift && anomaly.measured() < EXTREME * anomaly.threshold()) {
        cap = cap.atMost(Severity.WARN);
      }
      // Rows may be sorted by what came of them; a label of one value alone teaches nothing.
      if (label && anomaly.kind() == Kind.VALUE_STUCK && !isConstant(input, anomaly.feature())) {
        cap = cap.atMost(Severity.WARN);
      }
      capped.add(anomaly.withSeverity(anomaly.severity().atMost(cap)));
    }
    return capped;
  }

  private static boolean isConstant(ValidationInput input, String name) {
    FeatureStatistics feature = input.batch().whole().feature(name);
    return feature != null && feature.values().complete() && feature.values().top().size() == 1;
  }

  private static Outcome outcome(List<Anomaly> anomalies, @Nullable String few) {
    Severity worst = Severity.INFO;
    for (Anomaly anomaly : anomalies) {
      worst = anomaly.severity().compareTo(worst) > 0 ? anomaly.severity() : worst;
    }
    if (worst == Severity.FAIL) {
      return Outcome.FAIL;
    }
    return few != null ? Outcome.UNKNOWN : worst == Severity.WARN ? Outcome.WARN : Outcome.PASS;
  }

  static List<String> reasons(List<Anomaly> anomalies, @Nullable String few) {
    List<String> reasons = new ArrayList<>();
    if (few != null) {
      reasons.add(few);
    }
    List<Anomaly> telling =
        anomalies.stream().filter(anomaly -> anomaly.severity() != Severity.INFO).toList();
    telling.stream()
        .limit(MOST_REASONS)
        .map(anomaly -> anomaly.severity() + ": " + anomaly.shortText())
        .forEach(reasons::add);
    if (telling.size() > MOST_REASONS) {
      reasons.add("and " + (telling.size() - MOST_REASONS) + " more anomalies");
    }
    return reasons;
  }

  private static Schema widen(Schema schema, Set<String> widened) {
    if (widened.isEmpty()) {
      return schema;
    }
    Schema.Builder builder = schema.toBuilder();
    for (Feature.Builder feature : builder.getFeatureBuilderList()) {
      if (widened.contains(feature.getName())) {
        feature.setType(FeatureType.FLOAT);
      }
    }
    return builder.build();
  }
}
