package dev.sluice.examples;

import static dev.sluice.examples.AvroBytes.field;
import static dev.sluice.examples.AvroBytes.record;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AvroFileTest {
  private static final String ID_NAME =
      record(field("id", "\"long\""), field("name", "\"string\""));

  private static AvroBytes rows(int from, int to) {
    AvroBytes rows = new AvroBytes();
    for (int i = from; i < to; i++) {
      rows.number(i).text("n" + i);
    }
    return rows;
  }

  private static AvroBytes threeBlocks() {
    return AvroBytes.file(ID_NAME, "null")
        .block(3, rows(0, 3))
        .block(2, rows(3, 5))
        .block(4, rows(5, 9));
  }

  private static List<List<@Nullable Object>> read(ByteSource source) throws IOException {
    return Records.all(RecordFiles.detect(source));
  }

  private static List<Object> row(int i) {
    return List.of((long) i, "n" + i);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "deflate", "zstandard", "snappy"})
  void anyCutGivesTheRecordsOfOneStretch(String codec) throws IOException {
    byte[] bytes = Golden.bytes("avro/table-" + codec + ".avro");
    RecordFile file = RecordFiles.detect(ByteSource.of("a", bytes));
    List<List<@Nullable Object>> whole = Records.all(file);
    assertThat(whole).hasSize(60);
    for (long cut = 0; cut <= bytes.length; cut++) {
      Records.Found found = Records.cut(file, List.of(cut));
      assertThat(found.rows()).as("cut at %s", cut).isEqualTo(whole);
      assertThat(found.ends()).as("cut at %s", cut).isEmpty();
    }
  }

  @Test
  void manyCutsGiveTheRecordsOfOneStretch() throws IOException {
    byte[] bytes = Golden.bytes("avro/table-null.avro");
    RecordFile file = RecordFiles.detect(ByteSource.of("a", bytes));
    Records.Found found =
        Records.cut(file, LongStream.rangeClosed(0, bytes.length).boxed().toList());
    assertThat(found.rows()).isEqualTo(Records.all(file));
    assertThat(found.ends()).isEmpty();
  }

  @Test
  void anyCutOfADamagedFileGivesTheSameRecords() throws IOException {
    Random random = new Random(5);
    byte[] good = threeBlocks().bytes();
    for (int trial = 0; trial < 200; trial++) {
      byte[] bytes = good.clone();
      int header = AvroBytes.file(ID_NAME, "null").size();
      bytes[header + random.nextInt(bytes.length - header)] ^= (byte) (1 << random.nextInt(8));
      RecordFile file = RecordFiles.detect(ByteSource.of("a", bytes));
      List<List<@Nullable Object>> whole = Records.all(file);
      for (long cut = header; cut <= bytes.length; cut += 3) {
        Records.Found found = Records.cut(file, List.of(cut));
        assertThat(found.rows()).as("trial %s, cut at %s", trial, cut).isEqualTo(whole);
        assertThat(found.ends()).as("trial %s, cut at %s", trial, cut).isEmpty();
      }
    }
  }

  @Test
  void blocksWithoutRowsArePassed() throws IOException {
    AvroBytes file =
        AvroBytes.file(ID_NAME, "null")
            .block(0, new byte[0])
            .block(1, rows(0, 1))
            .block(0, new byte[0])
            .block(1, rows(1, 2));
    assertThat(read(file.source())).containsExactly(row(0), row(1));
  }

  @Test
  void aWrongSyncMarkerCostsOneBlock() throws IOException {
    byte[] bytes = threeBlocks().bytes();
    int second = AvroBytes.file(ID_NAME, "null").block(3, rows(0, 3)).size();
    int end = AvroBytes.file(ID_NAME, "null").block(3, rows(0, 3)).block(2, rows(3, 5)).size();
    // The length of the second block, so that no marker stands where it should.
    bytes[second + 1] = (byte) (bytes[second + 1] + 2);
    assertThat(read(ByteSource.of("a", bytes)))
        .containsExactly(
            row(0),
            row(1),
            row(2),
            List.of(
                second
                    + ": no sync marker follows the block; its 2 rows are lost, write the object"
                    + " again"),
            row(5),
            row(6),
            row(7),
            row(8));
    assertThat(end).isGreaterThan(second);
  }

  @Test
  void aTruncatedFileKeepsItsWholeBlocks() throws IOException {
    byte[] bytes = threeBlocks().bytes();
    assertThat(read(ByteSource.of("a", Arrays.copyOf(bytes, bytes.length - 17))))
        .hasSize(6)
        .contains(row(4))
        .last()
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .first()
        .asString()
        .endsWith("the object ends within the block; its 4 rows are lost, write the object again");
  }

  @Test
  void brokenPackedDataCostsOneBlock() throws IOException {
    for (String codec : List.of("deflate", "zstandard", "snappy")) {
      AvroBytes file =
          AvroBytes.file(ID_NAME, codec).block(7, new byte[] {(byte) 0xff, 1, 2, 3, 4, 5, 6});
      byte[] packed =
          switch (codec) {
            case "deflate" -> AvroBytes.deflate(rows(0, 2).bytes());
            case "zstandard" -> Zstd.compress(rows(0, 2).bytes());
            default -> null;
          };
      if (packed != null) {
        file.block(2, packed);
      }
      List<List<@Nullable Object>> found = read(file.source());
      assertThat(found).as(codec).hasSize(packed == null ? 1 : 3);
      assertThat(found.getFirst().getFirst())
          .asString()
          .contains("the block's " + codec + " data")
          .endsWith("its 7 rows are lost, write the object again");
    }
  }

  @Test
  void aWrongSnappyChecksumIsSeen() throws IOException {
    byte[] bytes = Golden.bytes("avro/table-snappy.avro");
    bytes[bytes.length - AvroBytes.SYNC.length - 1] ^= 1;
    assertThat(read(ByteSource.of("a", bytes)))
        .last()
        .asString()
        .contains("the block's checksum is wrong");
  }

  @Test
  void whatContradictsTheSchemaCostsTheRestOfItsBlock() throws IOException {
    AvroBytes damaged = rows(0, 1).number(1).number(-5).raw(1, 2, 3);
    AvroBytes file = AvroBytes.file(ID_NAME, "null").block(3, damaged).block(1, rows(7, 8));
    List<List<@Nullable Object>> found = read(file.source());
    assertThat(found).hasSize(3).contains(row(0), row(7));
    assertThat(found.get(1).getFirst())
        .asString()
        .endsWith(
            "a value has -5 bytes, of which its block holds 3; this row and the 1 behind it are"
                + " lost, write the object again");
  }

  @Test
  void bytesBehindTheLastRowAreTold() throws IOException {
    AvroBytes file = AvroBytes.file(ID_NAME, "null").block(1, rows(0, 2));
    assertThat(read(file.source()))
        .hasSize(2)
        .contains(row(0))
        .last()
        .asString()
        .contains("4 bytes follow the block's last row");
  }

  @Test
  void moreRowsThanBytesAreDamage() throws IOException {
    AvroBytes file = AvroBytes.file(ID_NAME, "null").block(Long.MAX_VALUE, rows(0, 2));
    assertThat(read(file.source()))
        .hasSize(1)
        .first()
        .asString()
        .contains("the block says that it has 9223372036854775807 rows in 8 bytes");
  }

  @Test
  void aBlockLargerThanAnyIsRefused() throws IOException {
    AvroBytes file =
        AvroBytes.file(ID_NAME, "null").number(1).number(AvroFile.MAX_PACKED + 1L).raw(1, 2, 3);
    assertThat(read(file.source()))
        .hasSize(1)
        .first()
        .asString()
        .contains("67108865 bytes, more than the 67108864 that one may have");
  }

  @ParameterizedTest
  @ValueSource(strings = {"deflate", "zstandard"})
  void aBombIsRefused(String codec) throws IOException {
    byte[] zeros = new byte[AvroUnpacker.ALWAYS + 1];
    AvroBytes file =
        AvroBytes.file(ID_NAME, codec)
            .block(1, codec.equals("deflate") ? AvroBytes.deflate(zeros) : Zstd.compress(zeros));
    assertThat(read(file.source()))
        .hasSize(1)
        .first()
        .asString()
        .contains("the block unpacks to more than 16777216 bytes");
  }

  @Test
  void zstandardFramesNeedNotNameTheirSize() throws IOException {
    byte[] text = new byte[300_000];
    Arrays.fill(text, (byte) 'x');
    AvroBytes row = new AvroBytes().number(1).text(new String(text, UTF_8));
    java.io.ByteArrayOutputStream packed = new java.io.ByteArrayOutputStream();
    try (var zstd = new com.github.luben.zstd.ZstdOutputStream(packed)) {
      zstd.write(row.bytes());
    }
    assertThat(read(AvroBytes.file(ID_NAME, "zstandard").block(1, packed.toByteArray()).source()))
        .containsExactly(List.of(1L, new String(text, UTF_8)));
  }

  @Test
  void textThatIsNotUtf8RejectsItsRowAlone() throws IOException {
    AvroBytes rows = rows(0, 1).number(1).number(2).raw('a', 0xff).raw(rows(2, 3).bytes());
    Data.Table table = Data.inspect(AvroBytes.file(ID_NAME, "null").block(3, rows).source());
    assertThat(Data.values(table)).containsExactly(row(0), row(2));
    assertThat(table.rows()).extracting(List::getLast, r -> r.get(2)).isNotEmpty();
    RejectedRow rejected = table.rejected().getFirst();
    assertThat(rejected.column()).isEqualTo("name");
    assertThat(rejected.row()).isEqualTo(2);
    assertThat(rejected.byteOffset())
        .isEqualTo(AvroBytes.file(ID_NAME, "null").size() + 2 + rows(0, 1).size());
    assertThat(rejected.reason())
        .isEqualTo("the text is not UTF-8, from byte 1 on; correct it in the source");
  }

  @Test
  void aTimeOutsideTheDayRejectsItsRow() throws IOException {
    String schema = record(field("t", "{\"type\":\"int\",\"logicalType\":\"time-millis\"}"));
    AvroBytes rows = new AvroBytes().number(86_399_999).number(86_400_000).number(-1);
    List<List<@Nullable Object>> found =
        read(AvroBytes.file(schema, "null").block(3, rows).source());
    assertThat(found.getFirst()).containsExactly("23:59:59.999");
    assertThat(found.subList(1, 3))
        .allSatisfy(
            row -> assertThat(row.getFirst()).asString().contains("time of day is not within"));
  }

  @Test
  void arraysMayComeInSizedParts() throws IOException {
    String schema = record(field("tags", "{\"type\":\"array\",\"items\":\"long\"}"));
    AvroBytes rows =
        new AvroBytes().number(-2).number(2).number(7).number(8).number(1).number(9).number(0);
    assertThat(read(AvroBytes.file(schema, "null").block(1, rows).source()))
        .containsExactly(List.of(List.of(7L, 8L, 9L)));
  }

  @Test
  void anArrayOfMoreItemsThanBytesIsDamage() throws IOException {
    String schema = record(field("tags", "{\"type\":\"array\",\"items\":\"long\"}"));
    AvroBytes rows = new AvroBytes().number(1L << 40).number(1);
    assertThat(read(AvroBytes.file(schema, "null").block(1, rows).source()))
        .first()
        .asString()
        .contains("an array has 1099511627776 items in the 1 bytes left");
  }

  @Test
  void aUnionTakesItsTypeFromItsValues() throws IOException {
    String schema = record(field("v", "[\"null\",\"long\",\"string\",\"boolean\"]"));
    AvroBytes numbers = new AvroBytes().number(1).number(5).number(0).number(1).number(6);
    assertThat(read(AvroBytes.file(schema, "null").block(3, numbers).source()))
        .containsExactly(List.of(5L), Arrays.asList((Object) null), List.of(6L));
    AvroBytes mixed = new AvroBytes().number(1).number(5).number(2).text("a").number(3).raw(1);
    assertThat(read(AvroBytes.file(schema, "null").block(3, mixed).source()))
        .containsExactly(List.of("5"), List.of("a"), List.of("true"));
  }

  @Test
  void bytesAreTextUntilOneIsNot() throws IOException {
    String schema = record(field("b", "\"bytes\""));
    AvroBytes texts = new AvroBytes().text("a").text("é");
    assertThat(read(AvroBytes.file(schema, "null").block(2, texts).source()))
        .containsExactly(List.of("a"), List.of("é"));
    AvroBytes images = new AvroBytes().text("a").number(1).raw(0xff);
    Data.Table table = Data.inspect(AvroBytes.file(schema, "null").block(2, images).source());
    assertThat(table.fields().getFirst().base64()).isTrue();
    assertThat(Data.values(table)).containsExactly(List.of("YQ=="), List.of("/w=="));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1999 | 19.99
          -1 | -0.01
          9007199254740993 | 90071992547409.93
          170141183460469231731687303715884105727 | 1.7014118346046924E36
          """)
  void aDecimalIsTheNearestDouble(String unscaled, double value) throws IOException {
    String schema =
        record(
            field(
                "d",
                "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":38,\"scale\":2}"));
    byte[] digits = new java.math.BigInteger(unscaled).toByteArray();
    AvroBytes row = new AvroBytes().number(digits.length).raw(digits);
    assertThat(read(AvroBytes.file(schema, "null").block(1, row).source()))
        .containsExactly(List.of(value));
  }

  @Test
  void aBigDecimalBringsItsScale() throws IOException {
    String schema = record(field("d", "{\"type\":\"bytes\",\"logicalType\":\"big-decimal\"}"));
    AvroBytes inner = new AvroBytes().number(2).raw(0x07, 0xcf).number(2);
    AvroBytes row = new AvroBytes().number(inner.size()).raw(inner.bytes());
    assertThat(read(AvroBytes.file(schema, "null").block(1, row).source()))
        .containsExactly(List.of(19.99));
  }

  @Test
  void aRowOfAMillionValuesIsRefused() throws IOException {
    String schema = record(field("v", "{\"type\":\"array\",\"items\":\"boolean\"}"));
    int items = (1 << 20) + 1;
    AvroBytes row = new AvroBytes().number(items).raw(new byte[items]).number(0);
    assertThat(read(AvroBytes.file(schema, "null").block(1, row).source()))
        .first()
        .asString()
        .contains("a row has more than 1048576 values");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 4, 5, 30, 90})
  void aHeaderThatEndsTooEarlyIsRefused(int length) throws IOException {
    byte[] bytes = Arrays.copyOf(threeBlocks().bytes(), length);
    assertThatThrownBy(() -> AvroFile.of(ByteSource.of("in/a.avro", bytes)))
        .isInstanceOf(BadInput.class)
        .hasMessage("in/a.avro cannot be read as Avro: it ends within its header");
  }

  @Test
  void aHeaderOfWrongLengthsIsRefused() {
    byte[] bytes = new AvroBytes().raw('O', 'b', 'j', 1).number(1).number(1L << 50).bytes();
    assertThatThrownBy(() -> AvroFile.of(ByteSource.of("in/a.avro", bytes)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("in/a.avro")
        .hasMessageContaining("damaged header: a text of 1125899906842624 bytes");
  }

  @Test
  void noSeededMutationOfAnyGoldenFileCrashes() throws IOException {
    List<String> names =
        List.of("null", "deflate", "zstandard", "snappy").stream()
            .map(codec -> "avro/table-" + codec + ".avro")
            .toList();
    List<String> all = new ArrayList<>(names);
    all.add("avro/types.avro");
    all.add("avro/bigquery.avro");
    Random random = new Random(11);
    int read = 0;
    for (String name : all) {
      byte[] good = Golden.bytes(name);
      for (int trial = 0; trial < 300; trial++) {
        byte[] bytes = good.clone();
        for (int i = 0; i <= random.nextInt(4); i++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        try {
          read(ByteSource.of(name, Arrays.copyOf(bytes, bytes.length - random.nextInt(3))));
          read++;
        } catch (BadInput e) {
          assertThat(e).hasMessageContaining(name);
        }
      }
    }
    assertThat(read).isPositive();
  }

  @Test
  void blocksWithoutAFileAreReadInOrder() throws IOException {
    List<BlockSource.Block> blocks =
        List.of(
            new BlockSource.Block(rows(0, 2).bytes(), 2),
            new BlockSource.Block(new byte[0], 0),
            new BlockSource.Block(rows(2, 5).bytes(), 3));
    RecordFile file = RecordFiles.avroBlocks("bigquery://p.d.t@1", 0, ID_NAME, source(blocks));
    assertThat(Records.all(file)).containsExactly(row(0), row(1), row(2), row(3), row(4));
    assertThat(file.indivisible()).isEqualTo("is read as one stream");
    assertThat(Data.rows(Ingestion.read(List.of(file))))
        .last()
        .isEqualTo(List.of(4L, "n4", 5L, "bigquery://p.d.t@1"));
  }

  @Test
  void aDamagedBlockWithoutAFileIsOneRejectedRecord() throws IOException {
    List<BlockSource.Block> blocks =
        List.of(
            new BlockSource.Block(new byte[] {2, 9}, 1),
            new BlockSource.Block(rows(0, 1).bytes(), 1));
    RecordFile file = RecordFiles.avroBlocks("t", 0, ID_NAME, source(blocks));
    assertThat(Records.all(file)).hasSize(2).contains(row(0));
  }

  private static BlockSource source(List<BlockSource.Block> blocks) {
    return () ->
        new BlockSource.Blocks() {
          private int next;

          @Override
          public BlockSource.@Nullable Block next() {
            return next < blocks.size() ? blocks.get(next++) : null;
          }

          @Override
          public void close() {}
        };
  }
}
