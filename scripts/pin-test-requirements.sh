#!/usr/bin/env bash
# Writes scripts/test-requirements.txt anew: the newest versions of what test-requirements.in names,
# and of all they need, with the hashes of their wheels for Python 3.11 on x86_64 and aarch64. Run it
# with a Python 3.11 that has venv and pip.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pip-tools
"$work/venv/bin/pip-compile" -q --generate-hashes --strip-extras --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --output-file "$work/all.txt" test-requirements.in
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
cp "$work/pinned.txt" test-requirements.txt
