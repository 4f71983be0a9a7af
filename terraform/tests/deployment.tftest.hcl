# What is deployed, from a plan, so that nothing is made up but the functions' addresses. Starting the
# provider takes longer than all else: promises that a plan of the same variables shows are one run.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  override_resource {
    target          = google_cloudfunctions2_function.functions
    values          = { service_config = { uri = "https://function.example" } }
    override_during = plan
  }
}

variables {
  project     = "acme-data"
  region      = "europe-west1"
  environment = "stage"
  labels      = { team = "data", environment = "wrong" }
  zips        = "./tests/fixtures/stub.zip"
  webhook_url = ""

  callers         = ["group:web@example.com"]
  publishers      = ["serviceAccount:shop@acme-shop.iam.gserviceaccount.com"]
  readers         = ["group:analysts@example.com"]
  source_datasets = ["shop", "acme-shop.orders"]
  uploaders       = ["serviceAccount:etl@acme-shop.iam.gserviceaccount.com"]

  composer  = { pools = { train = "heavy" } }
  notify    = { emails = ["oncall@example.com"], webhooks = ["https://hooks.example.com/x"], topics = ["projects/acme-data/topics/incidents"] }
  retention = { facts = 90, stream = 20, inbox = 60, noncurrent = 10 }
  runbook   = "https://docs.example.com/operations.md"
}

run "everything_that_lies_in_a_folder_is_deployed_as_it_says" {
  command = plan

  # Everything that lies in a folder is deployed.
  assert {
    condition     = jsonencode(sort(keys(google_cloudfunctions2_function.functions))) == jsonencode(sort([for file in fileset("..", "functions/*/function.yaml") : basename(dirname(file))]))
    error_message = "Functions are ${jsonencode(keys(google_cloudfunctions2_function.functions))}."
  }
  assert {
    condition     = jsonencode(sort(keys(google_bigquery_table.tables))) == jsonencode(sort([for file in fileset("tables", "*.json") : trimsuffix(file, ".json")]))
    error_message = "Tables are ${jsonencode(keys(google_bigquery_table.tables))}."
  }
  assert {
    condition     = jsonencode(sort(concat(keys(google_bigquery_table.views), keys(google_bigquery_table.views_over_views)))) == jsonencode(sort([for file in fileset("views", "*.sql") : trimsuffix(file, ".sql")]))
    error_message = "Views are ${jsonencode(keys(google_bigquery_table.views))} and ${jsonencode(keys(google_bigquery_table.views_over_views))}."
  }
  assert {
    condition     = jsonencode(sort(keys(google_storage_bucket_object.specs))) == jsonencode(sort([for file in fileset("../dags/pipelines", "*.{yaml,pbtxt}") : file]))
    error_message = "Specs are ${jsonencode(keys(google_storage_bucket_object.specs))}."
  }
  assert {
    condition     = alltrue([for name in concat([".airflowignore", "sluice_dags.py", "operations.yaml", "sluice/factory.py"], [for file in fileset("../dags/pipelines", "*.yaml") : "pipelines/${file}"]) : contains(keys(google_storage_bucket_object.dags), name)])
    error_message = "DAG files are ${jsonencode(keys(google_storage_bucket_object.dags))}."
  }
  assert {
    condition     = contains([for object in google_storage_bucket_object.plugins : object.name], "plugins/sluice/trigger.py") && length(google_storage_bucket_object.plugins) == length(fileset("../dags/sluice", "**/*.py"))
    error_message = "The triggerer's files are ${jsonencode(keys(google_storage_bucket_object.plugins))}."
  }
  assert {
    condition     = length([for name in keys(google_storage_bucket_object.dags) : name if length(regexall("test|requirements|__pycache__", name)) > 0]) == 0
    error_message = "Tests and their requirements are no DAG files: ${jsonencode(keys(google_storage_bucket_object.dags))}."
  }

  # Terraform itself asks for these two, before anything else.
  assert {
    condition     = length(setsubtract(["cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"], keys(google_project_service.apis))) == 0
    error_message = "APIs are ${jsonencode(keys(google_project_service.apis))}."
  }

  # Composer takes a bucket of its own region.
  assert {
    condition     = google_storage_bucket.buckets["dags"].location == google_composer_environment.sluice[0].region
    error_message = "Composer's bucket lies in ${google_storage_bucket.buckets["dags"].location}."
  }

  # A function is what its manifest says.
  assert {
    condition = alltrue([
      for file in fileset("..", "functions/*/function.yaml") : (
        google_cloudfunctions2_function.functions[basename(dirname(file))].build_config[0].entry_point == yamldecode(file("../${file}")).entry_point
        && google_cloudfunctions2_function.functions[basename(dirname(file))].service_config[0].available_memory == yamldecode(file("../${file}")).memory
        && google_cloudfunctions2_function.functions[basename(dirname(file))].service_config[0].available_cpu == tostring(yamldecode(file("../${file}")).cpu)
        && "${google_cloudfunctions2_function.functions[basename(dirname(file))].service_config[0].timeout_seconds}s" == yamldecode(file("../${file}")).timeout
        && google_cloudfunctions2_function.functions[basename(dirname(file))].service_config[0].max_instance_request_concurrency == yamldecode(file("../${file}")).concurrency
        && google_cloudfunctions2_function.functions[basename(dirname(file))].service_config[0].min_instance_count == yamldecode(file("../${file}")).min_instances
        && google_cloudfunctions2_function.functions[basename(dirname(file))].service_config[0].max_instance_count == yamldecode(file("../${file}")).max_instances
      )
    ])
    error_message = "A function has other resources than its manifest says."
  }
  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.functions : function.build_config[0].runtime == "java25"])
    error_message = "A function runs on another runtime than java25."
  }
  assert {
    condition = jsonencode(google_cloudfunctions2_function.functions["receive-file"].service_config[0].environment_variables) == jsonencode({
      COMPOSER_ENVIRONMENT = "projects/acme-data/locations/europe-west1/environments/sluice"
      GOOGLE_CLOUD_PROJECT = "acme-data"
      SLUICE_ARTIFACTS     = "acme-data-sluice-artifacts"
      SLUICE_DATASET       = "sluice"
      SLUICE_SERVING       = "acme-data-sluice-serving"
    })
    error_message = "receive-file has ${jsonencode(google_cloudfunctions2_function.functions["receive-file"].service_config[0].environment_variables)}; a placeholder without a value means that the variable is not set."
  }
  assert {
    condition     = length([for function in google_cloudfunctions2_function.functions : function if length(regexall("\\$\\{", jsonencode(function.service_config[0].environment_variables))) > 0]) == 0
    error_message = "A placeholder was left."
  }
  assert {
    condition     = alltrue([for name, zip in google_storage_bucket_object.zips : zip.name == "functions/${name}-${filesha256("./tests/fixtures/stub.zip")}.zip" && google_cloudfunctions2_function.functions[name].build_config[0].source[0].storage_source[0].object == zip.name])
    error_message = "A zip's object is not named by its content."
  }

  # Labels say which environment it is.
  assert {
    condition     = jsonencode(google_storage_bucket.buckets["inbox"].labels) == jsonencode({ application = "sluice", environment = "stage", team = "data" })
    error_message = "Labels are ${jsonencode(google_storage_bucket.buckets["inbox"].labels)}."
  }
}

run "nothing_is_public_and_a_function_may_do_what_its_manifest_says_and_no_more" {
  command = plan

  # Nothing is public.
  assert {
    condition = alltrue([
      for member in concat(
        [for grant in google_cloud_run_service_iam_member.invokers : grant.member],
        [for grant in google_storage_bucket_iam_member.functions : grant.member],
        [for grant in google_storage_bucket_iam_member.uploaders : grant.member],
        [for grant in google_pubsub_topic_iam_member.functions : grant.member],
        [for grant in google_pubsub_topic_iam_member.publishers : grant.member],
        [for grant in google_bigquery_dataset_iam_member.functions : grant.member],
        [for grant in google_bigquery_dataset_iam_member.readers : grant.member],
        [for grant in google_project_iam_member.functions : grant.member],
      ) : can(regex("^(group:(web|analysts)@example\\.com|serviceAccount:(etl|shop)@acme-shop\\.iam\\.gserviceaccount\\.com|serviceAccount:sluice-[a-z-]+@acme-data\\.iam\\.gserviceaccount\\.com)$", member))
    ])
    error_message = "Somebody else than those named and the functions themselves may do something."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.buckets : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "A bucket may be made public."
  }
  assert {
    condition     = jsonencode([for grant in google_cloud_run_service_iam_member.invokers : grant.member if grant.service == "predict"]) == jsonencode(["group:web@example.com"])
    error_message = "predict may be called by ${jsonencode([for grant in google_cloud_run_service_iam_member.invokers : grant.member if grant.service == "predict"])}."
  }
  assert {
    condition     = jsonencode([for grant in google_pubsub_topic_iam_member.publishers : grant.topic]) == jsonencode(["sluice-rows"])
    error_message = "Publishers publish rows and neither alarms nor predictions; the topics are ${jsonencode([for grant in google_pubsub_topic_iam_member.publishers : grant.topic])}."
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.functions : function.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY" if contains(["alert", "close-window", "receive-file", "receive-rows"], name)])
    error_message = "A function that Google's own services call can be reached from outside."
  }

  # A function may do what its manifest says and no more.
  # Each word under roles is one grant; those of sources are one for each dataset.
  assert {
    condition = (
      length(google_storage_bucket_iam_member.functions) + length(google_pubsub_topic_iam_member.functions)
      + length(google_bigquery_dataset_iam_member.functions) + length(google_project_iam_member.functions)
      + length(google_bigquery_dataset_iam_member.sources) / 2
      ) == length(flatten([
        for file in fileset("..", "functions/*/function.yaml") : [
          for words in values(yamldecode(file("../${file}")).roles) : words
        ]
    ]))
    error_message = "Grants and the words under roles differ in number."
  }
  assert {
    condition     = jsonencode(sort([for key, grant in google_storage_bucket_iam_member.functions : "${grant.bucket} ${grant.role}" if startswith(key, "predict/")])) == jsonencode(["acme-data-sluice-serving roles/storage.objectViewer"])
    error_message = "predict reads the serving bucket and no other."
  }
  assert {
    condition     = alltrue([for grant in google_storage_bucket_iam_member.functions : can(regex("resource.name.endsWith", grant.condition[0].expression)) if grant.role == "roles/storage.objectUser"])
    error_message = "Who may replace an object may replace any object."
  }
  assert {
    condition     = length([for grant in google_storage_bucket_iam_member.functions : grant if grant.bucket == "acme-data-sluice-artifacts" && !contains(["roles/storage.objectCreator", "roles/storage.objectViewer"], grant.role)]) == 0
    error_message = "Artifacts are created and read, never replaced or deleted."
  }
  assert {
    condition     = length([for grant in google_project_iam_member.functions : grant.role if !contains(["roles/bigquery.jobUser", "roles/bigquery.readSessionUser", "roles/composer.user", "roles/eventarc.eventReceiver"], grant.role)]) == 0
    error_message = "A function has a role on the whole project that could be narrower."
  }
  assert {
    condition     = jsonencode(sort([for grant in google_bigquery_dataset_iam_member.sources : "${grant.project}.${grant.dataset_id} ${grant.role} ${grant.member}" if startswith(grant.member, "serviceAccount:sluice-resolve@")])) == jsonencode(["acme-data.shop roles/bigquery.dataViewer serviceAccount:sluice-resolve@acme-data.iam.gserviceaccount.com", "acme-shop.orders roles/bigquery.dataViewer serviceAccount:sluice-resolve@acme-data.iam.gserviceaccount.com"])
    error_message = "resolve may read ${jsonencode(sort([for grant in google_bigquery_dataset_iam_member.sources : "${grant.project}.${grant.dataset_id}"]))}."
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.functions : function.service_config[0].service_account_email == "sluice-${name}@acme-data.iam.gserviceaccount.com"])
    error_message = "A function runs as another account than its own."
  }
  assert {
    condition     = google_project_iam_member.build_sources.condition[0].expression == "resource.name.startsWith(\"projects/_/buckets/gcf-v2-\")"
    error_message = "The build may write other buckets than those of Cloud Run functions."
  }
}

run "files_rows_and_the_clock_reach_their_functions_and_nothing_is_lost_on_the_way" {
  command = plan

  # Files rows and the clock reach their functions.
  assert {
    condition = (
      google_cloudfunctions2_function.functions["receive-file"].event_trigger[0].event_type == "google.cloud.storage.object.v1.finalized"
      && google_cloudfunctions2_function.functions["receive-file"].event_trigger[0].retry_policy == "RETRY_POLICY_RETRY"
      && one(google_cloudfunctions2_function.functions["receive-file"].event_trigger[0].event_filters).value == "acme-data-sluice-inbox"
      && google_cloudfunctions2_function.functions["receive-file"].event_trigger[0].service_account_email == "sluice-receive-file@acme-data.iam.gserviceaccount.com"
    )
    error_message = "receive-file is not told of files, or not told again."
  }
  assert {
    condition     = length([for function in google_cloudfunctions2_function.functions : function if length(function.event_trigger) > 0]) == 1
    error_message = "Another function takes events."
  }
  assert {
    condition     = google_project_iam_member.storage_events.role == "roles/pubsub.publisher" && google_project_iam_member.storage_events.member == "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
    error_message = "Cloud Storage may not publish its events."
  }
  assert {
    condition     = jsonencode([for grant in google_cloud_run_service_iam_member.invokers : grant.member if grant.service == "receive-file"]) == jsonencode(["serviceAccount:sluice-receive-file@acme-data.iam.gserviceaccount.com"])
    error_message = "Eventarc may not call receive-file, or another may."
  }
  assert {
    condition = (
      google_pubsub_subscription.push["receive-rows"].push_config[0].push_endpoint == "https://function.example"
      && google_pubsub_subscription.push["receive-rows"].push_config[0].oidc_token[0].audience == "https://function.example"
      && google_pubsub_subscription.push["receive-rows"].push_config[0].oidc_token[0].service_account_email == "sluice-pubsub@acme-data.iam.gserviceaccount.com"
      && google_pubsub_subscription.push["receive-rows"].topic == "projects/acme-data/topics/sluice-rows"
      && google_pubsub_subscription.push["receive-rows"].ack_deadline_seconds == 60
    )
    error_message = "Rows are not pushed to receive-rows, or without a token."
  }
  assert {
    condition     = jsonencode([for grant in google_cloud_run_service_iam_member.invokers : grant.member if grant.service == "receive-rows"]) == jsonencode(["serviceAccount:sluice-pubsub@acme-data.iam.gserviceaccount.com"])
    error_message = "Pub/Sub may not call receive-rows, or another may."
  }
  assert {
    condition = (
      google_cloud_scheduler_job.functions["close-window"].schedule == "* * * * *"
      && google_cloud_scheduler_job.functions["close-window"].attempt_deadline == "300s"
      && google_cloud_scheduler_job.functions["close-window"].http_target[0].oidc_token[0].service_account_email == "sluice-scheduler@acme-data.iam.gserviceaccount.com"
    )
    error_message = "close-window is not called each minute, is not waited for, or is called without a token."
  }
  assert {
    condition     = jsonencode(keys(google_cloud_scheduler_job.functions)) == jsonencode(["close-window"])
    error_message = "Scheduled are ${jsonencode(keys(google_cloud_scheduler_job.functions))}."
  }

  # What cannot be delivered is kept for a week.
  assert {
    condition     = jsonencode(sort(keys(google_pubsub_topic.topics))) == jsonencode(["sluice-alarms", "sluice-predictions", "sluice-rows"])
    error_message = "Topics are ${jsonencode(sort(keys(google_pubsub_topic.topics)))}."
  }
  assert {
    condition = alltrue([
      for name in keys(google_pubsub_topic.topics) : (
        google_pubsub_topic.dead[name].name == "${name}-dead"
        && google_pubsub_subscription.dead[name].topic == "projects/acme-data/topics/${name}-dead"
        && google_pubsub_subscription.dead[name].message_retention_duration == "604800s"
        && google_pubsub_subscription.dead[name].expiration_policy[0].ttl == ""
        && google_pubsub_topic_iam_member.dead[name].member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
      )
    ])
    error_message = "A topic has no dead letters, they are not kept, or Pub/Sub may not publish them."
  }
  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.push : subscription.dead_letter_policy[0].max_delivery_attempts == 5 && endswith(subscription.dead_letter_policy[0].dead_letter_topic, "-dead")])
    error_message = "A subscription that pushes has no dead letters after five attempts."
  }
  assert {
    condition     = google_pubsub_subscription.predictions.dead_letter_policy[0].dead_letter_topic == "projects/acme-data/topics/sluice-predictions-dead"
    error_message = "Predictions that the table does not take are lost."
  }
  assert {
    condition     = jsonencode(sort([for grant in google_pubsub_subscription_iam_member.dead : grant.subscription])) == jsonencode(["alert", "receive-rows", "sluice-predictions-to-bigquery"])
    error_message = "Pub/Sub may not take dead letters off ${jsonencode(sort([for grant in google_pubsub_subscription_iam_member.dead : grant.subscription]))}."
  }

  # Predictions reach their table without a function.
  assert {
    condition     = google_pubsub_subscription.predictions.bigquery_config[0].table == "acme-data.sluice.predictions" && google_pubsub_subscription.predictions.bigquery_config[0].use_table_schema
    error_message = "Predictions go to ${google_pubsub_subscription.predictions.bigquery_config[0].table}."
  }
  assert {
    condition     = alltrue([for grant in google_bigquery_table_iam_member.predictions : grant.table_id == "predictions" && grant.member == "serviceAccount:sluice-pubsub@acme-data.iam.gserviceaccount.com"])
    error_message = "Who writes predictions may write another table, or somebody else may."
  }
}

run "data_is_kept_as_long_as_it_is_said_to_be" {
  command = plan

  # Tables are partitioned by day and expire.
  assert {
    condition     = alltrue([for name, table in google_bigquery_table.tables : table.time_partitioning[0].type == "DAY" && jsonencode(table.clustering) == jsonencode(["pipeline"]) && table.deletion_protection])
    error_message = "A table is not partitioned by day and clustered by pipeline, or a destroy takes it."
  }
  assert {
    condition     = alltrue([for name, table in google_bigquery_table.tables : table.time_partitioning[0].field == "updated_at" && table.time_partitioning[0].expiration_ms == 90 * 86400000 if endswith(name, "_log")])
    error_message = "A log is not partitioned by updated_at, or not kept for 90 days."
  }
  assert {
    condition     = alltrue([for name in ["stream_rows", "window_rows"] : google_bigquery_table.tables[name].time_partitioning[0].expiration_ms == 20 * 86400000])
    error_message = "Rows of streams are not kept for 20 days."
  }
  assert {
    condition     = google_bigquery_table.tables["predictions"].time_partitioning[0].field == "at" && google_bigquery_table.tables["stream_rows"].time_partitioning[0].field == "received_at" && google_bigquery_table.tables["window_rows"].time_partitioning[0].field == "closed_at"
    error_message = "A table of data is partitioned by another column than tables/README.md says."
  }
  assert {
    condition     = strcontains(google_bigquery_table.views["batches"].view[0].query, "FROM `acme-data.sluice.batches_log`") && !strcontains(google_bigquery_table.views["batches"].view[0].query, "$${")
    error_message = "View batches reads ${google_bigquery_table.views["batches"].view[0].query}."
  }
  assert {
    condition     = one([for rule in google_storage_bucket.buckets["inbox"].lifecycle_rule : one(rule.condition).age if one(rule.condition).with_state == "LIVE"]) == 60
    error_message = "Dropped files are not deleted after 60 days."
  }
  assert {
    condition     = alltrue([for kind, bucket in google_storage_bucket.buckets : length([for rule in bucket.lifecycle_rule : rule if one(rule.condition).with_state == "LIVE"]) == 0 if kind != "inbox"])
    error_message = "A lifecycle rule deletes what is live; only sweep knows what is reached."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.buckets : bucket.versioning[0].enabled && contains([for rule in bucket.lifecycle_rule : one(rule.condition).days_since_noncurrent_time], 10)])
    error_message = "A bucket keeps no replaced objects, or keeps them for ever."
  }
}

run "composer_runs_the_dags_and_people_are_told" {
  command = plan

  # Composer runs the tested airflow with our dags.
  assert {
    condition     = google_composer_environment.sluice[0].config[0].software_config[0].image_version == "composer-3-airflow-${regex("(?m)^apache-airflow==([0-9]+\\.[0-9]+)", file("../dags/requirements.txt"))[0]}"
    error_message = "Composer runs ${google_composer_environment.sluice[0].config[0].software_config[0].image_version}."
  }
  assert {
    condition     = google_composer_environment.sluice[0].config[0].node_config[0].service_account == "sluice-composer@acme-data.iam.gserviceaccount.com"
    error_message = "Composer runs as another account than its own."
  }
  assert {
    condition     = alltrue([for object in google_storage_bucket_object.dags : object.bucket == "acme-data-sluice-dags" && startswith(object.name, "dags/")])
    error_message = "A DAG file goes elsewhere."
  }
  assert {
    condition = jsonencode(jsondecode(google_storage_bucket_object.deployment[0].content)) == jsonencode({
      functions = { for name in toset([for operation in values(yamldecode(file("../dags/operations.yaml"))) : operation.function]) : name => "https://function.example" }
      pools     = { train = "heavy" }
      timeouts  = { for name in toset([for operation in values(yamldecode(file("../dags/operations.yaml"))) : operation.function]) : name => tonumber(trimsuffix(yamldecode(file("../functions/${name}/function.yaml")).timeout, "s")) }
      defer     = true
    })
    error_message = "deployment.json does not say where the functions are, how long they may take, which calls wait in the triggerer, or in which pools operations run."
  }
  assert {
    condition     = alltrue([for name in [for operation in values(yamldecode(file("../dags/operations.yaml"))) : operation.function] : google_cloud_run_service_iam_member.invokers["${name}/composer"].member == "serviceAccount:sluice-composer@acme-data.iam.gserviceaccount.com"])
    error_message = "Composer may not call a function of operations.yaml."
  }

  # People are told with a section to read.
  assert {
    condition     = alltrue([for key, policy in google_monitoring_alert_policy.alerts : strcontains(policy.documentation[0].content, "https://docs.example.com/operations.md#${key}") && one(policy.documentation[0].links).url == "https://docs.example.com/operations.md#${key}"])
    error_message = "An alert does not say where to read on."
  }
  assert {
    condition     = alltrue([for key in ["alarm-raised", "backlog-age", "composer-unhealthy", "dead-letters", "function-errors", "predict-errors", "predict-latency", "run-failed", "schedule-failed"] : contains(keys(google_monitoring_alert_policy.alerts), key)])
    error_message = "Alerts are ${jsonencode(keys(google_monitoring_alert_policy.alerts))}."
  }
  assert {
    condition     = length(google_monitoring_notification_channel.emails) == 1 && length(google_monitoring_notification_channel.webhooks) == 1 && length(google_monitoring_notification_channel.topics) == 1
    error_message = "A channel is missing."
  }
  assert {
    condition     = startswith(google_monitoring_alert_policy.alerts["alarm-raised"].conditions[0].condition_prometheus_query_language[0].query, "sum by (pipeline, subject) (increase(logging_googleapis_com:user_sluice_alarms") && strcontains(google_monitoring_alert_policy.alerts["alarm-raised"].conditions[0].condition_prometheus_query_language[0].query, "severity=\"ERROR\"") && endswith(google_monitoring_alert_policy.alerts["alarm-raised"].conditions[0].condition_prometheus_query_language[0].query, "[5m])) > 0")
    error_message = "An alarm is told of where ${google_monitoring_alert_policy.alerts["alarm-raised"].conditions[0].condition_prometheus_query_language[0].query}."
  }
  # One that names a metric which is not there tells nobody anything.
  assert {
    condition = alltrue([
      for policy in google_monitoring_alert_policy.alerts : contains(
        keys(google_logging_metric.counters),
        regex("user_sluice_([a-z]+)", policy.conditions[0].condition_prometheus_query_language[0].query)[0],
      ) if length(policy.conditions[0].condition_prometheus_query_language) > 0
    ])
    error_message = "An alert names a metric that is not there."
  }
  # The first apply would fail on a threshold over a metric of ours.
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.alerts : !strcontains(policy.conditions[0].condition_threshold[0].filter, "googleapis.com/user/") && length(policy.conditions[0].condition_threshold[0].filter) <= 2048 if length(policy.conditions[0].condition_threshold) > 0])
    error_message = "A filter is over a metric of ours, or longer than Cloud Monitoring takes."
  }
  assert {
    condition     = alltrue([for metric in google_logging_metric.counters : jsonencode(sort([for label in metric.metric_descriptor[0].labels : label.key])) == jsonencode(sort(keys(coalesce(metric.label_extractors, {}))))])
    error_message = "A metric's labels and what extracts them differ."
  }

  # The dashboard draws metrics that are there.
  assert {
    condition = alltrue([
      for tile in jsondecode(google_monitoring_dashboard.sluice.dashboard_json).mosaicLayout.tiles :
      contains(
        concat(["operation_ms"], keys(google_logging_metric.counters)),
        regex("user/sluice/([a-z_]+)", tile.widget.xyChart.dataSets[0].timeSeriesQuery.timeSeriesFilter.filter)[0],
      ) if can(regex("user/sluice/", tile.widget.xyChart.dataSets[0].timeSeriesQuery.timeSeriesFilter.filter))
    ])
    error_message = "A chart names a metric of ours that is not there."
  }
}
