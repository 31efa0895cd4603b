#!/usr/bin/env bash
# Nodes keep a large table of connections alive on PostgreSQL, against a simulated server that answers after 50 ms, and are measured.
#   build/fleet.sh [--connections 100000] [--nodes 2] [--seconds 120] [--rows 1000000] [--latency 50] [--in-flight 128] [--interval 500]
# The last line is JSON; the exit code is non-zero if a promise is broken. Absolute rates are judged at full size only.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Fleet
configuration=${CONFIGURATION:-Release}
dotnet build "$project" -c "$configuration" -v quiet --nologo >&2
exec dotnet "$project/bin/$configuration/net10.0/TokenLifecycle.Fleet.dll" "$@"
