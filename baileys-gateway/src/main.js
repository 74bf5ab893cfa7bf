// A gateway: the sockets to WhatsApp of one worker. Enters: the worker's commands over HTTP and its pipe on stdin.
// Leaves: messages to WhatsApp, events and session keys to the worker. If we die here, undelivered events lie in the
// spool, and everything else is the worker's already.
//
//   PORT=7080 GATEWAY_TOKEN=… WORKER_URL=http://127.0.0.1:8081 [WA_WEB_SOCKET_URL=ws://127.0.0.1:7070/ws/chat] node baileys-gateway/src/main.js

import { fstatSync } from 'node:fs';
import { EventStream } from './events/eventStream.js';
import { listen } from './http/server.js';
import { log, outliveReaders, redact, silenceConsole } from './log.js';
import { Sessions } from './sessions/sessions.js';
import { SettingsError, readSettings } from './settings.js';
import { Worker } from './worker.js';

silenceConsole();
outliveReaders();
await start().catch(error => {
  process.stderr.write(`${error instanceof SettingsError ? error.message : redact(error.message)}\n`);
  process.exit(1);
});

async function start() {
  const settings = readSettings(process.env);
  const worker = new Worker(settings);
  const events = new EventStream(worker, settings);
  await events.open();
  const sessions = new Sessions({ settings, worker, events });
  const server = await listen(settings, sessions);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  if (!settings.hasLastingKeys) {
    log('warn', 'spool_key_is_made_up', { meaning: 'Without GATEWAY_KEYS the spool cannot be read after a restart.' });
  }
  log('info', 'listening', { port, pid: process.pid, whatsapp: settings.webSocketUrl ?? 'web.whatsapp.com' });

  let isEnding = false;
  const end = async reason => {
    if (isEnding) {
      return;
    }
    isEnding = true;
    log('info', 'ending', { reason });
    await sessions.endAll(reason);
    await events.close(settings.options.flushTimeoutMs);
    process.exit(0);
  };
  process.on('SIGTERM', () => void end('terminated'));
  process.on('SIGINT', () => void end('terminated'));
  // Not seen by us as an awaited outcome, so nobody counts on it; but it must not take the other accounts down.
  process.on('unhandledRejection', error => log('error', 'unhandled', { reason: redact(/** @type {any} */ (error)?.message ?? '').slice(0, 200) }));
  // What Node would write to stderr holds the error's whole text.
  process.on('uncaughtException', error => {
    log('error', 'crashed', { reason: redact(error?.message ?? '').slice(0, 200) });
    process.exit(1);
  });
  watchPipe(() => void end('pipe_closed'));
}

/** A worker that dies cannot say so; the pipe that it holds does. A terminal or /dev/null is no worker. @param {() => void} closed */
function watchPipe(closed) {
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) {
    process.stdin.on('end', closed).on('error', closed).resume();
  }
}
