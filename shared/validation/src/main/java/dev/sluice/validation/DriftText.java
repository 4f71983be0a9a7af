package dev.sluice.validation;

import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.MissingStarts;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.GroupScan.Finding;
import dev.sluice.validation.Move.Aspect;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A finding as an anomaly: what moved, where and by how much; how the shape changed; what may have
 * happened; how often an ordinary batch looks as different; the threshold, and the edit that
 * silences it.
 */
final class DriftText {
  private final Finding finding;
  private final Thresholds thresholds;
  private final double family;
  private final Move lead;
  private final boolean inGroups;

  /**
   * @param family independent tests that the batch's comparisons come to, see {@link Family}
   */
  DriftText(Finding finding, Thresholds thresholds, double family) {
    this.finding = finding;
    this.thresholds = thresholds;
    this.family = family;
    lead = Wording.lead(finding);
    inGroups = !finding.moved().isEmpty();
  }

  /**
   * @param swapped the column that it took the place of, null for none
   * @param crossing a sentence about a second column, '' for none
   */
  Draft draft(@Nullable String swapped, String crossing) {
    boolean divergence = byDivergence();
    double measured = divergence ? lead.divergence() : lead.effect();
    Thresholds.Floor floor = floor(divergence);
    double threshold = finding.severity() == Severity.FAIL ? floor.fail() : floor.warn();
    String shortText =
        swapped == null
            ? Wording.shortText(finding)
            : lead.feature()
                + " looks like "
                + swapped
                + " did, and "
                + swapped
                + " like "
                + lead.feature()
                + ": the columns were swapped; "
                + (lead.aspect() == Aspect.NUMBERS ? Wording.numbers(lead) : Wording.texts(lead));
    return new Draft(
        new Anomaly(
            lead.feature(),
            Wording.slice(finding.moved()),
            swapped == null ? kind(divergence) : Kind.COLUMNS_SWAPPED,
            finding.severity(),
            shortText,
            longText(shortText, swapped, crossing, measured, threshold, divergence),
            measured,
            threshold,
            null),
        search());
  }

  private boolean byDivergence() {
    return !inGroups
        && lead.aspect() != Aspect.MISSING
        && thresholds
                .divergence()
                .severity(lead.divergence())
                .compareTo(thresholds.distance().severity(lead.effect()))
            > 0;
  }

  private Thresholds.Floor floor(boolean divergence) {
    if (lead.aspect() == Aspect.MISSING) {
      return inGroups ? thresholds.groupMissing() : thresholds.missing();
    }
    return inGroups
        ? thresholds.groupDistance()
        : divergence ? thresholds.divergence() : thresholds.distance();
  }

  private Kind kind(boolean divergence) {
    return switch (lead.aspect()) {
      case MISSING ->
          lead.effect() < 0
              ? Kind.FEATURE_TYPE_HIGH_FRACTION_PRESENT
              : lead.after().missing() == lead.after().rows()
                  ? Kind.FEATURE_TYPE_NOT_PRESENT
                  : Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT;
      case NUMBERS ->
          inGroups
              ? Kind.GROUP_MOVED
              : divergence
                  ? Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH
                  : Kind.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH;
      case TEXTS ->
          inGroups
              ? Kind.GROUP_MOVED
              : divergence
                  ? Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH
                  : Kind.COMPARATOR_L_INFTY_HIGH;
    };
  }

  private String longText(
      String shortText,
      @Nullable String swapped,
      String crossing,
      double measured,
      double threshold,
      boolean divergence) {
    StringBuilder text = new StringBuilder(shortText).append('.').append(cause(swapped));
    if (inGroups) {
      if (!crossing.isEmpty()) {
        text.append(' ').append(crossing);
      }
      if (finding.moved().size() > Wording.MOST_LISTED) {
        text.append(" Moved: ").append(Wording.slice(finding.moved())).append('.');
      }
      if (!finding.alike().isEmpty()) {
        text.append(" About the same rows: ").append(Wording.slice(finding.alike())).append('.');
      }
      text.append(" Over all rows: ").append(Wording.overall(finding.whole())).append('.');
    }
    if (lead.aspect() == Aspect.MISSING && lead.after().notFinite() > 0) {
      text.append(" NaN or infinite: ")
          .append(Wording.count(lead.after().notFinite(), "row"))
          .append(", before ")
          .append(Wording.count(lead.before().notFinite(), "row"))
          .append('.');
    }
    return text.append(' ')
        .append(scale(divergence))
        .append(' ')
        .append(Wording.number(measured))
        .append(", threshold ")
        .append(Wording.number(threshold))
        .append("; ")
        .append(Wording.howOften(lead.logP(), family))
        .append('.')
        .append(Wording.silence(lead.feature()))
        .toString();
  }

  private String cause(@Nullable String swapped) {
    String look = " Look at what changed upstream in " + lead.feature() + ".";
    if (swapped != null) {
      return " Look at the order of the columns where the file is written.";
    }
    return switch (lead.aspect()) {
      case MISSING ->
          lead.effect() < 0
              ? " Something fills it now that did not before."
              : " Look at what fills "
                  + lead.feature()
                  + " upstream (a parser, a join, a renamed key).";
      case NUMBERS -> {
        Guess guess = Guess.of(lead.before().needShape(), lead.after().needShape());
        yield (guess == null ? look : " " + guess.sentence(Wording.slice(finding.moved())))
            + shape();
      }
      case TEXTS -> look;
    };
  }

  private String shape() {
    List<String> words =
        ShapeChange.of(
                lead.before().needShape(),
                lead.after().needShape(),
                lead.rowsBefore(),
                lead.rowsAfter())
            .stream()
            .map(ShapeChange::words)
            .filter(word -> !word.isEmpty())
            .toList();
    if (words.isEmpty()) {
      return "";
    }
    String all = String.join("; ", words);
    return " " + all.substring(0, 1).toUpperCase(Locale.ROOT) + all.substring(1) + ".";
  }

  private String scale(boolean divergence) {
    return divergence
        ? "Jensen-Shannon divergence"
        : switch (lead.aspect()) {
          case MISSING -> "Cohen's h";
          case NUMBERS -> "Kolmogorov-Smirnov distance";
          case TEXTS -> "Largest change of a share";
        };
  }

  private FirstRows.@Nullable Search search() {
    Rows rows =
        finding.moved().isEmpty()
            ? Rows.ALL
            : new Rows(
                lead.group(),
                finding.moved().stream()
                    .map(move -> String.valueOf(move.value()))
                    .collect(Collectors.toSet()));
    return switch (lead.aspect()) {
      case MISSING ->
          lead.effect() > 0
              ? new MissingStarts(lead.feature(), rows, lead.before().missingShare())
              : null;
      case NUMBERS -> {
        double low = lead.before().needShape().min();
        double high = lead.before().needShape().max();
        yield new FirstValue(
            lead.feature(),
            rows,
            "value outside the range before",
            text -> true,
            value -> !(value < low || value > high));
      }
      case TEXTS -> null;
    };
  }
}
