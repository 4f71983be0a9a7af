package dev.sluice.localcloud.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.emulators.bigquery.BigQueryEmulator;
import dev.sluice.gcp.Backoff;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.TableStream;
import dev.sluice.gcp.Tables;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FaultInjectorTest {
  private static final List<String> FUNCTIONS = List.of("ingest", "receive-file");

  private final List<String> log = Collections.synchronizedList(new ArrayList<>());
  private final List<String> served = Collections.synchronizedList(new ArrayList<>());
  private final List<String> killed = Collections.synchronizedList(new ArrayList<>());
  private final FaultInjector injector = new FaultInjector(log::add);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private HttpServer service;

  @BeforeEach
  void start() throws IOException {
    service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    service.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    service.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          served.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + new String(body, StandardCharsets.UTF_8));
          exchange.getResponseHeaders().set("Location", address() + "/next");
          exchange.sendResponseHeaders(200, /* chunked= */ 0);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    service.start();
    injector.onKill(killed::add);
  }

  @AfterEach
  void stop() {
    injector.close();
    service.stop(0);
    client.close();
  }

  private String address() {
    return "http://127.0.0.1:" + service.getAddress().getPort();
  }

  private void use(String faults) {
    injector.use(FaultPlan.parse("faults: {" + faults + "}", "faults.yaml", FUNCTIONS));
  }

  private URI storage(String function) throws IOException {
    return URI.create(
        String.valueOf(
            injector
                .between(function, Map.of("STORAGE_EMULATOR_HOST", address()))
                .get("STORAGE_EMULATOR_HOST")));
  }

  private HttpResponse<String> post(URI uri, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private int get(URI uri) throws Exception {
    return client
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  @Test
  void withoutAPlanAWirePassesOnAndKeepsCallersOnIt() throws Exception {
    URI wire = storage("ingest");

    HttpResponse<String> answer = post(wire.resolve("/upload?x=1"), "bytes");

    assertThat(answer.body()).isEqualTo("bytes");
    assertThat(answer.headers().firstValue("Location")).contains(wire + "/next");
    assertThat(served).containsExactly("POST /upload?x=1 bytes");
    assertThat(log).isEmpty();
  }

  @Test
  void theRequestThatThePlanNamesIsRefusedAndNoOther() throws Exception {
    use("busy: {service: storage, function: ingest, answer: 429, at: 2}");
    URI wire = storage("ingest");

    assertThat(List.of(get(wire), get(storage("receive-file")), get(wire), get(wire)))
        .containsExactly(200, 200, 429, 200);
    assertThat(log).containsExactly("fault busy: 429, ingest to storage GET /");
    assertThat(served).hasSize(3);
  }

  @Test
  void aLostAnswerIsToWorkThatWasDoneAndAResetIsNot() throws Exception {
    use("a: {service: storage, answer: reset}, b: {service: storage, answer: lost, at: 2}");
    URI wire = storage("ingest");

    assertThatThrownBy(() -> post(wire, "reset")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> post(wire, "lost")).isInstanceOf(IOException.class);
    assertThat(post(wire, "fine").body()).isEqualTo("fine");
    assertThat(served).containsExactly("POST / lost", "POST / fine");
  }

  @Test
  void rowsAndTablesOfBigQueryGoOverAWireThatCanBeCut(@TempDir Path state) throws Exception {
    use(
        "a: {service: bigquery, function: ingest, answer: lost, at: 2}, "
            + "b: {service: bigquery, function: ingest, answer: reset, at: 5}");
    try (BigQueryEmulator bigquery = BigQueryEmulator.start(state, 0, "p")) {
      Files.createDirectories(state.resolve("schemas"));
      Files.createDirectories(state.resolve("views"));
      Files.writeString(
          state.resolve("schemas/rows.json"), "[{\"name\": \"id\", \"type\": \"STRING\"}]");
      bigquery.createFrom(state.resolve("schemas"), state.resolve("views"), "d");
      String variable = "BIGQUERY_STORAGE_EMULATOR_HOST";
      String wire =
          injector.between("ingest", Map.of(variable, bigquery.storageHost())).get(variable);
      try (GoogleClients clients =
          new GoogleClients(
              new CloudConfiguration("p", null, null, bigquery.baseUrl(), wire, null, null, null),
              new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofSeconds(10)),
              Clock.systemUTC())) {
        clients.rows().append("d.rows", List.of(Map.of("id", "a")));

        Tables tables = clients.tables("d");
        TableStream stream =
            tables.open(tables.snapshot("d.rows", null), List.of(), null, 1).getFirst();
        try (TableStream.Blocks blocks = tables.read(stream, 0)) {
          // The row whose answer was lost was stored, and then again.
          assertThat(Objects.requireNonNull(blocks.next()).count()).isEqualTo(2);
          assertThat(blocks.next()).isNull();
        }
      }
    }
    assertThat(log)
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("fault a: lost, ingest to bigquery")
                    .endsWith("/AppendRows"),
            line ->
                assertThat(line)
                    .startsWith("fault b: reset, ingest to bigquery")
                    .endsWith("/ReadRows"));
  }

  @Test
  void aProcessDiesAtItsWritesAndNotAtItsReads() throws Exception {
    use("x: {kill: ingest, at: 2}, y: {kill: ingest, moment: after, at: 3}");
    URI wire = storage("ingest");

    assertThat(get(wire)).isEqualTo(200);
    assertThat(post(wire, "1").statusCode()).isEqualTo(200);
    assertThatThrownBy(() -> post(wire, "2")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> post(wire, "3")).isInstanceOf(IOException.class);
    assertThat(killed).containsExactly("ingest", "ingest");
    assertThat(served).containsExactly("GET / ", "POST / 1", "POST / 3");
  }

  @Test
  void anEventIsDuplicatedOrDropped() throws Exception {
    use("twice: {event: duplicate}, gone: {event: drop, at: 2}");
    URI wire =
        injector.front("receive-file", URI.create(address()), /* events= */ true, /* port= */ 0);

    assertThat(post(wire, "first").statusCode()).isEqualTo(200);
    assertThat(post(wire, "second").statusCode()).isEqualTo(503);
    assertThat(served).containsExactly("POST / first", "POST / first");
  }

  @Test
  void anEventIsHeldUntilALaterOneHasPassed() throws Exception {
    use("turn: {event: reorder, wait: 60000}");
    URI wire =
        injector.front("receive-file", URI.create(address()), /* events= */ true, /* port= */ 0);
    var first =
        client.sendAsync(
            HttpRequest.newBuilder(wire).POST(HttpRequest.BodyPublishers.ofString("first")).build(),
            HttpResponse.BodyHandlers.ofString());
    while (log.isEmpty()) {
      Thread.onSpinWait();
    }

    post(wire, "second");

    assertThat(first.get().statusCode()).isEqualTo(200);
    assertThat(served).containsExactly("POST / second", "POST / first");
  }

  @Test
  void aRunGetsATwinOfTheSameBatch() throws Exception {
    use("both: {second_run: true}");
    URI wire =
        URI.create(
            String.valueOf(
                injector.between("ingest", Map.of("COMPOSER_URL", address())).get("COMPOSER_URL")));

    post(
        wire.resolve("/api/v2/dags/p/dagRuns"),
        "{\"dag_run_id\":\"b\",\"logical_date\":null,\"conf\":{\"batch\":\"b\"}}");

    assertThat(served)
        .containsExactly(
            "POST /api/v2/dags/p/dagRuns"
                + " {\"dag_run_id\":\"b\",\"logical_date\":null,\"conf\":{\"batch\":\"b\"}}",
            "POST /api/v2/dags/p/dagRuns"
                + " {\"dag_run_id\":\"b--again-1\",\"logical_date\":null,\"conf\":{\"batch\":\"b\"}}");
  }
}
