package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Unavailable;
import dev.sluice.emulators.composer.Progress;
import dev.sluice.localcloud.dags.AirflowPackages;
import dev.sluice.localcloud.faults.FaultInjector;
import dev.sluice.localcloud.faults.FaultPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Starts a local cloud. */
@Command(
    name = "up",
    header = "Starts a local cloud with every function.",
    description = {
      "Starts the embedded cloud with every function, and stays until Ctrl-C (or --detach).",
      "",
      "With --airflow the DAGs run on real Airflow with its UI, as on Composer, in place of the"
          + " embedded Composer. Exits with 3 where Airflow cannot be had."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice up --detach",
      "  ./sluice up --airflow",
      "  ./sluice up --pipelines my-specs --port-base 18000",
      "  ./sluice up --detach --state /tmp/second"
    })
final class UpCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Airflow's own patience ends before. */
  private static final Duration PATIENCE_WITH_AIRFLOW = Duration.ofMinutes(5);

  @Mixin private StateOption state;

  @Option(
      names = "--pipelines",
      paramLabel = "DIR",
      description = "A folder of specs beside the repository's own; may be repeated.")
  private List<Path> pipelines = new ArrayList<>();

  @Option(
      names = "--port-base",
      paramLabel = "N",
      defaultValue = "0",
      description = "The first of the ports (default: free ones).")
  private int portBase;

  @Option(
      names = "--webhook",
      paramLabel = "URL",
      defaultValue = "${env:SLUICE_WEBHOOK:-}",
      description =
          "Where alarms are posted (default: SLUICE_WEBHOOK of the environment, which other users of"
              + " this machine do not see).")
  private String webhook;

  @Option(
      names = "--faults",
      paramLabel = "FILE",
      description =
          "A plan of what goes wrong: events astray, services that fail, processes killed"
              + " (docs/faults.md).")
  private @Nullable Path faults;

  @Option(
      names = "--processes",
      description = "Run each function in a process of its own, as a plan that kills does.")
  private boolean processes;

  @Mixin private AirflowOption airflow;

  @Option(names = "--detach", description = "Return once everything answers.")
  private boolean detach;

  @Option(names = "--json", description = "Print the addresses as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path python;
    try {
      python = airflow.python(json ? System.err::println : UpCommand::say);
    } catch (AirflowPackages.Missing e) {
      System.err.println("sluice: " + e.getMessage());
      return AirflowOption.MISSING;
    }
    return detach ? inBackground(python != null) : here(python);
  }

  private int here(@Nullable Path python) throws IOException, InterruptedException {
    long started = System.nanoTime();
    CountDownLatch ended = new CountDownLatch(1);
    FaultPlan plan = plan();
    FaultInjector injector = plan == null ? null : new FaultInjector(UpCommand::say);
    TaskLines lines = new TaskLines(Home.find().readOperations());
    LocalCloud cloud =
        LocalCloud.start(
            new LocalCloud.Options(
                Home.find(),
                state.folder(),
                pipelines.stream().map(p -> p.toAbsolutePath().normalize()).toList(),
                portBase,
                webhook,
                UpCommand::say,
                change -> progress(lines, change)),
            new LocalCloud.Hosting(
                processes || (plan != null && plan.kills()),
                injector,
                /* containers= */ null,
                python));
    if (plan != null && injector != null) {
      injector.use(plan);
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              cloud.close();
              ended.countDown();
            }));
    print(Addresses.of(state.folder()), Duration.ofNanos(System.nanoTime() - started));
    ended.await();
    return 0;
  }

  private @Nullable FaultPlan plan() throws IOException {
    if (faults == null) {
      return null;
    }
    if (!Files.isRegularFile(faults)) {
      throw new BadInput(faults + " is no file; give a plan of faults that exists");
    }
    List<String> functions = Home.find().manifests().stream().map(FunctionManifest::name).toList();
    return FaultPlan.parse(Files.readString(faults), faults.toString(), functions);
  }

  private int inBackground(boolean withAirflow) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(state.folder());
    if (Addresses.isUp(folder)) {
      throw new BadInput(
          "a local cloud runs on "
              + folder
              + " already; ./sluice down ends it, --state names another");
    }
    long started = System.nanoTime();
    Path log = folder.resolve("sluice.log");
    ProcessHandle.Info self = ProcessHandle.current().info();
    List<String> command = new ArrayList<>();
    command.add(self.command().orElseThrow(() -> new BadInput("this JVM does not tell its path")));
    // Commands are tuned to end soon, a cloud is not: the launcher names the flags of both.
    String flags = System.getProperty("sluice.up.flags");
    command.addAll(
        flags == null
            ? java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()
            : List.of(flags.split("\n", -1)));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("up", "--state", folder.toString()));
    command.addAll(List.of("--port-base", String.valueOf(portBase)));
    if (faults != null) {
      plan();
      command.addAll(List.of("--faults", faults.toAbsolutePath().normalize().toString()));
    }
    if (processes) {
      command.add("--processes");
    }
    if (withAirflow) {
      command.add("--airflow");
    }
    for (Path pipeline : pipelines) {
      command.addAll(List.of("--pipelines", pipeline.toAbsolutePath().normalize().toString()));
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    builder.environment().put("SLUICE_WEBHOOK", webhook);
    Process process = builder.start();
    while (!Addresses.isUp(folder)) {
      if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
        List<String> lines = Files.readAllLines(log);
        throw new BadInput(
            lines.stream()
                .filter(line -> line.startsWith("sluice: "))
                .map(line -> line.substring("sluice: ".length()))
                .findFirst()
                .orElse("the local cloud did not start; " + log + " says why"));
      }
      Duration patience = withAirflow ? PATIENCE_WITH_AIRFLOW : PATIENCE;
      if (System.nanoTime() - started > patience.toNanos()) {
        process.destroy();
        throw new Unavailable(
            "the local cloud did not start in "
                + patience.toSeconds()
                + " s; "
                + log
                + " says why");
      }
    }
    print(Addresses.of(folder), Duration.ofNanos(System.nanoTime() - started));
    return 0;
  }

  private void print(Addresses addresses, Duration took) {
    if (json) {
      System.out.println(Json.write(addresses));
      return;
    }
    Map<String, String> all = addresses.environment();
    System.out.printf(
        Locale.ROOT,
        "Sluice is up after %.1f s: %d functions on the embedded cloud%n",
        took.toMillis() / 1000.0,
        addresses.functions().size());
    System.out.println("  inbox     gs://" + all.get("SLUICE_INBOX") + "/<pipeline>/<span>/<file>");
    System.out.println("  predict   " + all.get("PREDICT_URL") + "/v1/models/<pipeline>:predict");
    System.out.println(
        "  bigquery  "
            + all.get("BIGQUERY_EMULATOR_HOST")
            + " dataset "
            + all.get("SLUICE_DATASET"));
    System.out.println("  composer  " + all.get("COMPOSER_URL") + "/api/v2");
    if (all.containsKey(Addresses.AIRFLOW)) {
      System.out.println("  airflow   " + all.get(Addresses.AIRFLOW) + " (sign in: admin, admin)");
    }
    System.out.println(
        "  clients   set -a; . " + state.folder().resolve(Addresses.ENVIRONMENT) + "; set +a");
  }

  private static void say(String line) {
    System.out.println(line);
  }

  private static void progress(TaskLines lines, Progress change) {
    String run = change.pipeline() + " " + change.run();
    String task = change.task();
    if (task != null && TaskLines.isEnd(change.state())) {
      lines
          .ended(run, task, change.mapIndex(), change.shards(), change.state(), change.duration())
          .stream()
          // What waits behind a failure says nothing that the failure does not.
          .filter(line -> !line.state().equals("upstream_failed"))
          .forEach(line -> System.out.println(run + " " + line));
    } else if (task == null && TaskLines.isEnd(change.state())) {
      lines.forget(run);
    }
  }
}
