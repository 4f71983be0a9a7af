package dev.sluice.localcloud;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CheckCommandTest {
  @TempDir private Path folder;
  private Path spec;

  @BeforeEach
  void writeSpec() throws IOException {
    spec = Files.writeString(folder.resolve("shop.yaml"), "label: sold\ntrain: {rounds: 30}\n");
  }

  private List<String> check(int status, Object... arguments) {
    StringWriter said = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(said, true));
    line.setErr(new PrintWriter(said, true));
    List<String> all = new ArrayList<>(List.of("check"));
    for (Object argument : arguments) {
      all.add(argument.toString());
    }
    all.addAll(List.of("--state", folder.resolve("state").toString()));
    assertThat(line.execute(all.toArray(String[]::new))).as(said.toString()).isEqualTo(status);
    return said.toString().lines().toList();
  }

  private void git(String... arguments) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("git", "-c", "user.name=t", "-c", "user.email=t@example.org"));
    all.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(all).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  @Test
  void againstAFile_tellsWhatRunsAnewByTheRepositorysOperations() throws IOException {
    Path old = Files.writeString(folder.resolve("old.yaml"), "label: sold\n");
    assertThat(check(0, spec, "--against", old))
        .contains(
            "shop.yaml is right; compared with " + old + ":",
            "  + train: {\"rounds\":30}",
            "      read by train",
            "  ingest          cached   nothing that it depends on changes",
            "  train           anew     train changed",
            "  evaluate        depends  anew, unless train gives the same bytes as before");
  }

  @Test
  void withoutACloud_comparesWithTheCommittedVersion() throws Exception {
    git("init", "-q");
    git("add", "shop.yaml");
    git("commit", "-q", "-m", "first");
    assertThat(check(0, spec))
        .contains("shop.yaml is right; compared with the committed version:", "  nothing differs");
    Files.writeString(spec, "label: gone\n");
    assertThat(check(0, spec)).contains("  ~ label: \"sold\" -> \"gone\"");
  }

  @Test
  void whatIsNowhereElse_isNew() {
    assertThat(check(0, spec))
        .contains(
            "shop.yaml is right; compared with nothing, as no cloud is up and no version is"
                + " committed:",
            "  train           anew     its first run");
  }

  @Test
  void aWrongSpec_endsWithOne() throws IOException {
    Files.writeString(spec, "label: sold\ntrian: {}\n");
    assertThat(check(1, spec))
        .singleElement()
        .asString()
        .startsWith(
            "wrong: shop.yaml line 2: key 'trian' is not a known key; did you mean 'train'?");
  }

  @Test
  void whatCannotBe_isRefusedInASentence() throws IOException {
    assertThat(check(1, folder.resolve("no.yaml")))
        .containsExactly(
            "sluice: " + folder.resolve("no.yaml") + " does not exist; check the path");
    Path other = Files.writeString(folder.resolve("Shop.yml"), "label: sold\n");
    assertThat(check(1, other))
        .singleElement()
        .asString()
        .startsWith("sluice: " + other + " is not named as a spec is: <pipeline>.yaml");
    assertThat(check(1, spec, "--batch", "b-1"))
        .singleElement()
        .asString()
        .startsWith("sluice: --batch is of a cloud, and none is up");
    assertThat(check(1, spec, "--batch", "b-1", "--against", spec))
        .singleElement()
        .asString()
        .startsWith("sluice: --batch is of a cloud, and --against asks none");
  }
}
