package dev.sluice.examples;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of Avro blocks, whoever brings the blocks. A damaged block is one rejected record. */
abstract class AvroReader extends RecordReader {
  private static final int SHOWN = 32;

  final AvroRows rows;

  private long left;
  private boolean inBlock;
  private long blockOffset;
  private int rowStart;
  private @Nullable Problem problem;

  AvroReader(AvroProgram program) {
    this.rows = new AvroRows(program);
  }

  /**
   * Moves to the next block that has rows or is damaged and calls {@link #block} or {@link
   * #broken}.
   *
   * @return false at the end of the stretch
   */
  abstract boolean nextBlock() throws IOException;

  /**
   * Where the current row begins, as exactly as it is known.
   *
   * @param start its place among the block's bytes as {@link #block} had them
   */
  abstract long place(long blockOffset, int start);

  /** A sound block. */
  final void block(long offset, long count, byte[] bytes, int from, int to) throws AvroDamage {
    blockOffset = offset;
    if (count > to - from) {
      throw new AvroDamage(
          "the block says that it has " + count + " rows in " + (to - from) + " bytes");
    }
    rows.begin(bytes, from, to);
    left = count;
    inBlock = true;
  }

  /** A block of which no row can be read. */
  final void broken(long offset, long count, String reason, byte[] bytes, int from, int to) {
    blockOffset = offset;
    left = 0;
    inBlock = false;
    String lost =
        count <= 0
            ? "its rows are lost"
            : count == 1 ? "its row is lost" : "its " + count + " rows are lost";
    problem =
        new Problem(
            null,
            HexFormat.of().formatHex(bytes, from, Math.min(to, from + SHOWN)),
            reason + "; " + lost + ", write the object again");
  }

  @Override
  final boolean next() throws IOException {
    problem = null;
    if (left == 0) {
      if (inBlock && rows.left() > 0) {
        rowStart = rows.at();
        rest(rows.left() + " bytes follow the block's last row", 0);
        return true;
      }
      inBlock = false;
      if (!nextBlock()) {
        return false;
      }
      if (problem != null) {
        return true;
      }
    }
    rowStart = rows.at();
    try {
      rows.next();
      left--;
      problem = rows.problem();
    } catch (AvroDamage e) {
      rest(e.reason(), left);
    }
    return true;
  }

  private void rest(String reason, long count) {
    String lost =
        count > 1
            ? "this row and the " + (count - 1) + " behind it are lost"
            : "nothing of it is read";
    left = 0;
    rows.skip();
    problem = new Problem(null, "", reason + "; " + lost + ", write the object again");
  }

  @Override
  final @Nullable Problem problem() {
    return problem;
  }

  @Override
  final long offset() {
    return inBlock ? place(blockOffset, rowStart) : blockOffset;
  }

  @Override
  final long line() {
    return 0;
  }

  @Override
  final long lines() {
    return 0;
  }

  @Override
  final void look(Kinds kinds) {
    rows.look(kinds);
  }

  @Override
  final void bind(List<Field> fields, Kinds kinds) {
    rows.bind(fields);
  }

  @Override
  final void append(BatchBuilder builder) throws Misfit {
    rows.append(builder);
  }
}
