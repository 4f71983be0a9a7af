package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.FLOAT;
import static dev.sluice.contracts.ValueType.INT;
import static dev.sluice.contracts.ValueType.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of pyarrow 26.0.1, made by {@code src/test/scripts/parquet_golden.py}. */
class ParquetGoldenTest {
  private static ParquetExampleReader open(String name, String... columns) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            ParquetGoldenTest.class.getResourceAsStream("/parquet/" + name + ".parquet"))) {
      return ParquetExampleReader.open(
          ByteBuffer.wrap(in.readAllBytes()), name + ".parquet", Set.of(columns));
    }
  }

  /** Each column's values by its name: Long, Double, String, a list of these, or null. */
  static Map<String, List<@Nullable Object>> columns(ParquetExampleReader reader)
      throws IOException {
    Map<String, List<@Nullable Object>> out = new LinkedHashMap<>();
    try (reader) {
      reader.fields().forEach(field -> out.put(field.name(), new ArrayList<>()));
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        for (int c = 0; c < batch.fields().size(); c++) {
          List<@Nullable Object> values =
              Objects.requireNonNull(out.get(batch.fields().get(c).name()));
          for (int r = 0; r < batch.rows(); r++) {
            values.add(value(batch.columns().get(c), r));
          }
        }
      }
    }
    return out;
  }

  static @Nullable Object value(Column column, int row) {
    if (column.isMissing(row)) {
      return null;
    }
    return switch (column) {
      case IntColumn ints -> ints.values()[row];
      case FloatColumn floats -> floats.values()[row];
      case StringColumn texts -> texts.value(row);
      case ListColumn lists -> {
        List<@Nullable Object> values = new ArrayList<>();
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          values.add(value(lists.values(), v));
        }
        yield values;
      }
    };
  }

  private static List<@Nullable Object> of(@Nullable Object... values) {
    return Arrays.asList(values);
  }

  @ParameterizedTest
  @ValueSource(strings = {"types", "types-v2"})
  void everyTypeBecomesOneOfOurs(String file) throws IOException {
    assertThat(columns(open(file)))
        .containsEntry("date", of("2026-11-01", null, "1899-12-31"))
        .containsEntry("ts_ms_utc", of("2026-11-01T12:00:00Z", null, "1969-12-31T23:59:59.5Z"))
        .containsEntry("ts_us_zone", of("2026-11-01T12:00:00Z", null, "1969-12-31T23:59:59.5Z"))
        .containsEntry("ts_us", of("2026-11-01T12:00:00", null, "1969-12-31T23:59:59.5"))
        .containsEntry(
            "ts_ns", of("2026-11-01T12:00:00.000000001", null, "1969-12-31T23:59:59.999999999"))
        .containsEntry("time_ms", of("12:00:00", null, "23:59:59.999"))
        .containsEntry("time_us", of("00:00:00", null, "01:02:03.000004"))
        .containsEntry("time_ns", of("12:00:00", null, "00:00:00.000000001"))
        .containsEntry("dec_flba", of(1.1, null, -1.0E20))
        .containsEntry("f16", of(1.5, null, -0.25))
        .containsEntry("u64", of(1L, null, Long.MAX_VALUE))
        .containsEntry("u32", of(1L, null, 4_294_967_295L))
        .containsEntry("i8", of(-128L, null, 127L))
        .containsEntry("bool", of("true", null, "false"))
        .containsEntry(
            "uuid",
            of(
                "00112233-4455-6677-8899-aabbccddeeff",
                null,
                "ffffffff-ffff-ffff-ffff-ffffffffffff"))
        .containsEntry("bytes_text", of("é", null, "b"))
        .containsEntry("bytes", of("//4=", null, "Yg=="))
        .containsEntry("flba", of("ab", null, "cd"))
        .containsEntry("text", of("a", null, null))
        .containsEntry("s.a", of(1L, null, null))
        .containsEntry("s.in.t", of("x", null, null))
        .containsEntry("s.l", of(List.of(1L, 2L), null, null));
  }

  @Test
  void fieldsSayWhatIsAListAndWhatIsBase64() throws IOException {
    try (ParquetExampleReader reader = open("types", "bytes", "bytes_text", "dec_flba", "s.l")) {
      assertThat(reader.fields())
          .containsExactly(
              new Field("dec_flba", FLOAT),
              new Field("bytes_text", STRING),
              new Field("bytes", STRING, /* repeated= */ false, /* base64= */ true),
              new Field("s.l", INT, /* repeated= */ true, /* base64= */ false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lists", "lists-v2", "lists-plain", "lists-2-level-names"})
  void listsAreReadAndEmptyOnesAreMissing(String file) throws IOException {
    assertThat(columns(open(file)))
        .containsEntry("i", of(of(1L, 2L, 3L), null, null, of(4L), of(5L), null))
        .containsEntry("f", of(of(.5), null, of(1.5, Double.NaN), null, of(2.5), of(3.5)))
        .containsEntry("t", of(of("a", "b", "a"), of("c"), null, null, null, of("é")))
        .containsEntry(
            "fixed", of(of(1.0, 2.0), of(1.0, 2.0), of(1.0, 2.0), of(1.0, 2.0), of(1.0, 2.0), null))
        .containsEntry("large", of(of("x"), of("x"), of("x"), of("x"), of("x"), of("x")))
        .containsEntry("dates", of(of("2026-11-01"), null, null, null, null, null))
        .containsEntry("bin", of(of("/w=="), null, null, of("b2s="), null, null))
        .containsEntry("plain", of(1L, 2L, 3L, 4L, 5L, 6L));
  }

  @Test
  void oneListIsReadWithoutTheOthers() throws IOException {
    assertThat(columns(open("lists", "t")))
        .containsExactly(Map.entry("t", of(of("a", "b", "a"), of("c"), null, null, null, of("é"))));
  }

  @Test
  void oldTimestampsOf96BitsAreInstants() throws IOException {
    assertThat(columns(open("int96")))
        .containsExactly(
            Map.entry("t", of("2026-11-01T12:00:00Z", null, "1969-12-31T23:59:59.5Z")));
  }

  @Test
  void decimalsThatAreStoredAsIntegersAreTheNearestDoubles() throws IOException {
    assertThat(columns(open("decimals")))
        .containsEntry("d32", of(1.1, null, -.01))
        .containsEntry("d64", of(123456789012345.67, 123456789012345.67, 123456789012345.67));
  }

  @Test
  void anUnsignedNumberBeyondALongIsRefusedByName() throws IOException {
    assertThatThrownBy(() -> columns(open("u64-beyond")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "u64-beyond.parquet, column big has the unsigned number 18446744073709551615, beyond"
                + " 63 bits; cast it to a string or a double");
    assertThat(columns(open("u64-beyond", "ok"))).containsExactly(Map.entry("ok", of(1L)));
  }

  @ParameterizedTest
  @CsvSource({
    "map, is a map; write its keys as columns",
    "structs, is a list of structures; write a list for each",
    "nested, is a list of lists; flatten it"
  })
  void whatIsNoListOfValuesIsRefusedByNameUnlessItIsNotAskedFor(String column, String reason)
      throws IOException {
    assertThatThrownBy(() -> open("refused", "fine", column))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("refused.parquet, column " + column + " " + reason);
    assertThat(columns(open("refused", "fine"))).containsExactly(Map.entry("fine", of(1L)));
  }

  /** A file of one column, whose lists are [7, 8], [] and [9], in a form of an older writer. */
  private static byte[] legacy(boolean annotated) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    body.putInt(2).put((byte) 3).put((byte) 0b0010);
    // One bit a level where there is no group around the list, else two.
    body.putInt(annotated ? 3 : 2).put((byte) 3);
    if (annotated) {
      body.put((byte) 0b10_01_10_10).put((byte) 0);
    } else {
      body.put((byte) 0b1011);
    }
    body.putLong(7).putLong(8).putLong(9);
    int pageBytes = body.position();
    byte[] header =
        new ThriftCompact()
            .i32(1, 0)
            .i32(2, pageBytes)
            .i32(3, pageBytes)
            .struct(5)
            .i32(1, 4)
            .i32(2, 0)
            .i32(3, 3)
            .i32(4, 3)
            .end()
            .toBytes();
    ThriftCompact t = new ThriftCompact().i32(1, 1).structList(2, annotated ? 3 : 2);
    t.element().string(4, "root").i32(5, 1).end();
    if (annotated) {
      t.element().i32(3, 1).string(4, "v").i32(5, 1).i32(6, 3).end();
    }
    t.element().i32(1, 2).i32(3, 2).string(4, annotated ? "array" : "v").end();
    t.i64(3, 3).structList(4, 1).element().structList(1, 1).element().i64(2, 0).struct(3);
    t.i32(1, 2).i32List(2, 0, 3);
    if (annotated) {
      t.stringList(3, "v", "array");
    } else {
      t.stringList(3, "v");
    }
    long size = (long) header.length + pageBytes;
    t.i32(4, 0).i64(5, 4).i64(6, size).i64(7, size).i64(9, 4).end().end();
    byte[] footer = t.i64(2, size).i64(3, 3).end().toBytes();
    ByteBuffer file =
        ByteBuffer.allocate(4 + header.length + pageBytes + footer.length + 8)
            .order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = {'P', 'A', 'R', '1'};
    file.put(magic).put(header).put(body.array(), 0, pageBytes).put(footer);
    return file.putInt(footer.length).put(magic).array();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void olderFormsOfListsAreRead(boolean annotated) throws IOException {
    try (ParquetExampleReader reader =
        ParquetExampleReader.open(ByteBuffer.wrap(legacy(annotated)), "old", Set.of())) {
      assertThat(reader.fields())
          .containsExactly(new Field("v", ValueType.INT, /* repeated= */ true, false));
      assertThat(columns(reader)).containsExactly(Map.entry("v", of(of(7L, 8L), null, of(9L))));
    }
  }
}
