package dev.sluice.examples;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.ColumnReaders;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads flat Parquet files, ours and those of others, column by column. Integers of 8 to 64 bits
 * are {@code INT} (unsigned ones up to 32), {@code FLOAT} and {@code DOUBLE} are {@code FLOAT},
 * strings, enums and JSON are {@code STRING}, booleans are the {@code STRING}s {@code true} and
 * {@code false}. Columns of any other type, and nested or repeated ones, are refused by name,
 * unless they were not asked for. Snappy, LZ4 and Brotli need their libraries on the class path;
 * zstd and gzip do not.
 */
public final class ParquetExampleReader implements ExampleReader {
  private static final Set<CompressionCodec> CODECS =
      EnumSet.of(CompressionCodec.ZSTD, CompressionCodec.GZIP, CompressionCodec.UNCOMPRESSED);
  private static final byte[][] BOOLEANS = {{'f', 'a', 'l', 's', 'e'}, {'t', 'r', 'u', 'e'}};

  private final String file;
  private final ParquetFileReader reader;
  private final ColumnReaders columns;
  private final int[] places;
  private final List<Field> fields;
  private final List<BytesDictionary> dictionaries = new ArrayList<>();

  private ParquetExampleReader(String file, ParquetFileReader reader, Set<String> wanted) {
    this.file = file;
    this.reader = reader;
    List<ColumnSchema> schema = reader.getFileSchema().getColumns();
    List<String> names = new ArrayList<>();
    List<Field> kept = new ArrayList<>();
    Set<String> absent = new TreeSet<>(wanted);
    for (ColumnSchema column : schema) {
      String name = column.fieldPath().elements().getFirst();
      absent.remove(name);
      if (wanted.isEmpty() || wanted.contains(name)) {
        names.add(name);
        kept.add(new Field(name, type(column, name)));
      }
    }
    if (!absent.isEmpty()) {
      throw new BadInput(
          file + " has no column " + String.join(", ", absent) + "; it has " + all(schema));
    }
    if (names.isEmpty()) {
      throw new BadInput(file + " has no columns; write at least one");
    }
    this.fields = List.copyOf(kept);
    requireCodecs(names);
    // A name with a dot would be taken for a path into a group.
    boolean projected =
        names.size() < schema.size() && names.stream().noneMatch(name -> name.contains("."));
    this.columns =
        reader
            .buildColumnReaders(
                projected
                    ? ColumnProjection.columns(names.toArray(String[]::new))
                    : ColumnProjection.all())
            .batchSize(BatchBuilder.rowsPerBatch(names.size()))
            .build();
    this.places = new int[names.size()];
    for (int i = 0; i < columns.getColumnCount(); i++) {
      String name = columns.getColumnReader(i).getColumnSchema().fieldPath().elements().getFirst();
      int place = names.indexOf(name);
      if (place >= 0) {
        places[place] = i;
      }
    }
    for (int i = 0; i < places.length; i++) {
      dictionaries.add(new BytesDictionary());
    }
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
    return open(InputFile.of(file), file.getFileName().toString(), columns);
  }

  /**
   * Reads a file that is in memory.
   *
   * @param name for error messages
   * @param columns names of the columns to read, empty for all
   */
  public static ParquetExampleReader open(ByteBuffer bytes, String name, Set<String> columns)
      throws IOException {
    return open(InputFile.of(bytes), name, columns);
  }

  private static ParquetExampleReader open(InputFile input, String name, Set<String> columns)
      throws IOException {
    ParquetFileReader reader;
    try {
      reader = ParquetFileReader.open(input);
    } catch (IOException | RuntimeException e) {
      throw unreadable(name, e);
    }
    try {
      return new ParquetExampleReader(name, reader, columns);
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

  private static List<String> all(List<ColumnSchema> schema) {
    return schema.stream()
        .map(column -> column.fieldPath().elements().getFirst())
        .distinct()
        .toList();
  }

  private ValueType type(ColumnSchema column, String name) {
    if (column.fieldPath().elements().size() > 1 || column.maxRepetitionLevel() > 0) {
      throw new BadInput(
          file + ", column " + name + " is nested or repeated; flatten it into plain columns");
    }
    LogicalType logical = column.logicalType();
    ValueType type =
        switch (column.type()) {
          case INT32, INT64 ->
              logical == null
                      || (logical instanceof LogicalType.IntType ints
                          && (ints.isSigned() || ints.bitWidth() <= 32))
                  ? ValueType.INT
                  : null;
          case FLOAT, DOUBLE -> logical == null ? ValueType.FLOAT : null;
          case BOOLEAN -> logical == null ? ValueType.STRING : null;
          case BYTE_ARRAY ->
              logical instanceof LogicalType.StringType
                      || logical instanceof LogicalType.EnumType
                      || logical instanceof LogicalType.JsonType
                  ? ValueType.STRING
                  : null;
          case INT96, FIXED_LEN_BYTE_ARRAY -> null;
        };
    if (type == null) {
      throw new BadInput(
          file
              + ", column "
              + name
              + " has type "
              + column.type()
              + (logical == null ? "" : " (" + logical + ")")
              + "; cast it to a 64-bit integer, a double or a string");
    }
    return type;
  }

  private void requireCodecs(List<String> names) {
    for (RowGroup group : reader.getFileMetaData().rowGroups()) {
      for (ColumnChunk chunk : group.columns()) {
        String name = chunk.metaData().pathInSchema().elements().getFirst();
        CompressionCodec codec = chunk.metaData().codec();
        if (names.contains(name) && !CODECS.contains(codec)) {
          throw new BadInput(
              file
                  + ", column "
                  + name
                  + " is compressed with "
                  + codec
                  + "; write the file with zstd, gzip or no compression");
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
      for (int i = 0; i < places.length; i++) {
        batch.add(column(columns.getColumnReader(places[i]), dictionaries.get(i), rows));
      }
      return new ExampleBatch(fields, batch, rows);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (IllegalStateException | IllegalArgumentException | UnsupportedOperationException e) {
      throw unreadable(file, e);
    }
  }

  private static Column column(ColumnReader reader, BytesDictionary dictionary, int rows) {
    long[] words = reader.getLeafValidity().words();
    Validity validity = words == null ? Validity.all(rows) : Validity.of(words, rows);
    ColumnSchema schema = reader.getColumnSchema();
    return switch (schema.type()) {
      case INT64 -> new IntColumn(reader.getLongs(), validity);
      case INT32 -> {
        int[] ints = reader.getInts();
        boolean unsigned = schema.logicalType() instanceof LogicalType.IntType t && !t.isSigned();
        long[] values = new long[rows];
        for (int r = 0; r < rows; r++) {
          values[r] = unsigned ? Integer.toUnsignedLong(ints[r]) : ints[r];
        }
        yield new IntColumn(values, validity);
      }
      case DOUBLE -> new FloatColumn(reader.getDoubles(), validity);
      case FLOAT -> {
        float[] floats = reader.getFloats();
        double[] values = new double[rows];
        for (int r = 0; r < rows; r++) {
          values[r] = floats[r];
        }
        yield new FloatColumn(values, validity);
      }
      case BOOLEAN -> {
        boolean[] booleans = reader.getBooleans();
        int[] codes = new int[rows];
        dictionary.clear();
        for (int r = 0; r < rows; r++) {
          if (!validity.isMissing(r)) {
            byte[] text = BOOLEANS[booleans[r] ? 1 : 0];
            codes[r] = dictionary.code(text, 0, text.length);
          }
        }
        yield new StringColumn(codes, dictionary.texts(), validity);
      }
      default -> {
        byte[] bytes = reader.getBinaryValues();
        int[] offsets = reader.getBinaryOffsets();
        int[] codes = new int[rows];
        dictionary.clear();
        for (int r = 0; r < rows; r++) {
          if (!validity.isMissing(r)) {
            codes[r] = dictionary.code(bytes, offsets[r], offsets[r + 1]);
          }
        }
        yield new StringColumn(codes, dictionary.texts(), validity);
      }
    };
  }

  @Override
  public void close() throws IOException {
    columns.close();
    reader.close();
  }
}
