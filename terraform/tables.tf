locals {
  table_schemas = {
    for file in fileset("${path.module}/tables", "*.json") :
    trimsuffix(file, ".json") => file("${path.module}/tables/${file}")
  }

  # A log is partitioned by when a row was written and is kept as long as facts are; a table of data says for itself.
  data_tables = {
    predictions = { partition = "at", days = var.retention.facts }
    stream_rows = { partition = "received_at", days = var.retention.stream }
    window_rows = { partition = "closed_at", days = var.retention.stream }
  }

  tables = {
    for name, schema in local.table_schemas : name => merge(
      {
        schema  = schema
        columns = { for column in jsondecode(schema) : column.name => column.type }
      },
      lookup(local.data_tables, name, { partition = "updated_at", days = var.retention.facts }),
    )
  }
}

resource "google_bigquery_dataset" "sluice" {
  project                    = var.project
  dataset_id                 = var.dataset
  location                   = local.location
  description                = "What Sluice did: facts to query, which nothing is decided from."
  labels                     = local.labels
  delete_contents_on_destroy = !var.deletion_protection

  dynamic "default_encryption_configuration" {
    for_each = local.kms_key == null ? [] : [local.kms_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_project_service.apis, google_kms_crypto_key_iam_member.agents]
}

resource "google_bigquery_table" "tables" {
  # checkov:skip=CKV_GCP_121:var.deletion_protection, on by default; examples/minimal switches it off

  for_each = local.tables

  project             = var.project
  dataset_id          = google_bigquery_dataset.sluice.dataset_id
  table_id            = each.key
  schema              = each.value.schema
  clustering          = ["pipeline"]
  labels              = local.labels
  deletion_protection = var.deletion_protection

  time_partitioning {
    type          = "DAY"
    field         = each.value.partition
    expiration_ms = each.value.days == null ? null : each.value.days * 86400000
  }

  dynamic "encryption_configuration" {
    for_each = local.kms_key == null ? [] : [local.kms_key]
    content {
      kms_key_name = encryption_configuration.value
    }
  }

  lifecycle {
    precondition {
      condition     = lookup(each.value.columns, each.value.partition, "") == "TIMESTAMP"
      error_message = "tables/${each.key}.json has no TIMESTAMP column ${each.value.partition} to partition by; a log has updated_at, and any other table is named in tables.tf."
    }
    precondition {
      condition     = contains(keys(each.value.columns), "pipeline")
      error_message = "tables/${each.key}.json has no column pipeline to cluster by."
    }
  }
}

resource "google_bigquery_dataset_iam_member" "readers" {
  for_each = var.readers

  project    = var.project
  dataset_id = google_bigquery_dataset.sluice.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.key
}

# The subscription of answered rows writes this table and no other.
resource "google_bigquery_table_iam_member" "predictions" {
  for_each = toset(["roles/bigquery.dataEditor", "roles/bigquery.metadataViewer"])

  project    = var.project
  dataset_id = google_bigquery_dataset.sluice.dataset_id
  table_id   = google_bigquery_table.tables["predictions"].table_id
  role       = each.key
  member     = "serviceAccount:${local.pubsub_email}"
}
