# Sourced by bench.sh: Pythons with the tools that Sluice is measured beside, made from hashed pins.
# home is the checkout.

# Prints the first Python of a version that makes environments, or nothing. A shim may lie on PATH for
# a version that is not there, so each one is run.
peer_base() {
  local version=$1 candidate
  for candidate in "python$version" python3 \
    "${PYENV_ROOT:-${HOME:-/nowhere}/.pyenv}/versions/$version".*/bin/python {/usr,/usr/local}/bin/"python$version"; do
    if "$candidate" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

# What the pins of a peer run on.
peer_version() {
  case $1 in
    tfdv) echo 3.10 ;;
    *) echo 3.11 ;;
  esac
}

# The pins are complete, so nothing is resolved: pip alone would try versions for many minutes.
peer_install() {
  local venv=$1 pins=$2 version=$3 found
  found=$(peer_base "$version")
  if command -v uv >/dev/null; then
    uv venv --quiet --python "${found:-$version}" "$venv" &&
      uv pip install --quiet --no-deps --require-hashes --python "$venv/bin/python" -r "$pins"
  elif [ -n "$found" ]; then
    "$found" -m venv "$venv" &&
      "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$pins"
  else
    echo "no Python $version with venv, and no uv, is on PATH"
    return 1
  fi
}

# Sets peer_python to that of target/peers/NAME, which is made from benchmarks/peers/NAME.txt where
# that changed. Where it cannot be had, prints one line and fails.
peer_environment() {
  local name=$1 pins=$home/benchmarks/peers/$1.txt venv=$home/target/peers/$1 told
  peer_python=$venv/bin/python
  if cmp -s "$pins" "$venv/requirements.txt" && "$peer_python" -c '' 2>/dev/null; then
    return 0
  fi
  rm -rf "$venv"
  mkdir -p "$home/target/peers"
  echo "bench: making target/peers/$name, which takes some minutes" >&2
  if ! told=$(peer_install "$venv" "$pins" "$(peer_version "$name")" 2>&1); then
    echo "bench: $name is left out: $(grep -v '^ *$' <<<"$told" | tail -n 1 | cut -c -300)" >&2
    return 1
  fi
  cp "$pins" "$venv/requirements.txt"
}
