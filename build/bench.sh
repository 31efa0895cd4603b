#!/usr/bin/env bash
# Measures time and memory of the library, compared with a minimal baseline and with other libraries, in one run.
#   build/bench.sh           everything, in about five minutes; prints a table and writes artifacts/bench.json. Use a machine without other load.
#   build/bench.sh --only ColdGets   one group, without checking its limits
#   build/bench.sh --short   only allocations, which are the same on every machine
# The exit code is not 0 if a limit is exceeded.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Benchmarks
# Code that is not optimized yet allocates more. Bytes are therefore counted in code that is optimized from the first call.
[[ ${1:-} == --short ]] && export DOTNET_TieredCompilation=0
dotnet build "$project" -c Release -v quiet --nologo >&2
exec dotnet "$project/bin/Release/net10.0/TokenLifecycle.Benchmarks.dll" "$@"
