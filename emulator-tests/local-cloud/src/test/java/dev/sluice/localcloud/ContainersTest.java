package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A function of a few lines in a container: what it finds there, and where it ends. */
final class ContainersTest {
  /** Tells of itself, and takes memory in the way that the query says. */
  private static final String SOURCE =
      """
      implements HttpFunction {
        private static java.lang.foreign.MemorySegment kept;
        public void service(HttpRequest request, HttpResponse response) throws Exception {
          int mebibytes = request.getFirstQueryParameter("mebibytes").map(Integer::parseInt).orElse(0);
          String answer = switch (request.getPath()) {
            case "/heap" -> (Runtime.getRuntime().maxMemory() >> 20) + " "
                + Runtime.getRuntime().availableProcessors();
            case "/environment" -> String.join(" ", new java.util.TreeSet<>(System.getenv().keySet()));
            case "/native" -> {
              kept = java.lang.foreign.Arena.global().allocate((long) mebibytes << 20);
              kept.fill((byte) 1);
              yield "kept";
            }
            case "/file" -> {
              java.nio.file.Path file = java.nio.file.Files.createTempFile("kept", "");
              try (var out = java.nio.file.Files.newOutputStream(file)) {
                for (int i = 0; i < mebibytes; i++) {
                  out.write(new byte[1 << 20]);
                }
              }
              yield "kept";
            }
            default -> throw new IllegalArgumentException(request.getPath());
          };
          response.getWriter().write(answer);
        }
      }
      """;

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final FunctionManifest manifest = CompiledFunction.http();
  private Containers containers = new Containers(Containers.Heap.QUARTER);

  @AfterEach
  void close() {
    client.close();
    containers.close();
  }

  private Containers.Container start() throws IOException {
    return containers.start(
        manifest, Map.of("WHO", "world"), CompiledFunction.zip(folder, SOURCE), folder);
  }

  private String get(Containers.Container container, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + container.address().getPort() + path);
    HttpResponse<String> response =
        client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  /** The same where the function may be gone before it answers. */
  private void take(Containers.Container container, String path) throws InterruptedException {
    try {
      assertThat(get(container, path)).isEqualTo("kept");
    } catch (IOException e) {
      assertThat(container.awaitKilled()).as("it ended for another reason: " + e).isTrue();
    }
  }

  private Containers.Instance instance() {
    assertThat(containers.instances()).hasSize(1);
    return containers.instances().getFirst();
  }

  @Test
  void aHeapIsAQuarterOfTheMemoryAndTheProcessorsAreTheManifests() throws Exception {
    String[] seen = get(start(), "/heap").split(" ", -1);

    assertThat(Integer.parseInt(seen[0])).isBetween(110, 128);
    assertThat(seen[1]).isEqualTo("1");
    assertThat(instance().overLimit()).isFalse();
  }

  @Test
  void aHeapIsSevenTenthsWhereThePlatformTellsTheMemory() throws Exception {
    containers = new Containers(Containers.Heap.HINTED);

    String[] seen = get(start(), "/heap").split(" ", -1);

    assertThat(Integer.parseInt(seen[0])).isBetween(330, 359);
  }

  @Test
  void theEnvironmentIsTheManifestsAndThePlatforms() throws Exception {
    List<String> names =
        List.of(get(start(), "/environment").split(" ", -1)).stream()
            // The shell that enters the control group leaves these.
            .filter(name -> !name.matches("PWD|OLDPWD|SHLVL|_"))
            .toList();

    assertThat(names)
        .containsExactly(
            "CLOUD_RUN_TIMEOUT_SECONDS",
            "FUNCTION_SIGNATURE_TYPE",
            "FUNCTION_TARGET",
            "HOME",
            "K_CONFIGURATION",
            "K_REVISION",
            "K_SERVICE",
            "LOG_EXECUTION_ID",
            "PATH",
            "PORT",
            "WHO");
  }

  @Test
  void memoryWithinTheLimitIsHad() throws Exception {
    Containers.Container container = start();

    assertThat(get(container, "/native?mebibytes=100")).isEqualTo("kept");
    assertThat(get(container, "/file?mebibytes=100")).isEqualTo("kept");

    assertThat(container.process().isAlive()).isTrue();
    assertThat(instance().overLimit()).isFalse();
  }

  @Test
  void memoryBeyondTheLimitIsTold() throws Exception {
    take(start(), "/native?mebibytes=600");

    assertThat(instance().overLimit()).isTrue();
  }

  @Test
  void whereNothingHoldsAProcessWhatItTookIsMeasured() throws Exception {
    containers = new Containers(Containers.Heap.QUARTER, folder.resolve("no-proc"));
    Containers.Container container = start();

    assertThat(get(container, "/heap")).isEqualTo("123 1");
    assertThat(instance().overLimit()).isFalse();
    assertThat(get(container, "/native?mebibytes=600")).isEqualTo("kept");

    assertThat(container.held()).isFalse();
    assertThat(instance().overLimit()).isTrue();
  }

  @Test
  void filesInTmpAreMemory() throws Exception {
    take(start(), "/file?mebibytes=600");

    assertThat(instance().overLimit()).isTrue();
  }

  @Test
  void whatCannotBeStartedSaysWhere() throws Exception {
    Path zip =
        CompiledFunction.zip(
            folder,
            """
            implements HttpFunction {
              public Small() { throw new IllegalStateException("no settings"); }
              public void service(HttpRequest request, HttpResponse response) {}
            }
            """);

    assertThatThrownBy(() -> containers.start(manifest, Map.of(), zip, folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("function small ended before it listened on its PORT")
        .hasMessageContaining("log says why");
    assertThat(CompiledFunction.log(folder)).anyMatch(line -> line.contains("no settings"));
  }
}
