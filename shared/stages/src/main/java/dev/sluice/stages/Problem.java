package dev.sluice.stages;

import com.google.cloud.functions.HttpResponse;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * An error as {@code application/problem+json} (RFC 9457).
 *
 * @param status the HTTP status; a 4xx is final, a 5xx may be called again
 * @param title the kind of error
 * @param detail what was wrong, where, and what to do
 */
public record Problem(int status, String title, String detail) {
  /** The content type that says: this answer is ours, not the platform's. */
  public static final String CONTENT_TYPE = "application/problem+json";

  /** Says of a failure whether a repeated call can help. */
  public static Problem of(Throwable failure) {
    if (failure instanceof SluiceException known) {
      return new Problem(
          // A lost race is won by calling again, which a 4xx would rule out.
          known instanceof Conflict ? 503 : known.status(),
          known.getClass().getSimpleName(),
          String.valueOf(known.getMessage()));
    }
    return new Problem(500, failure.getClass().getSimpleName(), "an error of Sluice: " + failure);
  }

  /** Sends it. */
  public void write(HttpResponse response) throws IOException {
    response.setStatusCode(status);
    response.setContentType(CONTENT_TYPE);
    response.getOutputStream().write(Json.write(this).getBytes(StandardCharsets.UTF_8));
  }
}
