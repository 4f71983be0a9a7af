package dev.sluice.emulators.pubsub;

import com.google.protobuf.Empty;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/** Answers a unary call with its work's result or failure. */
final class Calls {
  private Calls() {}

  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException, InterruptedException;
  }

  @FunctionalInterface
  interface Effect {
    void run() throws IOException;
  }

  static <T> void answer(StreamObserver<T> response, Work<T> work) {
    T result;
    try {
      result = work.run();
    } catch (StatusRuntimeException e) {
      response.onError(e);
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      response.onError(Status.UNAVAILABLE.withDescription("shutting down").asRuntimeException());
      return;
    } catch (IOException | RuntimeException e) {
      response.onError(
          Status.INTERNAL.withDescription(String.valueOf(e)).withCause(e).asRuntimeException());
      return;
    }
    response.onNext(result);
    response.onCompleted();
  }

  static void done(StreamObserver<Empty> response, Effect effect) {
    answer(
        response,
        () -> {
          effect.run();
          return Empty.getDefaultInstance();
        });
  }

  /** What fails for a request this emulator does not serve, named as the API names it. */
  static StatusRuntimeException unsupported(String what) {
    return Status.UNIMPLEMENTED
        .withDescription(
            what + " is not supported by this emulator; SUPPORTED.md lists the calls that are.")
        .asRuntimeException();
  }

  static StatusRuntimeException invalid(String why) {
    return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
  }

  /** One page of a list in the order of names; the token of the next is its first name. */
  record Page<T>(List<T> items, String nextPageToken) {
    static <T> Page<T> of(List<T> all, Function<T, String> name, int size, String token) {
      int limit = size <= 0 ? 100 : Math.min(size, 1000);
      List<T> rest = all.stream().filter(item -> name.apply(item).compareTo(token) >= 0).toList();
      return rest.size() <= limit
          ? new Page<>(rest, "")
          : new Page<>(rest.subList(0, limit), name.apply(rest.get(limit)));
    }
  }
}
