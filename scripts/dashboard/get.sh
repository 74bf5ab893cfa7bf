#!/usr/bin/env bash
# Prints the program that is Microsoft's Aspire dashboard. Looks where one is installed, then where we keep ours, and else
# fetches it once: from an installed aspire command, or from npm (about 70 MB) into the user's cache.
# --look fetches nothing and ends with 3 if it could. Otherwise: 0 and the program, or 1 and one sentence on stderr.
set -uo pipefail
cd "$(dirname "$0")"

package=@microsoft/aspire-cli-linux-x64
version=$(sed -n "s|.*\"$package\": \"\(.*\)\".*|\1|p" package.json)
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/waaspire/dashboard
ours=$cache/$version/aspire-managed
installed=${ASPIRE_HOME:-${HOME:-/tmp}/.aspire}/bundle/managed/aspire-managed

none() { printf '%s\n' "$*" >&2; exit 1; }
found() { printf '%s\n' "$1"; exit 0; }
look() {
  for program in "$installed" "$ours"; do
    [ ! -x "$program" ] || found "$program"
  done
}

look
if command -v aspire >/dev/null 2>&1; then
  way=aspire
elif command -v npm >/dev/null 2>&1 && [ "$(uname -sm)" = "Linux x86_64" ]; then
  way=npm
else
  none "install Aspire's command (https://aka.ms/aspire/install), or npm on Linux x64, to have one"
fi
[ "${1:-}" != --look ] || exit 3

# One at a time: run.sh begins early, and the AppHost waits here for the same program.
mkdir -p "$cache" || none "there is no place for it at $cache"
exec 9>"$cache/lock"
flock -w 300 9 || none "somebody else has been fetching it for five minutes"
look

# The command unpacks its dashboard beside itself or into ASPIRE_HOME, by how it was installed.
export ASPIRE_CLI_TELEMETRY_OPTOUT=true
unpacked() { find "$@" -name aspire-managed -type f -perm -u+x 2>/dev/null | head -1; }
if [ "$way" = aspire ]; then
  timeout 90 aspire setup >/dev/null 2>&1 9>&- || none "'aspire setup' failed; run by hand it says why"
  program=$(unpacked "${installed%/bundle/*}/" "$(dirname "$(readlink -f "$(command -v aspire)")")/../")
  [ -n "$program" ] || none "this aspire command brings no dashboard with it"
  found "$program"
fi

work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json "$work"
timeout 180 npm ci --prefix "$work" --no-audit --no-fund --ignore-scripts >/dev/null 2>&1 9>&- || none "npm could not fetch $package $version"
ASPIRE_HOME=$work/home timeout 90 "$work/node_modules/$package/bin/aspire" setup >/dev/null 2>&1 9>&- || none "$package $version does not unpack here"
program=$(unpacked "$work")
[ -n "$program" ] || none "$package $version brings no dashboard with it"

# Renamed into place: a fetch that is ended in between leaves nothing that looks whole.
rm -rf "${ours%/*}"
mv "${program%/*}" "${ours%/*}" || none "it could not be stored in $cache"
found "$ours"
