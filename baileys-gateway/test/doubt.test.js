// What a send answers when WhatsApp does not simply say yes: never `accepted` without an ack, never a refusal that may be wrong.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { eventually } from './kit/eventually.js';
import { jid, startWorld, text } from './kit/world.js';

const FRIEND = '40722000002';
const STRANGER = '40722000003';
/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;
/** @type {import('./kit/gatewayProcess.js').GatewayProcess} */ let gateway;
/** @type {Awaited<ReturnType<typeof world.account>>} */ let account;

before(async () => {
  world = await startWorld();
  gateway = await world.gateway({ ackTimeoutMs: 5_000, queryTimeoutMs: 3_000, deafAfterLostAcks: 100 });
  account = await world.pairedAccount(gateway);
});
afterEach(() => world.admin('POST', '/faults', { ackError: null, loseAck: null, dropAfterMessage: null, swallowUsync: null, noDevices: null, autoReceipt: 'delivered' }));
after(() => world.stop());

const send = async (id, body, to = FRIEND) => (await gateway.command('/messages/send', text(account, id, to, body))).body;
const stanzas = id => world.sent(account.number).filter(entry => entry.id === id);

test('a lost ack is unknown, and the same id may be sent again', async () => {
  await world.admin('POST', '/faults', { loseAck: { count: 1 }, autoReceipt: 'none' });
  assert.deepEqual(await send('3EB0LOST', 'perhaps'), { outcome: 'unknown', reason: 'ack_timeout' });
  assert.equal((await send('3EB0LOST', 'perhaps')).outcome, 'accepted');
  assert.deepEqual(stanzas('3EB0LOST').map(({ answer, text: body }) => [answer, body]), [['lost', 'perhaps'], ['acked', 'perhaps']]);
});

test('a receipt proves what the lost ack did not say', async () => {
  await world.admin('POST', '/faults', { loseAck: { count: 1 } });
  assert.equal((await send('3EB0PROVEN', 'there')).outcome, 'accepted');
  assert.deepEqual(stanzas('3EB0PROVEN').map(({ answer }) => answer), ['lost']);
});

test('a second command for a message that is on its way waits for the first', async () => {
  await world.admin('POST', '/faults', { loseAck: {}, autoReceipt: 'none' });
  const first = send('3EB0TWICE', 'once');
  await eventually('the stanza', () => stanzas('3EB0TWICE').length === 1);
  const [one, two] = await Promise.all([first, send('3EB0TWICE', 'once')]);
  assert.deepEqual([one.outcome, two.outcome], ['unknown', 'unknown']);
  assert.equal(stanzas('3EB0TWICE').length, 1);
});

test('an ack with an error is a refusal with its code, and 463 says that new chats are closed', async () => {
  await world.admin('POST', '/faults', { ackError: { code: '463', count: 1 } });
  assert.deepEqual(await send('3EB0REFUSED', 'hello?'), { outcome: 'rejected', code: '463', retryable: false });
  const restriction = await eventually('the restriction', () => world.worker.of('restriction', account.accountId)[0]);
  assert.deepEqual([restriction.name, restriction.active], ['reachout', true]);
  const status = await eventually('the status', () => world.worker.of('status', account.accountId).find(({ id }) => id === '3EB0REFUSED'));
  assert.deepEqual([status.status, status.code], ['failed', '463']);
});

test('nobody at the other end is a refusal, and no stanza leaves', async () => {
  await world.admin('POST', '/faults', { noDevices: { to: STRANGER } });
  assert.deepEqual(await send('3EB0NOBODY', 'hello?', STRANGER), { outcome: 'rejected', code: 'not_on_whatsapp', retryable: false });
  assert.equal(stanzas('3EB0NOBODY').length, 0);
});

test('a device lookup that nobody answers is a refusal for now, and no stanza leaves', async () => {
  await world.admin('POST', '/faults', { swallowUsync: {} });
  assert.deepEqual(await send('3EB0SWALLOWED', 'hello?', '40722000004'), { outcome: 'rejected', code: 'device_lookup_failed', retryable: true });
  assert.equal(stanzas('3EB0SWALLOWED').length, 0);
});

test('a connection that dies under a message leaves doubt, and the session comes back by itself', async () => {
  await world.admin('POST', '/faults', { dropAfterMessage: { count: 1 } });
  assert.deepEqual(await send('3EB0DROPPED', 'are you there'), { outcome: 'unknown', reason: 'connection_lost' });
  assert.deepEqual(stanzas('3EB0DROPPED').map(({ answer }) => answer), ['dropped']);
  await world.stands(account, stand => stand.state === 'connected' && stand.reconnectCount === 1, 'connected again');
  assert.equal((await send('3EB0DROPPED', 'are you there')).outcome, 'accepted');
});

test('what cannot be sent is refused before anything leaves', async () => {
  const before = world.sent(account.number).length;
  const command = body => gateway.command('/messages/send', { ...text(account, '3EB0WRONG', FRIEND, 'x'), ...body });
  assert.deepEqual((await command({ content: { type: 'hologram', hologram: {} } })).body, { outcome: 'rejected', code: 'unsupported_content', retryable: false });
  assert.deepEqual((await command({ to: '+40 722' })).body, { outcome: 'rejected', code: 'invalid_recipient', retryable: false });
  assert.deepEqual(await command({ messageId: '' }), { status: 400, body: { error: 'invalid_messageId' } });
  assert.deepEqual(await command({ accountId: 'nobody' }), { status: 404, body: { error: 'unknown_session' } });
  assert.deepEqual(await gateway.call('POST', '/sessions/open', { accountId: 'x', epoch: 1 }), { status: 400, body: { error: 'invalid_leaseDeadline' } });
  assert.equal(world.sent(account.number).length, before);
});

test('reactions, places and cards are understood at the other end', async () => {
  const contents = [
    { type: 'reaction', reaction: { message_id: 'IN1', emoji: '👍' } },
    { type: 'location', location: { latitude: 44.4, longitude: 26.1, name: 'Here' } },
    { type: 'contacts', contacts: [{ name: { formatted_name: 'Ana' }, phones: [{ phone: '+40700' }] }] },
    { type: 'text', text: { body: 'answer' }, context: { message_id: 'IN2' } },
  ];
  for (const [index, content] of contents.entries()) {
    const { body } = await gateway.command('/messages/send', { ...text(account, `3EB0KIND${index}`, FRIEND, ''), content });
    assert.equal(body.outcome, 'accepted', content.type);
  }
  const [reaction, place, card, answer] = contents.map((_, index) => stanzas(`3EB0KIND${index}`)[0].message);
  assert.deepEqual([reaction.reactionMessage.text, reaction.reactionMessage.key.id, reaction.reactionMessage.key.remoteJid], ['👍', 'IN1', jid(FRIEND)]);
  assert.equal(place.locationMessage.name, 'Here');
  assert.match(card.contactMessage.vcard, /TEL:\+40700/);
  assert.equal(answer.extendedTextMessage.contextInfo.stanzaId, 'IN2');
});
