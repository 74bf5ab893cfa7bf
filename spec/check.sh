#!/usr/bin/env bash
# Checks the models of this folder, run by run as runs.txt lists them. Ends with one line:
#   properties N held N, broken variants N found N
# and with 0 only if everything held that must hold, and every broken variant broke the promise that it is meant to break.
#
#   spec/check.sh                every run
#   spec/check.sh NAME...        these runs
#   spec/check.sh --trail NAME   the shortest history in which a broken variant breaks its promise, as sentences
#
# A run is exhaustive: spin writes the checker, which visits every state (no bitstate, no hash compaction). One that was
# cut short by depth or memory counts as failed. Broken variants are searched breadth first, so that they are found short.
set -uo pipefail
spec=$(cd "$(dirname "$0")" && pwd)
. "$spec/../scripts/needs.sh"
need_debian spin spin
need_debian cc build-essential

incomplete='Search not completed|search depth too small|-DMEMLIM bound|out of memory'

# read_run NAME: sets model, expected and switches.
read_run() {
  local line
  line=$(grep -E "^$1 *\|" "$spec/runs.txt") || stop "There is no run $1 in spec/runs.txt."
  IFS='|' read -r _ model expected switches <<<"$line"
  model=${model// /} expected=${expected// /} options=()
  for switch in $switches; do options+=("-D$switch"); done
  [ "$expected" = hold ] || options+=("-DSEEK=$expected")
}

# verify: in the current folder; leaves pan's report in `report` and, if something broke, a trail.
verify() {
  local search=()
  [ "$expected" = hold ] || search=(-DBFS)
  spin -a "${options[@]}" "$spec/$model.pml" >spin.out 2>&1 && [ -f pan.c ] || { cat spin.out; return 1; }
  # Unoptimised on purpose: compiling takes longer than searching.
  cc -O0 "${search[@]}" -w -DSAFETY -DNOREDUCE -DMEMLIM=1800 -o pan pan.c || return 1
  ./pan -E -m100000 -w22 >report 2>&1
}

# One run, one line, and a file that says ok.
one() {
  read_run "$1"
  cd "$work/$1" || exit 1
  verify >build.out 2>&1 || { say "$1: does not build"; cat build.out; return; }
  local states broke result=failed
  states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' report)
  broke=$(sed -n 's/.*assertion violated *(* *!(\([a-zA-Z]*\)).*/\1/p' report)
  if [ "$expected" = hold ]; then
    grep -q 'errors: 0' report && ! grep -qE "$incomplete" report && result=holds
  elif [ "$broke" = "$expected" ]; then
    result="$broke, found"
  fi
  [ "$result" = failed ] && result="FAILED: expected $expected, $(grep -E "assertion violated|errors:|$incomplete" report | head -1)"
  [[ $result == FAILED* ]] || touch ok
  printf '%-22s %-10s %9s states  %s\n' "$1" "$model" "${states:-?}" "$result"
}

trail() {
  read_run "$1"
  [ "$expected" != hold ] || stop "$1 is expected to hold: it has no trail."
  cd "$work" || exit 1
  verify && [ -f "$model.pml.trail" ] || stop "$1 was not found: run spec/check.sh $1."
  say "$1 ($model.pml): ${expected}"
  spin -t -k "$model.pml.trail" "${options[@]}" "$spec/$model.pml" 2>&1 | sed -n '/^[[:space:]]*\(spin:\|#\)/q; s/^ */  /; /^  [a-zA-Z]/p' | grep -vE '^  *[a-zA-Z]+(\[[0-9]\])? = '
}

if [ "${1:-}" = --one ]; then work=$2 one "$3"; exit; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "${1:-}" = --trail ]; then trail "${2:?which run?}"; exit; fi

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(sed -n 's/^\([a-z][a-z-]*\) *|.*/\1/p' "$spec/runs.txt" | sed '/^name$/d')
for name in "${names[@]}"; do mkdir -p "$work/$name"; done
printf '%s\n' "${names[@]}" | xargs -P 2 -I{} "$spec/check.sh" --one "$work" {}

properties=0 held=0 variants=0 found=0
for name in "${names[@]}"; do
  read_run "$name"
  if [ "$expected" = hold ]; then
    properties=$((properties + 1)); [ -f "$work/$name/ok" ] && held=$((held + 1))
  else
    variants=$((variants + 1)); [ -f "$work/$name/ok" ] && found=$((found + 1))
  fi
done
say "properties $properties held $held, broken variants $variants found $found"
[ "$properties" = "$held" ] && [ "$variants" = "$found" ]
