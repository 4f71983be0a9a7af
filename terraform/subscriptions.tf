locals {
  pushed = { for name, function in local.functions : name => function if function.trigger == "pubsub" }
}

resource "google_pubsub_subscription" "push" {
  for_each = local.pushed

  project                    = var.project
  name                       = each.key
  topic                      = "projects/${var.project}/topics/${google_pubsub_topic.topics[each.value.topic].name}"
  labels                     = local.labels
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "604800s"

  push_config {
    push_endpoint = google_cloudfunctions2_function.functions[each.key].service_config[0].uri
    oidc_token {
      service_account_email = local.pubsub_email
      audience              = google_cloudfunctions2_function.functions[each.key].service_config[0].uri
    }
  }

  dead_letter_policy {
    dead_letter_topic     = "projects/${var.project}/topics/${google_pubsub_topic.dead[each.value.topic].name}"
    max_delivery_attempts = each.value.max_attempts
  }

  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "60s"
  }

  # A quiet month is no reason to forget it.
  expiration_policy {
    ttl = ""
  }

  depends_on = [google_cloud_run_service_iam_member.invokers]
}

# Answered rows go to table predictions without a function between.
resource "google_pubsub_subscription" "predictions" {
  project                    = var.project
  name                       = "${local.predictions}-to-bigquery"
  topic                      = "projects/${var.project}/topics/${google_pubsub_topic.topics[local.predictions].name}"
  labels                     = local.labels
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"

  bigquery_config {
    table                 = "${var.project}.${google_bigquery_dataset.sluice.dataset_id}.${google_bigquery_table.tables["predictions"].table_id}"
    use_table_schema      = true
    service_account_email = local.pubsub_email
  }

  dead_letter_policy {
    dead_letter_topic     = "projects/${var.project}/topics/${google_pubsub_topic.dead[local.predictions].name}"
    max_delivery_attempts = 5
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_bigquery_table_iam_member.predictions, google_service_account_iam_member.pubsub_tokens]
}

resource "google_pubsub_subscription" "dead" {
  for_each = local.topics

  project                    = var.project
  name                       = "${each.key}-dead"
  topic                      = "projects/${var.project}/topics/${google_pubsub_topic.dead[each.key].name}"
  labels                     = local.labels
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub takes a message off the subscription when it moves it to the dead letters.
resource "google_pubsub_subscription_iam_member" "dead" {
  for_each = merge(
    { for name in keys(local.pushed) : name => google_pubsub_subscription.push[name].name },
    { predictions = google_pubsub_subscription.predictions.name },
  )

  project      = var.project
  subscription = each.value
  role         = "roles/pubsub.subscriber"
  member       = local.agents["pubsub"]
}
