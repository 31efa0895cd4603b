#!/usr/bin/env bash
# Gets the MariaDB server and writes its path to artifacts/tools/mariadbd-path. Starts no server: the tests start servers of their own.
# Ends with 1 and a sentence that says what is missing where it cannot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
mkdir -p "$tools"

find_server() {
  local server
  server=$(command -v mariadbd || command -v /usr/sbin/mariadbd) && echo "$server" > "$tools/mariadbd-path"
}

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  echo "installing mariadb-server-core from Debian's packages"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mariadb-server-core
}

if ! find_server; then
  install_from_debian > "$tools/apt-mariadb.log" 2>&1 && find_server \
    || { echo "MariaDB is missing: install Debian's package mariadb-server-core (see artifacts/tools/apt-mariadb.log)"; exit 1; }
fi
