locals {
  apis = setunion(
    [
      "artifactregistry.googleapis.com",
      "bigquery.googleapis.com",
      "bigquerystorage.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "cloudscheduler.googleapis.com",
      "eventarc.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "serviceusage.googleapis.com",
      "storage.googleapis.com",
    ],
    var.composer.mode == "none" ? [] : ["composer.googleapis.com"],
    var.encryption == null ? [] : ["cloudkms.googleapis.com"],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
    var.network == null ? [] : ["compute.googleapis.com"],
  )
}

resource "google_project_service" "apis" {
  for_each = local.apis

  project = var.project
  service = each.key
  # Others in the project may use it.
  disable_on_destroy = false
}
