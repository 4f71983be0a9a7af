package dev.sluice.examples;

import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.ColumnMetaData;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowGroupPredicate;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A Parquet object, read a row group at a time by ranges. It is cut between row groups: one belongs
 * to the stretch that its first byte lies in.
 *
 * <p>A file whose bytes contradict its footer is refused as a whole; text that is not UTF-8 rejects
 * its row. Memory is one row group as it is stored, which may take a third of the heap, and a batch
 * of rows; row groups of more are refused, as are pages of more than {@value #MAX_PAGE} bytes or
 * {@value #MAX_VALUES} values.
 */
final class ParquetFile extends RecordFile {
  static final int MAX_PAGE = 1 << 27;
  static final int MAX_VALUES = 1 << 24;

  private static final int MAGIC = 4;

  /**
   * Rows that are stored together.
   *
   * @param chunks where each column's bytes begin and end
   * @param middle what hardwood knows it by
   * @param indexes where its pages are told apart
   */
  private record Group(
      long start,
      long end,
      long rows,
      long middle,
      List<Chunk> chunks,
      List<ParquetInput.Index> indexes) {}

  private record Chunk(String column, long start, long end) {}

  private final ByteSource source;
  private final ParquetInput input;
  private final List<ParquetSchema.Leaf> leaves;
  private final Set<String> base64;
  private final List<Group> groups;
  private final String format;
  private final @Nullable String indivisible;

  private ParquetFile(ByteSource source, ParquetInput input, ParquetFileReader reader) {
    this.source = source;
    this.input = input;
    ParquetSchema schema = ParquetSchema.of(source.name(), reader);
    this.leaves = schema.select(Set.of());
    this.base64 = schema.base64();
    this.groups = new ArrayList<>();
    Set<String> codecs = new TreeSet<>();
    Set<Long> middles = new HashSet<>();
    boolean ordered = true;
    long last = 0;
    for (RowGroup group : reader.getFileMetaData().rowGroups()) {
      Group own = group(group, groups.size());
      if (own.rows() == 0) {
        continue;
      }
      ordered &= own.start() >= last;
      last = own.end();
      if (!middles.add(own.middle())) {
        throw damaged("two row groups are in the same place");
      }
      groups.add(own);
      for (ColumnChunk chunk : group.columns()) {
        codecs.add(codec(chunk.metaData()));
      }
    }
    this.indivisible = ordered ? null : "has its row groups out of order, so it is read as one";
    codecs.remove("uncompressed");
    this.format = codecs.isEmpty() ? "Parquet" : "Parquet, " + String.join(", ", codecs);
  }

  /**
   * Reads the footer.
   *
   * @param source not packed as a whole
   * @throws BadInput where it is damaged, or a codec or a column is of a kind that is not read
   */
  static ParquetFile of(ByteSource source) throws IOException {
    ParquetInput input = ParquetInput.open(source);
    try (ParquetFileReader reader = ParquetFileReader.open(input.again())) {
      return new ParquetFile(source, input, reader);
    } catch (SluiceException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw ParquetInput.damaged(source, String.valueOf(e.getMessage()));
    }
  }

  private BadInput damaged(String why) {
    return ParquetInput.damaged(source, why);
  }

  private Group group(RowGroup group, int number) {
    String where = "row group " + (number + 1);
    long start = Long.MAX_VALUE;
    long end = 0;
    long packed = 0;
    List<Chunk> chunks = new ArrayList<>();
    List<ParquetInput.Index> indexes = new ArrayList<>();
    for (ColumnChunk chunk : group.columns()) {
      ColumnMetaData column = chunk.metaData();
      long from = chunk.chunkStartOffset();
      long bytes = column.totalCompressedSize();
      if (from < MAGIC || bytes < 0 || bytes > input.footerStart() - from) {
        throw damaged(where + " names " + bytes + " bytes from byte " + from + " on");
      }
      packed += bytes;
      start = Math.min(start, from);
      end = Math.max(end, from + bytes);
      addIndex(indexes, chunk.offsetIndexOffset(), chunk.offsetIndexLength());
      addIndex(indexes, chunk.columnIndexOffset(), chunk.columnIndexLength());
      chunks.add(new Chunk(column.pathInSchema().toString(), from, from + bytes));
    }
    long rows = group.numRows();
    if (rows < 0 || (rows > 0 && chunks.isEmpty())) {
      throw damaged(where + " has " + rows + " rows of " + chunks.size() + " columns");
    }
    if (rows == 0) {
      return new Group(0, 0, 0, 0, chunks, indexes);
    }
    long most = Math.min(Integer.MAX_VALUE - 16, Runtime.getRuntime().maxMemory() / 3);
    if (end - start > most) {
      throw new BadInput(
          source.name()
              + ", "
              + where
              + " has "
              + (end - start)
              + " bytes, more than the "
              + most
              + " that fit into memory; write smaller row groups");
    }
    long middle = group.columns().getFirst().chunkStartOffset() + packed / 2;
    return new Group(start, end, rows, middle, chunks, indexes);
  }

  private static void addIndex(
      List<ParquetInput.Index> indexes, @Nullable Long start, @Nullable Integer length) {
    if (start != null && length != null) {
      indexes.add(new ParquetInput.Index(start, length));
    }
  }

  private String codec(ColumnMetaData column) {
    CompressionCodec codec = column.codec();
    if (!ParquetExampleReader.CODECS.contains(codec)) {
      throw new BadInput(
          source.name()
              + ", column "
              + column.pathInSchema()
              + " is compressed with "
              + codec
              + "; write the file with zstd, snappy, gzip or no compression");
    }
    return codec.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public long bytes() {
    return source.size();
  }

  @Override
  public String format() {
    return format;
  }

  @Override
  @Nullable String indivisible() {
    return indivisible;
  }

  @Override
  boolean declare(Kinds kinds) {
    boolean all = true;
    for (ParquetSchema.Leaf leaf : leaves) {
      int kind =
          switch (leaf.type()) {
            case INT -> Numbers.INT;
            case FLOAT -> Numbers.FLOAT;
            case STRING -> Numbers.TEXT;
          };
      boolean encoded = base64.contains(leaf.name());
      kinds.see(
          kinds.place(leaf.name()),
          kind | (leaf.repeated() ? Kinds.LIST : 0) | (encoded ? Kinds.BINARY : 0));
      all &= !leaf.isBinary() || encoded;
    }
    return all;
  }

  @Override
  boolean openColumns() {
    return false;
  }

  @Override
  RecordReader read(Stretch stretch) {
    List<Group> own = new ArrayList<>();
    long after = source.size();
    for (Group group : groups) {
      // What cannot be cut belongs to the stretch that begins with the object.
      long place = indivisible == null ? group.start() : 0;
      if (place >= stretch.from() && place < stretch.to()) {
        own.add(group);
      } else if (place >= stretch.to()) {
        after = Math.min(after, place);
      }
    }
    long first = own.isEmpty() ? after : indivisible == null ? own.getFirst().start() : 0;
    return new Reader(own, first, after);
  }

  /** Holds every length in the headers of a column's pages against what is there. */
  private void requirePages(Group group, byte[] bytes) {
    for (Chunk chunk : group.chunks()) {
      int at = (int) (chunk.start() - group.start());
      int end = (int) (chunk.end() - group.start());
      while (at < end) {
        long[] sizes = new long[3];
        try {
          at =
              ThriftSkim.struct(
                  bytes,
                  at,
                  end,
                  (outer, field, value) -> {
                    if (outer == 0 && (field == 2 || field == 3)) {
                      sizes[field - 2] = value;
                    } else if ((outer == 5 || outer == 7 || outer == 8) && field == 1) {
                      sizes[2] = value;
                    }
                  });
        } catch (IOException e) {
          throw damaged("the pages of column " + chunk.column() + " are broken: " + e.getMessage());
        }
        if (sizes[0] < 0 || sizes[1] < 0 || sizes[1] > end - at || sizes[2] < 0) {
          throw damaged(
              "a page of column " + chunk.column() + " says that it has " + sizes[1] + " bytes");
        }
        if (sizes[0] > MAX_PAGE || sizes[2] > MAX_VALUES) {
          throw new BadInput(
              source.name()
                  + ", column "
                  + chunk.column()
                  + " has a page of "
                  + sizes[2]
                  + " values in "
                  + sizes[0]
                  + " bytes; write smaller pages");
        }
        at += (int) sizes[1];
      }
    }
  }

  private final class Reader extends RecordReader {
    private final List<Group> own;
    private final long first;

    /** Where the group after the last one begins, or the object's end. */
    private final long after;

    private int group = -1;
    private final ParquetInput view = input.again();
    private @Nullable ParquetExampleReader reader;
    private long rowsOfGroup;
    private List<Field> fields = List.of();
    private List<Column> columns = List.of();
    private List<@Nullable BitSet> notText = List.of();
    private boolean faulty;
    private boolean looked;
    private int rows;
    private int row;
    private int[] places = {};

    Reader(List<Group> own, long first, long after) {
      this.own = own;
      this.first = first;
      this.after = after;
    }

    @Override
    boolean next() throws IOException {
      row++;
      while (row >= rows) {
        if (!nextBatch()) {
          rows = 0;
          return false;
        }
        row = 0;
      }
      return true;
    }

    private boolean nextBatch() throws IOException {
      while (true) {
        if (reader == null && !nextGroup()) {
          return false;
        }
        ExampleBatch batch = batch();
        if (batch != null && batch.rows() > 0) {
          take(batch);
          return true;
        }
        if (batch == null) {
          Group done = own.get(group);
          if (rowsOfGroup != done.rows()) {
            throw damaged(
                "a row group of " + done.rows() + " rows has " + rowsOfGroup + " of them");
          }
          closeReader();
        }
      }
    }

    private boolean nextGroup() throws IOException {
      if (group + 1 >= own.size()) {
        group = own.size();
        return false;
      }
      Group next = own.get(++group);
      rowsOfGroup = 0;
      view.hold(next.start(), (int) (next.end() - next.start()), next.indexes());
      requirePages(next, view.held());
      try {
        reader =
            ParquetExampleReader.open(
                view,
                source.name(),
                Set.of(),
                RowGroupPredicate.byteRange(next.middle(), next.middle() + 1));
      } catch (BadInput e) {
        throw failed(e);
      }
      return true;
    }

    private @Nullable ExampleBatch batch() throws IOException {
      ParquetExampleReader open = reader;
      if (open == null) {
        throw new Bug("no row group is open");
      }
      try {
        return open.next();
      } catch (BadInput e) {
        throw failed(e);
      } catch (IOException | RuntimeException e) {
        throw failed(damaged(reason(e)));
      }
    }

    /**
     * The source's own failure, which a later call may not have, or what is wrong with the bytes.
     */
    private BadInput failed(BadInput e) throws IOException {
      IOException failure = view.failure();
      if (failure != null) {
        throw failure;
      }
      return e;
    }

    private static String reason(Throwable e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      String message = cause.getMessage();
      return message == null ? cause.getClass().getSimpleName() : message;
    }

    private void take(ExampleBatch batch) {
      rowsOfGroup += batch.rows();
      rows = batch.rows();
      fields = reader == null ? List.of() : reader.fields();
      columns = batch.columns();
      notText = new ArrayList<>();
      faulty = false;
      looked = false;
      for (Column column : columns) {
        Column values = column instanceof ListColumn list ? list.values() : column;
        BitSet wrong =
            values instanceof StringColumn texts && texts.dictionary() instanceof Utf8List list
                ? notText(list)
                : null;
        faulty |= wrong != null;
        notText.add(wrong);
      }
    }

    private static @Nullable BitSet notText(Utf8List texts) {
      BitSet wrong = new BitSet();
      for (int t = 0; t < texts.size(); t++) {
        if (Utf8.firstInvalid(texts.bytes(), texts.start(t), texts.end(t)) >= 0) {
          wrong.set(t);
        }
      }
      return wrong.isEmpty() ? null : wrong;
    }

    @Override
    @Nullable Problem problem() {
      if (!faulty) {
        return null;
      }
      for (int c = 0; c < columns.size(); c++) {
        BitSet wrong = notText.get(c);
        Column column = columns.get(c);
        if (wrong == null || column.isMissing(row)) {
          continue;
        }
        int from = column instanceof ListColumn list ? list.offsets()[row] : row;
        int to = column instanceof ListColumn list ? list.offsets()[row + 1] : row + 1;
        StringColumn texts =
            (StringColumn) (column instanceof ListColumn list ? list.values() : column);
        for (int v = from; v < to; v++) {
          if (wrong.get(texts.codes()[v])) {
            return new Problem(
                fields.get(c).name(),
                texts.value(v),
                "the text is not UTF-8; correct it in the source");
          }
        }
      }
      return null;
    }

    @Override
    long offset() {
      return own.get(group).start();
    }

    @Override
    long line() {
      return 0;
    }

    @Override
    void look(Kinds kinds) {
      if (!looked) {
        looked = true;
        declare(kinds);
        for (Field field : fields) {
          if (field.base64()) {
            kinds.see(kinds.place(field.name()), Kinds.BINARY);
          }
        }
      }
    }

    @Override
    void bind(List<Field> bound, Kinds kinds) {
      List<String> names = bound.stream().map(Field::name).toList();
      places =
          leaves.stream()
              .mapToInt(leaf -> {
                int place = names.indexOf(leaf.name());
                if (place < 0) {
                  throw new Bug("column " + leaf.name() + " is not among those bound");
                }
                return place;
              })
              .toArray();
    }

    @Override
    void append(BatchBuilder builder) throws Misfit {
      for (int c = 0; c < places.length; c++) {
        Column column = columns.get(c);
        if (column.isMissing(row)) {
          continue;
        }
        if (column instanceof ListColumn list) {
          for (int v = list.offsets()[row]; v < list.offsets()[row + 1]; v++) {
            put(builder, c, list.values(), v);
          }
        } else {
          put(builder, c, column, row);
        }
      }
    }

    private void put(BatchBuilder builder, int c, Column column, int at) throws Misfit {
      switch (column) {
        case IntColumn ints -> builder.integer(places[c], ints.values()[at]);
        case FloatColumn floats -> builder.number(places[c], floats.values()[at]);
        case StringColumn texts -> text(builder, c, texts, texts.codes()[at]);
        case ListColumn _ -> throw new Bug("a list of lists is no column");
      }
    }

    private void text(BatchBuilder builder, int c, StringColumn column, int code) throws Misfit {
      if (!(column.dictionary() instanceof Utf8List texts)) {
        throw new Bug("a text is not kept as UTF-8");
      }
      int from = texts.start(code);
      int to = texts.end(code);
      if (fields.get(c).base64()) {
        binary(builder, c, texts, from, to);
      } else if (leaves.get(c).isBinary()) {
        builder.binary(places[c], texts.bytes(), from, to);
      } else {
        builder.text(places[c], texts.bytes(), from, to);
      }
    }

    /** Columns of other objects may be none of base64, so the bytes themselves go on. */
    private void binary(BatchBuilder builder, int c, Utf8List texts, int from, int to)
        throws Misfit {
      byte[] bytes;
      try {
        bytes = Base64.getDecoder().decode(Arrays.copyOfRange(texts.bytes(), from, to));
      } catch (IllegalArgumentException e) {
        throw damaged("column " + fields.get(c).name() + " is said to be base64 and is not");
      }
      builder.binary(places[c], bytes, 0, bytes.length);
    }

    @Override
    long first() {
      return first;
    }

    @Override
    long end() {
      if (group < 0) {
        return first;
      }
      if (group >= own.size()) {
        return own.isEmpty() ? first : after;
      }
      Group open = own.get(group);
      double share = (rowsOfGroup - rows + row + 1) / (double) open.rows();
      return open.start() + (long) (share * (open.end() - open.start()));
    }

    @Override
    long lines() {
      return 0;
    }

    private void closeReader() throws IOException {
      if (reader != null) {
        reader.close();
        reader = null;
      }
    }

    @Override
    public void close() throws IOException {
      closeReader();
      view.close();
    }
  }
}
