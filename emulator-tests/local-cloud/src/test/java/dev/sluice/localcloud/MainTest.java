package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dmeo | unknown command 'dmeo'; did you mean 'demo'? ./sluice --help tells more.",
        "tset | unknown command 'tset'; did you mean 'test'? ./sluice --help tells more.",
        "up --detahc | unknown option '--detahc'; did you mean '--detach'? ./sluice up --help tells more.",
        "run x.csv --labl=y | unknown option '--labl'; did you mean '--label'? ./sluice run --help tells more.",
        "up here | 'here' is one word too many for up. ./sluice up --help tells more.",
        "up --port-base x | up: invalid value for option '--port-base': 'x' is not an int. ./sluice up --help tells more.",
        "run --label y | run: missing required parameter: 'FILE'. ./sluice run --help tells more."
      })
  void whatIsNotUnderstood_isOneSentence(String line, String sentence) {
    assertThat(run(line.split(" ", -1))).isEqualTo(2);
    assertThat(err.toString().lines()).containsExactly("sluice: " + sentence);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void mistakeOfAUser_hasNoStackTrace(@TempDir Path folder) {
    String state = folder.toString();
    for (List<String> line :
        List.of(
            List.of("run", folder.resolve("no.csv").toString(), "--label", "y"),
            List.of("status", "--state", state),
            List.of("up", "--port-base", "80", "--state", state))) {
      err.getBuffer().setLength(0);
      assertThat(run(line.toArray(String[]::new))).isEqualTo(1);
      assertThat(err.toString().lines()).as(String.join(" ", line)).hasSize(1);
      assertThat(err.toString()).startsWith("sluice: ");
    }
  }

  @Test
  void webhookThatIsNoAddress_isToldWithoutRepeatingIt(@TempDir Path folder) {
    String state = folder.toString();
    assertThat(run("up", "--webhook", "https:// s3cret", "--state", state)).isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo("sluice: --webhook is no address; write it as https://host/path\n");
  }

  @Test
  void help_namesEveryCommandAndEachHasExamples() {
    assertThat(run("--help")).isZero();
    CommandLine line = Main.commandLine();
    for (String name : line.getSubcommands().keySet()) {
      assertThat(out.toString()).contains("\n  " + name + " ");
      if (!name.equals("help")) {
        out.getBuffer().setLength(0);
        assertThat(run(name, "--help")).isZero();
        assertThat(out.toString()).contains("Usage: ./sluice " + name).contains("Examples:\n  ");
        assertThat(out.toString().lines()).allMatch(text -> text.length() <= 100);
        out.getBuffer().setLength(0);
        run("--help");
      }
    }
    assertThat(out.toString()).contains("\n  test ").contains("\n  bench ");
  }
}
