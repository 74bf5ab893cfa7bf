// Events on their way: safe on this disk from the moment we have them until the worker has committed them.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { eventually } from './kit/eventually.js';
import { startWorld } from './kit/world.js';

const FRIEND = '40722000007';
const SECRET = 'the treasure is under the old oak';
/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;

before(async () => (world = await startWorld()));
after(() => world.stop());

/** Every file of a spool, with what is in it. @param {string} folder */
async function files(folder) {
  const names = (await readdir(folder, { recursive: true })).filter(name => name.endsWith('.spool'));
  return Promise.all(names.map(name => readFile(join(folder, name)).catch(() => Buffer.alloc(0))));
}

const write = (account, count, text = SECRET) => Promise.all(Array.from({ length: count }, (_, index) => world.admin('POST', '/inbound', { account: account.number, from: FRIEND, id: `IN${index}`, text: `${text} ${index}` })));
const received = account => world.worker.of('message', account.accountId).map(({ id }) => id);

test('events of a gateway killed with -9 are delivered after its restart, and the spool is empty then', async () => {
  const folder = join(world.folder, 'killed');
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: folder });
  const account = await world.pairedAccount(gateway);
  world.worker.isAway = true;
  await write(account, 20);
  await eventually('all are spooled', async () => (await gateway.call('GET', '/metrics-json')).body.spoolEvents === 20);
  assert.equal(received(account).length, 0);
  await gateway.kill();

  const onDisk = Buffer.concat(await files(folder));
  assert.ok(onDisk.length > 20 * SECRET.length && !onDisk.includes('oak') && !onDisk.includes(account.accountId), 'nobody can read it');

  world.worker.isAway = false;
  const heir = await world.gateway({}, { GATEWAY_SPOOL: folder });
  await eventually('all are delivered', () => received(account).length >= 20);
  assert.deepEqual(received(account).toSorted(), Array.from({ length: 20 }, (_, index) => `IN${index}`).toSorted());
  await eventually('the files are gone', async () => (await files(folder)).length === 0);
  assert.equal((await heir.call('GET', '/metrics-json')).body.spoolRecovered, 20);
});

test('a worker that is away gets everything in order when it is back, each once', async () => {
  const folder = join(world.folder, 'away');
  const gateway = await world.gateway({ eventBatch: 7 }, { GATEWAY_SPOOL: folder });
  const account = await world.pairedAccount(gateway);
  world.worker.isAway = true;
  for (let index = 0; index < 30; index++) {
    await world.admin('POST', '/inbound', { account: account.number, from: FRIEND, id: `IN${index}`, text: 'x' });
  }
  await eventually('a delivery was tried', async () => (await gateway.call('GET', '/metrics-json')).body.eventBatchesRefused > 0);
  world.worker.isAway = false;
  await eventually('all are delivered', () => received(account).length >= 30);
  assert.deepEqual(received(account), Array.from({ length: 30 }, (_, index) => `IN${index}`));
  await eventually('the files are gone', async () => (await files(folder)).length === 0);
});

test('without its key a spool is left alone, and stops nobody', async () => {
  const folder = join(world.folder, 'keys');
  const gateway = await world.gateway({}, { GATEWAY_SPOOL: folder });
  const account = await world.pairedAccount(gateway);
  world.worker.isAway = true;
  await write(account, 3);
  await eventually('all are spooled', async () => (await gateway.call('GET', '/metrics-json')).body.spoolEvents === 3);
  await gateway.kill();
  world.worker.isAway = false;

  const stranger = await world.gateway({}, { GATEWAY_SPOOL: folder, GATEWAY_KEYS: `other:${Buffer.alloc(32, 1).toString('base64')}` });
  await eventually('it is noticed', async () => (await stranger.call('GET', '/metrics-json')).body.spoolUnreadable === 3);
  assert.equal(received(account).length, 0);
  await stranger.kill();

  const rotated = `new:${Buffer.alloc(32, 2).toString('base64')},${world.spoolKey}`;
  await world.gateway({}, { GATEWAY_SPOOL: folder, GATEWAY_KEYS: rotated });
  await eventually('an older key still reads', () => received(account).length === 3);
});

test('a full spool sends the account away, so that WhatsApp keeps what does not fit', async () => {
  const folder = join(world.folder, 'full');
  const gateway = await world.gateway({ spoolBytes: 20_000, spoolSegmentBytes: 2_000 }, { GATEWAY_SPOOL: folder });
  const account = await world.pairedAccount(gateway);
  world.worker.isAway = true;
  for (let index = 0; index < 40; index++) {
    await world.admin('POST', '/inbound', { account: account.number, from: FRIEND, id: `IN${index}`, text: SECRET.repeat(8) });
  }
  await eventually('the socket is gone', () => world.whatsapp.devicesOf(account.number).every(device => !device.client));
  world.worker.isAway = false;
  await eventually('all are delivered', () => new Set(received(account)).size === 40);
  const { body } = await gateway.call('GET', '/metrics-json');
  assert.equal(body.spoolRefused ?? 0, 0, 'nothing was refused');
});

test('a second gateway on the same spool does not start while the first lives', async () => {
  const folder = join(world.folder, 'shared');
  const first = await world.gateway({}, { GATEWAY_SPOOL: folder });
  await assert.rejects(world.gateway({ spoolWaitMs: 500 }, { GATEWAY_SPOOL: folder }), /Another gateway uses this spool/);
  await first.kill();
  await world.gateway({}, { GATEWAY_SPOOL: folder });
});
