package dev.sluice.localcloud;

import dev.sluice.contracts.Names;
import dev.sluice.contracts.SluiceException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a person reads who asked for something that cannot be: one sentence, with what to do. */
final class Refusals {
  /** The launcher's own, which never come here. */
  private static final List<String> OF_THE_LAUNCHER = List.of("test", "bench");

  private Refusals() {}

  /** A command line that is not understood; status 2. */
  static int usage(ParameterException refused, String[] arguments) {
    CommandLine command = refused.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    command.getErr().println("sluice: " + sentence(refused) + " " + name + " --help tells more.");
    return CommandLine.ExitCode.USAGE;
  }

  /** A command that failed; status 1. */
  static int failure(Exception failed, CommandLine command, CommandLine.ParseResult result) {
    PrintWriter err = command.getErr();
    if (failed instanceof SluiceException known) {
      err.println("sluice: " + known.getMessage());
    } else if (failed instanceof FileSystemException file) {
      err.println("sluice: " + file.getFile() + " " + reason(file));
    } else {
      err.println("sluice: an error of Sluice itself; please report it with these lines:");
      failed.printStackTrace(err);
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static String sentence(ParameterException refused) {
    CommandLine command = refused.getCommandLine();
    if (refused instanceof UnmatchedArgumentException unmatched
        && !unmatched.getUnmatched().isEmpty()) {
      String given = unmatched.getUnmatched().getFirst();
      if (unmatched.isUnknownOption()) {
        int equals = given.indexOf('=');
        String option = equals < 0 ? given : given.substring(0, equals);
        List<String> known = new ArrayList<>();
        command.getCommandSpec().optionsMap().keySet().stream()
            .filter(key -> key.startsWith("--"))
            .forEach(known::add);
        return "unknown option '"
            + option
            + "'; did you mean '"
            + Names.nearest(option, known)
            + "'?";
      }
      if (!command.getSubcommands().isEmpty()) {
        List<String> known = new ArrayList<>(command.getSubcommands().keySet());
        known.addAll(OF_THE_LAUNCHER);
        return "unknown command '"
            + given
            + "'; did you mean '"
            + Names.nearest(given, known)
            + "'?";
      }
      return "'" + given + "' is one word too many for " + command.getCommandName() + ".";
    }
    String message = String.valueOf(refused.getMessage());
    return command.getCommandName()
        + ": "
        + Character.toLowerCase(message.charAt(0))
        + message.substring(1)
        + ".";
  }

  private static String reason(FileSystemException file) {
    if (file instanceof NoSuchFileException) {
      return "does not exist; check the path";
    } else if (file instanceof AccessDeniedException) {
      return "may not be read or written; change its rights or name another";
    } else if (file instanceof FileAlreadyExistsException) {
      return "is in the way; name another, or remove it";
    }
    return "cannot be used: " + (file.getReason() == null ? "unknown reason" : file.getReason());
  }
}
