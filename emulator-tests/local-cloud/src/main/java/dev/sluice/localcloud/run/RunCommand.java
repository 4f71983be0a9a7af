package dev.sluice.localcloud.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import com.google.gson.annotations.SerializedName;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.SluiceException;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.LocalCloud;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The whole way for somebody's CSV files, on a local cloud of its own. */
@Command(
    name = "run",
    header = "Learns from CSV files and answers requests, with nothing to set up.",
    description =
        "Learns from CSV files: measures and checks them, trains a model, judges it and answers"
            + " requests with it until Ctrl-C. Each file is a batch; the first trains, the next"
            + " are checked against it. A local cloud of its own is started for that, and a"
            + " running './sluice up' is left alone. Exits with 0 if a model is live at the end.",
    footer = {
      "",
      "Examples:",
      "  ./sluice run trips.csv --label big_tip",
      "  ./sluice run monday.csv tuesday.csv --label sold --once",
      "  ./sluice run trips.csv --spec trips.yaml --json --once",
      "      where trips.yaml holds, for instance",
      "      label: {name: big_tip, expression: \"tips > 0.2 * fare\"}",
      "      exclude: [tips]"
    })
public final class RunCommand implements Callable<Integer> {
  private static final String LOG = "run.log";

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "CSV files with a header line.")
  private List<Path> files = List.of();

  @Option(names = "--label", paramLabel = "COLUMN", description = "The column to learn.")
  private @Nullable String label;

  @Option(
      names = "--spec",
      paramLabel = "FILE",
      description = "The rest of the pipeline's spec; it may name the label too.")
  private @Nullable Path spec;

  @Option(names = "--once", description = "Exit after the report.")
  private boolean once;

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Keep the local cloud's state there (default: a folder removed at the end).")
  private @Nullable Path state;

  /** What {@code --json} prints. */
  private record Answer(
      String pipeline,
      boolean live,
      @Nullable Long version,
      String sentence,
      String spec,
      List<BatchReport> batches,
      @Nullable Ask ask) {}

  /** How to ask for a prediction, and what came. */
  private record Ask(
      String url,
      String curl,
      @SerializedName("row") long row,
      @Nullable String label,
      JsonElement request,
      JsonElement answer) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    RunPlan plan = RunPlan.of(files, label, spec);
    Path given = state;
    Path folder =
        given == null
            ? Files.createTempDirectory("sluice-run-")
            : Files.createDirectories(given).toAbsolutePath().normalize();
    Ending ending = new Ending(given == null ? folder : null);
    Thread stop = new Thread(ending::stop);
    Runtime.getRuntime().addShutdownHook(stop);
    try (Console console = Console.take(folder.resolve(LOG), json)) {
      int status = run(plan, folder, console, ending);
      ending.close();
      return status;
    } catch (IOException | RuntimeException e) {
      if (ending.stopped) {
        // Ctrl-C took the cloud away under what was going on; that is no error.
        return 130;
      }
      if (e instanceof SluiceException && !(e instanceof Bug)) {
        ending.close();
      } else {
        ending.keep(folder.resolve(LOG));
      }
      throw e;
    }
  }

  private int run(RunPlan plan, Path folder, Console console, Ending ending)
      throws IOException, InterruptedException {
    Path specs = folder.resolve("pipelines");
    plan.writeTo(specs);
    long begin = System.nanoTime();
    Stages stages = new Stages(Home.find().readOperations(), console::say);
    LocalCloud cloud =
        LocalCloud.start(
            new LocalCloud.Options(
                Home.find(), folder, List.of(specs), /* portBase= */ 0, "", line -> {}, stages));
    ending.owns(cloud);
    Journey journey = new Journey(plan, folder, cloud, stages);
    ending.owns(journey);
    console.say(
        String.format(
            Locale.ROOT,
            "Pipeline %s on a local cloud of its own, up after %.1f s",
            plan.pipeline(),
            (System.nanoTime() - begin) / 1e9));
    ReportPrinter printer = new ReportPrinter(console::say);
    List<BatchReport> reports = new ArrayList<>();
    for (Path file : plan.files()) {
      console.say("");
      console.say(file + " (" + size(Files.size(file)) + ")");
      BatchReport report = journey.take(file);
      printer.print(report, reports.isEmpty());
      reports.add(report);
    }
    Long version = journey.liveVersion();
    String sentence = Sentences.end(version, reports);
    Journey.Asked asked = version == null ? null : journey.ask();
    if (json) {
      console.print(
          Json.write(
              new Answer(
                  plan.pipeline(),
                  version != null,
                  version,
                  sentence,
                  plan.specText(),
                  reports,
                  asked == null ? null : ask(asked))));
    }
    console.say("");
    if (version == null) {
      console.complain("sluice: " + sentence);
      return 1;
    }
    console.say(sentence);
    if (asked != null) {
      console.say(Sentences.ask(asked));
      console.say("  " + asked.curl());
      console.say("  " + asked.answer().strip());
    }
    if (!once) {
      console.say("");
      console.say("It answers until Ctrl-C.");
      new CountDownLatch(1).await();
    }
    return 0;
  }

  private static Ask ask(Journey.Asked asked) {
    return new Ask(
        asked.url(),
        asked.curl(),
        asked.row().row(),
        asked.row().label(),
        asked.row().request(),
        answer(asked.answer()));
  }

  private static JsonElement answer(String text) {
    try {
      return JsonParser.parseString(text);
    } catch (JsonSyntaxException e) {
      throw new BadInput("predict answers with what is no JSON: " + text, e);
    }
  }

  private static String size(long bytes) {
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
        : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
  }

  /**
   * Where a person reads. What functions and libraries write to the standard streams meanwhile goes
   * to a file.
   */
  private static final class Console implements AutoCloseable {
    private final PrintStream out;
    private final PrintStream err;
    private final PrintStream log;
    private final boolean quiet;

    private Console(PrintStream out, PrintStream err, PrintStream log, boolean quiet) {
      this.out = out;
      this.err = err;
      this.log = log;
      this.quiet = quiet;
    }

    /**
     * @param quiet true where only {@link #print} and {@link #complain} are wanted
     */
    static Console take(Path file, boolean quiet) throws IOException {
      PrintStream log = new PrintStream(Files.newOutputStream(file), /* autoFlush= */ true, UTF_8);
      Console console = new Console(System.out, System.err, log, quiet);
      System.setOut(log);
      System.setErr(log);
      return console;
    }

    void say(String line) {
      if (!quiet) {
        out.println(line);
      }
    }

    void print(String text) {
      out.println(text);
    }

    void complain(String line) {
      out.flush();
      err.println(line);
    }

    @Override
    public void close() {
      System.setOut(out);
      System.setErr(err);
      log.close();
    }
  }

  /** Ends the cloud and removes its folder once, whether the command ends or is stopped. */
  private static final class Ending implements AutoCloseable {
    private final AtomicBoolean closed = new AtomicBoolean();
    private final @Nullable Path folder;
    private final Deque<AutoCloseable> parts = new ConcurrentLinkedDeque<>();
    private volatile boolean stopped;

    /**
     * @param folder removed at the end, or null where it stays
     */
    Ending(@Nullable Path folder) {
      this.folder = folder;
    }

    void owns(AutoCloseable part) {
      parts.push(part);
    }

    /** The JVM goes down. */
    void stop() {
      stopped = !closed.get();
      close();
    }

    /** Leaves the folder, for whoever looks into the error. */
    void keep(Path log) {
      if (!closed.getAndSet(true)) {
        end();
        System.err.println("sluice: the log of this run is " + log);
      }
    }

    @Override
    public void close() {
      if (!closed.getAndSet(true)) {
        end();
        if (folder != null) {
          delete(folder);
        }
      }
    }

    private void end() {
      for (AutoCloseable part = parts.poll(); part != null; part = parts.poll()) {
        try {
          part.close();
        } catch (Exception e) {
          System.err.println("sluice: while ending: " + e.getMessage());
        }
      }
    }

    private static void delete(Path folder) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      } catch (IOException | UncheckedIOException e) {
        System.err.println("sluice: " + folder + " could not be removed: " + e.getMessage());
      }
    }
  }
}
