#!/usr/bin/env bash
# Installs the Redis server and writes its path to artifacts/tools/redis-server-path. Does not start it: the tests do.
# If that fails, prints what is missing and exits with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
mkdir -p "$tools"

find_server() {
  local server
  server=$(command -v redis-server) && echo "$server" > "$tools/redis-server-path"
}

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  echo "installing redis-server from Debian's packages"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server
}

if ! find_server; then
  install_from_debian > "$tools/apt-redis.log" 2>&1 && find_server \
    || { echo "Redis is missing: install Debian's package redis-server (see artifacts/tools/apt-redis.log)"; exit 1; }
fi
