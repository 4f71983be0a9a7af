package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns the sources of a batch into examples: one file a split and shard, and what was rejected.
 * Equal sources give equal bytes.
 *
 * <p>One call does it in one pass: the first records of each source tell the types, and only where
 * a later one does not fit are all records looked at, and then read again. Over shards each is
 * called three times: {@link #inspect} looks at every record of a shard, {@link #plan} puts
 * together what was found, {@link #write} reads the shard with the types and numbers of the whole.
 * Either way the examples are the same.
 *
 * <p>Memory is a batch of examples a split, whatever the size of the sources.
 *
 * @param splits who goes where
 * @param tfrecord true where the examples are written as TFRecord of {@code tf.Example} too
 */
public record Ingestion(Splits splits, boolean tfrecord) {
  /** Rejected rows that a result holds; their file has all of them. */
  public static final int REJECTED_ROWS_KEPT = 1000;

  private static final int PROGRESS_ROWS = 1 << 16;

  /** Bytes of each source whose records tell the types. */
  private static final long SAMPLE = 1 << 20;

  /** Examples in Parquet alone. */
  public Ingestion(Splits splits) {
    this(splits, /* tfrecord= */ false);
  }

  /** Opens the files of the artifact. */
  @FunctionalInterface
  public interface Targets {
    /**
     * A stream for the file of that name, which is whole once it is closed. Where a name is opened
     * again, what was written before is void. A stream that is not closed is never whole.
     */
    OutputStream open(String file) throws IOException;
  }

  /** Told how far reading has come. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Called after each batch of rows.
     *
     * @param rows read so far, rejected ones included
     * @param bytes read so far of the sources' unpacked bytes
     */
    void at(long rows, long bytes);

    /** Tells nobody. */
    static Progress none() {
      return (rows, bytes) -> {};
    }
  }

  /**
   * What was read and written.
   *
   * @param rows records of all sources, rejected ones included
   * @param bytes of all sources as stored
   * @param firstRejected at most {@value #REJECTED_ROWS_KEPT}
   */
  public record Result(
      ExamplesManifest manifest,
      long rows,
      long rejectedRows,
      long bytes,
      List<RejectedRow> firstRejected) {
    public Result {
      firstRejected = List.copyOf(firstRejected);
    }

    /** Rows written to a split. */
    public long rows(Split split) {
      return manifest.files(split).rows();
    }
  }

  /** The name of the file of rejected rows. */
  public static String rejectedName() {
    return "rejected.jsonl";
  }

  /**
   * Reads the sources and writes a file a split, also where a split has no rows, and the file of
   * rejected rows.
   *
   * @param files at least one, with the same column names in any order
   * @throws BadInput where a source has no records or lacks a column that another has, or the
   *     column of the split is none
   */
  public Result run(List<? extends RecordFile> files, Targets targets, Progress progress)
      throws IOException {
    if (files.isEmpty()) {
      throw new BadInput("no source was given; name at least one");
    }
    List<Cut> cuts = new ArrayList<>();
    for (int s = 0; s < files.size(); s++) {
      cuts.add(Cut.whole(s));
    }
    Result result;
    try {
      result = write(files, sampled(files), cuts, 0, targets, progress);
    } catch (Misfit guessed) {
      try {
        result = write(files, looked(files), cuts, 0, targets, progress);
      } catch (Misfit e) {
        throw changed(e);
      }
    }
    requireRows(files.getFirst(), result.rows());
    return result;
  }

  /**
   * Looks at every record of a shard: what their values look like, and how many there are.
   *
   * @param shard from 0
   * @param shards how many share the sources
   */
  public static Inspection inspect(
      List<? extends RecordFile> files, int shard, int shards, Progress progress)
      throws IOException {
    List<Inspection.Piece> pieces = new ArrayList<>();
    long rows = 0;
    long bytes = 0;
    for (Inspection.Share share : Inspection.shares(files, shard, shards)) {
      Inspection.Piece piece = inspect(files.get(share.source()), share, progress, rows, bytes);
      pieces.add(piece);
      rows += piece.rows();
      bytes += piece.end() - piece.first();
    }
    return new Inspection(shard, shards, pieces);
  }

  private static Inspection.Piece inspect(
      RecordFile file, Inspection.Share share, Progress progress, long rowsBefore, long bytesBefore)
      throws IOException {
    Kinds kinds = new Kinds();
    file.declare(kinds);
    long rows = 0;
    long rejected = 0;
    try (RecordReader reader = file.read(new Stretch(share.from(), share.to()))) {
      while (reader.next()) {
        rows++;
        if (reader.problem() == null) {
          reader.look(kinds);
        } else {
          rejected++;
        }
        if (rows % PROGRESS_ROWS == 0) {
          progress.at(rowsBefore + rows, bytesBefore + reader.end() - reader.first());
        }
      }
      return new Inspection.Piece(
          share.source(),
          share.from(),
          share.to(),
          reader.first(),
          reader.end(),
          rows,
          rejected,
          reader.lines(),
          kinds.toMap());
    }
  }

  /**
   * Puts together what the shards found: the types of the whole, and the number of each shard's
   * first row. Where a cut fell within a record that holds line breaks, or bytes that look like a
   * record's begin, that source is read by one shard as a whole, and the plan says so.
   *
   * @param files as the shards had them
   * @param inspections one a shard, in order
   */
  public static Plan plan(List<? extends RecordFile> files, List<Inspection> inspections)
      throws IOException {
    Kinds kinds = declared(files);
    List<List<Plan.Piece>> shards = new ArrayList<>();
    inspections.forEach(inspection -> shards.add(new ArrayList<>()));
    List<String> notes = new ArrayList<>();
    long all = 0;
    for (int s = 0; s < files.size(); s++) {
      int source = s;
      RecordFile file = files.get(s);
      String indivisible = file.indivisible();
      if (indivisible != null && inspections.size() > 1) {
        notes.add(file.name() + " " + indivisible);
      }
      List<Inspection.Piece> pieces = new ArrayList<>();
      List<Integer> owners = new ArrayList<>();
      for (Inspection inspection : inspections) {
        for (Inspection.Piece piece : inspection.pieces()) {
          if (piece.source() == source) {
            pieces.add(piece);
            owners.add(inspection.shard());
          }
        }
      }
      if (pieces.isEmpty()) {
        throw new BadInput("no shard looked at " + file.name() + "; inspect every shard first");
      }
      if (overlaps(pieces)) {
        notes.add(
            file.name()
                + " has line breaks within records where it was to be cut, so one shard reads it");
        pieces =
            List.of(
                inspect(
                    file,
                    new Inspection.Share(source, Stretch.WHOLE.from(), Stretch.WHOLE.to()),
                    Progress.none(),
                    0,
                    0));
      }
      long rows = 0;
      long lines = 0;
      for (int i = 0; i < pieces.size(); i++) {
        Inspection.Piece piece = pieces.get(i);
        kinds.merge(Kinds.of(piece.kinds()));
        shards
            .get(owners.get(i))
            .add(
                new Plan.Piece(
                    source,
                    piece.from(),
                    piece.to(),
                    rows,
                    lines,
                    piece.rows(),
                    piece.rejectedRows()));
        rows += piece.rows();
        lines += piece.lines();
      }
      if (!mayBeEmpty(file)) {
        requireRows(file, rows);
      }
      all += rows;
    }
    requireRows(files.getFirst(), all);
    return new Plan(ordered(files, kinds).toMap(), shards, notes);
  }

  private static boolean overlaps(List<Inspection.Piece> pieces) {
    for (int i = 1; i < pieces.size(); i++) {
      if (pieces.get(i).first() < pieces.get(i - 1).end()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads one shard as planned and writes its files.
   *
   * @throws Conflict where the sources are not what was inspected
   */
  public Result write(
      List<? extends RecordFile> files, Plan plan, int shard, Targets targets, Progress progress)
      throws IOException {
    List<Cut> cuts = new ArrayList<>();
    long rows = 0;
    for (Plan.Piece piece : plan.shards().get(shard)) {
      cuts.add(
          new Cut(
              piece.source(), piece.from(), piece.to(), piece.rowsBefore(), piece.linesBefore()));
      rows += piece.rows();
    }
    try {
      Result result = write(files, Kinds.of(plan.kinds()), cuts, shard, targets, progress);
      if (result.rows() != rows) {
        throw new Conflict(
            "shard "
                + shard
                + " has "
                + result.rows()
                + " records, it had "
                + rows
                + " when it was inspected; read one generation of the objects");
      }
      return result;
    } catch (Misfit e) {
      throw changed(e);
    }
  }

  /**
   * The accepted rows of all sources with {@code __row} and {@code __source} at the end, without
   * splitting or storing them: for tools and tests.
   *
   * @throws BadInput as {@link #run}
   */
  public static ExampleReader read(List<? extends RecordFile> files) throws IOException {
    return new RowReader(files, looked(files));
  }

  /**
   * Reads rows, once or several times.
   *
   * @param <T> what comes of it
   */
  @FunctionalInterface
  public interface Reading<T> {
    /**
     * Begins from nothing, as it is called again where the types did not hold.
     *
     * @param rows opens the rows of {@link Ingestion#read}, from the start each time; to be closed
     */
    T of(Supplier<ExampleReader> rows) throws IOException;
  }

  /**
   * Does a work with the rows of {@link #read} and does not look at all of them before: the first
   * records tell the types, and only where a later one does not fit are all looked at and the work
   * begun anew.
   *
   * @throws BadInput as {@link #run}
   */
  public static <T> T reading(List<? extends RecordFile> files, Reading<T> work)
      throws IOException {
    Kinds guessed = sampled(files);
    try {
      return work.of(() -> new RowReader(files, guessed));
    } catch (Conflict e) {
      if (!(e.getCause() instanceof Misfit)) {
        throw e;
      }
      Kinds seen = looked(files);
      return work.of(() -> new RowReader(files, seen));
    }
  }

  private static Conflict changed(Misfit e) {
    return new Conflict(
        "column " + e.column() + " changed while it was read; read one generation of the objects",
        e);
  }

  /**
   * A stretch of a source and what comes before it.
   *
   * @param source its place among the sources
   * @param rowsBefore records of the source before the stretch, rejected ones included
   * @param linesBefore lines of the source before the stretch's first record
   */
  private record Cut(int source, long from, long to, long rowsBefore, long linesBefore) {
    static Cut whole(int source) {
      return new Cut(source, Stretch.WHOLE.from(), Stretch.WHOLE.to(), 0, 0);
    }
  }

  private static Kinds declared(List<? extends RecordFile> files) throws IOException {
    Kinds all = new Kinds();
    RecordFile first = null;
    Kinds columns = new Kinds();
    for (RecordFile file : files) {
      Kinds own = new Kinds();
      file.declare(own);
      if (!file.openColumns()) {
        if (first == null) {
          first = file;
          columns = own;
        }
        requireColumns(first.name(), columns, file.name(), own);
        requireColumns(file.name(), own, first.name(), columns);
      }
      all.merge(own);
    }
    return all;
  }

  private static void requireColumns(String has, Kinds names, String lacks, Kinds others) {
    String missing = names.missingIn(others);
    if (missing != null) {
      throw new BadInput(
          lacks
              + " has no column "
              + missing
              + ", but "
              + has
              + " has; files of one batch need the same columns");
    }
  }

  /** What the first records of each source look like. */
  private static Kinds sampled(List<? extends RecordFile> files) throws IOException {
    return looked(files, SAMPLE);
  }

  /** What all records look like. */
  private static Kinds looked(List<? extends RecordFile> files) throws IOException {
    return looked(files, Long.MAX_VALUE);
  }

  private static Kinds looked(List<? extends RecordFile> files, long bytes) throws IOException {
    Kinds kinds = declared(files);
    for (RecordFile file : files) {
      if (!file.declare(new Kinds())) {
        look(file, kinds, bytes);
      }
    }
    return ordered(files, kinds);
  }

  private static Kinds ordered(List<? extends RecordFile> files, Kinds kinds) {
    return files.stream().anyMatch(RecordFile::openColumns) ? kinds.sorted() : kinds;
  }

  /** Looks at the records as far as so many bytes go. */
  private static void look(RecordFile file, Kinds kinds, long bytes) throws IOException {
    try (RecordReader reader = file.read(Stretch.WHOLE)) {
      while (reader.next() && reader.end() - reader.first() <= bytes) {
        if (reader.problem() == null) {
          reader.look(kinds);
        }
      }
    }
  }

  private Result write(
      List<? extends RecordFile> files,
      Kinds kinds,
      List<Cut> cuts,
      int shard,
      Targets targets,
      Progress progress)
      throws IOException, Misfit {
    List<Field> fields = kinds.fields();
    requireColumn(fields, files.getFirst().name());
    List<Field> stored = stored(fields);
    List<RejectedRow> kept = new ArrayList<>();
    List<SourceSummary> read = new ArrayList<>();
    long rows = 0;
    long bytesBefore = 0;
    Target train = new Target(Split.TRAIN, shard, stored, targets, tfrecord);
    Target eval = new Target(Split.EVAL, shard, stored, targets, tfrecord);
    try {
      OutputStream rejectedOut = targets.open(rejectedName());
      RejectedRows sink = RejectedRows.jsonLines(rejectedOut);
      BatchBuilder builder = new BatchBuilder(stored, kinds);
      for (Cut cut : cuts) {
        RecordFile file = files.get(cut.source());
        byte[] name = file.name().getBytes(UTF_8);
        long row = cut.rowsBefore();
        long rejected = 0;
        boolean lastRejected = false;
        try (RecordReader reader = file.read(new Stretch(cut.from(), cut.to()))) {
          reader.bind(stored, kinds);
          while (reader.next()) {
            row++;
            RecordReader.Problem problem = reader.problem();
            lastRejected = problem != null;
            if (problem != null) {
              rejected++;
              String own = reader.source();
              RejectedRow bad =
                  new RejectedRow(
                      own == null ? file.name() : own,
                      row,
                      reader.line() == 0 ? 0 : cut.linesBefore() + reader.line(),
                      own == null ? reader.offset() : 0,
                      problem.column(),
                      problem.value(),
                      problem.reason());
              if (kept.size() < REJECTED_ROWS_KEPT) {
                kept.add(bad);
              }
              sink.add(bad);
              continue;
            }
            reader.append(builder);
            builder.putLong(fields.size(), row);
            builder.putShared(fields.size() + 1, source(reader, name));
            if (builder.endRow()) {
              divide(builder.take(), train, eval);
              progress.at(rows + row - cut.rowsBefore(), bytesBefore + reader.end());
            }
          }
          bytesBefore += reader.end();
        }
        rows += row - cut.rowsBefore();
        if (cut.equals(Cut.whole(cut.source())) && !mayBeEmpty(file)) {
          requireRows(file, row);
        }
        read.add(
            new SourceSummary(
                file.name(),
                file.bytes(),
                file.format(),
                row - cut.rowsBefore(),
                rejected,
                lastRejected && file.endsOpen()));
      }
      if (builder.rows() > 0) {
        divide(builder.take(), train, eval);
      }
      progress.at(rows, bytesBefore);
      Map<String, ExamplesManifest.Files> written = new TreeMap<>();
      for (Target target : List.of(train, eval)) {
        written.put(target.split.label(), target.finish());
      }
      rejectedOut.close();
      return new Result(
          new ExamplesManifest(fields, written, read),
          rows,
          read.stream().mapToLong(SourceSummary::rejectedRows).sum(),
          read.stream().mapToLong(SourceSummary::bytes).sum(),
          kept);
    } finally {
      train.close();
      eval.close();
    }
  }

  /** Writers of many files leave some without a record, where each record names its columns. */
  private static boolean mayBeEmpty(RecordFile file) {
    return file.openColumns();
  }

  private static void requireRows(RecordFile file, long rows) {
    if (rows == 0) {
      throw new BadInput(
          file instanceof CsvFile
              ? file.name() + " has a header but no rows; write at least one row below the header"
              : file.name() + " has no rows; write at least one");
    }
  }

  private static byte[] source(RecordReader reader, byte[] file) {
    String own = reader.source();
    return own == null ? file : own.getBytes(UTF_8);
  }

  /** The columns and provenance. */
  private static List<Field> stored(List<Field> fields) {
    List<Field> stored = new ArrayList<>(fields);
    stored.add(new Field(Field.ROW, ValueType.INT));
    stored.add(new Field(Field.SOURCE, ValueType.STRING));
    return List.copyOf(stored);
  }

  private void divide(ExampleBatch batch, Target train, Target eval) throws IOException {
    boolean[] marked = splits.eval(batch);
    int evals = 0;
    for (boolean mark : marked) {
      evals += mark ? 1 : 0;
    }
    int[] trainRows = new int[marked.length - evals];
    int[] evalRows = new int[evals];
    int t = 0;
    int e = 0;
    for (int r = 0; r < marked.length; r++) {
      if (marked[r]) {
        evalRows[e++] = r;
      } else {
        trainRows[t++] = r;
      }
    }
    train.add(batch, trainRows);
    eval.add(batch, evalRows);
  }

  private void requireColumn(List<Field> fields, String source) {
    @Nullable String column = splits.column();
    List<String> names = fields.stream().map(Field::name).toList();
    if (column != null && !names.contains(column)) {
      throw new BadInput(
          source
              + " has no column "
              + column
              + ", which decides the split; it has "
              + String.join(", ", names));
    }
  }

  /** A split's file, or two files of the same rows. */
  private static final class Target {
    private final Split split;
    private final List<Written> files = new ArrayList<>();

    private record Written(String file, OutputStream out, ExampleWriter writer) {}

    Target(Split split, int shard, List<Field> fields, Targets targets, boolean tfrecord)
        throws IOException {
      this.split = split;
      String file = ExamplesManifest.partName(split, shard);
      OutputStream out = targets.open(file);
      files.add(new Written(file, out, ParquetExampleWriter.open(out, fields)));
      if (tfrecord) {
        String other = ExamplesManifest.tfRecordName(split, shard);
        OutputStream otherOut = targets.open(other);
        files.add(new Written(other, otherOut, new TfRecordExampleWriter(otherOut, fields)));
      }
    }

    void add(ExampleBatch batch, int[] rows) throws IOException {
      if (rows.length > 0) {
        ExampleBatch own = rows.length == batch.rows() ? batch : batch.select(rows);
        for (Written written : files) {
          written.writer().write(own);
        }
      }
    }

    ExamplesManifest.Files finish() throws IOException {
      List<ExamplesManifest.Part> parts = new ArrayList<>();
      for (Written written : files) {
        written.writer().finish();
        written.out().close();
        parts.add(new ExamplesManifest.Part(written.file(), written.writer().rows()));
      }
      return new ExamplesManifest.Files(
          parts.getFirst().rows(), parts.subList(0, 1), parts.subList(1, parts.size()));
    }

    void close() {
      files.forEach(written -> written.writer().close());
    }
  }

  /** Reads what {@link #read} gives. */
  private static final class RowReader implements ExampleReader {
    private final List<? extends RecordFile> files;
    private final Kinds kinds;
    private final List<Field> stored;
    private final BatchBuilder builder;
    private int source = -1;
    private long row;
    private @Nullable RecordReader reader;

    RowReader(List<? extends RecordFile> files, Kinds kinds) {
      this.files = files;
      this.kinds = kinds;
      this.stored = stored(kinds.fields());
      this.builder = new BatchBuilder(stored, kinds);
    }

    @Override
    public List<Field> fields() {
      return stored;
    }

    @Override
    public @Nullable ExampleBatch next() throws IOException {
      while (reader != null || ++source < files.size()) {
        if (reader == null) {
          reader = files.get(source).read(Stretch.WHOLE);
          reader.bind(stored, kinds);
          row = 0;
        }
        byte[] name = files.get(source).name().getBytes(UTF_8);
        while (reader.next()) {
          row++;
          if (reader.problem() == null && append(reader, name)) {
            return builder.take();
          }
        }
        reader.close();
        reader = null;
      }
      return builder.rows() == 0 ? null : builder.take();
    }

    private boolean append(RecordReader from, byte[] name) {
      try {
        from.append(builder);
      } catch (Misfit e) {
        throw changed(e);
      }
      builder.putLong(stored.size() - 2, row);
      builder.putShared(stored.size() - 1, source(from, name));
      return builder.endRow();
    }

    @Override
    public void close() throws IOException {
      if (reader != null) {
        reader.close();
      }
    }
  }
}
