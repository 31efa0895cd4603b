#!/usr/bin/env bash
# Validates the provider catalog, checks that the generated files are up to date, and runs its tests. The last line is the result as JSON.
#   --generate  writes src/TokenLifecycle.Providers' C# file and docs/providers from the data files
#   --stale     lists facts that were read more than six months ago, and dates that have passed
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

generator() { dotnet run --project build/ProviderGenerator -- "$1" "$PWD"; }

case ${1:-} in
  --generate | --stale) generator "$1"; exit ;;
  "") ;;
  *) echo "usage: build/providers.sh [--generate|--stale]" >&2; exit 2 ;;
esac

failed=0
summary=$(generator --check | tail -n 1)
[[ $summary == {* ]] || { echo "the catalog is not valid" >&2; failed=$((failed + 1)); summary='{}'; }
generator --check > /dev/null 2>&1 || failed=$((failed + 1))

mkdir -p artifacts
log=artifacts/providers.log
dotnet test tests/TokenLifecycle.Providers.Tests --nologo --logger "console;verbosity=minimal" > "$log" 2>&1 || { grep -vE '^\[xUnit' "$log" | tail -n 60; failed=$((failed + 1)); }
count() { grep -oE "$1: +[0-9]+" "$log" | tail -n 1 | tr -dc 0-9; }
passed=$(count Passed)
tests_failed=$(count Failed)
failed=$((failed + ${tests_failed:-1}))

member() { grep -oE "\"$1\":[0-9]+" <<< "$summary" | tr -dc 0-9; }
echo "$summary"
printf '{"providers":%s,"deep":%s,"passed":%s,"failed":%s,"facts":%s,"facts_with_source":%s,"unsourced":%s}\n' \
  "$(member providers)" "$(member deep)" "${passed:-0}" "$failed" "$(member facts)" "$(member facts_with_source)" "$(member unsourced)"
((failed == 0))
