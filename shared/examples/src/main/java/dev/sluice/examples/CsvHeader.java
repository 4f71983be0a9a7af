package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How an object is to be split, found from its first {@value #SAMPLE} bytes, and its column names.
 *
 * @param names in the order of the object, spaces around them removed
 * @param delimiter one of {@code , ; tab |}: the one that splits the header into the most columns
 *     that the first rows agree with
 * @param lineEnd line feed, with or without a carriage return before it, or a carriage return
 * @param dataStart the first byte after the header's line, 0 where there is none
 */
record CsvHeader(List<String> names, byte delimiter, byte lineEnd, long dataStart) {
  /** The longest column name in characters, BigQuery's own limit. */
  static final int MAX_NAME = 300;

  private static final int SAMPLE = 1 << 18;
  private static final int SAMPLE_ROWS = 200;
  private static final int NUMBER = 1;
  private static final int DATE = 2;
  private static final int OTHER = 4;
  private static final byte[] DELIMITERS = {',', ';', '\t', '|'};

  CsvHeader {
    names = List.copyOf(names);
  }

  /** The first bytes of an object, as many as tell how it is to be split. */
  static byte[] sample(ByteSource source) throws IOException {
    try (InputStream in = source.open()) {
      return in.readNBytes(SAMPLE + 1);
    }
  }

  /**
   * @param read what {@link #sample} gives of the object, in UTF-8
   * @param columns the names, where somebody gave them: then a first line with just these is the
   *     header and any other is data
   */
  static CsvHeader read(String name, byte[] read, @Nullable List<String> columns)
      throws IOException {
    boolean whole = read.length <= SAMPLE;
    byte[] sample = whole ? read : Arrays.copyOf(read, SAMPLE);
    if (sample.length == 0) {
      throw new BadInput(name + " is empty; write a header line and at least one row");
    }
    refuseBinary(name, sample);
    byte lineEnd = lineEnd(sample);
    byte delimiter = delimiter(name, sample, whole, lineEnd);
    try (CsvScanner scanner =
        new CsvScanner(new ByteArrayInputStream(sample), delimiter, lineEnd)) {
      scanner.skipByteOrderMark();
      if (!scanner.next()) {
        throw new BadInput(name + " holds only empty lines; write a header line and rows");
      }
      if (scanner.atEnd() && !whole) {
        throw new BadInput(
            name + ": the first line is longer than " + SAMPLE + " bytes; is this a CSV file?");
      }
      if (scanner.problem() != null) {
        throw new BadInput(
            name + ", line " + scanner.line() + ": the header is broken: " + scanner.problem());
      }
      List<String> first = texts(scanner);
      if (columns != null) {
        boolean header = isHeader(name, first, columns);
        return new CsvHeader(columns, delimiter, lineEnd, header ? scanner.position() : 0);
      }
      List<String> names = names(name, scanner, first);
      CsvHeader header = new CsvHeader(names, delimiter, lineEnd, scanner.position());
      requireNames(name, scanner, first, whole);
      return header;
    }
  }

  /** The names that somebody gave, once they can be names. */
  static List<String> given(List<String> columns) {
    Set<String> seen = new HashSet<>();
    for (String column : columns) {
      String fault = fault(column);
      if (fault != null) {
        throw new BadInput("columns of the source: " + fault);
      }
      if (!seen.add(column)) {
        throw new BadInput("columns of the source name " + cut(column) + " twice; rename one");
      }
    }
    return List.copyOf(columns);
  }

  private static List<String> texts(CsvScanner scanner) {
    List<String> texts = new ArrayList<>();
    for (int f = 0; f < scanner.fields(); f++) {
      int from = scanner.start(f);
      texts.add(new String(scanner.bytes(), from, scanner.end(f) - from, UTF_8).strip());
    }
    return texts;
  }

  /** True where the first line holds the names that were given. */
  private static boolean isHeader(String source, List<String> first, List<String> columns) {
    if (first.equals(columns)) {
      return true;
    }
    if (first.size() != columns.size()) {
      throw new BadInput(
          source
              + ", line 1 has "
              + first.size()
              + " fields, and the source's columns are "
              + columns.size()
              + " ("
              + cut(String.join(", ", columns))
              + "); name each field, in order");
    }
    if (Set.copyOf(columns).equals(new HashSet<>(first))) {
      throw new BadInput(
          source
              + ", line 1 is a header with the source's columns in another order ("
              + cut(String.join(", ", first))
              + "); give them in this order, or leave columns out");
    }
    return false;
  }

  /**
   * Refuses a first line that is a row: some of its fields are numbers (no years) or dates, as all
   * that follow in their columns are, and none is a text above numbers or dates alone, as names
   * are.
   */
  private static void requireNames(
      String source, CsvScanner scanner, List<String> first, boolean whole) throws IOException {
    long line = scanner.line();
    int columns = first.size();
    int[] above = first.stream().mapToInt(CsvHeader::shape).toArray();
    int[] below = new int[columns];
    int rows = 0;
    while (rows < SAMPLE_ROWS && scanner.next() && (whole || !scanner.atEnd())) {
      if (scanner.problem() == null && scanner.fields() == columns) {
        rows++;
        List<String> row = texts(scanner);
        for (int f = 0; f < columns; f++) {
          below[f] |= shape(row.get(f));
        }
      }
    }
    int alike = -1;
    for (int f = 0; f < columns; f++) {
      boolean plain = below[f] == NUMBER || below[f] == DATE;
      if (plain && above[f] == OTHER) {
        return;
      }
      if (plain && above[f] == below[f] && !first.get(f).matches("[12][0-9]{3}")) {
        alike = f;
      }
    }
    if (alike >= 0) {
      throw new BadInput(
          source
              + ", line "
              + line
              + ": the header is missing, the first line looks like a row ("
              + cut(String.join(", ", first))
              + "): "
              + cut(first.get(alike))
              + " is no name; write the columns' names as the first line, or give them in the"
              + " spec, as source: {columns: [...]}");
    }
  }

  /** What a field looks like; 0 for one that says nothing. */
  private static int shape(String text) {
    byte[] b = text.getBytes(UTF_8);
    int kind = Numbers.kind(b, 0, b.length);
    if ((kind & (Numbers.EMPTY | Numbers.TOKEN)) != 0) {
      return 0;
    }
    if (kind != Numbers.TEXT) {
      return Character.isLetter(text.charAt(text.length() - 1)) ? 0 : NUMBER;
    }
    return text.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?") ? DATE : OTHER;
  }

  /** By what splits the first rows alike; the name decides where a tab is among them. */
  private static byte delimiter(String name, byte[] sample, boolean whole, byte lineEnd)
      throws IOException {
    if (name.toLowerCase(Locale.ROOT).matches("(?s).*\\.tsv(\\.(gz|gzip|zst|zstd))?")
        && score(sample, whole, (byte) '\t', lineEnd) > 0) {
      return '\t';
    }
    byte delimiter = DELIMITERS[0];
    double best = 0;
    for (byte candidate : DELIMITERS) {
      double score = score(sample, whole, candidate, lineEnd);
      if (score > best) {
        best = score;
        delimiter = candidate;
      }
    }
    return delimiter;
  }

  private static List<String> names(String source, CsvScanner scanner, List<String> names) {
    String where = source + ", line " + scanner.line();
    byte[] b = scanner.bytes();
    boolean numbersOnly = true;
    for (int f = 0; f < scanner.fields(); f++) {
      int from = scanner.start(f);
      int to = scanner.end(f);
      numbersOnly &= (Numbers.kind(b, from, to) & (Numbers.TEXT | Numbers.TOKEN)) == 0;
    }
    if (numbersOnly && !names.stream().allMatch(String::isEmpty)) {
      throw new BadInput(
          where
              + ": the header is missing, the first line holds only numbers ("
              + cut(String.join(", ", names))
              + "); write the columns' names as the first line, or give them in the spec, as source:"
              + " {columns: [...]}");
    }
    Map<String, Integer> seen = new LinkedHashMap<>();
    for (int f = 0; f < names.size(); f++) {
      String column = names.get(f);
      if (column.isEmpty()) {
        throw new BadInput(
            where
                + ": column "
                + (f + 1)
                + " of "
                + names.size()
                + " has an empty name; give every column a name (pandas: index=False)");
      }
      String fault = fault(column);
      if (fault != null) {
        throw new BadInput(where + ": column " + (f + 1) + ": " + fault);
      }
      Integer first = seen.putIfAbsent(column, f);
      if (first != null) {
        throw new BadInput(
            where
                + ": columns "
                + (first + 1)
                + " and "
                + (f + 1)
                + " are both named "
                + cut(column)
                + "; rename one");
      }
    }
    return names;
  }

  /** Why no column can have that name, or null. */
  static @Nullable String fault(String name) {
    if (name.isEmpty()) {
      return "a column has an empty name; give every column a name";
    }
    if (name.codePointCount(0, name.length()) > MAX_NAME) {
      return "the name " + cut(name) + " is longer than " + MAX_NAME + " characters; shorten it";
    }
    return name.startsWith("__")
        ? "the name " + cut(name) + " starts with __, which is kept for Sluice; rename it"
        : null;
  }

  private static String cut(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }

  private static double score(byte[] sample, boolean whole, byte delimiter, byte lineEnd)
      throws IOException {
    try (CsvScanner scanner =
        new CsvScanner(new ByteArrayInputStream(sample), delimiter, lineEnd)) {
      scanner.skipByteOrderMark();
      if (!scanner.next() || scanner.problem() != null || scanner.fields() < 2) {
        return 0;
      }
      int columns = scanner.fields();
      int rows = 0;
      int same = 0;
      while (rows < SAMPLE_ROWS && scanner.next()) {
        if (scanner.atEnd() && !whole) {
          break;
        }
        rows++;
        if (scanner.problem() == null && scanner.fields() == columns) {
          same++;
        }
      }
      return columns * (same + .01) / (rows + .01);
    }
  }

  private static byte lineEnd(byte[] sample) {
    boolean quoted = false;
    for (int i = 0; i < sample.length; i++) {
      byte c = sample[i];
      if (c == '"') {
        quoted = !quoted;
      } else if (c == '\n' && !quoted) {
        return '\n';
      } else if (c == '\r' && !quoted) {
        return i + 1 < sample.length && sample[i + 1] != '\n' ? (byte) '\r' : (byte) '\n';
      }
    }
    return '\n';
  }

  /** Refuses what is no text in UTF-8, by its first bytes. */
  static void refuseBinary(String name, byte[] b) {
    if (startsWith(b, 0xff, 0xfe) || startsWith(b, 0xfe, 0xff)) {
      throw new BadInput(name + " is UTF-16 text (by its byte order mark); save it as UTF-8");
    }
    String format = format(b);
    if (format != null) {
      throw new BadInput(
          name + " is not CSV but " + format + " (by its first bytes); drop the CSV text itself");
    }
    int zeros = 0;
    int first = -1;
    boolean header = true;
    for (int i = 0; i < b.length; i++) {
      if (b[i] == 0) {
        first = first < 0 ? i : first;
        zeros += header ? b.length : 1;
      } else if (b[i] == '\n') {
        header = false;
      }
    }
    if (zeros > b.length / 1000) {
      throw new BadInput(
          name
              + " is a binary file (or UTF-16 text): it has a zero byte at offset "
              + first
              + "; drop CSV text in UTF-8");
    }
  }

  private static @Nullable String format(byte[] b) {
    if (startsWith(b, 0x1f, 0x8b)) {
      return "gzip";
    } else if (startsWith(b, 'P', 'A', 'R', '1')) {
      return "Parquet";
    } else if (startsWith(b, 'P', 'K', 3, 4)) {
      return "a zip archive or an Excel workbook";
    } else if (startsWith(b, 0xd0, 0xcf, 0x11, 0xe0)) {
      return "an old Excel workbook";
    } else if (startsWith(b, 0x89, 'P', 'N', 'G')) {
      return "a PNG image";
    } else if (startsWith(b, 0xff, 0xd8, 0xff)) {
      return "a JPEG image";
    } else if (startsWith(b, 'G', 'I', 'F', '8')) {
      return "a GIF image";
    } else if (startsWith(b, '%', 'P', 'D', 'F', '-')) {
      return "a PDF document";
    } else if (startsWith(b, 0x28, 0xb5, 0x2f, 0xfd)) {
      return "zstd";
    } else if (startsWith(b, 'B', 'Z', 'h')) {
      return "bzip2";
    } else if (startsWith(b, 0xfd, '7', 'z', 'X', 'Z', 0)) {
      return "xz";
    } else if (startsWith(b, '7', 'z', 0xbc, 0xaf)) {
      return "a 7z archive";
    } else if (startsWith(b, 'O', 'b', 'j', 1)) {
      return "Avro";
    } else if (startsWith(b, 'O', 'R', 'C', 10) || startsWith(b, 'O', 'R', 'C', 8)) {
      return "ORC";
    } else if (startsWith(b, 'A', 'R', 'R', 'O', 'W', '1')) {
      return "Arrow";
    } else if (startsWith(b, 0x7f, 'E', 'L', 'F')) {
      return "a program";
    } else if (startsWith(b, 'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f')) {
      return "an SQLite database";
    }
    return null;
  }

  private static boolean startsWith(byte[] b, int... magic) {
    if (b.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (b[i] != (byte) magic[i]) {
        return false;
      }
    }
    return true;
  }
}
