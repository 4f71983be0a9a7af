locals {
  # The Airflow that dags/tests runs on, so that the tests say something of the cloud.
  tested_airflow = regex("(?m)^apache-airflow==([0-9]+\\.[0-9]+)", file("${local.dags_folder}/requirements.txt"))[0]
  image_version  = coalesce(var.composer.image_version, "composer-3-airflow-${local.tested_airflow}")
}

resource "google_composer_environment" "sluice" {
  count = var.composer.mode == "create" ? 1 : 0

  project         = var.project
  region          = local.composer_region
  name            = var.composer.name
  labels          = local.labels
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"

  storage_config {
    bucket = google_storage_bucket.buckets["dags"].name
  }

  config {
    environment_size           = "ENVIRONMENT_SIZE_${upper(var.composer.size)}"
    enable_private_environment = var.composer.private

    node_config {
      network         = try(var.network.network, null)
      subnetwork      = try(var.network.subnetwork, null)
      tags            = try(var.network.tags, null)
      service_account = local.composer_email
    }

    software_config {
      image_version = local.image_version

      airflow_config_overrides = {
        # A pipeline that is added is meant to run.
        core-dags_are_paused_at_creation = "False"
      }
    }

    # Tasks wait for answers, so that a worker may have many.
    workloads_config {
      worker {
        cpu        = 0.5
        memory_gb  = 2
        storage_gb = 1
        min_count  = 1
        max_count  = var.composer.max_workers
      }
      triggerer {
        cpu       = 0.5
        memory_gb = 1
        count     = 1
      }
    }

    maintenance_window {
      start_time = var.composer.maintenance_start
      end_time   = var.composer.maintenance_end
      recurrence = var.composer.maintenance_frequency
    }

    dynamic "recovery_config" {
      for_each = var.composer.snapshots ? [1] : []
      content {
        scheduled_snapshots_config {
          enabled                    = true
          snapshot_location          = "gs://${google_storage_bucket.buckets["dags"].name}/snapshots"
          snapshot_creation_schedule = "0 4 * * *"
          time_zone                  = "UTC"
        }
      }
    }

    dynamic "encryption_config" {
      for_each = local.kms_key == null ? [] : [local.kms_key]
      content {
        kms_key_name = encryption_config.value
      }
    }
  }

  lifecycle {
    precondition {
      condition     = var.encryption == null || local.composer_region == var.region
      error_message = "composer.region must be region where there is an encryption key, which has one location."
    }
  }

  depends_on = [google_project_iam_member.composer, google_kms_crypto_key_iam_member.agents]
}

data "google_composer_environment" "existing" {
  count = var.composer.mode == "existing" ? 1 : 0

  project = var.project
  region  = local.composer_region
  name    = var.composer.name
}

check "something_starts_runs" {
  assert {
    condition     = var.composer.mode != "none" || var.composer.url != ""
    error_message = "composer.mode is none and composer.url is empty: nothing can start a run, and a file that is dropped ends as FAILED with an alarm."
  }
}
