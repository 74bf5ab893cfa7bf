#!/usr/bin/env bash
# Runs WaAspire on this machine: no cloud account, no Docker, no key. Ctrl-C ends everything that it started.
# What was stored is kept in .run/firebase and is there again next time; delete that folder to begin anew.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/needs.sh

apphost=WaAspire.AppHost/bin/Release/net10.0/WaAspire.AppHost.dll
mkdir -p .run
if [ -f .run/pid ] && other=$(cat .run/pid) && kill -0 "$other" 2>/dev/null && grep -qs WaAspire.AppHost "/proc/$other/cmdline"; then
  stop "WaAspire already runs from this folder (process $other). Look there, or end it with: kill $other"
fi

need_dotnet
need_debian curl curl
if [ -z "${ConnectionStrings__redis:-}" ] && ! docker info >/dev/null 2>&1; then
  need_debian redis-server redis-server
fi

say "Building ..."
dotnet build WaAspire.AppHost -c Release --nologo -v quiet -clp:NoSummary || stop "The build failed."

# Where debug clients look for Firebase, when it is free.
export PROXY_PORT FIRESTORE_PORT AUTH_PORT WHATSAPP_PORT WORKER_PORT SOCKETS_PORT DASHBOARD_PORT
PROXY_PORT=$(free_port 5002)
FIRESTORE_PORT=$(free_port 8082)
AUTH_PORT=$(free_port 9098)
WHATSAPP_PORT=$(free_port 5010)
WORKER_PORT=$(free_port 8080)
SOCKETS_PORT=$(free_port 7070)
DASHBOARD_PORT=$(free_port 15080)

# By Aspire's own names: where the dashboard is, its key, and that somebody is looking (telemetry at once, not in batches).
export ASPNETCORE_URLS=http://localhost:$DASHBOARD_PORT DOTNET_ENVIRONMENT=Development
export ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN=${ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}

# The guide waits until everything answers, prints what to paste, and ends. exec keeps this process's id: $$ is the AppHost.
scripts/guide.sh $$ &
echo $$ > .run/pid
exec dotnet "$apphost" \
  --Ports:Proxy="$PROXY_PORT" --Ports:Firestore="$FIRESTORE_PORT" --Ports:Auth="$AUTH_PORT" \
  --Ports:WhatsApp="$WHATSAPP_PORT" --Ports:Worker="$WORKER_PORT" --Ports:Sockets="$SOCKETS_PORT" \
  --Demo:SeedFile="$PWD/demo/seed.json" --Demo:DataDirectory="$PWD/.run/firebase"
