#!/usr/bin/env bash
# Publishes a program with the whole core trimmed, where every trim warning is an error, and runs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

dotnet publish build/TrimCheck -c Debug --use-current-runtime -o artifacts/trim -v quiet --nologo
artifacts/trim/TrimCheck
