package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both layouts of control groups, as plain folders. */
final class ControlGroupTest {
  private static final long MEMORY = 512L << 20;

  @TempDir Path folder;

  private ControlGroup make(String cgroup, String mountinfo) throws IOException {
    Files.writeString(folder.resolve("cgroup"), cgroup);
    Files.writeString(folder.resolve("mountinfo"), mountinfo.replace("FOLDER", folder.toString()));
    return ControlGroup.make(folder, "group", MEMORY, /* cpus= */ 1.5).orElseThrow();
  }

  private Path directory(String name) throws IOException {
    return Files.createDirectories(folder.resolve(name));
  }

  @Test
  void ofTheFirstLayoutItLiesInEachControllersTree() throws Exception {
    Path memory = directory("memory/own");
    Path cpu = directory("cpu");
    ControlGroup group =
        make(
            """
            4:memory:/own
            1:cpu,cpuacct:/
            0::/
            """,
            """
            30 20 0:26 / FOLDER/memory rw,relatime - cgroup cgroup rw,memory
            31 20 0:27 / FOLDER/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct
            """);

    assertThat(memory.resolve("group/memory.limit_in_bytes")).hasContent("536870912");
    assertThat(cpu.resolve("group/cpu.cfs_quota_us")).hasContent("150000");
    assertThat(cpu.resolve("group/cpu.cfs_period_us")).hasContent("100000");
    assertThat(group.killed()).isFalse();
    Files.writeString(
        memory.resolve("group/memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 1");
    assertThat(group.killed()).isTrue();
  }

  @Test
  void ofTheSecondLayoutItLiesBesideWhereControllersAreHandedDown() throws Exception {
    Path session = directory("unified/user/session");
    Files.writeString(session.resolve("cgroup.subtree_control"), "");
    Files.writeString(
        folder.resolve("unified/user/cgroup.subtree_control"), "cpu io memory pids\n");
    ControlGroup group =
        make(
            "0::/user/session\n",
            "30 20 0:26 / FOLDER/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n");

    Path made = folder.resolve("unified/user/group");
    assertThat(made.resolve("memory.max")).hasContent("536870912");
    assertThat(made.resolve("memory.swap.max")).hasContent("0");
    assertThat(made.resolve("cpu.max")).hasContent("150000 100000");
    Files.writeString(made.resolve("memory.events"), "low 0\nmax 7\noom 1\noom_kill 1");
    assertThat(group.killed()).isTrue();
  }

  @Test
  void aProcessEntersItFirst() throws Exception {
    directory("unified");
    Files.writeString(folder.resolve("unified/cgroup.subtree_control"), "cpu memory\n");
    ControlGroup group = make("0::/\n", "30 20 0:26 / FOLDER/unified rw - cgroup2 cgroup2 rw\n");

    Process process =
        new ProcessBuilder(group.enter(List.of("/bin/sh", "-c", "echo $$ \"$0\"", "a b"))).start();

    String pid = process.inputReader().readLine();
    assertThat(pid).isEqualTo(process.pid() + " a b");
    assertThat(folder.resolve("unified/group/cgroup.procs")).hasContent(process.pid() + "\n");
  }

  @Test
  void whereControllersAreNotHandedDownThereIsNone() throws Exception {
    directory("unified");
    Files.writeString(folder.resolve("unified/cgroup.subtree_control"), "pids\n");
    Files.writeString(folder.resolve("cgroup"), "0::/\n");
    Files.writeString(
        folder.resolve("mountinfo"),
        "30 20 0:26 / %s/unified rw - cgroup2 cgroup2 rw\n".formatted(folder));

    assertThat(ControlGroup.make(folder, "group", MEMORY, 1)).isEmpty();
    assertThat(folder.resolve("unified/group")).doesNotExist();
  }

  @Test
  void whereThereIsNoLinuxThereIsNone() {
    assertThat(ControlGroup.make(folder.resolve("none"), "group", MEMORY, 1)).isEmpty();
  }
}
