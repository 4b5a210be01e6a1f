# Shared by the scripts in tools/: where the project keeps its things on this machine.
# Sourced, not run.
# shellcheck shell=bash

# The names below are used by the scripts that source this file.
# shellcheck disable=SC2034
edxops_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
edxops_cache=${XDG_CACHE_HOME:-$HOME/.cache}/edxops

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Runs a command as root: as it is when we are root, through sudo otherwise.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "'$1' has to run as root: run this as root, or install sudo"
  fi
}

# The project's Python environment. Its name is a hash of what is in it, so that a change of
# a pinned version, or of the machine's Python, makes a new one and never a half-upgraded one.
edxops_venv() {
  local identity
  identity=$(
    cat "$edxops_root/requirements.txt" "$edxops_root/constraints.txt"
    python3 --version
  )
  printf '%s/venv-%s\n' "$edxops_cache" "$(sha256sum <<<"$identity" | cut -c1-12)"
}

# The Ansible modules: the folders of modules/ but lib.
edxops_modules() {
  local folder
  for folder in "$edxops_root"/modules/*/; do
    folder=$(basename "$folder")
    [[ $folder == lib ]] || printf '%s\n' "$folder"
  done
}

# Copies files and folders below one folder to another: of a clone what git would take, otherwise what is there.
edxops_copy() {
  local from=$1 to=$2
  shift 2
  (
    cd "$from"
    if git rev-parse --git-dir >/dev/null 2>&1; then
      git ls-files -z --cached --others --exclude-standard -- "$@"
    else
      find "$@" -type f ! -path '*/__pycache__/*' -print0
    fi | while IFS= read -r -d '' file; do if [[ -e $file ]]; then printf '%s\0' "$file"; fi; done |
      tar --create --no-recursion --null --files-from -
  ) | tar --extract --directory "$to" --no-same-owner
}

# Copies the built modules of both architectures to where the runner looks for them: beside itself.
edxops_binaries() {
  local to=$1/edx_binaries architecture module
  for architecture in x86_64 aarch64; do
    mkdir -p "$to/$architecture"
    while read -r module; do
      [[ -x $edxops_root/build/bin/$architecture/$module ]] ||
        fail "there is no build/bin/$architecture/$module: run 'make build' first"
      cp "$edxops_root/build/bin/$architecture/$module" "$to/$architecture/"
    done < <(edxops_modules)
  done
  cp "$edxops_root/plugins/action/edx_binaries/channel" "$to/"
}
