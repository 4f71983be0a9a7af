package dev.sluice.examples;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.FieldPath;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.ColumnReaders;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowGroupPredicate;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads Parquet files, ours and those of others, column by column.
 *
 * <ul>
 *   <li>Integers are {@code INT}; an unsigned 64-bit value beyond a signed one is refused.
 *   <li>{@code FLOAT16}, {@code FLOAT}, {@code DOUBLE} and {@code DECIMAL} are {@code FLOAT}, a
 *       decimal as the nearest double.
 *   <li>Strings, enums, JSON and UUIDs are {@code STRING}, booleans {@code true} and {@code false},
 *       dates, times and timestamps ISO-8601 text, those of an instant in UTC with a {@code Z}.
 *   <li>Other bytes are {@code STRING}: as they are where every value of the column is UTF-8, which
 *       takes a look at each, else as base64.
 *   <li>A list of any of these, in its two or three levels or as a plain repeated field, is a
 *       repeated column; null elements are left out.
 *   <li>The members of a structure are columns, {@code a.b}.
 * </ul>
 *
 * An empty text, an empty list and a null are all missing. Columns of any other type are refused by
 * name, unless they were not asked for. LZ4 and Brotli, whose libraries are not here, are refused
 * by name.
 */
public final class ParquetExampleReader implements ExampleReader {
  /** Those whose libraries are here. */
  static final Set<CompressionCodec> CODECS =
      Set.of(
          CompressionCodec.ZSTD,
          CompressionCodec.SNAPPY,
          CompressionCodec.GZIP,
          CompressionCodec.UNCOMPRESSED);

  private static final long BATCH_BYTES = 1 << 26;

  private final String file;
  private final ParquetFileReader reader;
  private final @Nullable RowGroupPredicate groups;
  private final ColumnReaders columns;
  private final List<ParquetColumn> kept;
  private final List<Field> fields;

  private ParquetExampleReader(
      String file,
      ParquetFileReader reader,
      Set<String> wanted,
      @Nullable RowGroupPredicate groups) {
    this.file = file;
    this.reader = reader;
    this.groups = groups;
    ParquetSchema schema = ParquetSchema.of(file, reader);
    List<ParquetSchema.Leaf> leaves = schema.select(wanted);
    requireCodecs(leaves);
    Set<String> base64 = schema.base64();
    List<ParquetSchema.Leaf> unclear = leaves.stream().filter(leaf -> leaf.isBinary()).toList();
    if (!unclear.isEmpty()) {
      base64.addAll(notText(unclear, schema));
    }
    this.columns = open(leaves, schema);
    List<ParquetColumn> decoders = new ArrayList<>();
    List<Field> found = new ArrayList<>();
    for (ParquetSchema.Leaf leaf : leaves) {
      boolean encoded = base64.contains(leaf.name());
      decoders.add(
          new ParquetColumn(file, leaf, encoded && leaf.isBinary(), find(columns, leaf.schema())));
      found.add(new Field(leaf.name(), leaf.type(), leaf.repeated(), encoded));
    }
    this.kept = List.copyOf(decoders);
    this.fields = List.copyOf(found);
  }

  private ColumnReaders open(List<ParquetSchema.Leaf> leaves, ParquetSchema schema) {
    Set<String> tops = new TreeSet<>();
    leaves.forEach(leaf -> tops.add(leaf.schema().fieldPath().elements().getFirst()));
    // A name with a dot would be taken for a path into a group.
    boolean projected =
        leaves.size() < schema.leaves().size() && tops.stream().noneMatch(top -> top.contains("."));
    ParquetFileReader.ColumnReadersBuilder builder =
        reader
            .buildColumnReaders(
                projected
                    ? ColumnProjection.columns(tops.toArray(String[]::new))
                    : ColumnProjection.all())
            .batchSize(rowsPerBatch(leaves));
    return groups == null ? builder.build() : builder.filter(groups).build();
  }

  /** Fewer rows where they are large, such as images, so that a batch stays within some MiB. */
  private int rowsPerBatch(List<ParquetSchema.Leaf> leaves) {
    Set<FieldPath> paths = new HashSet<>();
    leaves.forEach(leaf -> paths.add(leaf.schema().fieldPath()));
    long rows = BatchBuilder.rowsPerBatch(leaves.size());
    for (RowGroup group : reader.getFileMetaData().rowGroups()) {
      long bytes = 0;
      for (ColumnChunk chunk : group.columns()) {
        if (paths.contains(chunk.metaData().pathInSchema())) {
          bytes += chunk.metaData().totalUncompressedSize();
        }
      }
      long perRow = bytes / Math.max(1, group.numRows());
      rows = Math.min(rows, BATCH_BYTES / Math.max(1, perRow));
    }
    return (int) Math.max(1, rows);
  }

  private static ColumnReader find(ColumnReaders readers, ColumnSchema schema) {
    for (int i = 0; i < readers.getColumnCount(); i++) {
      if (readers.getColumnReader(i).getColumnSchema().fieldPath().equals(schema.fieldPath())) {
        return readers.getColumnReader(i);
      }
    }
    throw new Bug("the reader of " + schema.fieldPath() + " is not there");
  }

  /** The names of the columns that hold bytes which are no text. */
  private Set<String> notText(List<ParquetSchema.Leaf> leaves, ParquetSchema schema) {
    Set<String> found = new HashSet<>();
    try (ColumnReaders readers = open(leaves, schema)) {
      List<ColumnReader> own = new ArrayList<>();
      leaves.forEach(leaf -> own.add(find(readers, leaf.schema())));
      while (readers.nextBatch()) {
        for (int i = 0; i < own.size(); i++) {
          String name = leaves.get(i).name();
          if (!found.contains(name) && !ParquetColumn.isText(own.get(i))) {
            found.add(name);
          }
        }
      }
    }
    return found;
  }

  /**
   * Opens a file.
   *
   * @param columns names of the columns to read, empty for all
   * @throws BadInput where the file is not Parquet, lacks a column, or has it in a type that is
   *     none of ours
   */
  public static ParquetExampleReader open(Path file, Set<String> columns) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    return open(InputFile.of(file), file.getFileName().toString(), columns, null);
  }

  /**
   * Reads a file that is in memory.
   *
   * @param name for error messages
   * @param columns names of the columns to read, empty for all
   */
  public static ParquetExampleReader open(ByteBuffer bytes, String name, Set<String> columns)
      throws IOException {
    return open(InputFile.of(bytes), name, columns, null);
  }

  /**
   * Reads some row groups.
   *
   * @param groups which ones, null for all
   */
  static ParquetExampleReader open(
      InputFile input, String name, Set<String> columns, @Nullable RowGroupPredicate groups)
      throws IOException {
    ParquetFileReader reader;
    try {
      reader = ParquetFileReader.open(input);
    } catch (IOException | RuntimeException e) {
      throw unreadable(name, e);
    }
    try {
      return new ParquetExampleReader(name, reader, columns, groups);
    } catch (BadInput e) {
      reader.close();
      throw e;
    } catch (RuntimeException e) {
      reader.close();
      throw unreadable(name, e);
    }
  }

  private static BadInput unreadable(String file, Exception e) {
    return new BadInput(file + " cannot be read as Parquet: " + e.getMessage(), e);
  }

  private void requireCodecs(List<ParquetSchema.Leaf> leaves) {
    Map<FieldPath, String> names = new HashMap<>();
    leaves.forEach(leaf -> names.put(leaf.schema().fieldPath(), leaf.name()));
    for (RowGroup group : reader.getFileMetaData().rowGroups()) {
      for (ColumnChunk chunk : group.columns()) {
        String name = names.get(chunk.metaData().pathInSchema());
        CompressionCodec codec = chunk.metaData().codec();
        if (name != null && !CODECS.contains(codec)) {
          throw new BadInput(
              file
                  + ", column "
                  + name
                  + " is compressed with "
                  + codec
                  + "; write the file with zstd, snappy, gzip or no compression");
        }
      }
    }
  }

  @Override
  public List<Field> fields() {
    return fields;
  }

  /** Rows of the whole file. */
  public long rows() {
    return reader.getFileMetaData().numRows();
  }

  @Override
  public @Nullable ExampleBatch next() throws IOException {
    try {
      if (!columns.nextBatch()) {
        return null;
      }
      int rows = columns.getRecordCount();
      List<Column> batch = new ArrayList<>(fields.size());
      for (ParquetColumn column : kept) {
        batch.add(column.read(rows));
      }
      return new ExampleBatch(fields, batch, rows);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (IllegalStateException | IllegalArgumentException | UnsupportedOperationException e) {
      throw unreadable(file, e);
    }
  }

  @Override
  public void close() throws IOException {
    columns.close();
    reader.close();
  }
}
