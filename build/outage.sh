#!/usr/bin/env bash
# Simulates a provider that is down for a day, then unstable, then available again. No connection may be lost, and the provider must not be overloaded.
#   build/outage.sh [--connections 6000] [--hours 24] [--calls 10]
#   build/outage.sh neighbour      in real time: how a provider that never responds affects another one
# The last line is JSON. The exit code is not 0 if a limit is exceeded.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Outage
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Outage.dll" "$@"
