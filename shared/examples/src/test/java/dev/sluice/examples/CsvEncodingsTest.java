package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvEncodingsTest {
  private static final String TABLE = "id,name\n1,Jürgen\n2,Zoë\n3,Çelik\n4,plain\n";

  private static RecordFile detect(byte[] bytes) throws IOException {
    return RecordFiles.detect(ByteSource.of("in/a.csv", bytes));
  }

  private static List<List<Object>> values(byte[] bytes) throws IOException {
    return Data.values(Data.inspect(ByteSource.of("in/a.csv", bytes)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "x-UTF-16LE-BOM", "ISO-8859-1", "windows-1252"})
  void aTableIsTheSameInAnyEncoding(String charset) throws IOException {
    byte[] bytes = TABLE.getBytes(Charset.forName(charset));
    assertThat(values(bytes)).isEqualTo(values(TABLE.getBytes(UTF_8))).hasSize(4);
    assertThat(values(bytes).get(1)).containsExactly(2L, "Zoë");
  }

  @Test
  void theFormatNamesTheEncoding() throws IOException {
    assertThat(detect(TABLE.getBytes(UTF_16)).format()).isEqualTo("CSV, delimiter ',', UTF-16BE");
    assertThat(detect(TABLE.getBytes(ISO_8859_1)).format())
        .isEqualTo("CSV, delimiter ',', Windows-1252");
    assertThat(detect(TABLE.getBytes(UTF_8)).format()).isEqualTo("CSV, delimiter ','");
  }

  @Test
  void anotherEncodingCannotBeCut() throws IOException {
    assertThat(detect(TABLE.getBytes(UTF_16LE)).indivisible())
        .isEqualTo("is UTF-16LE and not UTF-8, which cannot be cut");
    assertThat(detect(TABLE.getBytes(ISO_8859_1)).indivisible())
        .isEqualTo("is Windows-1252 and not UTF-8, which cannot be cut");
    assertThat(detect(TABLE.getBytes(UTF_8)).indivisible()).isNull();
  }

  @Test
  void aPackedTableMayBeInAnyEncoding() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(TABLE.getBytes(UTF_16LE));
    }
    RecordFile file = RecordFiles.detect(ByteSource.of("in/a.csv.gz", packed.toByteArray()));
    assertThat(file.format()).isEqualTo("CSV, delimiter ',', UTF-16LE, gzip");
    assertThat(file.indivisible()).contains("gzip");
  }

  @Test
  void windows1252HasMoreThanLatin1() throws IOException {
    byte[] bytes =
        "a,b\n1,façade – Žižek’s €\n2,naïve\n3,élan vital Œuvre\n"
            .getBytes(Charset.forName("windows-1252"));
    assertThat(values(bytes).getFirst()).containsExactly(1L, "façade – Žižek’s €");
  }

  @Test
  void aFewDamagedBytesCostTheirRowsAlone() throws IOException {
    String text = "id,name\n1,Zo\u00eb\n2,plain\n3,caf\u00e9\n4,plain\n";
    Data.Table table = Data.inspect(ByteSource.of("in/a.csv", text.getBytes(ISO_8859_1)));
    assertThat(table.rows()).hasSize(2);
    assertThat(table.rejected()).extracting(RejectedRow::line).containsExactly(2L, 4L);
  }

  @Test
  void damageInUtf8IsNoOtherEncoding() throws IOException {
    byte[] bytes = "id,name\n1,Jürgen\n2,cafe\n3,cafe\n4,cafe\n5,cafe\n".getBytes(UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 'f') {
        bytes[i] = (byte) 0xe9;
      }
    }
    Data.Table table = Data.inspect(ByteSource.of("in/a.csv", bytes));
    assertThat(table.rows()).hasSize(1);
    assertThat(table.rejected()).hasSize(4);
  }

  @Test
  void bytesThatAreNoLettersAreNoOtherEncoding() throws IOException {
    byte[] bytes =
        "id,name\n1,\u00b0\u00a0\u00ff\n2,\u00a1\u00b2\u00b3\n3,x\n".getBytes(ISO_8859_1);
    Data.Table table = Data.inspect(ByteSource.of("in/a.csv", bytes));
    assertThat(table.rejected()).hasSize(2);
  }

  @Test
  void halfACharacterCostsItsRowAlone() throws IOException {
    byte[] bytes = "id,name\n1,a\n2,xyz\n3,c\n".getBytes(UTF_16LE);
    int y = 2 * "id,name\n1,a\n2,x".length();
    bytes[y + 1] = (byte) 0xd8;
    Data.Table table = Data.inspect(ByteSource.of("in/a.csv", bytes));
    assertThat(table.rows()).hasSize(2);
    assertThat(table.rejected()).extracting(RejectedRow::line).containsExactly(3L);
    assertThat(table.rejected().getFirst().reason()).contains("not valid UTF-8");
  }

  @Test
  void anOddByteAtTheEndCostsTheLastRow() throws IOException {
    byte[] whole = "id,name\n1,a\n2,bc".getBytes(UTF_16LE);
    byte[] cut = Arrays.copyOf(whole, whole.length - 1);
    Data.Table table = Data.inspect(ByteSource.of("in/a.csv", cut));
    assertThat(table.rows()).hasSize(1);
    assertThat(table.rejected()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
  void whateverTheReadsLengthsTheTextIsTheSame(String charset) throws IOException {
    Random random = new Random(3);
    StringBuilder text = new StringBuilder();
    while (text.length() < 100_000) {
      text.appendCodePoint(
          random.nextInt(4) == 0 ? 0x1f600 + random.nextInt(64) : 'a' + random.nextInt(200));
    }
    byte[] bytes = text.toString().getBytes(Charset.forName(charset));
    ByteSource source =
        new TranscodedSource(
            new ByteSource() {
              @Override
              public InputStream open() {
                InputStream whole = new ByteArrayInputStream(bytes);
                return new InputStream() {
                  @Override
                  public int read() throws IOException {
                    return whole.read();
                  }

                  @Override
                  public int read(byte[] b, int from, int length) throws IOException {
                    return whole.read(b, from, Math.min(length, 1 + random.nextInt(700)));
                  }
                };
              }

              @Override
              public String name() {
                return "in/a.csv";
              }

              @Override
              public long size() {
                return bytes.length;
              }
            },
            Charset.forName(charset));
    try (InputStream in = source.open()) {
      assertThat(new String(in.readAllBytes(), UTF_8).equals(text.toString())).isTrue();
    }
  }

  @Test
  void aLongTableIsReadInConstantMemory() throws IOException {
    byte[] block = "12345,Jürgen Müller,Köln\r\n".repeat(1000).getBytes(UTF_16LE);
    byte[] header = "\ufeffid,name,city\r\n".getBytes(UTF_16LE);
    int blocks = 400;
    ByteSource source =
        new ByteSource() {
          @Override
          public InputStream open() {
            return new SequenceInputStream(
                Collections.enumeration(
                    Stream.concat(Stream.of(header), Stream.generate(() -> block).limit(blocks))
                        .map(ByteArrayInputStream::new)
                        .toList()));
          }

          @Override
          public String name() {
            return "in/a.csv";
          }

          @Override
          public long size() {
            return header.length + (long) blocks * block.length;
          }
        };
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults())
            .run(
                List.of(RecordFiles.detect(source)),
                file -> OutputStream.nullOutputStream(),
                Ingestion.Progress.none());
    assertThat(result.rows()).isEqualTo(400_000);
    assertThat(result.rejectedRows()).isZero();
  }
}
