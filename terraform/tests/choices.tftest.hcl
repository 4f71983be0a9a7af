# What the variables change.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project     = "acme-data"
  region      = "europe-west1"
  zips        = "./tests/fixtures/stub.zip"
  webhook_url = ""
}

run "an_existing_composer_environment_gets_the_dags_and_may_call" {
  command = plan

  variables {
    composer = { mode = "existing", name = "shared", region = "europe-west4" }
  }

  override_data {
    target = data.google_composer_environment.existing
    values = {
      config = [{
        airflow_uri    = "https://airflow.example"
        dag_gcs_prefix = "gs://europe-west4-shared-bucket/dags"
        node_config    = [{ service_account = "shared@acme-data.iam.gserviceaccount.com" }]
      }]
    }
  }

  assert {
    condition     = length(google_composer_environment.sluice) == 0 && length(google_service_account.composer) == 0 && !contains(keys(google_storage_bucket.buckets), "dags")
    error_message = "A second environment, its account or its bucket is made."
  }
  assert {
    condition     = alltrue([for object in google_storage_bucket_object.dags : object.bucket == "europe-west4-shared-bucket"])
    error_message = "DAGs go to another bucket than the environment's."
  }
  assert {
    condition     = google_cloud_run_service_iam_member.invokers["train/composer"].member == "serviceAccount:shared@acme-data.iam.gserviceaccount.com"
    error_message = "The environment may not call train."
  }
  assert {
    condition     = google_cloudfunctions2_function.functions["receive-file"].service_config[0].environment_variables["COMPOSER_ENVIRONMENT"] == "projects/acme-data/locations/europe-west4/environments/shared"
    error_message = "receive-file starts runs elsewhere."
  }
}

run "an_airflow_of_ones_own_is_called_by_its_address" {
  command = plan

  variables {
    composer = { mode = "none", url = "https://airflow.example", members = ["serviceAccount:airflow@acme-data.iam.gserviceaccount.com"] }
  }

  assert {
    condition     = google_cloudfunctions2_function.functions["receive-file"].service_config[0].environment_variables["COMPOSER_URL"] == "https://airflow.example" && !contains(keys(google_cloudfunctions2_function.functions["receive-file"].service_config[0].environment_variables), "COMPOSER_ENVIRONMENT")
    error_message = "Of COMPOSER_URL and COMPOSER_ENVIRONMENT exactly the first should be set."
  }
  assert {
    condition     = jsonencode([for grant in google_cloud_run_service_iam_member.invokers : grant.member if grant.service == "train"]) == jsonencode(["serviceAccount:airflow@acme-data.iam.gserviceaccount.com"])
    error_message = "Other than that Airflow's account may call train, or it may not."
  }
  assert {
    condition     = length(google_storage_bucket_object.dags) == 0 && length(google_composer_environment.sluice) == 0 && !contains(keys(google_project_service.apis), "composer.googleapis.com")
    error_message = "Something of Composer is made."
  }
  assert {
    condition     = !contains(keys(google_monitoring_alert_policy.alerts), "run-failed")
    error_message = "An alert waits for what Composer alone measures."
  }
}

run "a_key_encrypts_all_that_is_kept" {
  command = plan

  variables {
    encryption    = { create = true }
    webhook_hosts = ["hooks.example.com"]
    webhook_url   = "https://hooks.example.com/x"
  }

  assert {
    condition     = google_kms_crypto_key.sluice[0].rotation_period == "7776000s"
    error_message = "The key is not changed each 90 days."
  }
  assert {
    condition = length(distinct(concat(
      [for bucket in google_storage_bucket.buckets : bucket.encryption[0].default_kms_key_name],
      [for topic in google_pubsub_topic.topics : topic.kms_key_name],
      [for topic in google_pubsub_topic.dead : topic.kms_key_name],
      [for table in google_bigquery_table.tables : table.encryption_configuration[0].kms_key_name],
      [for function in google_cloudfunctions2_function.functions : function.kms_key_name],
      [for secret in google_secret_manager_secret.secrets : secret.replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name],
      [google_bigquery_dataset.sluice.default_encryption_configuration[0].kms_key_name],
      [google_artifact_registry_repository.images.kms_key_name],
      [google_composer_environment.sluice[0].config[0].encryption_config[0].kms_key_name],
      ["projects/acme-data/locations/europe-west1/keyRings/sluice/cryptoKeys/sluice"],
    ))) == 1
    error_message = "Something is encrypted with another key or with none."
  }
  assert {
    condition     = jsonencode(sort(keys(google_kms_crypto_key_iam_member.agents))) == jsonencode(["artifacts", "bigquery", "composer", "eventarc", "functions", "pubsub", "run", "secrets", "storage"])
    error_message = "With the key encrypt ${jsonencode(keys(google_kms_crypto_key_iam_member.agents))}."
  }
}

run "a_key_of_ones_own_is_taken" {
  command = plan

  variables {
    encryption = { key = "projects/acme-keys/locations/europe-west1/keyRings/data/cryptoKeys/sluice" }
  }

  assert {
    condition     = !contains(keys(google_kms_crypto_key_iam_member.agents), "secrets")
    error_message = "Secret Manager may use the key although there is no secret; in a new project its agent is not there."
  }
  assert {
    condition     = length(google_kms_crypto_key.sluice) == 0 && google_storage_bucket.buckets["inbox"].encryption[0].default_kms_key_name == "projects/acme-keys/locations/europe-west1/keyRings/data/cryptoKeys/sluice"
    error_message = "Another key is made or used."
  }
}

run "a_webhook_is_a_secret_that_one_function_reads" {
  command = plan

  variables {
    webhook_hosts = ["hooks.example.com", "backup.example.com"]
    webhook_url   = "https://hooks.example.com/services/T0/B0/token"
  }

  assert {
    condition     = jsonencode(keys(google_secret_manager_secret_iam_member.functions)) == jsonencode(["alert/webhook_url"])
    error_message = "The secret is read by ${jsonencode(keys(google_secret_manager_secret_iam_member.functions))}."
  }
  assert {
    condition     = one(google_cloudfunctions2_function.functions["alert"].service_config[0].secret_environment_variables).key == "SLUICE_WEBHOOK" && google_secret_manager_secret.secrets["webhook_url"].secret_id == "sluice-webhook-url"
    error_message = "alert does not get the secret as SLUICE_WEBHOOK."
  }
  assert {
    condition     = google_cloudfunctions2_function.functions["alert"].service_config[0].environment_variables["SLUICE_WEBHOOK_HOSTS"] == "hooks.example.com,backup.example.com"
    error_message = "alert is not told which hosts it may post to."
  }
  assert {
    condition     = google_secret_manager_secret_version.secrets["webhook_url"].secret_data_wo_version == "1"
    error_message = "The address is written otherwise than write-only."
  }
  assert {
    condition     = !strcontains(jsonencode([for function in google_cloudfunctions2_function.functions : function.service_config[0].environment_variables]), "token")
    error_message = "The address is in a plain environment variable."
  }
}

run "without_a_webhook_there_is_no_secret" {
  command = plan

  assert {
    condition     = length(google_secret_manager_secret.secrets) == 0 && length(google_cloudfunctions2_function.functions["alert"].service_config[0].secret_environment_variables) == 0
    error_message = "A secret without a value would stop the deployment of alert."
  }
}

run "what_a_small_environment_saves" {
  command = plan

  variables {
    environment         = "dev"
    deletion_protection = false
    overrides           = { predict = { min_instances = 0 } }
  }

  assert {
    condition     = google_cloudfunctions2_function.functions["predict"].service_config[0].min_instance_count == 0 && google_cloudfunctions2_function.functions["predict"].service_config[0].max_instance_count == 100
    error_message = "An override changes more or less than it says."
  }
  assert {
    condition     = alltrue([for table in google_bigquery_table.tables : !table.deletion_protection]) && alltrue([for bucket in google_storage_bucket.buckets : bucket.force_destroy]) && google_composer_environment.sluice[0].deletion_policy == "DELETE"
    error_message = "A destroy would stop."
  }
}

run "what_is_valuable_outlives_a_destroy" {
  command = plan

  assert {
    condition     = alltrue([for bucket in google_storage_bucket.buckets : !bucket.force_destroy]) && google_composer_environment.sluice[0].deletion_policy == "PREVENT" && !google_bigquery_dataset.sluice.delete_contents_on_destroy
    error_message = "A destroy takes what nobody can bring back."
  }
}

run "data_may_lie_in_several_regions" {
  command = plan

  variables {
    location = "EU"
  }

  assert {
    condition     = google_storage_bucket.buckets["dags"].location == "europe-west1"
    error_message = "Composer takes no bucket of several regions, and its own lies in ${google_storage_bucket.buckets["dags"].location}."
  }
  assert {
    condition     = google_storage_bucket.buckets["inbox"].location == "EU" && google_bigquery_dataset.sluice.location == "EU" && google_cloudfunctions2_function.functions["receive-file"].event_trigger[0].trigger_region == "eu"
    error_message = "A trigger listens where the bucket's events are not."
  }
}

run "traffic_goes_through_the_network_that_is_named" {
  command = plan

  variables {
    network = { network = "projects/acme-data/global/networks/shared", subnetwork = "projects/acme-data/regions/europe-west1/subnetworks/functions", all_traffic = true }
    ingress = "ALLOW_INTERNAL_ONLY"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.functions : function.service_config[0].direct_vpc_egress == "VPC_EGRESS_ALL_TRAFFIC" && function.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"])
    error_message = "A function sends past the network, or can be reached from outside."
  }
  assert {
    condition     = google_composer_environment.sluice[0].config[0].node_config[0].subnetwork == "projects/acme-data/regions/europe-west1/subnetworks/functions"
    error_message = "Composer is not in the network."
  }
}

run "pipelines_of_other_folders_are_deployed_with_their_schemas" {
  command = plan

  variables {
    pipelines = ["../dags/pipelines", "./tests/fixtures/one-more"]
  }

  assert {
    condition     = alltrue([for name in ["taxi.yaml", "listings.yaml", "listings.schema.pbtxt"] : google_storage_bucket_object.specs[name].name == "specs/${name}" && google_storage_bucket_object.specs[name].bucket == "acme-data-sluice-serving"])
    error_message = "Specs are ${jsonencode(keys(google_storage_bucket_object.specs))}."
  }
  assert {
    condition     = contains(keys(google_storage_bucket_object.dags), "pipelines/listings.yaml") && !contains(keys(google_storage_bucket_object.dags), "pipelines/listings.schema.pbtxt")
    error_message = "Composer has another DAG than there are pipelines, or a schema that it does not read."
  }
}

run "a_budget_tells_before_the_money_is_spent" {
  command = plan

  variables {
    budget = { billing_account = "0123AB-4567CD-89EF01", amount = 750 }
    notify = { emails = ["oncall@example.com"] }
  }

  assert {
    condition     = jsonencode([for rule in google_billing_budget.sluice[0].threshold_rules : rule.threshold_percent]) == jsonencode([0.5, 0.9, 1, 1]) && google_billing_budget.sluice[0].amount[0].specified_amount[0].units == "750"
    error_message = "The budget is told of at ${jsonencode([for rule in google_billing_budget.sluice[0].threshold_rules : rule.threshold_percent])}."
  }
}
