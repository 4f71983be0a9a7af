# Production: a key of its own, people who are told, members who may use it, a budget, state in a
# bucket. The same tree serves stage: a workspace and a file of variables each, in a project each.

terraform {
  required_version = ">= 1.11"

  # terraform init -backend-config=bucket=STATE_BUCKET
  backend "gcs" {
    prefix = "sluice"
  }

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }
  }
}

# Budgets are billed to a project of the caller's.
provider "google" {
  project               = var.project
  region                = var.region
  billing_project       = var.project
  user_project_override = true
}

module "sluice" {
  source = "../.."

  project     = var.project
  region      = var.region
  environment = var.environment
  labels      = { team = "data", cost_center = "4711" }
  zips        = var.zips

  # The team's own pipelines, beside this file.
  pipelines = ["${path.module}/pipelines"]

  composer = {
    size        = var.environment == "prod" ? "medium" : "small"
    max_workers = var.environment == "prod" ? 6 : 3
    snapshots   = var.environment == "prod"
  }

  encryption = { create = true }

  callers         = var.callers
  publishers      = var.publishers
  readers         = var.readers
  source_datasets = var.source_datasets
  uploaders       = var.uploaders

  notify  = { emails = var.oncall }
  runbook = "https://git.example.com/data/sluice/blob/main/docs/operations.md"
  budget  = var.budget

  webhook_hosts   = var.webhook_hosts
  webhook_url     = var.webhook_url
  webhook_version = var.webhook_version

  retention  = { inbox = 400, messages_hours = 168 }
  thresholds = { predict_p99_ms = 200 }
}
