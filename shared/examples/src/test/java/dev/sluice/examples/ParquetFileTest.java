package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against files of pyarrow 26.0.1, made by the scripts in {@code src/test/scripts}. */
class ParquetFileTest {
  @TempDir private Path folder;

  /** Counts what is read of it, and may fail. */
  private static final class Watched implements ByteSource {
    private final byte[] bytes;
    private long read;
    private boolean failing;

    Watched(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public InputStream open() throws IOException {
      if (failing) {
        throw new IOException("the network is down");
      }
      return new FilterInputStream(new ByteArrayInputStream(bytes)) {
        @Override
        public int read(byte[] b, int from, int length) throws IOException {
          int got = super.read(b, from, length);
          read += Math.max(0, got);
          return got;
        }
      };
    }

    @Override
    public String name() {
      return "in/a.parquet";
    }

    @Override
    public long size() {
      return bytes.length;
    }
  }

  private static byte[] golden(String codec) throws IOException {
    return Golden.bytes("parquet/table-" + codec + ".parquet");
  }

  private static List<List<@Nullable Object>> read(byte[] bytes) throws IOException {
    return Records.all(RecordFiles.detect(ByteSource.of("in/a.parquet", bytes)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "zstd", "gzip", "none", "required", "indexed"})
  void theSameTableAsCsvAndAvroValueForValue(String codec) throws IOException {
    Data.Table csv = Data.inspect(Golden.source("table.csv"));
    Data.Table avro = Data.inspect(Golden.source("avro/table-deflate.avro"));
    Data.Table parquet = Data.inspect(Golden.source("parquet/table-" + codec + ".parquet"));
    assertThat(parquet.fields()).isEqualTo(csv.fields()).isEqualTo(avro.fields());
    assertThat(Data.values(parquet))
        .isEqualTo(Data.values(csv))
        .isEqualTo(Data.values(avro))
        .hasSize(60);
    assertThat(parquet.rows()).extracting(row -> row.get(6)).startsWith(1L, 2L).endsWith(60L);
  }

  @Test
  void theFormatNamesTheCodec() throws IOException {
    assertThat(RecordFiles.detect(Golden.source("parquet/table-snappy.parquet")).format())
        .isEqualTo("Parquet, snappy");
    assertThat(RecordFiles.detect(Golden.source("parquet/table-none.parquet")).format())
        .isEqualTo("Parquet");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lz4", "brotli"})
  void anotherCodecIsRefusedByName(String codec) {
    assertThatThrownBy(() -> read(golden(codec)))
        .isInstanceOf(BadInput.class)
        .hasMessageMatching(
            "in/a.parquet, column id is compressed with (LZ4(_RAW)?|BROTLI); write the file with"
                + " zstd, snappy, gzip or no compression");
  }

  @Test
  void anyCutGivesTheRecordsOfOneStretch() throws IOException {
    byte[] bytes = golden("snappy");
    RecordFile file = RecordFiles.detect(ByteSource.of("a", bytes));
    List<List<@Nullable Object>> whole = Records.all(file);
    for (long cut = 0; cut <= bytes.length; cut += 97) {
      Records.Found found = Records.cut(file, List.of(cut));
      assertThat(found.rows()).as("cut at %s", cut).isEqualTo(whole);
      assertThat(found.ends()).as("cut at %s", cut).isEmpty();
    }
    Records.Found many =
        Records.cut(
            file,
            LongStream.rangeClosed(0, bytes.length).filter(at -> at % 500 == 7).boxed().toList());
    assertThat(many.rows()).isEqualTo(whole);
    assertThat(many.ends()).isEmpty();
  }

  @Test
  void aStretchFetchesItsOwnRowGroupsAlone() throws IOException {
    Watched source = new Watched(golden("none"));
    RecordFile file = ParquetFile.of(source);
    source.read = 0;
    try (RecordReader reader = file.read(new Stretch(0, 5))) {
      int rows = 0;
      while (reader.next()) {
        rows++;
      }
      assertThat(rows).isEqualTo(16);
      assertThat(reader.first()).isEqualTo(4);
    }
    assertThat(source.read).isPositive().isLessThan(source.size() / 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"types.parquet", "types-v2.parquet", "lists.parquet", "lists-v2.parquet"})
  void everyTypeIsThatOfTheReader(String name) throws IOException {
    byte[] bytes;
    try (InputStream in = ParquetFileTest.class.getResourceAsStream("/parquet/" + name)) {
      bytes = in == null ? new byte[0] : in.readAllBytes();
    }
    ParquetExampleReader reader = ParquetExampleReader.open(ByteBuffer.wrap(bytes), name, Set.of());
    Data.Table table = Data.inspect(ByteSource.of(name, bytes));
    assertThat(table.fields()).isEqualTo(reader.fields());
    assertThat(Data.values(table)).isEqualTo(Data.rows(reader)).isNotEmpty();
  }

  @Test
  void bytesAreTextUntilOneIsNot() throws Exception {
    Path path = folder.resolve("b.parquet");
    try (var duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb
          .createStatement()
          .execute(
              "COPY (SELECT i, CASE WHEN i = 150000 THEN '\\xFF'::BLOB ELSE 'text'::BLOB END b FROM"
                  + " range(200000) t(i)) TO '"
                  + path
                  + "' (FORMAT parquet, ROW_GROUP_SIZE 65536)");
    }
    RecordFile file = RecordFiles.detect(ByteSource.of(path));
    assertThat(file.declare(new Kinds())).isFalse();
    List<List<@Nullable Object>> rows = Records.all(file);
    assertThat(rows).hasSize(200_000);
    assertThat(rows.get(0)).containsExactly(0L, "dGV4dA==");
    assertThat(rows.get(150_000)).containsExactly(150_000L, "/w==");
  }

  @Test
  void aTextThatIsNotUtf8RejectsItsRow() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Field> fields = List.of(new Field("t", dev.sluice.contracts.ValueType.STRING));
    try (ExampleWriter writer = ParquetExampleWriter.open(out, fields)) {
      byte[] texts = {'a', (byte) 0xff, 'b'};
      Column column =
          new StringColumn(
              new int[] {0, 1, 2}, new Utf8List(texts, new int[] {1, 2, 3}), Validity.all(3));
      writer.write(new ExampleBatch(fields, List.of(column), 3));
      writer.finish();
    }
    Data.Table table = Data.inspect(ByteSource.of("in/a.parquet", out.toByteArray()));
    assertThat(Data.values(table)).containsExactly(List.of("a"), List.of("b"));
    assertThat(table.rows()).extracting(row -> row.get(1)).containsExactly(1L, 3L);
    assertThat(table.rejected()).hasSize(1);
    assertThat(table.rejected().getFirst().row()).isEqualTo(2);
    assertThat(table.rejected().getFirst().column()).isEqualTo("t");
  }

  @Test
  void aFileThatIsNotWholeIsRefused() throws IOException {
    byte[] bytes = golden("zstd");
    for (int length : List.of(4, 11, 12, 100, bytes.length - 1)) {
      assertThatThrownBy(() -> read(Arrays.copyOf(bytes, length)))
          .as("of %s bytes", length)
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("in/a.parquet cannot be read as Parquet: it")
          .hasMessageContaining("write it again");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0x7fffffff, 6_000})
  void aFooterOfAWrongLengthIsRefused(int length) throws IOException {
    byte[] bytes = golden("zstd");
    ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 8, length);
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("in/a.parquet cannot be read as Parquet");
  }

  @Test
  void aWrongChecksumOfAPageIsSeen() throws IOException {
    byte[] bytes = golden("snappy");
    int text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("Ahoj");
    assertThat(text).isPositive();
    bytes[text] ^= 1;
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("in/a.parquet cannot be read as Parquet")
        .hasMessageContaining("CRC");
  }

  @Test
  void anEncryptedFileIsNamed() {
    byte[] bytes = "PARE0123456789PARE".getBytes(UTF_8);
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(BadInput.class)
        .hasMessage("in/a.parquet is encrypted Parquet; write it without encryption");
  }

  @Test
  void aFailureOfTheSourceIsNoBadInput() throws IOException {
    Watched source = new Watched(golden("snappy"));
    RecordFile file = ParquetFile.of(source);
    source.failing = true;
    try (RecordReader reader = file.read(Stretch.WHOLE)) {
      assertThatThrownBy(reader::next)
          .isInstanceOf(IOException.class)
          .hasMessage("the network is down");
    }
  }

  @Test
  void noSeededMutationCrashes() throws IOException {
    Random random = new Random(3);
    List<byte[]> files = new ArrayList<>();
    for (String codec : List.of("snappy", "zstd", "gzip", "none", "required", "indexed")) {
      files.add(golden(codec));
    }
    int refused = 0;
    for (int trial = 0; trial < 200; trial++) {
      byte[] bytes = files.get(trial % files.size()).clone();
      // Half of them in the footer, where lengths and places are.
      int from = trial % 2 == 0 ? 0 : bytes.length - 2500;
      for (int i = 0; i <= random.nextInt(3); i++) {
        bytes[from + random.nextInt(bytes.length - from)] = (byte) random.nextInt(256);
      }
      try {
        read(bytes);
      } catch (BadInput e) {
        refused++;
        assertThat(e).hasMessageContaining("in/a.parquet");
      }
    }
    assertThat(refused).isBetween(40, 199);
  }

  @Test
  void aPageThatClaimsGigabytesIsRefusedUnread() throws IOException {
    byte[] bytes = golden("none");
    // The first page's header: its type, then its unpacked size as a zigzag number of some bytes.
    byte[] head = {0x15, 0x06, 0x15};
    int at = 4;
    assertThat(Arrays.copyOfRange(bytes, at, at + 3)).isEqualTo(head);
    byte[] huge = Arrays.copyOf(bytes, bytes.length);
    // The same structure with a size of five bytes takes the place of what follows it.
    System.arraycopy(
        new byte[] {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f, 0x15, 0x02, 0},
        0,
        huge,
        at + 3,
        8);
    assertThatThrownBy(() -> read(huge))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("in/a.parquet, column")
        .hasMessageContaining("2147483647 bytes; write smaller pages");
  }

  @Test
  void aFileOfOursIsReadToo() throws IOException {
    Path path = folder.resolve("ours.parquet");
    List<Field> fields =
        List.of(
            new Field("n", dev.sluice.contracts.ValueType.INT),
            new Field("x", dev.sluice.contracts.ValueType.FLOAT));
    try (var out = Files.newOutputStream(path);
        ExampleWriter writer = ParquetExampleWriter.open(out, fields)) {
      writer.write(
          new ExampleBatch(
              fields,
              List.of(
                  new IntColumn(new long[] {1, 2}, Validity.all(2)),
                  new FloatColumn(new double[] {.5, 1}, Validity.all(2))),
              2));
      writer.finish();
    }
    assertThat(Records.all(RecordFiles.detect(ByteSource.of(path))))
        .containsExactly(List.of(1L, .5), List.of(2L, 1.0));
  }
}
