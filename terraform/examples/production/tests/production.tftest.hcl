mock_provider "google" {}

variables {
  project         = "acme-data-stage"
  environment     = "stage"
  zips            = "../../tests/fixtures/stub.zip"
  callers         = ["serviceAccount:shop@acme-shop.iam.gserviceaccount.com"]
  publishers      = ["serviceAccount:shop@acme-shop.iam.gserviceaccount.com"]
  readers         = ["group:analysts@example.com"]
  source_datasets = ["acme-warehouse.orders"]
  uploaders       = ["serviceAccount:etl@acme-warehouse.iam.gserviceaccount.com"]
  oncall          = ["oncall@example.com"]
  budget          = { billing_account = "0123AB-4567CD-89EF01", amount = 1500 }
  webhook_hosts   = ["hooks.example.com"]
  webhook_url     = "https://hooks.example.com/x"
}

run "applies" {
  assert {
    condition     = output.buckets.inbox == "acme-data-stage-sluice-inbox"
    error_message = "The inbox is ${output.buckets.inbox}."
  }
  assert {
    condition     = output.service_accounts["predict"] == "sluice-predict@acme-data-stage.iam.gserviceaccount.com"
    error_message = "predict runs as ${output.service_accounts["predict"]}."
  }
}

run "an_environment_that_is_none" {
  command = plan
  variables {
    environment = "qa"
  }
  expect_failures = [var.environment]
}

run "nobody_to_tell" {
  command = plan
  variables {
    oncall = []
  }
  expect_failures = [var.oncall]
}
