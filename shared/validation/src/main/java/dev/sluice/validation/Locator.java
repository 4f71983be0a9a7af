package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.statistics.ValueCount;
import dev.sluice.validation.Breaks.Break;
import dev.sluice.validation.Breaks.Shared;
import dev.sluice.validation.FirstRows.Example;
import dev.sluice.validation.FirstRows.FirstValue;
import dev.sluice.validation.FirstRows.MissingStarts;
import dev.sluice.validation.FirstRows.Moment;
import dev.sluice.validation.FirstRows.Place;
import dev.sluice.validation.FirstRows.Rows;
import dev.sluice.validation.FirstRows.Search;
import dev.sluice.validation.FirstRows.Starts;
import dev.sluice.validation.FirstRows.ValueStarts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Says of each anomaly where in the rows it begins, what else broke there, what the broken rows
 * share, and names rows to look at. Reads the examples once; once more where something began, and a
 * third time where it began only in the rows that share a value.
 */
final class Locator {
  /** From this share on, rows after a break count as broken. */
  private static final double BROKEN = 0.9;

  private final ExampleSource examples;
  private final DatasetStatistics batch;
  private final List<DatasetStatistics> before;

  /**
   * @param before what the batch was compared with; may be empty
   */
  Locator(ExampleSource examples, DatasetStatistics batch, List<DatasetStatistics> before) {
    this.examples = examples;
    this.batch = batch;
    this.before = before;
  }

  private static final class Sought {
    final Draft draft;
    final @Nullable Search search;
    final @Nullable Search sample;
    @Nullable Place place;
    List<Example> rows = List.of();
    @Nullable Shared shared;
    @Nullable Place inShared;
    List<String> together = List.of();

    Sought(Draft draft, @Nullable Search search, @Nullable Search sample) {
      this.draft = draft;
      this.search = search;
      this.sample = sample;
    }
  }

  /**
   * The anomalies of the drafts; values that turn out not to be stuck are none.
   *
   * @param others who else wants to look at the rows
   */
  List<Anomaly> locate(List<Draft> drafts, List<? extends RowLook> others) {
    List<Sought> all = new ArrayList<>();
    List<Search> searches = new ArrayList<>();
    for (Draft draft : drafts) {
      Sought sought = new Sought(draft, isSought(draft) ? draft.search() : null, sample(draft));
      all.add(sought);
      if (sought.search != null) {
        searches.add(sought.search);
      }
      if (sought.sample != null) {
        searches.add(sought.sample);
      }
    }
    FirstRows first = new FirstRows(searches, TimeAxis.of(batch));
    List<RowLook> looks = new ArrayList<>(others);
    if (!searches.isEmpty()) {
      looks.add(first);
    }
    RowPass.over(examples, looks);
    List<@Nullable Place> places = first.places();
    int next = 0;
    for (Sought sought : all) {
      if (sought.search != null) {
        sought.place = places.get(next);
        sought.rows = first.examples(next++);
      }
      if (sought.sample != null) {
        sought.rows = sought.rows.isEmpty() ? first.examples(next) : sought.rows;
        next++;
      }
    }
    explain(all.stream().filter(Locator::isBreak).toList());
    List<Anomaly> anomalies = new ArrayList<>();
    for (Sought sought : all) {
      Anomaly anomaly = told(sought);
      if (anomaly != null) {
        anomalies.add(anomaly);
      }
    }
    return anomalies;
  }

  private static boolean isSought(Draft draft) {
    // Where something begins decides whether a little of it matters.
    return draft.search() instanceof Starts
        || (draft.search() != null && draft.anomaly().severity() != Severity.INFO);
  }

  /** Rows to show where nothing is looked for, or it is not found. */
  private @Nullable Search sample(Draft draft) {
    Anomaly anomaly = draft.anomaly();
    String name = anomaly.feature();
    if (anomaly.severity() == Severity.INFO || name.isEmpty()) {
      return null;
    }
    return switch (anomaly.kind()) {
      case STRING_TYPE_NOW_INT, STRING_TYPE_NOW_FLOAT -> any(name, Rows.ALL);
      case COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH,
          COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
          COMPARATOR_L_INFTY_HIGH,
          GROUP_MOVED -> {
        FeatureStatistics now = batch.feature(name);
        Rows rows = draft.search() == null ? Rows.ALL : draft.search().rows();
        boolean inGroup = !anomaly.slice().isEmpty();
        if (now == null || (inGroup && draft.search() == null)) {
          yield null;
        }
        yield now.type() == ValueType.STRING ? gained(now, rows) : inGroup ? any(name, rows) : null;
      }
      default -> null;
    };
  }

  private static Search any(String name, Rows rows) {
    return new FirstValue(name, rows, "value", text -> false, number -> false);
  }

  /** Rows of the value whose share rose most. */
  private @Nullable Search gained(FeatureStatistics now, Rows rows) {
    ValueShares shares = ValueShares.of(before, now.name());
    String most = null;
    double largest = 0;
    for (ValueCount value : now.values().top()) {
      double was = shares.n() == 0 ? 0 : (double) shares.atMost(value.value()) / shares.n();
      double rise = (double) value.frequency() / now.valueCount() - was;
      if (rise > largest) {
        largest = rise;
        most = value.value();
      }
    }
    String value = most;
    return value == null
        ? null
        : new FirstValue(now.name(), rows, "value", text -> !text.equals(value), number -> true);
  }

  private static boolean isBreak(Sought sought) {
    return sought.search instanceof MissingStarts
        || (sought.search instanceof ValueStarts && sought.place != null);
  }

  private void explain(List<Sought> broken) {
    if (broken.isEmpty()) {
      return;
    }
    List<Break> found = new ArrayList<>();
    for (Sought sought : broken) {
      if (sought.search instanceof Starts starts) {
        found.add(new Break(starts, sought.place));
      }
    }
    Breaks breaks = new Breaks(found, batch);
    RowPass.over(examples, List.of(breaks));
    List<@Nullable Shared> shared = breaks.shared();
    List<Sought> gathered = new ArrayList<>();
    List<Search> again = new ArrayList<>();
    for (int i = 0; i < broken.size(); i++) {
      Sought sought = broken.get(i);
      Shared common = shared.get(i);
      sought.shared = common;
      sought.together = breaks.together(i);
      if (sought.place == null && common != null && sought.search instanceof MissingStarts search) {
        gathered.add(sought);
        again.add(
            new MissingStarts(
                search.feature(),
                new Rows(common.column(), Set.of(common.value())),
                search.usual()));
      }
    }
    if (!again.isEmpty()) {
      FirstRows first = new FirstRows(again, TimeAxis.of(batch));
      RowPass.over(examples, List.of(first));
      List<@Nullable Place> places = first.places();
      for (int i = 0; i < gathered.size(); i++) {
        gathered.get(i).inShared = places.get(i);
      }
    }
  }

  private static @Nullable Anomaly told(Sought sought) {
    Anomaly anomaly = sought.draft.anomaly();
    Place place = sought.place != null ? sought.place : sought.inShared;
    if (sought.search instanceof ValueStarts
        && anomaly.kind() == Kind.VALUE_STUCK
        && (place == null || place.onset() == null || place.onset().share() < BROKEN)) {
      return null;
    }
    if (!(sought.search instanceof Starts starts)) {
      return place == null
          ? sought.rows.isEmpty()
              ? anomaly
              : anomaly.withSentence("Rows to look at: " + listed(sought.rows, false) + ".")
          : anomaly.withFirstRow(
              place.row(),
              "First "
                  + place.what()
                  + ": "
                  + place.value()
                  + " in "
                  + row(place)
                  + "."
                  + more(place));
    }
    if (place == null) {
      return anomaly.withSentence(
          sought.shared == null
              ? "It begins nowhere: "
                  + (starts instanceof MissingStarts ? "the gaps are" : "the value is")
                  + " spread over the rows"
                  + (sought.rows.isEmpty() ? "" : ", such as " + listed(sought.rows, false))
                  + "."
              : gathers(sought.shared, starts));
    }
    Onset onset = place.onset() != null ? place.onset() : onset(place);
    Anomaly placed = anomaly.withFirstRow(place.row(), begins(sought, starts, place));
    // A sharp break is a fault whatever its size: chance does not stop filling a column at a row.
    return onset != null && onset.share() >= BROKEN
        ? placed.withSeverity(Severity.FAIL.atMost(sought.draft.most()))
        : placed;
  }

  private static @Nullable Onset onset(Place place) {
    return place.moment() == null ? null : place.moment().onset();
  }

  private static String more(Place place) {
    List<Example> others = place.examples().subList(1, place.examples().size());
    return others.isEmpty() ? "" : " Also: " + listed(others, place.sources() > 1) + ".";
  }

  private static String row(Place place) {
    return Wording.row(place.row()) + (place.sources() > 1 ? " of " + place.source() : "");
  }

  /** {@code row 3 'x', row 7 'y'}. */
  private static String listed(List<Example> examples, boolean sources) {
    StringJoiner rows = new StringJoiner(", ");
    for (Example example : examples) {
      rows.add(
          Wording.row(example.row())
              + (sources ? " of " + example.source() : "")
              + (example.value().isEmpty() ? "" : " " + example.value()));
    }
    return rows.toString();
  }

  private static String gathers(Shared shared, Starts starts) {
    return "It begins nowhere in the file; "
        + Wording.percent(shared.cover())
        + " of "
        + (starts instanceof MissingStarts ? "the gaps" : "them")
        + " are where "
        + shared.slice()
        + ", which "
        + Wording.percent(shared.others())
        + " of the other rows have.";
  }

  private static String begins(Sought sought, Starts starts, Place place) {
    StringBuilder text = new StringBuilder();
    String hits = starts instanceof MissingStarts ? " are missing" : " have this value";
    Onset onset = place.onset();
    Moment moment = place.moment();
    Shared shared = sought.shared;
    String where = sought.inShared != null && shared != null ? " where " + shared.slice() : "";
    if (onset != null) {
      text.append("It begins at ")
          .append(row(place))
          .append(": from there ")
          .append(onset.toTheEnd() ? "to the end" : "to " + Wording.row(onset.last()))
          .append(' ')
          .append(Wording.percent(onset.share()))
          .append(" of ")
          .append(Wording.count(onset.rows(), "row"))
          .append(where)
          .append(hits)
          .append('.');
      if (moment != null) {
        text.append(" In time it begins at ")
            .append(TimeAxis.words(moment.seconds()))
            .append(" (")
            .append(moment.column())
            .append(").");
      }
    } else if (moment != null) {
      text.append("It begins at ")
          .append(TimeAxis.words(moment.seconds()))
          .append(" in ")
          .append(moment.column())
          .append(" (")
          .append(row(place))
          .append("): from then on")
          .append(moment.onset().toTheEnd() ? " to the last " : " for a while ")
          .append(Wording.percent(moment.onset().share()))
          .append(" of ")
          .append(Wording.count(moment.onset().rows(), "row"))
          .append(where)
          .append(hits)
          .append("; in the file they are not in that order.");
    }
    if (shared != null) {
      text.append(' ')
          .append(Wording.percent(shared.cover()))
          .append(sought.inShared != null ? " of all gaps are where " : " of the broken rows have ")
          .append(shared.slice())
          .append(", ")
          .append(Wording.percent(shared.others()))
          .append(" of the others.");
    }
    return text.append(together(sought.together, starts.feature())).toString();
  }

  private static String together(List<String> names, String feature) {
    if (names.size() < 2) {
      return "";
    }
    String lead = names.getFirst();
    if (!lead.equals(feature)) {
      return " It is one story with " + lead + ", which broke at the same row.";
    }
    List<String> others = names.subList(1, names.size());
    String last = others.getLast();
    String all =
        others.size() == 1
            ? last
            : String.join(", ", others.subList(0, others.size() - 1)) + " and " + last;
    return " At the same row broke " + all + ": one story.";
  }
}
