# Who may call a function: whom its manifest names. Nothing is public.

locals {
  # A word of a manifest's invokers to the members it stands for, by keys that a plan knows. Eventarc
  # is missing, as it calls as the function itself.
  invoker_members = {
    callers = tomap({ for member in var.callers : member => member })
    composer = tomap(merge(
      { for member in var.composer.members : member => member },
      { for mode in ["composer"] : mode => "serviceAccount:${local.composer_email}" if var.composer.mode != "none" },
    ))
    eventarc  = tomap({})
    pubsub    = tomap({ pubsub = "serviceAccount:${local.pubsub_email}" })
    scheduler = tomap({ scheduler = "serviceAccount:${local.scheduler_email}" })
  }

  invokers = merge(
    merge([
      for pair in flatten([
        for name, function in local.functions : [
          for word in setintersection(function.invokers, keys(local.invoker_members)) : { function = name, word = word }
        ]
        ]) : {
        for key, member in local.invoker_members[pair.word] :
        "${pair.function}/${key}" => { function = pair.function, member = member }
      }
    ]...),
    {
      for name, function in local.functions :
      "${name}/eventarc" => { function = name, member = "serviceAccount:${local.emails[name]}" }
      if contains(function.invokers, "eventarc")
    },
  )
}

# The service under a function has its name, as names are in kebab case.
resource "google_cloud_run_service_iam_member" "invokers" {
  for_each = local.invokers

  project  = var.project
  location = var.region
  service  = google_cloudfunctions2_function.functions[each.value.function].name
  role     = "roles/run.invoker"
  member   = each.value.member
}
