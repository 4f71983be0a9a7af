variable "bucket_prefix" {
  description = "What the buckets' names begin with: names of buckets are known to all the world. Default <project>-sluice."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_prefix == null || can(regex("^[a-z0-9][a-z0-9-]{1,50}[a-z0-9]$", var.bucket_prefix))
    error_message = "bucket_prefix must be 3 to 52 lower-case letters, digits and dashes, as -artifacts and the like follow."
  }
}

variable "budget" {
  description = "A budget for the project, told of at 50, 90 and 100 % of the amount and where the forecast passes it. Null for none. The units are those of the billing account's currency."
  type = object({
    billing_account = string
    amount          = number
  })
  default = null

  validation {
    condition     = var.budget == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "budget.billing_account must look like 0123AB-4567CD-89EF01."
  }
  validation {
    condition     = try(var.budget.amount, 1) >= 1
    error_message = "budget.amount must be at least 1, in the billing account's currency, for a month."
  }
}

variable "callers" {
  description = "Who may ask predict, such as serviceAccount:shop@my-project.iam.gserviceaccount.com or group:web@example.com."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.callers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+", member))])
    error_message = "callers must be members such as serviceAccount:NAME@PROJECT.iam.gserviceaccount.com; allUsers and allAuthenticatedUsers are refused, as nothing of Sluice is public."
  }
}

variable "composer" {
  description = <<-TEXT
    Where the DAGs run. mode is
    - create: a Composer 3 environment of its own (about 25 minutes), named name;
    - existing: the Composer 3 environment named name in region;
    - none: no Composer; url may name an Airflow of yours that takes Google access tokens, and members who in it calls functions.
    image_version defaults to the Airflow that the DAGs are tested on. pools puts operations of operations.yaml into pools of Airflow, which must be there. defer has calls that may be long wait in the triggerer, where they take no worker's place and start some seconds later.
  TEXT
  type = object({
    mode                  = optional(string, "create")
    name                  = optional(string, "sluice")
    region                = optional(string)
    size                  = optional(string, "small")
    image_version         = optional(string)
    max_workers           = optional(number, 3)
    private               = optional(bool, false)
    snapshots             = optional(bool, false)
    url                   = optional(string, "")
    members               = optional(set(string), [])
    pools                 = optional(map(string), {})
    defer                 = optional(bool, true)
    maintenance_start     = optional(string, "2026-01-03T01:00:00Z")
    maintenance_end       = optional(string, "2026-01-03T13:00:00Z")
    maintenance_frequency = optional(string, "FREQ=WEEKLY;BYDAY=SA")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["create", "existing", "none"], var.composer.mode)
    error_message = "composer.mode must be create, existing or none."
  }
  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,62}[a-z0-9])?$", var.composer.name))
    error_message = "composer.name must be 1 to 64 lower-case letters, digits and dashes, beginning with a letter."
  }
  validation {
    condition     = contains(["small", "medium", "large"], var.composer.size)
    error_message = "composer.size must be small, medium or large."
  }
  validation {
    condition     = var.composer.image_version == null || can(regex("^composer-3-airflow-3[0-9.]*(-build\\.[0-9]+)?$", var.composer.image_version))
    error_message = "composer.image_version must be Composer 3 with Airflow 3, such as composer-3-airflow-3.3."
  }
  validation {
    condition     = var.composer.max_workers >= 1 && var.composer.max_workers <= 100
    error_message = "composer.max_workers must lie between 1 and 100."
  }
  validation {
    condition     = var.composer.url == "" || (var.composer.mode == "none" && startswith(var.composer.url, "https://"))
    error_message = "composer.url is the https address of an Airflow of your own and goes with mode none; a Composer environment's address is looked up."
  }
  validation {
    condition     = alltrue([for member in var.composer.members : can(regex("^(user|group|serviceAccount|principal|principalSet):.+", member))])
    error_message = "composer.members must be members such as serviceAccount:NAME@PROJECT.iam.gserviceaccount.com; allUsers is refused."
  }
}

variable "dags" {
  description = "Folder of operations.yaml, sluice_dags.py, sluice/ and pipelines/. Default the repository's dags/."
  type        = string
  default     = null
}

variable "dataset" {
  description = "BigQuery dataset of the facts."
  type        = string
  default     = "sluice"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*$", var.dataset))
    error_message = "dataset must be letters, digits and underscores: BigQuery takes no dashes in a dataset's name."
  }
}

variable "deletion_protection" {
  description = "Whether a destroy stops before the tables, the Composer environment and buckets that hold something. Set it to false and apply before you destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "encryption" {
  description = <<-TEXT
    Customer-managed encryption. key is a key of Cloud KMS of yours, projects/P/locations/L/keyRings/R/cryptoKeys/K, in the same location; create makes a ring and a key that rotates each 90 days. Null leaves encryption to Google's own keys.
    A Composer environment's encryption cannot be changed afterwards.
  TEXT
  type = object({
    key    = optional(string)
    create = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.encryption == null || (try(var.encryption.key, null) != null) != try(var.encryption.create, false)
    error_message = "encryption wants either key, a key of yours, or create = true."
  }
  validation {
    condition     = try(var.encryption.key, null) == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.encryption.key))
    error_message = "encryption.key must be the full name, projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

variable "environment" {
  description = "Which environment this is, such as dev, stage or prod. It labels everything; a Terraform workspace other than default must have its name."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.environment))
    error_message = "environment must be 1 to 20 lower-case letters, digits and dashes, beginning with a letter."
  }
}

variable "functions" {
  description = "Folder whose subfolders are the functions. Default the repository's functions/."
  type        = string
  default     = null
}

variable "ingress" {
  description = "From where functions with an HTTP trigger can be reached, beside IAM: ALLOW_ALL, ALLOW_INTERNAL_AND_GCLB or ALLOW_INTERNAL_ONLY. Those that Google's own services call are always internal. Composer reaches an internal one only where its network is attached to yours."
  type        = string
  default     = "ALLOW_ALL"
  nullable    = false

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_AND_GCLB", "ALLOW_INTERNAL_ONLY"], var.ingress)
    error_message = "ingress must be ALLOW_ALL, ALLOW_INTERNAL_AND_GCLB or ALLOW_INTERNAL_ONLY."
  }
}

variable "labels" {
  description = "Labels on everything that takes labels."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "labels must have keys and values of at most 63 lower-case letters, digits, dashes and underscores; a key begins with a letter."
  }
}

variable "location" {
  description = "Where buckets and the dataset lie: a region, or EU or US. Default the region."
  type        = string
  default     = null

  validation {
    condition     = var.location == null || can(regex("^([a-z]+-[a-z]+[0-9]+|EU|US)$", var.location))
    error_message = "location must be a region such as europe-west1, or EU or US."
  }
}

variable "network" {
  description = "Network and subnetwork that functions and Composer send through; functions send all their traffic through it where all_traffic is true, else what goes to private addresses. Null for none."
  type = object({
    network     = string
    subnetwork  = string
    all_traffic = optional(bool, false)
    tags        = optional(list(string), [])
  })
  default = null
}

variable "notify" {
  description = "Who is told by Cloud Monitoring: email addresses, https webhooks (whose addresses land in the state), a Pub/Sub topic (projects/P/topics/T), and channels that are there already (projects/P/notificationChannels/N)."
  type = object({
    emails   = optional(set(string), [])
    webhooks = optional(set(string), [])
    topics   = optional(set(string), [])
    channels = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for email in var.notify.emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", email))])
    error_message = "notify.emails must be addresses such as oncall@example.com."
  }
  validation {
    condition     = alltrue([for webhook in var.notify.webhooks : startswith(webhook, "https://")])
    error_message = "notify.webhooks must be https addresses."
  }
  validation {
    condition     = alltrue([for topic in var.notify.topics : can(regex("^projects/[^/]+/topics/[^/]+$", topic))])
    error_message = "notify.topics must be full names, projects/P/topics/T."
  }
  validation {
    condition     = alltrue([for channel in var.notify.channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "notify.channels must be full names, projects/P/notificationChannels/N."
  }
}

variable "overrides" {
  description = "Function to what is other than its function.yaml says: memory, cpu, timeout, concurrency, min_instances, max_instances; such as {predict = {min_instances = 0}} where a cold start is fine."
  type = map(object({
    memory        = optional(string)
    cpu           = optional(number)
    timeout       = optional(string)
    concurrency   = optional(number)
    min_instances = optional(number)
    max_instances = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "pipelines" {
  description = "Folders of pipeline specs, with the schemas beside them. Default dags/pipelines."
  type        = list(string)
  default     = null

  validation {
    condition     = var.pipelines == null || length(coalesce(var.pipelines, [])) > 0
    error_message = "pipelines must name at least one folder; leave it out for dags/pipelines."
  }
}

variable "project" {
  description = "Project id. A project holds one Sluice: its topics and functions have fixed names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project's id, 6 to 30 lower-case letters, digits and dashes; neither its number nor its title."
  }
}

variable "publishers" {
  description = "Who may publish rows on the topics that functions read, such as serviceAccount:shop@my-project.iam.gserviceaccount.com."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.publishers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+", member))])
    error_message = "publishers must be members such as serviceAccount:NAME@PROJECT.iam.gserviceaccount.com; allUsers is refused."
  }
}

variable "readers" {
  description = "Who may read the dataset of facts, such as group:analysts@example.com. To query they need bigquery.jobUser in a project of their own."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.readers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+", member))])
    error_message = "readers must be members such as group:analysts@example.com; allUsers is refused."
  }
}

variable "region" {
  description = "Region of functions, Composer, the scheduler and secrets."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region such as europe-west1, not a zone."
  }
}

variable "retention" {
  description = <<-TEXT
    For how many days things are kept:
    - facts: rows of the logs in BigQuery; null for ever;
    - stream: rows of streams, at least 15, as a window of 7 days may wait for 7 more;
    - inbox: dropped files; null for ever;
    - noncurrent: what was replaced or deleted in a bucket; a run reads the spec that was current when it began;
    - images: container images of functions that are not among the last 5.
    messages_hours is for how long a topic keeps what was published, to seek back to; 0 keeps none.
  TEXT
  type = object({
    facts          = optional(number, 400)
    stream         = optional(number, 30)
    inbox          = optional(number)
    noncurrent     = optional(number, 30)
    images         = optional(number, 30)
    messages_hours = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = coalesce(var.retention.facts, 30) >= 30
    error_message = "retention.facts must be at least 30 days, or null for ever; the dashboard and the runbook look back a month."
  }
  validation {
    condition     = var.retention.stream >= 15
    error_message = "retention.stream must be at least 15 days: a window of 7 days may wait for 7 more."
  }
  validation {
    condition     = coalesce(var.retention.inbox, 7) >= 7
    error_message = "retention.inbox must be at least 7 days, or null for ever; a batch is read again when its run is repeated."
  }
  validation {
    condition     = var.retention.noncurrent >= 7
    error_message = "retention.noncurrent must be at least 7 days: a run reads the spec that was current when it began, and a run may be repeated."
  }
  validation {
    condition     = var.retention.images >= 1
    error_message = "retention.images must be at least 1 day."
  }
  validation {
    condition     = var.retention.messages_hours == 0 || (var.retention.messages_hours >= 1 && var.retention.messages_hours <= 744)
    error_message = "retention.messages_hours must be 0, or between 1 and 744, which is 31 days."
  }
}

variable "runbook" {
  description = "Where docs/operations.md can be read, which each alert links to. An address where there is one."
  type        = string
  default     = "docs/operations.md"
  nullable    = false
}

variable "runtime" {
  description = "Runtime of the functions."
  type        = string
  default     = "java25"
  nullable    = false

  validation {
    condition     = contains(["java25"], var.runtime)
    error_message = "runtime must be java25: the functions are compiled for it."
  }
}

variable "source_datasets" {
  description = "Datasets that specs may name as sources, as dataset or project.dataset; who reads sources may read them."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for dataset in var.source_datasets : can(regex("^([a-z][a-z0-9-]{4,28}[a-z0-9]\\.)?[A-Za-z_][A-Za-z0-9_]*$", dataset))])
    error_message = "source_datasets must be DATASET or PROJECT.DATASET."
  }
}

variable "thresholds" {
  description = "When people are told: see monitoring.tf."
  type = object({
    backlog_minutes     = optional(number, 10)
    errors_per_5_min    = optional(number, 5)
    memory_utilization  = optional(number, 0.9)
    predict_p99_ms      = optional(number, 500)
    predict_error_ratio = optional(number, 0.01)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.thresholds.backlog_minutes >= 1 && var.thresholds.errors_per_5_min >= 0 && var.thresholds.predict_p99_ms > 0
    error_message = "thresholds: backlog_minutes must be at least 1, errors_per_5_min at least 0, predict_p99_ms above 0."
  }
  validation {
    condition     = var.thresholds.memory_utilization > 0 && var.thresholds.memory_utilization < 1 && var.thresholds.predict_error_ratio > 0 && var.thresholds.predict_error_ratio < 1
    error_message = "thresholds: memory_utilization and predict_error_ratio are parts of one, such as 0.9 and 0.01."
  }
}

variable "uploaders" {
  description = "Who may drop files into the inbox, such as serviceAccount:etl@my-project.iam.gserviceaccount.com."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.uploaders : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+", member))])
    error_message = "uploaders must be members such as serviceAccount:NAME@PROJECT.iam.gserviceaccount.com; allUsers is refused."
  }
}

variable "webhook_hosts" {
  description = "Host names that alarms may be posted to. Empty for no webhook; else webhook_url is given too."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for host in var.webhook_hosts : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", host))])
    error_message = "webhook_hosts must be host names alone, such as hooks.example.com: no scheme, port or path."
  }
}

variable "webhook_url" {
  description = "Where alarms are posted. It goes to Secret Manager and into neither the plan nor the state; give it as TF_VAR_webhook_url."
  type        = string
  default     = ""
  ephemeral   = true
  nullable    = false

  validation {
    condition     = var.webhook_url == "" ? length(var.webhook_hosts) == 0 : can(regex("^https://", var.webhook_url))
    error_message = "webhook_url must be an https address where webhook_hosts has any."
  }
  validation {
    condition     = var.webhook_url == "" || contains(var.webhook_hosts, try(regex("^https://([^/:?#]+)", var.webhook_url)[0], ""))
    error_message = "webhook_hosts must have the host of webhook_url."
  }
}

variable "webhook_version" {
  description = "Raise it when webhook_url has changed: Terraform cannot see what is not in its state."
  type        = number
  default     = 1
  nullable    = false
}

variable "zips" {
  description = "Path of a function's zip, where {function} stands for its name. Default where ./sluice package leaves them."
  type        = string
  default     = null
}
