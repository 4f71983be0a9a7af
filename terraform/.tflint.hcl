# The rules that are built into tflint; its plugin for Google would have to be downloaded.
config {
  call_module_type = "local"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Files are named after what they make, as buckets.tf and topics.tf; a main.tf would hold nothing.
rule "terraform_standard_module_structure" {
  enabled = false
}
