variable "folder" {
  description = "Folder whose subfolders are the functions."
  type        = string
}

variable "overrides" {
  description = "Function to what is other than its manifest says; checked as the manifest is."
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

variable "placeholders" {
  description = "What an environment value may name between braces."
  type        = set(string)
}

variable "roles" {
  description = "Resource to its kind and to the words that a manifest may use of it, as roles.yaml has them."
  type        = any
}

variable "secrets" {
  description = "Names that a manifest's secrets may have."
  type        = set(string)
}
