package dev.sluice.testing;

import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.contracts.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One POST to a function, and its answer. */
public final class Exchange {
  private final byte[] body;
  private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
  private int status = 200;
  private @Nullable String contentType;

  private Exchange(byte[] body) {
    this.body = body;
  }

  /** A function's service method. */
  @FunctionalInterface
  public interface Service {
    /** Answers one call. */
    void service(HttpRequest request, HttpResponse response) throws Exception;
  }

  /** Sends text. */
  public static Exchange post(Service function, String text) throws Exception {
    Exchange exchange = new Exchange(text.getBytes(StandardCharsets.UTF_8));
    function.service(exchange.new Request(), exchange.new Response());
    return exchange;
  }

  /** Sends a value as JSON. */
  public static Exchange post(Service function, Object value) throws Exception {
    return post(function, Json.write(value));
  }

  /** The answer's status. */
  public int status() {
    return status;
  }

  /** The answer's content type, null where none was set. */
  public @Nullable String contentType() {
    return contentType;
  }

  /** The answer's body. */
  public String text() {
    return answer.toString(StandardCharsets.UTF_8);
  }

  /** The answer's body, read. */
  public <T> T as(Class<T> type) {
    return Json.read(text(), type, "the answer");
  }

  private final class Request implements HttpRequest {
    @Override
    public String getMethod() {
      return "POST";
    }

    @Override
    public String getUri() {
      return "http://127.0.0.1/";
    }

    @Override
    public String getPath() {
      return "/";
    }

    @Override
    public Optional<String> getQuery() {
      return Optional.empty();
    }

    @Override
    public Map<String, List<String>> getQueryParameters() {
      return Map.of();
    }

    @Override
    public Map<String, HttpPart> getParts() {
      return Map.of();
    }

    @Override
    public Optional<String> getContentType() {
      return Optional.of("application/json");
    }

    @Override
    public long getContentLength() {
      return body.length;
    }

    @Override
    public Optional<String> getCharacterEncoding() {
      return Optional.of("utf-8");
    }

    @Override
    public InputStream getInputStream() {
      return new ByteArrayInputStream(body);
    }

    @Override
    public BufferedReader getReader() {
      return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
    }

    @Override
    public Map<String, List<String>> getHeaders() {
      return Map.of();
    }
  }

  private final class Response implements HttpResponse {
    @Override
    public void setStatusCode(int code) {
      status = code;
    }

    @Override
    public void setStatusCode(int code, String message) {
      status = code;
    }

    @Override
    public void setContentType(String type) {
      contentType = type;
    }

    @Override
    public Optional<String> getContentType() {
      return Optional.ofNullable(contentType);
    }

    @Override
    public void appendHeader(String header, String value) {
      throw new UnsupportedOperationException("functions set no headers");
    }

    @Override
    public Map<String, List<String>> getHeaders() {
      return Map.of();
    }

    @Override
    public OutputStream getOutputStream() {
      return answer;
    }

    @Override
    public BufferedWriter getWriter() {
      return new BufferedWriter(new OutputStreamWriter(answer, StandardCharsets.UTF_8));
    }
  }
}
