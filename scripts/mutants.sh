#!/usr/bin/env bash
# Builds gateway and worker with the known defects of Tests/Mutants/mutants.patch, each of which
# OPENCLAW_MUTANT switches on. Works on a copy of the checkout in .build-mutants, changes that are not
# committed included; what is built stays for the next time. Prints the folder of the programs last.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/.build-mutants
tree=$work/tree
fresh=$work/fresh

rm -rf "$fresh"
mkdir -p "$fresh" "$tree" "$work/build"
git ls-files -z --cached --others --exclude-standard -- Package.swift Sources Tests Benchmarks |
  while IFS= read -r -d '' file; do
    # One that was deleted is still listed.
    if [ -f "$file" ]; then printf '%s\0' "$file"; fi
  done | tar -c --null --files-from=- | tar -x -C "$fresh"
if [ -f Package.resolved ]; then cp Package.resolved "$fresh"; fi

# The copy is no part of this repository's tree: without that, git would pass over the files.
GIT_CEILING_DIRECTORIES=$work git -C "$fresh" apply --whitespace=nowarn \
  "$PWD/Tests/Mutants/mutants.patch"

# Only what differs is written, so that only that is built again.
(cd "$fresh" && find . -type f) | while IFS= read -r file; do
  if ! cmp -s "$fresh/$file" "$tree/$file"; then
    mkdir -p "$(dirname "$tree/$file")"
    cp "$fresh/$file" "$tree/$file"
  fi
done
(cd "$tree" && find . -type f) | while IFS= read -r file; do
  if [ ! -e "$fresh/$file" ]; then rm "$tree/$file"; fi
done
rm -rf "$fresh"

# Packages that are here need not be fetched again.
for part in checkouts repositories workspace-state.json; do
  if [ -e ".build/$part" ] && [ ! -e "$work/build/$part" ]; then
    cp -r ".build/$part" "$work/build/$part"
  fi
done
for product in openclaw-gateway openclaw-worker; do
  swift build --package-path "$tree" --scratch-path "$work/build" --product "$product" >&2
done
echo "$work/build/debug"
