package dev.sluice.benchmarks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PeerJudgeTest {
  private static final Batch OLD = Batch.of("a, old", Table.parse("old", "x\n1\n"));
  private static final Batch NEW = Batch.of("a, new", Table.parse("new", "x\n2\n"));
  private static final Scene SCENE = Scene.of(OLD, NEW, Truth.of("x"));

  private final DataSet data = new DataSet.OneFile("d", OLD.table(), null, Set.of());

  @TempDir private Path folder;

  /** Says its tools, then answers each request; {@code $row} is the last row of the old file. */
  private PeerJudge peer(CaseFiles files, String answer) throws IOException {
    String script =
        """
        echo '{"tools":["T"]}'
        while read -r line; do
          old=$(printf '%s' "$line" | sed 's/.*"before":"\\([^"]*\\)".*/\\1/')
          row=$(tail -n 1 "$old")
          ANSWER
        done
        """
            .replace("ANSWER", answer);
    return PeerJudge.start(List.of("sh", "-c", script), files, folder.resolve("log"));
  }

  @Test
  void aPeerReadsTheFilesAndItsAlarmsAreScored() throws Exception {
    try (CaseFiles files = CaseFiles.in(null);
        PeerJudge peer =
            peer(
                files,
                """
                echo '{"found":{"T":[{"feature":"x","held":true,"text":"row '$row'"}]}}'
                """)) {
      assertThat(peer.names()).containsExactly("T");
      assertThat(peer.judge(data, SCENE))
          .containsEntry("T", List.of(new Found("x", "", true, null, "row 1")));
    }
  }

  @Test
  void anAlarmAtAnExcludedColumnCountsOnlyWhereItIsRight() throws Exception {
    DataSet excluding = new DataSet.OneFile("d", OLD.table(), null, Set.of("x"));
    try (CaseFiles files = CaseFiles.in(null);
        PeerJudge peer =
            peer(
                files,
                """
                echo '{"found":{"T":[{"feature":"x","held":true,"text":""}]}}'
                """)) {
      assertThat(peer.judge(excluding, SCENE).get("T")).hasSize(1);
      assertThat(peer.judge(excluding, Scene.of(OLD, NEW, Truth.CLEAN)).get("T")).isEmpty();
    }
  }

  @Test
  void aPeerThatBreaksDownSaysSo() throws Exception {
    try (CaseFiles files = CaseFiles.in(null);
        PeerJudge peer =
            peer(
                files,
                """
                echo '{"error":"cannot divide"}'
                """)) {
      assertThatThrownBy(() -> peer.judge(data, SCENE))
          .isInstanceOf(Bug.class)
          .hasMessageContaining("cannot divide");
    }
  }

  @Test
  void aPeerThatEndsIsNoAnswer() throws Exception {
    try (CaseFiles files = CaseFiles.in(null);
        PeerJudge peer = peer(files, "exit 1")) {
      assertThatThrownBy(() -> peer.judge(data, SCENE))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("the process of a peer ended");
    }
  }

  @Test
  void filesAreThereOnlyWhileTheyAreUsed() throws Exception {
    Path file;
    try (CaseFiles files = CaseFiles.in(null)) {
      file = files.take(OLD);
      files.take(OLD);
      files.giveBack(OLD);
      assertThat(file).hasContent("x\n1\n");
      files.giveBack(OLD);
      assertThat(file).doesNotExist();
    }
    assertThat(file.getParent()).doesNotExist();
  }

  @Test
  void filesThatWereAskedForStayWithWhatIsWrongInThem() throws Exception {
    try (CaseFiles files = CaseFiles.in(folder)) {
      files.keep(new Case(data, FaultKind.STUCK, "all", 0, () -> SCENE), SCENE);
    }

    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("a-old.csv", "a-new.csv", "cases.jsonl");
    }
    assertThat(Files.readString(folder.resolve("cases.jsonl")))
        .contains("\"after\":[\"a-new.csv\"],\"features\":[\"x\"]");
  }
}
