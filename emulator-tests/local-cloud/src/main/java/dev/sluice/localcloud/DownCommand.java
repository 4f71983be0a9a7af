package dev.sluice.localcloud;

import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Ends a local cloud. */
@Command(
    name = "down",
    header = "Ends the local cloud.",
    description = "Ends the local cloud; what it holds is there at the next up.",
    footer = {"", "Examples:", "  ./sluice down"})
final class DownCommand implements Callable<Integer> {
  @Mixin private StateOption state;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path folder = state.folder();
    if (!Addresses.isUp(folder)) {
      System.out.println("no local cloud runs on " + folder);
      return 0;
    }
    ProcessHandle process = ProcessHandle.of(Addresses.of(folder).pid()).orElseThrow();
    process.destroy();
    try {
      process.onExit().get(60, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new Unavailable("process " + process.pid() + " does not end; kill -9 is safe", e);
    }
    System.out.println("Sluice is down; its state stays in " + folder);
    return 0;
  }
}
