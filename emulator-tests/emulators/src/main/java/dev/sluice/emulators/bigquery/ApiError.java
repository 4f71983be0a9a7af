package dev.sluice.emulators.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

/** A failure in the words of BigQuery's API: an HTTP status, a {@code reason} and a message. */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final String reason;

  ApiError(int code, String reason, String message) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  static ApiError invalid(String message) {
    return new ApiError(400, "invalid", message);
  }

  static ApiError invalidQuery(String message) {
    return new ApiError(400, "invalidQuery", message);
  }

  static ApiError notSpoken(String construct) {
    return invalidQuery("the emulator does not speak " + construct);
  }

  static ApiError notFound(String what) {
    return new ApiError(404, "notFound", "Not found: " + what);
  }

  static ApiError duplicate(String what) {
    return new ApiError(409, "duplicate", "Already Exists: " + what);
  }

  static ApiError notImplemented(String call) {
    return new ApiError(501, "notImplemented", "the emulator does not serve " + call);
  }

  int code() {
    return code;
  }

  String reason() {
    return reason;
  }

  String text() {
    String message = getMessage();
    return message == null ? reason : message;
  }

  /** The {@code ErrorProto} that jobs and errors carry. */
  JsonObject proto() {
    JsonObject proto = new JsonObject();
    proto.addProperty("reason", reason);
    if (reason.equals("invalidQuery")) {
      proto.addProperty("location", "query");
    }
    proto.addProperty("message", text());
    return proto;
  }

  JsonObject body() {
    JsonObject detail = proto();
    detail.addProperty("domain", "global");
    JsonArray details = new JsonArray();
    details.add(detail);
    JsonObject error = new JsonObject();
    error.addProperty("code", code);
    error.addProperty("message", text());
    error.add("errors", details);
    error.addProperty(
        "status",
        switch (code) {
          case 400 -> "INVALID_ARGUMENT";
          case 404 -> "NOT_FOUND";
          case 409 -> "ALREADY_EXISTS";
          case 412 -> "FAILED_PRECONDITION";
          case 501 -> "UNIMPLEMENTED";
          default -> "INTERNAL";
        });
    JsonObject body = new JsonObject();
    body.add("error", error);
    return body;
  }
}
