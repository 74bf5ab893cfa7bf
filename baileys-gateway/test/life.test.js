// The life of an account with real baileys: added, QR, scanned, 515, connected, messages both ways.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from './kit/eventually.js';
import { jid, startWorld, text } from './kit/world.js';

const MESSAGES = 50;
const FRIEND = '40722000001';
/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;
/** @type {import('./kit/gatewayProcess.js').GatewayProcess} */ let gateway;
/** @type {Awaited<ReturnType<typeof world.account>>} */ let account;

before(async () => {
  world = await startWorld({ preKeys: 0 });
  gateway = await world.gateway();
});
after(() => world.stop());

test('an account without keys waits for a person, and its code leads to connected by way of 515', async () => {
  account = await world.account(gateway);
  await world.stands(account, stand => stand.state === 'needs_qr', 'needs_qr');
  assert.equal(world.worker.session(account.accountId).values.size, 0);
  await gateway.command('/sessions/pair', account);
  const { qr, qrExpiresAt } = await world.stands(account, stand => stand.state === 'qr_ready' && stand.qr, 'a QR code');
  assert.match(qr, /^https:\/\/wa\.me\/settings\/linked_devices#/);
  assert.ok(qrExpiresAt > Date.now());

  const again = await gateway.command('/sessions/pair', account);
  assert.equal(again.body.qr, qr, 'asking again shows the same code');

  await world.admin('POST', '/scan', { qr, phone: account.number });
  const stand = await world.stands(account, now => now.state === 'connected', 'connected');
  assert.equal(stand.jid, jid(account.number));
  assert.equal(stand.lastClose.code, 515);
  assert.equal(stand.reconnectCount, 0, 'the restart after a pairing is no reconnect');
  assert.equal(stand.qr, undefined);
});

test('every key is at the worker, and none is on this disk', async () => {
  const { values } = world.worker.session(account.accountId);
  await eventually('the pre-keys', () => [...values.keys()].filter(name => name.startsWith('pre-key/')).length >= 812);
  assert.ok(values.has('creds/'));
});

test('fifty messages each way arrive once each, in order', async () => {
  const ids = Array.from({ length: MESSAGES }, (_, index) => `3EB0${`${index}`.padStart(18, '0')}`);
  for (const id of ids) {
    const { status, body } = await gateway.command('/messages/send', text(account, id, FRIEND, `out ${id}`));
    assert.deepEqual([status, body.outcome], [200, 'accepted']);
  }
  assert.deepEqual(world.sent(account.number).map(({ id, text: body, to }) => [id, body, to]), ids.map(id => [id, `out ${id}`, jid(FRIEND)]));

  for (let index = 0; index < MESSAGES; index++) {
    await world.admin('POST', '/inbound', { account: account.number, from: FRIEND, id: `IN${index}`, text: `in ${index}`, name: 'Ana' });
  }
  await eventually('all inbound messages', () => world.worker.of('message', account.accountId).length >= MESSAGES);
  const got = world.worker.of('message', account.accountId);
  assert.deepEqual(got.map(({ id }) => id), Array.from({ length: MESSAGES }, (_, index) => `IN${index}`));
  const [first] = got;
  assert.deepEqual(first.content, { type: 'text', text: { body: 'in 0' } });
  assert.deepEqual([first.remoteJid, first.remoteJidAlt, first.fromMe, first.pushName, first.live], [jid(FRIEND), `77${FRIEND}@lid`, false, 'Ana', true]);
  assert.ok(first.raw.length > 0 && first.timestamp > 1_700_000_000);
});

test('receipts come back as statuses', async () => {
  await eventually('fifty delivered', () => world.worker.of('status', account.accountId).filter(({ status }) => status === 'delivered').length >= MESSAGES);
  const id = '3EB0PLAYED';
  await gateway.command('/messages/send', text(account, id, FRIEND, 'listen'));
  for (const what of ['sender', 'read', 'played']) {
    await world.admin('POST', '/receipt', { account: account.number, id, from: FRIEND, what });
  }
  const statuses = () => world.worker.of('status', account.accountId).filter(event => event.id === id).map(({ status }) => status);
  await eventually('played', () => statuses().includes('played'));
  assert.deepEqual(new Set(statuses()), new Set(['delivered', 'sent', 'read', 'played']));
});

test('what people send is read in the words of the Cloud API', async () => {
  const letters = [
    { message: { imageMessage: { mimetype: 'image/jpeg', caption: 'us', url: 'https://mmg.whatsapp.net/x', fileLength: 12 } } },
    { message: { reactionMessage: { key: { id: 'IN0', remoteJid: jid(FRIEND), fromMe: true }, text: '❤' } } },
    { message: { extendedTextMessage: { text: 'yes', contextInfo: { stanzaId: '3EB0PLAYED' } } } },
    { group: '1203630@g.us', text: 'to all' },
    { message: { pollCreationMessage: { name: 'when?' } } },
  ];
  const ids = [];
  for (const letter of letters) {
    ids.push((await world.admin('POST', '/inbound', { account: account.number, from: FRIEND, ...letter })).body.id);
  }
  const all = () => ids.map(id => world.worker.of('message', account.accountId).find(event => event.id === id));
  await eventually('all of them', () => all().every(Boolean));
  const [image, reaction, reply, group, poll] = all();
  assert.deepEqual(image.content, { type: 'image', image: { mime_type: 'image/jpeg', caption: 'us', file_size: 12 } });
  assert.deepEqual(reaction.content, { type: 'reaction', reaction: { message_id: 'IN0', emoji: '❤' } });
  assert.deepEqual(reply.content, { type: 'text', text: { body: 'yes' }, context: { message_id: '3EB0PLAYED' } });
  assert.deepEqual([group.remoteJid, group.participant, group.participantAlt], ['1203630@g.us', jid(FRIEND), `77${FRIEND}@lid`]);
  assert.equal(poll.content.type, 'unsupported');
});

test('what was written while the socket was away comes afterwards, once', async () => {
  await world.admin('POST', '/disconnect', { account: account.number, how: 'drop' });
  const { body } = await world.admin('POST', '/inbound', { account: account.number, from: FRIEND, text: 'while you were away' });
  await eventually('it', () => world.worker.of('message', account.accountId).some(event => event.id === body.id));
  await world.stands(account, stand => stand.state === 'connected' && stand.reconnectCount === 1, 'connected again');
  assert.equal(world.worker.of('message', account.accountId).filter(event => event.id === body.id).length, 1);
});

test('a phone that could not read a message gets it again, out of the outbox', async () => {
  const id = '3EB0AGAIN';
  world.worker.outbox.set(id, { type: 'text', text: { body: 'once more' } });
  await world.admin('POST', '/receipt', { account: account.number, id, from: FRIEND, what: 'retry' });
  const again = await eventually('the message', () => world.sent(account.number).find(entry => entry.id === id));
  assert.deepEqual([again.text, again.to], ['once more', jid(FRIEND)]);
});

test('a new phone asks for what it could not read, and reads it then', async () => {
  const [id, stranger] = ['3EB0LOST', '40722000777'];
  await gateway.command('/messages/send', text(account, '3EB0FIRST', stranger, 'first'));
  world.whatsapp.people.newPhone(stranger);
  world.worker.outbox.set(id, { type: 'text', text: { body: 'second' } });
  await gateway.command('/messages/send', text(account, id, stranger, 'second'));
  await eventually('a copy that it can read', () => world.sent(account.number).some(entry => entry.id === id && entry.text === 'second'));
  assert.equal(world.sent(account.number).find(entry => entry.id === id)?.text, undefined, 'the first copy');
});

test('a pairing code does as well as a picture', async () => {
  const other = await world.account(gateway);
  await gateway.command('/sessions/pair', { ...other, phone: `+${other.number}` });
  const { pairingCode } = await world.stands(other, stand => stand.pairingCode, 'a code');
  assert.match(pairingCode, /^[1-9A-Z]{8}$/);
  await world.admin('POST', '/type-code', { phone: other.number, code: pairingCode });
  await world.stands(other, stand => stand.state === 'connected', 'connected');
  const { body } = await gateway.command('/messages/send', text(other, '3EB0CODE', FRIEND, 'hello'));
  assert.equal(body.outcome, 'accepted');
});

test('nothing personal and no key was written to the log', async () => {
  for (const secret of [account.number.slice(2), FRIEND, 'out 3EB0', 'while you were away', 'privKey', 'linked_devices', '@s.whatsapp.net']) {
    assert.ok(!gateway.output.replaceAll(account.accountId, '').replaceAll(/account_test_\d+/g, '').includes(secret), `${secret} is in the log`);
  }
  const { body } = await gateway.call('GET', '/metrics-json');
  assert.ok(body.connects >= 3 && body.eventsDelivered > MESSAGES);
});
