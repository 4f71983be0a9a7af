#!/usr/bin/env bash
# Checks the Terraform tree: format, init, validate and tests with a provider that is mocked, for the
# root, its modules and its examples; then tflint and checkov. Nothing here reaches a cloud.
#
# SLUICE_TF_PLUGINS names a folder of providers, in place of Terraform's own mirrors and registry.
# What cannot be had (Terraform, the provider, a linter) is told in one line and does not fail.
set -uo pipefail
umask 022

terraform=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(dirname "$terraform")
target=$home/target
tflint_version=0.64.0
oldest=1.11
patience=${SLUICE_TF_TIMEOUT:-180}
unset TF_DATA_DIR TF_WORKSPACE TF_CLI_ARGS
export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1 NO_COLOR=1
# A configuration that is not there would be warned about at every step.
[ -z "${TF_CLI_CONFIG_FILE:-}" ] || [ -r "$TF_CLI_CONFIG_FILE" ] || unset TF_CLI_CONFIG_FILE

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

done_steps=() failed=()
passed() { done_steps+=("$*"); }
skipped() { echo "terraform: no $1: $2"; }
broken() {
  failed+=("$1")
  echo "--- $1"
  tail -n "${2:-60}" "$work/log"
}

# Runs a step quietly; its output shows where it fails.
step() {
  local name=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    return 0
  fi
  broken "$name"
  return 1
}

# Terraform reads manifests and DAGs beside its own folder, so the copy has those too; a lock file or
# a state that a person left is not copied.
copy_tree() {
  mkdir -p "$work/tree/functions"
  (cd "$home" && tar cf - --exclude=.terraform --exclude='.terraform.lock.hcl' --exclude='*.tfstate*' \
    --exclude='*.tfvars' --exclude=__pycache__ --exclude=tests/__pycache__ terraform dags) |
    tar xf - -C "$work/tree"
  local manifest
  for manifest in "$home"/functions/*/function.yaml; do
    mkdir -p "$work/tree/functions/$(basename "$(dirname "$manifest")")"
    cp "$manifest" "$work/tree/functions/$(basename "$(dirname "$manifest")")/"
  done
}

# Folders that a person would run terraform in: the root and each example, then modules with tests.
roots() {
  (
    cd "$work/tree/terraform" || exit
    echo .
    find examples -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort
    find . -mindepth 2 -path './examples/*' -prune -o -name '*.tftest.hcl' -print | sed 's|^\./||' |
      xargs -rn1 dirname | sed 's|/*tests$||' | grep -v '^$' | sort -u
  )
}

initialize() {
  local flags=(-backend=false -input=false -no-color)
  [ -z "${SLUICE_TF_PLUGINS:-}" ] || flags+=("-plugin-dir=$SLUICE_TF_PLUGINS")
  timeout "$patience" terraform -chdir="$work/tree/terraform/$1" init "${flags[@]}" >"$work/log" 2>&1
}

check_terraform() {
  if ! command -v terraform >/dev/null; then
    skipped "fmt, validate and test" "terraform is not on PATH"
    return
  fi
  local version
  version=$(terraform version -json 2>/dev/null | sed -n 's/.*"terraform_version": *"\([0-9.]*\).*/\1/p')
  if [ "$(printf '%s\n%s\n' "$oldest" "${version:-0}" | sort -V | head -n 1)" != "$oldest" ]; then
    skipped "fmt, validate and test" "terraform is ${version:-of no version} and must be $oldest or later"
    return
  fi
  step "fmt" terraform -chdir="$terraform" fmt -check -recursive -diff && passed fmt
  copy_tree

  local root result tests=0 validated=0 counts
  while read -r root; do
    initialize "$root"
    result=$?
    if [ "$result" != 0 ]; then
      if [ -z "${SLUICE_TF_PLUGINS:-}" ] &&
        { [ "$result" = 124 ] || grep -q 'Failed to query available provider packages' "$work/log"; }; then
        skipped "validate and test" "the provider cannot be had; name a folder that has it in SLUICE_TF_PLUGINS"
        return
      fi
      broken "init of $root"
      continue
    fi
    step "validate $root" terraform -chdir="$work/tree/terraform/$root" validate -no-color || continue
    validated=$((validated + 1))
    [ -n "$(find "$work/tree/terraform/$root" -maxdepth 2 -name '*.tftest.hcl' -print -quit)" ] || continue
    step "test $root" terraform -chdir="$work/tree/terraform/$root" test -no-color || continue
    counts=$(sed -n 's/^Success! \([0-9]*\) passed.*/\1/p' "$work/log")
    tests=$((tests + ${counts:-0}))
  done < <(roots)
  passed "validate of $validated roots, $tests tests"
}

# tflint from PATH or from Go's module proxy, pinned.
find_tflint() {
  if command -v tflint; then
    return
  fi
  local built=$target/tflint-$tflint_version/tflint
  if [ ! -x "$built" ]; then
    if ! command -v go >/dev/null; then
      skipped tflint "it is not on PATH, nor is go to build it" >&2
      return 1
    fi
    echo "terraform: building tflint $tflint_version into target/" >&2
    if ! GOBIN=$(dirname "$built") GOFLAGS=-mod=mod timeout 900 \
      go install "github.com/terraform-linters/tflint@v$tflint_version" >"$work/log" 2>&1; then
      skipped tflint "it cannot be built: $(tail -n 1 "$work/log" | cut -c -200)" >&2
      return 1
    fi
  fi
  echo "$built"
}

check_tflint() {
  local tflint
  tflint=$(find_tflint) || return
  step tflint "$tflint" --chdir="$terraform" --config="$terraform/.tflint.hcl" --recursive --no-color &&
    passed tflint
}

find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(not ((3, 10) <= sys.version_info < (3, 14)))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

# checkov in an environment of its own, made from the hashed requirements where those changed.
find_checkov() {
  local venv=$target/checkov-venv pins=$terraform/requirements.txt found
  if ! cmp -s "$pins" "$venv/requirements.txt" || ! "$venv/bin/python" -c '' 2>/dev/null; then
    found=$(find_python)
    if [ -z "$found" ] && ! command -v uv >/dev/null; then
      skipped checkov "no Python 3.10 to 3.13 with venv, and no uv, is on PATH" >&2
      return 1
    fi
    echo "terraform: making target/checkov-venv" >&2
    rm -rf "$venv"
    mkdir -p "$target"
    if command -v uv >/dev/null; then
      uv venv --quiet --python "${found:-3.12}" "$venv" &&
        uv pip install --quiet --require-hashes --python "$venv/bin/python" -r "$pins"
    else
      "$found" -m venv "$venv" &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 20 pip==26.0 &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 20 \
          --require-hashes -r "$pins"
    fi >"$work/log" 2>&1
    if [ $? != 0 ]; then
      if grep -qiE 'from versions: none|connection|network|timed out|name resolution|dns error|failed to fetch|proxy' "$work/log"; then
        skipped checkov "the package index cannot be reached" >&2
        return 1
      fi
      return 2
    fi
    cp "$pins" "$venv/requirements.txt"
  fi
  echo "$venv/bin/checkov"
}

check_checkov() {
  local checkov result
  checkov=$(find_checkov)
  result=$?
  if [ "$result" = 2 ]; then
    broken "the packages of terraform/requirements.txt"
    return
  fi
  [ "$result" = 0 ] || return
  # From the folder itself, so that its paths are those of the configuration's.
  if (cd "$terraform" && LOG_LEVEL=ERROR "$checkov" --config-file .checkov.yaml --directory .) >"$work/log" 2>&1; then
    passed "checkov ($(sed -n 's/^Passed checks: \([0-9]*\), Failed checks: 0.*/\1 checks/p' "$work/log" | head -n 1))"
  else
    broken checkov 120
  fi
}

check_terraform
check_tflint
check_checkov

if [ "${#failed[@]}" != 0 ]; then
  printf -v list '%s, ' "${failed[@]}"
  echo "terraform: FAILED: ${list%, }"
  exit 1
fi
if [ "${#done_steps[@]}" = 0 ]; then
  echo "terraform: nothing checked"
  exit 0
fi
printf -v list '%s, ' "${done_steps[@]}"
echo "terraform: passed: ${list%, }"
