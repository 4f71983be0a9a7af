# What a storage trigger needs beside the function: Cloud Storage publishes the events, Eventarc
# delivers them under the function's own account.

# Asking for it makes it.
data "google_storage_project_service_account" "this" {
  project    = var.project
  depends_on = [google_project_service.apis]
}

resource "google_project_iam_member" "storage_events" {
  project = var.project
  role    = "roles/pubsub.publisher"
  member  = local.agents["storage"]

  depends_on = [data.google_storage_project_service_account.this]
}

# Google grants it when the API is enabled, but some minutes later.
resource "google_project_iam_member" "eventarc" {
  # checkov:skip=CKV_GCP_49:what Google itself grants to its agent, and must, for Eventarc to work

  project    = var.project
  role       = "roles/eventarc.serviceAgent"
  member     = local.agents["eventarc"]
  depends_on = [google_project_service.apis]
}
