"""One DAG a pipeline: the file that Airflow parses."""

from pathlib import Path

from sluice.factory import build_dags

globals().update(build_dags(Path(__file__).parent))
