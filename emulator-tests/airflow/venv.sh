#!/usr/bin/env bash
# Makes target/airflow-venv, the Airflow that dags/test.sh and ./sluice up --airflow run on, from the
# hashed pins of dags/requirements.txt where those changed. Ends with 3, and why as the last line, where
# no fitting Python or no package index can be had; with 1 where the packages cannot be installed.
set -uo pipefail
umask 022

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
venv=$home/target/airflow-venv
python=$venv/bin/python
pins=$home/dags/requirements.txt

# The first Python that Airflow's pins fit and that makes environments. A shim may lie on PATH for
# a version that is not there, so each one is run.
find_python() {
  local version candidate
  for version in 3.12 3.11 3.10; do
    for candidate in "python$version" python3 \
      "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python {/usr,/usr/local}/bin/"python$version"; do
      if "$candidate" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
        command -v "$candidate"
        return
      fi
    done
  done
}

install() {
  rm -rf "$venv"
  if command -v uv >/dev/null; then
    uv venv --quiet --python "${found:-3.12}" "$venv" &&
      uv pip install --quiet --compile-bytecode --require-hashes --python "$python" -r "$pins"
  else
    # Older ones take the newest release of a package that is also wanted with an extra, not the pinned one.
    "$found" -m venv "$venv" &&
      "$python" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 20 pip==26.0 &&
      "$python" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 20 \
        --require-hashes -r "$pins"
  fi
}

is_made() {
  cmp -s "$pins" "$venv/requirements.txt" && "$python" -c '' 2>/dev/null
}

! is_made || exit 0
mkdir -p "$home/target"
# Two that want it at once make it once.
if command -v flock >/dev/null; then
  exec 9>"$venv.lock"
  flock 9
  ! is_made || exit 0
fi
found=$(find_python)
if [ -z "$found" ] && ! command -v uv >/dev/null; then
  echo "no Python 3.10 to 3.12 with venv, and no uv, is on PATH"
  exit 3
fi
echo "making target/airflow-venv with ${found:-uv}"
if ! told=$(install 2>&1); then
  if grep -qiE 'from versions: none|connection|network|timed out|name resolution|dns error|failed to fetch|proxy' <<<"$told"; then
    echo "the package index cannot be reached: $(grep -v '^ *$' <<<"$told" | tail -n 1)"
    exit 3
  fi
  tail -n 20 <<<"$told" | cut -c -300 >&2
  echo "the packages of dags/requirements.txt cannot be installed"
  exit 1
fi
cp "$pins" "$venv/requirements.txt"
