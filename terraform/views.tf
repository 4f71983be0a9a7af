# BigQuery checks a view when it is created, so that what it reads must be there before. Views read
# tables, or views that read tables alone.

locals {
  view_files = {
    for file in fileset("${path.module}/views", "*.sql") :
    trimsuffix(file, ".sql") => "${path.module}/views/${file}"
  }

  # View to the tables and views of the dataset that it names.
  view_sources = {
    for name, file in local.view_files :
    name => toset([for found in regexall("\\$\\{dataset\\}\\.([A-Za-z0-9_]+)", file(file)) : found[0]])
  }

  views_over_tables = {
    for name, sources in local.view_sources : name => local.view_files[name]
    if length(setintersection(sources, keys(local.view_files))) == 0
  }
  views_over_views = {
    for name, file in local.view_files : name => file if !contains(keys(local.views_over_tables), name)
  }
}

resource "google_bigquery_table" "views" {
  # checkov:skip=CKV_GCP_80:a view holds no data
  # checkov:skip=CKV_GCP_121:a view holds no data

  for_each = local.views_over_tables

  project             = var.project
  dataset_id          = google_bigquery_dataset.sluice.dataset_id
  table_id            = each.key
  labels              = local.labels
  deletion_protection = false

  view {
    query          = templatefile(each.value, { project = var.project, dataset = var.dataset })
    use_legacy_sql = false
  }

  lifecycle {
    precondition {
      condition     = length(setsubtract(local.view_sources[each.key], keys(local.tables))) == 0
      error_message = "views/${each.key}.sql reads ${join(", ", setsubtract(local.view_sources[each.key], keys(local.tables)))}, which is no table of tables/."
    }
  }

  depends_on = [google_bigquery_table.tables]
}

resource "google_bigquery_table" "views_over_views" {
  # checkov:skip=CKV_GCP_80:a view holds no data
  # checkov:skip=CKV_GCP_121:a view holds no data

  for_each = local.views_over_views

  project             = var.project
  dataset_id          = google_bigquery_dataset.sluice.dataset_id
  table_id            = each.key
  labels              = local.labels
  deletion_protection = false

  view {
    query          = templatefile(each.value, { project = var.project, dataset = var.dataset })
    use_legacy_sql = false
  }

  lifecycle {
    precondition {
      condition     = length(setsubtract(local.view_sources[each.key], setunion(keys(local.tables), keys(local.views_over_tables)))) == 0
      error_message = "views/${each.key}.sql reads ${join(", ", setsubtract(local.view_sources[each.key], setunion(keys(local.tables), keys(local.views_over_tables))))}; a view reads tables, or views that read tables alone."
    }
  }

  depends_on = [google_bigquery_table.views]
}
