#!/usr/bin/env bash
# Tests the DAGs on real Airflow, in an environment made from hashed pins. Arguments go to pytest.
# Prints one line and ends well where no fitting Python or no package index can be had.
set -uo pipefail
umask 022

dags=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
told=$("$dags/../emulator-tests/airflow/venv.sh")
case $? in
  0) ;;
  3)
    echo "dags: no tests run: $(tail -n 1 <<<"$told")"
    exit 0
    ;;
  *)
    echo "dags: FAILED: $(tail -n 1 <<<"$told")" >&2
    exit 1
    ;;
esac

# The tests give Airflow a home of its own in a temporary folder.
cd "$dags" || exit 1
exec "$dags/../target/airflow-venv/bin/python" -m pytest -rs --show-capture=log --durations=5 "$@"
