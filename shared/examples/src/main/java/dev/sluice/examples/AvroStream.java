package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import java.io.IOException;

/** Rows that come as Avro blocks without a file around them, such as those of a BigQuery table. */
final class AvroStream extends RecordFile {
  private final String name;
  private final long bytes;
  private final AvroProgram program;
  private final BlockSource blocks;

  /**
   * @throws BadInput where the schema is none or has a column of a kind that is not read
   */
  AvroStream(String name, long bytes, String schema, BlockSource blocks) {
    this.name = name;
    this.bytes = bytes;
    this.blocks = blocks;
    try {
      this.program = AvroFile.program(schema);
    } catch (BadInput e) {
      throw new BadInput(name + " cannot be read: it " + e.getMessage(), e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public String format() {
    return "Avro rows";
  }

  @Override
  String indivisible() {
    return "is read as one stream";
  }

  @Override
  boolean declare(Kinds kinds) {
    return AvroRows.declare(program, kinds);
  }

  @Override
  boolean openColumns() {
    return false;
  }

  @Override
  RecordReader read(Stretch stretch) throws IOException {
    return new Reader(stretch);
  }

  private final class Reader extends AvroReader {
    private final BlockSource.Blocks open;
    private final Stretch stretch;
    private long position;

    Reader(Stretch stretch) throws IOException {
      super(program);
      this.stretch = stretch;
      open = blocks.open();
    }

    @Override
    boolean nextBlock() throws IOException {
      // Not divisible: the stretch that begins with the first byte has every row.
      while (stretch.from() == 0) {
        BlockSource.Block next = open.next();
        if (next == null) {
          return false;
        }
        long offset = position;
        byte[] rows = next.rows();
        position += rows.length;
        if (next.count() != 0 || rows.length > 0) {
          take(offset, next.count(), rows);
          return true;
        }
      }
      return false;
    }

    private void take(long offset, long count, byte[] rows) {
      try {
        if (count < 0) {
          throw new AvroDamage("the block says that it has " + count + " rows");
        }
        block(offset, count, rows, 0, rows.length);
      } catch (AvroDamage e) {
        broken(offset, count, e.reason(), rows, 0, rows.length);
      }
    }

    @Override
    long place(long blockOffset, int rowStart) {
      return blockOffset + rowStart;
    }

    @Override
    long first() {
      return 0;
    }

    @Override
    long end() {
      return position;
    }

    @Override
    public void close() throws IOException {
      open.close();
    }
  }
}
