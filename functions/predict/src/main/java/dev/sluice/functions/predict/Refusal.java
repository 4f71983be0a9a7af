package dev.sluice.functions.predict;

/** An answer other than 200: its status and what {@code {"error": ...}} says. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  Refusal(int status, String message) {
    // A caller's mistake needs no stack trace, and filling one in costs more than the answer.
    super(message, null, false, false);
    this.status = status;
  }

  /** What is wrong with the request. */
  static Refusal bad(String message) {
    return new Refusal(400, message);
  }

  /** What TensorFlow Serving says of a model, version or label it does not have, and why. */
  static Refusal unknown(String servable, String why) {
    return new Refusal(404, "Servable not found for request: " + servable + "; " + why);
  }

  int status() {
    return status;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
