"""Sluice on Airflow: DAGs derived from operations.yaml and pipelines/*.yaml."""
