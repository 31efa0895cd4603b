#!/usr/bin/env bash
# Many callers request an expired token at once, in several rounds, against a server that rotates refresh tokens strictly.
#   build/storm.sh [--callers 10000] [--rounds 20]                                    all in one process, with an in-memory store
#   build/storm.sh --nodes 3 [--callers 200] [--rounds 20] [--store postgres|redis|file]    processes that share a store; --callers is the number for each process
# The last line is JSON. The exit code is not 0 if a limit is exceeded.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Storm
dotnet build "$project" -c "${CONFIGURATION:-Debug}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Debug}/net10.0/TokenLifecycle.Storm.dll" "$@"
