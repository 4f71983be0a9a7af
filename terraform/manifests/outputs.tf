output "functions" {
  description = "Function to its manifest, with every default filled in. Of use only where there are no problems."
  value       = local.functions
}

output "problems" {
  description = "What is wrong with the manifests, a sentence each: file, key, value, what to write."
  value       = local.problems
}
