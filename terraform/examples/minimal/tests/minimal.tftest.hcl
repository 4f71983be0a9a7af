mock_provider "google" {}

variables {
  project = "acme-dev"
  zips    = "../../tests/fixtures/stub.zip"
}

run "applies" {
  assert {
    condition     = output.use.drop_a_file == "gcloud storage cp FILE.csv gs://acme-dev-sluice-inbox/PIPELINE/SPAN/"
    error_message = "A file is dropped by ${output.use.drop_a_file}."
  }
  assert {
    condition     = startswith(output.use.trigger_a_run, "gcloud composer environments run sluice --project=acme-dev --location=europe-west1 dags trigger")
    error_message = "A run is triggered by ${output.use.trigger_a_run}."
  }
  assert {
    condition     = strcontains(output.use.publish_a_row, "topics publish sluice-rows --project=acme-dev")
    error_message = "A row is published by ${output.use.publish_a_row}."
  }
  assert {
    condition     = endswith(output.use.ask_for_a_prediction, "/v1/models/PIPELINE:predict")
    error_message = "A prediction is asked for by ${output.use.ask_for_a_prediction}."
  }
  assert {
    condition = alltrue([
      for line in ["GOOGLE_CLOUD_PROJECT=acme-dev", "SLUICE_INBOX=acme-dev-sluice-inbox", "SLUICE_ARTIFACTS=acme-dev-sluice-artifacts", "SLUICE_SERVING=acme-dev-sluice-serving", "SLUICE_DATASET=sluice", "COMPOSER_ENVIRONMENT=projects/acme-dev/locations/europe-west1/environments/sluice"] :
      contains(split("\n", output.cloud), line)
    ])
    error_message = "The launcher is told ${output.cloud}"
  }
  assert {
    condition     = contains(keys(output.functions), "train")
    error_message = "Functions are ${jsonencode(keys(output.functions))}."
  }
  assert {
    condition     = !strcontains(output.cloud, "COMPOSER_URL")
    error_message = "Of COMPOSER_ENVIRONMENT and COMPOSER_URL exactly one is given."
  }
}
