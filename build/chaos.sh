#!/usr/bin/env bash
# Worker processes refresh against a simulated server while they are killed with SIGKILL; a checker compares the server's log with the store afterwards.
# With --faults: a fleet is frozen, its database fails, and more; what each fault does stands in tests/TokenLifecycle.Chaos/README.md.
#   build/chaos.sh [--kills 50] [--grace 30] [--store file|postgres|sqlite|mariadb|redis] [--seed 1] [--faults kill,freeze,outage,failover,hang,drain,bouncer] [--shutdown-time 30] [--deadline 2]     a grace of 0 is a strict server
# The last line is JSON; the exit code is non-zero if a promise is broken.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Chaos
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Chaos.dll" "$@"
