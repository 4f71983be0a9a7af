package dev.sluice.localcloud;

import dev.sluice.contracts.SluiceException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/** The launcher's commands; {@code ./sluice} starts it on the right JDK. */
@Command(
    name = "sluice",
    description = "Production machine learning as small Java cloud functions.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    version = "sluice 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      DropCommand.class,
      TriggerCommand.class,
      PredictCommand.class,
      PackageCommand.class,
    },
    footer = {
      "",
      "  test      runs every test: Java, Python and end to end",
      "  bench     NAME runs a benchmark of benchmarks/",
      "",
      "./sluice COMMAND --help tells more."
    })
public final class Main implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs one command and exits with its status. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    CommandLine line = new CommandLine(new Main());
    line.setExecutionExceptionHandler(
        (exception, command, result) -> {
          if (exception instanceof SluiceException known) {
            command.getErr().println("sluice: " + known.getMessage());
          } else {
            command.getErr().println("sluice: an error of Sluice itself; please report it");
            exception.printStackTrace(command.getErr());
          }
          return 1;
        });
    return line.execute(arguments);
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(System.out);
    return 0;
  }
}
