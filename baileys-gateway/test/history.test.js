// The past: handed over when somebody asks, and never because nobody did.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from './kit/eventually.js';
import { jid, startWorld } from './kit/world.js';

const FRIEND = '40722000055';
/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;
/** @type {import('./kit/gatewayProcess.js').GatewayProcess} */ let gateway;
/** @type {Awaited<ReturnType<typeof world.account>>} */ let account;

before(async () => {
  world = await startWorld();
  gateway = await world.gateway({ historyMessages: 3 });
  account = await world.pairedAccount(gateway);
});
after(() => world.stop());

test('older messages of one conversation come in order, marked as the past, the newest of them if they are too many', async () => {
  const messages = Array.from({ length: 6 }, (_, index) => ({ id: `3AOLD${index}`, text: `old ${index}`, at: 1_700_000_000 + index, fromMe: index === 4 }));
  await world.admin('POST', '/history', { account: account.number, with: FRIEND, messages });

  const { status } = await gateway.command('/history/fetch', { ...account, count: 50, oldest: { remoteJid: jid(FRIEND), id: '3AOLD5', timestamp: 1_700_000_005 } });
  assert.equal(status, 200);
  const past = () => world.worker.of('message', account.accountId).filter(({ sync }) => sync);
  await eventually('three of them', () => past().length >= 3);
  assert.deepEqual(past().map(({ id, sync, live, fromMe, timestamp }) => [id, sync, live, fromMe, timestamp]), [
    ['3AOLD2', 'backfill', false, false, 1_700_000_002],
    ['3AOLD3', 'backfill', false, false, 1_700_000_003],
    ['3AOLD4', 'backfill', false, true, 1_700_000_004],
  ]);
});

test('a question for history must name where it begins', async () => {
  assert.deepEqual(await gateway.command('/history/fetch', { ...account, count: 50 }), { status: 400, body: { error: 'invalid_oldest' } });
  const oldest = { remoteJid: jid(FRIEND), id: 'x', timestamp: 1 };
  assert.deepEqual(await gateway.command('/history/fetch', { ...account, count: 5_000, oldest }), { status: 400, body: { error: 'invalid_count' } });
});
