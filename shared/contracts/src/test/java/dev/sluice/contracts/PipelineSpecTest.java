package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineSpecTest {
  private static PipelineSpec parse(String text) {
    return PipelineSpec.parse("listings", text);
  }

  private static SourceSpec.Inbox inbox(PipelineSpec spec) {
    return (SourceSpec.Inbox) spec.source();
  }

  private static String pattern(PipelineSpec spec) {
    return inbox(spec).pattern().toString();
  }

  private static @Nullable String span(PipelineSpec spec, String object) {
    ObjectPattern.Place place = inbox(spec).place(object);
    return place == null ? null : place.span();
  }

  @Test
  void oneLineIsEnough() {
    PipelineSpec spec = parse("label: sold\n");
    assertThat(spec.name()).isEqualTo("listings");
    assertThat(pattern(spec)).isEqualTo("listings/{SPAN}/*");
    assertThat(spec.label()).isEqualTo(new PipelineSpec.Label("sold", null, null));
    assertThat(spec.exclude()).isEmpty();
    assertThat(spec.groupBy()).isEmpty();
    assertThat(spec.slices()).isEmpty();
    assertThat(spec.source())
        .isEqualTo(
            new SourceSpec.Files(ObjectPattern.parse("listings/{SPAN}/*"), 1, null, List.of()));
    assertThat(spec.split()).isEqualTo(new SplitSpec.Hash(null, 0.2));
    assertThat(spec.maxRejected()).isEqualTo(new RejectedLimit(0.1));
    assertThat(spec.exportsTfRecord()).isFalse();
    assertThat(spec.engine()).isEqualTo(Engine.AUTO);
    assertThat(spec.shards()).isZero();
    assertThat(spec.schema()).isNull();
  }

  @Test
  void everyKeyIsRead() {
    PipelineSpec spec =
        parse(
            """
            source: {files: "in/listings/{SPAN}/part-*.csv"}
            label: {column: sold, positive: yes}
            exclude: [tips, id]
            group_by: [currency, country]
            slices: [[country], category, [a, b]]
            split_key: seller_id
            schema: listings.schema.pbtxt
            features: {brand: {vocabulary: {top_k: 500}}}
            checks: {min_rows: 10}
            train: {rounds: 5}
            gates: {min_auc: 0.6}
            engine: call
            schedule: "@daily"
            """);
    assertThat(pattern(spec)).isEqualTo("in/listings/{SPAN}/part-*.csv");
    assertThat(spec.label()).isEqualTo(new PipelineSpec.Label("sold", null, "yes"));
    assertThat(spec.exclude()).containsExactly("tips", "id");
    assertThat(spec.groupBy()).containsExactly("currency", "country");
    assertThat(spec.slices())
        .containsExactly(List.of("country"), List.of("category"), List.of("a", "b"));
    assertThat(spec.split()).isEqualTo(new SplitSpec.Hash("seller_id", 0.2));
    assertThat(spec.schema()).isEqualTo("listings.schema.pbtxt");
    assertThat(spec.<Object>section("train", values -> values)).isEqualTo(Map.of("rounds", 5L));
    assertThat(spec.<Object>section("gates", values -> values)).isEqualTo(Map.of("min_auc", 0.6));
  }

  @Test
  void aKeyThatNothingReadsYetIsRefusedWhereItHoldsAnything() {
    assertThatThrownBy(() -> parse("label: sold\nserve: {log: true}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessage("listings.yaml line 2: key 'serve' has no keys in this release; leave it out");
    assertThat(parse("label: sold\nserve: {}\n").name()).isEqualTo("listings");
  }

  @Test
  void anAbsentSectionIsEmpty() {
    assertThat(parse("label: sold\n").<Object>section("train", values -> values))
        .isEqualTo(Map.of());
  }

  @Test
  void aSectionThatIsNoMappingFailsWhereTheSpecIsRead() {
    assertThatThrownBy(() -> parse("label: sold\ntrain: 5\n"))
        .isInstanceOf(BadInput.class)
        .hasMessage("listings.yaml line 2: key 'train' must be a mapping of keys to values");
  }

  @Test
  void aSectionsReaderIsGivenFileAndLine() {
    assertThatThrownBy(() ->
            parse("label: sold\ntrain:\n  depth: 99\n")
                .section(
                    "train",
                    values -> {
                      throw new BadInput("'depth' is 99");
                    }))
        .isInstanceOf(BadInput.class)
        .hasMessage("listings.yaml line 3: 'depth' is 99");
  }

  @ParameterizedTest
  @CsvSource({
    "lable: x, lable, label",
    "slice: [], slice, slices",
    "splitkey: x, splitkey, split_key",
    "gate: {}, gate, gates"
  })
  void anUnknownKeyNamesItsLineAndTheNearest(String line, String key, String near) {
    assertThatThrownBy(() -> parse("label: sold\n" + line + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml line 2: key '" + key + "' is not a known key")
        .hasMessageContaining("did you mean '" + near + "'?");
  }

  @Test
  void aSpecWithoutLabelSaysHowToNameOne() {
    assertThatThrownBy(() -> parse("exclude: [a]\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml names no label; add 'label: COLUMN'");
  }

  @Test
  void aLabelMayBeAColumnANamedColumnOrAnExpression() {
    assertThat(parse("label: {name: sold}\n").label())
        .isEqualTo(new PipelineSpec.Label("sold", null, null));
    assertThat(parse("label: {name: big_tip, expression: 'tips > 0.2 * fare'}\n").label())
        .isEqualTo(new PipelineSpec.Label("big_tip", "tips > 0.2 * fare", null));
    assertThat(parse("label: {column: grade, positive: 1}\n").label())
        .isEqualTo(new PipelineSpec.Label("grade", null, "1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "label: [a]|'label' must be text",
        "label: {}|key 'name' is missing",
        "label: {expression: 'a > 1.0'}|key 'name' is missing",
        "label: {name: x, expression: 'a > 1.0', positive: y}|leave out 'column' and 'positive'",
        "label: {nam: x}|did you mean 'name'",
      })
  void otherLabelsAreRefused(String text, String message) {
    assertThatThrownBy(() -> parse(text + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml line 1")
        .hasMessageContaining(message);
  }

  @Test
  void theSpanIsOneSegmentAndAStarStaysInsideOne() {
    PipelineSpec spec = parse("label: sold\n");
    assertThat(span(spec, "listings/2026-11-01/a.csv")).isEqualTo("2026-11-01");
    assertThat(span(spec, "listings/2026-11-01/deep/a.csv")).isNull();
    assertThat(span(spec, "listings/a.csv")).isNull();
    assertThat(span(spec, "others/2026-11-01/a.csv")).isNull();
    assertThat(span(spec, "xlistings/2026-11-01/a.csv")).isNull();
    assertThat(span(spec, "listings//a.csv")).isNull();
  }

  @Test
  void charactersOfRegularExpressionsMeanThemselves() {
    PipelineSpec spec =
        parse("source: {files: 'in/a.b+(c)[d]$^|\\E/{SPAN}/x?*.csv'}\nlabel: sold\n");
    assertThat(span(spec, "in/a.b+(c)[d]$^|\\E/s1/x?1.csv")).isEqualTo("s1");
    assertThat(span(spec, "in/aXb+(c)[d]$^|\\E/s1/x?1.csv")).isNull();
    assertThat(span(spec, "in/a.b+(c)[d]$^|\\E/s1/x1.csv")).isNull();
  }

  @Test
  void aSpanNamedTwiceMustBeTheSame() {
    PipelineSpec spec = parse("source: {files: 'in/{SPAN}/data-{SPAN}.csv'}\nlabel: sold\n");
    assertThat(span(spec, "in/7/data-7.csv")).isEqualTo("7");
    assertThat(span(spec, "in/7/data-8.csv")).isNull();
  }

  @Test
  void aPatternWithoutSpanGivesAnEmptyOne() {
    PipelineSpec spec = parse("source: {files: 'in/listings-*.csv'}\nlabel: sold\n");
    assertThat(span(spec, "in/listings-1.csv")).isEmpty();
    assertThat(span(spec, "in/other.csv")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "in/a/{SPAN}/*, in/a/",
    "in/a-*/{SPAN}, in/a-",
    "in/a.csv, in/a.csv",
  })
  void thePrefixEndsAtTheFirstVariablePart(String files, String prefix) {
    assertThat(inbox(parse("source: {files: '" + files + "'}\nlabel: x\n")).pattern().prefix())
        .isEqualTo(prefix);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a/*", "*", "{SPAN}/a", "a/{span}/*", "a/{SPAN/*"})
  void patternsThatTakeEverythingOrCannotMatchAreRefused(String files) {
    assertThatThrownBy(() -> parse("label: x\nsource: {files: '" + files + "'}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("listings.yaml line 2: key 'files' is '" + files + "'");
  }

  @Test
  void anUnknownSourceIsRefused() {
    assertThatThrownBy(() -> parse("label: x\nsource: {file: a}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("did you mean 'files'");
  }

  @Test
  void filesMaySpanAndWaitForAMarker() {
    SourceSpec.Inbox source =
        inbox(
            parse(
                "label: x\nsource: {files: 'in/{SPAN}/v{VERSION}/part-*', spans: 3, complete:"
                    + " marker, columns: [a, b]}\n"));
    assertThat(source)
        .isEqualTo(
            new SourceSpec.Files(
                ObjectPattern.parse("in/{SPAN}/v{VERSION}/part-*"),
                3,
                ObjectPattern.parse("in/{SPAN}/v{VERSION}/_SUCCESS"),
                List.of("a", "b")));
    assertThat(source.kind()).isEqualTo(SourceKind.FILES);
  }

  @Test
  void objectsAreExamplesOfAFolderThatAMarkerCompletes() {
    SourceSpec.Objects source =
        (SourceSpec.Objects)
            parse(
                    "label: kind\nsource:\n  objects: 'photos/{SPAN}/**'\n  label_from: folder\n"
                        + "  inline: {images: true, max_bytes: 1000}\n  complete: marker\n")
                .source();
    assertThat(source.marker()).hasToString("photos/{SPAN}/_SUCCESS");
    assertThat(source.labelByFolder()).isTrue();
    assertThat(source.manifest()).isNull();
    assertThat(source.inline()).isEqualTo(new SourceSpec.Inline(false, true, 1000));
    assertThat(source.kind()).isEqualTo(SourceKind.OBJECTS);
  }

  @Test
  void aManifestIsItselfTheMarkerAndNoExample() {
    SourceSpec.Objects source =
        (SourceSpec.Objects)
            parse("label: x\nsource: {objects: 'p/{SPAN}/**', label_from: labels.csv}\n").source();
    assertThat(source.marker()).hasToString("p/{SPAN}/labels.csv").isEqualTo(source.manifest());
    assertThat(source.labelByFolder()).isFalse();
    assertThat(source.isManifest("p/s1/labels.csv")).isTrue();
    assertThat(source.place("p/s1/labels.csv")).isNull();
    assertThat(source.place("p/s1/deep/labels.csv")).isEqualTo(new ObjectPattern.Place("s1", null));
    assertThat(source.inline()).isEqualTo(new SourceSpec.Inline(false, false, 65_536));
  }

  @Test
  void whatStartsARunIsRead() {
    PipelineSpec daily = parse("label: x\nschedule: '0 5 * * 1-5'\nspan_format: week-%G-%V\n");
    assertThat(daily.schedule()).isEqualTo("0 5 * * 1-5");
    assertThat(daily.after()).isEmpty();
    assertThat(parse("label: x\nafter: [prices, sellers]\n").after())
        .containsExactly("prices", "sellers");
    assertThat(parse("label: x\n").schedule()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "schedule: daily|'schedule' is 'daily'; write five fields of cron, such as '0 5 * * *'",
        "schedule: '0 5 * *'|'schedule' is '0 5 * *'; write five fields",
        "schedule: '@dayly'|or one of @hourly, @daily",
        "span_format: '%Y'|'span_format' tells the span of a run's date; add the 'schedule'",
        "schedule: '@daily'; span_format: day|'span_format' is 'day'; write %Y, %m",
        "schedule: '@daily'; span_format: '%Y/%m'|'span_format' is '%Y/%m'",
        "schedule: '@daily'; span_format: '%Y%'|'span_format' is '%Y%'",
        "after: prices|'after' must be a list",
        "after: [Prices]|'after' names 'Prices'; a pipeline's name matches",
        "after: [a, a]|'after' names 'a' twice",
        "after: [listings]|'after' names the pipeline itself",
        "after: [a]; schedule: '@daily'|'after' stands beside 'schedule'",
      })
  void aStartThatNobodyCanMakeIsRefused(String lines, String message) {
    assertThatThrownBy(() -> parse("label: x\n" + lines.replace("; ", "\n") + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void aTableAndAQueryAreReadASpanAtATime() {
    SourceSpec.BigQuery table =
        (SourceSpec.BigQuery)
            parse("label: x\nsource: {bigquery: {table: d.t, partition: '{SPAN}'}}\n").source();
    assertThat(table.hasSpan()).isTrue();
    assertThat(table.at("2026-11-01T05"))
        .isEqualTo(new SourceSpec.Table("d.t", "2026110105", List.of(), null, 1));
    SourceSpec.BigQuery where =
        new SourceSpec.Table("d.t", null, List.of(), "day = '{SPAN}'", /* streams= */ 1);
    assertThat(where.hasSpan()).isTrue();
    assertThat(where.at("2026-11-01"))
        .isEqualTo(new SourceSpec.Table("d.t", null, List.of(), "day = '2026-11-01'", 1));
    SourceSpec.BigQuery query = new SourceSpec.Query("SELECT * FROM d.t_{SPAN}", 1);
    assertThat(query.at("2026")).isEqualTo(new SourceSpec.Query("SELECT * FROM d.t_2026", 1));
    assertThat(new SourceSpec.Query("SELECT 1", 1).hasSpan()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x' OR 1=1", "2026--11", "1;", "a b", "", "-1", "1`"})
  void aSpanThatWouldChangeAStatementIsRefused(String span) {
    SourceSpec.BigQuery query = new SourceSpec.Query("SELECT '{SPAN}'", 1);
    assertThatThrownBy(() -> query.at(span))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("in a table or query it must be letters and digits");
  }

  @Test
  void aSpanWithoutDigitsNamesNoPartition() {
    SourceSpec.BigQuery table = new SourceSpec.Table("d.t", "{SPAN}", List.of(), null, 1);
    assertThatThrownBy(() -> table.at("november"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("'november', of which no partition's id can be made");
  }

  @Test
  void aTableAndAQueryAreSources() {
    SourceSpec table =
        parse(
                "label: x\nsource:\n  bigquery: {table: my-project.sales.day, partition: 20261101,"
                    + " columns: [a], where: 'x > 1', streams: 4}\n")
            .source();
    assertThat(table)
        .isEqualTo(
            new SourceSpec.Table("my-project.sales.day", "20261101", List.of("a"), "x > 1", 4));
    assertThat(table.kind()).isEqualTo(SourceKind.BIGQUERY);
    assertThat(parse("label: x\nsource: {bigquery: {query: SELECT 1 AS x}}\n").source())
        .isEqualTo(new SourceSpec.Query("SELECT 1 AS x", 1));
  }

  @Test
  void aStreamHasWindows() {
    SourceSpec stream =
        parse("label: x\nsource: {stream: {window: 90s, allowed_lateness: 0s, late: table}}\n")
            .source();
    assertThat(stream)
        .isEqualTo(
            new SourceSpec.Stream(Duration.ofSeconds(90), Duration.ZERO, SourceSpec.Late.TABLE));
    assertThat(stream.kind()).isEqualTo(SourceKind.STREAM);
    assertThat(parse("label: x\nsource: {stream: {}}\n").source())
        .isEqualTo(
            new SourceSpec.Stream(
                Duration.ofMinutes(5), Duration.ofMinutes(1), SourceSpec.Late.NEXT));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|'source' says no place; give one of files, objects, bigquery, stream",
        "{spans: 2}|'source' says no place",
        "{files: 'a/*', stream: {}}|'stream' stands beside 'files'; a source is one of them",
        "{filse: 'a/*'}|'filse' is not a known key; did you mean 'files'",
        "{files: 'a/*', label_from: folder}|'label_from' does not go with 'files', which takes",
        "{stream: {}, spans: 2}|'spans' does not go with 'stream', whose keys stand under it",
        "{files: 'a/{SPAN}/*', spans: 0}|'spans' is 0; it must lie between 1 and 1000",
        "{files: 'a/*', spans: 2}|'spans' needs {SPAN} in the source's pattern, which is 'a/*'",
        "{files: 'a/*', complete: maker}|'complete' is 'maker'; did you mean 'marker'",
        "{files: 'a/{VERSION}/*'}|'files' is 'a/{VERSION}/*'; {VERSION} counts the versions",
        "{files: 'a/***'}|'files' is 'a/***'; * stands for",
        "{files: 'a/'}|'files' is 'a/'; it must name objects",
        "{files: 'a/../*'}|'files' is 'a/../*'; it matches nothing, as a name that has the segment",
        "{files: 'a/{SPAN}.csv', complete: marker}|{SPAN} must be in a folder's name, before any *",
        "{files: 'a/*/{SPAN}/b', complete: marker}|{SPAN} must be in a folder's name, before any *",
        "{files: 'a/*', columns: [a, a]}|'columns' names 'a' twice; name each column once",
        "{objects: 'a/{SPAN}/**'}|'objects' is a folder of examples, and nothing says when",
        "{objects: 'a/{SPAN}/**', label_from: folder}|add 'complete: marker' and write _SUCCESS",
        "{objects: 'a/**', label_from: x.txt}|'label_from' is 'x.txt'; give 'folder', or",
        "{objects: 'a/**', label_from: b/m.csv}|'label_from' is 'b/m.csv'; give 'folder', or",
        "{objects: 'a/**', complete: marker, inline: {txt: true}}|did you mean 'text'",
        "{objects: 'a/**', complete: marker, inline: {text: 1}}|'text' must be true or false",
        "{bigquery: {}}|'table' or 'query' is missing; give one of them",
        "{bigquery: {table: t}}|'table' is 't'; write dataset.table or project.dataset.table",
        "{bigquery: {table: 'd.t$20261101'}}|'table' is 'd.t$20261101'; write dataset.table",
        "{bigquery: {table: d.t, partition: nov}}|'partition' is 'nov'; give its id: digits alone",
        "{bigquery: {table: d.t, streams: 0}}|'streams' is 0; it must lie between 1 and 1000",
        "{bigquery: {query: 'SELECT 1 AS x; DROP TABLE t'}}|'query' holds more than one statement",
        "{bigquery: {query: 'SELECT \"a'}}|'query' has a text or a name that does not end",
        "{bigquery: {table: d.t, where: 'a = 1; DROP TABLE t'}}|'where' holds more than one statement",
        "{bigquery: {query: q, where: x}}|'where' does not go with 'query'; say it in the query",
        "{bigquery: {tabel: d.t}}|'tabel' is not a known key; did you mean 'table'",
        "{stream: {window: 5}}|'window' is '5'; give a number and a unit: s, m, h or d",
        "{stream: {window: 0s}}|'window' is 0s; a window lasts at least 1s and at most 7d",
        "{stream: {window: 8d}}|'window' is 8d; a window lasts at least 1s and at most 7d",
        "{stream: {allowed_lateness: 8d}}|'allowed_lateness' is 8d; a window stays open for",
        "{stream: {late: drop}}|'late' is 'drop'; did you mean",
      })
  void aWrongSourceSaysWhatIsWrongOnItsLine(String source, String message) {
    assertThatThrownBy(() -> parse("label: x\nsource: " + source + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("listings.yaml line 2: key '")
        .hasMessageContaining(message);
  }

  @Test
  void splitsAreByHashByTimeOrGiven() {
    assertThat(parse("label: x\nsplit: {key: seller, eval: 0.3}\n").split())
        .isEqualTo(new SplitSpec.Hash("seller", 0.3));
    assertThat(parse("label: x\nsplit: {eval: 0.3}\n").split())
        .isEqualTo(new SplitSpec.Hash(null, 0.3));
    assertThat(parse("label: x\nsplit_key: seller\n").split())
        .isEqualTo(parse("label: x\nsplit: {key: seller}\n").split());
    assertThat(parse("label: x\nsplit: {time: sold_at, eval_from: 2026-11-01}\n").split())
        .isEqualTo(new SplitSpec.Time("sold_at", "2026-11-01"));
    assertThat(parse("label: x\nsplit: {time: day, eval_from: 20}\n").split())
        .isEqualTo(new SplitSpec.Time("day", "20"));
    assertThat(parse("label: x\nsplit: {column: fold, eval: [test, 2]}\n").split())
        .isEqualTo(new SplitSpec.Given("fold", List.of("test", "2")));
    assertThat(parse("label: x\nsplit: {column: fold, eval: test}\n").split())
        .isEqualTo(new SplitSpec.Given("fold", List.of("test")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "split: {key: a, evil: 0.2}|'evil' is not a known key; did you mean 'eval'",
        "split: {key: a, eval: 1}|'eval' is 1.0; the share of eval must lie between 0 and 1",
        "split: {key: a, eval: [b]}|'eval' must be a number, not '[b]'",
        "split: {time: t}|key 'eval_from' is missing",
        "split: {time: t, eval_from: tuesday}|'eval_from' is 'tuesday'; give a number, or an ISO",
        "split: {time: t, eval_from: 5, eval: 0.2}|'eval' does not go with 'time', which takes",
        "split: {eval_from: 5}|'eval_from' is a point in time; name the column with 'time'",
        "split: {column: fold, key: a, eval: [x]}|'key' does not go with 'column', which takes",
        "split: {column: fold, eval: []}|'eval' names no value",
        "split: {column: fold}|key 'eval' is missing",
        "max_rejected: -1|'max_rejected' is -1.0; give a share below 1, or a whole number of rows",
        "max_rejected: 1.5|'max_rejected' is 1.5; give a share",
        "max_rejected: many|'max_rejected' must be a number, not 'many'",
        "export: csv|'export' is 'csv'; did you mean 'tfrecord'",
        "engine: dataflow|'engine' is 'dataflow'; this release has auto, call and shards",
        "engine: cal|'engine' is 'cal'; did you mean 'call'",
        "engine: shards|'engine' is shards; say into how many with 'shards', from 2 to 256",
        "shards: 4|'shards' counts only with 'engine: shards'",
      })
  void otherWrongKeysSayWhatIsWrongOnTheirLine(String line, String message) {
    assertThatThrownBy(() -> parse("label: x\n" + line + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("listings.yaml line 2: ")
        .hasMessageContaining(message);
  }

  @Test
  void aSplitSaidTwiceIsRefused() {
    assertThatThrownBy(() -> parse("label: x\nsplit_key: a\nsplit: {key: a}\n"))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "listings.yaml line 2: key 'split_key' is the short form of 'split: {key: a}'; leave"
                + " one of them out");
  }

  @Test
  void rejectedRowsAreLimitedByShareOrCount() {
    assertThat(parse("label: x\nmax_rejected: 0\n").maxRejected().passedBy(1, 1_000_000)).isTrue();
    RejectedLimit share = parse("label: x\nmax_rejected: 0.25\n").maxRejected();
    assertThat(share.passedBy(25, 100)).isFalse();
    assertThat(share.passedBy(26, 100)).isTrue();
    assertThat(share.describe()).isEqualTo("25 % of the rows");
    RejectedLimit count = parse("label: x\nmax_rejected: 25\n").maxRejected();
    assertThat(count.passedBy(25, 26)).isFalse();
    assertThat(count.passedBy(26, 1_000_000)).isTrue();
    assertThat(count.describe()).isEqualTo("25 rows");
  }

  @Test
  void anExportAndShardsAreRead() {
    PipelineSpec spec = parse("label: x\nexport: tfrecord\nengine: shards\nshards: 16\n");
    assertThat(spec.exportsTfRecord()).isTrue();
    assertThat(spec.engine()).isEqualTo(Engine.SHARDS);
    assertThat(spec.shards()).isEqualTo(16);
    assertThatThrownBy(() -> parse("label: x\nengine: shards\nshards: 257\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 3: key 'shards' is 257; it must lie between 2 and 256");
  }

  @Test
  void aSubsetHoldsTheAskedKeysAsTheyStand() {
    PipelineSpec spec = parse("label: sold\nexclude: [a]\ntrain: {rounds: 5}\n");
    assertThat(spec.subset(List.of("train", "exclude", "gates")))
        .isEqualTo(Map.of("train", Map.of("rounds", 5L), "exclude", List.of("a")));
  }

  @Test
  void enginesThatAreNotThereAreRefused() {
    assertThat(parse("label: x\nengine: auto\n").name()).isEqualTo("listings");
    assertThatThrownBy(() -> parse("label: x\nengine: dataflow\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 2: key 'engine' is 'dataflow'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"slices: country", "slices: [[]]", "slices: [[a, {b: c}]]", "slices: [1]"})
  void slicesAreListsOfColumns(String line) {
    assertThatThrownBy(() -> parse("label: x\n" + line + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 2: key 'slices' must be a list of column lists");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Big", "1a", "a/b", "a b", "a.b"})
  void aPipelinesNameIsAlsoADagAndAFolder(String name) {
    assertThatThrownBy(() -> PipelineSpec.parse(name, "label: x\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("pipeline is '" + name + "'");
  }
}
