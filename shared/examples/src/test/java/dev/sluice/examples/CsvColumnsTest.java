package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.FLOAT;
import static dev.sluice.contracts.ValueType.INT;
import static dev.sluice.contracts.ValueType.STRING;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of columns where the file has none, and numbers as people write them. */
class CsvColumnsTest {
  private static List<List<@Nullable Object>> rows(String text, String... columns)
      throws IOException {
    List<RecordFile> files = List.of(RecordFiles.detect(Data.csv(text), List.of(columns)));
    return Data.rows(Ingestion.read(files));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7,Paris,1.5\n8,Rome,2.5\n",
        "Paris,red,1.5\nRome,blue,2.5\nOslo,red,3\n",
        "Paris;2026-11-01\nRome;2026-11-02\n",
        "-1\tx\n2\ty\n"
      })
  void aFirstLineThatIsARowIsRefused(String text) {
    assertThatThrownBy(() -> RecordFiles.detect(Data.csv(text)))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("in/a.csv, line 1: the header is missing, the first line looks")
        .hasMessageEndingWith(
            "is no name; write the columns' names as the first line, or give them in the spec, as"
                + " source: {columns: [...]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "city,2019,2020\nParis,1,2\n",
        "id,1\n1,2\n2,3\n",
        "2019,2020,city\n1,2,x\n",
        "city,color\nParis,red\n",
        "a,b\n",
        "a,b\n,\n",
        "x1,x2\n1,2\n"
      })
  void aFirstLineThatMayBeNamesIsAHeader(String text) {
    assertThatCode(() -> RecordFiles.detect(Data.csv(text))).doesNotThrowAnyException();
  }

  @Test
  void columnsThatAreGivenMakeTheFirstLineARow() throws IOException {
    assertThat(rows("7,Paris\n8,Rome\n", "id", "city"))
        .containsExactly(List.of(7L, "Paris", 1L, "in/a.csv"), List.of(8L, "Rome", 2L, "in/a.csv"));
  }

  @Test
  void aHeaderWithTheGivenColumnsIsSkipped() throws IOException {
    assertThat(rows("\ufeffid, city\r\n7,Paris\r\n", "id", "city"))
        .containsExactly(List.of(7L, "Paris", 1L, "in/a.csv"));
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstRow() throws IOException {
    assertThat(rows("\ufeff7,Paris\n", "id", "city"))
        .containsExactly(List.of(7L, "Paris", 1L, "in/a.csv"));
  }

  @Test
  void withoutAHeaderShardsStillAgree() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      text.append(i).append(",n").append(i).append('\n');
    }
    List<RecordFile> files =
        List.of(RecordFiles.detect(Data.csv(text.toString()), List.of("id", "name")));
    long rows = 0;
    for (int shard = 0; shard < 7; shard++) {
      for (Inspection.Piece piece :
          Ingestion.inspect(files, shard, 7, Ingestion.Progress.none()).pieces()) {
        rows += piece.rows();
      }
    }
    assertThat(rows).isEqualTo(500);
  }

  @Test
  void columnsThatDoNotFitAreRefused() {
    assertThatThrownBy(() -> rows("7,Paris\n", "id"))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "in/a.csv, line 1 has 2 fields, and the source's columns are 1 (id); name each field,"
                + " in order");
    assertThatThrownBy(() -> rows("city,id\nParis,7\n", "id", "city"))
        .hasMessage(
            "in/a.csv, line 1 is a header with the source's columns in another order (city, id);"
                + " give them in this order, or leave columns out");
    assertThatThrownBy(() -> rows("7,Paris\n", "id", "id"))
        .hasMessage("columns of the source name id twice; rename one");
    assertThatThrownBy(() -> rows("7,Paris\n", "id", "__x")).hasMessageContaining("starts with __");
  }

  @Test
  void aFormatThatNamesItsColumnsTakesNone() {
    ByteSource json = ByteSource.of("in/a.jsonl", "{\"a\": 1}\n".getBytes(UTF_8));
    assertThatThrownBy(() -> RecordFiles.detect(json, List.of("a")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "in/a.jsonl is JSON Lines, which names its columns itself; leave columns out of the"
                + " source");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "a,b~\"1,234\",x~\"2,000,000\",y",
        "a,b~5,x~\"-1,234.50\",y",
        "a,b~5.5,x~\"1,234\",y",
        "a,b~,x~\"1,234\",y",
        "a;b~1,234;x~999;y"
      })
  void numbersWithCommasBetweenThousandsAreRefused(String lines) {
    String text = lines.replace('~', '\n') + "\n";
    assertThatThrownBy(() -> Data.inspect(Data.csv(text)))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "the numbers of column a have commas between thousands, such as 1,234.50; write them"
                + " plainly, as 1234.50, and with a point before decimals");
  }

  @Test
  void amongTextsTheyAreText() throws IOException {
    Data.Table table = Data.inspect(Data.csv("a,b\n\"1,234\",1\nmany,2\n\"12,34\",3\n"));
    assertThat(table.fields()).containsExactly(new Field("a", STRING), new Field("b", INT));
    assertThat(Data.values(table).getFirst()).containsExactly("1,234", 1L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1,234|1024",
        "-1,234.5|1024",
        "12,345,678|1024",
        "999,999.00|1024",
        "0,123|32",
        "1234,567|32",
        "1,23|32",
        "1,2345|32",
        "1,234.|32",
        "1,234,|32",
        "1,234,56|32",
        "1,234e5|32",
        ",123|32",
        "1.234,5|32",
        "+1,234|32"
      })
  void onlyTheFormWithoutDoubtIsOne(String text, int kind) {
    byte[] b = text.getBytes(UTF_8);
    assertThat(Numbers.kind(b, 0, b.length)).isEqualTo(kind);
  }

  @Test
  void aTsvIsCutAtItsTabs() throws IOException {
    String text = "a,x,y\tb,z,w\n1,2,3\t4.5\n2,3,4\t5\n";
    Data.Table tsv = Data.inspect(ByteSource.of("in/a.tsv", text.getBytes(UTF_8)));
    assertThat(tsv.fields()).containsExactly(new Field("a,x,y", STRING), new Field("b,z,w", FLOAT));
    assertThat(tsv.sources().getFirst().format()).isEqualTo("CSV, delimiter tab");
  }

  @Test
  void aTsvWithoutTabsIsWhatItsContentSays() throws IOException {
    Data.Table table = Data.inspect(ByteSource.of("in/a.tsv", "a;b\n1;2\n".getBytes(UTF_8)));
    assertThat(table.fields()).containsExactly(new Field("a", INT), new Field("b", INT));
  }
}
