#!/usr/bin/env bash
# Everything goes wrong on real processes, at production's durations: ./chaos.sh MINUTES [--seed N]
# MINUTES is how long faults go on; healing, draining and measuring take ten more or so. The same seed makes the same
# schedule of faults. Accounts that are paired by QR code take part where there is Node 20. Leaves artifacts/chaos/report.md
# and timeline.html, and ends with one line:
# accepted N delivered N duplicates N lost N inversions N uncertain N. Exit code 0 only if the run got to its end and all
# promises held. How soon others take over is measured, not promised: the report says which figure is missed.
set -uo pipefail
cd "$(dirname "$0")"
. scripts/needs.sh

usage="usage: ./chaos.sh MINUTES [--seed N]"
seed=$(( (RANDOM << 15) | RANDOM ))
minutes=''
while [ $# -gt 0 ]; do
  case "$1" in
    --seed) seed=${2:-}; shift ;;
    --seed=*) seed=${1#--seed=} ;;
    *) [ -z "$minutes" ] || stop "$usage"; minutes=$1 ;;
  esac
  shift
done
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ && $seed =~ ^[0-9]{1,9}$ ]] || stop "$usage"

need_dotnet
need_debian redis-server redis-server
need_debian setsid util-linux

folder=artifacts/chaos
rm -rf "$folder"
mkdir -p "$folder"
touch "$folder/progress.txt"

say "Building ..."
dotnet build WaAspire.Tests -c Release --nologo -v quiet -clp:NoSummary || stop "The build failed."

tail -n +1 -f "$folder/progress.txt" &
tail=$!
trap 'kill "$tail" 2>/dev/null' EXIT
WAASPIRE_FULL=1 WAASPIRE_CHAOS_MINUTES=$minutes WAASPIRE_CHAOS_SEED=$seed WAASPIRE_CHAOS_COMMIT=$(git rev-parse --short HEAD 2>/dev/null) \
  dotnet test WaAspire.Tests -c Release --no-build --nologo --filter "FullyQualifiedName~Chaos.ChaosTests" >"$folder/test.txt" 2>&1
status=$?
[ "$status" = 0 ] || grep -A 20 -m 1 'Error Message' "$folder/test.txt"

say "Report: $folder/report.md, timeline: $folder/timeline.html, logs of the processes beside them"
if [ -s "$folder/line.txt" ]; then
  cat "$folder/line.txt"
else
  # Also when no test ran at all, which is no failure to the runner.
  say "The run did not get to its end: $folder/test.txt"
  [ "$status" != 0 ] || status=1
fi
exit "$status"
