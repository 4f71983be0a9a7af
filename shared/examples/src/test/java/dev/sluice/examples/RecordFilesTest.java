package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordFilesTest {
  private static final byte[] CSV = "a,b\n1,2\n".getBytes(UTF_8);
  private static final byte[] JSON = "\n {\"a\":1}\n".getBytes(UTF_8);
  private static final byte[] TFRECORD = Reading.tfRecords(List.of(new byte[0], new byte[0]));

  private static RecordFile detect(String name, byte[] bytes) throws IOException {
    return RecordFiles.detect(ByteSource.of(name, bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"in/a", "in/a.csv", "in/a.txt", "in/a.dat"})
  void contentDecidesWhereTheNameIsOfNoOtherFormat(String name) throws IOException {
    assertThat(detect(name, CSV)).isInstanceOf(CsvFile.class);
    assertThat(detect(name, JSON)).isInstanceOf(JsonLinesFile.class);
    assertThat(detect(name, TFRECORD)).isInstanceOf(TfRecordFile.class);
  }

  @Test
  void packedObjectsAreUnpackedFirst() throws IOException {
    for (byte[] bytes : List.of(CSV, JSON, TFRECORD)) {
      Class<?> plain = detect("in/a", bytes).getClass();
      for (boolean gzip : new boolean[] {true, false}) {
        byte[] packed = gzip ? Reading.gzip(bytes) : Zstd.compress(bytes);
        RecordFile file = detect("in/a", packed);
        assertThat(file).isInstanceOf(plain);
        assertThat(file.format()).endsWith(gzip ? ", gzip" : ", zstd");
        assertThat(file.indivisible())
            .isEqualTo("is packed with " + (gzip ? "gzip" : "zstd") + ", which cannot be cut");
        assertThat(file.bytes()).isEqualTo(packed.length);
        assertThat(Reading.records(file)).isEqualTo(Reading.records(detect("in/a", bytes)));
      }
      assertThat(detect("in/a", bytes).indivisible()).isNull();
    }
  }

  @Test
  void packedTwiceIsRefused() {
    assertThatThrownBy(() -> detect("in/a.csv.gz", Reading.gzip(Reading.gzip(CSV))))
        .isInstanceOf(BadInput.class)
        .hasMessage("in/a.csv.gz is packed twice, with gzip and within it gzip; pack it once");
  }

  @Test
  void anEmptyObjectIsWhatItsNameSays() throws IOException {
    assertThat(Reading.records(detect("in/part_tfrecord-00000-of-00002", new byte[0]))).isEmpty();
    assertThat(Reading.records(detect("in/a.tfrecord.gz", Reading.gzip(new byte[0])))).isEmpty();
    assertThat(Reading.records(detect("in/a.jsonl", new byte[0]))).isEmpty();
    assertThatThrownBy(() -> detect("in/a.csv", new byte[0]))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("in/a.csv is empty");
  }

  @ParameterizedTest
  @CsvSource({
    "a.parquet,Parquet",
    "a.avro.gz,Avro",
    "a.tfrecord,TFRecord",
    "b_tfrecord-1,TFRecord"
  })
  void aNameThatTheContentBeliesIsRefused(String name, String format) {
    assertThatThrownBy(() -> detect("in/" + name, CSV))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "in/"
                + name
                + " is named as "
                + format
                + ", but its first bytes are not of that format; write it again or name it for"
                + " what it is");
  }

  @Test
  void aTfRecordFileWithABrokenStartIsStillOne() throws IOException {
    byte[] bytes = Reading.flip(TFRECORD, 0);
    assertThat(detect("in/a.tfrecord", bytes)).isInstanceOf(TfRecordFile.class);
  }

  @Test
  void aJsonFileMayBeginWithABrokenLine() throws IOException {
    byte[] bytes = "{\"a\":\n{\"a\":1}\n".getBytes(UTF_8);
    assertThat(detect("in/a.jsonl", bytes)).isInstanceOf(JsonLinesFile.class);
  }

  @Test
  void jsonThatIsNotLinesIsSaid() {
    assertThatThrownBy(() -> detect("in/a.json", "[{\"a\":1}]".getBytes(UTF_8)))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "in/a.json is one JSON list; write one object a line, without the list around them");
    assertThatThrownBy(() -> detect("in/a.json", "{\n  \"a\": 1\n}\n".getBytes(UTF_8)))
        .isInstanceOf(BadInput.class)
        .hasMessage("in/a.json is JSON over several lines; write each object on a line of its own");
    assertThatThrownBy(() -> detect("in/a.json", "{\"a\":1}".getBytes(UTF_16)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("UTF-16");
  }

  @Test
  void aHeaderWithABraceIsCsv() throws IOException {
    assertThat(detect("in/a.csv", "{a},b\n1,2\n".getBytes(UTF_8))).isInstanceOf(CsvFile.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {"%PDF-1.7 ~ a PDF document", "BZh9 ~ bzip2", "GIF89a ~ a GIF image"})
  void whatIsNoTableIsRefusedByName(String start, String format) {
    assertThatThrownBy(() -> detect("in/a.csv", start.getBytes(UTF_8)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(format);
    assertThatThrownBy(() -> detect("in/a.csv.gz", Reading.gzip(start.getBytes(UTF_8))))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(format);
  }
}
