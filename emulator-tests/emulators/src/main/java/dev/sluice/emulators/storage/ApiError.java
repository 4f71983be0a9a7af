package dev.sluice.emulators.storage;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

/** A call that ends in an error answer: the status and Google's JSON body. */
final class ApiError extends Exception {
  private final int status;
  private final String reason;

  ApiError(int status, String reason, String message) {
    super(message, null, false, false);
    this.status = status;
    this.reason = reason;
  }

  static ApiError badRequest(String message) {
    return new ApiError(400, "invalid", message);
  }

  static ApiError noSuchBucket(String bucket) {
    return new ApiError(404, "notFound", "The specified bucket does not exist: " + bucket);
  }

  static ApiError noSuchObject(String bucket, String name) {
    return new ApiError(404, "notFound", "No such object: " + bucket + "/" + name);
  }

  static ApiError conditionNotMet() {
    return new ApiError(
        412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
  }

  /** An answer without a body, as Cloud Storage gives for a read whose "not match" fails. */
  static ApiError notModified() {
    return new ApiError(304, "notModified", "Not Modified");
  }

  static ApiError notSupported(String call) {
    return new ApiError(
        501,
        "notImplemented",
        call + " is not supported by this emulator; SUPPORTED.md lists the calls that are.");
  }

  static ApiError ofStatus(int status) {
    return switch (status) {
      case 429 ->
          new ApiError(429, "rateLimitExceeded", "The object exceeded the rate limit for updates.");
      case 503 -> new ApiError(503, "backendError", "Service Unavailable");
      default -> new ApiError(status, "injected", "An injected fault with status " + status + ".");
    };
  }

  int status() {
    return status;
  }

  String text() {
    return String.valueOf(getMessage());
  }

  JsonObject json() {
    JsonObject detail = new JsonObject();
    detail.addProperty("message", text());
    detail.addProperty("domain", status == 429 ? "usageLimits" : "global");
    detail.addProperty("reason", reason);
    JsonArray details = new JsonArray();
    details.add(detail);
    JsonObject error = new JsonObject();
    error.addProperty("code", status);
    error.addProperty("message", text());
    error.add("errors", details);
    JsonObject body = new JsonObject();
    body.add("error", error);
    return body;
  }
}
