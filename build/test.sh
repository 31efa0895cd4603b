#!/usr/bin/env bash
# Installs what the tests need, builds once, and runs every test project and every check. The last line is the summary.
# Options: --trim also publishes the core trimmed (CI always does).
# With CI=true no test may be skipped.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
is_ci=$([[ ${CI:-} == true ]] && echo yes || echo no)
# Build servers that run longer than this script would keep its output open.
[[ $is_ci == yes ]] && export MSBUILDDISABLENODEREUSE=1
# All projects share one compiler process, which halves the build time. On CI it is stopped at the end of the run.
export UseSharedCompilation=true
with_trim=$is_ci
[[ " $* " == *" --trim "* ]] && with_trim=yes

results=artifacts/test-results
tests_passed=0 tests_failed=0 tests_skipped=0 checks_failed=0
notes=()
faults=kill,freeze,outage,failover,hang,drain,bouncer

step() { printf '[%4ds] %s\n' "$SECONDS" "$1"; }

finish() {
  for note in "${notes[@]:+${notes[@]}}"; do echo "NOTE: $note"; done
  [[ $is_ci == yes ]] && dotnet build-server shutdown --vbcscompiler > /dev/null 2>&1
  step "done"
  local failed=$((tests_failed + checks_failed)) line
  line="$tests_passed passed, $failed failed"
  ((tests_skipped > 0)) && line+=", $tests_skipped skipped"
  [[ $is_ci == yes && $tests_skipped -gt 0 ]] && { echo "with CI=true no test may be skipped"; failed=1; line="$tests_passed passed, $((tests_failed + checks_failed + 1)) failed, $tests_skipped skipped"; }
  echo "$line"
  exit $((failed > 0))
}

# A check that fails counts as one failure; the other checks still run.
check() {
  local name=$1
  shift
  step "$name"
  "$@" && return 0
  echo "FAILED: $name"
  checks_failed=$((checks_failed + 1))
  return 1
}

prepare_oidc_provider() {
  local problem
  if problem=$(bash build/prepare-oidc-provider.sh); then
    TOKENLIFECYCLE_NODE=$(< artifacts/tools/node-path)
    export TOKENLIFECYCLE_NODE
    return 0
  fi

  echo "  $problem"
  [[ $is_ci == yes ]] && return 1
  export TOKENLIFECYCLE_SKIP_OIDC_PROVIDER=1
  notes+=("the tests against the real OpenID provider were skipped: $problem")
}

prepare_postgres() {
  local problem
  problem=$(bash build/prepare-postgres.sh) && return 0

  echo "  $problem"
  [[ $is_ci == yes ]] && return 1
  export TOKENLIFECYCLE_SKIP_POSTGRES=1
  notes+=("the tests on PostgreSQL were skipped: $problem")
}

prepare_redis() {
  local problem
  problem=$(bash build/prepare-redis.sh) && return 0

  echo "  $problem"
  [[ $is_ci == yes ]] && return 1
  export TOKENLIFECYCLE_SKIP_REDIS=1
  notes+=("the tests on Redis were skipped: $problem")
}

prepare_mariadb() {
  local problem
  problem=$(bash build/prepare-mariadb.sh) && return 0

  echo "  $problem"
  [[ $is_ci == yes ]] && return 1
  export TOKENLIFECYCLE_SKIP_MARIADB=1
  notes+=("the tests on MariaDB were skipped: $problem")
}

prepare_pgbouncer() {
  local problem
  problem=$(bash build/prepare-pgbouncer.sh) && return 0

  echo "  $problem"
  [[ $is_ci == yes ]] && return 1
  faults=${faults%,bouncer}
  notes+=("PgBouncer was not killed: $problem")
}

prepare_chromium() {
  local problem
  problem=$(bash build/prepare-chromium.sh) && return 0

  echo "  $problem"
  [[ $is_ci == yes ]] && return 1
  export TOKENLIFECYCLE_SKIP_BROWSER=1
  notes+=("the tests in a browser were skipped: $problem")
}

# dotnet prints its errors to standard output; they are shown only if there are any.
quietly() {
  local log=artifacts/$1.log
  shift
  "$@" > "$log" 2>&1 && return 0
  grep -E 'error|Error' "$log" | sort -u | head -n 40 || tail -n 40 "$log"
  return 1
}

run_project() {
  local name=$1 filter=() missing=""
  [[ -n ${TOKENLIFECYCLE_SKIP_POSTGRES:-} ]] && missing+="&needs!=postgresql"
  [[ -n ${TOKENLIFECYCLE_SKIP_REDIS:-} ]] && missing+="&needs!=redis"
  [[ -n ${TOKENLIFECYCLE_SKIP_MARIADB:-} ]] && missing+="&needs!=mariadb"
  [[ -n $missing ]] && filter=(--filter "${missing#&}")
  dotnet test "tests/$name" --no-build --nologo --settings build/coverage.runsettings --collect "XPlat Code Coverage" \
    "${filter[@]:+${filter[@]}}" \
    --results-directory "$results/$name" --logger "trx;LogFileName=$name.trx" --blame-hang-timeout 4m --blame-hang-dump-type none \
    > "$results/$name.log" 2>&1
  local code=$?
  if ((code == 0)); then
    step "  $name: $(grep -oE '(Failed|Passed|Skipped): +[0-9]+' "$results/$name.log" | tr -s ' ' | paste -sd ' ')"
  else
    step "  $name FAILED"
    grep -vE '^\[xUnit|^Test run for|^A total of' "$results/$name.log" | tail -n 150
  fi
  return "$code"
}

# The coverage collector does not find the shared framework's assemblies, and silently omits every assembly that needs them.
find_shared_framework() {
  dotnet --list-runtimes | sed -n 's|^Microsoft.AspNetCore.App \(10\.[^ ]*\) \[\(.*\)\]$|\2/\1|p' | tail -n 1
}

run_tests() {
  DOTNET_REFERENCE_ASSEMBLIES_PATH=$(find_shared_framework)
  export DOTNET_REFERENCE_ASSEMBLIES_PATH
  # Two groups run at the same time on two cores: tests that wait for PostgreSQL or a browser use at most one of them.
  local beside=(TokenLifecycle.EntityFramework.Tests TokenLifecycle.Integration.Tests)
  # These projects run alone, because they use every core and have timeouts on real sockets.
  local alone=(TokenLifecycle.Tests)
  local name
  for name in "${beside[@]}"; do run_project "$name"; done &
  for name in "${projects[@]}"; do [[ " ${beside[*]} ${alone[*]} " == *" $name "* ]] || run_project "$name"; done
  wait
  for name in "${alone[@]}"; do run_project "$name"; done
  unset DOTNET_REFERENCE_ASSEMBLIES_PATH
}

# Repeated at the end of the output, where it is read first.
note_failures() {
  local name=$1 failed=$2 message
  notes+=("$name: $failed failed, for example $(grep -oE '<UnitTestResult [^>]*outcome="Failed"[^>]*' "$results/$name/$name.trx" | grep -oE 'testName="[^"]*' | head -n 3 | cut -c 11- | paste -sd ' ')")
  while IFS= read -r message; do notes+=("$name: $message"); done < <(grep -oE '<Message>[^<]*' "$results/$name/$name.trx" | cut -c 10-300 | sort | uniq -c | sort -rn | head -n 3)
}

# A test host that crashes writes no counters, so that counts as a failure too.
count_tests() {
  local name counters total executed passed
  for name in "${projects[@]}"; do
    counters=$(grep -ohE '<Counters [^>]*' "$results/$name/$name.trx" 2> /dev/null | head -n 1)
    if [[ -z $counters ]]; then
      echo "  $name ended without a result: see $results/$name.log"
      checks_failed=$((checks_failed + 1))
      continue
    fi
    total=$(grep -oE ' total="[0-9]+' <<< "$counters" | tr -dc 0-9)
    executed=$(grep -oE ' executed="[0-9]+' <<< "$counters" | tr -dc 0-9)
    passed=$(grep -oE ' passed="[0-9]+' <<< "$counters" | tr -dc 0-9)
    tests_passed=$((tests_passed + passed))
    tests_failed=$((tests_failed + executed - passed))
    tests_skipped=$((tests_skipped + total - executed))
    ((executed > passed)) && note_failures "$name" $((executed - passed))
    if grep -q '<ResultSummary outcome="Failed"' "$results/$name/$name.trx" && ((executed == passed)); then
      echo "  $name: every test passed, but the run failed: see $results/$name.log"
      checks_failed=$((checks_failed + 1))
    fi
  done
}

rm -rf "$results" artifacts/canary artifacts/screenshots
mkdir -p "$results"
mapfile -t projects < <(for file in tests/*/*Tests.csproj; do basename "$file" .csproj; done)

check "prepare the OpenID provider" prepare_oidc_provider
check "prepare PostgreSQL" prepare_postgres
check "prepare PgBouncer" prepare_pgbouncer
check "prepare Redis" prepare_redis
check "prepare MariaDB" prepare_mariadb
check "prepare chromium" prepare_chromium
check "restore" quietly restore dotnet restore TokenLifecycle.sln || finish
check "build" quietly build dotnet build TokenLifecycle.sln --no-restore -m:2 --nologo -clp:NoSummary || finish

step "test ${#projects[@]} projects"
run_tests
count_tests

check "coverage" dotnet build/CheckCoverage/bin/Debug/net10.0/CheckCoverage.dll "$PWD" "$results"
check "no secret was said" bash build/check-canary.sh "${projects[@]}"
check "the provider catalog is valid" dotnet build/ProviderGenerator/bin/Debug/net10.0/ProviderGenerator.dll --check "$PWD"
check "samples run" bash build/check-samples.sh
check "nothing is allocated where that is promised" bash build/bench.sh --short
check "the simulation's mutations apply" bash build/simulate.sh --mutations --check
check "300 simulated fleets" bash build/simulate.sh --seeds 300
check "a short storm in one process" bash build/storm.sh --callers 2000 --rounds 5
check "a short storm in three" bash build/storm.sh --nodes 3 --callers 200 --rounds 30 --store postgres
if [[ -z ${TOKENLIFECYCLE_SKIP_REDIS:-} ]]; then
  check "the same on Redis" bash build/storm.sh --nodes 3 --callers 200 --rounds 30 --store redis
  check "a little chaos on Redis" bash build/chaos.sh --kills 9 --grace 30 --store redis
fi
check "a little chaos on SQLite" bash build/chaos.sh --kills 9 --grace 30 --store sqlite
if [[ -z ${TOKENLIFECYCLE_SKIP_MARIADB:-} ]]; then
  check "a little chaos on MariaDB" bash build/chaos.sh --kills 6 --grace 30 --store mariadb
fi
check "a little chaos" bash build/chaos.sh --kills 30 --grace 30 --store postgres
check "a little of every fault" bash build/chaos.sh --kills 7 --grace 0 --faults "$faults" --store postgres --deadline 1 --shutdown-time 5
if [[ $with_trim == yes ]]; then
  check "publish trimmed" bash build/check-trim.sh
else
  notes+=("the trimmed publish was skipped; --trim or CI=true includes it")
fi
finish
