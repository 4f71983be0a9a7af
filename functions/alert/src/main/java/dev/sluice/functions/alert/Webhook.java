package dev.sluice.functions.alert;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The address that alarms are posted to. Whoever may write the secret may not thereby send alarms,
 * or requests in this function's name, anywhere: the host must be one of those that the deployment
 * lists, HTTPS proves that it is that host whatever its name resolves to, and no redirect is
 * followed. Plain HTTP is for the loopback address alone.
 *
 * <p>The address of a chat's webhook is a password: no message and no {@code toString} shows more
 * of it than its host.
 */
final class Webhook {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Google Chat takes messages of 4,096 characters, the least of all. */
  private static final int TEXT_LIMIT = 3_000;

  private final URI address;
  private final Form form;

  private Webhook(URI address, Form form) {
    this.address = address;
    this.form = form;
  }

  /** What the receiver takes; chats are told by their host. */
  private enum Form {
    /** The alarm itself, as JSON. */
    ALARM,
    /** Slack, "Formatting text for app surfaces": three characters are control characters. */
    SLACK,
    /** Google Chat, "Format messages": {@code <users/all>} calls everybody, and has no escape. */
    GOOGLE_CHAT;

    static Form of(String host) {
      return switch (host) {
        case "hooks.slack.com", "hooks.slack-gov.com" -> SLACK;
        case "chat.googleapis.com" -> GOOGLE_CHAT;
        default -> ALARM;
      };
    }

    String body(Alarm alarm) {
      return switch (this) {
        case ALARM -> Json.write(alarm);
        case SLACK -> {
          Map<String, Object> message = new LinkedHashMap<>();
          message.put(
              "text", text(alarm).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
          message.put("mrkdwn", false);
          message.put("parse", "none");
          message.put("link_names", false);
          message.put("unfurl_links", false);
          message.put("unfurl_media", false);
          yield Json.write(message);
        }
        case GOOGLE_CHAT ->
            Json.write(
                Map.of(
                    "text",
                    text(alarm)
                        .replace('<', '‹')
                        .replace('>', '›')
                        .replace('*', '∗')
                        .replace('_', '＿')
                        .replace('~', '∼')
                        .replace('`', 'ˋ')));
      };
    }

    /**
     * The first line says of what; whatever follows is indented, so that a value of the data that
     * brings line breaks cannot pass for another alarm.
     */
    private static String text(Alarm alarm) {
      StringBuilder out = new StringBuilder(alarm.severity().name()).append(' ');
      out.append(alarm.pipeline());
      if (alarm.batch() != null) {
        out.append(", batch ").append(alarm.batch());
      }
      out.append(": ").append(alarm.text().strip());
      if (alarm.uri() != null) {
        out.append(" (").append(alarm.uri()).append(')');
      }
      if (alarm.link() != null) {
        out.append(' ').append(alarm.link());
      }
      String text =
          out.toString()
              .lines()
              .map(line -> Names.printable(line.strip().replace('\t', ' ')))
              .collect(Collectors.joining("\n  "));
      return text.codePointCount(0, text.length()) <= TEXT_LIMIT
          ? text
          : text.substring(0, text.offsetByCodePoints(0, TEXT_LIMIT)) + "...";
    }
  }

  /**
   * @param address as the secret has it
   * @param hosts as SLUICE_WEBHOOK_HOSTS has them: names, each with or without its port, with
   *     commas
   * @throws BadInput where alarms may not go there
   */
  static Webhook of(String address, String hosts) {
    URI uri;
    try {
      uri = new URI(address);
    } catch (URISyntaxException e) {
      // Neither the cause nor its message: both repeat the address.
      throw unclear();
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
    if (host.isEmpty() || !(scheme.equals("https") || scheme.equals("http"))) {
      throw unclear();
    }
    if (uri.getRawUserInfo() != null) {
      throw new BadInput(
          "the secret of SLUICE_WEBHOOK has a user before its host " + host + "; leave it out");
    }
    if (scheme.equals("http") && !isLoopback(host)) {
      throw new BadInput(
          "the secret of SLUICE_WEBHOOK names " + host + " without encryption; write https://");
    }
    int standard = scheme.equals("https") ? 443 : 80;
    int port = uri.getPort() < 0 ? standard : uri.getPort();
    boolean listed =
        Stream.of(hosts.split(",", -1))
            .map(one -> one.strip().toLowerCase(Locale.ROOT))
            .anyMatch(
                one -> one.equals(host + ":" + port) || (port == standard && one.equals(host)));
    if (!listed) {
      String shown = port == standard ? host : host + ":" + port;
      throw new BadInput(
          "alarms may not be posted to "
              + shown
              + ", which SLUICE_WEBHOOK_HOSTS does not list; add it to the deployment's webhook"
              + " hosts, or correct the secret");
    }
    return new Webhook(uri, Form.of(host));
  }

  /** What is posted. */
  String body(Alarm alarm) {
    return form.body(alarm);
  }

  /**
   * @throws Unavailable where it is not taken; it may be posted again
   */
  void post(Alarm alarm, Supplier<HttpClient> client) {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(PATIENCE)
            .header("Content-Type", "application/json; charset=utf-8")
            .POST(HttpRequest.BodyPublishers.ofString(body(alarm)))
            .build();
    int status;
    try {
      HttpResponse<InputStream> response =
          client.get().send(request, HttpResponse.BodyHandlers.ofInputStream());
      // The answer's text tells nothing, and a receiver could send it for ever.
      response.body().close();
      status = response.statusCode();
    } catch (IOException e) {
      throw new Unavailable("the webhook at " + address.getHost() + " cannot be reached", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while calling the webhook", e);
    }
    if (status / 100 == 3) {
      throw new Unavailable(
          "the webhook at "
              + address.getHost()
              + " answered "
              + status
              + " to alarm "
              + alarm.alarm()
              + "; redirects are not followed, so put the final address into the secret");
    }
    if (status / 100 != 2) {
      throw new Unavailable(
          "the webhook at "
              + address.getHost()
              + " answered "
              + status
              + " to alarm "
              + alarm.alarm());
    }
  }

  /** A client that follows nothing. */
  static HttpClient client() {
    return HttpClient.newBuilder()
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(PATIENCE)
        .build();
  }

  private static BadInput unclear() {
    return new BadInput(
        "the secret of SLUICE_WEBHOOK is no address; write it as https://host/path");
  }

  /** Names and literal addresses of this machine only; nothing is resolved. */
  private static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.equals("[::1]")
        || host.matches("127(\\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}");
  }

  @Override
  public String toString() {
    return address.getScheme() + "://" + address.getHost() + "/...";
  }
}
