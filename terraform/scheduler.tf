resource "google_cloud_scheduler_job" "functions" {
  for_each = { for name, function in local.functions : name => function if function.trigger == "schedule" }

  project          = var.project
  region           = var.region
  name             = "sluice-${each.key}"
  description      = "Calls function ${each.key}."
  schedule         = each.value.cron
  time_zone        = "Etc/UTC"
  attempt_deadline = "${max(15, each.value.timeout_seconds)}s"

  # The next call comes anyway.
  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.functions[each.key].service_config[0].uri

    oidc_token {
      service_account_email = local.scheduler_email
      audience              = google_cloudfunctions2_function.functions[each.key].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_service_iam_member.invokers]
}
