locals {
  buckets = {
    for kind, name in local.bucket_names : kind => {
      name = name
      # A run reads the spec's generation that it pinned, and a batch is its objects' generations.
      expire_days = kind == "inbox" ? var.retention.inbox : null
    } if kind != "dags" || var.composer.mode == "create"
  }
}

resource "google_storage_bucket" "buckets" {
  # checkov:skip=CKV_GCP_62:Cloud Audit Logs say who read what, where the project has them on; usage logs are of no use under uniform access

  for_each = local.buckets

  project = var.project
  name    = each.value.name
  # Composer's lies where Composer does, which takes none of several regions.
  location                    = each.key == "dags" ? local.composer_region : local.location
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }

  # What nobody will finish.
  lifecycle_rule {
    condition {
      age        = 7
      with_state = "ANY"
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  # What was replaced or deleted. Live artifacts are for sweep to delete, which knows what reaches them.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = var.retention.noncurrent
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.expire_days == null ? [] : [each.value.expire_days]
    content {
      condition {
        age        = lifecycle_rule.value
        with_state = "LIVE"
      }
      action {
        type = "Delete"
      }
    }
  }

  dynamic "encryption" {
    for_each = local.kms_key == null ? [] : [local.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.apis, google_kms_crypto_key_iam_member.agents]
}

resource "google_storage_bucket_iam_member" "uploaders" {
  for_each = var.uploaders

  bucket = google_storage_bucket.buckets["inbox"].name
  role   = "roles/storage.objectCreator"
  member = each.key
}
