// A socket that is open and hears nothing: it is shown, made anew once, and a quiet one is left in peace.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from './kit/eventually.js';
import { startWorld, text } from './kit/world.js';

/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;
/** @type {import('./kit/gatewayProcess.js').GatewayProcess} */ let gateway;

before(async () => {
  world = await startWorld();
  gateway = await world.gateway({ keepAliveMs: 500, deafAfterMs: 8_000, ackTimeoutMs: 1_000, deafAfterLostAcks: 3 });
});
after(() => world.stop());

const metric = async name => (await gateway.call('GET', '/metrics-json')).body[name] ?? 0;
const words = (account, name) => world.worker.of('session', account.accountId).filter(stand => stand[name]);

test('unanswered pings degrade a session, which is made anew once and not again', async () => {
  const [deaf, quiet] = [await world.pairedAccount(gateway), await world.pairedAccount(gateway)];
  await world.admin('POST', '/faults', { deaf: { phone: deaf.number } });
  const { logins } = world.whatsapp;
  await world.stands(deaf, stand => stand.degraded, 'degraded');
  await world.stands(deaf, stand => stand.state === 'connected' && stand.lastClose.reason === 'deaf', 'made anew');
  const before = world.worker.of('session', deaf.accountId).length;
  await eventually('degraded again', () => world.worker.of('session', deaf.accountId).slice(before).some(stand => stand.degraded));
  assert.equal(await metric('deafRestarts'), 1);
  assert.equal(world.whatsapp.logins, logins + 1, 'nobody else gave up on the silent socket');
  assert.equal(await metric('degraded'), 1);

  await world.admin('POST', '/faults', { deaf: null });
  await world.stands(deaf, stand => stand.state === 'connected' && !stand.degraded, 'heard again');
  assert.equal(words(quiet, 'degraded').length, 0, 'the quiet account was never suspected');
  assert.equal(world.worker.stand(quiet.accountId).reconnectCount, 0);
});

test('messages without acks degrade a session although its pings are answered', async () => {
  const account = await world.pairedAccount(gateway);
  await world.admin('POST', '/faults', { loseAck: { phone: account.number }, autoReceipt: 'none' });
  for (let index = 0; index < 3; index++) {
    await gateway.command('/messages/send', text(account, `3EB0${index}`, '40722000008', 'x'));
  }
  await eventually('degraded', () => words(account, 'degraded').length > 0);
});
