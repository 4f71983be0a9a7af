package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/** The launcher's commands in this process. */
public final class Launcher {
  private Launcher() {}

  /** Runs a command, which must end with that status; what it said, line by line. */
  public static List<String> run(int status, List<String> arguments) {
    StringWriter said = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(said, true));
    line.setErr(new PrintWriter(said, true));
    int ended = line.execute(arguments.toArray(String[]::new));
    assertThat(ended).as(said.toString()).isEqualTo(status);
    return said.toString().lines().toList();
  }

  /** What the file that {@code --cloud} names must have. */
  public static List<String> cloudVariables() {
    return CloudOption.NEEDED;
  }
}
