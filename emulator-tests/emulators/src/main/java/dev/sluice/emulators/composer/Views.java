package dev.sluice.emulators.composer;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.sluice.contracts.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The JSON of Airflow 3.3's API ({@code v2-rest-api-generated.yaml}), nulls and all. */
final class Views {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  private Views() {}

  static byte[] bytes(JsonElement json) {
    return GSON.toJson(json).getBytes(StandardCharsets.UTF_8);
  }

  /** DAGResponse. */
  static JsonObject dag(String pipeline, boolean paused, boolean broken, int parallelism) {
    JsonObject out = new JsonObject();
    out.addProperty("dag_id", pipeline);
    out.addProperty("dag_display_name", pipeline);
    out.addProperty("is_paused", paused);
    out.addProperty("is_stale", false);
    nulls(out, "last_parsed_time", "last_parse_duration", "last_expired");
    nulls(out, "bundle_name", "bundle_version");
    String file = "pipelines/" + pipeline + ".yaml";
    out.addProperty("relative_fileloc", file);
    out.addProperty("fileloc", file);
    nulls(out, "description");
    out.addProperty("timetable_summary", "None");
    out.addProperty("timetable_description", "Never, external triggers only");
    out.addProperty("timetable_partitioned", false);
    out.addProperty("timetable_periodic", false);
    out.add("tags", new JsonArray());
    out.addProperty("max_active_tasks", parallelism);
    nulls(out, "max_active_runs");
    out.addProperty("max_consecutive_failed_dag_runs", 0);
    out.addProperty("has_task_concurrency_limits", false);
    out.addProperty("has_import_errors", broken);
    nulls(out, "next_dagrun_logical_date", "next_dagrun_data_interval_start");
    nulls(out, "next_dagrun_data_interval_end", "next_dagrun_run_after", "allowed_run_types");
    JsonArray owners = new JsonArray();
    owners.add("sluice");
    out.add("owners", owners);
    out.addProperty("is_backfillable", false);
    out.addProperty("file_token", file);
    return out;
  }

  /** DAGRunResponse. */
  static JsonObject run(Run run) {
    JsonObject out = new JsonObject();
    out.addProperty("dag_run_id", run.id);
    out.addProperty("dag_id", run.pipeline);
    out.add("logical_date", time(run.logicalDate));
    out.add("queued_at", time(run.queuedAt));
    out.add("start_date", time(run.startedAt));
    out.add("end_date", time(run.endedAt));
    out.add("duration", seconds(run.startedAt, run.endedAt, run.duration()));
    out.add("data_interval_start", time(run.logicalDate));
    out.add("data_interval_end", time(run.logicalDate));
    out.add("run_after", time(run.runAfter));
    nulls(out, "last_scheduling_decision");
    out.addProperty("run_type", run.afterOthers ? "asset_triggered" : "manual");
    out.addProperty("state", run.state.wire());
    out.addProperty("triggered_by", run.afterOthers ? "asset" : "rest_api");
    out.addProperty("triggering_user_name", run.afterOthers ? null : run.user);
    out.add("conf", run.conf.deepCopy());
    out.addProperty("note", run.note);
    out.add("dag_versions", new JsonArray());
    nulls(out, "bundle_version");
    out.addProperty("dag_display_name", run.pipeline);
    nulls(out, "partition_key", "partition_date");
    return out;
  }

  /** TaskInstanceResponse. */
  static JsonObject task(Run run, Instance instance) {
    Task task = run.task(instance);
    String name = instance.task();
    Operation operation = run.plan().get(name);
    JsonObject out = new JsonObject();
    String path = run.pipeline + "/" + run.id + "/" + instance.key();
    out.addProperty("id", UUID.nameUUIDFromBytes(path.getBytes(StandardCharsets.UTF_8)).toString());
    out.addProperty("task_id", name);
    out.addProperty("dag_id", run.pipeline);
    out.addProperty("dag_run_id", run.id);
    out.addProperty("map_index", instance.mapIndex());
    out.add("logical_date", time(run.logicalDate));
    out.add("run_after", time(run.runAfter));
    out.add("start_date", time(task.startedAt));
    out.add("end_date", time(task.endedAt));
    out.add("duration", seconds(task.startedAt, task.endedAt, task.duration()));
    out.addProperty("state", task.state.wire());
    out.addProperty("try_number", task.tries);
    out.addProperty("max_tries", task.maxTries);
    out.addProperty("task_display_name", name);
    out.addProperty("dag_display_name", run.pipeline);
    out.addProperty("hostname", "127.0.0.1");
    nulls(out, "unixname");
    out.addProperty("pool", "default_pool");
    out.addProperty("pool_slots", 1);
    nulls(out, "queue", "priority_weight");
    out.addProperty("operator", operation.function());
    out.addProperty("operator_name", operation.function());
    out.add("queued_when", time(task.queuedAt));
    out.add("scheduled_when", time(task.scheduledAt));
    nulls(out, "pid", "executor");
    out.addProperty("executor_config", "{}");
    nulls(out, "note");
    out.addProperty(
        "rendered_map_index", instance.mapIndex() < 0 ? null : String.valueOf(instance.mapIndex()));
    out.add("rendered_fields", new JsonObject());
    nulls(out, "trigger", "triggerer_job", "dag_version");
    return out;
  }

  /** XComResponseNative, or XComResponseString where {@code stringify}. */
  static JsonObject xcom(Run run, Instance instance, JsonObject answer, boolean stringify) {
    Task task = run.task(instance);
    String name = instance.task();
    JsonObject out = new JsonObject();
    out.addProperty("key", "return_value");
    out.add("timestamp", time(task.endedAt));
    out.add("logical_date", time(run.logicalDate));
    out.addProperty("map_index", instance.mapIndex());
    out.addProperty("task_id", name);
    out.addProperty("dag_id", run.pipeline);
    out.addProperty("run_id", run.id);
    out.addProperty("dag_display_name", run.pipeline);
    out.addProperty("task_display_name", name);
    out.add("run_after", time(run.runAfter));
    out.add("value", stringify ? new JsonPrimitive(answer.toString()) : answer.deepCopy());
    return out;
  }

  /** TaskInstancesLogResponse of structured messages. */
  static JsonObject log(Task task, int attempt) {
    JsonArray content = new JsonArray();
    for (Task.Line line : task.log) {
      if (line.attempt() == attempt) {
        JsonObject message = new JsonObject();
        message.add("timestamp", time(line.at()));
        message.addProperty("level", line.level());
        message.addProperty("event", line.event());
        content.add(message);
      }
    }
    JsonObject out = new JsonObject();
    out.add("content", content);
    nulls(out, "continuation_token");
    return out;
  }

  /** HealthInfoResponse. */
  static JsonObject health(Instant now) {
    JsonObject out = new JsonObject();
    for (String part : new String[] {"metadatabase", "scheduler", "triggerer", "dag_processor"}) {
      JsonObject status = new JsonObject();
      status.addProperty("status", "healthy");
      if (!part.equals("metadatabase")) {
        status.add("latest_" + part + "_heartbeat", time(now));
      }
      out.add(part, status);
    }
    return out;
  }

  static JsonElement time(@Nullable Instant at) {
    return at == null
        ? JsonNull.INSTANCE
        : new JsonPrimitive(at.truncatedTo(ChronoUnit.MICROS).toString());
  }

  /** Known once it has ended, as in Airflow. */
  private static JsonElement seconds(
      @Nullable Instant start, @Nullable Instant end, Duration duration) {
    return start == null || end == null
        ? JsonNull.INSTANCE
        : new JsonPrimitive(duration.toNanos() / 1e9);
  }

  private static void nulls(JsonObject object, String... names) {
    for (String name : names) {
      object.add(name, JsonNull.INSTANCE);
    }
  }
}
