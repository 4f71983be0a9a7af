package dev.sluice.localcloud.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.ObjectName;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.LocalCloud;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * What somebody's CSV file comes to: a live model that answers, or a sentence that says what to do.
 */
class RunCommandTest {
  @TempDir private static Path folder;

  private static LocalCloud cloud;
  private static GoogleClients clients;
  private static final Stages STAGES = new Stages(Home.find().readOperations(), line -> {});

  @BeforeAll
  static void start() throws IOException {
    cloud =
        LocalCloud.start(
            new LocalCloud.Options(
                Home.find(),
                folder.resolve("state"),
                List.of(Files.createDirectories(folder.resolve("specs"))),
                /* portBase= */ 0,
                "",
                line -> {},
                STAGES));
    clients = new GoogleClients(CloudConfiguration.from(name -> cloud.environment().get(name)));
  }

  @AfterAll
  static void end() {
    clients.close();
    cloud.close();
  }

  private record Came(BatchReport report, String sentence, Journey.@Nullable Asked asked) {}

  /** Takes a file the whole way. */
  private static Came run(String name, String text, String label) throws Exception {
    return run(name, text.getBytes(StandardCharsets.UTF_8), label);
  }

  private static Came run(String name, byte[] content, String label) throws Exception {
    Path file = Files.write(folder.resolve(name), content);
    RunPlan plan = RunPlan.of(List.of(file), label, null);
    plan.writeTo(folder.resolve("specs"));
    awaitSpec(plan.pipeline());
    try (Journey journey = new Journey(plan, folder, cloud, STAGES)) {
      BatchReport report = journey.take(file);
      Long version = journey.liveVersion();
      return new Came(
          report, Sentences.end(version, List.of(report)), version == null ? null : journey.ask());
    }
  }

  private static void awaitSpec(String pipeline) throws InterruptedException {
    ObjectName spec =
        ObjectName.of(
            String.valueOf(cloud.environment().get("SLUICE_SERVING")),
            "specs/" + pipeline + ".yaml");
    Instant limit = Instant.now().plus(Duration.ofSeconds(30));
    while (clients.objects().find(spec).isEmpty()) {
      assertThat(Instant.now()).as("the spec of " + pipeline + " is not taken").isBefore(limit);
      Thread.sleep(20);
    }
  }

  /** Rows of {@code x,color,...,label} where x and color tell the label. */
  private static String rows(
      String header,
      String separator,
      String end,
      String yes,
      String no,
      IntFunction<String> more) {
    Random random = new Random(7);
    StringBuilder out = new StringBuilder(header).append(end);
    for (int i = 0; i < 500; i++) {
      double x = random.nextDouble();
      boolean red = random.nextInt(3) == 0;
      boolean positive = x + (red ? .3 : 0) + .2 * random.nextGaussian() > .65;
      out.append(String.format(Locale.ROOT, "%.4f", x))
          .append(separator)
          .append(red ? "red" : "blue")
          .append(more.apply(i))
          .append(separator)
          .append(positive ? yes : no)
          .append(end);
    }
    return out.toString();
  }

  private static String rows(String yes, String no) {
    return rows("x,color,label", ",", "\n", yes, no, i -> "");
  }

  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.of(
            "semicolons.csv", rows("x;color;label", ";", "\r\n", "ja", "nein", i -> ""), "label"),
        Arguments.of(
            "tabs.tsv", "\uFEFF" + rows("x\tcolor\tlabel", "\t", "\n", "1", "0", i -> ""), "label"),
        Arguments.of(
            "Käufe (2026).csv",
            rows("größe,цвет,étiquette", ",", "\n", "oui", "non", i -> ""),
            "étiquette"),
        Arguments.of("true.csv", rows("TRUE", "FALSE"), "label"),
        Arguments.of("one-two.csv", rows("1", "2"), "label"),
        Arguments.of(
            "names.csv",
            rows(
                "\"my x\",a.b,\"it's \"\"q\"\"\",\"[br]<x>\",sold?",
                ",",
                "\n",
                "yes",
                "no",
                i -> "," + i % 7 + "," + i % 5),
            "sold?"),
        Arguments.of(
            "quoted.csv",
            rows(
                "x,color,note,label",
                ",",
                "\n",
                "yes",
                "no",
                i -> ",\"line one\nsays \"\"" + i % 3 + "\"\", twice\""),
            "label"),
        Arguments.of(
            "dates.csv",
            rows(
                "x,color,day,at,label",
                ",",
                "\n",
                "yes",
                "no",
                i ->
                    String.format(
                        ",%d/%d/2026,2026-01-%02dT10:00:00Z", 1 + i % 28, 1 + i % 12, 1 + i % 28)),
            "label"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void isLiveAndAnswersARealRow(String name, String text, String label) throws Exception {
    Came came = run(name, text, label);
    assertThat(came.sentence()).isEqualTo("Version 1 is live.");
    assertThat(came.report().rows()).isEqualTo(500);
    assertThat(came.report().rejectedRows()).isZero();
    BatchReport.Model model = came.report().model();
    assertThat(model).isNotNull();
    assertThat(model.metrics().get("auc").low()).isGreaterThan(model.baseline().get("auc"));
    assertThat(model.metrics().get("log_loss").value())
        .isLessThan(model.baseline().get("log_loss"));
    assertThat(came.asked()).isNotNull();
    assertThat(came.asked().row().seen()).isFalse();
    double probability =
        JsonParser.parseString(came.asked().answer())
            .getAsJsonObject()
            .getAsJsonArray("predictions")
            .get(0)
            .getAsDouble();
    assertThat(probability).isBetween(0.0, 1.0);
  }

  static Stream<Arguments> mistakes() {
    StringBuilder prices = new StringBuilder("size,price\n");
    StringBuilder noise = new StringBuilder("x,y,label\n");
    StringBuilder alone = new StringBuilder("label\n");
    Random random = new Random(5);
    for (int i = 0; i < 400; i++) {
      prices.append(i % 17).append(',').append(100 * random.nextDouble()).append('\n');
      noise.append(random.nextDouble()).append(',').append(random.nextDouble());
      noise.append(random.nextInt(3) == 0 ? ",yes\n" : ",no\n");
      alone.append(i % 3 == 0 ? "yes\n" : "no\n");
    }
    return Stream.of(
        Arguments.of("amount.csv", prices.toString(), "price", "learns two classes, not amounts"),
        Arguments.of(
            "kinds.csv",
            rows("yes", "no").replace("0,blue", "0,green"),
            "color",
            "{name: color_is_blue, expression: \"color == 'blue'\"} and exclude: [color]"),
        Arguments.of(
            "case.csv",
            rows("yes", "no").replaceFirst("yes", "Yes"),
            "label",
            "write equal ones alike"),
        Arguments.of("one-class.csv", rows("yes", "yes"), "label", "has only one value in train"),
        Arguments.of("noise.csv", noise.toString(), "label", "the features tell too little"),
        Arguments.of("alone.csv", alone.toString(), "label", "no column besides label 'label'"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void isNotLiveAndSaysWhatToDo(String name, String text, String label, String why)
      throws Exception {
    Came came = run(name, text, label);
    assertThat(came.sentence()).startsWith("no model is live: ").contains(name, why);
    assertThat(came.asked()).isNull();
  }

  @Test
  void threeRows_areTooFewToTell() throws Exception {
    Came came = run("three.csv", "a,b,label\n1,x,yes\n2,y,no\n3,z,yes\n", "label");
    assertThat(came.sentence()).containsAnyOf("cannot be told", "no model is live");
  }

  @Test
  void whatIsOddInTheData_isTold() throws Exception {
    String text =
        rows(
            "x,color,empty,same,id,price,label",
            ",",
            "\n",
            "yes",
            "no",
            i -> ",,k," + (1000 + i) + ",\"1," + (10 + i % 90) + "\"");
    Came came =
        run("odd.csv", text.replaceFirst("\n", "\n1,red,too,many,fields,in,this,row\n"), "label");
    assertThat(came.report().rejectedRows()).isEqualTo(1);
    assertThat(came.report().rejected().getFirst().reason()).contains("8");
    assertThat(came.report().findings())
        .extracting(BatchReport.Finding::text)
        .anyMatch(found -> found.contains("empty is empty in all 500 rows"))
        .anyMatch(found -> found.contains("same has the same value in every row"))
        .anyMatch(found -> found.contains("id has a number of its own in nearly every row"))
        .anyMatch(found -> found.contains("price holds numbers with a comma"));
    assertThat(came.report().features().left()).containsKeys("empty", "same");
    List<String> lines = new ArrayList<>();
    new ReportPrinter(lines::add).print(came.report(), /* whole= */ true);
    assertThat(String.join("\n", lines))
        .contains("Columns: 7, in 500 rows (1 more were rejected)")
        .contains("left out: empty: it has no value in train")
        .contains("AUC")
        .contains("model  PASS");
  }

  @Test
  void missingLabels_areNotLearnedFrom() throws Exception {
    Came came = run("gaps.csv", rows("1", "0").replaceAll("7,red,.", "7,red,NA"), "label");
    assertThat(came.sentence()).isEqualTo("Version 1 is live.");
    assertThat(came.report().features().unlabeled()).isPositive();
  }

  @Test
  void fiveHundredColumns_areAbbreviated() throws Exception {
    Random random = new Random(3);
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < 499; c++) {
      text.append("c").append(c).append(',');
    }
    text.append("label\n");
    for (int row = 0; row < 400; row++) {
      double seventh = 0;
      for (int c = 0; c < 499; c++) {
        int value = random.nextInt(100);
        seventh = c == 7 ? value : seventh;
        text.append(value).append(',');
      }
      text.append(seventh > 50 ? "yes" : "no").append('\n');
    }
    Came came = run("wide.csv", text.toString(), "label");
    assertThat(came.sentence()).isEqualTo("Version 1 is live.");
    assertThat(came.report().findings())
        .extracting(BatchReport.Finding::text)
        .anyMatch(found -> found.contains("c7 alone tells the label"));
    assertThat(came.asked().curl()).contains("-d @");
    List<String> lines = new ArrayList<>();
    new ReportPrinter(lines::add).print(came.report(), /* whole= */ true);
    assertThat(lines).hasSizeLessThan(80);
    assertThat(String.join("\n", lines)).contains("and 475 more (474 int, 1 string)");
  }

  @Test
  void command_printsOneObjectAndLeavesNothing() throws Exception {
    Path first = Files.writeString(folder.resolve("monday.csv"), rows("yes", "no"));
    Path second =
        Files.writeString(
            folder.resolve("tuesday.csv"), rows("yes", "no").replaceAll("(?m),blue,", ",,"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream before = System.out;
    int status;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      status =
          new CommandLine(new RunCommand())
              .execute(first.toString(), second.toString(), "--label", "label", "--once", "--json");
    } finally {
      System.setOut(before);
    }
    JsonObject answer = Json.read(out.toString(StandardCharsets.UTF_8), JsonObject.class, "answer");
    assertThat(status).isZero();
    assertThat(answer.get("version").getAsInt()).isEqualTo(1);
    assertThat(answer.getAsJsonArray("batches"))
        .extracting(batch -> batch.getAsJsonObject().get("state").getAsString())
        .containsExactly("LIVE", "BLOCKED");
    assertThat(answer.get("sentence").getAsString()).contains("tuesday.csv is held", "color");
    assertThat(answer.getAsJsonObject("ask").getAsJsonObject("answer").has("predictions")).isTrue();
  }
}
