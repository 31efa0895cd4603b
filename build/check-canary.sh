#!/usr/bin/env bash
# Fails if a test process printed a secret, or was not watched. Arguments: the names of the test projects that ran.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
for project in "$@"; do
  report="artifacts/canary/$project.txt"
  if [[ ! -f $report ]]; then
    echo "  $project was not watched: there is no $report"
    failed=1
    continue
  fi

  scanned=$(awk '/^scanned / { sum += $3 } END { print sum + 0 }' "$report")
  leaks=$(awk '/^leaks / { print $2 }' "$report")
  echo "  $project: $scanned texts read, $leaks leaks"
  if [[ $leaks != 0 ]]; then
    grep '^leak ' "$report" | sort | uniq -c | sort -rn | head -n 20
    failed=1
  fi
done
exit "$failed"
