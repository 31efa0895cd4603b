#!/usr/bin/env bash
# Gets PostgreSQL's programs and writes the path of their folder to artifacts/tools/postgres-bin. Starts no server: the tests make clusters of their own.
# Ends with 1 and a sentence that says what is missing where it cannot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
mkdir -p "$tools"

# Debian keeps initdb and postgres out of the path, one folder for each version.
find_bin() {
  local bin
  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [[ -x $bin/initdb && -x $bin/postgres ]] && echo "$bin" > "$tools/postgres-bin"
}

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  # Without this the package makes and starts a cluster of the machine's own.
  mkdir -p /etc/postgresql-common
  [[ -f /etc/postgresql-common/createcluster.conf ]] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
  echo "installing postgresql from Debian's packages"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
}

if ! find_bin; then
  install_from_debian > "$tools/apt-postgres.log" 2>&1 && find_bin \
    || { echo "PostgreSQL is missing: install Debian's package postgresql (see artifacts/tools/apt-postgres.log)"; exit 1; }
fi
