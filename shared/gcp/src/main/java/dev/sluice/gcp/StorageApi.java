package dev.sluice.gcp;

import com.google.api.gax.rpc.ApiException;
import com.google.rpc.Code;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import org.jspecify.annotations.Nullable;

/** Failures of BigQuery's Storage API in the family. */
final class StorageApi {
  private StorageApi() {}

  static SluiceException error(String what, ApiException e) {
    String message = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
    return error(what, Code.valueOf(e.getStatusCode().getCode().name()).getNumber(), message, e);
  }

  /**
   * @param code of {@code google.rpc.Code}
   */
  static SluiceException error(
      String what, int code, @Nullable String message, @Nullable Throwable cause) {
    Code known = Code.forNumber(code);
    String told = "could not " + what + ": " + message;
    return switch (known == null ? Code.UNKNOWN : known) {
      case NOT_FOUND -> new Bug(told + "; create the table, or correct the dataset's name", cause);
      case UNAUTHENTICATED ->
          new Bug(told + "; run as a service account or log in with gcloud", cause);
      case PERMISSION_DENIED ->
          new Bug(told + "; grant this function's account a role on the dataset", cause);
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, ALREADY_EXISTS ->
          new Bug(told, cause);
      default -> new Unavailable(told + "; call again later", cause);
    };
  }
}
