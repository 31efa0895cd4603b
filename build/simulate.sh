#!/usr/bin/env bash
# A whole fleet in one process, in virtual time, with everything that can go wrong, drawn from a seed: see tests/TokenLifecycle.Simulation/README.md.
#   build/simulate.sh --seeds 20000 [--seed 1] [--steps 120]     so many seeds, from the first one on
#   build/simulate.sh --seed 4711 [--trace]                      one seed; with its whole trace
#   build/simulate.sh --verify-determinism [--seeds 1000]        the same seeds in two processes: the traces must be the same
#   build/simulate.sh --mutations                                every fault under Mutations/ is put into a copy and must be found
# The last line is JSON; the exit code is non-zero if an invariant is violated.
set -euo pipefail
cd "$(dirname "$0")/.."
project=tests/TokenLifecycle.Simulation
[[ " $* " == *" --mutations "* ]] && exec bash "$project/Mutations/run.sh" "$@"
dotnet build "$project" -c "${CONFIGURATION:-Release}" -v quiet --nologo >&2
exec dotnet "$project/bin/${CONFIGURATION:-Release}/net10.0/TokenLifecycle.Simulation.dll" "$@"
