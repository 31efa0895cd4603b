#!/usr/bin/env bash
# Kills worker processes with SIGKILL while they refresh against a simulated server, then compares the server's log with the store.
# With --faults: freezes a fleet, makes its database fail, and more. tests/TokenLifecycle.Chaos/README.md describes each fault.
#   build/chaos.sh [--kills 50] [--grace 30] [--store file|postgres|redis] [--seed 1] [--faults kill,freeze,outage,failover,hang,drain,bouncer] [--shutdown-time 30] [--deadline 2]     a grace of 0 is a strict server
# The last line is JSON. The exit code is not 0 if a limit is exceeded.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Chaos
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Chaos.dll" "$@"
