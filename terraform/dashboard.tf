# One page to look at: what happened to batches, how long it took, what waits, how predict does.

locals {
  charts = [
    {
      title  = "Alarms by pipeline"
      filter = "resource.type=\"cloud_run_revision\" metric.type=\"logging.googleapis.com/user/sluice/alarms\""
      align  = "ALIGN_DELTA"
      reduce = "REDUCE_SUM"
      by     = ["metric.label.pipeline", "metric.label.severity"]
    },
    {
      title  = "Errors by function"
      filter = "resource.type=\"cloud_run_revision\" metric.type=\"logging.googleapis.com/user/sluice/errors\""
      align  = "ALIGN_DELTA"
      reduce = "REDUCE_SUM"
      by     = ["resource.label.service_name"]
    },
    {
      title  = "How long operations take, milliseconds, the slowest twentieth"
      filter = "resource.type=\"cloud_run_revision\" metric.type=\"logging.googleapis.com/user/sluice/operation_ms\""
      align  = "ALIGN_PERCENTILE_95"
      reduce = "REDUCE_MAX"
      by     = ["metric.label.operation"]
    },
    {
      title  = "Memory, part of the limit"
      filter = "resource.type=\"cloud_run_revision\" metric.type=\"run.googleapis.com/container/memory/utilizations\""
      align  = "ALIGN_PERCENTILE_99"
      reduce = "REDUCE_MAX"
      by     = ["resource.label.service_name"]
    },
    {
      title  = "Age of the oldest message, seconds"
      filter = "resource.type=\"pubsub_subscription\" metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      align  = "ALIGN_MAX"
      reduce = "REDUCE_MAX"
      by     = ["resource.label.subscription_id"]
    },
    {
      title  = "Dead letters"
      filter = "resource.type=\"pubsub_subscription\" metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" resource.label.subscription_id=monitoring.regex.full_match(\"${local.dead}\")"
      align  = "ALIGN_MAX"
      reduce = "REDUCE_MAX"
      by     = ["resource.label.subscription_id"]
    },
    {
      title  = "Predict: requests a second by status"
      filter = "resource.type=\"cloud_run_revision\" metric.type=\"run.googleapis.com/request_count\" resource.label.service_name=\"predict\""
      align  = "ALIGN_RATE"
      reduce = "REDUCE_SUM"
      by     = ["metric.label.response_code_class"]
    },
    {
      title  = "Predict: milliseconds, the slowest hundredth"
      filter = "resource.type=\"cloud_run_revision\" metric.type=\"run.googleapis.com/request_latencies\" resource.label.service_name=\"predict\""
      align  = "ALIGN_PERCENTILE_99"
      reduce = "REDUCE_MAX"
      by     = ["resource.label.service_name"]
    },
  ]
}

resource "google_monitoring_dashboard" "sluice" {
  project = var.project

  dashboard_json = jsonencode({
    displayName = "Sluice (${var.environment})"
    mosaicLayout = {
      columns = 48
      tiles = [
        for index, chart in local.charts : {
          xPos   = index % 2 * 24
          yPos   = floor(index / 2) * 16
          width  = 24
          height = 16
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = chart.filter
                    aggregation = {
                      alignmentPeriod    = "300s"
                      perSeriesAligner   = chart.align
                      crossSeriesReducer = chart.reduce
                      groupByFields      = chart.by
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_logging_metric.counters, google_logging_metric.operation_ms, google_project_service.apis]
}
