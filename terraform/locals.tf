# What several files use.

locals {
  functions_folder = coalesce(var.functions, "${path.module}/../functions")
  dags_folder      = coalesce(var.dags, "${path.module}/../dags")
  pipeline_folders = coalesce(var.pipelines, ["${local.dags_folder}/pipelines"])
  zip_pattern      = coalesce(var.zips, "${local.functions_folder}/{function}/target/{function}.zip")

  location      = coalesce(var.location, var.region)
  bucket_prefix = coalesce(var.bucket_prefix, "${var.project}-sluice")

  # Names and no attributes, so that a plan shows them.
  bucket_names = {
    artifacts = "${local.bucket_prefix}-artifacts"
    code      = "${local.bucket_prefix}-code"
    dags      = "${local.bucket_prefix}-dags"
    inbox     = "${local.bucket_prefix}-inbox"
    serving   = "${local.bucket_prefix}-serving"
  }

  labels = merge(var.labels, { application = "sluice", environment = var.environment })

  composer_region = coalesce(var.composer.region, var.region)
  composer_name   = var.composer.mode == "none" ? "" : "projects/${var.project}/locations/${local.composer_region}/environments/${var.composer.name}"

  # What a manifest's environment may name.
  placeholders = {
    artifacts_bucket     = local.bucket_names["artifacts"]
    composer_environment = local.composer_name
    composer_url         = var.composer.url
    dataset              = var.dataset
    inbox_bucket         = local.bucket_names["inbox"]
    project              = var.project
    serving_bucket       = local.bucket_names["serving"]
    webhook_hosts        = join(",", var.webhook_hosts)
  }

  # Name of a secret to whether it has a value.
  secrets = {
    webhook_url = length(var.webhook_hosts) > 0
  }

  roles     = yamldecode(file("${path.module}/roles.yaml"))
  functions = module.manifests.functions

  # Service agents: Google's own accounts, which act for a service in the project.
  agents = {
    for service, domain in {
      artifacts = "gcp-sa-artifactregistry"
      composer  = "cloudcomposer-accounts"
      eventarc  = "gcp-sa-eventarc"
      functions = "gcf-admin-robot"
      pubsub    = "gcp-sa-pubsub"
      run       = "serverless-robot-prod"
      secrets   = "gcp-sa-secretmanager"
      storage   = "gs-project-accounts"
    } : service => "serviceAccount:service-${data.google_project.this.number}@${domain}.iam.gserviceaccount.com"
  }
}

data "google_project" "this" {
  project_id = var.project
}

module "manifests" {
  source = "./manifests"

  folder       = local.functions_folder
  overrides    = var.overrides
  placeholders = keys(local.placeholders)
  roles        = local.roles
  secrets      = keys(local.secrets)
}
