package dev.sluice.localcloud.faults;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes a plan come true on the wires between functions and services. Each function gets wires of
 * its own, so that it is known who calls; what is injected is logged, a line each. Without a plan
 * the wires only pass on.
 */
public final class FaultInjector implements AutoCloseable {
  private final Consumer<String> log;
  private final Deque<AutoCloseable> wires = new ArrayDeque<>();
  private final List<Armed> armed = new ArrayList<>();
  private final Map<String, List<CountDownLatch>> held = new HashMap<>();
  private Consumer<String> killer = function -> {};
  private int twins;

  /** Passes a request on. */
  @FunctionalInterface
  interface Forward<R> {
    R send() throws IOException;
  }

  /**
   * A request as faults see it.
   *
   * @param function who calls, or for {@code FUNCTIONS} who is called
   * @param what method and path
   * @param write whether it changes what the service holds
   * @param event whether it delivers an event
   */
  private record Traffic(
      Fault.Service service, String function, String what, boolean write, boolean event) {}

  /** A fault, how many of its requests it has seen, and how often it may still strike. */
  private static final class Armed {
    final Fault fault;
    final Random chance;
    int seen;
    int left;

    Armed(Fault fault, long seed) {
      this.fault = fault;
      this.chance = new Random(31 * seed + fault.name().hashCode());
      this.left = fault.when().times();
    }

    boolean concerns(Traffic traffic) {
      return switch (fault) {
        case Fault.OfEvent event ->
            traffic.event() && (event.function() == null || is(event.function(), traffic));
        case Fault.OfCall call ->
            call.service() == traffic.service()
                && (call.function() == null || is(call.function(), traffic));
        case Fault.Kill kill ->
            traffic.write()
                && traffic.service() != Fault.Service.FUNCTIONS
                && is(kill.function(), traffic);
        case Fault.SecondRun ignored ->
            traffic.service() == Fault.Service.COMPOSER && traffic.what().endsWith("/dagRuns");
      };
    }

    private static boolean is(String function, Traffic traffic) {
      return function.equals(traffic.function());
    }

    /** Every request that it concerns is counted, whether or not another fault was first. */
    boolean strikes() {
      seen++;
      Fault.When when = fault.when();
      return left > 0
          && (when.at() > 0 ? seen >= when.at() : chance.nextDouble() < when.probability());
    }
  }

  /**
   * @param log told of each fault that is injected
   */
  public FaultInjector(Consumer<String> log) {
    this.log = log;
  }

  /** From now on this plan holds, counted from the start, in place of the one before. */
  public synchronized void use(FaultPlan plan) {
    armed.clear();
    twins = 0;
    plan.faults().forEach(fault -> armed.add(new Armed(fault, plan.seed())));
    held.values().forEach(latches -> latches.forEach(CountDownLatch::countDown));
    held.clear();
  }

  /** How a function's process is killed. */
  public synchronized void onKill(Consumer<String> killer) {
    this.killer = killer;
  }

  /**
   * A wire in front of a function.
   *
   * @param events whether what calls it are deliveries of events
   * @param port of the wire, 0 for a free one
   */
  public URI front(String function, URI target, boolean events, int port) throws IOException {
    return http(Fault.Service.FUNCTIONS, function, target, events, port);
  }

  /** A function's settings, with wires of its own in place of the services' addresses. */
  public Map<String, String> between(String function, Map<String, String> settings)
      throws IOException {
    Map<String, String> out = new HashMap<>(settings);
    wire(out, "STORAGE_EMULATOR_HOST", Fault.Service.STORAGE, function);
    wire(out, "BIGQUERY_EMULATOR_HOST", Fault.Service.BIGQUERY, function);
    wire(out, "COMPOSER_URL", Fault.Service.COMPOSER, function);
    messages(out, "PUBSUB_EMULATOR_HOST", Fault.Service.PUBSUB, function);
    messages(out, "BIGQUERY_STORAGE_EMULATOR_HOST", Fault.Service.BIGQUERY, function);
    return out;
  }

  private void messages(
      Map<String, String> settings, String variable, Fault.Service service, String function)
      throws IOException {
    String address = settings.get(variable);
    if (address == null) {
      return;
    }
    MessageProxy proxy =
        MessageProxy.open(
            address,
            (method, forward) ->
                pass(
                    new Traffic(
                        service,
                        function,
                        method,
                        service == Fault.Service.PUBSUB || method.endsWith("/AppendRows"),
                        /* event= */ false),
                    forward,
                    () -> {},
                    status -> {
                      throw (status == 429 ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE)
                          .withDescription("an injected fault")
                          .asRuntimeException();
                    }));
    keep(proxy);
    settings.put(variable, proxy.host());
  }

  private void wire(
      Map<String, String> settings, String variable, Fault.Service service, String function)
      throws IOException {
    String address = settings.get(variable);
    if (address != null) {
      settings.put(
          variable,
          http(service, function, URI.create(address), /* events= */ false, /* port= */ 0)
              .toString());
    }
  }

  private URI http(Fault.Service service, String function, URI target, boolean events, int port)
      throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), target.getPort());
    HttpProxy proxy =
        HttpProxy.open(
            port,
            () -> address,
            (request, forward) ->
                pass(
                    traffic(service, function, request, events),
                    () -> forward.send(request),
                    () -> twin(request, forward),
                    status -> refusal(service, status)));
    keep(proxy);
    return proxy.uri();
  }

  private synchronized void keep(AutoCloseable wire) {
    wires.push(wire);
  }

  private static Traffic traffic(
      Fault.Service service, String function, HttpMessage request, boolean events) {
    String path = request.target().split("\\?", 2)[0];
    boolean changes = !request.method().equals("GET") && !request.method().equals("HEAD");
    boolean write =
        switch (service) {
          case STORAGE -> changes;
          case BIGQUERY -> changes && path.endsWith("/insertAll");
          case COMPOSER -> changes && !path.endsWith("/auth/token");
          case PUBSUB, FUNCTIONS -> false;
        };
    return new Traffic(service, function, request.method() + " " + path, write, events);
  }

  private static HttpMessage refusal(Fault.Service service, int status) {
    if (service == Fault.Service.FUNCTIONS) {
      return HttpMessage.answer(
          status, "text/html", status == 429 ? "Rate exceeded." : "Service Unavailable");
    }
    String reason = status == 429 ? "rateLimitExceeded" : "backendError";
    return HttpMessage.answer(
        status,
        "application/json",
        "{\"error\":{\"code\":%d,\"message\":\"an injected fault\",\"errors\":[{\"domain\":\"global\",\"reason\":\"%s\",\"message\":\"an injected fault\"}]}}"
            .formatted(status, reason));
  }

  /** The request does what it does, or what the plan has for it; null resets the connection. */
  private <R> @Nullable R pass(
      Traffic traffic, Forward<R> forward, Twin twin, IntFunction<R> refusal) throws IOException {
    Fault fault = next(traffic);
    try {
      return switch (fault) {
        case null -> forward.send();
        case Fault.OfCall call ->
            switch (call.answer()) {
              case TOO_MANY -> refusal.apply(429);
              case UNAVAILABLE -> refusal.apply(503);
              case RESET -> null;
              case LOST -> {
                forward.send();
                yield null;
              }
            };
        case Fault.Kill kill -> {
          if (kill.moment() == Fault.Moment.AFTER) {
            forward.send();
          }
          kill(kill.function());
          yield null;
        }
        case Fault.OfEvent event ->
            switch (event.delivery()) {
              case DROP -> refusal.apply(503);
              case DUPLICATE -> twice(forward);
              case DELAY -> {
                wait(event.hold());
                yield forward.send();
              }
              case REORDER -> {
                hold(traffic.function(), event.hold());
                yield forward.send();
              }
            };
        case Fault.SecondRun ignored -> {
          R answer = forward.send();
          twin.run();
          yield answer;
        }
      };
    } finally {
      if (traffic.event()) {
        release(traffic.function(), fault);
      }
    }
  }

  /** Starts the twin of a run. */
  @FunctionalInterface
  private interface Twin {
    void run() throws IOException;
  }

  private synchronized @Nullable Fault next(Traffic traffic) {
    Armed chosen = null;
    for (Armed one : armed) {
      if (one.concerns(traffic) && one.strikes() && chosen == null) {
        chosen = one;
      }
    }
    if (chosen == null) {
      return null;
    }
    chosen.left--;
    log.accept(
        "fault %s: %s, %s %s %s"
            .formatted(
                chosen.fault.name(),
                what(chosen.fault),
                traffic.function(),
                traffic.service() == Fault.Service.FUNCTIONS
                    ? "is called"
                    : "to " + traffic.service().word(),
                traffic.what()));
    return chosen.fault;
  }

  private static String what(Fault fault) {
    return switch (fault) {
      case Fault.OfCall call -> FaultPlan.answer(call.answer());
      case Fault.OfEvent event -> "event " + FaultPlan.word(event.delivery());
      case Fault.Kill kill -> "killed " + FaultPlan.word(kill.moment()) + " the write";
      case Fault.SecondRun ignored -> "a second run";
    };
  }

  private void kill(String function) {
    Consumer<String> how;
    synchronized (this) {
      how = killer;
    }
    how.accept(function);
  }

  /** Both deliveries at the same time; the caller gets one's answer. */
  private static <R> R twice(Forward<R> forward) throws IOException {
    CountDownLatch other = new CountDownLatch(1);
    Thread.ofVirtual()
        .start(() -> {
          try {
            forward.send();
          } catch (IOException e) {
            // The first delivery's answer decides whether there will be a third.
          } finally {
            other.countDown();
          }
        });
    R answer = forward.send();
    wait(other, Duration.ofMinutes(2));
    return answer;
  }

  private void hold(String function, Duration limit) {
    CountDownLatch latch = new CountDownLatch(1);
    synchronized (this) {
      held.computeIfAbsent(function, key -> new ArrayList<>()).add(latch);
    }
    wait(latch, limit);
  }

  /** An event has passed: those held back for one may go. */
  private synchronized void release(String function, @Nullable Fault own) {
    if (own instanceof Fault.OfEvent event && event.delivery() == Fault.Delivery.REORDER) {
      return;
    }
    List<CountDownLatch> latches = held.remove(function);
    if (latches != null) {
      latches.forEach(CountDownLatch::countDown);
    }
  }

  private static void wait(Duration limit) {
    wait(new CountDownLatch(1), limit);
  }

  private static void wait(CountDownLatch latch, Duration limit) {
    try {
      latch.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The same request under another run id. */
  private void twin(HttpMessage request, HttpProxy.Forward forward) throws IOException {
    int number;
    synchronized (this) {
      number = ++twins;
    }
    JsonObject body =
        JsonParser.parseString(new String(request.body(), StandardCharsets.UTF_8))
            .getAsJsonObject();
    body.addProperty("dag_run_id", body.get("dag_run_id").getAsString() + "--again-" + number);
    forward.send(request.withBody(body.toString().getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public synchronized void close() {
    use(FaultPlan.NONE);
    while (!wires.isEmpty()) {
      try {
        wires.pop().close();
      } catch (Exception e) {
        log.accept("while stopping: " + e.getMessage());
      }
    }
  }
}
