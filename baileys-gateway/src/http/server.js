// The gateway's door: loopback only, a token on every command, JSON in and out, bodies bounded. Health and metrics are
// open to whoever is on this machine; they hold numbers only.

import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable, pipeline } from 'node:stream';
import { log, redact } from '../log.js';
import { metrics } from '../metrics.js';
import { Refusal } from '../sessions/sessions.js';
import { COMMANDS } from './commands.js';

/** @param {import('../settings.js').Settings} settings @param {import('../sessions/sessions.js').Sessions} sessions */
export async function listen(settings, sessions) {
  const token = Buffer.from(settings.token);
  const server = createServer((request, response) => {
    answer(request)
      .catch(error => failure(error))
      .then(({ status, body }) => (body instanceof Readable ? passOn(body, response) : response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))));
  });

  /** @param {import('node:http').IncomingMessage} request */
  async function answer(request) {
    const name = `${request.method} ${(request.url ?? '').split('?')[0]}`;
    if (name === 'GET /healthz') {
      return { status: 200, body: { status: 'ok' } };
    }
    if (name === 'GET /metrics-json') {
      return { status: 200, body: metrics };
    }
    const given = Buffer.from(`${request.headers['x-gateway-token'] ?? ''}`);
    if (given.length !== token.length || !timingSafeEqual(given, token)) {
      throw new Refusal(401, 'unauthorized');
    }
    const command = COMMANDS[name];
    if (!command) {
      throw new Refusal(404, 'not_found');
    }
    const body = request.method === 'POST' ? await readJson(request, settings.options.bodyBytes) : {};
    return { status: 200, body: await command(sessions, body) };
  }

  await new Promise((resolve, reject) => server.once('error', reject).listen(settings.port, '127.0.0.1', () => resolve(undefined)));
  return server;
}

/** A file: broken off where it broke, so that nobody takes a part for the whole. */
function passOn(file, response) {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  pipeline(file, response, error => error && response.destroy());
}

function failure(error) {
  if (error instanceof Refusal) {
    return { status: error.status, body: { error: error.code } };
  }
  metrics.count('commandFailures');
  log('error', 'command_failed', { reason: redact(error?.message ?? '').slice(0, 200) });
  return { status: 500, body: { error: 'internal' } };
}

async function readJson(request, limit) {
  /** @type {Buffer[]} */ const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > limit) {
      throw new Refusal(413, 'payload_too_large');
    }
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString() || '{}');
  } catch {
    throw new Refusal(400, 'invalid_json');
  }
}
