#!/usr/bin/env bash
# Installs PgBouncer and writes the path of its program to artifacts/tools/pgbouncer-path. Does not start it: the tests do.
# If that fails, prints what is missing and exits with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
mkdir -p "$tools"

# Debian installs it in a folder that is only in the path of root.
find_program() {
  local program
  program=$(PATH="$PATH:/usr/sbin" command -v pgbouncer) && echo "$program" > "$tools/pgbouncer-path"
}

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  echo "installing pgbouncer from Debian's packages"
  # In runlevel 1, the package does not start a system-wide PgBouncer.
  apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends pgbouncer
}

if ! find_program; then
  install_from_debian > "$tools/apt-pgbouncer.log" 2>&1 && find_program \
    || { echo "PgBouncer is missing: install Debian's package pgbouncer (see artifacts/tools/apt-pgbouncer.log)"; exit 1; }
fi
