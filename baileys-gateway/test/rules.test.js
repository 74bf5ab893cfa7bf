// The pure rules: what a close code means, how backoff grows, and which settings are refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from '../src/log.js';
import { backoff, closeAction } from '../src/sessions/closePolicy.js';
import { Liveness } from '../src/sessions/liveness.js';
import { DEFAULTS, readSettings } from '../src/settings.js';

const SETTINGS = { GATEWAY_TOKEN: 't', WORKER_URL: 'http://127.0.0.1:8081' };
const paired = { isPaired: true, isPairing: false };
const pairing = { isPaired: false, isPairing: true };

test('each close code has its meaning', () => {
  const table = [
    [515, paired, 'restart', undefined],
    [408, paired, 'backoff', 'timed_out'],
    [428, paired, 'backoff', 'connection_closed'],
    [500, paired, 'backoff', 'bad_session'],
    [503, paired, 'backoff', 'unavailable'],
    [undefined, paired, 'backoff', 'closed'],
    [440, paired, 'stop', 'ownership_lost'],
    [401, paired, 'stop', 'device_removed'],
    [402, paired, 'stop', 'temporarily_banned'],
    [403, paired, 'stop', 'account_locked'],
    [405, paired, 'stop', 'client_outdated'],
    [406, paired, 'stop', 'account_banned'],
    [409, paired, 'stop', 'client_outdated'],
    [411, paired, 'stop', 'multi_device_required'],
    [400, { ...paired, message: 'certification match failed' }, 'stop', 'bad_certificate'],
    [408, pairing, 'backoff', 'timed_out'],
    [401, pairing, 'backoff', 'pairing_refused'],
    [408, { isPaired: false, isPairing: false }, 'stop', 'not_scanned'],
  ];
  for (const [code, about, what, reason] of table) {
    const action = /** @type {any} */ (closeAction(/** @type {any} */ (code), /** @type {any} */ (about)));
    assert.deepEqual([code, action.do, action.reason], [code, what, reason]);
  }
  assert.equal(/** @type {any} */ (closeAction(401, paired)).wipe, true);
  assert.equal(/** @type {any} */ (closeAction(403, paired)).wipe, undefined, 'only WhatsApp\'s own removal takes keys away');
});

test('backoff doubles to its cap, with jitter', () => {
  const options = { backoffBaseMs: 1_000, backoffCapMs: 60_000 };
  const delays = [0, 1, 2, 5, 6, 100].map(failures => backoff(failures, options, () => 1));
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  assert.equal(backoff(1, options, () => 0), 1_000);
});

test('deaf is who is not answered; a restart is granted once in a while', () => {
  let now = 0;
  const liveness = new Liveness({ ...DEFAULTS, deafAfterMs: 100, deafAfterLostAcks: 2, restartDeafEveryMs: 1_000, openTimeoutMs: 50 }, () => now);
  now = 51;
  assert.equal(liveness.isStuck, true, 'it should have opened by now');
  now = 100;
  assert.equal(liveness.isDeaf, false);
  now = 101;
  assert.equal(liveness.isDeaf, true);
  assert.deepEqual([liveness.mayRestart(), liveness.mayRestart()], [true, false]);
  liveness.answered();
  assert.equal(liveness.isDeaf, false);
  liveness.unacknowledged();
  liveness.unacknowledged();
  assert.equal(liveness.isDeaf, true);
  liveness.acknowledged();
  assert.equal(liveness.isDeaf, false);
  now = 1_101;
  assert.equal(liveness.mayRestart(), true);
});

test('only this machine can be the worker or play WhatsApp', () => {
  for (const url of ['ws://127.0.0.1:7070/ws/chat', 'wss://localhost:1', 'ws://[::1]:7070']) {
    assert.equal(readSettings({ ...SETTINGS, WA_WEB_SOCKET_URL: url }).webSocketUrl, url.replace(/\/$/, ''));
  }
  for (const url of ['ws://example.com', 'ws://10.0.0.1:7070', 'ws://127.0.0.1.example.com', 'ws://localhost.example.com', 'http://127.0.0.1', 'nonsense']) {
    assert.throws(() => readSettings({ ...SETTINGS, WA_WEB_SOCKET_URL: url }), /WA_WEB_SOCKET_URL/, url);
  }
  assert.equal(readSettings(SETTINGS).webSocketUrl, undefined, 'without it, WhatsApp itself');
  assert.throws(() => readSettings({ ...SETTINGS, WORKER_URL: 'http://worker:8081' }), /WORKER_URL/);
});

test('all mistakes are told together', () => {
  assert.throws(
    () => readSettings({ PORT: 'x', GATEWAY_KEYS: 'a:b', GATEWAY_OPTIONS: '{"nope":1,"deafAfterMs":1}' }),
    (/** @type {any} */ error) => ['PORT', 'GATEWAY_TOKEN', 'WORKER_URL', 'GATEWAY_KEYS', 'nope', 'deafAfterMs'].every(word => error.message.includes(word)),
  );
  assert.ok(DEFAULTS.deafAfterMs + DEFAULTS.deafAfterMs / 8 <= 120_000, 'deafness shows within two minutes');
});

test('a line of the log has no number, no address and no key', () => {
  const line = redact('to 40711111111:1@s.whatsapp.net and 123-456@g.us +40711222333 key mQENBF8xABIBCADa9d9OqPzXgkQbTqRk0yM8WqL1F2f8');
  assert.equal(line, 'to (jid) and (jid) +(number) key (data)');
});
