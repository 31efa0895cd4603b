#!/usr/bin/env bash
# Installs PostgreSQL's programs and writes the path of their folder to artifacts/tools/postgres-bin. Does not start a server: the tests create their own clusters.
# If that fails, prints what is missing and exits with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
mkdir -p "$tools"

# Debian installs initdb and postgres outside the path, in one folder for each version.
find_bin() {
  local bin
  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [[ -x $bin/initdb && -x $bin/postgres ]] && echo "$bin" > "$tools/postgres-bin"
}

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  # Without this, the package creates and starts a system-wide cluster.
  mkdir -p /etc/postgresql-common
  [[ -f /etc/postgresql-common/createcluster.conf ]] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
  echo "installing postgresql from Debian's packages"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
}

if ! find_bin; then
  install_from_debian > "$tools/apt-postgres.log" 2>&1 && find_bin \
    || { echo "PostgreSQL is missing: install Debian's package postgresql (see artifacts/tools/apt-postgres.log)"; exit 1; }
fi
