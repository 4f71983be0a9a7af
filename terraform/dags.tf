# The DAG factory, what it reads, and where the functions are.

locals {
  dags_bucket = (
    var.composer.mode == "create" ? google_composer_environment.sluice[0].storage_config[0].bucket
    : var.composer.mode == "existing" ? split("/", data.google_composer_environment.existing[0].config[0].dag_gcs_prefix)[2]
    : ""
  )

  dag_files = merge(
    {
      for file in setunion(
        fileset(local.dags_folder, ".airflowignore"),
        fileset(local.dags_folder, "sluice_dags.py"),
        fileset(local.dags_folder, "operations.yaml"),
        fileset(local.dags_folder, "sluice/**/*.py"),
      ) : file => "${local.dags_folder}/${file}"
    },
    { for name, path in local.pipeline_files : "pipelines/${name}" => path if endswith(name, ".yaml") },
  )

  operations = yamldecode(file("${local.dags_folder}/operations.yaml"))

  called_functions = toset([for operation in values(local.operations) : operation.function])

  deployment = {
    functions = {
      for name in local.called_functions :
      name => try(google_cloudfunctions2_function.functions[name].service_config[0].uri, "")
    }
    pools = var.composer.pools
    timeouts = {
      for name in local.called_functions : name => local.functions[name].timeout_seconds
      if contains(keys(local.functions), name)
    }
    defer = var.composer.defer
  }
}

resource "google_storage_bucket_object" "dags" {
  for_each = var.composer.mode == "none" ? {} : local.dag_files

  bucket = local.dags_bucket
  name   = "dags/${each.key}"
  source = each.value
}

# Airflow's triggerer, which holds long calls, imports nothing from the folder of DAGs.
resource "google_storage_bucket_object" "plugins" {
  for_each = var.composer.mode == "none" ? {} : { for file, path in local.dag_files : file => path if startswith(file, "sluice/") }

  bucket = local.dags_bucket
  name   = "plugins/${each.key}"
  source = each.value
}

resource "google_storage_bucket_object" "deployment" {
  count = var.composer.mode == "none" ? 0 : 1

  bucket       = local.dags_bucket
  name         = "dags/deployment.json"
  content      = jsonencode(local.deployment)
  content_type = "application/json"

  lifecycle {
    precondition {
      condition     = length(setsubtract(local.called_functions, [for name, function in local.functions : name if contains(function.invokers, "composer")])) == 0
      error_message = "operations.yaml calls ${join(", ", setsubtract(local.called_functions, [for name, function in local.functions : name if contains(function.invokers, "composer")]))}, which is no function with composer among its invokers."
    }
    precondition {
      condition     = length(setsubtract(keys(var.composer.pools), keys(local.operations))) == 0
      error_message = "composer.pools names ${join(", ", setsubtract(keys(var.composer.pools), keys(local.operations)))}, which is no operation of operations.yaml."
    }
  }

  depends_on = [google_cloud_run_service_iam_member.invokers]
}
