// One session, one owner: whoever is no longer the owner has no socket and writes no key.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './kit/eventually.js';
import { startWorld, text } from './kit/world.js';

const FRIEND = '40722000005';
/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;

before(async () => (world = await startWorld()));
after(() => world.stop());

const writes = async gateway => (await gateway.call('GET', '/metrics-json')).body.keyCommits;
const isConnected = account => world.whatsapp.devicesOf(account.number).some(device => device.client);

test('when the pipe closes the sockets end without a logout, and the next gateway needs no code', async () => {
  const first = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/first` });
  const account = await world.pairedAccount(first);
  await first.closePipe();
  await eventually('the socket is gone', () => !isConnected(account));
  assert.equal(world.whatsapp.devicesOf(account.number).length, 1, 'the device is still linked');
  assert.equal(world.worker.stand(account.accountId).reason, 'pipe_closed');

  const second = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/second` });
  const next = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
  await second.command('/sessions/open', next);
  await world.stands(next, stand => stand.epoch === next.epoch && stand.state === 'connected', 'connected');
  const { body } = await second.command('/messages/send', text(next, '3EB0NEXT', FRIEND, 'from the heir'));
  assert.equal(body.outcome, 'accepted');
  assert.equal(world.sent(account.number).at(-1)?.text, 'from the heir', 'the heir has the keys to be understood');
});

test('a gateway killed with -9 leaves a session that the next one goes on with', async () => {
  const first = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/killed` });
  const account = await world.pairedAccount(first);
  await first.command('/messages/send', text(account, '3EB0BEFORE', FRIEND, 'before'));
  await first.kill();
  const second = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/heir` });
  const next = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
  await second.command('/sessions/open', next);
  await world.stands(next, stand => stand.epoch === next.epoch && stand.state === 'connected', 'connected');
  assert.equal((await second.command('/messages/send', text(next, '3EB0AFTER', FRIEND, 'after'))).body.outcome, 'accepted');
  assert.deepEqual(world.sent(account.number).map(({ text: body }) => body), ['before', 'after']);
});

test('a stale epoch writes no key: the socket closes at once and the loss is reported', async () => {
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/stale` });
  const account = await world.pairedAccount(gateway);
  // With the keys for a friend at hand, the next message reads none: it only writes the one that it used up.
  await gateway.command('/messages/send', text(account, '3EB0FIRST', FRIEND, 'in time'));
  await eventually('the keys at rest', async () => (await writes(gateway)) === (await pause(500, await writes(gateway))) && (await writes(gateway)) > 0);
  world.worker.nextEpoch(account.accountId);
  const stored = new Map(world.worker.session(account.accountId).values);
  await gateway.command('/messages/send', text(account, '3EB0STALE', FRIEND, 'too late'));
  await world.stands(account, stand => stand.state === 'closed' && stand.reason === 'ownership_lost', 'ownership_lost');
  await eventually('the socket is gone', () => !isConnected(account));
  assert.deepEqual(world.worker.session(account.accountId).values, stored);
  assert.ok((await gateway.call('GET', '/metrics-json')).body.keyWritesRefused > 0);
  assert.equal((await gateway.command('/sessions/renew', { leases: [{ ...account, leaseDeadline: Date.now() + 60_000 }] })).body.sessions[0].reason, 'unknown_session');
});

test('a lease that runs out ends the socket, one that is renewed does not', async () => {
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/lease` });
  const [lapsed, kept] = [await world.pairedAccount(gateway), await world.pairedAccount(gateway)];
  const renew = async () => gateway.call('POST', '/sessions/renew', { leases: [{ accountId: kept.accountId, epoch: kept.epoch, leaseDeadline: Date.now() + 90_000 }] });
  // A shorter deadline never shortens what a former command gave, so the lapsing account starts a term with a short one.
  await gateway.command('/sessions/close', lapsed);
  const next = { accountId: lapsed.accountId, epoch: world.worker.nextEpoch(lapsed.accountId) };
  await gateway.call('POST', '/sessions/open', { ...next, leaseDeadline: Date.now() + 4_000 });
  await renew();
  await world.stands(next, stand => stand.epoch === next.epoch && stand.reason === 'lease_expired', 'lease_expired');
  await eventually('its socket is gone', () => !isConnected(lapsed));
  assert.ok(isConnected(kept));
  assert.equal((await renew()).body.sessions[0].state, 'connected');
});

test('commands of another epoch are refused, and a newer open ends the older session', async () => {
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/epochs` });
  const account = await world.pairedAccount(gateway);
  const older = { ...account, epoch: account.epoch - 1 };
  assert.deepEqual(await gateway.command('/sessions/open', older), { status: 409, body: { error: 'stale_epoch' } });
  assert.deepEqual(await gateway.command('/messages/send', text(older, '3EB0OLD', FRIEND, 'x')), { status: 409, body: { error: 'stale_epoch' } });
  const newer = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
  await gateway.command('/sessions/open', newer);
  await world.stands(newer, stand => stand.epoch === newer.epoch && stand.state === 'connected', 'connected again');
  assert.equal(world.worker.of('session', account.accountId).filter(stand => stand.lastClose?.code === 440).length, 0, 'it never fought with itself');
});

test('a session whose close has overtaken its open stays closed, and is opened by the next command that says so', async () => {
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/overtaken` });
  const account = await world.pairedAccount(gateway);
  await gateway.command('/sessions/close', { ...account, opening: 1 });
  await eventually('the socket is gone', () => !isConnected(account));

  const next = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
  assert.deepEqual(await gateway.command('/sessions/close', { ...next, opening: 2 }), { status: 404, body: { error: 'unknown_session' } });
  // An older close says nothing new, and another account's nothing about this one.
  await gateway.command('/sessions/close', { ...account, opening: 9 });
  await gateway.command('/sessions/close', { accountId: 'somebody else', epoch: next.epoch, opening: 9 });
  for (const overtaken of [{ ...account, opening: 9 }, { ...next, opening: 1 }, { ...next, opening: 2 }]) {
    assert.deepEqual(await gateway.command('/sessions/open', overtaken), { status: 409, body: { error: 'closed_meanwhile' } });
  }
  assert.ok(!isConnected(account));

  await gateway.command('/sessions/open', { ...next, opening: 3 });
  await world.stands(next, stand => stand.epoch === next.epoch && stand.state === 'connected', 'connected');
});

test('nobody is told that a session is closed, and it is not opened again, while it still writes its keys', async () => {
  const gateway = await world.gateway({ flushTimeoutMs: 100_000 }, { GATEWAY_SPOOL: `${world.folder}/writing` });
  const account = await world.pairedAccount(gateway);
  let arrived = 0;
  let goOn = () => {};
  const gate = new Promise(resolve => (goOn = () => resolve(undefined)));
  world.worker.writes = /** @type {any} */ ({ then: done => (arrived++, gate.then(done)) });
  void gateway.command('/messages/send', text(account, '3EB0WRITING', FRIEND, 'with a key')).catch(() => {});
  await eventually('a key is on its way', () => arrived > 0);

  let answered = 0;
  const told = answer => (answered++, answer.status);
  const closes = [1, 1].map(opening => gateway.command('/sessions/close', { ...account, opening }).then(told));
  await eventually('it is off the list', async () => (await gateway.call('GET', '/sessions')).body.sessions.length === 0);
  const opened = gateway.command('/sessions/open', { ...account, opening: 2 }).then(told);
  await eventually('the next one is on the list', async () => (await gateway.call('GET', '/sessions')).body.sessions.length === 1);
  assert.equal(answered, 0);

  world.worker.writes = Promise.resolve();
  goOn();
  assert.deepEqual((await Promise.all(closes)).sort(), [200, 404]);
  assert.equal(await opened, 200);
  await world.stands(account, stand => stand.state === 'connected' && stand.epoch === account.epoch, 'connected again');
});

test('no token, no answer', async () => {
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: `${world.folder}/token` });
  const response = await fetch(`http://127.0.0.1:${gateway.port}/sessions`);
  assert.equal(response.status, 401);
  assert.equal((await gateway.call('GET', '/healthz')).status, 200);
  assert.equal(world.worker.unauthorized, 0, 'and the gateway shows its own at the worker');
});
