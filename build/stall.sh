#!/usr/bin/env bash
# A process whose thread pool its app has blocked, at a strictly rotating server: no grant may be lost. And callers of a store that hangs: none may wait whose token works.
#   build/stall.sh [--threads 60,250,1000] [--seconds 20] [--store file|postgres]
# The last line is JSON; the exit code is non-zero if a promise is broken.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Storm
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
export DOTNET_PROCESSOR_COUNT="${DOTNET_PROCESSOR_COUNT:-2}"
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Storm.dll" stall "$@"
