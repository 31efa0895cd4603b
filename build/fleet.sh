#!/usr/bin/env bash
# Measures nodes that keep a large table of connections alive on PostgreSQL, against a simulated server that responds after 50 ms.
#   build/fleet.sh [--connections 100000] [--nodes 2] [--seconds 120] [--rows 1000000] [--latency 50] [--in-flight 128] [--interval 500]
# The last line is JSON. The exit code is not 0 if a limit is exceeded. Absolute rates are checked at full size only.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Fleet
configuration=${CONFIGURATION:-Release}
dotnet build "$project" -c "$configuration" -v quiet --nologo >&2
exec dotnet "$project/bin/$configuration/net10.0/TokenLifecycle.Fleet.dll" "$@"
