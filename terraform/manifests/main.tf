# Reads functions/*/function.yaml as the local cloud does and says what is wrong with them. No
# provider checks most of this before the cloud refuses it, one function at a time, in the middle
# of an apply.

locals {
  files = {
    for file in fileset(var.folder, "*/function.yaml") :
    dirname(file) => try(yamldecode(file("${var.folder}/${file}")), null)
  }

  keys = [
    "entry_point", "trigger", "memory", "cpu", "timeout", "concurrency", "min_instances",
    "max_instances", "environment", "secrets", "roles", "invokers",
  ]
  triggers = ["http", "storage", "pubsub", "schedule"]
  invokers = ["callers", "composer", "eventarc", "pubsub", "scheduler"]

  # Cloud Run's own, which it refuses or overwrites.
  reserved = [
    "FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "K_SERVICE", "K_REVISION", "K_CONFIGURATION",
    "PORT",
  ]

  # Whom a trigger calls its function as, and for how many seconds it waits.
  callers  = { storage = "eventarc", pubsub = "pubsub", schedule = "scheduler" }
  patience = { http = 3600, storage = 540, pubsub = 600, schedule = 1800 }

  # Cloud Run's memory limit by CPUs, in MiB; an instance of more memory needs more CPUs.
  memory_limits = { 1 = 4096, 2 = 8192, 4 = 16384, 6 = 24576, 8 = 32768 }

  # And the least that an instance of many CPUs may have.
  memory_floors = { 4 = 2048, 6 = 4096, 8 = 4096 }

  raw = {
    for name, manifest in local.files :
    name => merge(
      try({ for key, value in manifest : key => value }, {}),
      { for key, value in try(var.overrides[name], {}) : key => value if value != null },
    )
  }

  functions = {
    for name, manifest in local.raw :
    name => {
      entry_point = try(tostring(manifest.entry_point), "")
      trigger     = try(keys(manifest.trigger)[0], "")
      bucket      = try(tostring(manifest.trigger.storage.bucket), "")
      event       = try(tostring(manifest.trigger.storage.event), "")
      topic       = try(tostring(manifest.trigger.pubsub.topic), "")
      cron        = try(tostring(manifest.trigger.schedule), "")
      max_attempts = try(
        tonumber(manifest.trigger.pubsub.max_attempts), 5
      )
      ack_deadline_seconds = try(
        tonumber(trimsuffix(manifest.trigger.pubsub.ack_deadline, "s")), 60
      )
      memory          = try(tostring(manifest.memory), "")
      memory_mib      = try(tonumber(regex("^([0-9]+)Mi$", manifest.memory)[0]), tonumber(regex("^([0-9]+)Gi$", manifest.memory)[0]) * 1024, 0)
      cpu             = try(tonumber(manifest.cpu), 1)
      timeout_seconds = try(tonumber(trimsuffix(manifest.timeout, "s")), 60)
      concurrency     = try(tonumber(manifest.concurrency), 1)
      min_instances   = try(tonumber(manifest.min_instances), 0)
      max_instances   = try(tonumber(manifest.max_instances), 20)
      environment = try(
        { for key, value in manifest.environment : key => tostring(value) }, {}
      )
      secrets = try(
        { for key, value in manifest.secrets : key => tostring(value) }, {}
      )
      roles = try(
        { for resource, words in manifest.roles : resource => [for word in words : tostring(word)] }, {}
      )
      invokers = try([for invoker in manifest.invokers : tostring(invoker)], [])
    }
  }

  # A condition that is true is a problem.
  findings = {
    for name, function in local.functions :
    name => concat(
      [
        {
          found = !can(regex("^[a-z][a-z0-9-]{0,21}[a-z0-9]$", name))
          text  = "the folder's name must be 2 to 23 lower-case letters, digits and dashes, as it names the service and its account"
        },
        {
          found = !can(keys(local.files[name]))
          text  = "is not a YAML mapping"
        },
        {
          found = function.entry_point == ""
          text  = "entry_point is missing; name the class, such as dev.sluice.functions.analyze.Analyze"
        },
        {
          found = try(length(keys(local.raw[name].trigger)), 0) != 1 || !contains(local.triggers, function.trigger)
          text  = "trigger must be one of ${join(", ", local.triggers)}; an HTTP trigger is {http: {}}"
        },
        {
          found = function.trigger == "storage" && (function.bucket != "inbox" || function.event != "finalized")
          text  = "trigger.storage must be {bucket: inbox, event: finalized}"
        },
        {
          found = function.trigger == "pubsub" && !can(regex("^[a-z][a-z0-9-]{2,200}$", function.topic))
          text  = "trigger.pubsub.topic is '${function.topic}'; name a topic such as sluice-rows"
        },
        {
          found = function.trigger == "pubsub" && (function.max_attempts < 5 || function.max_attempts > 100)
          text  = "trigger.pubsub.max_attempts is ${function.max_attempts}; Pub/Sub takes 5 to 100"
        },
        {
          found = function.trigger == "pubsub" && (function.ack_deadline_seconds < 10 || function.ack_deadline_seconds > 600)
          text  = "trigger.pubsub.ack_deadline is ${function.ack_deadline_seconds}s; Pub/Sub takes 10s to 600s"
        },
        {
          found = function.trigger == "pubsub" && function.timeout_seconds > function.ack_deadline_seconds
          text  = "timeout is ${function.timeout_seconds}s, after ack_deadline ${function.ack_deadline_seconds}s; a message would be delivered again while it is still being worked on"
        },
        {
          found = function.trigger == "schedule" && length(split(" ", function.cron)) != 5
          text  = "trigger.schedule is '${function.cron}'; a cron line has five fields"
        },
        {
          found = function.memory_mib < 128 || function.memory_mib > 32768
          text  = "memory is '${function.memory}'; write it as 512Mi or 2Gi, from 128Mi to 32Gi"
        },
        {
          found = !contains([1, 2, 4, 6, 8], function.cpu) && (function.cpu < 0.08 || function.cpu >= 1)
          text  = "cpu is ${function.cpu}; Cloud Run has 1, 2, 4, 6, 8, or less than 1 from 0.08"
        },
        {
          found = function.memory_mib > lookup(local.memory_limits, function.cpu, 1024)
          text  = "memory ${function.memory} is over the ${lookup(local.memory_limits, function.cpu, 1024)} MiB that cpu ${function.cpu} may have; raise cpu"
        },
        {
          found = function.memory_mib > 0 && function.memory_mib < lookup(local.memory_floors, function.cpu, 0)
          text  = "memory ${function.memory} is under the ${lookup(local.memory_floors, function.cpu, 0)} MiB that cpu ${function.cpu} must have; raise memory or lower cpu"
        },
        {
          found = !can(regex("^[1-9][0-9]{0,5}s$", try(local.raw[name].timeout, "60s")))
          text  = "timeout is '${try(local.raw[name].timeout, "")}'; write seconds, such as 900s"
        },
        {
          found = function.timeout_seconds > lookup(local.patience, function.trigger, 3600)
          text  = "timeout is ${function.timeout_seconds}s, over the ${lookup(local.patience, function.trigger, 3600)} s that its trigger allows"
        },
        {
          found = function.concurrency < 1 || function.concurrency > 1000
          text  = "concurrency is ${function.concurrency}; it lies between 1 and 1000"
        },
        {
          found = function.concurrency > 1 && function.cpu < 1
          text  = "concurrency above 1 needs a cpu of at least 1"
        },
        {
          found = function.min_instances < 0 || function.max_instances < 1 || function.min_instances > function.max_instances
          text  = "min_instances is ${function.min_instances} and max_instances ${function.max_instances}; the first may not be above the second"
        },
        {
          found = function.trigger == "storage" && !contains(try(function.roles.project, []), "eventarc.eventReceiver")
          text  = "a storage trigger runs under the function's account, which needs roles: {project: [eventarc.eventReceiver]}"
        },
        {
          found = contains(keys(local.callers), function.trigger) && !contains(function.invokers, lookup(local.callers, function.trigger, ""))
          text  = "invokers lacks ${lookup(local.callers, function.trigger, "")}, which its trigger calls it as"
        },
      ],
      [
        for key in setsubtract(try(keys(local.raw[name]), []), local.keys) : {
          found = true
          text  = "key ${key} is unknown; the keys are ${join(", ", local.keys)}"
        }
      ],
      [
        for invoker in setsubtract(function.invokers, local.invokers) : {
          found = true
          text  = "invoker ${invoker} is unknown; an invoker is one of ${join(", ", local.invokers)}"
        }
      ],
      [
        for key, value in function.environment : {
          found = contains(local.reserved, key) || startswith(key, "X_GOOGLE_") || !can(regex("^[A-Za-z_][A-Za-z0-9_]*$", key))
          text  = "environment ${key} is a name that Cloud Run keeps for itself, or no name of a variable"
        }
      ],
      [
        for key in setintersection(keys(function.environment), keys(function.secrets)) : {
          found = true
          text  = "${key} is under environment and under secrets; keep one"
        }
      ],
      flatten([
        for key, value in function.environment : [
          for placeholder in regexall("\\$\\{([^}]*)\\}", value) : {
            found = !contains(var.placeholders, placeholder[0])
            text  = "environment ${key} names $${${placeholder[0]}}; the placeholders are ${join(", ", var.placeholders)}"
          }
        ]
      ]),
      [
        for key, secret in function.secrets : {
          found = !contains(var.secrets, secret)
          text  = "secrets ${key} names ${secret}; the secrets are ${join(", ", var.secrets)}"
        }
      ],
      flatten([
        for resource, words in function.roles : concat(
          [{
            found = !contains(keys(var.roles), resource)
            text  = "roles has ${resource}, which is no resource; they are ${join(", ", keys(var.roles))}"
          }],
          [for word in words : {
            found = contains(keys(var.roles), resource) && !contains(try(keys(var.roles[resource].words), []), word)
            text  = "roles.${resource} has ${word}; roles.yaml knows ${join(", ", try(keys(var.roles[resource].words), []))}"
          }],
        )
      ]),
    )
  }

  # On a whole project only what is narrow by itself.
  broad = flatten([
    for resource, entry in var.roles : [
      for word, grant in entry.words : "${resource}.${word}"
      if entry.kind == "project" && can(regex("^roles/(owner|editor|viewer|.*[aA]dmin)$", grant.role))
    ]
  ])

  problems = concat(
    [
      for word in local.broad :
      "roles.yaml: ${word} is a role over everything in the project; name what is called, and the resource it is called on"
    ],
    length(local.files) == 0 ? ["${var.folder} holds no function: no */function.yaml"] : [],
    [
      for name in setsubtract(keys(var.overrides), keys(local.files)) :
      "overrides names ${name}, but there is no function ${name}"
    ],
    flatten([
      for name, findings in local.findings : [
        for finding in findings : "functions/${name}/function.yaml: ${finding.text}" if finding.found
      ]
    ]),
  )
}
