#!/usr/bin/env bash
# Tests the DAGs on real Airflow, in an environment made from hashed pins. Arguments go to pytest.
# Prints one line and ends well where no fitting Python or no package index can be had.
set -uo pipefail
umask 022

dags=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$(dirname "$dags")/target/airflow-venv
python=$venv/bin/python
pins=$dags/requirements.txt

skip() {
  echo "dags: no tests run: $*"
  exit 0
}

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
  mkdir -p "$(dirname "$venv")"
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

if ! cmp -s "$pins" "$venv/requirements.txt" || ! "$python" -c '' 2>/dev/null; then
  found=$(find_python)
  [ -n "$found" ] || command -v uv >/dev/null || skip "no Python 3.10 to 3.12 with venv, and no uv"
  echo "dags: making target/airflow-venv with ${found:-uv}"
  if ! told=$(install 2>&1); then
    if grep -qiE 'from versions: none|connection|network|timed out|name resolution|dns error|failed to fetch|proxy' <<<"$told"; then
      skip "the package index cannot be reached: $(grep -v '^ *$' <<<"$told" | tail -n 1)"
    fi
    tail -n 20 <<<"$told" | cut -c -300 >&2
    echo "dags: FAILED: the packages of dags/requirements.txt cannot be installed" >&2
    exit 1
  fi
  cp "$pins" "$venv/requirements.txt"
fi

# The tests give Airflow a home of its own in a temporary folder.
cd "$dags" || exit 1
exec "$python" -m pytest -rs --show-capture=log --durations=5 "$@"
