package dev.sluice.examples;

import java.io.EOFException;
import java.io.IOException;

/**
 * Walks over a structure of Thrift's compact protocol without building it, and holds every length
 * in it against the bytes that are there: what passes cannot make a parser take more memory than
 * some times its size. Nesting is bounded too.
 */
final class ThriftSkim {
  private static final int DEEPEST = 24;

  private static final int TRUE = 1;
  private static final int FALSE = 2;
  private static final int BYTE = 3;
  private static final int I16 = 4;
  private static final int I64 = 6;
  private static final int DOUBLE = 7;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int SET = 10;
  private static final int MAP = 11;
  private static final int STRUCT = 12;
  private static final int UUID = 13;

  /** Told of the whole numbers of the structure, and of those one structure further in. */
  interface Numbers {
    /**
     * @param outer the field that holds the structure, 0 for the outermost one
     * @param field its number
     */
    void number(int outer, int field, long value);
  }

  private final byte[] b;
  private final int to;
  private final Numbers numbers;
  private int at;

  private ThriftSkim(byte[] b, int from, int to, Numbers numbers) {
    this.b = b;
    this.at = from;
    this.to = to;
    this.numbers = numbers;
  }

  /**
   * @return after the last byte of the structure
   * @throws IOException where it is broken or goes on beyond {@code to}
   */
  static int struct(byte[] b, int from, int to, Numbers numbers) throws IOException {
    ThriftSkim skim = new ThriftSkim(b, from, to, numbers);
    skim.struct(0, 0);
    return skim.at;
  }

  private void struct(int depth, int outer) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("structures are nested deeper than " + DEEPEST);
    }
    int field = 0;
    while (true) {
      int head = next();
      int type = head & 15;
      if (type == 0) {
        return;
      }
      int step = (head >> 4) & 15;
      field = step == 0 ? (int) zigzag() : field + step;
      switch (type) {
        case TRUE, FALSE -> {}
        case I16, I16 + 1, I64 -> {
          long value = zigzag();
          if (depth < 2) {
            numbers.number(outer, field, value);
          }
        }
        default -> value(type, depth, depth == 0 ? field : -1);
      }
    }
  }

  private void value(int type, int depth, int outer) throws IOException {
    switch (type) {
      case TRUE, FALSE, BYTE -> pass(1);
      case I16, I16 + 1, I64 -> zigzag();
      case DOUBLE -> pass(Double.BYTES);
      case BINARY -> pass(varint());
      case LIST, SET -> list(depth);
      case MAP -> {
        long size = count();
        if (size > 0) {
          int types = next();
          for (long i = 0; i < size; i++) {
            value((types >> 4) & 15, depth + 1, -1);
            value(types & 15, depth + 1, -1);
          }
        }
      }
      case STRUCT -> struct(depth + 1, outer);
      case UUID -> pass(16);
      default -> throw new IOException("there is no type " + type);
    }
  }

  private void list(int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("lists are nested deeper than " + DEEPEST);
    }
    int head = next();
    long size = (head >> 4) & 15;
    if (size == 15) {
      size = count();
    } else if (size > to - at) {
      throw new EOFException("a list goes on beyond the end");
    }
    for (long i = 0; i < size; i++) {
      value(head & 15, depth + 1, -1);
    }
  }

  /** A number of values, each of which takes at least one byte. */
  private long count() throws IOException {
    long count = varint();
    if (count < 0 || count > to - at) {
      throw new EOFException(count + " values stand in " + (to - at) + " bytes");
    }
    return count;
  }

  private int next() throws IOException {
    if (at >= to) {
      throw new EOFException("it goes on beyond the end");
    }
    return b[at++];
  }

  private void pass(long bytes) throws IOException {
    if (bytes < 0 || bytes > to - at) {
      throw new EOFException("a value of " + bytes + " bytes goes on beyond the end");
    }
    at += (int) bytes;
  }

  private long zigzag() throws IOException {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  private long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int x = next();
      value |= (x & 0x7fL) << shift;
      if (x >= 0) {
        return value;
      }
    }
    throw new IOException("a number has more than 10 bytes");
  }
}
