locals {
  # Those that have a value and that a manifest asks for.
  used_secrets = toset([
    for secret in flatten([for function in values(local.functions) : values(function.secrets)]) :
    secret if try(local.secrets[secret], false)
  ])
}

resource "google_secret_manager_secret" "secrets" {
  for_each = local.used_secrets

  project   = var.project
  secret_id = "sluice-${replace(each.key, "_", "-")}"
  labels    = local.labels

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = local.kms_key == null ? [] : [local.kms_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.apis, google_kms_crypto_key_iam_member.agents]
}

resource "google_secret_manager_secret_version" "secrets" {
  for_each = local.used_secrets

  secret = google_secret_manager_secret.secrets[each.key].id
  # Written and never read back: in neither plan nor state.
  secret_data_wo         = each.key == "webhook_url" ? var.webhook_url : null
  secret_data_wo_version = var.webhook_version
}

resource "google_secret_manager_secret_iam_member" "functions" {
  for_each = merge([
    for name, function in local.functions : {
      for secret in values(function.secrets) : "${name}/${secret}" => { function = name, secret = secret }
      if try(local.secrets[secret], false)
    }
  ]...)

  project   = var.project
  secret_id = google_secret_manager_secret.secrets[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${local.emails[each.value.function]}"
}
