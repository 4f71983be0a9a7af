locals {
  zips = {
    for name in keys(local.functions) : name => replace(local.zip_pattern, "{function}", name)
  }

  # Of what is not there, a name that nothing has, so that the precondition can tell.
  zip_hashes = {
    for name, zip in local.zips : name => fileexists(zip) ? filesha256(zip) : "absent"
  }
}

# Named by content: the same bytes are uploaded and built once, and other bytes are another revision.
resource "google_storage_bucket_object" "zips" {
  for_each = local.functions

  bucket       = google_storage_bucket.buckets["code"].name
  name         = "functions/${each.key}-${local.zip_hashes[each.key]}.zip"
  source       = local.zips[each.key]
  content_type = "application/zip"

  lifecycle {
    precondition {
      condition     = local.zip_hashes[each.key] != "absent"
      error_message = "${local.zips[each.key]} is not there; ./sluice package builds the functions' zips."
    }
  }
}

resource "google_cloudfunctions2_function" "functions" {
  for_each = local.functions

  project      = var.project
  location     = var.region
  name         = each.key
  description  = "Sluice: functions/${each.key}"
  labels       = local.labels
  kms_key_name = local.kms_key

  build_config {
    runtime           = var.runtime
    entry_point       = each.value.entry_point
    service_account   = "projects/${var.project}/serviceAccounts/${local.build_email}"
    docker_repository = "projects/${var.project}/locations/${var.region}/repositories/${google_artifact_registry_repository.images.repository_id}"

    source {
      storage_source {
        bucket = google_storage_bucket.buckets["code"].name
        object = google_storage_bucket_object.zips[each.key].name
      }
    }

    # Security patches of the runtime, without a deployment.
    automatic_update_policy {}
  }

  service_config {
    available_memory                 = each.value.memory
    available_cpu                    = tostring(each.value.cpu)
    timeout_seconds                  = each.value.timeout_seconds
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = each.value.min_instances
    max_instance_count               = each.value.max_instances
    ingress_settings                 = each.value.trigger == "http" ? var.ingress : "ALLOW_INTERNAL_ONLY"
    service_account_email            = local.emails[each.key]
    all_traffic_on_latest_revision   = true

    # An empty value means that it is not set.
    environment_variables = {
      for name, value in {
        for name, template in each.value.environment :
        name => join("", [
          # Every placeholder by its value; the manifests' check has seen that each is known.
          for part in regexall("\\$\\{[^}]*\\}|[^$]+|\\$", template) :
          can(regex("^\\$\\{(.*)\\}$", part)) ? local.placeholders[regex("^\\$\\{(.*)\\}$", part)[0]] : part
        ])
      } : name => value if value != ""
    }

    dynamic "secret_environment_variables" {
      for_each = { for name, secret in each.value.secrets : name => secret if local.secrets[secret] }
      content {
        key        = secret_environment_variables.key
        project_id = var.project
        secret     = google_secret_manager_secret.secrets[secret_environment_variables.value].secret_id
        # The number and not latest: an instance reads it once, and a new value makes a new revision.
        version = google_secret_manager_secret_version.secrets[secret_environment_variables.value].version
      }
    }

    dynamic "direct_vpc_network_interface" {
      for_each = var.network == null ? [] : [var.network]
      content {
        network    = direct_vpc_network_interface.value.network
        subnetwork = direct_vpc_network_interface.value.subnetwork
        tags       = direct_vpc_network_interface.value.tags
      }
    }
    direct_vpc_egress = var.network == null ? null : (
      var.network.all_traffic ? "VPC_EGRESS_ALL_TRAFFIC" : "VPC_EGRESS_PRIVATE_RANGES_ONLY"
    )
  }

  dynamic "event_trigger" {
    for_each = each.value.trigger == "storage" ? [each.value] : []
    content {
      event_type            = "google.cloud.storage.object.v1.${event_trigger.value.event}"
      trigger_region        = lower(local.location)
      retry_policy          = "RETRY_POLICY_RETRY"
      service_account_email = local.emails[each.key]

      event_filters {
        attribute = "bucket"
        value     = google_storage_bucket.buckets[event_trigger.value.bucket].name
      }
    }
  }

  # A function that answers before it may read fails its first events.
  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_bigquery_dataset_iam_member.functions,
    google_project_iam_member.build,
    google_project_iam_member.build_sources,
    google_project_iam_member.eventarc,
    google_project_iam_member.functions,
    google_project_iam_member.storage_events,
    google_pubsub_topic_iam_member.functions,
    google_secret_manager_secret_iam_member.functions,
    google_storage_bucket_iam_member.build,
    google_storage_bucket_iam_member.functions,
  ]
}
