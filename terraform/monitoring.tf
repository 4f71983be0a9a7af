# What people are told of, and whom. Each policy is one of local.alerts; its key is the anchor of its
# section in docs/operations.md. One that counts entries of the log by a metric of ours is PromQL, since
# only PromQL may name a metric of which there is no point yet: another fails the first apply.

locals {
  service_names = keys(local.functions)
  one_of        = "(${join(" OR ", [for name in local.service_names : "\"${name}\""])})"

  # Everything that waits to be delivered, but the dead letters; Eventarc names its own subscriptions.
  delivered = "^(${join("|", concat(keys(local.pushed), ["${local.predictions}-to-bigquery", "eventarc-.*"]))})$"
  dead      = "^(${join("|", [for topic in local.topics : "${topic}-dead"])})$"

  in_composer = "resource.labels.environment_name = \"${var.composer.name}\""

  # Counters of log entries: StructuredLog's fields.
  counters = {
    alarms = {
      description = "Alarms that function alert brought: severity ERROR where something was held or failed, WARNING else."
      filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"alert\" AND jsonPayload.component=\"Alert\" AND jsonPayload.pipeline:* AND NOT jsonPayload.stack_trace:*"
      labels = {
        pipeline = "EXTRACT(jsonPayload.pipeline)"
        severity = "EXTRACT(severity)"
        subject  = "EXTRACT(jsonPayload.operation)"
      }
    }
    errors = {
      description = "Errors that a function logged, with their stack trace."
      filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=${local.one_of} AND severity>=ERROR AND jsonPayload.stack_trace:*"
      labels = {
        operation = "EXTRACT(jsonPayload.operation)"
        pipeline  = "EXTRACT(jsonPayload.pipeline)"
      }
    }
    crashes = {
      description = "Instances that Cloud Run ended for their memory, or that did not start."
      filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=${local.one_of} AND severity>=ERROR AND (textPayload:\"emory limit\" OR textPayload:\"STARTUP TCP probe failed\" OR textPayload:\"failed to start\" OR textPayload:\"OutOfMemoryError\" OR jsonPayload.stack_trace:\"OutOfMemoryError\")"
      labels      = {}
    }
  }

  all_alerts = merge(
    {
      "alarm-raised" = {
        name     = "A batch was held or a run failed"
        severity = "ERROR"
        summary  = "An alarm of severity FAIL: a gate held a batch or a model, or an operation failed for good. Table alarms has its text. The live model is as it was."
        counter  = "alarms"
        where    = "severity=\"ERROR\""
        by       = ["pipeline", "subject"]
        over     = 0
      }
      "warning-raised" = {
        name     = "Something deserves a look"
        severity = "WARNING"
        summary  = "An alarm of severity WARN: the batch went on, or an object was taken by no pipeline. Table alarms has its text."
        counter  = "alarms"
        where    = "severity=\"WARNING\""
        by       = ["pipeline", "subject"]
        over     = 0
      }
      "function-errors" = {
        name     = "Functions fail"
        severity = "ERROR"
        summary  = "A function logged more than ${var.thresholds.errors_per_5_min} errors with a stack trace in five minutes. A few are repeated and pass by themselves."
        counter  = "errors"
        where    = ""
        by       = ["service_name"]
        over     = var.thresholds.errors_per_5_min
      }
      "instance-crashed" = {
        name     = "An instance ran out of memory or did not start"
        severity = "ERROR"
        summary  = "Cloud Run ended an instance of a function, or it never answered. What it was doing is repeated on another, and meets the same limit."
        counter  = "crashes"
        where    = ""
        by       = ["service_name"]
        over     = 0
      }
      "memory-near-limit" = {
        name     = "An instance is near its memory limit"
        severity = "WARNING"
        summary  = "The fullest instances of a function used more than ${floor(var.thresholds.memory_utilization * 100)} % of their memory for ten minutes."
        filter   = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/container/memory/utilizations\" AND resource.labels.service_name = monitoring.regex.full_match(\"${join("|", local.service_names)}\")"
        aligner  = "ALIGN_PERCENTILE_99"
        reducer  = "REDUCE_MAX"
        by       = ["resource.label.service_name"]
        over     = var.thresholds.memory_utilization
        period   = 300
        duration = 600
      }
      "backlog-age" = {
        name     = "Messages or events wait"
        severity = "ERROR"
        summary  = "The oldest message of a subscription has waited for more than ${var.thresholds.backlog_minutes} minutes: rows are not stored, alarms reach nobody, or dropped files start nothing."
        filter   = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = monitoring.regex.full_match(\"${local.delivered}\")"
        aligner  = "ALIGN_MAX"
        reducer  = "REDUCE_MAX"
        by       = ["resource.label.subscription_id"]
        over     = var.thresholds.backlog_minutes * 60
        period   = 60
        duration = 120
      }
      "dead-letters" = {
        name     = "Messages could not be delivered"
        severity = "WARNING"
        summary  = "A dead-letter subscription holds messages. They are kept for seven days."
        filter   = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = monitoring.regex.full_match(\"${local.dead}\")"
        aligner  = "ALIGN_MAX"
        reducer  = "REDUCE_MAX"
        by       = ["resource.label.subscription_id"]
        over     = 0
        period   = 300
        duration = 0
      }
      "predict-latency" = {
        name     = "Predictions are slow"
        severity = "WARNING"
        summary  = "The slowest hundredth of answers of predict took more than ${var.thresholds.predict_p99_ms} ms for ten minutes."
        filter   = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_latencies\" AND resource.labels.service_name = \"predict\""
        aligner  = "ALIGN_PERCENTILE_99"
        reducer  = "REDUCE_MAX"
        by       = ["resource.label.service_name"]
        over     = var.thresholds.predict_p99_ms
        period   = 300
        duration = 600
      }
      "predict-errors" = {
        name        = "Predictions fail"
        severity    = "CRITICAL"
        summary     = "More than ${var.thresholds.predict_error_ratio * 100} % of the answers of predict were 5xx for five minutes."
        filter      = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"predict\" AND metric.labels.response_code_class = \"5xx\""
        denominator = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"predict\""
        aligner     = "ALIGN_DELTA"
        reducer     = "REDUCE_SUM"
        by          = ["resource.label.service_name"]
        over        = var.thresholds.predict_error_ratio
        period      = 300
        duration    = 0
      }
      "schedule-failed" = {
        name     = "Scheduled calls fail"
        severity = "ERROR"
        summary  = "More than two calls of Cloud Scheduler failed in five minutes: windows of streams are not closed."
        filter   = "resource.type = \"cloud_scheduler_job\" AND metric.type = \"logging.googleapis.com/log_entry_count\" AND metric.labels.severity = \"ERROR\" AND resource.labels.job_id = monitoring.regex.full_match(\"${join("|", [for name, function in local.functions : "sluice-${name}" if function.trigger == "schedule"])}\")"
        aligner  = "ALIGN_DELTA"
        reducer  = "REDUCE_SUM"
        by       = ["resource.label.job_id"]
        over     = 2
        period   = 300
        duration = 0
      }
    },
    {
      "run-failed" = {
        name     = "A DAG run failed in Composer"
        severity = "ERROR"
        summary  = "Airflow counts a run as failed. An alarm with the reason comes from finish-run, unless Airflow lost that too."
        filter   = "resource.type = \"cloud_composer_workflow\" AND metric.type = \"composer.googleapis.com/workflow/run_count\" AND metric.labels.state = \"failed\" AND ${local.in_composer}"
        aligner  = "ALIGN_DELTA"
        reducer  = "REDUCE_SUM"
        by       = ["resource.label.workflow_name"]
        over     = 0
        period   = 300
        duration = 0
      }
      "composer-unhealthy" = {
        name     = "Composer is not well"
        severity = "CRITICAL"
        summary  = "Composer's own check run of a DAG has failed for ten minutes: no batch moves."
        filter   = "resource.type = \"cloud_composer_environment\" AND metric.type = \"composer.googleapis.com/environment/healthy\" AND ${local.in_composer}"
        aligner  = "ALIGN_FRACTION_TRUE"
        reducer  = "REDUCE_MEAN"
        by       = ["resource.label.environment_name"]
        under    = 0.5
        period   = 600
        duration = 0
      }
    },
  )

  # Without Composer nothing counts its runs.
  alerts = {
    for key, alert in local.all_alerts : key => alert
    if var.composer.mode != "none" || !contains(["composer-unhealthy", "run-failed"], key)
  }

  channels = concat(
    [for channel in google_monitoring_notification_channel.emails : channel.name],
    [for channel in google_monitoring_notification_channel.topics : channel.name],
    [for channel in google_monitoring_notification_channel.webhooks : channel.name],
    tolist(var.notify.channels),
  )
}

resource "google_logging_metric" "counters" {
  for_each = local.counters

  project     = var.project
  name        = "sluice/${each.key}"
  description = each.value.description
  filter      = each.value.filter

  label_extractors = each.value.labels

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  depends_on = [google_project_service.apis]
}

# How long operations take, from the line that each logs at its end.
resource "google_logging_metric" "operation_ms" {
  project         = var.project
  name            = "sluice/operation_ms"
  description     = "How long an operation took, in milliseconds; answers from the cache too."
  filter          = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=${local.one_of} AND jsonPayload.operation:* AND jsonPayload.message=~\" in [0-9]+ ms \""
  value_extractor = "REGEXP_EXTRACT(jsonPayload.message, \" in ([0-9]+) ms \")"

  label_extractors = {
    operation = "EXTRACT(jsonPayload.operation)"
    pipeline  = "EXTRACT(jsonPayload.pipeline)"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "ms"

    labels {
      key        = "operation"
      value_type = "STRING"
    }
    labels {
      key        = "pipeline"
      value_type = "STRING"
    }
  }

  bucket_options {
    exponential_buckets {
      num_finite_buckets = 24
      growth_factor      = 2
      scale              = 1
    }
  }

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_notification_channel" "emails" {
  for_each = var.notify.emails

  project      = var.project
  display_name = "Sluice: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
  user_labels  = local.labels

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_notification_channel" "webhooks" {
  for_each = var.notify.webhooks

  project      = var.project
  display_name = "Sluice: ${regex("^https://([^/]+)", each.key)[0]}"
  type         = "webhook_tokenauth"
  labels       = { url = each.key }
  user_labels  = local.labels

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_notification_channel" "topics" {
  for_each = var.notify.topics

  project      = var.project
  display_name = "Sluice: ${each.key}"
  type         = "pubsub"
  labels       = { topic = each.key }
  user_labels  = local.labels

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_alert_policy" "alerts" {
  for_each = local.alerts

  project      = var.project
  display_name = "Sluice: ${each.value.name}"
  combiner     = "OR"
  severity     = each.value.severity
  user_labels  = local.labels

  notification_channels = local.channels

  conditions {
    display_name = each.value.name

    dynamic "condition_prometheus_query_language" {
      for_each = try([each.value.counter], [])
      content {
        query = join(" ", [
          "sum by (${join(", ", each.value.by)})",
          "(increase(logging_googleapis_com:user_sluice_${each.value.counter}{monitored_resource=\"cloud_run_revision\"${each.value.where == "" ? "" : ", ${each.value.where}"}}[5m]))",
          "> ${each.value.over}",
        ])
        evaluation_interval       = "60s"
        duration                  = "0s"
        disable_metric_validation = true
      }
    }

    dynamic "condition_threshold" {
      for_each = can(each.value.counter) ? [] : [each.value]
      content {
        filter             = each.value.filter
        comparison         = can(each.value.under) ? "COMPARISON_LT" : "COMPARISON_GT"
        threshold_value    = try(each.value.under, each.value.over)
        duration           = "${each.value.duration}s"
        denominator_filter = try(each.value.denominator, null)

        aggregations {
          alignment_period     = "${each.value.period}s"
          per_series_aligner   = each.value.aligner
          cross_series_reducer = each.value.reducer
          group_by_fields      = each.value.by
        }

        dynamic "denominator_aggregations" {
          for_each = can(each.value.denominator) ? [each.value] : []
          content {
            alignment_period     = "${denominator_aggregations.value.period}s"
            per_series_aligner   = denominator_aggregations.value.aligner
            cross_series_reducer = denominator_aggregations.value.reducer
            group_by_fields      = denominator_aggregations.value.by
          }
        }
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Sluice (${var.environment}): ${each.value.name}"
    content   = "${each.value.summary}\n\nWhat to look at and what to do: ${var.runbook}#${each.key}"

    dynamic "links" {
      for_each = startswith(var.runbook, "https://") ? [var.runbook] : []
      content {
        display_name = "Runbook: ${each.key}"
        url          = "${links.value}#${each.key}"
      }
    }
  }

  lifecycle {
    # Metrics and alerts name them; one of another name would never fire.
    precondition {
      condition     = length(setsubtract(["alert", "predict"], local.service_names)) == 0
      error_message = "There is no function ${join(" or ", setsubtract(["alert", "predict"], local.service_names))}, which alerts and metrics of monitoring.tf name; give them its new name."
    }
  }

  depends_on = [google_logging_metric.counters, google_project_service.apis]
}
