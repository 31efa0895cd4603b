#!/usr/bin/env bash
# What the library costs, beside the least that anybody could do and beside other libraries, all in one run.
#   build/bench.sh           everything, about five minutes; prints a table and writes artifacts/bench.json. Measure on a quiet machine.
#   build/bench.sh --only ColdGets   one group, without judging it
#   build/bench.sh --short   counts allocations only, which are the same on any machine
# The exit code is non-zero if a promise is broken.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Benchmarks
# Code that is not optimized yet allocates what optimized code does not: bytes are counted in code that is optimized from the first call on.
[[ ${1:-} == --short ]] && export DOTNET_TieredCompilation=0
dotnet build "$project" -c Release -v quiet --nologo >&2
exec dotnet "$project/bin/Release/net10.0/TokenLifecycle.Benchmarks.dll" "$@"
