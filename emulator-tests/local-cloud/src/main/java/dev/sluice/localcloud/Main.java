package dev.sluice.localcloud;

import dev.sluice.localcloud.run.RunCommand;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The launcher's commands; {@code ./sluice} starts it on the right JDK. */
@Command(
    name = "./sluice",
    description = "Production machine learning as small Java cloud functions.",
    version = "sluice 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      RunCommand.class,
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      DropCommand.class,
      PublishCommand.class,
      ReplayDeadCommand.class,
      TriggerCommand.class,
      CancelCommand.class,
      PauseCommand.class,
      UnpauseCommand.class,
      AcceptCommand.class,
      CheckCommand.class,
      PredictCommand.class,
      PackageCommand.class,
      HelpCommand.class,
    },
    footer = {
      "  test     Runs every test: Java, Python and end to end.",
      "  bench    Runs a benchmark of benchmarks/, by its name.",
      "",
      "Begin with ./sluice demo, or with a CSV file of yours: ./sluice run FILE --label COLUMN.",
      "./sluice COMMAND --help tells more of each."
    })
public final class Main implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean version;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs one command and exits with its status. */
  public static void main(String[] arguments) {
    System.setOut(Terminal.over(System.out, System.out.charset()));
    System.setErr(Terminal.over(System.err, System.err.charset()));
    System.exit(commandLine().execute(arguments));
  }

  /** The commands, with the words for what goes wrong. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.setParameterExceptionHandler(Refusals::usage);
    line.setExecutionExceptionHandler(Refusals::failure);
    line.setUsageHelpWidth(96);
    // A terminal's commands are what Terminal takes out.
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    for (CommandLine command : line.getSubcommands().values()) {
      boolean parameters = !command.getCommandSpec().positionalParameters().isEmpty();
      command
          .getCommandSpec()
          .usageMessage()
          .abbreviateSynopsis(true)
          .synopsisHeading("%nUsage: ")
          .descriptionHeading("%n")
          .parameterListHeading("%n")
          .optionListHeading(parameters ? "" : "%n");
    }
    return line;
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return 0;
  }
}
