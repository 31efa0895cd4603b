#!/usr/bin/env bash
# A provider is down for a simulated day, then flaps, then is back: nobody loses a connection, and it is not trampled on its return.
#   build/outage.sh [--connections 6000] [--hours 24] [--calls 10]
#   build/outage.sh neighbour      what another provider notices of one that accepts requests and never answers, in real time
# The last line is JSON; the exit code is non-zero if a promise is broken.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Outage
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Outage.dll" "$@"
