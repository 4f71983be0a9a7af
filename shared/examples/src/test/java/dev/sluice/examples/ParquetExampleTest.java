package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.FLOAT;
import static dev.sluice.contracts.ValueType.INT;
import static dev.sluice.contracts.ValueType.STRING;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParquetExampleTest {
  @TempDir Path folder;

  private static ExampleBatch batch(List<Field> fields, int rows, IntFunction<Object[]> row) {
    BatchBuilder builder = new BatchBuilder(fields);
    for (int r = 0; r < rows; r++) {
      @Nullable Object[] values = row.apply(r);
      for (int c = 0; c < values.length; c++) {
        switch (values[c]) {
          case null -> {}
          case Long l -> builder.putLong(c, l);
          case Double d -> builder.putDouble(c, d);
          case String s -> builder.putText(c, s.getBytes(UTF_8), 0, s.getBytes(UTF_8).length);
          default -> throw new AssertionError(values[c]);
        }
      }
      builder.endRow();
    }
    return builder.take();
  }

  private static byte[] write(ParquetExampleWriter.Options options, ExampleBatch... batches)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ExampleWriter writer = ParquetExampleWriter.open(out, batches[0].fields(), options)) {
      for (ExampleBatch batch : batches) {
        writer.write(batch);
      }
      writer.finish();
    }
    return out.toByteArray();
  }

  private static byte[] write(ExampleBatch... batches) throws IOException {
    return write(ParquetExampleWriter.Options.ofDefaults(), batches);
  }

  private static List<List<@Nullable Object>> read(byte[] file, String... columns)
      throws IOException {
    return Data.rows(
        ParquetExampleReader.open(ByteBuffer.wrap(file), "a.parquet", Set.of(columns)));
  }

  private List<List<@Nullable Object>> duckdb(String query) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("SET autoinstall_known_extensions = false");
      List<List<@Nullable Object>> rows = new ArrayList<>();
      if (!statement.execute(query)) {
        return rows;
      }
      try (ResultSet result = statement.getResultSet()) {
        while (result.next()) {
          List<@Nullable Object> row = new ArrayList<>();
          for (int c = 1; c <= result.getMetaData().getColumnCount(); c++) {
            row.add(result.getObject(c));
          }
          rows.add(row);
        }
      }
      return rows;
    }
  }

  private static List<List<@Nullable Object>> rows(ExampleBatch... batches) throws IOException {
    List<ExampleBatch> rest = new ArrayList<>(List.of(batches));
    return Data.rows(
        new ExampleReader() {
          @Override
          public List<Field> fields() {
            return batches[0].fields();
          }

          @Override
          public @Nullable ExampleBatch next() {
            return rest.isEmpty() ? null : rest.removeFirst();
          }

          @Override
          public void close() {}
        });
  }

  private static final List<Field> FIELDS =
      List.of(
          new Field("i", INT),
          new Field("f", FLOAT),
          new Field("few", STRING),
          new Field("many", STRING),
          new Field("none", STRING),
          new Field("all missing", INT),
          new Field("with.dot", FLOAT),
          new Field(Field.ROW, INT),
          new Field(Field.SOURCE, STRING));

  private static @Nullable Object[] randomRow(Random random, int row) {
    double[] odd = {
      Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 0.0, Double.MIN_VALUE
    };
    String[] few = {"a", "\u65e5\u672c", "\ud83d\ude00", "with \"quotes\"\nand lines"};
    return new @Nullable Object[] {
      random.nextInt(10) == 0 ? null : (Object) random.nextLong(),
      random.nextInt(10) == 0
          ? null
          : (Object)
              (random.nextInt(5) == 0 ? odd[random.nextInt(odd.length)] : random.nextGaussian()),
      random.nextInt(3) == 0 ? null : few[random.nextInt(few.length)],
      random.nextInt(50) == 0
          ? null
          : Long.toHexString(random.nextLong()).repeat(1 + random.nextInt(3)),
      null,
      null,
      (double) random.nextInt(3),
      row + 1L,
      "in/a.csv"
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 1000, 5000})
  void whatIsWrittenIsReadBackByHardwoodAndDuckdb(int rows) throws Exception {
    Random random = new Random(rows);
    ExampleBatch batch = batch(FIELDS, rows, r -> randomRow(random, r));
    byte[] file = write(batch);
    List<List<@Nullable Object>> expected = rows(batch);
    assertThat(read(file)).isEqualTo(expected);
    Path path = Files.write(folder.resolve("a.parquet"), file);
    assertThat(duckdb("SELECT * FROM read_parquet('" + path + "')")).isEqualTo(expected);
    assertThat(Data.rows(ParquetExampleReader.open(path, Set.of()))).isEqualTo(expected);
  }

  @Test
  void severalGroupsOfJoinedBatchesKeepTheirOrder() throws Exception {
    Random random = new Random(3);
    List<ExampleBatch> batches = new ArrayList<>();
    for (int rows : new int[] {40_000, 1, 30_000, 65_536, 12}) {
      batches.add(batch(FIELDS, rows, r -> randomRow(random, r)));
    }
    ExampleBatch[] all = batches.toArray(ExampleBatch[]::new);
    byte[] file = write(all);
    List<List<@Nullable Object>> expected = rows(all);
    assertThat(read(file).equals(expected)).isTrue();
    Path path = Files.write(folder.resolve("a.parquet"), file);
    assertThat(duckdb("SELECT * FROM read_parquet('" + path + "')").equals(expected)).isTrue();
    assertThat(
            duckdb(
                "SELECT DISTINCT row_group_num_rows FROM parquet_metadata('"
                    + path
                    + "') ORDER BY 1"))
        .isEqualTo(List.of(List.of(12L), List.of(65_536L), List.of(70_001L)));
  }

  @Test
  void textsThatOutgrowADictionaryAndAPageAreStoredPlainly() throws Exception {
    List<Field> fields = List.of(new Field("t", STRING));
    ExampleBatch batch =
        batch(fields, 40, r -> new Object[] {(char) ('a' + r % 26) + "x".repeat(100_000 + r)});
    byte[] file = write(batch);
    assertThat(read(file).equals(rows(batch))).isTrue();
    Path path = Files.write(folder.resolve("a.parquet"), file);
    assertThat(duckdb("SELECT t FROM read_parquet('" + path + "')").equals(rows(batch))).isTrue();
    assertThat(duckdb("SELECT stats_min_value, encodings FROM parquet_metadata('" + path + "')"))
        .containsExactly(Arrays.asList(null, "PLAIN, RLE"));
  }

  @Test
  void largeRowsComeInSmallBatches() throws Exception {
    List<Field> fields = List.of(new Field("t", STRING), new Field("i", INT));
    byte[] file =
        write(
            batch(
                fields,
                400,
                r -> new Object[] {(char) ('a' + r % 26) + "x".repeat(300_000 + r), 1L}));
    List<Integer> rows = new ArrayList<>();
    try (ParquetExampleReader reader =
        ParquetExampleReader.open(ByteBuffer.wrap(file), "a.parquet", Set.of())) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        rows.add(batch.rows());
      }
    }
    assertThat(rows).hasSizeBetween(2, 10);
    assertThat(rows.stream().mapToInt(Integer::intValue).sum()).isEqualTo(400);
    assertThat(read(file, "i")).hasSize(400);
  }

  @Test
  void aFileWithoutRowsIsReadable() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ExampleWriter writer = ParquetExampleWriter.open(out, FIELDS)) {
      writer.finish();
    }
    try (ParquetExampleReader reader =
        ParquetExampleReader.open(ByteBuffer.wrap(out.toByteArray()), "a.parquet", Set.of())) {
      assertThat(reader.fields()).isEqualTo(FIELDS);
      assertThat(reader.next()).isNull();
    }
    Path path = Files.write(folder.resolve("a.parquet"), out.toByteArray());
    assertThat(duckdb("SELECT count(*) FROM read_parquet('" + path + "')"))
        .containsExactly(List.of(0L));
  }

  @Test
  void boundsLeaveNanOutAndCoverBothZeros() throws Exception {
    List<Field> fields =
        List.of(
            new Field("nan", FLOAT),
            new Field("zero", FLOAT),
            new Field("i", INT),
            new Field("s", STRING));
    Object[][] values = {
      {Double.NaN, 0.0, -5L, "b"}, {Double.NaN, -0.0, 9L, "\u00e9"}, {Double.NaN, 0.0, 0L, "a"}
    };
    Path path = Files.write(folder.resolve("a.parquet"), write(batch(fields, 3, r -> values[r])));
    assertThat(
            duckdb(
                "SELECT stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata('"
                    + path
                    + "') ORDER BY column_id"))
        .containsExactly(
            Arrays.asList(null, null, 0L),
            List.of("-0.0", "0.0", 0L),
            List.of("-5", "9", 0L),
            List.of("a", "\u00e9", 0L));
    assertThat(duckdb("SELECT count(*) FROM read_parquet('" + path + "') WHERE s > 'b'"))
        .containsExactly(List.of(1L));
  }

  @Test
  void narrowFloatsAreThirtyTwoBits() throws Exception {
    List<Field> fields = List.of(new Field("f", FLOAT), new Field("i", INT));
    ExampleBatch batch =
        batch(fields, 3, r -> new Object[] {r == 1 ? null : (Object) (r + .1), 1L});
    byte[] file =
        write(new ParquetExampleWriter.Options(true, Map.of("purpose", "features")), batch);
    assertThat(read(file))
        .containsExactly(
            List.of((double) .1f, 1L), Arrays.asList(null, 1L), List.of((double) 2.1f, 1L));
    Path path = Files.write(folder.resolve("a.parquet"), file);
    assertThat(duckdb("SELECT typeof(f), typeof(i) FROM read_parquet('" + path + "') LIMIT 1"))
        .containsExactly(List.of("FLOAT", "BIGINT"));
    assertThat(duckdb("SELECT decode(key), decode(value) FROM parquet_kv_metadata('" + path + "')"))
        .containsExactly(List.of("purpose", "features"));
  }

  @Test
  void equalColumnsGiveEqualBytesHoweverTheyAreCoded() throws IOException {
    List<Field> fields = List.of(new Field("s", STRING));
    Validity all = Validity.all(3);
    ExampleBatch one =
        new ExampleBatch(
            fields, List.of(new StringColumn(new int[] {0, 1, 0}, List.of("a", "b"), all)), 3);
    ExampleBatch other =
        new ExampleBatch(
            fields,
            List.of(new StringColumn(new int[] {2, 0, 2}, List.of("b", "unused", "a"), all)),
            3);
    assertThat(write(one)).isEqualTo(write(other)).isEqualTo(write(one));
  }

  @ParameterizedTest
  @ValueSource(strings = {"few", "with.dot", "__row"})
  void onlyTheColumnsAskedForAreRead(String column) throws IOException {
    Random random = new Random(4);
    ExampleBatch batch = batch(FIELDS, 100, r -> randomRow(random, r));
    int place = FIELDS.stream().map(Field::name).toList().indexOf(column);
    assertThat(read(write(batch), column))
        .isEqualTo(rows(batch).stream().map(row -> row.subList(place, place + 1)).toList());
  }

  @Test
  void aColumnThatIsNotThereIsNamed() throws IOException {
    byte[] file = write(batch(FIELDS, 1, r -> randomRow(new Random(1), r)));
    assertThatThrownBy(() -> read(file, "i", "nope"))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("a.parquet has no column nope; it has [i, f, few");
  }

  private static void assertReads(List<List<@Nullable Object>> rows) {
    assertThat(rows).hasSize(3000);
    assertThat(rows.get(0)).containsExactly(0L, -1L, 0.0, 0.5, "t0", "true", 4_000_000_000L);
    assertThat(rows.get(5)).containsExactly(5L, null, 2.5, null, "t5", "false", 4_000_000_000L);
    assertThat(rows.get(7)).containsExactly(7L, 6L, 3.5, 7.5, null, "false", 4_000_000_000L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "COMPRESSION zstd",
        "COMPRESSION gzip",
        "COMPRESSION snappy",
        "COMPRESSION uncompressed",
        "COMPRESSION zstd, PARQUET_VERSION v2",
        "COMPRESSION zstd, ROW_GROUP_SIZE 2048"
      })
  void filesOfDuckdbAreRead(String options) throws Exception {
    Path path = folder.resolve("duckdb.parquet");
    duckdb(
        "COPY (SELECT i::INTEGER a, CASE WHEN i % 5 = 0 AND i > 0 THEN NULL ELSE (i - 1)::BIGINT END"
            + " b, (i / 2)::FLOAT c, CASE WHEN i = 5 THEN NULL ELSE i + .5::DOUBLE END d, CASE WHEN"
            + " i % 7 = 0 AND i > 0 THEN NULL ELSE 't' || (i % 50) END e, i % 2 = 0 AND i % 3 = 0 g,"
            + " 4000000000::UINTEGER h FROM range(3000) r(i) ORDER BY i) TO '"
            + path
            + "' (FORMAT parquet, "
            + options
            + ")");
    assertReads(Data.rows(ParquetExampleReader.open(path, Set.of())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"INTERVAL 1 DAY", "MAP {'k': 1}", "[{'a': 1}]", "[[1]]", "[MAP {'k': 1}]"})
  void otherTypesAreRefusedByNameUnlessTheyAreNotAskedFor(String value) throws Exception {
    Path path = folder.resolve("other.parquet");
    duckdb(
        "COPY (SELECT 1 fine, "
            + value
            + " odd) TO '"
            + path
            + "' (FORMAT parquet, COMPRESSION zstd)");
    assertThatThrownBy(() -> ParquetExampleReader.open(path, Set.of()))
        .isInstanceOf(BadInput.class)
        .hasMessageMatching("(?s)other.parquet, column odd (has type|is a (map|list of)).*; .*");
    assertThat(Data.rows(ParquetExampleReader.open(path, Set.of("fine"))))
        .containsExactly(List.of(1L));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DATE '2026-11-01' | 2026-11-01",
        "TIMESTAMP '2026-11-01 00:00:00.25' | 2026-11-01T00:00:00.25",
        "TIMESTAMPTZ '2026-11-01 00:00:00+00' | 2026-11-01T00:00:00Z",
        "TIME '01:02:03' | 01:02:03",
        "1.5::DECIMAL(9,2) | 1.5",
        "-12345678901234567890.5::DECIMAL(38,1) | -1.2345678901234567E19",
        "'x'::BLOB | x",
        "'\\xFF'::BLOB | /w==",
        "1::UBIGINT | 1",
        "'00112233-4455-6677-8899-aabbccddeeff'::UUID | 00112233-4455-6677-8899-aabbccddeeff",
        "'a'::ENUM('a') | a",
        "[1, 2] | [1, 2]",
        "['a', NULL, ''] | [a]",
        "[]::INT[] | null",
        "[] | null",
        "NULL | null",
        "[1.5, 2]::FLOAT[2] | [1.5, 2.0]"
      })
  void typesOfDuckdbBecomeOurs(String value, String expected) throws Exception {
    Path path = folder.resolve("other.parquet");
    duckdb("SET TimeZone = 'UTC'");
    duckdb(
        "COPY (SELECT 1 fine, "
            + value
            + " odd) TO '"
            + path
            + "' (FORMAT parquet, COMPRESSION zstd)");
    assertThat(ParquetGoldenTest.columns(ParquetExampleReader.open(path, Set.of("odd"))))
        .hasToString("{odd=[" + expected + "]}");
  }

  @Test
  void aStructureOfDuckdbIsFlattened() throws Exception {
    Path path = folder.resolve("other.parquet");
    duckdb(
        "COPY (SELECT {'a': 1, 'b': {'c': ['x', 'y']}} s UNION ALL SELECT NULL) TO '"
            + path
            + "' (FORMAT parquet, COMPRESSION zstd)");
    assertThat(ParquetGoldenTest.columns(ParquetExampleReader.open(path, Set.of())))
        .hasToString("{s.a=[1, null], s.b.c=[[x, y], null]}");
  }

  @Test
  void namesThatFlattenAlikeAreRefused() throws Exception {
    Path path = folder.resolve("other.parquet");
    duckdb(
        "COPY (SELECT {'a': 1} s, 2 \"s.a\") TO '" + path + "' (FORMAT parquet, COMPRESSION zstd)");
    assertThatThrownBy(() -> ParquetExampleReader.open(path, Set.of()))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("other.parquet has two columns s.a; rename");
  }

  private static final List<Field> LISTS =
      List.of(
          new Field("i", INT, /* repeated= */ true, /* base64= */ false),
          new Field("f", FLOAT, /* repeated= */ true, /* base64= */ false),
          new Field("few", STRING, /* repeated= */ true, /* base64= */ false),
          new Field("many", STRING, /* repeated= */ true, /* base64= */ false),
          new Field("none", INT, /* repeated= */ true, /* base64= */ false),
          new Field("one", FLOAT, /* repeated= */ true, /* base64= */ false),
          new Field("plain", STRING));

  private static ExampleBatch lists(Random random, int rows) throws Misfit {
    BatchBuilder builder = new BatchBuilder(LISTS);
    for (int r = 0; r < rows; r++) {
      for (int i = random.nextInt(6) - 1; i > 0; i--) {
        builder.integer(0, random.nextLong());
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        builder.number(1, random.nextInt(9) == 0 ? Double.NaN : random.nextGaussian());
      }
      for (int i = random.nextInt(5); i > 0; i--) {
        byte[] text = ("tag " + random.nextInt(7)).getBytes(UTF_8);
        builder.text(2, text, 0, text.length);
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        byte[] text = Long.toHexString(random.nextLong()).getBytes(UTF_8);
        builder.text(3, text, 0, text.length);
      }
      builder.number(5, r);
      builder.putText(6, new byte[] {'p'}, 0, 1);
      builder.endRow();
    }
    return builder.take();
  }

  private static Map<String, List<@Nullable Object>> columns(ExampleBatch... batches) {
    Map<String, List<@Nullable Object>> out = new LinkedHashMap<>();
    for (ExampleBatch batch : batches) {
      for (int c = 0; c < batch.fields().size(); c++) {
        List<@Nullable Object> values =
            out.computeIfAbsent(batch.fields().get(c).name(), name -> new ArrayList<>());
        for (int r = 0; r < batch.rows(); r++) {
          values.add(ParquetGoldenTest.value(batch.columns().get(c), r));
        }
      }
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 1000, 5000})
  void listsThatAreWrittenAreReadBackByHardwoodAndDuckdb(int rows) throws Exception {
    ExampleBatch batch = lists(new Random(rows), rows);
    byte[] file = write(batch);
    Path path = Files.write(folder.resolve("lists.parquet"), file);
    try (ParquetExampleReader reader = ParquetExampleReader.open(path, Set.of())) {
      assertThat(reader.fields()).isEqualTo(LISTS);
    }
    assertThat(ParquetGoldenTest.columns(ParquetExampleReader.open(path, Set.of())))
        .isEqualTo(columns(batch));
    List<String> told = new ArrayList<>();
    for (List<@Nullable Object> row :
        duckdb("SELECT i, f, few, many, none, one FROM read_parquet('" + path + "')")) {
      told.add(row.toString());
    }
    Map<String, List<@Nullable Object>> expected = columns(batch);
    expected.remove("plain");
    for (int r = 0; r < rows; r++) {
      List<@Nullable Object> row = new ArrayList<>();
      for (List<@Nullable Object> column : expected.values()) {
        row.add(column.get(r));
      }
      assertThat(told.get(r)).isEqualTo(row.toString());
    }
    assertThat(duckdb("SELECT typeof(i), typeof(few) FROM read_parquet('" + path + "') LIMIT 1"))
        .containsExactly(List.of("BIGINT[]", "VARCHAR[]"));
  }

  @Test
  void listsOfSeveralBatchesAndSelectionsShareGroupsAndPages() throws Exception {
    Random random = new Random(5);
    List<ExampleBatch> batches = new ArrayList<>();
    for (int rows : new int[] {40_000, 1, 30_000, 65_536}) {
      ExampleBatch batch = lists(random, rows);
      batches.add(batch.select(IntStream.range(0, rows).filter(r -> r % 5 != 3).toArray()));
    }
    ExampleBatch[] all = batches.toArray(ExampleBatch[]::new);
    Path path = Files.write(folder.resolve("lists.parquet"), write(all));
    assertThat(
            ParquetGoldenTest.columns(ParquetExampleReader.open(path, Set.of()))
                .equals(columns(all)))
        .isTrue();
    assertThat(
            duckdb(
                "SELECT count(*), sum(len(i)), sum(len(few)), count(DISTINCT many[1]) FROM"
                    + " read_parquet('"
                    + path
                    + "')"))
        .hasToString("[" + totals(columns(all)) + "]");
  }

  private static List<Object> totals(Map<String, List<@Nullable Object>> columns) {
    List<@Nullable Object> none = List.of();
    return List.of(
        columns.getOrDefault("i", none).size(),
        columns.getOrDefault("i", none).stream()
            .mapToInt(v -> v instanceof List<?> l ? l.size() : 0)
            .sum(),
        columns.getOrDefault("few", none).stream()
            .mapToInt(v -> v instanceof List<?> l ? l.size() : 0)
            .sum(),
        columns.getOrDefault("many", none).stream()
            .filter(v -> v != null)
            .map(v -> ((List<?>) v).getFirst())
            .distinct()
            .count());
  }

  @Test
  void nullCountsOfListsAreTheirMissingRows() throws Exception {
    ExampleBatch batch = lists(new Random(2), 100);
    Path path = Files.write(folder.resolve("lists.parquet"), write(batch));
    Column first = batch.columns().getFirst();
    assertThat(
            duckdb(
                "SELECT stats_null_count, path_in_schema FROM parquet_metadata('"
                    + path
                    + "') WHERE column_id = 0"))
        .containsExactly(List.of((long) first.missing(), "i, list, element"));
  }

  @Test
  void base64ColumnsStayKnownAsSuch() throws Exception {
    List<Field> fields =
        List.of(
            new Field("image \"1\"", STRING, /* repeated= */ false, /* base64= */ true),
            new Field("images", STRING, /* repeated= */ true, /* base64= */ true),
            new Field("text", STRING));
    BatchBuilder builder = new BatchBuilder(fields);
    byte[] bytes = {(byte) 0xff, (byte) 0xd8};
    builder.binary(0, bytes, 0, 2);
    builder.binary(1, bytes, 0, 2);
    builder.binary(1, bytes, 0, 1);
    builder.endRow();
    ExampleBatch batch = builder.take();
    byte[] file = write(batch);
    try (ParquetExampleReader reader =
        ParquetExampleReader.open(ByteBuffer.wrap(file), "a.parquet", Set.of())) {
      assertThat(reader.fields()).isEqualTo(fields);
    }
    assertThat(
            ParquetGoldenTest.columns(
                ParquetExampleReader.open(ByteBuffer.wrap(file), "a.parquet", Set.of())))
        .hasToString("{image \"1\"=[/9g=], images=[[/9g=, /w==]], text=[null]}");
  }

  @Test
  void aListWhereAPlainColumnWasAnnouncedIsABug() {
    ListColumn lists =
        new ListColumn(
            new int[] {0, 2}, new IntColumn(new long[] {1, 2}, Validity.all(2)), Validity.all(1));
    assertThatThrownBy(
            () -> write(new ExampleBatch(List.of(new Field("i", INT)), List.of(lists), 1)))
        .isInstanceOf(Bug.class)
        .hasMessageStartingWith("column i is Field[");
  }

  @Test
  void textsThatSeveralBatchesShareAreStoredOnce() throws Exception {
    List<Field> fields = List.of(new Field("t", STRING));
    ExampleBatch one = batch(fields, 1000, r -> new Object[] {"shared text " + r % 50});
    ExampleBatch other = batch(fields, 1000, r -> new Object[] {"shared text " + (r * 7) % 60});
    Path path = Files.write(folder.resolve("t.parquet"), write(one, other));
    assertThat(Data.rows(ParquetExampleReader.open(path, Set.of()))).isEqualTo(rows(one, other));
    assertThat(duckdb("SELECT encodings FROM parquet_metadata('" + path + "')"))
        .containsExactly(List.of("PLAIN, RLE, RLE_DICTIONARY"));
    assertThat(Files.size(path)).isLessThan(4_500);
  }

  @Test
  void aCompressionThatIsNotReadIsNamed() throws Exception {
    Path path = folder.resolve("lz4.parquet");
    duckdb("COPY (SELECT 1 a) TO '" + path + "' (FORMAT parquet, COMPRESSION lz4_raw)");
    assertThatThrownBy(() -> ParquetExampleReader.open(path, Set.of()))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "lz4.parquet, column a is compressed with LZ4_RAW; write the file with zstd, snappy,"
                + " gzip or no compression");
  }

  @Test
  void whatIsNotParquetIsRefused() throws IOException {
    Path path = Files.writeString(folder.resolve("not.parquet"), "a,b\n1,2\n".repeat(10));
    assertThatThrownBy(() -> ParquetExampleReader.open(path, Set.of()))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("not.parquet cannot be read as Parquet: ");
    Path empty = Files.write(folder.resolve("empty.parquet"), new byte[0]);
    assertThatThrownBy(() -> ParquetExampleReader.open(empty, Set.of()))
        .isInstanceOf(BadInput.class);
    assertThatThrownBy(() -> ParquetExampleReader.open(folder.resolve("absent"), Set.of()))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void partsAreReadInOrder() throws IOException {
    List<Field> fields = List.of(new Field("i", INT));
    List<ExampleReaders.Part> parts =
        IntStream.range(0, 3)
            .<ExampleReaders.Part>mapToObj(p ->
                () ->
                    ParquetExampleReader.open(
                        ByteBuffer.wrap(write(batch(fields, 2, r -> new Object[] {p * 10L + r}))),
                        "p" + p,
                        Set.of()))
            .toList();
    assertThat(Data.rows(ExampleReaders.concat(parts)))
        .extracting(row -> row.get(0))
        .containsExactly(0L, 1L, 10L, 11L, 20L, 21L);
  }

  @Test
  void partsOfOtherFieldsAreRefused() throws IOException {
    List<ExampleReaders.Part> parts = new ArrayList<>();
    for (ValueType type : List.of(INT, FLOAT)) {
      byte[] file =
          write(
              batch(
                  List.of(new Field("v", type)),
                  1,
                  r -> new Object[] {type == INT ? (Object) 1L : (Object) 1.0}));
      parts.add(() -> ParquetExampleReader.open(ByteBuffer.wrap(file), "p", Set.of()));
    }
    assertThatThrownBy(() -> Data.rows(ExampleReaders.concat(parts)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("need equal fields");
  }

  @Test
  void theRowColumnMustNotMissValues() {
    ExampleBatch batch = batch(List.of(new Field(Field.ROW, INT)), 2, r -> new Object[] {null});
    assertThatThrownBy(() -> write(batch))
        .isInstanceOf(Bug.class)
        .hasMessage("__row misses values");
  }
}
