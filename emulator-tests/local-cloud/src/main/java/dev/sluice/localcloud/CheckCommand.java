package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.localcloud.check.CheckReport;
import dev.sluice.localcloud.check.Checker;
import dev.sluice.stages.Platform;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells what is wrong with a spec, and else what it will cause. */
@Command(
    name = "check",
    header = "Explains what a spec will cause.",
    description =
        "Tells all that is wrong with a spec. Where nothing is, it compares it with the spec that"
            + " the pipeline's last run used, and tells which operations another run of that batch"
            + " makes anew and why, which are cached, and what it means for the gates. Without a"
            + " cloud that is up it compares with the committed version of the file. It changes"
            + " nothing.",
    footer = {
      "",
      "Examples:",
      "  ./sluice check dags/pipelines/taxi.yaml",
      "  ./sluice check taxi.yaml --against old/taxi.yaml",
      "  ./sluice check taxi.yaml --batch b-0123456789abcdef0123 --json"
    })
final class CheckCommand implements Callable<Integer> {
  private static final String CODE_VERSION = "META-INF/sluice/code-version";

  @Mixin private CloudOption cloud;

  @Parameters(
      paramLabel = "SPEC",
      description = "The spec's file, named <pipeline>.yaml as the pipeline is.")
  private Path file;

  @Option(
      names = "--against",
      paramLabel = "FILE",
      description = "Compare with this spec, and ask no cloud.")
  private @Nullable Path against;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "The batch whose next run is meant (default: the one that ran last).")
  private @Nullable String batch;

  @Option(names = "--json", description = "Print as JSON.")
  private boolean json;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    String name = String.valueOf(file.getFileName());
    String pipeline = name.endsWith(".yaml") ? name.substring(0, name.length() - 5) : "";
    if (!Names.PIPELINE.matcher(pipeline).matches()) {
      throw new BadInput(
          file
              + " is not named as a spec is: <pipeline>.yaml, where the name matches "
              + Names.PIPELINE);
    }
    if (against != null && batch != null) {
      throw new BadInput("--batch is of a cloud, and --against asks none; leave one of them out");
    }
    Home home = Home.find();
    Checker checker = new Checker(home.readOperations(), pipeline, Files.readString(file));
    CheckReport report = report(checker, home);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.write(report));
    } else {
      report.lines().forEach(out::println);
    }
    return report.problems().isEmpty() ? 0 : 1;
  }

  private CheckReport report(Checker checker, Home home) throws IOException, InterruptedException {
    if (against != null) {
      return checker.against(Files.readString(against), String.valueOf(against));
    }
    Optional<Addresses> up = cloud.ifUp();
    if (up.isEmpty() && batch != null) {
      throw new BadInput(
          "--batch is of a cloud, and none is up; start one with ./sluice up --detach, or name a"
              + " deployed one with --cloud");
    }
    if (up.isEmpty()) {
      Optional<String> committed = committed();
      return committed.isPresent()
          ? checker.against(committed.get(), "the committed version")
          : checker.against(null, "nothing, as no cloud is up and no version is committed");
    }
    Addresses addresses = up.get();
    try (GoogleClients clients = new GoogleClients(addresses.cloud())) {
      Facts facts = clients.facts(addresses.get("SLUICE_DATASET"));
      Platform platform = addresses.platform(clients, facts);
      return checker.against(
          platform,
          facts,
          batch,
          this::beside,
          // What is deployed elsewhere cannot be seen from here.
          addresses.isLocal() ? function -> codeVersion(home.zip(function)) : _ -> null);
    }
  }

  private byte @Nullable [] beside(String schema) {
    Path path = file.toAbsolutePath().resolveSibling(schema);
    try {
      return Files.isRegularFile(path) ? Files.readAllBytes(path) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file's text in the newest commit of the repository that it lies in. */
  private Optional<String> committed() throws IOException, InterruptedException {
    Path path = file.toAbsolutePath();
    Process git;
    try {
      git =
          new ProcessBuilder("git", "show", "HEAD:./" + path.getFileName())
              .directory(
                  String.valueOf(path.getParent()).isEmpty() ? null : path.getParent().toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      // There is no git, so nothing is known to be committed.
      return Optional.empty();
    }
    String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return git.waitFor() == 0 ? Optional.of(text) : Optional.empty();
  }

  /** Of the jar at the package's root, as the function reads it. */
  private static @Nullable String codeVersion(Path zip) {
    try (ZipFile outer = new ZipFile(zip.toFile())) {
      Optional<? extends ZipEntry> jar =
          outer.stream().filter(entry -> entry.getName().matches("[^/]+\\.jar")).findFirst();
      if (jar.isEmpty()) {
        return null;
      }
      try (ZipInputStream inner = new ZipInputStream(outer.getInputStream(jar.get()))) {
        for (ZipEntry entry = inner.getNextEntry(); entry != null; entry = inner.getNextEntry()) {
          if (entry.getName().equals(CODE_VERSION)) {
            return new String(inner.readAllBytes(), StandardCharsets.UTF_8).strip();
          }
        }
      }
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
