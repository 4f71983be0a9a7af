package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the values of each column look like: a set of {@link Numbers}' constants a column, in the
 * order in which columns were first named. Merging is a union, so any order of files, stretches and
 * records gives the same types.
 */
final class Kinds {
  /** More than one value in a row. */
  static final int LIST = 1 << 8;

  /** Bytes that are not UTF-8. */
  static final int BINARY = 1 << 9;

  /** A number with separators between thousands, such as {@code 1,234.50}. */
  static final int THOUSANDS = 1 << 10;

  /** Columns that one batch may have. */
  static final int MAX_COLUMNS = 10_000;

  private final Map<String, Integer> places = new LinkedHashMap<>();
  private int[] kinds = new int[32];

  /** The column's number; a new name gets the next one. */
  int place(String name) {
    Integer place = places.get(name);
    return place == null ? add(name) : place;
  }

  /** The column's number, or -1 where nobody named it. */
  int find(String name) {
    return places.getOrDefault(name, -1);
  }

  private int add(String name) {
    int place = places.size();
    if (place == MAX_COLUMNS) {
      throw new BadInput(
          "there are more than "
              + MAX_COLUMNS
              + " columns; are these names values? Put them into a column of their own");
    }
    String fault = CsvHeader.fault(name);
    if (fault != null) {
      throw new BadInput(fault);
    }
    if (place == kinds.length) {
      kinds = Arrays.copyOf(kinds, place * 2);
    }
    places.put(name, place);
    return place;
  }

  /** Adds what a value of the column looks like, one or several of the constants. */
  void see(int place, int kind) {
    kinds[place] |= kind;
  }

  /** What has been seen of a column. */
  int seen(int place) {
    return kinds[place];
  }

  /** Adds all that another one has seen. */
  void merge(Kinds other) {
    other.places.forEach((name, place) -> see(place(name), other.kinds[place]));
  }

  /** Names in order. */
  List<String> names() {
    return List.copyOf(places.keySet());
  }

  /**
   * The same by name: where each record names its own columns, the order in which they first came
   * would depend on how the records were cut.
   */
  Kinds sorted() {
    return of(new TreeMap<>(toMap()));
  }

  /** Name to the set of constants, in order. */
  Map<String, Integer> toMap() {
    Map<String, Integer> out = new LinkedHashMap<>();
    places.forEach((name, place) -> out.put(name, kinds[place]));
    return out;
  }

  /** Reads {@link #toMap}. */
  static Kinds of(Map<String, Integer> map) {
    Kinds kinds = new Kinds();
    map.forEach((name, kind) -> kinds.see(kinds.place(name), kind));
    return kinds;
  }

  /**
   * The columns' types: {@code INT} where every value fits a long, {@code FLOAT} where every value
   * is a number, else {@code STRING}; without any value {@code STRING}.
   *
   * @throws BadInput where the numbers of a column have separators between thousands
   */
  List<Field> fields() {
    List<Field> fields = new ArrayList<>(places.size());
    places.forEach((name, place) -> {
      int kind = kinds[place];
      boolean text = (kind & (Numbers.TEXT | BINARY)) != 0;
      if (!text && (kind & THOUSANDS) != 0) {
        throw new BadInput(
            "the numbers of column "
                + name
                + " have commas between thousands, such as 1,234.50; write them plainly, as 1234.50,"
                + " and with a point before decimals");
      }
      fields.add(
          new Field(
              name,
              text ? ValueType.STRING : type(kind),
              (kind & LIST) != 0,
              (kind & BINARY) != 0));
    });
    return List.copyOf(fields);
  }

  /** The type of a column without texts. */
  private static ValueType type(int kind) {
    if ((kind & Numbers.FLOAT) != 0) {
      return ValueType.FLOAT;
    }
    return (kind & (Numbers.BIG | Numbers.INT)) == Numbers.INT ? ValueType.INT : ValueType.STRING;
  }

  /** The first name that the other one lacks, or null. */
  @Nullable String missingIn(Kinds other) {
    for (String name : places.keySet()) {
      if (!other.places.containsKey(name)) {
        return name;
      }
    }
    return null;
  }
}
