#!/usr/bin/env bash
# Builds the packages, checks their content, and runs the commands and programs of the readmes with them in new projects outside the repository.
#   build/pack.sh [suffix]     the version is that of Directory.Build.props; a suffix makes it a preview: build/pack.sh preview.1
# The packages are in artifacts/packages. The last line is JSON. The exit code is not 0 if a check failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
suffix=${1:-}
version=$(sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' Directory.Build.props)${suffix:+-$suffix}
commit=$(git rev-parse HEAD)

echo "packing version $version of $commit"
[[ -z $(git status --porcelain) ]] || echo "  NOTE: there are uncommitted changes, so the packages differ from the commit that they name"
rm -rf artifacts/packages artifacts/pack
# Built in a separate, empty folder: an earlier build of this tree may have left assemblies whose symbols name local paths.
# The analyzers run in the ordinary build.
dotnet pack build/Packages.slnf -c Release -m:2 -v quiet -clp:NoSummary --artifacts-path "$PWD/artifacts/pack" -p:VersionSuffix="$suffix" \
  -p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false -p:PackageOutputPath="$PWD/artifacts/packages" >&2

bash build/prepare-postgres.sh || true # Without it, one readme is not checked, and the script reports that.
bash build/prepare-redis.sh || true # The same.
dotnet build build/CheckPackages -m:2 -v quiet --nologo -p:RunAnalyzers=false >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build/CheckPackages/bin/Debug/net10.0/CheckPackages.dll "$PWD" "$version" "$commit" "$work"
