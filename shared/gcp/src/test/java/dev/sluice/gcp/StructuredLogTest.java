package dev.sluice.gcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StructuredLogTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StructuredLog log =
      new StructuredLog(
          new PrintStream(out, true, UTF_8),
          Clock.fixed(Instant.parse("2026-11-01T10:00:00Z"), ZoneOffset.UTC),
          "ingest",
          "acme");

  private JsonObject entry() {
    String text = out.toString(UTF_8);
    assertThat(text).endsWith("\n");
    assertThat(text.lines()).hasSize(1);
    return JsonParser.parseString(text).getAsJsonObject();
  }

  @Test
  void anEntryIsOneLineOfTheFieldsCloudLoggingReads() {
    log.about("taxi", "r1", "b1", "ingest")
        .traced("105445aa7843bc8bf206b12000100000/1;o=1")
        .labelled("shard", "3")
        .info("15,002 rows\nof \"trips.csv\"");

    assertThat(entry())
        .isEqualTo(
            JsonParser.parseString(
                """
                {"severity": "INFO", "time": "2026-11-01T10:00:00Z", "component": "ingest",
                 "message": "15,002 rows\\nof \\"trips.csv\\"",
                 "pipeline": "taxi", "run": "r1", "batch": "b1", "operation": "ingest",
                 "logging.googleapis.com/trace":
                   "projects/acme/traces/105445aa7843bc8bf206b12000100000",
                 "logging.googleapis.com/spanId": "0000000000000001",
                 "logging.googleapis.com/labels": {"shard": "3"}}
                """));
  }

  @Test
  void readsTheTraceOfTheW3cHeader() {
    log.traced("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").info("x");

    assertThat(entry().get("logging.googleapis.com/trace").getAsString())
        .isEqualTo("projects/acme/traces/4bf92f3577b34da6a3ce929d0e0e4736");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "105445aa/1", "00-xyz-1-01"})
  void anyOtherTraceChangesNothing(String header) {
    log.traced(header).info("x");

    assertThat(entry().has("logging.googleapis.com/trace")).isFalse();
  }

  @Test
  void anErrorHasItsStackTraceForErrorReporting() {
    log.error("ingest failed", new IllegalStateException("outer", new RuntimeException("inner")));

    assertThat(entry().get("severity").getAsString()).isEqualTo("ERROR");
    assertThat(entry().get("message").getAsString()).isEqualTo("ingest failed");
    assertThat(entry().get("stack_trace").getAsString())
        .startsWith("java.lang.IllegalStateException: outer\n\tat dev.sluice.gcp.StructuredLogTest")
        .contains("Caused by: java.lang.RuntimeException: inner");
    assertThat(entry().getAsJsonObject("serviceContext").get("service").getAsString())
        .isEqualTo("ingest");
  }

  @Test
  void credentialsNeverGetOut() {
    log.hiding("hunter2")
        .labelled("api_key", "k-123")
        .error(
            "password hunter2, Authorization: Bearer abcdefgh.ijkl, ya29.a0AfH6SMB_x",
            new RuntimeException("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln and hunter2"));

    assertThat(out.toString(UTF_8))
        .doesNotContain("hunter2", "abcdefgh", "a0AfH6SMB", "eyJhbGci", "k-123")
        .contains("password [hidden]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://hooks.slack.com/services/T0/B0/s3cret",
        "https://chat.googleapis.com/v1/spaces/A/messages?key=s3cret&token=s3cret",
        "GET https://storage.example.com/o?a=b&X-Goog-Signature=s3cret failed",
        "https://user:s3cret@proxy.example.com:3128/"
      })
  void anAddressThatIsAPasswordNeverGetsOut(String address) {
    log.warning("no answer from " + address);

    assertThat(out.toString(UTF_8)).doesNotContain("s3cret").contains("[hidden]");
  }

  @Test
  void ordinaryTextIsLeftAsItIs() {
    String text =
        "basic checks of gs://b/taxi/basic.csv: bearer of 12 tokens, 10:30 at"
            + " http://127.0.0.1:8080/v1?monkey=x";
    log.info(text);

    assertThat(entry().get("message").getAsString()).isEqualTo(text);
  }

  @Test
  void anEntryStaysUnderCloudLoggingsLimit() {
    log.error("x".repeat(1_000_000), new RuntimeException("y".repeat(1_000_000)));

    assertThat(out.size()).isLessThan(256 * 1024);
    assertThat(entry().get("message").getAsString()).endsWith("(cut from 1000000 characters)");
  }

  @Test
  void whatGooglesLibrariesSayComesAsWarningsOnce() {
    Logger library = Logger.getLogger("com.google.cloud.somewhere");
    try (LibraryLogs first = LibraryLogs.into(log);
        LibraryLogs second = LibraryLogs.into(log)) {
      assertThat(first).isNotSameAs(second);
      library.log(Level.SEVERE, "no {0}", "luck");
      library.info("chatter");
    }
    library.setUseParentHandlers(false);
    library.severe("after closing");

    assertThat(entry().get("severity").getAsString()).isEqualTo("WARNING");
    assertThat(entry().get("message").getAsString()).isEqualTo("no luck");
  }
}
