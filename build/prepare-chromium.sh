#!/usr/bin/env bash
# Installs Chromium for the browser tests. If that fails, prints what is missing and exits with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="$PWD/artifacts/tools"
browser=/usr/bin/chromium
mkdir -p "$tools"

install_from_debian() {
  [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
  echo "installing chromium from Debian's packages"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
}

if [[ ! -x $browser ]]; then
  install_from_debian > "$tools/apt-chromium.log" 2>&1 && [[ -x $browser ]] \
    || { echo "chromium is missing: install Debian's package chromium (see artifacts/tools/apt-chromium.log)"; exit 1; }
fi
