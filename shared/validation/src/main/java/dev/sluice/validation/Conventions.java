package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.StringColumn;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.FormatCount;
import dev.sluice.statistics.FormatPattern;
import dev.sluice.statistics.Formats;
import dev.sluice.statistics.TextSummary;
import dev.sluice.statistics.ValueCount;
import dev.sluice.validation.Respelling.Mapping;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.TimeDomain;

/**
 * Texts that are written in another way than before: a format that was not there, or a type that
 * changed, as product numbers do that lose their letters or zeros. It is a change of the convention
 * where rows of unknown formats are more than the formats that were seen once let expect (Good
 * 1953, Biometrika 40; Fisher's exact test), and where it is not a few new names: either the new
 * values are old ones respelled, or among the values that are new far more have an unknown format
 * than did among the values known (binomial test). Memory: the values that are new, at most {@value
 * #MOST_NEW} a feature.
 */
final class Conventions implements RowLook {
  private static final int MOST_NEW = 100_000;
  private static final int PARTS = 10;

  /** A smaller share of new formats is not told. */
  private static final double LEAST_RISE = 0.0025;

  private static final class Candidate {
    final FeatureStatistics old;
    final FeatureStatistics now;
    final Set<String> known = new HashSet<>();
    final FormatsKnown formats;
    final boolean retyped;
    final boolean byFormat;
    final double before;
    final double logP;

    final Set<String> values = new LinkedHashSet<>();
    final Map<String, Long> newFormats = new HashMap<>();
    final TreeMap<String, Tally> parts = new TreeMap<>();
    final Set<String> others = new HashSet<>();
    long rows;
    long hits;
    String source = "";
    long row = Long.MAX_VALUE;

    Candidate(
        FeatureStatistics old,
        FeatureStatistics now,
        FormatsKnown formats,
        boolean byFormat,
        double before,
        double logP) {
      this.old = old;
      this.now = now;
      this.formats = formats;
      this.retyped = old.type() != now.type();
      this.byFormat = byFormat;
      this.before = before;
      this.logP = logP;
    }

    double share() {
      return rows == 0 ? 0 : (double) hits / rows;
    }
  }

  private final Map<String, Candidate> candidates = new LinkedHashMap<>();
  private final Checks checks;
  private final double logAlpha;

  /**
   * @param before what to compare with, taken together; not empty
   * @param found what other checks found, so that values which the schema does not know are looked
   *     at too
   */
  Conventions(
      DatasetStatistics batch, List<DatasetStatistics> before, Checks checks, List<Anomaly> found) {
    this.checks = checks;
    this.logAlpha =
        Math.log(checks.rate(Checks.Part.FORMATS) / Math.max(1, batch.features().size()));
    Set<String> suspects =
        found.stream()
            .filter(anomaly -> anomaly.kind() == Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES)
            .filter(anomaly -> anomaly.severity() != Severity.INFO)
            .map(Anomaly::feature)
            .collect(Collectors.toSet());
    for (FeatureStatistics now : batch.features()) {
      List<FeatureStatistics> olds =
          before.stream()
              .map(one -> one.feature(now.name()))
              .filter(Objects::nonNull)
              .filter(one -> one.count() > 0)
              .toList();
      if (!olds.isEmpty() && now.count() > 0 && !now.repeated()) {
        Candidate candidate = candidate(olds, now, suspects.contains(now.name()));
        if (candidate != null) {
          candidates.put(now.name(), candidate);
        }
      }
    }
  }

  private @Nullable Candidate candidate(
      List<FeatureStatistics> olds, FeatureStatistics now, boolean suspect) {
    FeatureStatistics old = olds.getFirst();
    boolean text = now.type() == ValueType.STRING;
    if (old.repeated() || (!text && old.type() != ValueType.STRING)) {
      return null;
    }
    List<Formats> formats = new ArrayList<>();
    long n = 0;
    for (FeatureStatistics one : olds) {
      TextSummary summary = one.text();
      if (summary != null && !summary.formats().coarse()) {
        formats.add(summary.formats());
        n += one.valueCount();
      }
    }
    FormatsKnown known = new FormatsKnown(formats);
    boolean comparable = formats.size() == olds.size() && isFine(now) && !sameTimes(old, now);
    double before = 0;
    double logP = 0;
    boolean risen = false;
    if (comparable && n > 0) {
      long unlisted = Math.min(n, n - Math.min(n, known.listed()) + known.once());
      long unlistedNow = now.valueCount() - listed(now, known);
      before = (double) unlisted / n;
      logP = Significance.logFisher(unlisted, n, unlistedNow, now.valueCount());
      double rise = (double) unlistedNow / now.valueCount() - before;
      risen = rise >= LEAST_RISE && logP <= logAlpha;
    }
    if (!risen && !suspect && old.type() == now.type()) {
      return null;
    }
    Candidate candidate = new Candidate(old, now, known, risen, before, logP);
    for (FeatureStatistics one : olds) {
      one.values().top().stream().map(ValueCount::value).forEach(candidate.known::add);
    }
    return candidate;
  }

  private static boolean isFine(FeatureStatistics now) {
    TextSummary text = now.text();
    return text != null && !text.formats().coarse() && !text.formats().top().isEmpty();
  }

  /** A day of one digit is no new way to write dates. */
  private static boolean sameTimes(FeatureStatistics old, FeatureStatistics now) {
    TimeDomain before = Nature.time(old);
    return before != null && before.equals(Nature.time(now));
  }

  private static long listed(FeatureStatistics now, FormatsKnown known) {
    TextSummary text = now.text();
    long listed = 0;
    long all = 0;
    for (FormatCount format : text == null ? List.<FormatCount>of() : text.formats().top()) {
      all += format.frequency();
      listed += known.contains(format.format()) ? format.frequency() : 0;
    }
    // Rare formats that the batch does not list: new ones only if none was left out before.
    return listed + (known.complete() ? 0 : Math.max(0, now.valueCount() - all));
  }

  @Override
  public Set<String> columns() {
    return candidates.keySet();
  }

  @Override
  public void look(Rows rows) {
    candidates.forEach((name, candidate) -> {
      Column column = rows.batch().column(name);
      if (column != null) {
        look(candidate, column, rows);
      }
    });
  }

  private static void look(Candidate candidate, Column column, Rows rows) {
    boolean[] ofCode = new boolean[0];
    if (column instanceof StringColumn texts) {
      ofCode = new boolean[texts.dictionary().size()];
      for (int code = 0; code < ofCode.length; code++) {
        ofCode[code] = isNew(candidate, texts.dictionary().get(code));
      }
    }
    for (int row = 0; row < rows.count(); row++) {
      if (column.isMissing(row)) {
        continue;
      }
      String value = FirstRows.text(column, row);
      boolean hit =
          column instanceof StringColumn texts
              ? ofCode[texts.codes()[row]]
              : isNew(candidate, value);
      String source = rows.source(row);
      long place = rows.place(row);
      candidate.rows++;
      candidate
          .parts
          .computeIfAbsent(source, name -> new Tally(1))
          .add((double) place, hit, source, place);
      if (!hit) {
        if (candidate.others.size() < MOST_NEW && !candidate.known.contains(value)) {
          candidate.others.add(value);
        }
        continue;
      }
      candidate.hits++;
      if (candidate.values.size() < MOST_NEW && candidate.values.add(value)) {
        candidate.newFormats.merge(FormatPattern.of(value), 1L, Long::sum);
      }
      if (candidate.row == Long.MAX_VALUE
          || source.compareTo(candidate.source) < 0
          || (source.equals(candidate.source) && place < candidate.row)) {
        candidate.source = source;
        candidate.row = place;
      }
    }
  }

  /** Whether a value is written in the new way. */
  private static boolean isNew(Candidate candidate, String value) {
    if (candidate.retyped) {
      return candidate.now.type() != ValueType.STRING || !isPlainNumber(value);
    }
    return candidate.byFormat
        ? !candidate.formats.contains(FormatPattern.of(value))
        : !candidate.known.contains(value);
  }

  private static boolean isPlainNumber(String value) {
    return value.matches("-?(0|[1-9][0-9]*)([.][0-9]+)?");
  }

  /** The anomalies, with what is known of the way values are written. */
  List<Anomaly> told(List<Anomaly> anomalies) {
    List<Anomaly> told = new ArrayList<>(anomalies);
    candidates.forEach((name, candidate) -> {
      if (candidate.hits > 0) {
        tell(told, name, candidate);
      }
    });
    return told;
  }

  private void tell(List<Anomaly> told, String name, Candidate candidate) {
    Mapping mapping =
        Respelling.find(
            candidate.known, candidate.values, FormatPattern::of, candidate.newFormats.keySet());
    int schema = -1;
    for (int i = 0; i < told.size(); i++) {
      if (told.get(i).feature().equals(name) && isOfSchema(told.get(i).kind())) {
        schema = i;
      }
    }
    if (schema >= 0) {
      if (mapping != null) {
        Anomaly anomaly = told.get(schema).withSentence(mapped(mapping) + " " + parts(candidate));
        told.set(schema, anomaly.firstRow() == null ? anomaly.withRow(candidate.row) : anomaly);
        dropGone(told, name, candidate, mapping);
      }
      return;
    }
    if (!candidate.byFormat) {
      return;
    }
    String format = most(candidate);
    if (mapping == null && candidate.formats.countsUp(format)) {
      told.add(countsUp(name, candidate, format));
    } else if (mapping != null || isConvention(candidate)) {
      told.add(changed(name, candidate, format, mapping));
      dropGone(told, name, candidate, mapping);
    }
  }

  private static boolean isOfSchema(Kind kind) {
    return switch (kind) {
      case ENUM_TYPE_UNEXPECTED_STRING_VALUES,
          STRING_TYPE_NOW_INT,
          STRING_TYPE_NOW_FLOAT,
          INT_TYPE_NOT_INT_STRING,
          FLOAT_TYPE_STRING_NOT_FLOAT,
          ENUM_TYPE_INT_NOT_STRING,
          ENUM_TYPE_FLOAT_NOT_STRING ->
          true;
      default -> false;
    };
  }

  /** Values that come again respelled are not gone. */
  private static void dropGone(
      List<Anomaly> told, String name, Candidate candidate, @Nullable Mapping mapping) {
    if (mapping != null && mapping.matched() > 0) {
      told.removeIf(anomaly ->
          anomaly.feature().equals(name)
              && anomaly.kind() == Kind.GROUP_GONE
              && candidate.known.contains(anomaly.slice().substring(name.length() + 1)));
    }
  }

  /**
   * Far more of the new values have an unknown format than of those known have one of their own.
   */
  private boolean isConvention(Candidate candidate) {
    Map<String, Integer> owners = new HashMap<>();
    candidate.known.forEach(value -> owners.merge(FormatPattern.of(value), 1, Integer::sum));
    long alone = owners.values().stream().filter(count -> count == 1).count();
    double expected = (alone + 1.0) / (candidate.known.size() + 2.0);
    long unknown = candidate.values.size();
    return Significance.logBinomialTail(unknown, unknown + candidate.others.size(), expected)
        <= logAlpha;
  }

  private static String most(Candidate candidate) {
    return candidate.newFormats.entrySet().stream()
        .max(
            Map.Entry.<String, Long>comparingByValue()
                .thenComparing(Map.Entry.<String, Long>comparingByKey().reversed()))
        .orElseThrow()
        .getKey();
  }

  private static Anomaly countsUp(String name, Candidate candidate, String format) {
    String text =
        name
            + " has a digit more than before ("
            + format
            + " in "
            + Wording.percent(candidate.share())
            + " of its values)";
    return Anomaly.of(
            name,
            Kind.FORMAT_CHANGED,
            Severity.INFO,
            text,
            text
                + ". Numbers that are counted up do that, so it is no change of the convention."
                + " Make sure that nothing after this cuts them off.",
            candidate.share(),
            0)
        .withRow(candidate.row);
  }

  private Anomaly changed(
      String name, Candidate candidate, String format, @Nullable Mapping mapping) {
    TextSummary old = candidate.old.text();
    FormatCount usual =
        old == null || old.formats().top().isEmpty() ? null : old.formats().top().getFirst();
    String example =
        candidate.values.stream()
            .filter(value -> FormatPattern.of(value).equals(format))
            .min(String::compareTo)
            .orElse("");
    String text =
        name
            + " is written in another way: "
            + (usual == null ? "" : usual.format() + " -> ")
            + format
            + " in "
            + Wording.percent(candidate.share())
            + " of its values"
            + (mapping == null ? "" : ", the old values " + mapping.respelling().words());
    Thresholds.Floor floor = checks.of(name).unexpected();
    double rise = candidate.share() - candidate.before;
    String sides =
        (usual == null
                ? ""
                : " Before: "
                    + usual.format()
                    + " as "
                    + Wording.quoted(usual.example())
                    + ", "
                    + Wording.percent((double) usual.frequency() / candidate.old.valueCount())
                    + " of the values.")
            + " Now: "
            + format
            + " as "
            + Wording.quoted(example)
            + ", formats that were not there "
            + Wording.percent(candidate.before)
            + " -> "
            + Wording.percent(candidate.share())
            + ".";
    return Anomaly.of(
            name,
            Kind.FORMAT_CHANGED,
            floor.severity(rise),
            text,
            text
                + "."
                + sides
                + (mapping == null ? "" : " " + mapped(mapping))
                + " "
                + parts(candidate)
                + " What joins or looks up by "
                + name
                + " finds nothing until it is written as before; if it is meant, lower the"
                + " severity of "
                + name
                + " under checks in the spec."
                + String.format(
                    Locale.ROOT,
                    " (Rise %s, threshold %s; chance alone: p %s.)",
                    Wording.percent(rise),
                    Wording.percent(floor.fail()),
                    probability(candidate.logP)),
            rise,
            floor.fail())
        .withRow(candidate.row);
  }

  private static String probability(double logP) {
    double digits = logP / Math.log(10);
    return digits < -15
        ? "< 1e-15"
        : String.format(Locale.ROOT, "= %.0e", Math.pow(10, Math.min(0, digits)));
  }

  private static String mapped(Mapping mapping) {
    String pair = Wording.quoted(mapping.before()) + " -> " + Wording.quoted(mapping.now());
    String words = mapping.respelling().words();
    if (mapping.matched() == 0) {
      return "By their shape they are the old values "
          + words
          + "; no value known from before comes again that way.";
    }
    return "They are the old values "
        + words
        + ": "
        + pair
        + "; "
        + Wording.number(mapping.matched())
        + " of "
        + Wording.count(mapping.known(), "known value")
        + " come again that way, "
        + (mapping.oneToOne() ? "one to one." : "some of them as the same value.");
  }

  /** The share of the new way in each tenth of the rows, in the order of the files. */
  private static String parts(Candidate candidate) {
    long[] seen = new long[PARTS];
    long[] hits = new long[PARTS];
    long before = 0;
    for (Tally tally : candidate.parts.values()) {
      for (Tally.Bucket bucket : tally.sorted()) {
        int part = (int) Math.min(PARTS - 1, before * PARTS / Math.max(1, candidate.rows));
        seen[part] += bucket.seen;
        hits[part] += bucket.hits;
        before += bucket.seen;
      }
    }
    List<String> shares = new ArrayList<>();
    for (int part = 0; part < PARTS; part++) {
      if (seen[part] > 0) {
        shares.add(String.format(Locale.ROOT, "%.0f", 100.0 * hits[part] / seen[part]));
      }
    }
    return shares.stream().distinct().count() == 1
        ? "It is so in all parts of the file alike."
        : "Tenth by tenth of the rows, in per cent: " + String.join(", ", shares) + ".";
  }
}
