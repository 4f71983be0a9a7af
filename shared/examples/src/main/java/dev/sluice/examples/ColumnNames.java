package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names that records give their columns, coded as they come: a record costs a look-up a name
 * and no object.
 */
final class ColumnNames {
  /** Names that are kept; where broken records bring more, all are forgotten. */
  private static final int MAX_NAMES = 2 * Kinds.MAX_COLUMNS;

  /** Bytes of the longest name that a column can have. */
  private static final int MAX_BYTES = 4 * CsvHeader.MAX_NAME;

  private static final int UNKNOWN = -2;
  private static final int NONE = -1;

  private final BytesDictionary codes = new BytesDictionary();
  private final List<String> names = new ArrayList<>();
  private final List<@Nullable String> faults = new ArrayList<>();
  private long[] stamps = new long[64];
  private int[] places = new int[64];
  private int[] columns = new int[64];
  private long record;
  private @Nullable Kinds looked;
  private final Map<String, Integer> bound = new HashMap<>();

  /** Begins a record; its names are new again. */
  void nextRecord() {
    record++;
    if (names.size() > MAX_NAMES) {
      codes.clear();
      names.clear();
      faults.clear();
      Arrays.fill(stamps, 0);
    }
  }

  /** The code of a name in UTF-8, which holds to the record's end; -1 for one that is too long. */
  int code(byte[] b, int from, int to) {
    if (to - from > MAX_BYTES) {
      return -1;
    }
    int code = codes.code(b, from, to);
    if (code == names.size()) {
      String name = new String(b, from, to - from, UTF_8);
      names.add(name);
      faults.add(CsvHeader.fault(name));
      if (code == stamps.length) {
        stamps = Arrays.copyOf(stamps, code * 2);
        places = Arrays.copyOf(places, code * 2);
        columns = Arrays.copyOf(columns, code * 2);
      }
      stamps[code] = 0;
      places[code] = UNKNOWN;
      columns[code] = UNKNOWN;
    }
    return code;
  }

  /** What is wrong with a name that has no code. */
  static String tooLong(byte[] b, int from) {
    return "the name "
        + new String(b, from, 60, UTF_8)
        + "... is longer than "
        + CsvHeader.MAX_NAME
        + " characters; shorten it";
  }

  /** True where the record has not had that name before. */
  boolean first(int code) {
    boolean first = stamps[code] != record;
    stamps[code] = record;
    return first;
  }

  String name(int code) {
    return names.get(code);
  }

  /** Why no column can have that name, or null. */
  @Nullable String fault(int code) {
    return faults.get(code);
  }

  /** The column's number among the kinds, which learn the name where it is new to them. */
  int place(int code, Kinds kinds) {
    if (looked != kinds) {
      looked = kinds;
      Arrays.fill(places, UNKNOWN);
    }
    int place = places[code];
    if (place == UNKNOWN) {
      place = kinds.place(names.get(code));
      places[code] = place;
    }
    return place;
  }

  /** Fixes what {@link #column} answers with. */
  void bind(List<Field> fields) {
    bound.clear();
    for (int c = 0; c < fields.size(); c++) {
      bound.put(fields.get(c).name(), c);
    }
    Arrays.fill(columns, UNKNOWN);
  }

  /**
   * The column's number among the bound fields.
   *
   * @throws Misfit where none of them has that name
   */
  int column(int code) throws Misfit {
    int column = columns[code];
    if (column == UNKNOWN) {
      column = bound.getOrDefault(names.get(code), NONE);
      columns[code] = column;
    }
    if (column == NONE) {
      throw new Misfit(names.get(code));
    }
    return column;
  }
}
