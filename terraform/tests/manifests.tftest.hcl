# What the manifests' reader says of functions/*/function.yaml. No provider, so that it takes no time.

variables {
  folder       = "../functions"
  placeholders = ["artifacts_bucket", "composer_environment", "composer_url", "dataset", "inbox_bucket", "project", "serving_bucket", "webhook_hosts"]
  secrets      = ["webhook_url"]
  roles        = { artifacts = { kind = "bucket", words = { objectViewer = { role = "roles/storage.objectViewer" } } } }
}

run "defaults_are_filled_in" {
  module {
    source = "./manifests"
  }
  variables {
    folder = "./tests/fixtures/one"
  }
  assert {
    condition     = length(output.problems) == 0
    error_message = join("\n", output.problems)
  }
  assert {
    condition = jsonencode(output.functions["analyze"]) == jsonencode({
      ack_deadline_seconds = 60
      bucket               = ""
      concurrency          = 1
      cpu                  = 1
      cron                 = ""
      entry_point          = "dev.sluice.functions.analyze.Analyze"
      environment          = { GOOGLE_CLOUD_PROJECT = "$${project}", SLUICE_PLACE = "gs://$${artifacts_bucket}/x" }
      event                = ""
      invokers             = ["composer"]
      max_attempts         = 5
      max_instances        = 20
      memory               = "2Gi"
      memory_mib           = 2048
      min_instances        = 0
      roles                = { artifacts = ["objectViewer"] }
      secrets              = {}
      timeout_seconds      = 900
      topic                = ""
      trigger              = "http"
    })
    error_message = "is ${jsonencode(output.functions["analyze"])}"
  }
}

run "an_override_counts_before_the_manifest" {
  module {
    source = "./manifests"
  }
  variables {
    folder    = "./tests/fixtures/one"
    overrides = { analyze = { memory = "4Gi", max_instances = 3 } }
  }
  assert {
    condition     = output.functions["analyze"].memory_mib == 4096 && output.functions["analyze"].max_instances == 3 && output.functions["analyze"].timeout_seconds == 900
    error_message = "is ${jsonencode(output.functions["analyze"])}"
  }
}

run "an_override_is_checked_as_the_manifest_is" {
  module {
    source = "./manifests"
  }
  variables {
    folder    = "./tests/fixtures/one"
    overrides = { analyze = { memory = "8Gi" }, analyse = { cpu = 2 } }
  }
  assert {
    condition = jsonencode(output.problems) == jsonencode([
      "overrides names analyse, but there is no function analyse",
      "functions/analyze/function.yaml: memory 8Gi is over the 4096 MiB that cpu 1 may have; raise cpu",
    ])
    error_message = join("\n", output.problems)
  }
}

run "every_mistake_is_told_with_its_file_and_what_to_write" {
  module {
    source = "./manifests"
  }
  variables {
    folder = "./tests/fixtures/broken"
  }
  assert {
    condition     = join("\n", output.problems) == trimspace(file("./tests/fixtures/broken/problems.txt"))
    error_message = join("\n", output.problems)
  }
}

run "a_folder_without_functions_is_told" {
  module {
    source = "./manifests"
  }
  variables {
    folder = "./tests/fixtures/specs"
  }
  assert {
    condition     = one(output.problems) == "./tests/fixtures/specs holds no function: no */function.yaml"
    error_message = join("\n", output.problems)
  }
}

run "a_role_over_everything_is_refused" {
  module {
    source = "./manifests"
  }
  variables {
    folder = "./tests/fixtures/one"
    roles = {
      artifacts = { kind = "bucket", words = { objectViewer = { role = "roles/storage.objectViewer" } } }
      project = { kind = "project", words = {
        editor               = { role = "roles/editor" }
        "bigquery.admin"     = { role = "roles/bigquery.admin" }
        "pubsub.jobUser"     = { role = "roles/bigquery.jobUser" }
        "storage.objectView" = { role = "roles/storage.objectViewer" }
      } }
    }
  }
  assert {
    condition = jsonencode(output.problems) == jsonencode([
      "roles.yaml: project.bigquery.admin is a role over everything in the project; name what is called, and the resource it is called on",
      "roles.yaml: project.editor is a role over everything in the project; name what is called, and the resource it is called on",
    ])
    error_message = join("\n", output.problems)
  }
}
