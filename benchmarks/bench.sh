#!/usr/bin/env bash
# Benchmarks; run as ./sluice bench NAME.
set -euo pipefail
umask 022

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ -x "${JAVA_HOME:-}/bin/javac" ] || exec "$home/sluice" bench "$@"
# shellcheck source=emulator-tests/lib.sh
. "$home/emulator-tests/lib.sh"

usage() {
  cat <<'TEXT'
Usage: ./sluice bench NAME [ARGUMENT...]
  live [CSV]    seconds from upload to a live model, once warm, and those of each stage
  train [CSV]   AUC of the released model against Python's XGBoost on the same rows, five seeds
  jmh [REGEX]   the hot loops, by JMH
  stream [--rate N] [--seconds N] [--no-kill]
                rows a second from Pub/Sub into windows, 5,000 for two minutes unless told, with duplicates
                and receive-rows killed half-way: how many were lost or counted twice, and how long each took
  faults [--rounds N] [--seed N]
                the whole way while things break, 50 rounds or the one of a seed (docs/faults.md)

CSV is taxi's file: ../shared/data/taxi/trips.csv beside the checkout unless given; where it is not
there, rows of the same shape are made up. The last line of live and train is JSON.
TEXT
}

# A cloud of its own for a Python script, which speaks to it with Google's clients.
measure() {
  local script=$1
  shift
  python_environment || {
    echo "bench: needs Python 3.11 to 3.14 and the packages of emulator-tests/clients/requirements.txt" >&2
    exit 1
  }
  trap stop_cloud EXIT
  trap 'exit 130' INT TERM
  start_cloud >&2 || exit 1
  PYTHONPATH=$home/emulator-tests/clients "$python" "$home/benchmarks/$script" "$@"
}

# The scenario's rounds, more of them or the one that a seed names.
faults() {
  local rounds='' seed=''
  while [ $# -gt 0 ]; do
    case $1 in
      --rounds) rounds=${2:?--rounds needs a number}; shift 2 ;;
      --seed) seed=${2:?--seed needs a number}; shift 2 ;;
      *) echo "bench: faults takes --rounds N and --seed N, not '$1'" >&2; exit 2 ;;
    esac
  done
  [ -n "$rounds" ] || { [ -n "$seed" ] && rounds=1 || rounds=50; }
  cd "$home"
  exec ./mvnw -B -ntp -pl emulator-tests/scenarios -am package -Dtest=FaultsTest \
    -Dsurefire.failIfNoSpecifiedTests=false -Dsluice.faults.rounds="$rounds" \
    -Dsluice.faults.seed="${seed:-1}"
}

name=${1:-}
[ $# = 0 ] || shift
case $name in
  live) measure live.py "$@" ;;
  train) measure train.py "$@" ;;
  jmh)
    export OMP_WAIT_POLICY=passive
    jars=$home/benchmarks/target
    exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
      -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" org.openjdk.jmh.Main -jvmArgs \
      --enable-native-access=ALL-UNNAMED "$@"
    ;;
  faults) faults "$@" ;;
  stream)
    jars=$home/benchmarks/target
    exec "$JAVA_HOME/bin/java" -Xmx3g -XX:+UseParallelGC --enable-native-access=ALL-UNNAMED \
      --sun-misc-unsafe-memory-access=allow "-Dsluice.home=$home" \
      -Djava.util.logging.config.file="$home/emulator-tests/local-cloud/logging.properties" \
      -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" dev.sluice.benchmarks.StreamBench "$@"
    ;;
  "" | --help | -h) usage ;;
  *)
    echo "bench: no benchmark is named '$name'" >&2
    usage >&2
    exit 2
    ;;
esac
