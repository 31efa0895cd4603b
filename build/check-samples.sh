#!/usr/bin/env bash
# Runs all samples at once, as a new user would, and checks their output. They must be built before.
#   build/check-samples.sh
# The exit code is not 0 if one of them fails. Without PostgreSQL (TOKENLIFECYCLE_SKIP_POSTGRES=1) the worker is skipped.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

configuration=${CONFIGURATION:-Debug}
folder=$(mktemp -d)
deadline=90
server=''

clean_up() {
  [[ -n $server ]] && kill -INT "$server" 2> /dev/null && wait "$server" 2> /dev/null
  rm -rf "$folder"
}
trap clean_up EXIT

run() {
  local sample=$1
  shift
  timeout "$deadline" dotnet "$PWD/samples/$sample/bin/$configuration/net10.0/$sample.dll" "$@"
}

wrong() { echo "  $*"; return 1; }

# Prints a member of the summary that a sample prints in its last line.
member() { tail -n 1 "$1" | grep -oE "\"$2\":[0-9]+" | cut -d: -f2; }

keep_alive() {
  local out=$folder/keep-alive.log
  run KeepAlive --seconds 5 > "$out" 2>&1 || wrong "KeepAlive ended with $?: $(tail -n 3 "$out")" || return 1
  (($(member "$out" calls) > 20 && $(member "$out" failed_calls) == 0 && $(member "$out" refreshes) >= 2 && $(member "$out" reauthorizations) == 0)) \
    || wrong "KeepAlive said: $(tail -n 1 "$out")" || return 1
  echo "  KeepAlive: $(tail -n 1 "$out")"
}

dashboard() {
  local out=$folder/dashboard.log address='' pid page
  mkdir -p "$folder/dashboard"
  # Port 0 selects a free port, which the app prints.
  (cd samples/TrainingDashboard && ASPNETCORE_ENVIRONMENT=Development DataFolder="$folder/dashboard" exec timeout "$deadline" dotnet "bin/$configuration/net10.0/TrainingDashboard.dll" --urls http://127.0.0.1:0) > "$out" 2>&1 &
  pid=$!
  for ((i = 0; i < deadline * 5; i++)); do
    address=$(grep -oE 'Now listening on: http://[^ ]+' "$out" | tail -n 1 | cut -d' ' -f4)
    [[ -n $address ]] && grep -q 'Application started' "$out" && break
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.2
  done

  local failed=''
  for page in live ready; do
    [[ $(curl -s -m 10 "$address/health/$page") == Healthy ]] || failed="/health/$page does not say Healthy"
  done
  [[ $(curl -s -m 10 -o "$folder/page.html" -w '%{http_code}' "$address/sign-in") == 200 ]] && grep -q '<form' "$folder/page.html" || failed="/sign-in shows no form"
  kill -TERM "$pid" 2> /dev/null
  wait "$pid"
  local code=$?
  ((code == 0)) || failed="it ended with $code after SIGTERM"
  [[ -z $failed ]] || wrong "TrainingDashboard: $failed: $(tail -n 3 "$out")" || return 1
  echo "  TrainingDashboard: live and ready are Healthy, the sign-in page responds, SIGTERM stops it with exit code 0"
}

# Starts a separate cluster for this run, like the tests.
start_postgres() {
  local bin=$1 as=()
  if [[ $(id -u) == 0 ]]; then
    as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    chmod 711 "$folder"
    mkdir "$folder/pg" && chown nobody "$folder/pg"
  else
    mkdir "$folder/pg"
  fi
  (cd / && "${as[@]:+${as[@]}}" "$bin/initdb" -D "$folder/pg/data" -U tests -A trust -E UTF8 --no-sync) > "$folder/initdb.log" 2>&1 || wrong "initdb: $(tail -n 3 "$folder/initdb.log")" || return 1
  for port in $(shuf -i 20000-60000 -n 5); do
    (cd / && exec "${as[@]:+${as[@]}}" "$bin/postgres" -D "$folder/pg/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$folder/pg" -c fsync=off) > "$folder/postgres.log" 2>&1 &
    server=$!
    for ((i = 0; i < 100; i++)); do
      "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" && { database="Host=127.0.0.1;Port=$port;Username=tests;Database=sync"; return 0; }
      kill -0 "$server" 2> /dev/null || break
      sleep 0.1
    done
  done
  wrong "postgres did not start: $(tail -n 3 "$folder/postgres.log")"
}

worker() {
  local out=$folder/worker.log here=$PWD
  mkdir -p "$folder/worker" && cd "$folder/worker" || return 1
  worker_dll=$here/samples/Worker/bin/$configuration/net10.0/Worker.dll

  # Without a database, it prints what is missing and how to set it.
  timeout "$deadline" dotnet "$worker_dll" --once > "$out" 2>&1
  (($? == 2)) && grep -q 'export ConnectionStrings__Tokens=' "$out" || wrong "Worker without a database said: $(tail -n 3 "$out")" || return 1
  ConnectionStrings__Tokens="Host=127.0.0.1;Port=1;Username=nobody;Timeout=3" timeout "$deadline" dotnet "$worker_dll" --once > "$out" 2>&1
  (($? == 1)) && grep -q 'cannot be used' "$out" && ! grep -q '^   at ' "$out" || wrong "Worker with a wrong database said: $(tail -n 3 "$out")" || return 1

  ConnectionStrings__Tokens=$database timeout "$deadline" dotnet "$worker_dll" --seconds 45 > "$out" 2>&1 || wrong "Worker ended with $?: $(grep -m 3 '^warn' "$out"; tail -n 1 "$out")" || return 1
  (($(member "$out" passes) >= 2 && $(member "$out" calls) > 20 && $(member "$out" failed_calls) == 0 && $(member "$out" refreshes) > 11 && $(member "$out" reauthorizations) == 1)) \
    || wrong "Worker said: $(tail -n 1 "$out")" || return 1
  echo "  Worker: $(tail -n 1 "$out")"

  # Runs again with the existing tables and keys, as after a restart.
  ConnectionStrings__Tokens=$database timeout "$deadline" dotnet "$worker_dll" --once > "$out" 2>&1 || wrong "Worker, the second time, ended with $?: $(tail -n 3 "$out")" || return 1
}

jobs_started=()
keep_alive & jobs_started+=($!)
dashboard & jobs_started+=($!)
if [[ -n ${TOKENLIFECYCLE_SKIP_POSTGRES:-} ]]; then
  echo "  Worker was skipped: there is no PostgreSQL"
else
  bin=$(cat artifacts/tools/postgres-bin 2> /dev/null) || wrong "PostgreSQL is missing: run 'bash build/prepare-postgres.sh' once" || exit 1
  start_postgres "$bin" || exit 1
  worker & jobs_started+=($!)
fi

failed=0
for job in "${jobs_started[@]}"; do wait "$job" || failed=1; done
exit "$failed"
