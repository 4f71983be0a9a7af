package dev.sluice.emulators.bigquery;

import com.google.cloud.bigquery.storage.v1.StorageError;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

/** Failures of the Storage API: a code, a sentence, and Google's {@code StorageError} within. */
final class StorageErrors {
  private StorageErrors() {}

  static Status status(Code code, String message) {
    return Status.newBuilder().setCode(code.getNumber()).setMessage(message).build();
  }

  static Status status(Code code, StorageErrorCode detail, String message, String entity) {
    return status(code, message + " Entity: " + entity).toBuilder()
        .addDetails(
            Any.pack(
                StorageError.newBuilder()
                    .setCode(detail)
                    .setErrorMessage(message)
                    .setEntity(entity)
                    .build()))
        .build();
  }

  static StatusRuntimeException exception(Status status) {
    return StatusProto.toStatusRuntimeException(status);
  }

  static StatusRuntimeException invalid(String message) {
    return exception(status(Code.INVALID_ARGUMENT, message));
  }

  static StatusRuntimeException unsupported(String what) {
    return exception(
        status(
            Code.UNIMPLEMENTED,
            what + " is not supported by this emulator; SUPPORTED.md lists the calls that are."));
  }

  /** What went wrong, as the status of a call. */
  static StatusRuntimeException of(Throwable failure) {
    return switch (failure) {
      case StatusRuntimeException known -> known;
      case ApiError error ->
          exception(
              status(
                  switch (error.code()) {
                    case 400 -> Code.INVALID_ARGUMENT;
                    case 404 -> Code.NOT_FOUND;
                    case 409 -> Code.ALREADY_EXISTS;
                    case 412 -> Code.FAILED_PRECONDITION;
                    case 501 -> Code.UNIMPLEMENTED;
                    default -> Code.INTERNAL;
                  },
                  error.text()));
      default -> exception(status(Code.INTERNAL, "The emulator failed: " + failure));
    };
  }
}
