package dev.sluice.validation;

import dev.sluice.contracts.Unavailable;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a few columns of the examples that finds the row in which each of several things
 * begins. Rows may come in any order. Memory: two bits a row for each search of missing values.
 */
final class FirstRows {
  /**
   * The rows that a search looks at.
   *
   * @param column '' for all rows
   */
  record Rows(String column, Set<String> values) {
    static final Rows ALL = new Rows("", Set.of());
  }

  /** What is looked for in one feature. */
  sealed interface Search {
    String feature();

    Rows rows();
  }

  /** Where missing values begin, of which the baseline had the share {@code usual}. */
  record MissingStarts(String feature, Rows rows, double usual) implements Search {}

  /**
   * The first present value that does not pass; of a list, the first with one that does not.
   *
   * @param what such a value is called
   */
  record FirstValue(
      String feature, Rows rows, String what, Predicate<String> text, Predicate<Double> number)
      implements Search {}

  /** The first present row that has fewer values than {@code min} or more than {@code max}. */
  record FirstLength(String feature, Rows rows, long min, long max) implements Search {}

  /**
   * @param row 1-based in {@code source}
   * @param source the source object, '' where the examples do not say
   * @param sources how many source objects the batch has
   * @param what such a value is called, '' for missing values
   * @param value found, quoted, '' for missing values
   * @param start what is known of the missing values; null for other searches
   */
  record Place(
      long row,
      String source,
      int sources,
      String what,
      String value,
      @Nullable MissingStart start) {}

  private static final class State {
    final Search search;
    final TreeMap<String, MissingStart.Rows> bits = new TreeMap<>();
    final TreeMap<String, Long> first = new TreeMap<>();
    final Map<String, String> values = new HashMap<>();

    State(Search search) {
      this.search = search;
    }

    void found(String object, long place, Column column, int row) {
      if (place < first.getOrDefault(object, Long.MAX_VALUE)) {
        first.put(object, place);
        values.put(object, text(column, row));
      }
    }
  }

  private FirstRows() {}

  /**
   * Reads the examples once.
   *
   * @return as many as {@code searches}; null where a thing has no beginning
   */
  static List<@Nullable Place> find(ExampleSource examples, List<Search> searches) {
    List<State> states = searches.stream().map(State::new).toList();
    Set<String> columns = new LinkedHashSet<>(List.of(Field.ROW, Field.SOURCE));
    for (Search search : searches) {
      columns.add(search.feature());
      if (!search.rows().column().isEmpty()) {
        columns.add(search.rows().column());
      }
    }
    Set<String> sources = new LinkedHashSet<>();
    try (ExampleReader reader = examples.read(columns)) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        if (batch.column(Field.ROW) instanceof IntColumn rows) {
          Column source = batch.column(Field.SOURCE);
          if (source instanceof StringColumn texts && batch.rows() > 0) {
            for (int row = 0; row < batch.rows(); row++) {
              sources.add(texts.value(row));
            }
          }
          for (State state : states) {
            look(state, batch, rows, source);
          }
        }
      }
    } catch (IOException e) {
      throw new Unavailable(
          "the batch's examples could not be read again to find where an anomaly begins: "
              + e.getMessage()
              + "; the same call may succeed later",
          e);
    }
    List<@Nullable Place> places = new ArrayList<>();
    for (State state : states) {
      places.add(place(state, Math.max(1, sources.size())));
    }
    return places;
  }

  private static void look(
      State state, ExampleBatch batch, IntColumn rows, @Nullable Column source) {
    Column column = batch.column(state.search.feature());
    if (column == null) {
      return;
    }
    Rows wanted = state.search.rows();
    Column group = wanted.column().isEmpty() ? null : batch.column(wanted.column());
    for (int row = 0; row < batch.rows(); row++) {
      if (!wanted.column().isEmpty()
          && (group == null || !wanted.values().contains(text(group, row)))) {
        continue;
      }
      long place = rows.values()[row];
      String object = source instanceof StringColumn texts ? texts.value(row) : "";
      switch (state.search) {
        case MissingStarts s ->
            state
                .bits
                .computeIfAbsent(object, name -> new MissingStart.Rows())
                .add(place, isMissing(column, row));
        case FirstValue s -> {
          if (!column.isMissing(row) && !passes(s, column, row)) {
            state.found(object, place, column, row);
          }
        }
        case FirstLength s -> {
          int length = column instanceof ListColumn lists ? lists.length(row) : 1;
          if (!column.isMissing(row) && (length < s.min() || length > s.max())) {
            state.found(object, place, column, row);
          }
        }
      }
    }
  }

  /** As {@link Cell} counts it. */
  static boolean isMissing(Column column, int row) {
    return column.isMissing(row)
        || (column instanceof FloatColumn numbers && !Double.isFinite(numbers.values()[row]));
  }

  /** The number in a row; NaN where the column holds none. */
  static double number(Column column, int row) {
    return switch (column) {
      case IntColumn ints -> (double) ints.values()[row];
      case FloatColumn floats -> floats.values()[row];
      case StringColumn _, ListColumn _ -> Double.NaN;
    };
  }

  private static boolean passes(FirstValue search, Column column, int row) {
    return switch (column) {
      case StringColumn texts -> search.text().test(texts.value(row));
      case IntColumn numbers -> search.number().test((double) numbers.values()[row]);
      case FloatColumn numbers -> search.number().test(numbers.values()[row]);
      case ListColumn lists -> {
        boolean all = true;
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          all &= passes(search, lists.values(), v);
        }
        yield all;
      }
    };
  }

  /** As the names of groups have it; '' where missing. */
  static String text(Column column, int row) {
    if (column.isMissing(row)) {
      return "";
    }
    return switch (column) {
      case StringColumn texts -> texts.value(row);
      case IntColumn numbers -> Long.toString(numbers.values()[row]);
      case FloatColumn numbers -> Double.toString(numbers.values()[row]);
      case ListColumn lists -> {
        List<String> values = new ArrayList<>();
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          values.add(text(lists.values(), v));
        }
        yield values.toString();
      }
    };
  }

  private static @Nullable Place place(State state, int sources) {
    if (state.search instanceof MissingStarts search) {
      @Nullable Place best = null;
      for (var entry : state.bits.entrySet()) {
        MissingStart start = MissingStart.find(entry.getValue(), search.usual());
        if (start != null
            && (best == null || best.start() == null || start.gain() > best.start().gain())) {
          best = new Place(start.first(), entry.getKey(), sources, "", "", start);
        }
      }
      return best;
    }
    if (state.first.isEmpty()) {
      return null;
    }
    var entry = state.first.firstEntry();
    return new Place(
        entry.getValue(),
        entry.getKey(),
        sources,
        state.search instanceof FirstValue search ? search.what() : "such row",
        Wording.quoted(state.values.getOrDefault(entry.getKey(), "")),
        null);
  }
}
