package dev.sluice.examples;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of one stretch, one at a time and in order. Reading stops at the first record that
 * begins at or after the stretch's end. Not safe for use by several threads.
 */
abstract class RecordReader implements AutoCloseable {
  /**
   * Why a record is rejected.
   *
   * @param column where the trouble is, null for the record as a whole
   * @param value the raw text, as far as it can be shown
   * @param reason a sentence for people: what is wrong and what to do
   */
  record Problem(@Nullable String column, String value, String reason) {}

  /**
   * Moves to the next record, good or broken.
   *
   * @return false at the end of the stretch
   * @throws dev.sluice.contracts.BadInput where nothing after this place can be read
   */
  abstract boolean next() throws IOException;

  /**
   * The object that the current record came from, where a file is a folder of them; its {@code
   * __source}. Null for the file itself.
   */
  @Nullable String source() {
    return null;
  }

  /** What is wrong with the current record, or null. */
  abstract @Nullable Problem problem();

  /** The first byte of the current record, in the unpacked object. */
  abstract long offset();

  /**
   * The line of the current record, 1 for the first line of the stretch's first record (of the
   * object, where the stretch begins with it); 0 where the format has no lines.
   */
  abstract long line();

  /** Adds what the values of the current, good record look like. */
  abstract void look(Kinds kinds);

  /**
   * Fixes the columns of the builders that {@link #append} is given.
   *
   * @param kinds what the types were found from; a value of another kind is a {@link Misfit}
   */
  abstract void bind(List<Field> fields, Kinds kinds);

  /**
   * Puts the values of the current, good record into the builder, without ending its row.
   *
   * @throws Misfit where a value does not fit the type of its column
   */
  abstract void append(BatchBuilder builder) throws Misfit;

  /** Where the stretch's first record begins, whether or not it still belongs to the stretch. */
  abstract long first();

  /**
   * How far reading has come. Once {@link #next} has said that nothing follows, this is where the
   * first record behind the stretch begins (or the object's end): the next stretch's {@link
   * #first}, unless that one was taken in by bytes that only look like a record's begin.
   */
  abstract long end();

  /** Lines from the stretch's first record (or the object's start) to {@link #end}. */
  abstract long lines();

  @Override
  public abstract void close() throws IOException;
}
