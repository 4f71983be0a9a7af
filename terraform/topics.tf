locals {
  # Written to by predict, read by a BigQuery subscription alone, so that no manifest has it.
  predictions = "sluice-predictions"

  topics = setunion(
    [local.predictions],
    [for function in values(local.functions) : function.topic if function.trigger == "pubsub"],
    [for resource in values(local.roles) : resource.name if resource.kind == "topic"],
  )

  # Those that others publish on: rows in, and not what Sluice tells itself.
  public_topics = setsubtract(local.topics, [for resource in values(local.roles) : resource.name if resource.kind == "topic"])
}

resource "google_pubsub_topic" "topics" {
  for_each = local.topics

  project                    = var.project
  name                       = each.key
  labels                     = local.labels
  kms_key_name               = local.kms_key
  message_retention_duration = var.retention.messages_hours == 0 ? null : "${var.retention.messages_hours * 3600}s"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.apis, google_kms_crypto_key_iam_member.agents]
}

# What could not be delivered; a person looks at it and publishes it again, or lets it go.
resource "google_pubsub_topic" "dead" {
  for_each = local.topics

  project      = var.project
  name         = "${each.key}-dead"
  labels       = local.labels
  kms_key_name = local.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.apis, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic_iam_member" "dead" {
  for_each = local.topics

  project = var.project
  topic   = google_pubsub_topic.dead[each.key].name
  role    = "roles/pubsub.publisher"
  member  = local.agents["pubsub"]
}

resource "google_pubsub_topic_iam_member" "publishers" {
  for_each = {
    for pair in setproduct(local.public_topics, var.publishers) :
    "${pair[0]}/${pair[1]}" => { topic = pair[0], member = pair[1] }
  }

  project = var.project
  topic   = google_pubsub_topic.topics[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = each.value.member
}
