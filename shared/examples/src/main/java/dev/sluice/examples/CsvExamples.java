package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CSV objects of one schema, whose types are known because every row has been looked at once.
 *
 * <p>Types: {@code INT} where every value fits a long, without leading zeros or a plus sign; {@code
 * FLOAT} where every value is a number and some have a decimal point, an exponent, or are {@code
 * NaN} or an infinity; otherwise {@code STRING}. An empty field, quoted or not, is missing. In
 * number columns blanks around values are passed, and a blank field and the words {@code NA},
 * {@code N/A}, {@code null}, {@code NULL}, {@code None}, {@code nan} are missing too; in text
 * columns they are text. A column without any value is a {@code STRING} column.
 *
 * <p>Rows with another number of fields than the header, broken quotes or bytes that are not UTF-8
 * are rejected one by one.
 */
public final class CsvExamples {
  private final List<Field> fields;
  private final List<Source> sources;

  private CsvExamples(List<Field> fields, List<Source> sources) {
    this.fields = fields;
    this.sources = sources;
  }

  /**
   * What one object was found to be.
   *
   * @param delimiter the character between fields
   * @param rows data rows, the rejected ones included
   * @param rejectedRows those that could not be split or decoded
   */
  public record SourceSummary(
      String name, long bytes, String delimiter, long rows, long rejectedRows) {}

  private record Source(ByteSource bytes, CsvHeader header, SourceSummary summary) {}

  /**
   * Reads every object once, for the types and the rejected rows.
   *
   * @param sources at least one, with the same column names in any order
   * @throws BadInput where an object is empty, binary or without usable header, has no rows or only
   *     rejected ones, or lacks a column that another has
   */
  public static CsvExamples inspect(List<ByteSource> sources, RejectedRows rejected)
      throws IOException {
    if (sources.isEmpty()) {
      throw new BadInput("no CSV object was given; name at least one");
    }
    List<CsvHeader> headers = new ArrayList<>();
    for (ByteSource source : sources) {
      headers.add(CsvHeader.read(source));
      requireSameColumns(
          sources.getFirst().name(),
          headers.getFirst().names(),
          source.name(),
          headers.getLast().names());
    }
    List<String> names = headers.getFirst().names();
    int[] kinds = new int[names.size()];
    List<Source> inspected = new ArrayList<>();
    for (int s = 0; s < sources.size(); s++) {
      ByteSource source = sources.get(s);
      CsvHeader header = headers.get(s);
      try (Cursor cursor = new Cursor(source, header, rejected)) {
        int[] places = places(header.names(), names);
        int[] own = new int[places.length];
        while (cursor.next()) {
          look(cursor.scanner, own);
        }
        for (int f = 0; f < places.length; f++) {
          kinds[places[f]] |= own[f];
        }
        cursor.requireRows();
        inspected.add(
            new Source(
                source,
                header,
                new SourceSummary(
                    source.name(),
                    source.size(),
                    String.valueOf((char) header.delimiter()),
                    cursor.row,
                    cursor.rejectedRows)));
      }
    }
    List<Field> fields = new ArrayList<>();
    for (int c = 0; c < kinds.length; c++) {
      fields.add(new Field(names.get(c), type(kinds[c])));
    }
    return new CsvExamples(List.copyOf(fields), List.copyOf(inspected));
  }

  /**
   * The column names of one object, from its first 256 KiB alone.
   *
   * @throws BadInput where it is empty, binary or without usable header
   */
  public static List<String> columns(ByteSource source) throws IOException {
    return CsvHeader.read(source).names();
  }

  private static void look(CsvScanner row, int[] kinds) {
    byte[] b = row.bytes();
    for (int f = 0; f < kinds.length; f++) {
      if ((kinds[f] & Numbers.TEXT) == 0) {
        kinds[f] |= Numbers.kind(b, row.start(f), row.end(f));
      }
    }
  }

  private static ValueType type(int kinds) {
    if ((kinds & Numbers.TEXT) != 0) {
      return ValueType.STRING;
    } else if ((kinds & Numbers.FLOAT) != 0) {
      return ValueType.FLOAT;
    } else if ((kinds & Numbers.BIG) != 0) {
      return ValueType.STRING;
    }
    return (kinds & Numbers.INT) != 0 ? ValueType.INT : ValueType.STRING;
  }

  private static void requireSameColumns(
      String first, List<String> expected, String other, List<String> found) {
    requireColumns(first, expected, other, new HashSet<>(found));
    requireColumns(other, found, first, new HashSet<>(expected));
  }

  private static void requireColumns(
      String has, List<String> names, String lacks, Set<String> others) {
    for (String name : names) {
      if (!others.contains(name)) {
        throw new BadInput(
            lacks
                + " has no column "
                + name
                + ", but "
                + has
                + " has; files of one batch need the same columns");
      }
    }
  }

  private static int[] places(List<String> names, List<String> in) {
    return names.stream().mapToInt(in::indexOf).toArray();
  }

  /** The columns and their types, in the order of the first object, without provenance. */
  public List<Field> fields() {
    return fields;
  }

  /** What each object was found to be. */
  public List<SourceSummary> sources() {
    return sources.stream().map(Source::summary).toList();
  }

  /** Reads the accepted rows of all objects, with {@code __row} and {@code __source} at the end. */
  public ExampleReader read() {
    return new Reader();
  }

  /** {@link #fields} and provenance, as rows are put into a {@link BatchBuilder}. */
  List<Field> storedFields() {
    List<Field> stored = new ArrayList<>(fields);
    stored.add(new Field(Field.ROW, ValueType.INT));
    stored.add(new Field(Field.SOURCE, ValueType.STRING));
    return List.copyOf(stored);
  }

  /** The second pass over the objects, one row at a time. */
  Rows rows() {
    return new Rows();
  }

  /** The accepted rows of all objects. */
  final class Rows implements AutoCloseable {
    private int source = -1;
    private @Nullable Cursor cursor;
    private int[] places = {};
    private byte[] name = {};

    /** Moves to the next row; false at the end. */
    boolean next() throws IOException {
      while (true) {
        if (cursor != null) {
          if (cursor.next()) {
            return true;
          }
          SourceSummary summary = sources.get(source).summary();
          if (cursor.row != summary.rows() || cursor.rejectedRows != summary.rejectedRows()) {
            throw changed(cursor.source);
          }
          cursor.close();
          cursor = null;
        }
        if (source + 1 == sources.size()) {
          return false;
        }
        Source s = sources.get(++source);
        places = CsvExamples.places(s.header.names(), fields.stream().map(Field::name).toList());
        name = s.bytes.name().getBytes(UTF_8);
        cursor = new Cursor(s.bytes, s.header, RejectedRows.none());
      }
    }

    /** Changes with the source. */
    Splits.Decider decider(Splits splits) {
      return splits.decider(sources.get(source).header.names());
    }

    /** The place of the current source among all. */
    int source() {
      return source;
    }

    CsvScanner scanner() {
      return current().scanner;
    }

    private Cursor current() {
      if (cursor == null) {
        throw new IllegalStateException("no row is current");
      }
      return cursor;
    }

    /** Puts the current row into a builder of {@link #storedFields}; true where it is full. */
    boolean appendTo(BatchBuilder builder) {
      Cursor c = current();
      CsvScanner row = c.scanner;
      byte[] b = row.bytes();
      for (int f = 0; f < places.length; f++) {
        int from = row.start(f);
        int to = row.end(f);
        if (from == to) {
          continue;
        }
        int column = places[f];
        switch (fields.get(column).type()) {
          case STRING -> builder.putText(column, b, from, to);
          case INT -> {
            int kind = Numbers.kind(b, from, to);
            if (kind == Numbers.INT) {
              builder.putLong(column, Numbers.parseLong(b, from, to));
            } else if (kind != Numbers.TOKEN) {
              throw changed(c.source);
            }
          }
          case FLOAT -> {
            byte first = b[from];
            if (first <= '9' && first > ' ') {
              builder.putDouble(column, number(c, b, from, to));
            } else {
              int kind = Numbers.kind(b, from, to);
              if (kind == Numbers.TEXT) {
                throw changed(c.source);
              } else if (kind != Numbers.TOKEN) {
                builder.putDouble(column, number(c, b, from, to));
              }
            }
          }
        }
      }
      builder.putLong(fields.size(), c.row);
      builder.putShared(fields.size() + 1, name);
      return builder.endRow();
    }

    private double number(Cursor c, byte[] b, int from, int to) {
      try {
        return Numbers.parseDouble(b, from, to);
      } catch (NumberFormatException e) {
        throw changed(c.source);
      }
    }

    private Conflict changed(ByteSource source) {
      return new Conflict(
          source.name() + " changed while it was read; read one generation of the object");
    }

    @Override
    public void close() throws IOException {
      if (cursor != null) {
        cursor.close();
      }
    }
  }

  private final class Reader implements ExampleReader {
    private final List<Field> stored = storedFields();
    private final BatchBuilder builder = new BatchBuilder(stored);
    private final Rows rows = rows();

    @Override
    public List<Field> fields() {
      return stored;
    }

    @Override
    public @Nullable ExampleBatch next() throws IOException {
      while (rows.next()) {
        if (rows.appendTo(builder)) {
          return builder.take();
        }
      }
      return builder.rows() == 0 ? null : builder.take();
    }

    @Override
    public void close() throws IOException {
      rows.close();
    }
  }

  /** The accepted rows of one object; hands out the others. */
  private static final class Cursor implements AutoCloseable {
    private final ByteSource source;
    private final CsvHeader header;
    private final RejectedRows rejected;
    private final CsvScanner scanner;
    private long row;
    private long rejectedRows;
    private @Nullable RejectedRow firstRejected;

    Cursor(ByteSource source, CsvHeader header, RejectedRows rejected) throws IOException {
      this.source = source;
      this.header = header;
      this.rejected = rejected;
      this.scanner = new CsvScanner(source.open(), header.delimiter(), header.lineEnd());
      scanner.skipByteOrderMark();
      scanner.next();
      scanner.expectFields(header.names().size());
    }

    boolean next() throws IOException {
      while (scanner.next()) {
        row++;
        String problem = scanner.problem();
        if (problem == null) {
          return true;
        }
        rejectedRows++;
        int field = scanner.problemField();
        List<String> names = header.names();
        RejectedRow bad =
            new RejectedRow(
                source.name(),
                row,
                scanner.line(),
                scanner.offset(),
                field >= 0 && field < names.size() ? names.get(field) : null,
                scanner.raw(),
                problem);
        if (firstRejected == null) {
          firstRejected = bad;
        }
        rejected.add(bad);
      }
      return false;
    }

    void requireRows() {
      if (row == 0) {
        throw new BadInput(
            source.name() + " has a header but no rows; write at least one row below the header");
      }
      if (rejectedRows == row && firstRejected != null) {
        throw new BadInput(
            String.format(
                "%s: all %d rows were rejected, the first one on line %d%s: %s",
                source.name(),
                row,
                firstRejected.line(),
                firstRejected.column() == null ? "" : ", column " + firstRejected.column(),
                firstRejected.reason()));
      }
    }

    @Override
    public void close() throws IOException {
      scanner.close();
    }
  }
}
