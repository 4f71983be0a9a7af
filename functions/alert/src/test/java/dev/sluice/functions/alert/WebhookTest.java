package dev.sluice.functions.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookTest {
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.add(exchange.getRequestURI().getPath());
          exchange.getRequestBody().readAllBytes();
          switch (exchange.getRequestURI().getPath()) {
            case "/redirect" -> {
              exchange.getResponseHeaders().set("Location", base() + "/elsewhere");
              exchange.sendResponseHeaders(307, -1);
            }
            case "/endless" -> {
              exchange.sendResponseHeaders(200, 0);
              exchange.getResponseBody().write('x');
              exchange.getResponseBody().flush();
              await(over);
            }
            default -> exchange.sendResponseHeaders(200, -1);
          }
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private String base() {
    return "http://" + host();
  }

  private String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private static Alarm alarm(String text) {
    return Alarm.of("p", "r", "b", Alarm.Severity.WARN, "DATA", text, "gs://b/o", Instant.EPOCH);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://hooks.example.com/x|hooks.example.com",
        "https://Hooks.Example.com:443/x|other.example.com, HOOKS.example.com ,",
        "https://hooks.example.com:8443/x|hooks.example.com:8443",
        "http://localhost/x|localhost",
        "http://127.0.0.1:8080/x|127.0.0.1:8080",
        "http://[::1]/x|[::1]"
      })
  void aListedHostIsTaken(String address, String hosts) {
    assertThat(Webhook.of(address, hosts)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://hooks.example.com/x|''|does not list",
        "https://hooks.example.com:8443/x|hooks.example.com|does not list",
        "https://hooks.example.com.evil.test/x|hooks.example.com|does not list",
        "https://evilhooks.example.com/x|hooks.example.com|does not list",
        "https://169.254.169.254/computeMetadata/v1/|hooks.example.com|does not list",
        "https://evil.test/hooks.example.com|hooks.example.com|does not list",
        "https://evil.test#hooks.example.com|hooks.example.com|does not list",
        "https://hooks.example.com@evil.test/|hooks.example.com|has a user before its host",
        "http://hooks.example.com/x|hooks.example.com|without encryption",
        "http://127.0.0.1.evil.test/x|127.0.0.1.evil.test|without encryption",
        "http://2130706433/x|2130706433|without encryption",
        "file:///etc/passwd|hooks.example.com|is no address",
        "jar:https://hooks.example.com!/x|hooks.example.com|is no address",
        "//hooks.example.com/x|hooks.example.com|is no address",
        "https:///x|hooks.example.com|is no address"
      })
  void anyOtherAddressIsRefused(String address, String hosts, String message) {
    assertThatThrownBy(() -> Webhook.of(address, hosts))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message)
        .hasNoCause();
  }

  @Test
  void aRedirectIsNotFollowed() {
    try (HttpClient client = Webhook.client()) {
      assertThatThrownBy(
              () -> Webhook.of(base() + "/redirect", host()).post(alarm("t"), () -> client))
          .isInstanceOf(Unavailable.class)
          .hasMessageContaining("answered 307")
          .hasMessageContaining("put the final address into the secret");
    }
    assertThat(asked).containsExactly("/redirect");
  }

  @Test
  void anAnswerWithoutEndIsNotWaitedFor() {
    try (HttpClient client = Webhook.client()) {
      Webhook.of(base() + "/endless", host()).post(alarm("t"), () -> client);
    }
    assertThat(over.getCount()).isOne();
    assertThat(asked).containsExactly("/endless");
  }

  /** A name that was made to point elsewhere ends here: only its owner has its certificate. */
  @Test
  void aServerWithoutTheHostsCertificateHearsNothing(@TempDir Path folder) throws Exception {
    HttpsServer impostor =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    impostor.setHttpsConfigurator(new HttpsConfigurator(selfSigned(folder)));
    impostor.createContext("/", exchange -> asked.add("impostor"));
    impostor.start();
    String host = "localhost:" + impostor.getAddress().getPort();
    try (HttpClient client = Webhook.client()) {
      assertThatThrownBy(
              () -> Webhook.of("https://" + host + "/x", host).post(alarm("t"), () -> client))
          .isInstanceOf(Unavailable.class)
          .hasMessageContaining("localhost cannot be reached");
    } finally {
      impostor.stop(0);
    }
    assertThat(asked).isEmpty();
  }

  private static SSLContext selfSigned(Path folder) throws Exception {
    Path store = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "self",
                "-dname",
                "CN=localhost",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  @Test
  void noTextShowsMoreThanTheHost() {
    assertThat(Webhook.of("https://hooks.example.com/s3cret?key=s3cret", "hooks.example.com"))
        .hasToString("https://hooks.example.com/...");
  }

  private static JsonObject body(String host, Alarm alarm) {
    return JsonParser.parseString(Webhook.of("https://" + host + "/x", host).body(alarm))
        .getAsJsonObject();
  }

  @Test
  void slackShowsAValueAsItIs() {
    JsonObject body =
        body("hooks.slack.com", alarm("name is '<!channel> <https://evil.test|ok> & *b*'"));
    assertThat(body.get("text").getAsString())
        .isEqualTo(
            "WARN p, batch b: name is '&lt;!channel&gt; &lt;https://evil.test|ok&gt; &amp; *b*'"
                + " (gs://b/o)");
    assertThat(body.get("mrkdwn").getAsBoolean()).isFalse();
    assertThat(body.get("unfurl_links").getAsBoolean()).isFalse();
  }

  @Test
  void googleChatSeesNoCommandInAValue() {
    JsonObject body =
        body("chat.googleapis.com", alarm("name is '<users/all> <https://evil.test|ok> *b* `c`'"));
    assertThat(body.get("text").getAsString())
        .doesNotContainPattern("[<>*_~`]")
        .startsWith("WARN p, batch b: name is '")
        .contains("users/all", "https://evil.test|ok");
    assertThat(body.keySet()).containsExactly("text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hooks.slack.com", "chat.googleapis.com"})
  void aValueCannotPassForAnotherAlarm(String host) {
    String text =
        body(host, alarm("held:\n- a\r\nFAIL p: all is lost\u202e\u2028x\u0000"))
            .get("text")
            .getAsString();
    assertThat(text.lines())
        .containsExactly(
            "WARN p, batch b: held:",
            "  - a",
            "  FAIL p: all is lost\\u202e\\u2028x\\u0000 (gs://b/o)");
  }

  @Test
  void aLongTextIsCut() {
    String text = body("chat.googleapis.com", alarm("é".repeat(9_000))).get("text").getAsString();
    assertThat(text).hasSize(3_003).endsWith("...");
  }

  @Test
  void anyOtherHostGetsTheAlarmAsData() {
    JsonObject body = body("hooks.example.com", alarm("<b>\n"));
    assertThat(body.get("text").getAsString()).isEqualTo("<b>\n");
    assertThat(body.get("severity").getAsString()).isEqualTo("WARN");
  }
}
