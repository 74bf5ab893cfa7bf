// What WhatsApp has our receipt for it never sends again: it must reach a worker, whoever ends meanwhile.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { eventually } from './kit/eventually.js';
import { startWorld } from './kit/world.js';

const FRIEND = '40722000009';
const LETTERS = 30;
/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;

before(async () => (world = await startWorld()));
after(() => world.stop());

const receipted = account => world.whatsapp.inbound.filter(letter => letter.account === account.number && letter.receipt !== null).map(({ id }) => id);
const received = account => world.worker.of('message', account.accountId).map(({ id }) => id);
const letter = (account, id) => world.admin('POST', '/inbound', { account: account.number, from: FRIEND, id, text: id });

/** A connected account that knows its friend already. @param {any} gateway */
async function acquainted(gateway) {
  const account = await world.pairedAccount(gateway);
  await letter(account, 'HELLO');
  await eventually('the first letter', () => received(account).length === 1);
  return account;
}

/** People go on writing while the test goes on. @returns {Promise<{ written: Promise<void> }>} when WhatsApp has a receipt for one of the letters */
async function lettersComeIn(account, ids) {
  const writeAll = async () => {
    for (const id of ids) {
      await letter(account, id);
    }
  };
  const written = writeAll();
  await eventually('the first receipt', () => receipted(account).some(id => ids.includes(id)));
  return { written };
}

test('a worker dies while letters come in: the next gateway on the same spool delivers what was receipted, WhatsApp the rest', async () => {
  const folder = join(world.folder, 'dies');
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: folder });
  const account = await acquainted(gateway);
  const ids = Array.from({ length: LETTERS }, (_, index) => `IN${index}`);
  world.worker.isAway = true;
  const { written } = await lettersComeIn(account, ids);
  world.worker.isDead = true;
  assert.deepEqual(await gateway.orphan(), { code: 0, signal: null }, 'it ends in its own time, though nobody reads its log any more');
  await written;
  assert.equal(received(account).length, 1);
  const owed = receipted(account);

  [world.worker.isAway, world.worker.isDead] = [false, false];
  const heir = await world.gateway({}, { GATEWAY_SPOOL: folder });
  await eventually('what was receipted', () => owed.every(id => received(account).includes(id)));
  const next = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
  await heir.command('/sessions/open', next);
  await eventually('all of them', () => ids.every(id => received(account).includes(id)));
  assert.deepEqual(received(account), ['HELLO', ...ids], 'each once, in order');
});

test('an account goes from term to term while letters come in, and none is lost', async () => {
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: join(world.folder, 'terms') });
  let account = await acquainted(gateway);
  /** @type {string[]} */ const all = [];
  for (let term = 0; term < 4; term++) {
    const ids = Array.from({ length: 8 }, (_, index) => `TERM${term}-${index}`);
    all.push(...ids);
    const { written } = await lettersComeIn(account, ids);
    account = { ...account, epoch: world.worker.nextEpoch(account.accountId) };
    await gateway.command('/sessions/open', account);
    await written;
    await eventually('all of them', () => all.every(id => received(account).includes(id)));
  }
  assert.deepEqual(new Set(received(account)), new Set(['HELLO', ...all]));
});
