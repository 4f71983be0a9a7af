package dev.sluice.examples;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One object of a batch whose format is known: a row of records. It holds no open stream; each
 * {@link #read} starts anew and gives the same records.
 */
public abstract class RecordFile {
  /** The object's full name, which becomes {@code __source}. */
  public abstract String name();

  /** Its length in bytes, as it is stored; 0 where nobody knows. */
  public abstract long bytes();

  /** What it is, for people, such as {@code CSV, delimiter ';', gzip}. */
  public abstract String format();

  /**
   * Why it can only be read from its start to its end, as the end of a sentence that begins with
   * its name; null where it may be cut into stretches.
   */
  abstract @Nullable String indivisible();

  /** True where several may read it, a stretch each, and its bytes are those of its records. */
  public final boolean isDivisible() {
    return indivisible() == null;
  }

  /**
   * Names the columns that the object itself declares, in its order, with what it tells of their
   * types.
   *
   * @return true where no record need be looked at to know the types
   */
  abstract boolean declare(Kinds kinds) throws IOException;

  /**
   * True where each record names its own columns, so that objects of one batch may differ in them.
   */
  abstract boolean openColumns();

  /**
   * True where the bytes stop without the end of a line, so that a last record that is no good is
   * one that broke off.
   */
  boolean endsOpen() throws IOException {
    return false;
  }

  /** Opens the records that begin in a stretch. */
  abstract RecordReader read(Stretch stretch) throws IOException;
}
