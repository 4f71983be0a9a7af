# Pipeline specs and the schemas beside them, where the functions read them. A batch that is under way
# keeps the spec that it began with.

locals {
  pipeline_paths = flatten([
    for folder in local.pipeline_folders : [
      for file in fileset(folder, "*") : { name = file, path = "${folder}/${file}" }
      if can(regex("\\.(yaml|pbtxt)$", file))
    ]
  ])

  # A file's name to every path that has it.
  pipeline_named = { for file in local.pipeline_paths : file.name => file.path... }
  pipeline_files = { for name, paths in local.pipeline_named : name => paths[0] }
}

resource "google_storage_bucket_object" "specs" {
  for_each = local.pipeline_files

  bucket       = google_storage_bucket.buckets["serving"].name
  name         = "specs/${each.key}"
  source       = each.value
  content_type = "text/plain; charset=utf-8"

  lifecycle {
    precondition {
      condition     = length(local.pipeline_named[each.key]) == 1
      error_message = "${join(" and ", local.pipeline_named[each.key])} have one name, and a pipeline is named by its file; rename one."
    }
    precondition {
      condition     = !endswith(each.key, ".yaml") || can(regex("^[a-z][a-z0-9_-]{0,62}\\.yaml$", each.key))
      error_message = "${each.value}: a pipeline's name is its file's, lower-case letters, digits, dashes and underscores."
    }
    precondition {
      condition     = !endswith(each.key, ".yaml") || can(yamldecode(file(each.value)).label)
      error_message = "${each.value} is not YAML with a label; ./sluice check ${each.value} says more."
    }
  }
}
