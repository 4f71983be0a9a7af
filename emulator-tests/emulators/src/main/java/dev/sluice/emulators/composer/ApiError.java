package dev.sluice.emulators.composer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/** An answer that is not a success, in the shapes Airflow's API gives them. */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient JsonElement detail;

  ApiError(int status, String detail) {
    this(status, new JsonPrimitive(detail));
  }

  private ApiError(int status, JsonElement detail) {
    super(status + " " + detail);
    this.status = status;
    this.detail = detail;
  }

  /** 422: one member of the body or one parameter does not fit, as FastAPI says it. */
  static ApiError invalid(String type, String where, String name, String message) {
    JsonArray location = new JsonArray();
    location.add(where);
    location.add(name);
    JsonObject error = new JsonObject();
    error.addProperty("type", type);
    error.add("loc", location);
    error.addProperty("msg", message);
    JsonArray errors = new JsonArray();
    errors.add(error);
    return new ApiError(422, errors);
  }

  /** 409: the run is there already. */
  static ApiError uniqueConstraint(String message) {
    JsonObject detail = new JsonObject();
    detail.addProperty("reason", "Unique constraint violation");
    detail.addProperty("statement", "hidden");
    detail.addProperty("orig_error", "hidden");
    detail.addProperty("message", message);
    return new ApiError(409, detail);
  }

  /** 501: part of Airflow's API that the local Composer does not speak. */
  static ApiError unspoken(String construct) {
    return new ApiError(501, "the local Composer does not speak " + construct);
  }

  int status() {
    return status;
  }

  JsonObject body() {
    JsonObject body = new JsonObject();
    body.add("detail", detail);
    return body;
  }
}
