# The least that works: a project to try things in, destroyed as easily as it is made.

terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }
  }
}

variable "callers" {
  description = "Who may ask predict, such as user:me@example.com."
  type        = set(string)
  default     = []
}

variable "project" {
  description = "Project id."
  type        = string
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "europe-west1"
}

variable "zips" {
  description = "Path of a function's zip, where {function} stands for its name. Default where ./sluice package leaves them."
  type        = string
  default     = null
}

provider "google" {
  project = var.project
  region  = var.region
}

module "sluice" {
  source = "../.."

  project     = var.project
  region      = var.region
  environment = "dev"
  zips        = var.zips
  callers     = var.callers

  # A cold start is fine here, and a destroy leaves nothing.
  overrides           = { predict = { min_instances = 0 } }
  deletion_protection = false
}

output "airflow" {
  description = "Airflow's web address."
  value       = module.sluice.airflow
}

output "cloud" {
  description = "What ./sluice needs to know: terraform output -raw cloud > dev.env."
  value       = module.sluice.cloud
}

output "functions" {
  description = "Function to its address."
  value       = module.sluice.functions
}

output "use" {
  description = "The ways to use it."
  value       = module.sluice.use
}
