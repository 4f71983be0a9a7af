package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds out what an object is: by its content, then by its name. */
public final class RecordFiles {
  private static final int HEAD = 1 << 16;

  /** What a name says; whether it is so, the content tells. */
  private enum Named {
    AVRO("Avro"),
    JSON("JSON Lines"),
    PARQUET("Parquet"),
    TFRECORD("TFRecord"),
    OTHER("CSV");

    private final String label;

    Named(String label) {
      this.label = label;
    }

    static Named of(String name) {
      String last = name.substring(name.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
      for (String packed : List.of(".gz", ".gzip", ".zst", ".zstd")) {
        last = last.endsWith(packed) ? last.substring(0, last.length() - packed.length()) : last;
      }
      if (last.endsWith(".csv") || last.endsWith(".tsv") || last.endsWith(".txt")) {
        return OTHER;
      } else if (last.endsWith(".avro")) {
        return AVRO;
      } else if (last.endsWith(".parquet")) {
        return PARQUET;
      } else if (last.endsWith(".jsonl") || last.endsWith(".ndjson") || last.endsWith(".json")) {
        return JSON;
      }
      // Writers name their parts such as data_tfrecord-00000-of-00001.
      return last.contains("tfrecord") ? TFRECORD : OTHER;
    }
  }

  private RecordFiles() {}

  /**
   * @throws dev.sluice.contracts.BadInput where the object is empty or of no format that is read
   */
  public static RecordFile detect(ByteSource source) throws IOException {
    return detect(source, null);
  }

  /**
   * @param columns the names of a CSV file's columns, where it may have no header line; null where
   *     files name their columns themselves
   * @throws dev.sluice.contracts.BadInput where the object is empty, of no format that is read, or
   *     has other columns
   */
  public static RecordFile detect(ByteSource source, @Nullable List<String> columns)
      throws IOException {
    List<String> names = columns == null ? null : CsvHeader.given(columns);
    byte[] head = head(source);
    PackedSource.Packing packing = PackedSource.Packing.of(head);
    if (packing == null) {
      return of(source, head, "", null, names);
    }
    PackedSource unpacked = new PackedSource(source, packing);
    byte[] inner = head(unpacked);
    PackedSource.Packing again = PackedSource.Packing.of(inner);
    if (again != null) {
      throw new BadInput(
          source.name()
              + " is packed twice, with "
              + packing.label()
              + " and within it "
              + again.label()
              + "; pack it once");
    }
    return of(unpacked, inner, ", " + packing.label(), unpacked.indivisible(), names);
  }

  private static byte[] head(ByteSource source) throws IOException {
    try (InputStream in = source.open()) {
      return in.readNBytes(HEAD);
    }
  }

  /**
   * @param source unpacked
   * @param packing for people, such as {@code ", gzip"}, or ""
   * @param indivisible why it cannot be cut, or null
   * @param columns that a CSV file has, or null
   */
  private static RecordFile of(
      ByteSource source,
      byte[] head,
      String packing,
      @Nullable String indivisible,
      @Nullable List<String> columns)
      throws IOException {
    RecordFile self = selfNamed(source, head, packing, indivisible);
    if (self == null) {
      return CsvFile.of(source, packing, indivisible, columns);
    }
    if (columns != null) {
      throw new BadInput(
          source.name()
              + " is "
              + self.format()
              + ", which names its columns itself; leave columns out of the source");
    }
    return self;
  }

  /** A file of a format that names its columns, or null. */
  private static @Nullable RecordFile selfNamed(
      ByteSource source, byte[] head, String packing, @Nullable String indivisible)
      throws IOException {
    Named named = Named.of(source.name());
    if (ParquetInput.is(head)) {
      return parquet(source, indivisible);
    } else if (AvroFile.is(head)) {
      return avro(source, indivisible);
    } else if (TfRecordFile.beginsWithHeader(head)
        || (named == Named.TFRECORD && (head.length == 0 || TfRecordFile.hasHeader(head)))) {
      return new TfRecordFile(source, packing, indivisible);
    }
    requireNot(Named.AVRO, named, source);
    requireNot(Named.PARQUET, named, source);
    requireNot(Named.TFRECORD, named, source);
    if (isJsonLines(source.name(), head, named)) {
      return new JsonLinesFile(source, packing, indivisible);
    }
    return null;
  }

  /** Where Parquet is read. */
  private static RecordFile parquet(ByteSource source, @Nullable String indivisible)
      throws IOException {
    requirePlain("Parquet", source, indivisible);
    return ParquetFile.of(source);
  }

  /** Where Avro is read. */
  private static RecordFile avro(ByteSource source, @Nullable String indivisible)
      throws IOException {
    requirePlain("Avro", source, indivisible);
    return AvroFile.of(source);
  }

  private static void requirePlain(String format, ByteSource source, @Nullable String indivisible) {
    if (indivisible != null) {
      throw new BadInput(
          source.name()
              + " is "
              + format
              + " that "
              + indivisible
              + "; "
              + format
              + " packs its own blocks, so drop it unpacked");
    }
  }

  private static void requireNot(Named format, Named named, ByteSource source) {
    if (named == format) {
      throw new BadInput(
          source.name()
              + " is named as "
              + format.label
              + ", but its first bytes are not of that format; write it again or name it for what"
              + " it is");
    }
  }

  /**
   * True where the first line is a JSON object, whatever the name; where it is not, but the name
   * says so, as long as it at least begins like one, for a broken line is one broken row.
   */
  private static boolean isJsonLines(String name, byte[] head, Named named) {
    int at = head.length >= 3 && JsonRow.isByteOrderMark(head, 0) ? 3 : 0;
    while (at < head.length && JsonRow.isBlank(head[at])) {
      at++;
    }
    if (at == head.length) {
      return named == Named.JSON;
    }
    if (head[at] != '{') {
      if (named == Named.JSON && head[at] == '[') {
        throw new BadInput(
            name + " is one JSON list; write one object a line, without the list around them");
      }
      if (named == Named.JSON) {
        CsvHeader.refuseBinary(name, head);
      }
      return named == Named.JSON;
    }
    int end = at;
    while (end < head.length && head[end] != '\n') {
      end++;
    }
    boolean whole = end < head.length || head.length < HEAD;
    while (end > at && JsonRow.isBlank(head[end - 1])) {
      end--;
    }
    if (named == Named.JSON && whole && end == at + 1) {
      throw new BadInput(
          name + " is JSON over several lines; write each object on a line of its own");
    }
    return named == Named.JSON || !whole || new JsonRow().parse(head, at, end) == null;
  }

  /** Each of the objects. */
  public static List<RecordFile> detect(List<? extends ByteSource> sources) throws IOException {
    return detect(sources, null);
  }

  /** Each of the objects, with the columns that were given, or null. */
  public static List<RecordFile> detect(
      List<? extends ByteSource> sources, @Nullable List<String> columns) throws IOException {
    List<RecordFile> files = new ArrayList<>();
    for (ByteSource source : sources) {
      files.add(detect(source, columns));
    }
    return files;
  }

  /**
   * Rows that come as Avro blocks without a file around them.
   *
   * @param name what they are to be called, such as the table's; it becomes {@code __source}
   * @param bytes how many they are together, 0 where nobody knows
   * @param schema the rows' Avro schema as JSON
   * @throws dev.sluice.contracts.BadInput where the schema is none or has a column of a kind that
   *     is not read
   */
  public static RecordFile avroBlocks(String name, long bytes, String schema, BlockSource blocks) {
    return new AvroStream(name, bytes, schema, blocks);
  }

  /**
   * Messages that each carry an example, in Avro blocks of the columns {@code format} ({@code json}
   * or {@code example}) and {@code payload}.
   *
   * @param name what they are to be called; it becomes {@code __source}
   * @param bytes how many they are together, 0 where nobody knows
   * @param schema the rows' Avro schema as JSON
   */
  public static RecordFile messages(String name, long bytes, String schema, BlockSource blocks) {
    return new MessageStream(new AvroStream(name, bytes, schema, blocks));
  }

  /**
   * A folder of objects as one file of records, one an object.
   *
   * @param entries in any order; the manifest may be among them
   * @throws dev.sluice.contracts.BadInput where there are none, one is listed twice, or the
   *     manifest lacks its columns
   */
  public static RecordFile objects(List<ObjectEntry> entries, ObjectOptions options)
      throws IOException {
    return new ObjectFolder(entries, options);
  }

  /**
   * The columns that the object itself declares, from its first bytes alone.
   *
   * @throws dev.sluice.contracts.BadInput as {@link #detect}
   */
  public static List<String> columns(ByteSource source) throws IOException {
    Kinds kinds = new Kinds();
    detect(source).declare(kinds);
    return kinds.names();
  }
}
