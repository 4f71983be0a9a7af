package dev.sluice.emulators.storage;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One request, from a connection or from a part of a batch.
 *
 * @param path decoded segments, so a name with an escaped slash is one segment
 * @param headers the first value of a header by its name in any case
 */
record Call(
    String method,
    List<String> path,
    Map<String, String> query,
    Function<String, @Nullable String> headers,
    InputStream body) {

  static Call of(
      String method,
      String rawPath,
      @Nullable String rawQuery,
      Function<String, @Nullable String> headers,
      InputStream body)
      throws ApiError, IOException {
    String override = headers.apply("X-HTTP-Method-Override");
    if (override != null && method.equals("POST")) {
      // Google's Java client sends PATCH so, and a GET whose query is too long for a URL.
      String type = headers.apply("Content-Type");
      if (override.equals("GET")
          && type != null
          && type.startsWith("application/x-www-form-urlencoded")) {
        String form = new String(body.readAllBytes(), StandardCharsets.UTF_8);
        return parse(override, rawPath, form, headers, InputStream.nullInputStream());
      }
      return parse(override, rawPath, rawQuery, headers, body);
    }
    return parse(method, rawPath, rawQuery, headers, body);
  }

  private static Call parse(
      String method,
      String rawPath,
      @Nullable String rawQuery,
      Function<String, @Nullable String> headers,
      InputStream body)
      throws ApiError {
    List<String> path = new ArrayList<>();
    Map<String, String> query = new LinkedHashMap<>();
    try {
      for (String segment : rawPath.substring(1).split("/", -1)) {
        path.add(URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
      }
      if (rawQuery != null && !rawQuery.isEmpty()) {
        for (String pair : rawQuery.split("&", -1)) {
          int equals = pair.indexOf('=');
          String key = equals < 0 ? pair : pair.substring(0, equals);
          String value = equals < 0 ? "" : pair.substring(equals + 1);
          query.put(
              URLDecoder.decode(key, StandardCharsets.UTF_8),
              URLDecoder.decode(value, StandardCharsets.UTF_8));
        }
      }
    } catch (IllegalArgumentException e) {
      throw ApiError.badRequest("The path or the query has a bad percent escape.");
    }
    return new Call(method, List.copyOf(path), query, headers, body);
  }

  @Nullable String header(String name) {
    return headers.apply(name);
  }

  @Nullable String parameter(String name) {
    return query.get(name);
  }

  String parameter(String name, String fallback) {
    return query.getOrDefault(name, fallback);
  }

  boolean flag(String name) {
    return "true".equalsIgnoreCase(query.get(name));
  }

  String text() throws IOException {
    return new String(body.readAllBytes(), StandardCharsets.UTF_8);
  }
}
