#!/usr/bin/env bash
# Simulates a whole fleet in one process, in virtual time, with faults drawn from a seed: see tests/TokenLifecycle.Simulation/README.md.
#   build/simulate.sh --seeds 20000 [--seed 1] [--steps 120]     this number of seeds, starting with --seed
#   build/simulate.sh --seed 4711 [--trace]                      one seed, with its complete trace
#   build/simulate.sh --verify-determinism [--seeds 1000]        the same seeds in two processes: the traces must be the same
#   build/simulate.sh --mutations                                applies each fault of Mutations/ to a copy of the code; each must be found
# The last line is JSON. The exit code is not 0 if an invariant is violated.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Simulation
[[ " $* " == *" --mutations "* ]] && exec bash "$project/Mutations/run.sh" "$@"
dotnet build "$project" -c "${CONFIGURATION:-Release}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Release}/net10.0/TokenLifecycle.Simulation.dll" "$@"
