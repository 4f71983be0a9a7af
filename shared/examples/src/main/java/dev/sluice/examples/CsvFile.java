package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A CSV object.
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
final class CsvFile extends UnpackedFile {
  private final CsvHeader header;

  /**
   * @param source unpacked, in UTF-8
   * @param packing how it is packed, such as {@code ", gzip"}, or ""
   * @param indivisible why it cannot be cut, or null
   */
  CsvFile(ByteSource source, CsvHeader header, String packing, @Nullable String indivisible) {
    super(source, packing, indivisible);
    this.header = header;
  }

  @Override
  public String format() {
    String delimiter = header.delimiter() == '\t' ? "tab" : "'" + (char) header.delimiter() + "'";
    return "CSV, delimiter " + delimiter + packing;
  }

  @Override
  boolean declare(Kinds kinds) {
    header.names().forEach(kinds::place);
    return false;
  }

  @Override
  boolean openColumns() {
    return false;
  }

  @Override
  RecordReader read(Stretch stretch) throws IOException {
    return new Reader(stretch);
  }

  /** How it is split, and its names. */
  CsvHeader header() {
    return header;
  }

  /** A scanner over all rows below the header. */
  CsvScanner scan() throws IOException {
    CsvScanner scanner = new CsvScanner(source.open(), header.delimiter(), header.lineEnd());
    scanner.skipByteOrderMark();
    if (header.dataStart() > 0) {
      scanner.next();
    }
    scanner.expectFields(header.names().size());
    return scanner;
  }

  private final class Reader extends RecordReader {
    private final CsvScanner scanner;
    private final int fields = header.names().size();
    private final long first;

    /** Lines of the header that an earlier stretch counts. */
    private final long linesBefore;

    private @Nullable Kinds looked;
    private int[] lookedPlaces = {};
    private int[] own = {};
    private List<Field> bound = List.of();
    private int[] places = {};
    private int[] seen = {};

    Reader(Stretch stretch) throws IOException {
      boolean start = stretch.from() <= header.dataStart();
      long from = start ? 0 : stretch.from() - 1;
      scanner = new CsvScanner(source.open(from), header.delimiter(), header.lineEnd(), from);
      if (start) {
        scanner.skipByteOrderMark();
        if (header.dataStart() > 0) {
          scanner.next();
        }
      } else {
        scanner.skipLine();
      }
      scanner.expectFields(fields);
      scanner.stopAt(stretch.to());
      first = scanner.position();
      linesBefore = start && stretch.from() > 0 ? scanner.positionLine() - 1 : 0;
    }

    @Override
    boolean next() throws IOException {
      return scanner.next();
    }

    @Override
    @Nullable Problem problem() {
      String problem = scanner.problem();
      if (problem == null) {
        return null;
      }
      int field = scanner.problemField();
      return new Problem(
          field >= 0 && field < fields ? header.names().get(field) : null, scanner.raw(), problem);
    }

    @Override
    long offset() {
      return scanner.offset();
    }

    @Override
    long line() {
      return scanner.line() - linesBefore;
    }

    @Override
    void look(Kinds kinds) {
      if (looked != kinds) {
        looked = kinds;
        lookedPlaces = header.names().stream().mapToInt(kinds::place).toArray();
        own = Arrays.stream(lookedPlaces).map(kinds::seen).toArray();
      }
      byte[] b = scanner.bytes();
      for (int f = 0; f < fields; f++) {
        if ((own[f] & Numbers.TEXT) == 0) {
          int kind = Numbers.kind(b, scanner.start(f), scanner.end(f));
          if ((own[f] & kind) != kind) {
            own[f] |= kind;
            kinds.see(lookedPlaces[f], kind);
          }
        }
      }
    }

    @Override
    void bind(List<Field> fields, Kinds kinds) {
      bound = fields;
      places = new int[this.fields];
      seen = new int[this.fields];
      for (int f = 0; f < places.length; f++) {
        places[f] = place(fields, header.names().get(f));
        seen[f] = kinds.seen(kinds.place(header.names().get(f)));
      }
    }

    private static int place(List<Field> fields, String name) {
      for (int c = 0; c < fields.size(); c++) {
        if (fields.get(c).name().equals(name)) {
          return c;
        }
      }
      throw new Bug("column " + name + " is not among those bound");
    }

    @Override
    void append(BatchBuilder builder) throws Misfit {
      CsvScanner row = scanner;
      byte[] b = row.bytes();
      for (int f = 0; f < places.length; f++) {
        int from = row.start(f);
        int to = row.end(f);
        if (from == to) {
          continue;
        }
        int column = places[f];
        switch (bound.get(column).type()) {
          case STRING -> {
            if (!builder.sure(column)) {
              requireSeen(f, Numbers.kind(b, from, to));
            }
            builder.putText(column, b, from, to);
          }
          case INT -> {
            long plain = Numbers.plainLong(b, from, to);
            if (plain != Numbers.NOT_PLAIN) {
              builder.putLong(column, plain);
              continue;
            }
            int kind = Numbers.kind(b, from, to);
            if (kind == Numbers.INT) {
              builder.putLong(column, Numbers.parseLong(b, from, to));
            } else if (kind != Numbers.TOKEN) {
              throw misfit(f);
            }
          }
          case FLOAT -> {
            byte first = b[from];
            if (first <= '9' && first > ' ') {
              putNumber(builder, f, b, from, to);
            } else {
              int kind = Numbers.kind(b, from, to);
              if (kind == Numbers.TEXT) {
                throw misfit(f);
              } else if (kind != Numbers.TOKEN) {
                putNumber(builder, f, b, from, to);
              }
            }
          }
        }
      }
    }

    private void putNumber(BatchBuilder builder, int f, byte[] b, int from, int to) throws Misfit {
      try {
        builder.putDouble(places[f], Numbers.parseDouble(b, from, to));
      } catch (NumberFormatException e) {
        throw misfit(f);
      }
    }

    private void requireSeen(int f, int kind) throws Misfit {
      if ((kind & (Numbers.INT | Numbers.FLOAT | Kinds.THOUSANDS) & ~seen[f]) != 0) {
        throw misfit(f);
      }
    }

    private Misfit misfit(int f) {
      return new Misfit(header.names().get(f));
    }

    @Override
    long first() {
      return first;
    }

    @Override
    long end() {
      return scanner.position();
    }

    @Override
    long lines() {
      return scanner.positionLine() - 1 - linesBefore;
    }

    @Override
    public void close() throws IOException {
      scanner.close();
    }
  }

  /** A file that is CSV, plain, with a header. */
  static CsvFile of(ByteSource source) throws IOException {
    return of(source, /* packing= */ "", /* indivisible= */ null, /* columns= */ null);
  }

  /**
   * A file that is no other format.
   *
   * @param source unpacked, in any encoding that {@link Encodings} tells
   */
  static CsvFile of(
      ByteSource source,
      String packing,
      @Nullable String indivisible,
      @Nullable List<String> columns)
      throws IOException {
    byte[] sample = CsvHeader.sample(source);
    Charset charset = Encodings.ofTable(sample);
    if (charset.equals(UTF_8)) {
      return new CsvFile(
          source, CsvHeader.read(source.name(), sample, columns), packing, indivisible);
    }
    TranscodedSource text = new TranscodedSource(source, charset);
    return new CsvFile(
        text,
        CsvHeader.read(text.name(), CsvHeader.sample(text), columns),
        ", " + text.encoding() + packing,
        indivisible == null ? text.indivisible() : indivisible);
  }
}
