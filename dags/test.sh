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

# The UI's test is one of ./sluice test; where this may not install its browser, it skips with a line.
browser() {
  local log=$dags/../target/chromium.log
  [ -n "${SLUICE_STATE:-}" ] || return 0
  if command -v chromedriver >/dev/null && { command -v chromium || command -v google-chrome; } >/dev/null; then
    return 0
  fi
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  echo "dags: installing chromium and chromium-driver by apt-get"
  if ! (export DEBIAN_FRONTEND=noninteractive
    # The second line is for a machine whose lists are old or not there.
    install="timeout 300 apt-get install -y --no-install-recommends chromium chromium-driver"
    $install || { timeout 120 apt-get update && $install; }) >"$log" 2>&1 </dev/null; then
    echo "dags: chromium cannot be installed: $(tail -n 1 "$log") (target/chromium.log)"
  fi
}
browser

# The tests give Airflow a home of its own in a temporary folder.
cd "$dags" || exit 1
exec "$dags/../target/airflow-venv/bin/python" -m pytest -rs --show-capture=log --durations=5 "$@"
