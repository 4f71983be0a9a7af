output "airflow" {
  description = "Airflow's web address."
  value       = module.sluice.airflow
}

output "buckets" {
  description = "Kind to bucket."
  value       = module.sluice.buckets
}

output "cloud" {
  description = "What ./sluice needs to know: terraform output -raw cloud > prod.env."
  value       = module.sluice.cloud
}

output "functions" {
  description = "Function to its address."
  value       = module.sluice.functions
}

output "service_accounts" {
  description = "Function to the account it runs as."
  value       = module.sluice.service_accounts
}

output "use" {
  description = "The ways to use it."
  value       = module.sluice.use
}
