package dev.sluice.localcloud;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.UnmatchedArgumentException;

/** As {@code --help}, for those who expect a command. */
@Command(
    name = "help",
    header = "Tells more of a command.",
    description = "As ./sluice COMMAND --help.",
    footer = {"", "Examples:", "  ./sluice help run"})
final class HelpCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "The command.")
  private @Nullable String command;

  @Override
  public Integer call() {
    CommandLine all = spec.commandLine().getParent();
    String name = command;
    CommandLine one = name == null ? all : all.getSubcommands().get(name);
    if (one == null) {
      throw new UnmatchedArgumentException(all, List.of(String.valueOf(name)));
    }
    one.usage(all.getOut());
    return 0;
  }
}
