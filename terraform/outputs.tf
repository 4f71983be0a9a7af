output "airflow" {
  description = "Airflow's web address."
  value = (
    var.composer.mode == "create" ? google_composer_environment.sluice[0].config[0].airflow_uri
    : var.composer.mode == "existing" ? data.google_composer_environment.existing[0].config[0].airflow_uri
    : var.composer.url
  )
}

output "buckets" {
  description = "Kind to bucket: inbox, artifacts, serving, code, dags."
  value       = { for kind, bucket in google_storage_bucket.buckets : kind => bucket.name }
}

output "cloud" {
  description = "What ./sluice and Google's clients need to know, as NAME=value lines: terraform output -raw cloud > prod.env, then ./sluice status --cloud prod.env."
  value = join("", [
    for name, value in {
      GOOGLE_CLOUD_PROJECT = var.project
      SLUICE_INBOX         = google_storage_bucket.buckets["inbox"].name
      SLUICE_ARTIFACTS     = google_storage_bucket.buckets["artifacts"].name
      SLUICE_SERVING       = google_storage_bucket.buckets["serving"].name
      SLUICE_DATASET       = google_bigquery_dataset.sluice.dataset_id
      COMPOSER_ENVIRONMENT = local.composer_name
      COMPOSER_URL         = var.composer.url
      PREDICT_URL          = try(google_cloudfunctions2_function.functions["predict"].service_config[0].uri, "")
    } : "${name}=${value}\n" if value != ""
  ])
}

output "dataset" {
  description = "Dataset of the facts, with its project."
  value       = "${var.project}.${google_bigquery_dataset.sluice.dataset_id}"
}

output "functions" {
  description = "Function to its address."
  value       = { for name, function in google_cloudfunctions2_function.functions : name => function.service_config[0].uri }
}

output "service_accounts" {
  description = "Function to the account it runs as."
  value       = local.emails
}

output "topics" {
  description = "Topics, each with its dead letters."
  value       = { for name, topic in google_pubsub_topic.topics : name => google_pubsub_topic.dead[name].name }
}

output "use" {
  description = "The ways to use it."
  value = {
    drop_a_file   = "gcloud storage cp FILE.csv gs://${google_storage_bucket.buckets["inbox"].name}/PIPELINE/SPAN/"
    publish_a_row = "gcloud pubsub topics publish sluice-rows --project=${var.project} --attribute=pipeline=PIPELINE --message='{\"column\": 1}'"
    trigger_a_run = (
      var.composer.mode == "none"
      ? "an Airflow of yours runs the DAG named as the pipeline"
      : "gcloud composer environments run ${var.composer.name} --project=${var.project} --location=${local.composer_region} dags trigger -- PIPELINE"
    )
    ask_for_a_prediction = "curl -H \"Authorization: Bearer $(gcloud auth print-identity-token)\" -H 'Content-Type: application/json' -d '{\"instances\": [{\"column\": 1}]}' ${try(google_cloudfunctions2_function.functions["predict"].service_config[0].uri, "")}/v1/models/PIPELINE:predict"
  }
}
