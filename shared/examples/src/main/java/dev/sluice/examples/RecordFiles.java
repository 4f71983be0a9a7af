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
