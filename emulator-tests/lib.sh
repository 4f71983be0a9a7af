# Sourced by the scripts that test and measure: a Python with Google's clients, a cloud for a while.
# They set home to the checkout first.

# The first Python that the pinned packages run on, or nothing.
find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(not ((3, 11) <= sys.version_info < (3, 15)))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

# Sets python to that of target/venv, which is made from the hashed requirements where those changed.
# Answers 3 where no Python can be had, 1 where its packages cannot.
python_environment() {
  local wanted=$home/emulator-tests/clients/requirements.txt venv=$home/target/venv found
  python=$venv/bin/python
  if cmp -s "$wanted" "$venv/requirements.txt" && "$python" -c '' 2>/dev/null; then
    return 0
  fi
  rm -rf "$venv"
  mkdir -p "$home/target"
  found=$(find_python)
  if command -v uv >/dev/null; then
    uv venv --quiet --python "${found:-3.12}" "$venv" || return 3
    uv pip install --quiet --require-hashes --python "$python" -r "$wanted" || return 1
  else
    [ -n "$found" ] || return 3
    "$found" -m venv "$venv" || return 3
    # Older ones take the newest release of a package that is also wanted with an extra, not the pinned one.
    "$python" -m pip install --quiet --disable-pip-version-check pip==26.0 || return 1
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$wanted" || return 1
  fi
  cp "$wanted" "$venv/requirements.txt"
}

# Starts a local cloud of its own in a new folder and exports its addresses, SLUICE_STATE and
# SLUICE_PIPELINES, a folder whose specs it takes up. stop_cloud ends it and removes the folder.
cloud=
start_cloud() {
  cloud=$(mktemp -d)
  mkdir "$cloud/pipelines"
  "$home/sluice" up --detach --state "$cloud/state" --pipelines "$cloud/pipelines" || return 1
  set -a
  # shellcheck disable=SC1091
  . "$cloud/state/local.env"
  set +a
  export SLUICE_PIPELINES=$cloud/pipelines SLUICE_STATE=$cloud/state
  # Spinning threads of XGBoost starve everything else on few cores.
  export OMP_WAIT_POLICY=passive PYTHONDONTWRITEBYTECODE=1
}

stop_cloud() {
  [ -n "$cloud" ] || return 0
  [ ! -f "$cloud/state/cloud.json" ] || "$home/sluice" down --state "$cloud/state" >/dev/null
  rm -rf "$cloud"
  cloud=
}
