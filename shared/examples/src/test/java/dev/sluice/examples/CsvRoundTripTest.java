package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.STRING;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random tables, written with random quoting and line ends, are read back equal. */
class CsvRoundTripTest {
  private static final String[] PIECES = {
    "a",
    "bc",
    ",",
    ";",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    " ",
    "\u00e9",
    "\u65e5",
    "\ud83d\ude00",
    "1",
    "|",
    "\t"
  };

  @TempDir Path folder;

  private static List<List<@Nullable Object>> table(Random random, int rows, int columns) {
    List<List<@Nullable Object>> table = new ArrayList<>();
    for (int r = 0; r < rows; r++) {
      List<@Nullable Object> row = new ArrayList<>();
      for (int c = 0; c < columns; c++) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(6); n > 0; n--) {
          text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        row.add(text.isEmpty() ? null : c == 0 ? "k" + text : text.toString());
      }
      if (row.getFirst() == null) {
        row.set(0, "k");
      }
      table.add(row);
    }
    return table;
  }

  private static String write(
      Random random, List<List<@Nullable Object>> table, char delimiter, boolean mixedLineEnds) {
    StringBuilder csv = new StringBuilder();
    for (int c = 0; c < table.getFirst().size(); c++) {
      csv.append(c == 0 ? "" : String.valueOf(delimiter)).append("column").append(c);
    }
    csv.append('\n');
    for (List<@Nullable Object> row : table) {
      for (int c = 0; c < row.size(); c++) {
        String text = row.get(c) instanceof String s ? s : "";
        boolean quote =
            text.startsWith("\"")
                || text.indexOf(delimiter) >= 0
                || text.indexOf('\n') >= 0
                || text.indexOf('\r') >= 0
                || (!mixedLineEnds && text.indexOf('"') >= 0)
                || random.nextInt(3) == 0;
        csv.append(c == 0 ? "" : String.valueOf(delimiter));
        csv.append(quote ? "\"" + text.replace("\"", "\"\"") + "\"" : text);
      }
      csv.append(mixedLineEnds && random.nextBoolean() ? "\r\n" : "\n");
    }
    return csv.toString();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void randomTablesAreReadBack(int seed) throws IOException {
    Random random = new Random(seed);
    int columns = 2 + random.nextInt(5);
    List<List<@Nullable Object>> table = table(random, 3000, columns);
    String csv = write(random, table, ",;\t|".charAt(seed % 4), /* mixedLineEnds= */ true);
    Data.Table examples = Data.inspect(Data.csv(csv));
    assertThat(examples.fields()).allMatch(field -> field.type() == STRING);
    assertThat(Data.values(examples)).isEqualTo(table);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 7, 64, 1000})
  void theBufferSizeDoesNotMatter(int bufferBytes) throws IOException {
    Random random = new Random(bufferBytes);
    List<List<@Nullable Object>> table = table(random, 300, 3);
    byte[] csv = write(random, table, ',', /* mixedLineEnds= */ true).getBytes(UTF_8);
    List<List<@Nullable Object>> read = new ArrayList<>();
    try (CsvScanner scanner =
        new CsvScanner(
            new ByteArrayInputStream(csv), (byte) ',', (byte) '\n', bufferBytes, 1 << 20)) {
      scanner.expectFields(3);
      while (scanner.next()) {
        assertThat(scanner.problem()).isNull();
        List<@Nullable Object> row = new ArrayList<>();
        for (int f = 0; f < scanner.fields(); f++) {
          int length = scanner.end(f) - scanner.start(f);
          row.add(
              length == 0 ? null : new String(scanner.bytes(), scanner.start(f), length, UTF_8));
        }
        read.add(row);
      }
    }
    assertThat(read.subList(1, read.size())).isEqualTo(table);
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 12, 13})
  void duckdbReadsTheSame(int seed) throws Exception {
    Random random = new Random(seed);
    List<List<@Nullable Object>> table = table(random, 2000, 4);
    for (List<@Nullable Object> row : table) {
      row.set(1, random.nextInt(4) == 0 ? null : String.valueOf(random.nextInt(1000) - 500));
      row.set(2, random.nextInt(4) == 0 ? null : String.valueOf(random.nextGaussian() * 1e6));
    }
    String csv = write(random, table, ',', /* mixedLineEnds= */ false);
    Path path = Files.writeString(folder.resolve("a.csv"), csv);
    List<List<@Nullable Object>> expected = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT * FROM read_csv('"
                    + path
                    + "', header = true, delim = ',', quote = '\"', escape = '\"', new_line = '\\n',"
                    + " columns = {'column0': 'VARCHAR', 'column1': 'BIGINT', 'column2': 'DOUBLE',"
                    + " 'column3': 'VARCHAR'})")) {
      while (result.next()) {
        List<@Nullable Object> row = new ArrayList<>();
        for (int c = 1; c <= 4; c++) {
          Object value = result.getObject(c);
          row.add("".equals(value) ? null : value);
        }
        expected.add(row);
      }
    }
    assertThat(Data.values(Data.inspect(Data.csv(csv)))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {21, 22, 23, 24})
  void anyBytesAreReadToTheEndAlikeWithAnyBuffer(int seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      for (int k = 0; k < bytes.length; k++) {
        bytes[k] = (byte) "aab,,,\"\"\n\n\r\u0000\u00c3\u00a9".charAt(random.nextInt(14));
      }
      byte lineEnd = (byte) (random.nextInt(4) == 0 ? '\r' : '\n');
      List<String> large = records(bytes, lineEnd, 1 << 16);
      assertThat(records(bytes, lineEnd, 3)).isEqualTo(large);
      assertThat(records(bytes, lineEnd, 17)).isEqualTo(large);
      long lines = new String(bytes, ISO_8859_1).chars().filter(c -> c == lineEnd).count();
      assertThat(large).hasSizeLessThanOrEqualTo((int) lines + 1);
    }
  }

  private static List<String> records(byte[] bytes, byte lineEnd, int bufferBytes)
      throws IOException {
    List<String> records = new ArrayList<>();
    try (CsvScanner scanner =
        new CsvScanner(
            new ByteArrayInputStream(bytes), (byte) ',', lineEnd, bufferBytes, 1 << 20)) {
      scanner.expectFields(3);
      while (scanner.next()) {
        StringBuilder record = new StringBuilder();
        record.append(scanner.line()).append(' ').append(scanner.offset());
        if (scanner.problem() != null) {
          record.append(scanner.problem()).append(scanner.problemField()).append(scanner.raw());
        } else {
          for (int f = 0; f < scanner.fields(); f++) {
            int length = scanner.end(f) - scanner.start(f);
            record.append('|').append(new String(scanner.bytes(), scanner.start(f), length, UTF_8));
          }
        }
        records.add(record.toString());
      }
    }
    return records;
  }
}
