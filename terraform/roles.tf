# What each function may do, from its manifest, on the smallest thing that it can be granted on.

locals {
  # "<function>/<resource>/<word>" to the grant.
  grants = merge([
    for name, function in local.functions : merge([
      for resource, words in function.roles : {
        for word in words : "${name}/${resource}/${word}" => {
          function  = name
          member    = "serviceAccount:${local.emails[name]}"
          resource  = resource
          kind      = local.roles[resource].kind
          topic     = try(local.roles[resource].name, "")
          role      = local.roles[resource].words[word].role
          condition = try(local.roles[resource].words[word].condition, null)
          title     = word
        }
        # Those that are not in roles.yaml are told of by the manifests' check.
        if can(local.roles[resource].words[word].role)
      }
    ]...)
  ]...)

  # A member of a for_each may not hold what only the apply knows in its keys, so that the split is by kind.
  grants_by_kind = {
    for kind in ["bucket", "dataset", "project", "source_datasets", "topic"] :
    kind => { for key, grant in local.grants : key => grant if grant.kind == kind }
  }
}

resource "google_storage_bucket_iam_member" "functions" {
  for_each = local.grants_by_kind["bucket"]

  bucket = google_storage_bucket.buckets[each.value.resource].name
  role   = each.value.role
  member = each.value.member

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title      = each.value.title
      expression = condition.value
    }
  }
}

resource "google_pubsub_topic_iam_member" "functions" {
  for_each = local.grants_by_kind["topic"]

  project = var.project
  topic   = google_pubsub_topic.topics[each.value.topic].name
  role    = each.value.role
  member  = each.value.member
}

resource "google_bigquery_dataset_iam_member" "functions" {
  for_each = local.grants_by_kind["dataset"]

  project    = var.project
  dataset_id = google_bigquery_dataset.sluice.dataset_id
  role       = each.value.role
  member     = each.value.member
}

resource "google_bigquery_dataset_iam_member" "sources" {
  for_each = merge([
    for key, grant in local.grants_by_kind["source_datasets"] : {
      for dataset in var.source_datasets : "${key}/${dataset}" => merge(grant, { dataset = dataset })
    }
  ]...)

  project    = length(split(".", each.value.dataset)) == 2 ? split(".", each.value.dataset)[0] : var.project
  dataset_id = reverse(split(".", each.value.dataset))[0]
  role       = each.value.role
  member     = each.value.member
}

# Those that cannot be narrowed.
resource "google_project_iam_member" "functions" {
  for_each = local.grants_by_kind["project"]

  project = var.project
  role    = each.value.role
  member  = each.value.member
}
