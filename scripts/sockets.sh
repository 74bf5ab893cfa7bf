#!/bin/sh
# WhatsApp's socket server, as a stand-in, for accounts that are paired by QR code. AppHost.cs calls it, first with `install`:
# the gateway's packages are installed once. Without Node it says so in one line and ends well: everything else runs.
cd "$(dirname "$0")/../baileys-gateway" || exit 1
. ../scripts/needs.sh
do=$1
shift

if ! has_node; then
  [ "$do" != install ] || say "Node 20 or later is missing (https://nodejs.org): no account can be paired by QR code here. Everything else runs."
  exit 0
fi

if [ "$do" = install ]; then
  wanted=$(sha256sum package-lock.json | cut -c1-64 | tr a-f A-F)
  [ "$(cat node_modules/.installed 2>/dev/null)" != "$wanted" ] || exit 0
  say "Installing the packages of baileys-gateway ..."
  if timeout 300 npm ci --no-audit --no-fund --ignore-scripts >/dev/null 2>&1; then
    printf %s "$wanted" >node_modules/.installed
  else
    say "npm ci in baileys-gateway failed: no account can be paired by QR code here. Everything else runs."
  fi
  exit 0
fi

[ -d node_modules ] || exit 0
exec node test/standin/main.js "$@"
