# The images that Cloud Run functions builds of the zips.

resource "google_artifact_registry_repository" "images" {
  project       = var.project
  location      = var.region
  repository_id = "sluice"
  description   = "Images of Sluice's functions."
  format        = "DOCKER"
  labels        = local.labels
  kms_key_name  = local.kms_key

  # Cloud Run keeps a copy of what it serves.
  cleanup_policies {
    id     = "old"
    action = "DELETE"
    condition {
      older_than = "${var.retention.images * 86400}s"
    }
  }
  cleanup_policies {
    id     = "newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 5
    }
  }

  lifecycle {
    precondition {
      condition     = length(module.manifests.problems) == 0
      error_message = join("\n", module.manifests.problems)
    }
    precondition {
      condition     = terraform.workspace == "default" || terraform.workspace == var.environment
      error_message = "Workspace ${terraform.workspace} is selected, but environment is ${var.environment}: the wrong variables for this state. Select the workspace of that name, or give its variables."
    }
  }

  depends_on = [google_project_service.apis, google_kms_crypto_key_iam_member.agents]
}
