package dev.sluice.emulators.composer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.Operations;
import dev.sluice.contracts.SluiceException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls of Airflow 3.3's {@code /api/v2} that a client of runs needs, and the one of Composer's
 * {@code /v1} that tells where that is. A parameter or member that Airflow knows and this does not
 * is refused by name, never passed over.
 */
final class Api {
  private static final int DEFAULT_LIMIT = 50;
  private static final int MOST = 100;

  private final Settings settings;
  private final Stepper stepper;
  private final Tokens tokens;
  private final Supplier<URI> address;

  Api(Settings settings, Stepper stepper, Tokens tokens, Supplier<URI> address) {
    this.settings = settings;
    this.stepper = stepper;
    this.tokens = tokens;
    this.address = address;
  }

  /**
   * @param path still percent-encoded
   * @param query still percent-encoded, null where there is none
   */
  record Request(
      String method,
      String path,
      @Nullable String query,
      @Nullable String authorization,
      String body) {}

  /** What goes back. */
  record Response(int status, JsonElement body) {}

  Response answer(Request request) {
    try {
      return route(request);
    } catch (ApiError e) {
      return new Response(e.status(), e.body());
    }
  }

  private Response route(Request request) {
    List<String> path = new ArrayList<>();
    for (String segment : request.path().substring(1).split("/", -1)) {
      path.add(decode(segment.replace("+", "%2B")));
    }
    String call = request.method() + " " + String.join("/", path);
    switch (call) {
      case "POST auth/token" -> {
        return token(request);
      }
      case "GET api/v2/monitor/health" -> {
        return ok(Views.health(Instant.now()));
      }
      case "GET api/v2/version" -> {
        JsonObject version = new JsonObject();
        version.addProperty("version", "3.3.1");
        version.add("git_version", JsonNull.INSTANCE);
        return ok(version);
      }
      default -> {}
    }
    if (path.get(0).equals("v1")) {
      return environment(request, path.subList(1, path.size()));
    }
    if (path.size() < 3 || !path.get(0).equals("api") || !path.get(1).equals("v2")) {
      throw new ApiError(404, "Not Found");
    }
    String user = tokens.user(request.authorization());
    Query query = Query.of(request.query());
    List<String> rest = path.subList(2, path.size());
    if (!rest.get(0).equals("dags")) {
      throw ApiError.unspoken(request.method() + " " + request.path());
    }
    String pipeline = rest.size() > 1 ? rest.get(1) : "";
    String run = rest.size() > 3 ? rest.get(3) : "";
    String task = rest.size() > 5 ? rest.get(5) : "";
    // The shape of the path, with its own words where it has words and {} where it has names.
    List<String> shape = new ArrayList<>(rest);
    for (int i = 1; i < shape.size(); i += 2) {
      shape.set(i, "{}");
    }
    if (shape.size() == 7 && shape.get(6).matches("-?[0-9]+")) {
      shape.set(6, "{}");
    }
    return switch (request.method() + " " + String.join("/", shape)) {
      case "GET dags" -> ok(dags(query));
      case "GET dags/{}" -> ok(dag(pipeline));
      case "PATCH dags/{}" -> ok(patchDag(pipeline, query, body(request)));
      case "GET dags/{}/dagRuns" -> ok(runs(pipeline, query));
      case "POST dags/{}/dagRuns" -> ok(trigger(pipeline, query, body(request), user));
      case "POST dags/{}/clearTaskInstances" -> ok(clear(pipeline, query, body(request)));
      case "GET dags/{}/dagRuns/{}" -> {
        query.done();
        yield ok(stepper.read(pipeline, run, Views::run));
      }
      case "PATCH dags/{}/dagRuns/{}" -> ok(patchRun(pipeline, run, query, body(request)));
      case "GET dags/{}/dagRuns/{}/taskInstances" ->
          ok(tasks(pipeline, run, /* mapped= */ null, query));
      case "GET dags/{}/dagRuns/{}/taskInstances/{}" -> {
        query.done();
        yield ok(stepper.read(pipeline, run, r -> Views.task(r, unmapped(r, task))));
      }
      case "GET dags/{}/dagRuns/{}/taskInstances/{}/{}" -> {
        query.done();
        int index = index("path", rest.get(6));
        yield ok(stepper.read(pipeline, run, r -> Views.task(r, mapped(r, task, index))));
      }
      case "GET dags/{}/dagRuns/{}/taskInstances/{}/listMapped" ->
          ok(tasks(pipeline, run, task, query));
      case "GET dags/{}/dagRuns/{}/taskInstances/{}/xcomEntries/{}" ->
          ok(xcom(pipeline, run, task, rest.get(7), query));
      case "GET dags/{}/dagRuns/{}/taskInstances/{}/logs/{}" ->
          ok(log(pipeline, run, task, rest.get(7), query));
      default -> throw ApiError.unspoken(request.method() + " " + request.path());
    };
  }

  /** Every environment is this one, whatever its name. */
  private Response environment(Request request, List<String> name) {
    if (!request.method().equals("GET")
        || name.size() != 6
        || !name.get(0).equals("projects")
        || !name.get(2).equals("locations")
        || !name.get(4).equals("environments")) {
      throw ApiError.unspoken(request.method() + " " + request.path());
    }
    JsonObject config = new JsonObject();
    config.addProperty("airflowUri", address.get().toString());
    JsonObject out = new JsonObject();
    out.addProperty("name", String.join("/", name));
    out.addProperty("state", "RUNNING");
    out.add("config", config);
    return ok(out);
  }

  private static Response ok(JsonElement body) {
    return new Response(200, body);
  }

  private Response token(Request request) {
    JsonObject body = body(request);
    String user = string(body, "username");
    String password = string(body, "password");
    if (user == null || user.isEmpty() || password == null || password.isEmpty()) {
      throw new ApiError(400, "Username and password must be provided");
    }
    boolean same =
        MessageDigest.isEqual(
            (settings.user() + "\0" + settings.password()).getBytes(StandardCharsets.UTF_8),
            (user + "\0" + password).getBytes(StandardCharsets.UTF_8));
    if (!same) {
      throw new ApiError(401, "Invalid credentials");
    }
    JsonObject out = new JsonObject();
    out.addProperty("access_token", tokens.issue(user));
    return new Response(201, out);
  }

  private JsonObject dags(Query query) {
    String paused = query.take("paused");
    String order = query.order("dag_id");
    Page page = query.page();
    query.done();
    List<String> names = new ArrayList<>(new TreeSet<>(settings.pipelines().get()));
    switch (order) {
      case "dag_id" -> {}
      case "-dag_id" -> names.sort(Comparator.reverseOrder());
      default -> throw disallowed(order);
    }
    if (paused != null) {
      boolean wanted = flag("paused", paused);
      names.removeIf(name -> stepper.isPaused(name) != wanted);
    }
    JsonArray dags = new JsonArray();
    page.of(names).forEach(name -> dags.add(dag(name)));
    return collection("dags", dags, names.size());
  }

  private JsonObject dag(String pipeline) {
    if (!settings.pipelines().get().contains(pipeline)) {
      throw new ApiError(404, "Dag with id: " + pipeline + " was not found");
    }
    boolean broken = false;
    try {
      var _ = settings.operations().get();
    } catch (SluiceException e) {
      broken = true;
    }
    return Views.dag(pipeline, stepper.isPaused(pipeline), broken, settings.parallelism());
  }

  private JsonObject patchDag(String pipeline, Query query, JsonObject body) {
    query.done();
    only(body, Set.of("is_paused"), Set.of());
    Boolean pause = bool(body, "is_paused");
    if (pause == null) {
      throw ApiError.invalid("missing", "body", "is_paused", "Field required");
    }
    var _ = dag(pipeline);
    stepper.pause(pipeline, pause);
    return dag(pipeline);
  }

  private JsonObject trigger(String pipeline, Query query, JsonObject body, String user) {
    query.done();
    only(
        body,
        Set.of("dag_run_id", "logical_date", "run_after", "conf", "note"),
        Set.of("data_interval_start", "data_interval_end", "partition_key"));
    if (!body.has("logical_date")) {
      throw ApiError.invalid("missing", "body", "logical_date", "Field required");
    }
    Instant logicalDate = time(body, "logical_date");
    Instant now = Instant.now();
    Instant runAfter = time(body, "run_after");
    String id = string(body, "dag_run_id");
    String note = string(body, "note");
    JsonElement conf = body.get("conf");
    if (conf != null && !conf.isJsonNull() && !conf.isJsonObject()) {
      throw ApiError.invalid("dict_type", "body", "conf", "Input should be a valid dictionary");
    }
    if (!settings.pipelines().get().contains(pipeline)) {
      throw new ApiError(404, "Dag with dag_id: '" + pipeline + "' not found");
    }
    if (runAfter != null && runAfter.isAfter(now)) {
      throw ApiError.unspoken("a run_after in the future");
    }
    JsonObject options = conf instanceof JsonObject object ? object : new JsonObject();
    if (id == null || id.isEmpty()) {
      id = "manual__" + now + "_" + UUID.randomUUID().toString().substring(0, 8);
    }
    checkName("The run_id provided '" + id + "'", id);
    Conf.check(options);
    return stepper.trigger(
        new Stepper.Trigger(
            pipeline, id, options, logicalDate, runAfter == null ? now : runAfter, note, user),
        operations(pipeline),
        Views::run);
  }

  private Operations operations(String pipeline) {
    try {
      return settings.operations().get();
    } catch (SluiceException e) {
      throw new ApiError(
          400,
          "Dag with dag_id: '"
              + pipeline
              + "' has import errors and cannot be triggered: "
              + e.getMessage());
    }
  }

  private static void checkName(String what, String name) {
    if (!Names.RUN.matcher(name).matches()) {
      throw new ApiError(400, what + " does not match regex pattern '" + Names.RUN + "'");
    }
  }

  private JsonObject runs(String pipeline, Query query) {
    Set<String> states = query.takeAll("state");
    String order = query.order("id");
    Page page = query.page();
    query.done();
    boolean all = pipeline.equals("~");
    if (!all && !settings.pipelines().get().contains(pipeline)) {
      throw new ApiError(404, "The Dag with ID: `" + pipeline + "` was not found");
    }
    Predicate<Run> wanted =
        run ->
            (all || run.pipeline.equals(pipeline))
                && (states.isEmpty() || states.contains(run.state.wire()));
    Comparator<Run> comparator = order(order, Api::runOrder);
    return stepper.read(every -> {
      List<Run> found = every.stream().filter(wanted).sorted(comparator).toList();
      JsonArray out = new JsonArray();
      page.of(found).forEach(run -> out.add(Views.run(run)));
      return collection("dag_runs", out, found.size());
    });
  }

  private static @Nullable Comparator<Run> runOrder(String attribute) {
    Comparator<Instant> times = Comparator.nullsLast(Comparator.naturalOrder());
    return switch (attribute) {
      case "id" -> Comparator.comparingLong(run -> run.number);
      case "dag_id" -> Comparator.comparing(run -> run.pipeline);
      case "run_id", "dag_run_id" -> Comparator.comparing(run -> run.id);
      case "state" -> Comparator.comparing(run -> run.state.wire());
      case "logical_date" -> Comparator.comparing(run -> run.logicalDate, times);
      case "run_after" -> Comparator.comparing(run -> run.runAfter);
      case "start_date" -> Comparator.comparing(run -> run.startedAt, times);
      case "end_date" -> Comparator.comparing(run -> run.endedAt, times);
      default -> null;
    };
  }

  private JsonObject patchRun(String pipeline, String run, Query query, JsonObject body) {
    query.done();
    only(body, Set.of("state"), Set.of("note"));
    String state = string(body, "state");
    if (state == null) {
      return stepper.read(pipeline, run, Views::run);
    }
    return switch (state) {
      case "failed" -> stepper.cancel(pipeline, run, Views::run);
      case "success", "queued" -> throw ApiError.unspoken("a change of a run's state to " + state);
      default ->
          throw ApiError.invalid(
              "enum", "body", "state", "Input should be 'queued', 'success' or 'failed'");
    };
  }

  /**
   * @param mapped the mapped task whose instances are wanted, null for all instances
   */
  private JsonObject tasks(String pipeline, String run, @Nullable String mapped, Query query) {
    Set<String> states = query.takeAll("state");
    Set<String> names = mapped == null ? query.takeAll("task_id") : Set.of(mapped);
    Set<String> indexes = query.takeAll("map_index");
    Set<Integer> wanted = new LinkedHashSet<>();
    indexes.forEach(text -> wanted.add(index("query", text)));
    String order = query.order("map_index");
    Page page = query.page();
    query.done();
    // What a descending order leaves equal is turned round too, as Airflow does with its ids.
    Comparator<Row> comparator = order(order, name -> thenByPlace(taskOrder(name)));
    return stepper.read(
        pipeline,
        run,
        r -> {
          if (mapped != null) {
            checkMapped(r, mapped);
          }
          List<Row> all = new ArrayList<>();
          for (Instance instance : r.instances()) {
            all.add(new Row(instance, r.task(instance), all.size()));
          }
          List<Row> found =
              all.stream()
                  .filter(row -> mapped == null || row.instance().mapIndex() >= 0)
                  .filter(row -> names.isEmpty() || names.contains(row.instance().task()))
                  .filter(row -> wanted.isEmpty() || wanted.contains(row.instance().mapIndex()))
                  .filter(row -> {
                    String state = row.task().state.wire();
                    return states.isEmpty() || states.contains(state == null ? "none" : state);
                  })
                  .sorted(comparator)
                  .toList();
          JsonArray out = new JsonArray();
          page.of(found).forEach(row -> out.add(Views.task(r, row.instance())));
          return collection("task_instances", out, found.size());
        });
  }

  /**
   * A task instance and its name.
   *
   * @param place in the order of the plan
   */
  private record Row(Instance instance, Task task, int place) {}

  private static @Nullable Comparator<Row> thenByPlace(@Nullable Comparator<Row> order) {
    return order == null ? null : order.thenComparingInt(Row::place);
  }

  private static @Nullable Comparator<Row> taskOrder(String attribute) {
    Comparator<Instant> times = Comparator.nullsLast(Comparator.naturalOrder());
    return switch (attribute) {
      case "map_index", "rendered_map_index" ->
          Comparator.comparingInt(row -> row.instance().mapIndex());
      case "state" -> Comparator.comparing(row -> row.task().state);
      case "start_date" -> Comparator.comparing(row -> row.task().startedAt, times);
      case "end_date" -> Comparator.comparing(row -> row.task().endedAt, times);
      case "duration" -> Comparator.comparing(row -> row.task().duration());
      default -> null;
    };
  }

  private JsonObject xcom(String pipeline, String run, String task, String key, Query query) {
    String index = query.take("map_index");
    String deserialize = query.take("deserialize");
    String stringify = query.take("stringify");
    query.done();
    Instance instance = new Instance(task, index == null ? -1 : index("query", index));
    boolean asText = stringify != null && flag("stringify", stringify);
    if (deserialize != null && flag("deserialize", deserialize)) {
      throw ApiError.unspoken("deserialize=true; the value is native JSON without it");
    }
    return stepper.read(
        pipeline,
        run,
        r -> {
          Task found = r.find(instance);
          if (found == null || found.answer == null || !key.equals("return_value")) {
            throw new ApiError(404, "XCom entry with key: `" + key + "` not found");
          }
          return Views.xcom(r, instance, found.answer, asText);
        });
  }

  private JsonObject log(String pipeline, String run, String task, String attempt, Query query) {
    String full = query.take("full_content");
    String index = query.take("map_index");
    query.done();
    var _ = full != null && flag("full_content", full);
    int number = number("path", "try_number", attempt);
    Instance instance = new Instance(task, index == null ? -1 : index("query", index));
    return stepper.read(
        pipeline,
        run,
        r -> {
          Task found = r.find(instance);
          if (found == null || number > found.tries) {
            throw new ApiError(404, "TaskInstance not found");
          }
          return Views.log(found, number);
        });
  }

  private JsonObject clear(String pipeline, Query query, JsonObject body) {
    query.done();
    only(
        body,
        Set.of(
            "dry_run",
            "dag_run_id",
            "only_failed",
            "only_running",
            "reset_dag_runs",
            "task_ids",
            "include_downstream",
            "prevent_running_task"),
        Set.of(
            "start_date",
            "end_date",
            "include_upstream",
            "include_future",
            "include_past",
            "run_on_latest_version",
            "note"));
    boolean onlyFailed = bool(body, "only_failed", true);
    boolean onlyRunning = bool(body, "only_running", false);
    if (onlyFailed && onlyRunning) {
      throw ApiError.invalid(
          "value_error",
          "body",
          "only_running",
          "only_failed and only_running both are set to True");
    }
    boolean dryRun = bool(body, "dry_run", true);
    boolean reset = bool(body, "reset_dag_runs", true);
    boolean prevent = bool(body, "prevent_running_task", false);
    boolean downstream = bool(body, "include_downstream", false);
    Set<String> named = names(body.get("task_ids"));
    String run = string(body, "dag_run_id");
    if (!settings.pipelines().get().contains(pipeline)) {
      throw new ApiError(404, "The Dag with ID: `" + pipeline + "` was not found");
    }
    if (run == null) {
      throw ApiError.unspoken("clearTaskInstances without a dag_run_id");
    }
    Set<String> tasks =
        named == null || !downstream
            ? named
            : stepper.read(pipeline, run, r -> r.plan().withDownstream(named));
    Stepper.Clear clear = new Stepper.Clear(dryRun, onlyFailed, onlyRunning, reset, prevent, tasks);
    List<Instance> cleared = stepper.clear(pipeline, run, clear, List::copyOf);
    return stepper.read(
        pipeline,
        run,
        r -> {
          JsonArray out = new JsonArray();
          cleared.forEach(instance -> out.add(Views.task(r, instance)));
          return collection("task_instances", out, cleared.size());
        });
  }

  private static @Nullable Set<String> names(@Nullable JsonElement value) {
    if (value == null || value.isJsonNull()) {
      return null;
    }
    Set<String> out = new LinkedHashSet<>();
    if (value instanceof JsonArray array && !array.isEmpty()) {
      for (JsonElement element : array) {
        if (element instanceof JsonPrimitive name && name.isString()) {
          out.add(name.getAsString());
        } else if (element instanceof JsonArray pair
            && pair.size() == 2
            && pair.get(0) instanceof JsonPrimitive name
            && pair.get(1) instanceof JsonPrimitive index) {
          out.add(new Instance(name.getAsString(), index("body", index.getAsString())).key());
        } else {
          throw ApiError.invalid(
              "value_error",
              "body",
              "task_ids",
              "Input should be a task_id, or a list of a task_id and a map_index");
        }
      }
      return out;
    }
    throw ApiError.invalid(
        "value_error", "body", "task_ids", "task_ids list should have at least 1 element.");
  }

  private static Instance unmapped(Run run, String task) {
    Instance instance = new Instance(task, Instance.UNMAPPED);
    if (run.find(instance) != null) {
      return instance;
    }
    throw new ApiError(
        404,
        run.instances(task).isEmpty()
            ? "The Task Instance with dag_id: `"
                + run.pipeline
                + "`, run_id: `"
                + run.id
                + "` and task_id: `"
                + task
                + "` was not found"
            : "Task instance is mapped, add the map_index value to the URL");
  }

  private static Instance mapped(Run run, String task, int index) {
    Instance instance = new Instance(task, index);
    if (run.find(instance) == null) {
      throw new ApiError(
          404,
          "The Mapped Task Instance with dag_id: `"
              + run.pipeline
              + "`, run_id: `"
              + run.id
              + "`, task_id: `"
              + task
              + "`, and map_index: `"
              + index
              + "` was not found");
    }
    return instance;
  }

  private static void checkMapped(Run run, String task) {
    if (run.instances(task).isEmpty()) {
      throw new ApiError(404, "Task id " + task + " not found");
    }
    if (!run.plan().get(task).isMapped()) {
      throw new ApiError(404, "Task id " + task + " is not mapped");
    }
  }

  /** A map index: -1 for what is not mapped. */
  private static int index(String where, String value) {
    return value.equals("-1") ? Instance.UNMAPPED : number(where, "map_index", value);
  }

  private static JsonObject collection(String name, JsonArray page, int total) {
    JsonObject out = new JsonObject();
    out.add(name, page);
    out.addProperty("total_entries", total);
    return out;
  }

  private static JsonObject body(Request request) {
    try {
      return Json.read(request.body(), JsonObject.class, "the request");
    } catch (BadInput e) {
      throw ApiError.invalid("json_invalid", "body", "0", "JSON decode error: " + e.getMessage());
    }
  }

  /** Unknown members are refused, and so are members that Airflow would act on. */
  private static void only(JsonObject body, Set<String> known, Set<String> unspoken) {
    for (Map.Entry<String, JsonElement> member : body.entrySet()) {
      if (unspoken.contains(member.getKey())) {
        JsonElement value = member.getValue();
        boolean off = value.isJsonNull() || value.equals(new JsonPrimitive(false));
        if (!off) {
          throw ApiError.unspoken(member.getKey());
        }
      } else if (!known.contains(member.getKey())) {
        throw ApiError.invalid(
            "extra_forbidden", "body", member.getKey(), "Extra inputs are not permitted");
      }
    }
  }

  private static @Nullable String string(JsonObject body, String name) {
    JsonElement value = body.get(name);
    if (value == null || value.isJsonNull()) {
      return null;
    }
    if (value instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw ApiError.invalid("string_type", "body", name, "Input should be a valid string");
  }

  private static @Nullable Boolean bool(JsonObject body, String name) {
    JsonElement value = body.get(name);
    if (value == null) {
      return null;
    }
    if (value instanceof JsonPrimitive primitive && primitive.isBoolean()) {
      return primitive.getAsBoolean();
    }
    throw ApiError.invalid("bool_type", "body", name, "Input should be a valid boolean");
  }

  private static boolean bool(JsonObject body, String name, boolean otherwise) {
    Boolean value = bool(body, name);
    return value == null ? otherwise : value;
  }

  private static @Nullable Instant time(JsonObject body, String name) {
    String text = string(body, name);
    if (text == null) {
      return null;
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw ApiError.invalid(
          "timezone_aware", "body", name, "Input should be a valid datetime with timezone info");
    }
  }

  private static boolean flag(String name, String value) {
    return switch (value) {
      case "true", "True", "1" -> true;
      case "false", "False", "0" -> false;
      default ->
          throw ApiError.invalid("bool_parsing", "query", name, "Input should be a valid boolean");
    };
  }

  private static int number(String where, String name, String value) {
    try {
      int number = Integer.parseInt(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw ApiError.invalid("int_parsing", where, name, "Input should be a valid integer");
    }
    throw ApiError.invalid(
        "greater_than_equal", where, name, "Input should be greater than or equal to 0");
  }

  private static <T> Comparator<T> order(
      String order, Function<String, @Nullable Comparator<T>> attributes) {
    boolean descending = order.startsWith("-");
    Comparator<T> comparator = attributes.apply(descending ? order.substring(1) : order);
    if (comparator == null) {
      throw disallowed(order);
    }
    return descending ? comparator.reversed() : comparator;
  }

  private static ApiError disallowed(String order) {
    return new ApiError(
        400,
        "Ordering with '" + order + "' is disallowed or the attribute does not exist on the model");
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new ApiError(400, "the address is not percent-encoded: " + text);
    }
  }

  /** A part of a list. */
  private record Page(int limit, int offset) {
    <T> List<T> of(Collection<T> all) {
      return all.stream().skip(offset).limit(limit).toList();
    }
  }

  /** The query's parameters; what is left when the call has taken its own is refused. */
  private record Query(Map<String, List<String>> values) {
    static Query of(@Nullable String query) {
      Map<String, List<String>> out = new LinkedHashMap<>();
      if (query != null) {
        for (String pair : query.split("&", -1)) {
          int equals = pair.indexOf('=');
          if (equals > 0) {
            out.computeIfAbsent(decode(pair.substring(0, equals)), k -> new ArrayList<>())
                .add(decode(pair.substring(equals + 1)));
          }
        }
      }
      return new Query(out);
    }

    @Nullable String take(String name) {
      List<String> found = values.remove(name);
      return found == null ? null : found.getLast();
    }

    Set<String> takeAll(String name) {
      List<String> found = values.remove(name);
      return found == null ? Set.of() : Set.copyOf(found);
    }

    String order(String otherwise) {
      Set<String> found = takeAll("order_by");
      if (found.size() > 1) {
        throw ApiError.unspoken("more than one order_by");
      }
      return found.isEmpty() ? otherwise : found.iterator().next();
    }

    Page page() {
      String limit = take("limit");
      String offset = take("offset");
      int most = limit == null ? DEFAULT_LIMIT : number("query", "limit", limit);
      return new Page(
          most == 0 ? DEFAULT_LIMIT : Math.min(most, MOST),
          offset == null ? 0 : number("query", "offset", offset));
    }

    void done() {
      if (!values.isEmpty()) {
        throw ApiError.unspoken("query parameter " + values.keySet().iterator().next());
      }
    }
  }
}
