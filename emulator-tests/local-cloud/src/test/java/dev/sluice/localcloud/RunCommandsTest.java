package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Operations;
import dev.sluice.emulators.composer.ComposerEmulator;
import dev.sluice.emulators.composer.Settings;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.RunState;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What stops runs and lets them go on, on a Composer whose pipeline is paused. */
final class RunCommandsTest {
  @TempDir private Path folder;
  private ComposerEmulator composer;
  private GoogleClients clients;
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void start() throws IOException, InterruptedException {
    Path state = Files.createDirectory(folder.resolve("composer"));
    composer =
        ComposerEmulator.start(
            state,
            /* port= */ 0,
            Settings.of(
                    () ->
                        Operations.parse(
                            "resolve: {gives: [batch]}\nfinish-run: {teardown: true}\n",
                            "operations.yaml"),
                    () -> List.of("taxi"),
                    function -> URI.create("http://127.0.0.1:1"))
                .withRetries(1, Duration.ZERO));
    Addresses addresses =
        new Addresses(
            ProcessHandle.current().pid(),
            Map.of(
                "GOOGLE_CLOUD_PROJECT",
                "sluice-local",
                "STORAGE_EMULATOR_HOST",
                "http://127.0.0.1:1",
                "COMPOSER_URL",
                composer.uri().toString()),
            Map.of());
    addresses.write(folder);
    clients = new GoogleClients(addresses.cloud());
    assertThat(run("pause", "taxi")).isZero();
    clients.composer().trigger("taxi", "b-1", Map.of());
    composer.awaitIdle(Duration.ofSeconds(10));
  }

  @AfterEach
  void stop() {
    clients.close();
    composer.close();
  }

  private int run(String... arguments) {
    CommandLine line = Main.commandLine();
    line.setErr(new PrintWriter(err, true));
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--state";
    all[arguments.length + 1] = folder.toString();
    return line.execute(all);
  }

  @Test
  void aPausedPipelinesRunWaits() {
    assertThat(clients.composer().run("taxi", "b-1")).isEqualTo(RunState.QUEUED);
  }

  @Test
  void anUnpausedPipelinesRunGoesOn() throws Exception {
    assertThat(run("unpause", "taxi")).isZero();

    composer.awaitIdle(Duration.ofSeconds(10));
    assertThat(clients.composer().run("taxi", "b-1").ended()).isTrue();
  }

  @Test
  void aCancelledRunHasFailed() throws Exception {
    assertThat(run("cancel", "taxi", "b-1")).isZero();
    assertThat(run("unpause", "taxi")).isZero();

    composer.awaitIdle(Duration.ofSeconds(10));
    assertThat(clients.composer().run("taxi", "b-1")).isEqualTo(RunState.FAILED);
    assertThat(clients.composer().tasks("taxi", "b-1").getFirst().state()).isEqualTo("skipped");
  }

  @Test
  void aRunThatHasEndedIsNotCancelled() throws Exception {
    run("unpause", "taxi");
    composer.awaitIdle(Duration.ofSeconds(10));

    assertThat(run("cancel", "taxi", "b-1")).isEqualTo(1);
    assertThat(err.toString()).contains("run b-1 of taxi has ended").contains("nothing to cancel");
  }

  @Test
  void whatIsNotThereIsSaidSo() {
    assertThat(run("pause", "taxy")).isEqualTo(1);
    assertThat(err.toString()).contains("taxy");
  }
}
