#!/usr/bin/env bash
# Gets PgBouncer and writes the path of its program to artifacts/tools/pgbouncer-path. Starts none: the tests start their own.
# Ends with 1 and a sentence that says what is missing where it cannot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
mkdir -p "$tools"

# Debian keeps it where only root looks.
find_program() {
  local program
  program=$(PATH="$PATH:/usr/sbin" command -v pgbouncer) && echo "$program" > "$tools/pgbouncer-path"
}

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  echo "installing pgbouncer from Debian's packages"
  # In runlevel 1 the package does not start a bouncer of the machine's own.
  apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends pgbouncer
}

if ! find_program; then
  install_from_debian > "$tools/apt-pgbouncer.log" 2>&1 && find_program \
    || { echo "PgBouncer is missing: install Debian's package pgbouncer (see artifacts/tools/apt-pgbouncer.log)"; exit 1; }
fi
