package dev.sluice.emulators.pubsub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PushClientTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final PushClient client = new PushClient();
  private final LinkedBlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final LinkedBlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();
  private ServerSocket server;

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(() -> {
          while (!server.isClosed()) {
            try {
              Socket socket = server.accept();
              connections.incrementAndGet();
              Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
              return;
            }
          }
        });
  }

  @AfterEach
  void end() throws IOException {
    client.close();
    server.close();
  }

  /**
   * Answers each request with the next answer; one that ends with {@code !} ends the connection.
   */
  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        int length = 0;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
          if (line.startsWith("Content-Length: ")) {
            length = Integer.parseInt(line.substring("Content-Length: ".length()));
          }
        }
        bodies.add(new String(in.readNBytes(length), StandardCharsets.UTF_8));
        String answer = answers.take();
        boolean last = answer.endsWith("!");
        socket
            .getOutputStream()
            .write(
                (last ? answer.substring(0, answer.length() - 1) : answer)
                    .replace("|", "\r\n")
                    .getBytes(StandardCharsets.UTF_8));
        if (last) {
          break;
        }
      }
    } catch (IOException e) {
      // The client has gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closed.add(true);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the end");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private int post(String body, String answer) throws IOException {
    answers.add(answer);
    return client.post(
        URI.create("http://127.0.0.1:" + server.getLocalPort() + "/push?a=b"),
        body.getBytes(StandardCharsets.UTF_8),
        LONG);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "HTTP/1.1 204 No Content||; 204",
        "HTTP/1.1 200 OK|Content-Length: 5||hello; 200",
        "HTTP/1.1 503 Away|transfer-encoding: chunked||5|hello|0||; 503",
        "HTTP/1.1 422|content-length: 0||; 422"
      },
      delimiter = ';')
  void aConnectionIsKeptWhateverTheAnswer(String answer, int status) throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(post("{\"n\":" + i + "}", answer)).isEqualTo(status);
    }
    assertThat(connections).hasValue(1);
    assertThat(bodies).containsExactly("{\"n\":0}", "{\"n\":1}", "{\"n\":2}");
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.1 200 OK|Connection: close|Content-Length: 2||ok",
    "HTTP/1.1 200 OK||until the end!"
  })
  void aConnectionThatEndsWithItsAnswerIsNotUsedAgain(String answer) throws Exception {
    assertThat(post("1", answer)).isEqualTo(200);
    assertThat(post("2", answer)).isEqualTo(200);
    assertThat(connections).hasValue(2);
  }

  @Test
  void aKeptConnectionThatTheServerClosedIsOpenedAnew() throws Exception {
    assertThat(post("1", "HTTP/1.1 204 No Content||!")).isEqualTo(204);
    assertThat(closed.poll(20, TimeUnit.SECONDS)).isTrue();
    assertThat(post("2", "HTTP/1.1 204 No Content||")).isEqualTo(204);
    assertThat(bodies).containsExactly("1", "2");
    assertThat(connections).hasValue(2);
  }

  @Test
  void aFreshConnectionThatEndsWithoutAnAnswerIsAnError() {
    assertThatThrownBy(() -> post("1", "!")).isInstanceOf(IOException.class);
    assertThat(bodies).as("nothing is sent again").containsExactly("1");
  }

  @Test
  void whatIsNotHttpIsAnError() {
    assertThatThrownBy(() -> post("1", "SSH-2.0-x|")).hasMessageContaining("not HTTP: SSH-2.0-x");
  }

  @Test
  void aServerThatDoesNotAnswerIsGivenUp() {
    assertThatThrownBy(() ->
            client.post(
                URI.create("http://127.0.0.1:" + server.getLocalPort()),
                new byte[0],
                Duration.ofMillis(50)))
        .isInstanceOf(java.net.SocketTimeoutException.class);
  }

  @Test
  void anEndpointMayBeFoundElsewhere() throws Exception {
    client.use(endpoint -> server.getLocalSocketAddress());
    answers.add("HTTP/1.1 204 No Content||");
    assertThat(client.post(URI.create("http://function.invalid/"), new byte[0], LONG))
        .isEqualTo(204);
  }
}
