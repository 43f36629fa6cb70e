#!/usr/bin/env bash
# Writes a list of pinned Python packages anew: the newest versions of what LIST.in names, and of all
# they need, with the hashes of their wheels for Python 3.11 on x86_64 and aarch64. Run it with a
# Python 3.11 that has venv and pip.
#
#   scripts/pin-test-requirements.sh [LIST]
#
# LIST is the path without .in or .txt, as Benchmarks/Rivals/requirements; left out, it is
# scripts/test-requirements.
set -euo pipefail
cd "$(dirname "$0")/.."
list=${1:-scripts/test-requirements}
if [ $# -gt 1 ] || [ ! -f "$list.in" ]; then
  echo "usage: scripts/pin-test-requirements.sh [LIST], where LIST.in exists" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pip-tools
"$work/venv/bin/pip-compile" -q --generate-hashes --strip-extras --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --output-file "$work/all.txt" "$list.in"
for machine in x86_64 aarch64; do
  "$work/venv/bin/pip" download -q --no-deps --require-hashes --only-binary=:all: \
    --implementation cp --python-version 311 --abi cp311 --abi abi3 --abi none \
    --platform "manylinux_2_28_$machine" --platform "manylinux_2_17_$machine" \
    --dest "$work/wheels" --requirement "$work/all.txt"
done
{
  echo '# Written by scripts/pin-test-requirements.sh; Python 3.11 on x86_64 and aarch64.'
  sha256sum "$work"/wheels/*.whl | cut -d ' ' -f 1 >"$work/hashes"
  # Of each package's hashes, those of the wheels that were downloaded.
  awk -v list="$work/hashes" '
    BEGIN { while ((getline hash < list) > 0) wanted["--hash=sha256:" hash] = 1 }
    /==/ { printf "%s%s", end, $1; end = "\n" }
    $1 in wanted { printf " \\\n    %s", $1 }
    END { print "" }' "$work/all.txt"
} >"$work/pinned.txt"
cp "$work/pinned.txt" "$list.txt"
