# One account a function, and one each for who builds them and for the services of Google that call
# them.

locals {
  # Emails follow from names, so that a plan shows who gets what.
  domain = "${var.project}.iam.gserviceaccount.com"
  emails = {
    for name, account in google_service_account.functions : name => "${account.account_id}@${local.domain}"
  }
  build_email     = "${google_service_account.build.account_id}@${local.domain}"
  pubsub_email    = "${google_service_account.pubsub.account_id}@${local.domain}"
  scheduler_email = "${google_service_account.scheduler.account_id}@${local.domain}"
  composer_email = (
    var.composer.mode == "create" ? "${google_service_account.composer[0].account_id}@${local.domain}"
    : var.composer.mode == "existing" ? data.google_composer_environment.existing[0].config[0].node_config[0].service_account
    : null
  )
}

resource "google_service_account" "functions" {
  for_each = local.functions

  project      = var.project
  account_id   = "sluice-${each.key}"
  display_name = "Sluice: function ${each.key}"
  description  = "What functions/${each.key}/function.yaml lists under roles, and nothing else."

  depends_on = [google_project_service.apis]
}

resource "google_service_account" "build" {
  project      = var.project
  account_id   = "sluice-build"
  display_name = "Sluice: builds functions"
  description  = "Makes images of the functions' zips."

  depends_on = [google_project_service.apis]
}

resource "google_project_iam_member" "build" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = "serviceAccount:${local.build_email}"
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.repository_id
  role       = "roles/artifactregistry.writer"
  member     = "serviceAccount:${local.build_email}"
}

# Cloud Run functions copies each zip to a bucket of its own, which there is none of before the first
# build.
resource "google_project_iam_member" "build_sources" {
  project = var.project
  role    = "roles/storage.objectUser"
  member  = "serviceAccount:${local.build_email}"

  condition {
    title      = "sources of functions alone"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-\")"
  }
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.buckets["code"].name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${local.build_email}"
}

resource "google_service_account" "pubsub" {
  project      = var.project
  account_id   = "sluice-pubsub"
  display_name = "Sluice: pushes messages"
  description  = "Calls the functions that read a topic, and writes table predictions."

  depends_on = [google_project_service.apis]
}

# Pub/Sub signs in as that account.
resource "google_service_account_iam_member" "pubsub_tokens" {
  service_account_id = "projects/${var.project}/serviceAccounts/${local.pubsub_email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents["pubsub"]
}

resource "google_service_account" "scheduler" {
  project      = var.project
  account_id   = "sluice-scheduler"
  display_name = "Sluice: calls on schedule"
  description  = "Calls the functions that have a schedule."

  depends_on = [google_project_service.apis]
}

resource "google_service_account" "composer" {
  count = var.composer.mode == "create" ? 1 : 0

  project      = var.project
  account_id   = "sluice-composer"
  display_name = "Sluice: Composer"
  description  = "Runs the DAGs, whose tasks call functions."

  depends_on = [google_project_service.apis]
}

# What Composer asks of the account of its workers. It reads and writes every bucket of the project.
resource "google_project_iam_member" "composer" {
  count = var.composer.mode == "create" ? 1 : 0

  project = var.project
  role    = "roles/composer.worker"
  member  = "serviceAccount:${local.composer_email}"
}
