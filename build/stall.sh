#!/usr/bin/env bash
# Runs a process with a blocked thread pool against a server that rotates refresh tokens strictly: no grant may be lost.
# Also runs callers of a store that hangs: no caller with a valid token may wait.
#   build/stall.sh [--threads 60,250,1000] [--seconds 20] [--store file|postgres]
# The last line is JSON. The exit code is not 0 if a limit is exceeded.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Storm
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
export DOTNET_PROCESSOR_COUNT="${DOTNET_PROCESSOR_COUNT:-2}"
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Storm.dll" stall "$@"
