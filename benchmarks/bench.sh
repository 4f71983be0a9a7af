#!/usr/bin/env bash
# Benchmarks; run as ./sluice bench NAME.
set -euo pipefail
umask 022

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ -x "${JAVA_HOME:-}/bin/javac" ] || exec "$home/sluice" bench "$@"
# shellcheck source=emulator-tests/lib.sh
. "$home/emulator-tests/lib.sh"
# shellcheck source=benchmarks/peers.sh
. "$home/benchmarks/peers.sh"

usage() {
  cat <<'TEXT'
Usage: ./sluice bench NAME [ARGUMENT...]
  live [CSV]    seconds from upload to a live model, once warm, and those of each stage
  train [CSV]   AUC of the released model against Python's XGBoost on the same rows, five seeds
  ingest [ROWS] files to examples on one thread, CSV beside DuckDB and pyarrow, five rounds in turn
  statistics [ROWS] [--csv FILE --label COLUMN --group-by A,B,C] [--no-peers]
                all statistics of a CSV, 1,000,000 rows unless told, on one thread, beside DuckDB, pandas
                and TensorFlow Data Validation; and what slices add
  large [GB]    a CSV object of 5 GB, unless told, through a heap of 512 MiB
  jmh [REGEX]   the hot loops, by JMH
  stream [--rate N] [--seconds N] [--no-kill]
                rows a second from Pub/Sub into windows, 5,000 for two minutes unless told, with duplicates
                and receive-rows killed half-way: how many were lost or counted twice, and how long each took
  deployed [--rows N] [--hinted]
                a file of 1,500,000 rows, unless told, through every function as it is deployed, each held to
                its memory and CPU: what each took, and how long each takes to a first answer; --hinted with
                heaps of seven tenths of the memory in place of a quarter
  faults [--kind K] [--seeds N] [--no-peers] [--show] [--cases FOLDER] [--csv FILE --label COLUMN]
                files broken in thirteen ways: who finds out, what feature, group and row, and how many alarms
                are false, beside TFDV and Evidently (docs/fault-bench.md)
  chaos [--rounds N] [--seed N]
                the whole way while things break, 50 rounds or the one of a seed (docs/faults.md)
  fuzz [SECONDS] [TARGET...]
                inputs that Jazzer makes up, for each format that is read (30 seconds each)

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
chaos() {
  local rounds='' seed=''
  while [ $# -gt 0 ]; do
    case $1 in
      --rounds) rounds=${2:?--rounds needs a number}; shift 2 ;;
      --seed) seed=${2:?--seed needs a number}; shift 2 ;;
      *) echo "bench: chaos takes --rounds N and --seed N, not '$1'" >&2; exit 2 ;;
    esac
  done
  [ -n "$rounds" ] || { [ -n "$seed" ] && rounds=1 || rounds=50; }
  cd "$home"
  exec ./mvnw -B -ntp -pl emulator-tests/scenarios -am package -Dtest=FaultsTest \
    -Dsurefire.failIfNoSpecifiedTests=false -Dsluice.faults.rounds="$rounds" \
    -Dsluice.faults.seed="${seed:-1}"
}

# Peers look at the same files, where they can be had.
faults() {
  local jars=$home/benchmarks/target peer peers=()
  if [[ " $* " != *" --no-peers "* ]]; then
    for peer in tfdv evidently; do
      ! peer_environment "$peer" || peers+=("--$peer" "$peer_python")
    done
  fi
  exec "$JAVA_HOME/bin/java" -Xmx4g -XX:+UseParallelGC --enable-native-access=ALL-UNNAMED \
    -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" dev.sluice.benchmarks.faults.FaultBench \
    --taxi "$home/../shared/data/taxi/trips.csv" --out "$home/target/faults.json" \
    --peers "$home/benchmarks/faults_peers.py" ${peers[@]+"${peers[@]}"} "$@"
}

# The files go with the run.
ingest() {
  local rows=${1:-1000000} rounds=5 jars=$home/benchmarks/target
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT TERM
  "$JAVA_HOME/bin/java" -Xmx2g -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow \
    -Djava.util.logging.config.file="$home/emulator-tests/local-cloud/logging.properties" \
    -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" dev.sluice.benchmarks.IngestBench \
    "$folder" "$rows" "$rounds"
  if python_environment; then
    "$python" "$home/benchmarks/ingest_peers.py" "$folder/listings.csv" "$rounds"
  else
    echo "bench: pyarrow is left out, as no Python 3.11 to 3.14 with venv, and no uv, is on PATH"
  fi
}

# DuckDB runs in turn with Sluice, in its process; the other peers after them.
statistics() {
  local rows=1000000 rounds=5 csv='' label='' groups='' peers=true jars=$home/benchmarks/target figures
  while [ $# -gt 0 ]; do
    case $1 in
      --csv) csv=${2:?--csv needs a file}; shift 2 ;;
      --label) label=${2:?--label needs a column}; shift 2 ;;
      --group-by) groups=${2:?--group-by needs columns}; shift 2 ;;
      --no-peers) peers=false; shift ;;
      *[!0-9]* | '')
        echo "bench: statistics takes ROWS, --csv, --label, --group-by and --no-peers, not '$1'" >&2
        exit 2
        ;;
      *) rows=$1; shift ;;
    esac
  done
  if [ -n "$csv" ] && { [ ! -r "$csv" ] || [ -z "$label" ] || [ -z "$groups" ]; }; then
    echo "bench: --csv names a file that can be read, and needs --label and --group-by" >&2
    exit 2
  fi
  [ "$rows" -le 2000000 ] || rounds=1
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT TERM
  "$JAVA_HOME/bin/java" -Xmx256m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow \
    -Djava.util.logging.config.file="$home/emulator-tests/local-cloud/logging.properties" \
    -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" dev.sluice.benchmarks.StatisticsBench \
    "${csv:-$folder/listings.csv}" "$rows" "$rounds" ${csv:+"$label" ${groups//,/ }} | tee "$folder/told"
  $peers || return 0
  figures=$(tail -n 1 "$folder/told")
  if peer_environment evidently; then
    "$peer_python" "$home/benchmarks/statistics_peers.py" pandas "${csv:-$folder/listings.csv}" 3 "$figures"
  fi
  if peer_environment tfdv; then
    "$peer_python" "$home/benchmarks/statistics_peers.py" tfdv "${csv:-$folder/listings.csv}" 1 "$figures" 2>"$folder/tfdv.log" ||
      { tail -n 3 "$folder/tfdv.log" >&2; exit 1; }
  fi
}

# What Jazzer finds new stays in target/fuzz, so that the next run begins there.
fuzz() {
  local seconds=30 corpora=$home/shared/examples/src/test/resources/dev/sluice/examples/fuzz
  local target log failed=0
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
  fi
  [ $# -gt 0 ] || { set -- "$corpora"/*; set -- "${@##*/}"; }
  for target in "$@"; do
    [ -d "$corpora/$target" ] || {
      echo "bench: fuzz has no target '$target'; it has $(cd "$corpora" && echo *)" >&2
      exit 2
    }
  done
  (cd "$home" && ./mvnw -B -ntp -q -Pfuzz -pl shared/examples -am test-compile \
    dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/fuzz.classpath)
  for target in "$@"; do
    mkdir -p "$home/target/fuzz/$target/found"
    cd "$home/target/fuzz/$target"
    log=$PWD/log
    if "$JAVA_HOME/bin/java" -Xmx1g -XX:+EnableDynamicAgentLoading --enable-native-access=ALL-UNNAMED \
      --sun-misc-unsafe-memory-access=allow \
      -cp "$home/shared/examples/target/test-classes:$home/shared/examples/target/classes:$(cat "$home/shared/examples/target/fuzz.classpath")" \
      com.code_intelligence.jazzer.Jazzer --target_class=dev.sluice.examples.Fuzzer \
      --target_args="$target" --instrumentation_includes='dev.sluice.**' \
      -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 found "$corpora/$target" >"$log" 2>&1; then
      echo "$target: $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) .*/\1 inputs in \2 s, no finding/p' "$log")"
    else
      failed=1
      echo "$target: a finding; $log tells it, and the input beside it, copied to $corpora/$target, makes it a test" >&2
      grep -m 1 -A 3 '^== Java Exception' "$log" >&2 || tail -n 5 "$log" >&2
    fi
  done
  return "$failed"
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
  chaos) chaos "$@" ;;
  ingest) ingest "$@" ;;
  statistics) statistics "$@" ;;
  large)
    jars=$home/benchmarks/target
    exec "$JAVA_HOME/bin/java" -Xmx512m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
      --sun-misc-unsafe-memory-access=allow \
      -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" dev.sluice.benchmarks.LargeBench "${1:-5}"
    ;;
  stream)
    jars=$home/benchmarks/target
    exec "$JAVA_HOME/bin/java" -Xmx3g -XX:+UseParallelGC --enable-native-access=ALL-UNNAMED \
      --sun-misc-unsafe-memory-access=allow "-Dsluice.home=$home" \
      -Djava.util.logging.config.file="$home/emulator-tests/local-cloud/logging.properties" \
      -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" dev.sluice.benchmarks.StreamBench "$@"
    ;;
  deployed)
    jars=$home/benchmarks/target
    exec "$JAVA_HOME/bin/java" -Xmx3g -XX:+UseParallelGC --enable-native-access=ALL-UNNAMED \
      --sun-misc-unsafe-memory-access=allow "-Dsluice.home=$home" \
      -Djava.util.logging.config.file="$home/emulator-tests/local-cloud/logging.properties" \
      -cp "$jars/sluice-benchmarks-0.1.0.jar:$jars/libs/*" dev.sluice.benchmarks.DeployedBench "$@"
    ;;
  fuzz) fuzz "$@" ;;
  "" | --help | -h) usage ;;
  *)
    echo "bench: no benchmark is named '$name'" >&2
    usage >&2
    exit 2
    ;;
esac
