package dev.sluice.functions.predict;

import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import com.google.gson.JsonObject;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.SluiceException;
import dev.sluice.gcp.StructuredLog;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TensorFlow Serving's REST ("RESTful API", tensorflow.org/tfx/serving/api_rest): which model is
 * meant, what is asked of it, and what an error looks like. Safe for use by several threads.
 */
final class PredictService {
  private static final Pattern PATH =
      Pattern.compile(
          "/v1/models/([^/:]+)(?:/versions/([0-9]{1,19})|/labels/([^/:]+))?(:[a-z]+|/metadata)?");

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Models models;
  private final PredictionLog predictions;
  private final StructuredLog log;
  private final DoubleSupplier random;
  private final LargeBodies largeBodies;
  private final Pool<Exchange> exchanges = new Pool<>(Exchange::new);

  /**
   * @param random uniform in [0, 1); it shares requests among the arms of the routes
   */
  PredictService(
      Models models, PredictionLog predictions, StructuredLog log, DoubleSupplier random) {
    this(models, predictions, log, random, PATIENCE);
  }

  /**
   * @param patience how long a large request waits for others
   */
  PredictService(
      Models models,
      PredictionLog predictions,
      StructuredLog log,
      DoubleSupplier random,
      Duration patience) {
    this.largeBodies = new LargeBodies(patience);
    this.models = models;
    this.predictions = predictions;
    this.log = log;
    this.random = random;
  }

  /** Answers one request. */
  void service(HttpRequest request, HttpResponse response) throws IOException {
    Exchange exchange = exchanges.take();
    try {
      try {
        answer(request, response, exchange);
      } catch (Refusal e) {
        error(response, exchange, e.status(), e.text());
      } catch (SluiceException e) {
        int status = e.retryable() ? 503 : 500;
        error(response, exchange, status, String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        log.error("a request failed", e);
        error(response, exchange, 500, "an error of Sluice: " + e);
      }
      response.setContentType("application/json");
      response.getOutputStream().write(exchange.answer.array(), 0, exchange.answer.length());
      if (!exchange.messages.isEmpty()) {
        predictions.add(exchange.messages);
      }
      predictions.publishIfDue();
    } finally {
      exchange.clear();
      if (exchange.large) {
        exchange.large = false;
        largeBodies.leave();
      }
      exchanges.giveBack(exchange);
    }
  }

  private void answer(HttpRequest request, HttpResponse response, Exchange exchange)
      throws IOException {
    String path = path(request);
    Matcher matcher = PATH.matcher(path);
    if (matcher.matches()) {
      String verb = matcher.group(4) == null ? "" : matcher.group(4);
      if (verb.startsWith(":")) {
        if (!verb.equals(":predict")) {
          throw new Refusal(
              404, "Malformed request: " + request.getMethod() + " " + path + "; use :predict");
        }
        allow(request, response, "POST");
        predict(request, matcher, exchange);
      } else {
        allow(request, response, "GET");
        boolean metadata = !verb.isEmpty();
        boolean all = matcher.group(2) == null && matcher.group(3) == null;
        ServedPipeline pipeline = models.get(matcher.group(1));
        write(
            exchange,
            metadata
                ? Descriptions.metadata(all ? pipeline.current().main() : version(matcher))
                : all
                    ? Descriptions.status(pipeline.current())
                    : Descriptions.status(version(matcher)));
      }
    } else if (path.equals("/") || path.isEmpty() || path.equals("/healthz")) {
      allow(request, response, "GET");
      JsonObject health = new JsonObject();
      health.addProperty("status", "ok");
      write(exchange, health);
    } else {
      throw new Refusal(
          404,
          "Malformed request: "
              + request.getMethod()
              + " "
              + path
              + "; use /v1/models/<pipeline>[/versions/N|/labels/L][:predict|/metadata]");
    }
  }

  private void predict(HttpRequest request, Matcher path, Exchange exchange) throws IOException {
    exchange.read(request.getInputStream(), request.getContentLength(), largeBodies);
    ServedVersion version = version(path);
    version.answer(exchange, predictions.now());
  }

  private ServedVersion version(Matcher path) {
    ServedPipeline pipeline = models.get(path.group(1));
    if (path.group(2) != null) {
      long number = Long.parseUnsignedLong(path.group(2));
      if (number < 1 || number > Integer.MAX_VALUE) {
        throw Refusal.unknown(
            "Specific(" + path.group(1) + ", " + path.group(2) + ")",
            "versions count from 1 upwards");
      }
      return pipeline.version((int) number);
    }
    if (path.group(3) == null) {
      return pipeline.current().choose(random.getAsDouble());
    }
    if (path.group(3).equals("live") || path.group(3).equals("stable")) {
      return pipeline.current().main();
    }
    throw Refusal.unknown(
        "Labeled(" + path.group(1) + ", " + path.group(3) + ")",
        "Unrecognized servable version label: " + path.group(3) + "; there are live and stable");
  }

  private static void allow(HttpRequest request, HttpResponse response, String method) {
    String is = request.getMethod();
    if (!is.equals(method) && !(method.equals("GET") && is.equals("HEAD"))) {
      response.appendHeader("Allow", method);
      throw new Refusal(405, "Method not allowed: " + is + " " + request.getPath());
    }
  }

  /** The path; some clients send the colon before {@code predict} as {@code %3A}. */
  private static String path(HttpRequest request) {
    String path = request.getPath();
    if (path.indexOf('%') < 0) {
      return path;
    }
    try {
      return URLDecoder.decode(path, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return path;
    }
  }

  private static void write(Exchange exchange, JsonObject answer) {
    exchange.answer.add(Json.bytes(answer));
  }

  private static void error(HttpResponse response, Exchange exchange, int status, String text) {
    // What was written before the mistake was found is no answer.
    exchange.answer.clear();
    exchange.messages.clear();
    exchange.answer.add(Json.bytes(Map.of("error", text)));
    response.setStatusCode(status);
  }
}
