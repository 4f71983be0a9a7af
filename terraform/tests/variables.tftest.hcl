# Each validation's failing twin: values that are refused before anything is planned. A run has one wrong
# value of each variable that has so many validations, and every one of them must be refused.

mock_provider "google" {}

variables {
  project     = "acme-data"
  region      = "europe-west1"
  zips        = "./tests/fixtures/stub.zip"
  functions   = "./tests/fixtures/one"
  composer    = { mode = "none", url = "https://airflow.example" }
  webhook_url = ""
}

run "first_wrong_values" {
  command = plan

  variables {
    # A bucket prefix with capitals.
    bucket_prefix = "Acme"
    # A billing account that is none.
    budget = { billing_account = "mine", amount = 100 }
    # Callers that are everybody.
    callers = ["allUsers"]
    # A mode of composer that is none.
    composer = { mode = "maybe" }
    # A dataset with dashes.
    dataset = "my-sluice"
    # Encryption without a key.
    encryption = {}
    # An environment with capitals.
    environment = "Prod"
    # An ingress that is none.
    ingress = "INTERNAL"
    # A label with capitals.
    labels = { Team = "data" }
    # A location that is a zone.
    location = "europe-west1-b"
    # An email that is none.
    notify = { emails = ["oncall"] }
    # No folder of pipelines.
    pipelines = []
    # A project by its number.
    project = "123456789012"
    # Publishers that are everybody.
    publishers = ["allUsers"]
    # Readers that are everybody.
    readers = ["allUsers"]
    # A region that is a zone.
    region = "europe-west1-b"
    # Facts for a week.
    retention = { facts = 7 }
    # Another runtime.
    runtime = "java21"
    # A source that is a table.
    source_datasets = ["acme-shop.orders.lines"]
    # A backlog of no minutes.
    thresholds = { backlog_minutes = 0 }
    # Uploaders that are everybody.
    uploaders = ["allUsers"]
    # A host with a path.
    webhook_hosts = ["hooks.example.com/x"]
    webhook_url   = "https://hooks.example.com/x"
  }

  expect_failures = [
    var.bucket_prefix,
    var.budget,
    var.callers,
    var.composer,
    var.dataset,
    var.encryption,
    var.environment,
    var.ingress,
    var.labels,
    var.location,
    var.notify,
    var.pipelines,
    var.project,
    var.publishers,
    var.readers,
    var.region,
    var.retention,
    var.runtime,
    var.source_datasets,
    var.thresholds,
    var.uploaders,
    var.webhook_hosts,
  ]
}

run "second_wrong_values" {
  command = plan

  variables {
    # A budget of nothing.
    budget = { billing_account = "0123AB-4567CD-89EF01", amount = 0 }
    # Callers that are everybody with an account.
    callers = ["allAuthenticatedUsers"]
    # A name of composer with spaces.
    composer = { name = "my composer" }
    # Encryption with two keys.
    encryption = { create = true, key = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k" }
    # A webhook without tls.
    notify = { webhooks = ["http://hooks.example.com"] }
    # Streams for a week.
    retention = { stream = 7 }
    # A ratio in per cent.
    thresholds = { predict_error_ratio = 5 }
    # A webhook of another host.
    webhook_hosts = ["hooks.example.com"]
    webhook_url   = "https://evil.example.com/x"
  }

  expect_failures = [
    var.budget,
    var.callers,
    var.composer,
    var.encryption,
    var.notify,
    var.retention,
    var.thresholds,
    var.webhook_url,
  ]
}

run "third_wrong_values" {
  command = plan

  variables {
    # A size of composer that is none.
    composer = { size = "huge" }
    # A key by its short name.
    encryption = { key = "k" }
    # A topic by its short name.
    notify = { topics = ["incidents"] }
    # Files for a day.
    retention = { inbox = 1 }
    # A webhook in the clear.
    webhook_hosts = ["hooks.example.com"]
    webhook_url   = "http://hooks.example.com/x"
  }

  expect_failures = [
    var.composer,
    var.encryption,
    var.notify,
    var.retention,
    var.webhook_url,
  ]
}

run "fourth_wrong_values" {
  command = plan

  variables {
    # An image of airflow 2.
    composer = { image_version = "composer-2.9.0-airflow-2.9.3" }
    # A channel by its title.
    notify = { channels = ["On call"] }
    # Replaced objects for a day.
    retention = { noncurrent = 1 }
    # Hosts without a webhook.
    webhook_hosts = ["hooks.example.com"]
  }

  expect_failures = [
    var.composer,
    var.notify,
    var.retention,
    var.webhook_url,
  ]
}

run "fifth_wrong_values" {
  command = plan

  variables {
    # No workers.
    composer = { max_workers = 0 }
    # Images for no day.
    retention = { images = 0 }
  }

  expect_failures = [
    var.composer,
    var.retention,
  ]
}

run "sixth_wrong_values" {
  command = plan

  variables {
    # An address beside an environment.
    composer = { mode = "create", url = "https://airflow.example" }
    # Messages for a year.
    retention = { messages_hours = 8760 }
  }

  expect_failures = [
    var.composer,
    var.retention,
  ]
}

run "seventh_wrong_values" {
  command = plan

  variables {
    # An address without tls.
    composer = { mode = "none", url = "http://airflow.example" }
  }

  expect_failures = [
    var.composer,
  ]
}

run "eighth_wrong_values" {
  command = plan

  variables {
    # Members that are everybody.
    composer = { mode = "none", url = "https://airflow.example", members = ["allUsers"] }
  }

  expect_failures = [
    var.composer,
  ]
}
