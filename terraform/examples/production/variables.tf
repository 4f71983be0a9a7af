variable "budget" {
  description = "Billing account and amount for a month; null for none."
  type = object({
    billing_account = string
    amount          = number
  })
  default = null
}

variable "callers" {
  description = "Who may ask predict."
  type        = set(string)
  default     = []
}

variable "environment" {
  description = "stage or prod; also the workspace's name."
  type        = string

  validation {
    condition     = contains(["stage", "prod"], var.environment)
    error_message = "environment must be stage or prod."
  }
}

variable "oncall" {
  description = "Email addresses of who is told."
  type        = set(string)

  validation {
    condition     = length(var.oncall) > 0
    error_message = "oncall must name somebody: an alert that nobody reads is none."
  }
}

variable "project" {
  description = "Project id, of this environment alone."
  type        = string
}

variable "publishers" {
  description = "Who may publish rows."
  type        = set(string)
  default     = []
}

variable "readers" {
  description = "Who may read the dataset of facts."
  type        = set(string)
  default     = []
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "europe-west1"
}

variable "source_datasets" {
  description = "Datasets that specs may name as sources."
  type        = set(string)
  default     = []
}

variable "uploaders" {
  description = "Who may drop files."
  type        = set(string)
  default     = []
}

variable "webhook_hosts" {
  description = "Host names that alarms may be posted to."
  type        = list(string)
  default     = []
}

variable "webhook_url" {
  description = "Where alarms are posted; give it as TF_VAR_webhook_url."
  type        = string
  default     = ""
  ephemeral   = true
}

variable "webhook_version" {
  description = "Raise it when webhook_url has changed."
  type        = number
  default     = 1
}

variable "zips" {
  description = "Path of a function's zip, where {function} stands for its name. Default where ./sluice package leaves them."
  type        = string
  default     = null
}
