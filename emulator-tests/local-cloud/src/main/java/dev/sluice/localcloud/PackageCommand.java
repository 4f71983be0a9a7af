package dev.sluice.localcloud;

import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the functions' zips; the launcher has built them before. */
@Command(
    name = "package",
    header = "Builds the functions' zips.",
    description = "Builds the functions' zips and lists name, MiB and sha256.",
    footer = {"", "Examples:", "  ./sluice package --json"})
final class PackageCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  private record Zip(String function, String file, long bytes, String sha256) {}

  @Override
  public Integer call() throws IOException {
    Home home = Home.find();
    List<Zip> zips = new ArrayList<>();
    for (FunctionManifest manifest : home.manifests()) {
      Path zip = home.zip(manifest.name());
      byte[] bytes = Files.readAllBytes(zip);
      zips.add(
          new Zip(
              manifest.name(),
              home.root().relativize(zip).toString(),
              bytes.length,
              Fingerprint.sha256(bytes)));
    }
    if (json) {
      System.out.println(Json.write(zips));
      return 0;
    }
    for (Zip zip : zips) {
      System.out.printf(
          Locale.ROOT,
          "%-16s %6.1f MiB  %s%n",
          zip.function(),
          zip.bytes() / 1048576.0,
          zip.sha256());
    }
    return 0;
  }
}
