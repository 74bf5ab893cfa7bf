// How connections end, and what the gateway makes of it: it comes back, or it stops and waits for a person.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './kit/eventually.js';
import { startWorld, text } from './kit/world.js';

/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;
/** @type {import('./kit/gatewayProcess.js').GatewayProcess} */ let gateway;

before(async () => {
  world = await startWorld();
  gateway = await world.gateway({ qrTimeoutMs: 500 });
});
after(() => world.stop());

/** Long enough for several of this gateway's backoffs: who wanted to come back would be here. */
const severalBackoffs = () => pause(1_500);

test('a server that restarts, and a cut cable, are reasons to come back', async () => {
  const account = await world.pairedAccount(gateway);
  for (const [index, how] of ['503', '500', 'drop'].entries()) {
    await world.admin('POST', '/disconnect', { account: account.number, how });
    const stand = await world.stands(account, now => now.state === 'connected' && now.reconnectCount === index + 1, `connected after ${how}`);
    assert.ok(stand.lastClose.at > 0);
  }
});

test('440 means that the session is another\'s: it is reported and never fought over', async () => {
  const account = await world.pairedAccount(gateway);
  const { logins } = world.whatsapp;
  await world.admin('POST', '/disconnect', { account: account.number, how: 'replaced' });
  const stand = await world.stands(account, now => now.state === 'stopped', 'stopped');
  assert.deepEqual([stand.reason, stand.lastClose.code], ['ownership_lost', 440]);
  await severalBackoffs();
  assert.equal(world.whatsapp.logins, logins);
  assert.equal((await gateway.command('/messages/send', text(account, '3EB0X', '40722000009', 'x'))).body.error, 'not_connected');
});

test('401 takes the keys away and waits for a new scan', async () => {
  const account = await world.pairedAccount(gateway);
  await world.admin('POST', '/disconnect', { account: account.number, how: 'logout' });
  const stand = await world.stands(account, now => now.state === 'logged_out', 'logged_out');
  assert.deepEqual([stand.reason, stand.lastClose.code], ['device_removed', 401]);
  assert.equal(world.worker.session(account.accountId).values.size, 0, 'no key is left');

  await gateway.command('/sessions/pair', { accountId: account.accountId, epoch: account.epoch });
  const { qr } = await world.stands(account, now => now.state === 'qr_ready' && now.qr, 'a new code');
  await world.admin('POST', '/scan', { qr, phone: account.number });
  await world.stands(account, now => now.state === 'connected', 'connected again');
});

test('a server that only ever asks for a restart is not asked for ever', async () => {
  const account = await world.pairedAccount(gateway);
  await world.admin('POST', '/faults', { refuseLogin: { phone: account.number, code: '515' } });
  await world.admin('POST', '/disconnect', { account: account.number, how: '515' });
  await world.stands(account, now => now.state === 'reconnecting' && now.reason === 'restarted', 'backoff');
  await world.admin('POST', '/faults', { refuseLogin: null });
  await world.stands(account, now => now.state === 'connected' && now.reconnectCount > 0, 'connected');
});

test('a code that expires makes room for the next, and when the window closes a person is needed', async () => {
  const account = await world.account(gateway);
  await gateway.command('/sessions/pair', { accountId: account.accountId, epoch: account.epoch });
  const seen = new Set();
  await world.stands(account, now => now.qr && seen.add(now.qr) && seen.size >= 3, 'three codes');
  await world.admin('POST', '/expire-qr');
  const stale = new Set(seen);
  await world.stands(account, now => now.qr && !stale.has(now.qr) && now.reconnectCount > 0, 'a code of a new connection');
  await gateway.command('/sessions/close', { accountId: account.accountId, epoch: account.epoch });

  const hasty = await world.gateway({ pairingWindowMs: 8_000, qrTimeoutMs: 500 }, { GATEWAY_SPOOL: `${world.folder}/hasty` });
  const late = await world.account(hasty);
  await hasty.command('/sessions/pair', { accountId: late.accountId, epoch: late.epoch });
  await world.stands(late, now => now.state === 'qr_ready', 'a code');
  await world.stands(late, now => now.state === 'needs_qr' && now.reason === 'not_scanned', 'needs_qr');
});

test('a code that is asked for while WhatsApp is away costs a paired account nothing', async () => {
  const account = await world.pairedAccount(gateway);
  await gateway.command('/sessions/close', account);
  await world.admin('POST', '/faults', { refuseLogin: { phone: account.number, code: '503' } });
  const impatient = await world.gateway({ pairingWindowMs: 500 }, { GATEWAY_SPOOL: `${world.folder}/impatient` });
  const next = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
  await impatient.command('/sessions/open', next);
  await world.stands(next, now => now.epoch === next.epoch && now.state === 'reconnecting', 'tries');
  const { body } = await impatient.command('/sessions/pair', next);
  // While a person is at it, it is connecting; when the window has closed, it goes on as before.
  await world.stands(next, now => now.version > body.version && now.state === 'reconnecting', 'goes on trying');
  await world.admin('POST', '/faults', { refuseLogin: null });
  await world.stands(next, now => now.state === 'connected', 'connected without a code');
});

test('a fresh code that is asked for before the keys are read is one of a new device', async () => {
  const account = await world.pairedAccount(gateway);
  await gateway.command('/sessions/close', account);
  let read = () => {};
  world.worker.reads = new Promise(resolve => (read = () => resolve(undefined)));
  const next = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
  await gateway.command('/sessions/open', next);
  const asked = gateway.command('/sessions/pair', { ...next, fresh: true });
  await gateway.command('/sessions/renew', { leases: [{ ...next, leaseDeadline: Date.now() + 60_000 }] });
  read();
  assert.equal((await asked).status, 200);
  await world.stands(next, now => now.epoch === next.epoch && now.qr, 'a code');
  assert.equal(world.worker.session(account.accountId).values.size, 0);
});

test('a logout on command removes the device and the keys', async () => {
  const account = await world.pairedAccount(gateway);
  const { body } = await gateway.command('/sessions/logout', account);
  assert.deepEqual([body.state, body.reason], ['logged_out', 'by_command']);
  await eventually('the device is gone', () => world.whatsapp.devicesOf(account.number).length === 0);
  assert.equal(world.worker.session(account.accountId).values.size, 0);
});

test('who asks for a code while a log-out is under way gets one after it', async () => {
  const account = await world.pairedAccount(gateway);
  /** @type {() => void} */ let write = () => {};
  world.worker.writes = new Promise(resolve => (write = () => resolve(undefined)));
  const leaving = gateway.command('/sessions/logout', account);
  await eventually('the device is gone', () => world.whatsapp.devicesOf(account.number).length === 0);
  const asked = gateway.command('/sessions/pair', { ...account, fresh: true });
  await gateway.command('/sessions/renew', { leases: [{ ...account, leaseDeadline: Date.now() + 60_000 }] });
  write();
  assert.deepEqual([(await leaving).status, (await asked).status], [200, 200]);
  await world.stands(account, now => now.state === 'qr_ready' && now.qr, 'a code');
});

test('who asks for a code of a session that needs none is told again how it stands', async () => {
  const account = await world.pairedAccount(gateway);
  const { version } = world.worker.stand(account.accountId);
  const { body } = await gateway.command('/sessions/pair', account);
  assert.deepEqual([body.state, body.version > version], ['connected', true]);
  await world.stands(account, now => now.version === body.version, 'the same once more');
});

test('a banned account stops, and its keys stay for a person to decide', async () => {
  const account = await world.pairedAccount(gateway);
  await world.admin('POST', '/faults', { refuseLogin: { phone: account.number, code: '403' } });
  await world.admin('POST', '/disconnect', { account: account.number, how: '503' });
  const stand = await world.stands(account, now => now.state === 'stopped', 'stopped');
  assert.equal(stand.reason, 'account_locked');
  assert.ok(world.worker.session(account.accountId).values.has('creds/'));
});
