package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.FLOAT;
import static dev.sluice.contracts.ValueType.INT;
import static dev.sluice.contracts.ValueType.STRING;
import static java.util.Arrays.asList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against files of fastavro 1.13.1, made by {@code src/test/scripts/golden_avro_parquet.py}. */
class AvroGoldenTest {
  private static Data.Table golden(String name) throws IOException {
    return Data.inspect(Golden.source(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "deflate", "zstandard", "snappy"})
  void theSameTableAsCsvValueForValue(String codec) throws IOException {
    Data.Table csv = golden("table.csv");
    Data.Table avro = golden("avro/table-" + codec + ".avro");
    assertThat(avro.fields()).isEqualTo(csv.fields());
    assertThat(Data.values(avro)).isEqualTo(Data.values(csv)).hasSize(60);
    assertThat(avro.rejected()).isEmpty();
  }

  @Test
  void theFormatNamesTheCodec() throws IOException {
    assertThat(RecordFiles.detect(Golden.source("avro/table-null.avro")).format())
        .isEqualTo("Avro");
    assertThat(RecordFiles.detect(Golden.source("avro/table-deflate.avro")).format())
        .isEqualTo("Avro, deflate");
  }

  @Test
  void anotherCodecIsRefusedByName() {
    assertThatThrownBy(() -> golden("avro/table-bzip2.avro"))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "avro/table-bzip2.avro cannot be read as Avro: it is packed with the codec bzip2; write"
                + " it with zstandard, deflate, snappy or null");
  }

  @Test
  void everyTypeHasItsColumn() throws IOException {
    Data.Table table = golden("avro/types.avro");
    assertThat(table.fields())
        .containsExactly(
            new Field("i", INT),
            new Field("f", FLOAT),
            new Field("b", STRING, false, true),
            new Field("e", STRING),
            new Field("again", STRING),
            new Field("x", STRING),
            new Field("dec", FLOAT),
            new Field("fdec", FLOAT),
            new Field("date", STRING),
            new Field("tms", STRING),
            new Field("tus", STRING),
            new Field("ms", STRING),
            new Field("us", STRING),
            new Field("lms", STRING),
            new Field("lus", STRING),
            new Field("id", STRING),
            new Field("mixed", STRING),
            new Field("number", FLOAT),
            new Field("tags", STRING, true, false),
            new Field("sizes", INT, true, false),
            new Field("seller.name", STRING),
            new Field("seller.rating", FLOAT),
            new Field("nothing", STRING));
    assertThat(Data.values(table))
        .containsExactly(
            asList(
                -2147483648L,
                (double) .1f,
                "dGV4dA==",
                "GREEN",
                "RED",
                "abcd",
                1.2345678901234567E+19,
                -.01,
                "1969-12-31",
                "12:00:00.5",
                "23:59:59.999999",
                "2026-11-01T23:59:58Z",
                "2026-11-01T23:59:58.123456Z",
                "2026-11-01T23:59:58.12",
                "2026-11-01T23:59:58.123456",
                "01234567-89ab-cdef-0123-456789abcdef",
                "5",
                3.0,
                List.of("a", "b"),
                List.of(1L, 3L),
                "Ana",
                4.5,
                null),
            asList(
                2147483647L,
                Double.NaN,
                "/wA=",
                "RED",
                null,
                "wxyz",
                0.0,
                1234567.89,
                "2024-02-29",
                "00:00:00",
                "00:00:01",
                "1900-03-01T00:00:00Z",
                "2000-01-01T00:00:00Z",
                "2000-01-01T00:00:00",
                "0001-01-01T00:00:00",
                "00000000-0000-0000-0000-000000000000",
                "five",
                2.5,
                null,
                null,
                null,
                null,
                null));
  }

  @Test
  void bigQuerysColumnsAreThoseOfItsTable() throws IOException {
    Data.Table table = golden("avro/bigquery.avro");
    assertThat(table.fields())
        .extracting(Field::name)
        .containsExactly(
            "id",
            "amount",
            "day",
            "at",
            "time",
            "local",
            "read",
            "place",
            "doc",
            "flag",
            "tags",
            "shop.city");
    assertThat(Data.values(table))
        .containsExactly(
            asList(
                1L,
                19.99,
                "2026-11-01",
                "2026-11-01T12:00:00Z",
                "07:30:00",
                "2026-11-01T12:00:00",
                "2026-11-01T12:00:00.5",
                "POINT(14.4 50.1)",
                "{\"a\":1}",
                "true",
                List.of("new", "sale"),
                "Brno"),
            asList(null, null, null, null, null, null, null, null, null, null, null, null));
  }
}
