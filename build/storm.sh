#!/usr/bin/env bash
# Callers meet an expired token at once, round after round, against a strictly rotating server.
#   build/storm.sh [--callers 10000] [--rounds 20]                                    all in one process, its store in memory
#   build/storm.sh --nodes 3 [--callers 200] [--rounds 20] [--store postgres|redis|file]    processes that share a store; the callers are each one's
# The last line is JSON; the exit code is non-zero if a promise is broken.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Storm
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Storm.dll" "$@"
