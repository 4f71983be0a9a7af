package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.zip.Deflater;

/** Writes Avro by hand, so that a test can say each byte of it, wrong ones too. */
final class AvroBytes {
  static final byte[] SYNC = "0123456789abcdef".getBytes(UTF_8);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A schema of a record of these fields, as JSON. */
  static String record(String... fields) {
    return "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + String.join(",", fields) + "]}";
  }

  static String field(String name, String type) {
    return "{\"name\":\"" + name + "\",\"type\":" + type + "}";
  }

  /** Begins with a header. */
  static AvroBytes file(String schema, String codec) {
    return new AvroBytes()
        .raw('O', 'b', 'j', 1)
        .number(2)
        .text("avro.schema")
        .text(schema)
        .text("avro.codec")
        .text(codec)
        .number(0)
        .raw(SYNC);
  }

  AvroBytes raw(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  AvroBytes raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  AvroBytes number(long value) {
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
    return this;
  }

  AvroBytes text(String text) {
    byte[] b = text.getBytes(UTF_8);
    return number(b.length).raw(b);
  }

  AvroBytes block(long count, byte[] rows) {
    return number(count).number(rows.length).raw(rows).raw(SYNC);
  }

  AvroBytes block(long count, AvroBytes rows) {
    return block(count, rows.bytes());
  }

  static byte[] deflate(byte[] bytes) {
    Deflater deflater = new Deflater(9, /* nowrap= */ true);
    deflater.setInput(bytes);
    deflater.finish();
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    byte[] part = new byte[8192];
    while (!deflater.finished()) {
      packed.write(part, 0, deflater.deflate(part));
    }
    deflater.end();
    return packed.toByteArray();
  }

  int size() {
    return out.size();
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  ByteSource source() {
    return ByteSource.of("in/a.avro", bytes());
  }
}
