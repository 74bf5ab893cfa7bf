#!/usr/bin/env bash
# Plants one deliberate bug after the other into the worker and sees that the simulation finds it.
# usage: spec/mutations.sh [SEEDS]      builds the tests, then each bug, then runs up to SEEDS (10000) seeds against each
#        spec/mutations.sh --build      only the builds;  spec/mutations.sh --run [SEEDS]  only the runs
# Writes docs/mutations.txt: which seed found which bug, and each promise that it broke there. Exit code 1 when one was not found.
set -euo pipefail
cd "$(dirname "$0")/.."
work=artifacts/mutations
names=$(grep -rhoE 'MUTATION_\w+' --include='*.cs' WaAspire.Messaging WaAspire.Worker | sed 's/MUTATION_//' | sort -u)

build() {
  rm -rf "$work"
  mkdir -p "$work/bugs"
  dotnet build WaAspire.Tests -c Release --nologo -v quiet -clp:NoSummary
  for name in $names; do
    dotnet build WaAspire.Worker -c Release -p:Mutation="$name" -p:TreatWarningsAsErrors=false -p:RunAnalyzers=false \
      --artifacts-path "$work/build" --nologo -v quiet -clp:ErrorsOnly
    mkdir "$work/bugs/$name"
    cp "$work"/build/bin/WaAspire.Worker/release/WaAspire.{Messaging,Worker}.dll "$work/bugs/$name/"
  done
}

run() {
  local status=0 seeds=${1:-10000} report=docs/mutations.txt
  echo "spec/mutations.sh: each deliberate bug, the first of $seeds seeds that finds it, and each promise that it breaks there" >"$report.new"
  for name in $names; do
    # Only the two assemblies differ: everything else is the build that the tests use.
    rm -rf "$work/run"
    cp -r WaAspire.Tests/bin/Release/net10.0 "$work/run"
    cp "$work/bugs/$name"/*.dll "$work/run/"
    if found=$(dotnet "$work/run/WaAspire.Tests.dll" simulate --seeds "$seeds" --brief); then
      found="seed none: not found"
      status=1
    fi
    sed -n "s/^seed/$name seed/p" <<<"$found" | cut -c 1-150 | tee -a "$report.new"
  done
  mv "$report.new" "$report"
  return $status
}

case "${1:-}" in
  --build) build ;;
  --run) run "${2:-}" ;;
  *) build; run "${1:-}" ;;
esac
