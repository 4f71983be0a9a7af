# What is well formed by itself and wrong together is refused by a plan.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project     = "acme-data"
  region      = "europe-west1"
  zips        = "./tests/fixtures/stub.zip"
  functions   = "./tests/fixtures/one"
  composer    = { mode = "none", url = "https://airflow.example" }
  webhook_url = ""
}

run "a_manifest_with_a_mistake" {
  command = plan
  variables {
    functions = "./tests/fixtures/misspelt"
  }
  expect_failures = [google_artifact_registry_repository.images, google_monitoring_alert_policy.alerts]
}

run "a_function_that_alerts_name_and_that_is_gone" {
  command = plan
  variables {
    functions = "./tests/fixtures/renamed"
  }
  expect_failures = [google_monitoring_alert_policy.alerts]
}

run "a_zip_that_was_not_built" {
  command = plan
  variables {
    zips = "./tests/fixtures/{function}.zip"
  }
  expect_failures = [google_storage_bucket_object.zips]
}

run "two_pipelines_of_one_name" {
  command = plan
  variables {
    pipelines = ["../dags/pipelines", "./tests/fixtures/specs/again"]
  }
  expect_failures = [google_storage_bucket_object.specs]
}

run "a_pipeline_that_is_named_as_none_may_be" {
  command = plan
  variables {
    pipelines = ["./tests/fixtures/specs/unnamed"]
  }
  expect_failures = [google_storage_bucket_object.specs]
}

run "a_spec_without_a_label" {
  command = plan
  variables {
    pipelines = ["./tests/fixtures/specs/unlabelled"]
  }
  expect_failures = [google_storage_bucket_object.specs]
}

run "operations_whose_functions_are_not_there" {
  command = plan
  variables {
    composer = { mode = "create" }
  }
  expect_failures = [google_storage_bucket_object.deployment]
}

run "a_pool_of_an_operation_that_is_not_there" {
  command = plan
  variables {
    functions = "../functions"
    composer  = { pools = { training = "heavy" } }
  }
  expect_failures = [google_storage_bucket_object.deployment]
}

run "nothing_that_could_start_a_run" {
  command = plan
  variables {
    composer = { mode = "none" }
  }
  expect_failures = [check.something_starts_runs]
}

run "encryption_over_several_regions" {
  command = plan
  variables {
    encryption = { create = true }
    location   = "EU"
  }
  expect_failures = [google_kms_crypto_key_iam_member.agents]
}

run "a_key_of_another_region" {
  command = plan
  variables {
    encryption = { key = "projects/acme-keys/locations/us-central1/keyRings/r/cryptoKeys/k" }
  }
  expect_failures = [google_kms_crypto_key_iam_member.agents]
}

run "a_composer_that_the_key_does_not_reach" {
  command = plan
  variables {
    functions  = "../functions"
    encryption = { create = true }
    composer   = { region = "us-central1" }
  }
  expect_failures = [google_composer_environment.sluice]
}
