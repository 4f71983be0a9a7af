package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;

/**
 * Writes Thrift's compact protocol ("Thrift Compact protocol encoding", apache/thrift
 * doc/specs/thrift-compact-protocol.md), as far as Parquet's metadata needs it. Fields of a
 * structure are written in the order of their numbers.
 */
final class ThriftCompact {
  private static final int TRUE = 1;
  private static final int FALSE = 2;
  private static final int I32 = 5;
  private static final int I64 = 6;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int STRUCT = 12;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ArrayDeque<Integer> outer = new ArrayDeque<>();
  private int last;

  ThriftCompact bool(int field, boolean value) {
    header(field, value ? TRUE : FALSE);
    return this;
  }

  ThriftCompact i32(int field, int value) {
    header(field, I32);
    zigzag(value);
    return this;
  }

  ThriftCompact i64(int field, long value) {
    header(field, I64);
    zigzag(value);
    return this;
  }

  ThriftCompact binary(int field, byte[] value) {
    header(field, BINARY);
    bytes(value);
    return this;
  }

  ThriftCompact string(int field, String value) {
    return binary(field, value.getBytes(UTF_8));
  }

  /** A list of 32-bit integers or enums. */
  ThriftCompact i32List(int field, int... values) {
    listHeader(field, I32, values.length);
    for (int value : values) {
      zigzag(value);
    }
    return this;
  }

  /** A list of strings. */
  ThriftCompact stringList(int field, String... values) {
    listHeader(field, BINARY, values.length);
    for (String value : values) {
      bytes(value.getBytes(UTF_8));
    }
    return this;
  }

  /**
   * Begins a list of structures, each of which is given between {@link #element} and {@link #end}.
   */
  ThriftCompact structList(int field, int size) {
    listHeader(field, STRUCT, size);
    return this;
  }

  ThriftCompact element() {
    outer.push(last);
    last = 0;
    return this;
  }

  /** Begins a structure that ends with {@link #end}. */
  ThriftCompact struct(int field) {
    header(field, STRUCT);
    return element();
  }

  ThriftCompact end() {
    out.write(0);
    last = outer.pop();
    return this;
  }

  /** Ends the outermost structure. */
  byte[] toBytes() {
    out.write(0);
    return out.toByteArray();
  }

  private void header(int field, int type) {
    int step = field - last;
    if (step > 0 && step < 16) {
      out.write(step << 4 | type);
    } else {
      out.write(type);
      zigzag(field);
    }
    last = field;
  }

  private void listHeader(int field, int type, int size) {
    header(field, LIST);
    if (size < 15) {
      out.write(size << 4 | type);
    } else {
      out.write(0xf0 | type);
      varint(size);
    }
  }

  private void bytes(byte[] value) {
    varint(value.length);
    out.writeBytes(value);
  }

  private void zigzag(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
