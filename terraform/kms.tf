locals {
  # By name, so that a plan shows it.
  kms_key = var.encryption == null ? null : (
    var.encryption.create
    ? "projects/${var.project}/locations/${lower(local.location)}/keyRings/${google_kms_key_ring.sluice[0].name}/cryptoKeys/${google_kms_crypto_key.sluice[0].name}"
    : var.encryption.key
  )

  # Who encrypts and decrypts with it, by what is encrypted.
  kms_members = var.encryption == null ? {} : merge(
    {
      artifacts = local.agents["artifacts"]
      bigquery  = "serviceAccount:bq-${data.google_project.this.number}@bigquery-encryption.iam.gserviceaccount.com"
      eventarc  = local.agents["eventarc"]
      functions = local.agents["functions"]
      pubsub    = local.agents["pubsub"]
      run       = local.agents["run"]
      storage   = local.agents["storage"]
    },
    var.composer.mode == "create" ? { composer = local.agents["composer"] } : {},
    length(local.used_secrets) > 0 ? { secrets = local.agents["secrets"] } : {},
  )
}

# Asking for it makes it.
data "google_bigquery_default_service_account" "this" {
  count = var.encryption == null ? 0 : 1

  project    = var.project
  depends_on = [google_project_service.apis]
}

resource "google_kms_key_ring" "sluice" {
  count = try(var.encryption.create, false) ? 1 : 0

  project    = var.project
  name       = "sluice"
  location   = lower(local.location)
  depends_on = [google_project_service.apis]
}

resource "google_kms_crypto_key" "sluice" {
  # checkov:skip=CKV_GCP_82:deletion_policy stops a destroy by var.deletion_protection, which prevent_destroy cannot read

  count = try(var.encryption.create, false) ? 1 : 0

  name            = "sluice"
  key_ring        = "projects/${var.project}/locations/${lower(local.location)}/keyRings/${google_kms_key_ring.sluice[0].name}"
  rotation_period = "7776000s"
  labels          = local.labels

  # Without the key everything is lost that was written with it.
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = local.kms_members

  crypto_key_id = local.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value

  lifecycle {
    precondition {
      condition     = lower(local.location) == var.region
      error_message = "With encryption, location must be the region: one key serves buckets, tables and functions, and it has one location."
    }
    precondition {
      condition     = try(split("/", var.encryption.key)[3], null) == null || try(split("/", var.encryption.key)[3], "") == var.region
      error_message = "encryption.key lies in another location than region."
    }
  }

  depends_on = [
    google_project_service.apis,
    data.google_bigquery_default_service_account.this,
    data.google_storage_project_service_account.this,
  ]
}
