#!/usr/bin/env bash
# Every test: the Maven build's, Terraform's, then Python's against a local cloud. Run as ./sluice test.
set -uo pipefail
umask 022

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ -x "${JAVA_HOME:-}/bin/javac" ] || exec "$home/sluice" test "$@"
# shellcheck source=emulator-tests/lib.sh
. "$home/emulator-tests/lib.sh"

usage() {
  cat <<'TEXT'
Usage: ./sluice test [--java] [--python] [--terraform] [PYTEST_ARGUMENT...]
Runs every test and prints the counts of each runner at the end; exits non-zero on any failure.
      --java       only the Maven build: format, static checks, unit and scenario tests
      --python     only the Python ones: Google's clients against a local cloud, to whose pytest any further
                   arguments go, and the DAGs on Airflow
      --terraform  only the Terraform tree: format, validation, tests on a provider that is mocked, linters
      --help       this text
TEXT
}

java=true python_tests=true terraform=true
case ${1:-} in
  --java) python_tests=false terraform=false; shift ;;
  --python) java=false terraform=false; shift ;;
  --terraform) java=false python_tests=false; shift ;;
  --help | -h) usage; exit 0 ;;
  "") ;;
  *) usage >&2; exit 2 ;;
esac

cd "$home" || exit 1
mkdir -p target
# Spinning threads of XGBoost starve everything else on few cores.
export OMP_WAIT_POLICY=passive
summary=() failed=0

finish() {
  local verdict=$1
  shift
  summary+=("$*")
  [ "$verdict" = 0 ] || failed=1
}

# Surefire's line of each module, added up.
surefire_totals() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+ *$/ {
      gsub(/[^0-9 ]/, ""); run += $1; bad += $2; errors += $3; skipped += $4; modules++
    }
    END {
      printf "Tests run: %d, Failures: %d, Errors: %d, Skipped: %d (Surefire, %d modules)", run, bad, errors, skipped, modules
    }'
}

run_java() {
  local log=target/test-java.log stamp=target/sluice.building started=$SECONDS result
  touch "$stamp"
  # One module at a time: tests that wait for an answer share two processors badly.
  ./mvnw -B -ntp --fail-at-end spotless:check verify 2>&1 | tee "$log"
  result=${PIPESTATUS[0]}
  # A whole build is what the launcher would make again.
  [ "$result" != 0 ] || mv "$stamp" target/sluice.built
  local verdict="build passed"
  [ "$result" = 0 ] || verdict="BUILD FAILED, see target/test-java.log"
  finish "$result" "Java    $(surefire_totals "$log"), $verdict, $((SECONDS - started)) s"
}

# The last line that a pytest run left in its log.
pytest_counts() {
  tail -n 1 "$1" | sed 's/\x1b\[[0-9;]*m//g; s/=//g; s/^ *//; s/ *$//'
}

run_clients() {
  local log=target/test-clients.log started=$SECONDS result
  python_environment
  result=$?
  if [ "$result" = 3 ]; then
    finish 0 "Python  clients: no tests run, as no Python 3.11 to 3.14 with venv, and no uv, is on PATH"
    return
  elif [ "$result" != 0 ]; then
    finish 1 "Python  clients: FAILED, the packages of emulator-tests/clients/requirements.txt cannot be installed"
    return
  fi
  "$python" -m pytest -p no:cacheprovider -rs --durations=5 emulator-tests/clients "$@" 2>&1 | tee "$log"
  result=${PIPESTATUS[0]}
  if [ "$result" != 0 ]; then
    echo "--- the end of the local cloud's log"
    tail -n 40 "$cloud/state/sluice.log"
  fi
  finish "$result" "Python  clients: $(pytest_counts "$log") (pytest), $((SECONDS - started)) s in all"
}

run_dags() {
  local log=target/test-dags.log started=$SECONDS result
  [ -x dags/test.sh ] || return 0
  dags/test.sh 2>&1 | tee "$log"
  result=${PIPESTATUS[0]}
  finish "$result" "Python  dags: $(pytest_counts "$log") (pytest), $((SECONDS - started)) s in all"
}

run_terraform() {
  local log=target/test-terraform.log started=$SECONDS result
  terraform/test.sh 2>&1 | tee "$log"
  result=${PIPESTATUS[0]}
  finish "$result" "$(tail -n 1 "$log"), $((SECONDS - started)) s"
}

run_python() {
  if start_cloud; then
    run_clients "$@"
    run_dags
  else
    finish 1 "Python  FAILED, the local cloud did not start"
  fi
  stop_cloud
}

trap 'stop_cloud' EXIT
trap 'exit 130' INT TERM

! $java || run_java
! $terraform || run_terraform
! $python_tests || run_python "$@"

echo
echo "=== ./sluice test"
printf '%s\n' "${summary[@]}"
if [ "$failed" != 0 ]; then
  echo "FAILED"
else
  echo "passed"
fi
exit "$failed"
