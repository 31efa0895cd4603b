#!/usr/bin/env bash
# Proves that the simulation finds faults: applies each patch of this folder, one at a time, to a copy of the tracked files, and simulates until an invariant is violated.
#   build/simulate.sh --mutations [--seeds 1000] [name...]     all patches, or only the named ones
#   build/simulate.sh --mutations --check                      only checks that each patch still applies
# Prints a line for each patch. The exit code is not 0 if one no longer applies or is not found. Without a patch, the same seeds must have no violation.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
seeds=1000 check='' names=()
while (($# > 0)); do
  case $1 in
    --mutations) ;;
    --check) check=yes ;;
    --seeds) seeds=$2; shift ;;
    *) names+=("$1") ;;
  esac
  shift
done
if ((${#names[@]} == 0)); then
  for patch in "$here"/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi

applies() { git -C "$1" apply --check --recount "$here/$2.patch" 2> /dev/null; }

failed=0
if [[ -n $check ]]; then
  for name in "${names[@]}"; do
    applies "$root" "$name" || { echo "  $name does not apply: change the patch so that it breaks the code as it is now"; failed=1; }
  done
  ((failed)) || echo "  ${#names[@]} mutations apply"
  exit "$failed"
fi

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
(cd "$root" && git ls-files -z -- src tests/TokenLifecycle.Simulation '*.props' '*.targets' global.json .editorconfig '*.config' build/BannedSymbols.txt | xargs -0 cp --parents -t "$copy")
git -C "$copy" init -q

# Simulates until the first violation, or until all seeds were simulated, for at most this number of seconds.
simulate() {
  local log=$1
  dotnet build "$copy/tests/TokenLifecycle.Simulation" -c Release -v quiet --nologo -p:RunAnalyzers=false -p:UseSharedCompilation=true > "$log" 2>&1 || { tail -n 20 "$log"; return 2; }
  dotnet "$copy/tests/TokenLifecycle.Simulation/bin/Release/net10.0/TokenLifecycle.Simulation.dll" --seeds "$seeds" --until-violation > "$log" 2>&1
}

started=$SECONDS
if simulate "$copy/none.log"; then
  echo "without a mutation: no violation in $seeds seeds"
else
  echo "without a mutation: $(tail -n 1 "$copy/none.log")"
  exit 1
fi

for name in "${names[@]}"; do
  if ! applies "$copy" "$name"; then
    echo "$name: does not apply"
    failed=1
    continue
  fi
  git -C "$copy" apply --recount "$here/$name.patch"
  begun=$SECONDS
  simulate "$copy/$name.log"
  code=$?
  if ((code == 1)); then
    echo "$name: found, $(grep -m 1 -E '^VIOLATION' "$copy/$name.log" | cut -c1-200) ($((SECONDS - begun)) s)"
  else
    echo "$name: NOT FOUND in $seeds seeds (exit code $code, $((SECONDS - begun)) s)"
    failed=1
  fi
  git -C "$copy" apply --recount -R "$here/$name.patch"
done
echo "${#names[@]} mutations, $((SECONDS - started)) s"
exit "$failed"
