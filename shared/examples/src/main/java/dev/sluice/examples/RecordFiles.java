package dev.sluice.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Finds out what an object is: by its content, then by its name. */
public final class RecordFiles {
  private RecordFiles() {}

  /**
   * @throws dev.sluice.contracts.BadInput where the object is empty or of no format that is read
   */
  public static RecordFile detect(ByteSource source) throws IOException {
    return CsvFile.of(source);
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
