package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.NumberSummary;
import dev.sluice.statistics.TextSummary;
import dev.sluice.statistics.ValueCount;
import dev.sluice.statistics.ValueCounts;
import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.SchemaEdit.AddValues;
import dev.sluice.validation.SchemaEdit.AllowInfinity;
import dev.sluice.validation.SchemaEdit.AllowNan;
import dev.sluice.validation.SchemaEdit.RemoveDomain;
import dev.sluice.validation.SchemaEdit.WidenRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.BoolDomain;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.FeatureType;
import org.tensorflow.metadata.v0.FloatDomain;
import org.tensorflow.metadata.v0.IntDomain;
import org.tensorflow.metadata.v0.NaturalLanguageDomain;
import org.tensorflow.metadata.v0.Schema;
import org.tensorflow.metadata.v0.StringDomain;

/**
 * The values of a feature held to its domain: limits of numbers, also of numbers written as text,
 * yes and no, and listed texts. A given domain holds to the letter. New texts of an inferred one
 * count where chance does not explain them: by how often each occurs (one-sided exact test), or by
 * how many there are against the values the baseline saw once (at most that many new ones are
 * expected in as many rows: Good and Toulmin 1956, Biometrika 43).
 */
final class DomainChecks {
  /** A domain of more values lists what free text happened to hold; TFDV's limit as well. */
  private static final int MOST_VALUES = 400;

  private final Schema schema;
  private final boolean given;
  private final Checks checks;
  private final double logAlpha;
  private final Drafts drafts;

  DomainChecks(Schema schema, boolean given, Checks checks, double logAlpha, Drafts drafts) {
    this.schema = schema;
    this.given = given;
    this.checks = checks;
    this.logAlpha = logAlpha;
    this.drafts = drafts;
  }

  /** Of a feature that has values of the type that the schema asks for. */
  void check(Feature feature, FeatureStatistics statistics, @Nullable FeatureStatistics before) {
    if (given
        && feature.getType() != FeatureType.TYPE_UNKNOWN
        && !Domains.fits(schema, feature, feature.getType())) {
      misfit(feature);
      return;
    }
    StringDomain strings = Domains.strings(schema, feature);
    IntDomain ints = Domains.ints(schema, feature);
    FloatDomain floats = Domains.floats(schema, feature);
    if (strings != null && statistics.text() != null) {
      if (!invalidUtf8(feature, statistics.text()) || !given) {
        strings(feature, strings, statistics, before);
      }
    } else if (feature.hasBoolDomain()) {
      bools(feature, statistics);
    } else if (ints != null) {
      ints(feature, ints, statistics);
    } else if (floats != null) {
      floats(feature, floats, statistics);
    } else if (isUnchecked(feature)) {
      unchecked(feature);
    }
  }

  private void misfit(Feature feature) {
    String name = feature.getName();
    String type = feature.getType() == FeatureType.BYTES ? "BYTES" : feature.getType().name();
    String text =
        "the schema gives "
            + name
            + " of type "
            + type
            + " a "
            + Domains.name(feature)
            + ", which"
            + " does not fit";
    drafts.add(
        name,
        Kind.DOMAIN_INVALID_FOR_TYPE,
        Severity.FAIL,
        text,
        text + ", so its values cannot be checked. Correct the type or the domain in the schema.",
        1,
        0,
        new RemoveDomain(name));
  }

  private static boolean isUnchecked(Feature feature) {
    NaturalLanguageDomain language = feature.getNaturalLanguageDomain();
    return language.getCoverage().hasMinCoverage()
        || language.getCoverage().hasMinAvgTokenLength()
        || language.getTokenConstraintsCount() > 0
        || language.hasSequenceLengthConstraints()
        || feature.getImageDomain().hasMinimumSupportedImageFraction()
        || feature.getImageDomain().hasMaxImageByteSize();
  }

  private void unchecked(Feature feature) {
    String name = feature.getName();
    String text = "the limits of " + name + "'s " + Domains.name(feature) + " are not checked";
    drafts.add(
        name,
        Kind.STATS_NOT_AVAILABLE,
        Severity.WARN,
        text,
        text
            + ": they need statistics of tokens or images, which are not measured. Nothing holds"
            + " the values to them.",
        1,
        0,
        new RemoveDomain(name));
  }

  /** True where values are no text. */
  private boolean invalidUtf8(Feature feature, TextSummary text) {
    if (text.invalidUtf8() == 0) {
      return false;
    }
    String name = feature.getName();
    String sentence =
        name + " holds " + Wording.count(text.invalidUtf8(), "value") + " that are not UTF-8";
    drafts.add(
        name,
        Kind.ENUM_TYPE_INVALID_UTF8,
        given ? Severity.FAIL : Severity.WARN,
        sentence,
        sentence + ", and its domain lists texts. Write the source as UTF-8.",
        (double) text.invalidUtf8(),
        0,
        new RemoveDomain(name));
    return true;
  }

  private void ints(Feature feature, IntDomain domain, FeatureStatistics statistics) {
    Double min = domain.hasMin() ? Double.valueOf((double) domain.getMin()) : null;
    Double max = domain.hasMax() ? Double.valueOf((double) domain.getMax()) : null;
    if (statistics.text() == null
        || written(feature, statistics, "int", DomainChecks::isInt, Kind.INT_TYPE_NOT_INT_STRING)) {
      range(feature, statistics, min, max, Kind.INT_TYPE_SMALL_INT, Kind.INT_TYPE_BIG_INT);
    }
  }

  private void floats(Feature feature, FloatDomain domain, FeatureStatistics statistics) {
    Double min = domain.hasMin() ? Double.valueOf(domain.getMin()) : null;
    Double max = domain.hasMax() ? Double.valueOf(domain.getMax()) : null;
    if (statistics.text() != null
        && !written(
            feature,
            statistics,
            "float",
            text -> number(text) != null,
            Kind.FLOAT_TYPE_STRING_NOT_FLOAT)) {
      return;
    }
    range(feature, statistics, min, max, Kind.FLOAT_TYPE_SMALL_FLOAT, Kind.FLOAT_TYPE_BIG_FLOAT);
    String name = feature.getName();
    long nans = count(statistics, value -> Double.isNaN(value));
    if (domain.getDisallowNan() && nans > 0) {
      special(name, Kind.FLOAT_TYPE_HAS_NAN, "NaN", nans, v -> !v.isNaN(), new AllowNan(name));
    }
    long infinities = count(statistics, value -> Double.isInfinite(value));
    if (domain.getDisallowInf() && infinities > 0) {
      special(
          name,
          Kind.FLOAT_TYPE_HAS_INF,
          "infinity",
          infinities,
          v -> !v.isInfinite(),
          new AllowInfinity(name));
    }
  }

  /** NaN or infinite values; of text those among the values that are listed. */
  private static long count(FeatureStatistics statistics, Predicate<Double> counted) {
    NumberSummary numbers = statistics.numbers();
    if (numbers != null) {
      return counted.test(Double.NaN) ? numbers.nans() : numbers.infinities();
    }
    long count = 0;
    for (ValueCount value : statistics.values().top()) {
      Double number = number(value.value());
      count += number != null && counted.test(number) ? value.frequency() : 0;
    }
    return count;
  }

  /** False where text does not read as the numbers that the domain is of, which it then tells. */
  private boolean written(
      Feature feature,
      FeatureStatistics statistics,
      String what,
      Predicate<String> reads,
      Kind kind) {
    long others = 0;
    List<String> some = new ArrayList<>();
    for (ValueCount value : statistics.values().top()) {
      if (!reads.test(value.value())) {
        others += value.frequency();
        some.add(value.value());
      }
    }
    if (others == 0) {
      return true;
    }
    String name = feature.getName();
    String text = name + " holds text that is no " + what + ", such as " + Wording.list(some);
    drafts.add(
        name,
        kind,
        Severity.FAIL,
        text,
        text
            + ": "
            + Wording.count(others, "value")
            + " of "
            + Wording.count(statistics.valueCount(), "value")
            + ", and the schema's domain is of numbers. Write numbers, or nothing where there is"
            + " none.",
        (double) others / statistics.valueCount(),
        0,
        new FirstValue(name, Rows.ALL, "such value", reads, any -> true),
        new RemoveDomain(name));
    return false;
  }

  private static boolean isInt(String text) {
    try {
      long _ = Long.parseLong(text.strip());
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** What a text reads as, NaN and infinities included; null where it is no number. */
  static @Nullable Double number(String text) {
    String stripped = text.strip().toLowerCase(Locale.ROOT);
    if (stripped.equals("nan")) {
      return Double.NaN;
    }
    if (stripped.matches("[+-]?inf(inity)?")) {
      return stripped.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    try {
      // Java reads a suffix of its literals, which no other reader takes for a number.
      return stripped.matches(".*[dfp]") ? null : (Double) Double.parseDouble(stripped);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private void special(
      String name, Kind kind, String what, long count, Predicate<Double> passes, SchemaEdit edit) {
    drafts.add(
        name,
        kind,
        Severity.FAIL,
        name + " holds " + what,
        name
            + " holds "
            + what
            + " in "
            + Wording.count(count, "row")
            + ", which the schema's float_domain forbids. Leave the value out where there is none.",
        (double) count,
        0,
        new FirstValue(name, Rows.ALL, "such value", textPasses(passes), passes),
        edit);
  }

  private static Predicate<String> textPasses(Predicate<Double> passes) {
    return text -> {
      Double number = number(text);
      return number == null || passes.test(number);
    };
  }

  private void range(
      Feature feature,
      FeatureStatistics statistics,
      @Nullable Double min,
      @Nullable Double max,
      Kind small,
      Kind big) {
    String name = feature.getName();
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    NumberSummary numbers = statistics.numbers();
    if (numbers != null) {
      least = numbers.negativeInfinities() > 0 ? Double.NEGATIVE_INFINITY : numbers.min();
      most = numbers.positiveInfinities() > 0 ? Double.POSITIVE_INFINITY : numbers.max();
    } else {
      for (ValueCount value : statistics.values().top()) {
        Double number = number(value.value());
        if (number != null && !number.isNaN()) {
          least = Math.min(least, number);
          most = Math.max(most, number);
        }
      }
    }
    if (min != null && least < min) {
      SchemaEdit edit = new WidenRange(name, least, null);
      outside(name, small, least, "below", min, value -> !(value < min), edit);
    }
    if (max != null && most > max) {
      SchemaEdit edit = new WidenRange(name, null, most);
      outside(name, big, most, "above", max, value -> !(value > max), edit);
    }
  }

  private void outside(
      String name,
      Kind kind,
      double value,
      String side,
      double limit,
      Predicate<Double> passes,
      SchemaEdit edit) {
    String text =
        name
            + " reaches "
            + Wording.number(value)
            + ", "
            + side
            + " the schema's limit "
            + Wording.number(limit);
    drafts.add(
        name,
        kind,
        Severity.FAIL,
        text,
        text + ". Correct the values upstream.",
        value,
        limit,
        new FirstValue(name, Rows.ALL, "such value", textPasses(passes), passes),
        edit);
  }

  private void bools(Feature feature, FeatureStatistics statistics) {
    String name = feature.getName();
    NumberSummary numbers = statistics.numbers();
    if (numbers == null) {
      yesAndNo(feature, statistics);
      return;
    }
    if (statistics.type() == ValueType.INT) {
      if (numbers.min() < 0) {
        outside(
            name,
            Kind.BOOL_TYPE_SMALL_INT,
            numbers.min(),
            "below",
            0,
            value -> value >= 0,
            new RemoveDomain(name));
      }
      if (numbers.max() > 1) {
        outside(
            name,
            Kind.BOOL_TYPE_BIG_INT,
            numbers.max(),
            "above",
            1,
            value -> value <= 1,
            new RemoveDomain(name));
      }
      return;
    }
    long fitting = 0;
    long listed = 0;
    for (ValueCount value : statistics.values().top()) {
      double number = Double.parseDouble(value.value());
      listed += value.frequency();
      fitting += number == 0 || number == 1 ? value.frequency() : 0;
    }
    // What is not listed is not among the two most frequent values.
    long other =
        statistics.values().complete()
            ? listed - fitting + numbers.nans() + numbers.infinities()
            : statistics.valueCount() - fitting;
    if (other > 0) {
      drafts.add(
          name,
          Kind.BOOL_TYPE_UNEXPECTED_FLOAT,
          Severity.FAIL,
          name + " holds numbers other than 0 and 1",
          name
              + " holds numbers other than 0 and 1 in "
              + Wording.count(other, "row")
              + " ("
              + Wording.number(numbers.min())
              + " to "
              + Wording.number(numbers.max())
              + "), the schema's bool_domain allows no other.",
          (double) other,
          0,
          new FirstValue(name, Rows.ALL, "such value", any -> true, v -> v == 0 || v == 1),
          new RemoveDomain(name));
    }
  }

  private void yesAndNo(Feature feature, FeatureStatistics statistics) {
    BoolDomain domain = feature.getBoolDomain();
    Set<String> allowed = new LinkedHashSet<>();
    if (domain.hasTrueValue()) {
      allowed.add(domain.getTrueValue());
    }
    if (domain.hasFalseValue()) {
      allowed.add(domain.getFalseValue());
    }
    long fitting = 0;
    List<String> some = new ArrayList<>();
    for (ValueCount value : statistics.values().top()) {
      if (allowed.contains(value.value())) {
        fitting += value.frequency();
      } else {
        some.add(value.value());
      }
    }
    long other = statistics.valueCount() - fitting;
    if (some.isEmpty() || other <= 0) {
      return;
    }
    String name = feature.getName();
    String text = name + " holds values that are neither yes nor no: " + Wording.list(some);
    drafts.add(
        name,
        Kind.BOOL_TYPE_UNEXPECTED_STRING,
        Severity.FAIL,
        text,
        text
            + " ("
            + Wording.count(other, "row")
            + "); the schema's bool_domain has "
            + (allowed.isEmpty() ? "none" : Wording.list(List.copyOf(allowed)))
            + ". Correct the spelling upstream.",
        (double) other / statistics.valueCount(),
        0,
        new FirstValue(name, Rows.ALL, "such value", allowed::contains, any -> true),
        new RemoveDomain(name));
  }

  private void strings(
      Feature feature,
      StringDomain domain,
      FeatureStatistics statistics,
      @Nullable FeatureStatistics before) {
    Set<String> allowed = new HashSet<>(domain.getValueList());
    Map<String, Long> unexpected = new HashMap<>();
    long rows = 0;
    for (ValueCount value : statistics.values().top()) {
      if (!allowed.contains(value.value())) {
        unexpected.put(value.value(), value.frequency());
        rows += value.frequency();
      }
    }
    if (!statistics.values().complete() && allowed.size() < ValueCounts.MOST_KEPT) {
      long listed = statistics.values().top().stream().mapToLong(ValueCount::frequency).sum();
      // Such a domain is shorter than the list, so what is not listed is not in it.
      rows += Math.max(0, statistics.valueCount() - listed);
    }
    if (rows == 0) {
      return;
    }
    String name = feature.getName();
    double share = (double) rows / statistics.valueCount();
    Thresholds.Floor floor = checks.of(name).unexpected();
    double allowedShare =
        given
            ? feature.hasDistributionConstraints()
                ? 1 - feature.getDistributionConstraints().getMinDomainMass()
                : 0
            : floor.fail();
    Severity severity =
        given
            ? share > allowedShare + 1e-12 ? Severity.FAIL : Severity.INFO
            : isChance(before, unexpected, statistics.valueCount())
                ? Severity.INFO
                : floor.severity(share);
    List<String> some =
        unexpected.entrySet().stream()
            .sorted(
                Map.Entry.<String, Long>comparingByValue()
                    .reversed()
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(Map.Entry::getKey)
            .toList();
    String text =
        name
            + " has values that the schema does not know: "
            + (some.isEmpty() ? "rare ones" : Wording.list(some))
            + ", "
            + Wording.percent(share)
            + " of its values";
    drafts.add(
        name,
        Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
        severity,
        text,
        text
            + " ("
            + Wording.count(rows, "row")
            + ", allowed "
            + Wording.percent(allowedShare)
            + "). The domain has "
            + Wording.list(new ArrayList<>(new TreeSet<>(allowed)))
            + ". Correct the spelling upstream.",
        share,
        allowedShare,
        new FirstValue(name, Rows.ALL, "unknown value", allowed::contains, any -> true),
        !statistics.values().complete() || allowed.size() + some.size() > MOST_VALUES
            ? new RemoveDomain(name)
            : new AddValues(name, some));
  }

  /** True where so many new values of such frequency are to be expected. */
  private boolean isChance(
      @Nullable FeatureStatistics before, Map<String, Long> unexpected, long n) {
    if (before == null || !before.values().complete() || before.text() == null) {
      return false;
    }
    double ratio = (double) n / (n + before.valueCount());
    long once = before.values().top().stream().filter(v -> v.frequency() == 1).count();
    long distinct = unexpected.size();
    double byNumber = Significance.logBinomialTail(distinct, distinct + once, ratio);
    double byFrequency = 0;
    for (long count : unexpected.values()) {
      byFrequency = Math.min(byFrequency, count * Math.log(ratio));
    }
    double tests = distinct + before.values().top().size();
    return Math.min(byNumber, byFrequency + Math.log(tests)) > logAlpha;
  }
}
