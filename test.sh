#!/usr/bin/env bash
# Runs every test. --full repeats the tests on real processes with production's durations and keeps the report.
# Ends with one line: N passed, N failed
set -uo pipefail
cd "$(dirname "$0")"
. scripts/needs.sh

# Each of many hosts would watch its settings file, and a user may have only so many watches (128 where nobody raised it).
export DOTNET_hostBuilder__reloadConfigOnChange=false
export WAASPIRE_FULL=0
asked="$*"
filter=()
for argument in "$@"; do
  case "$argument" in
    --full) WAASPIRE_FULL=1 ;;
    --filter=*) filter=(--filter "${argument#--filter=}") ;;
    *) stop "usage: ./test.sh [--full] [--filter=EXPRESSION]" ;;
  esac
done

need_dotnet
need_debian redis-server redis-server
need_debian chromium chromium
need_debian curl curl
need_debian spin spin
need_debian faketime faketime
need_debian cc build-essential

results=artifacts/tests
rm -rf "$results"
mkdir -p "$results"

# The model of the protocol is checked while the rest is built: it needs nothing of it.
spec/check.sh >"$results/spec.txt" 2>&1 &
spec=$!

# The dashboard that tests look at in a browser: fetched from npm once, kept in the user's cache. Without it those tests fail.
need_debian npm npm
scripts/dashboard/get.sh >"$results/dashboard.txt" 2>&1 &

dotnet build WaAspire.sln -c Release --nologo -v quiet -clp:NoSummary || { say "The build failed."; say "0 passed, 1 failed"; exit 1; }
dotnet test WaAspire.Tests -c Release --no-build --nologo "${filter[@]}" \
  --logger "console;verbosity=minimal" --logger "trx;LogFileName=tests.trx" --results-directory "$results"
status=$?

counters=$(grep -o '<Counters [^>]*' "$results/tests.trx" 2>/dev/null)
number() { printf '%s' "$counters" | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"; }
passed=$(number passed)
total=$(number total)
failed=$(( ${total:-0} - ${passed:-0} ))
passed=${passed:-0}
[ "${total:-0}" -gt 0 ] || failed=1
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1

# Two checks that are not xunit's count as one test each.
check() { # NAME COMMAND...
  local name=$1; shift
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); say "$name failed."; fi
}
wait "$spec"; spec=$?
cat "$results/spec.txt"
check "The model of the protocol" [ "$spec" = 0 ]
check "dotnet format" dotnet format WaAspire.sln --verify-no-changes --no-restore

# What was run at production's durations, and how it ended, is kept in the tree.
if [ "$WAASPIRE_FULL" = 1 ]; then
  {
    say "./test.sh $asked on $(date -u +%Y-%m-%d), commit $(git rev-parse --short HEAD): $passed passed, $failed failed"
    say ""
    say "Tests on the running product, with production's durations:"
    grep -o 'UnitTestResult [^>]*\(Flows\|Degraded\|Chaos\|Costs\|Gateway\)[^>]*' "$results/tests.trx" |
      sed -n 's/.*testName="WaAspire\.Tests\.\([^"]*\)".*duration="\([0-9:]*\).*outcome="\([A-Za-z]*\)".*/\2  \3  \1/p' | sed 's/&quot;/"/g' | sort -k3
    say ""
    say "A kill at every await between claim and record (durations as short as the protocol allows):"
    cat artifacts/kill-points.txt
    say ""
    say "Thirty accounts that are paired by QR code, over workers that join, leave and die:"
    cat artifacts/account-ownership.txt
    say ""
    say "The model:"
    cat "$results/spec.txt"
  } >docs/full-report.txt
fi

say "$passed passed, $failed failed"
[ "$failed" = 0 ]
