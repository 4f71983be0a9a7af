package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CsvBadInputTest {
  static Stream<Arguments> objects() {
    return Stream.of(
        Arguments.of("", "in/a.csv is empty; write a header line and at least one row"),
        Arguments.of("\n\r\n", "in/a.csv holds only empty lines; write a header line and rows"),
        Arguments.of(
            "a,b\n", "in/a.csv has a header but no rows; write at least one row below the header"),
        Arguments.of(
            "a,b,a\n1,2,3\n", "in/a.csv, line 1: columns 1 and 3 are both named a; rename one"),
        Arguments.of(
            ",b\n1,2\n",
            "in/a.csv, line 1: column 1 of 2 has an empty name; give every column a name (pandas:"
                + " index=False)"),
        Arguments.of(
            "1,2.5,\n3,4,5\n",
            "in/a.csv, line 1: the header is missing, the first line holds only numbers (1, 2.5, );"
                + " write the columns' names as the first line, or give them in the spec, as"
                + " source: {columns: [...]}"),
        Arguments.of(
            "a,__row\n1,2\n",
            "in/a.csv, line 1: column 2: the name __row starts with __, which is kept for Sluice;"
                + " rename it"),
        Arguments.of(
            "a,__source\n1,2\n",
            "in/a.csv, line 1: column 2: the name __source starts with __, which is kept for Sluice;"
                + " rename it"),
        Arguments.of(
            "x".repeat(301) + ",b\n1,2\n",
            "in/a.csv, line 1: column 1: the name "
                + "x".repeat(60)
                + "... is longer than 300 characters; shorten it"),
        Arguments.of(
            "a,\"b\n1,2\n",
            "in/a.csv, line 1: the header is broken: a quote is opened and never closed; close it, or"
                + " double it where it is text"));
  }

  @ParameterizedTest
  @MethodSource("objects")
  void refusesTheObjectWithASentence(String text, String message) {
    assertThatThrownBy(() -> Data.inspect(Data.csv(text)))
        .isInstanceOf(BadInput.class)
        .hasMessage(message);
  }

  static Stream<Arguments> binaries() {
    return Stream.of(
        Arguments.of("PK\u0003\u0004..".getBytes(UTF_8), "a zip archive or an Excel workbook"),
        Arguments.of("\u0089PNG\r\n".getBytes(ISO_8859_1), "a PNG image"),
        Arguments.of("%PDF-1.7".getBytes(UTF_8), "a PDF document"));
  }

  @ParameterizedTest
  @MethodSource("binaries")
  void refusesBinaryFormatsByName(byte[] bytes, String format) {
    assertThatThrownBy(() -> Data.inspect(ByteSource.of("in/a.csv", bytes)))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "in/a.csv is not CSV but "
                + format
                + " (by its first bytes); drop the CSV text itself");
  }

  @Test
  void refusesZeroBytes() {
    assertThatThrownBy(() -> Data.inspect(Data.csv("a\u0000b,c\n1,2\n")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "in/a.csv is a binary file (or UTF-16 text): it has a zero byte at offset 1; drop CSV"
                + " text in UTF-8");
  }

  @Test
  void refusesAFirstLineWithoutEnd() {
    assertThatThrownBy(() -> Data.inspect(Data.csv("x".repeat(300_000))))
        .isInstanceOf(BadInput.class)
        .hasMessage("in/a.csv: the first line is longer than 262144 bytes; is this a CSV file?");
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() {
    assertThatThrownBy(() ->
            Data.inspect(ByteSource.of("in/a.csv", "caf\u00e9,b\n1,2\n".getBytes(ISO_8859_1))))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "in/a.csv, line 1: the header is broken: byte 0xE9 is not valid UTF-8; save the file as"
                + " UTF-8");
  }

  private static List<RejectedRow> rejected(String text, Object... goodKeys) throws IOException {
    Data.Table table = Data.inspect(ByteSource.of("in/a.csv", text.getBytes(ISO_8859_1)));
    assertThat(table.rows()).extracting(row -> row.get(0)).containsExactly(goodKeys);
    assertThat(table.sources().getFirst().rejectedRows()).isEqualTo(table.rejected().size());
    return table.rejected();
  }

  @Test
  void aRaggedRowIsRejectedAlone() throws IOException {
    assertThat(rejected("k,v\n1,a\n2\n3,c,d\n4,e\n", 1L, 4L))
        .containsExactly(
            new RejectedRow(
                "in/a.csv",
                2,
                3,
                8,
                null,
                "2",
                "the row has 1 field, the header has 2; fill the row up, or quote fields that hold a"
                    + " line break"),
            new RejectedRow(
                "in/a.csv",
                3,
                4,
                10,
                null,
                "3,c,d",
                "the row has 3 fields, the header has 2; quote fields that hold the delimiter or a"
                    + " line break"));
  }

  @Test
  void rejectedRowsAndLinesWithinQuotesCountInRowAndLineNumbers() throws IOException {
    String text = "k,v\r\n1,\"a\r\nb\"\r\n\r\n2\r\n3,c\r\n";
    List<RejectedRow> rejected = rejected(text, 1L, 3L);
    assertThat(rejected).hasSize(1);
    assertThat(rejected.getFirst().row()).isEqualTo(2);
    assertThat(rejected.getFirst().line()).isEqualTo(5);
    assertThat(rejected.getFirst().byteOffset()).isEqualTo(text.indexOf("2\r\n3"));
    assertThat(Data.inspect(Data.csv(text)).rows())
        .extracting(row -> row.get(2))
        .containsExactly(1L, 3L);
  }

  @Test
  void aQuoteThatIsNeverClosedCostsOneRow() throws IOException {
    assertThat(rejected("k,v\n1,a\n2,\"b\n3,c\n4,d\n", 1L, 3L, 4L))
        .containsExactly(
            new RejectedRow(
                "in/a.csv",
                2,
                3,
                8,
                "v",
                "2,\"b",
                "a quote is opened and never closed; close it, or double it where it is text"));
  }

  @Test
  void aQuoteThatTheNextQuotedFieldWouldCloseCostsOneRow() throws IOException {
    List<RejectedRow> rejected =
        rejected("k,v\n1,\"b\n2,c\n3,\"quoted\"\n4,\"\"\n5,\",x\"\n", 2L, 3L, 4L, 5L);
    assertThat(rejected).extracting(RejectedRow::line).containsExactly(2L);
  }

  @Test
  void aQuoteThatIsNotClosedWithinTheLimitCostsOneRow() throws IOException {
    String rest = "2,abcdefghijklmnopqrstuvwxyz\n".repeat(700_000);
    Data.Table examples = Data.inspect(Data.csv("k,v\n1,\"b\n" + rest));
    assertThat(examples.sources().getFirst().rows()).isEqualTo(700_001);
    assertThat(examples.sources().getFirst().rejectedRows()).isEqualTo(1);
  }

  @Test
  void textAfterAClosingQuoteIsRejected() throws IOException {
    assertThat(rejected("k,v\n1,\"a\"b\n2,c\n", 2L))
        .containsExactly(
            new RejectedRow(
                "in/a.csv",
                1,
                2,
                4,
                "v",
                "1,\"a\"b",
                "there is text after a closing quote; double a quote that is part of the text"));
  }

  @Test
  void aRaggedRowWithALineBreakInQuotesIsRejectedAsOne() throws IOException {
    assertThat(rejected("k,v,w\n1,\"a\nb\"\n2,c,d\n", 2L)).hasSize(1);
  }

  @Test
  void bytesThatAreNotUtf8AreRejectedWithTheirColumn() throws IOException {
    assertThat(rejected("k,v\n1,a\n2,caf\u00e9\n3,c\n", 1L, 3L))
        .containsExactly(
            new RejectedRow(
                "in/a.csv",
                2,
                3,
                8,
                "v",
                "2,caf\ufffd",
                "byte 0xE9 is not valid UTF-8; save the file as UTF-8"));
  }

  static Stream<String> malformed() {
    return Stream.of(
        "\u00c0\u0080",
        "\u00ed\u00a0\u0080",
        "\u00f4\u0090\u0080\u0080",
        "\u00e2\u0082",
        "\u0080",
        "\u00f8\u0088\u0080\u0080\u0080",
        "\u00e0\u009f\u00bf",
        "\u00f0\u008f\u00bf\u00bf");
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void malformedSequencesAreNotUtf8(String bytes) throws IOException {
    assertThat(rejected("k,v\n1," + bytes + "\n2,c\n", 2L)).hasSize(1);
  }

  @Test
  void aRowBeyondTheLimitIsPassedOver() throws IOException {
    String text = "k,v\n1,a\n2," + "x".repeat(500) + "\n3,c\n4,\"" + "y\n".repeat(200) + "5,d\n";
    try (CsvScanner scanner =
        new CsvScanner(
            new ByteArrayInputStream(text.getBytes(UTF_8)),
            (byte) ',',
            (byte) '\n',
            /* bufferBytes= */ 16,
            /* maxRecord= */ 100)) {
      scanner.expectFields(2);
      List<String> good = new ArrayList<>();
      List<String> bad = new ArrayList<>();
      while (scanner.next()) {
        if (scanner.problem() == null) {
          good.add(
              new String(
                  scanner.bytes(), scanner.start(0), scanner.end(0) - scanner.start(0), UTF_8));
        } else {
          bad.add(scanner.line() + ":" + scanner.offset());
        }
      }
      assertThat(good).containsExactly("k", "1", "3", "5");
      assertThat(bad.subList(0, 3))
          .containsExactly("3:8", "5:" + text.indexOf("4,"), "6:" + (text.indexOf("4,\"") + 5));
    }
  }

  @Test
  void aLineOfTwoGigabytesCostsItsRowAndLittleMemory() throws IOException {
    byte[] before = "k,v\n1,a\n2,".getBytes(UTF_8);
    byte[] after = "\n3,c\n".getBytes(UTF_8);
    long line = (1L << 31) + 1;
    ByteSource source =
        new ByteSource() {
          @Override
          public InputStream open() {
            return new SequenceInputStream(
                new SequenceInputStream(new ByteArrayInputStream(before), new Same(line)),
                new ByteArrayInputStream(after));
          }

          @Override
          public String name() {
            return "in/a.csv";
          }

          @Override
          public long size() {
            return before.length + line + after.length;
          }
        };
    Data.Table table = Data.inspect(source);
    assertThat(table.rows()).extracting(row -> row.get(0)).containsExactly(1L, 3L);
    RejectedRow rejected = table.rejected().getFirst();
    assertThat(rejected.reason()).startsWith("the row is longer than 16777216 bytes");
    assertThat(rejected.value()).hasSize(RejectedRow.MAX_CHARS);
  }

  /** So many times the same letter. */
  private static final class Same extends InputStream {
    private long left;

    Same(long length) {
      left = length;
    }

    @Override
    public int read() {
      return left-- > 0 ? 'x' : -1;
    }

    @Override
    public int read(byte[] to, int from, int length) {
      if (left <= 0) {
        return -1;
      }
      int count = (int) Math.min(left, length);
      Arrays.fill(to, from, from + count, (byte) 'x');
      left -= count;
      return count;
    }
  }

  @Test
  void theRawTextIsCut() throws IOException {
    String value = rejected("k,v\n" + "x".repeat(5000) + "\n2,c\n", 2L).getFirst().value();
    assertThat(value).isEqualTo("x".repeat(RejectedRow.MAX_CHARS));
  }

  @Test
  void rejectedRowsAreWrittenAsJsonLines() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RejectedRows sink = RejectedRows.jsonLines(out);
    for (RejectedRow row : Data.inspect(Data.csv("k,v\n1,a\n2,\"<b>\"c\n")).rejected()) {
      sink.add(row);
    }
    assertThat(out.toString(UTF_8))
        .isEqualTo(
            "{\"source\":\"in/a.csv\",\"row\":2,\"line\":3,\"byteOffset\":8,\"column\":\"v\","
                + "\"value\":\"2,\\\"<b>\\\"c\",\"reason\":\"there is text after a closing quote;"
                + " double a quote that is part of the text\"}\n");
  }
}
