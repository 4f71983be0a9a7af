package dev.sluice.examples;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** Finds out what an object is: by its content, then by its name. */
public final class RecordFiles {
  /** Bytes that tell a binary format. */
  private static final int START = 4;

  private RecordFiles() {}

  /**
   * @throws dev.sluice.contracts.BadInput where the object is empty or of no format that is read
   */
  public static RecordFile detect(ByteSource source) throws IOException {
    byte[] start;
    try (InputStream in = source.open()) {
      start = in.readNBytes(START);
    }
    return AvroFile.is(start) ? AvroFile.of(source) : CsvFile.of(source);
  }

  /** Each of the objects. */
  public static List<RecordFile> detect(List<? extends ByteSource> sources) throws IOException {
    List<RecordFile> files = new ArrayList<>();
    for (ByteSource source : sources) {
      files.add(detect(source));
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
