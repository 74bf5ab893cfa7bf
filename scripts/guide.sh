#!/usr/bin/env bash
# Waits until the system answers, then prints where to look and what to paste. Called by run.sh with the AppHost's process id.
set -euo pipefail
apphost=$1
proxy=http://127.0.0.1:$PROXY_PORT
firestore=http://127.0.0.1:$FIRESTORE_PORT
auth=http://127.0.0.1:$AUTH_PORT
whatsapp=http://127.0.0.1:$WHATSAPP_PORT
worker=http://127.0.0.1:$WORKER_PORT
sockets=http://127.0.0.1:$SOCKETS_PORT
. scripts/needs.sh

until curl -fs "$proxy/readyz" >/dev/null 2>&1 && curl -fs "$worker/readyz" >/dev/null 2>&1 && curl -fs "$whatsapp/health" >/dev/null 2>&1; do
  kill -0 "$apphost" 2>/dev/null || exit 0
  sleep 0.3
done

# The stand-in for accounts that are paired by QR code is there a moment later, or, without Node, never.
linked=''
if has_node; then
  for _ in $(seq 100); do
    if curl -fs "$sockets/admin/state" >/dev/null 2>&1; then linked=yes; break; fi
    sleep 0.3
  done
fi

# A page that is still being fetched is announced by the AppHost when it is there.
dashboard="(not yet: see the line 'Login to the dashboard', or 'No dashboard')"
if curl -fs "$ASPNETCORE_URLS/health" >/dev/null 2>&1; then
  dashboard=$ASPNETCORE_URLS/login?t=$ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN
fi

# Prints an ID token of one of the people in demo/seed.json.
sign_in() {
  curl -fs "$auth/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=local" -H 'Content-Type: application/json' \
    -d "{\"email\":\"$1@example.com\",\"password\":\"demo-password\",\"returnSecureToken\":true}" | sed -n 's/.*"idToken" *: *"\([^"]*\)".*/\1/p'
}

token=$(sign_in employee)
admin=$(sign_in admin)
thread=demo-account__40700000011@s.whatsapp.net
number=100000000000001
message="hello-$(date +%s)"
request=$(printf '%s|%s|%s' "$thread" demo-employee "$message" | sha256sum | cut -d' ' -f1)

cat <<TEXT

────────────────────────────────────────────────────────────────────────────────
WaAspire runs.

  Dashboard        $dashboard
  The phone        $whatsapp/
  Operator's page  $proxy/operations/   (admin@example.com, or employee@example.com; demo-password)
  Proxy            $proxy
  Worker (two)     $worker
  Firestore, Auth  $firestore   $auth

The runbook's verification list:

1. Send a message, and watch it arrive on the phone (the token is good for an hour):

curl -X POST $proxy/whatsappProxySend \\
  -H "Authorization: Bearer $token" \\
  -H "Content-Type: application/json" \\
  -d '{"threadId":"$thread","accountId":"demo-account","toJid":"+40700000011@s.whatsapp.net","text":"Hello from WaAspire","clientMessageId":"$message"}'

2. Try to write the outbox as a client: the rules refuse it (403):

curl -X POST "$firestore/v1/projects/demo-waaspire/databases/(default)/documents/outbox?documentId=mine" \\
  -H "Authorization: Bearer $token" -H "Content-Type: application/json" -d '{"fields":{"status":{"stringValue":"queued"}}}'

3. Ask the worker how it is:

curl $worker/healthz
curl $worker/readyz
curl $worker/metrics-json

4. See what the outbox says of your message (queued, then sent; claimedBy names the worker):

curl -s -H "Authorization: Bearer owner" "$firestore/v1/projects/demo-waaspire/databases/(default)/documents/outbox/$request"

5. Let the phone write the same message twice (same id), and see it once: the marker, and one message in the thread:

for i in 1 2; do curl -X POST $whatsapp/simulator/inbound -H "Content-Type: application/json" \\
  -d '{"phoneNumberId":"$number","from":"40700000011","message":{"id":"wamid.$message","type":"text","text":{"body":"Twice"}}}'; done
curl -s -H "Authorization: Bearer owner" "$firestore/v1/projects/demo-waaspire/databases/(default)/documents/inboundDedupe/demo-account__wamid.$message"
curl -s -H "Authorization: Bearer owner" "$firestore/v1/projects/demo-waaspire/databases/(default)/documents/threads/$thread/messages/wamid.$message"

6. See that WhatsApp got each message once (send more first; two workers share the work):

curl $whatsapp/simulator/accepted

TEXT

if [ "$linked" ]; then cat <<TEXT
7. Add an account that is paired by QR code. Its code appears on the phone page: one click scans it. Then write to it as Elena:

account=\$(curl -s -X POST $proxy/whatsappProxyAddAccount -H "Authorization: Bearer $admin" -H "Content-Type: application/json" \\
  -d '{"name":"Shop","phone":"+40722000111"}' | sed -n 's/.*"id" *: *"\([^"]*\)".*/\1/p')

8. Answer her, in the same shell:

curl -X POST $proxy/whatsappProxySend \\
  -H "Authorization: Bearer $token" \\
  -H "Content-Type: application/json" \\
  -d '{"threadId":"'\$account'__40700000021@s.whatsapp.net","accountId":"'\$account'","toJid":"+40700000021@s.whatsapp.net","text":"Hello, Elena","clientMessageId":"answer-'\$(date +%s)'"}'

TEXT
else
  say "7. Accounts that are paired by QR code need Node 20 or later: https://nodejs.org"
  say ""
fi

cat <<TEXT
Ctrl-C ends everything.
────────────────────────────────────────────────────────────────────────────────

TEXT
