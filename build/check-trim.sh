#!/usr/bin/env bash
# Publishes a program trimmed that holds the whole core: any trim warning is an error. Then runs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

dotnet publish build/TrimCheck -c Debug --use-current-runtime -o artifacts/trim -v quiet --nologo
artifacts/trim/TrimCheck
