// The stand-in by itself, started as a newcomer starts it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FakeWorker } from './kit/fakeWorker.js';
import { GatewayProcess } from './kit/gatewayProcess.js';
import { eventually } from './kit/eventually.js';
import { client } from './kit/http.js';
import { text } from './kit/world.js';

const MAIN = fileURLToPath(new URL('standin/main.js', import.meta.url));
const ACCOUNT = { accountId: 'account_test_standin', epoch: 1 };
const PHONE = '40733000001';
/** @type {(() => any)[]} */ const cleanUp = [];
after(async () => {
  for (const clean of cleanUp.reverse()) {
    await clean();
  }
});

/** @param {number} port @param {string} file */
async function startStandIn(port, file) {
  const child = spawn(process.execPath, [MAIN, `--port=${port}`, `--data=${file}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUp.push(() => child.kill('SIGKILL'));
  const line = await new Promise(resolve => child.stdout.once('data', data => resolve(`${data}`)));
  const [, actual] = /127\.0\.0\.1:(\d+)\/ws/.exec(line) ?? [];
  return { port: Number(actual), admin: client(`http://127.0.0.1:${actual}/admin`), stop: () => (child.kill('SIGTERM'), new Promise(resolve => child.once('exit', resolve))) };
}

test('a stand-in that is restarted on its file knows its devices, and still reads what they send', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'standin-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'whatsapp.json');
  const worker = await new FakeWorker('t').start();
  cleanUp.push(() => worker.stop());
  let standIn = await startStandIn(0, file);
  const gateway = await new GatewayProcess({
    GATEWAY_TOKEN: 't',
    WORKER_URL: worker.url,
    WA_WEB_SOCKET_URL: `ws://127.0.0.1:${standIn.port}/ws/chat`,
    GATEWAY_SPOOL: join(folder, 'spool'),
    GATEWAY_OPTIONS: '{"backoffBaseMs":50,"backoffCapMs":500}',
  }).start();
  cleanUp.push(() => gateway.kill());
  worker.nextEpoch(ACCOUNT.accountId);
  await gateway.command('/sessions/open', ACCOUNT);
  await gateway.command('/sessions/pair', ACCOUNT);
  const { qr } = await eventually('a QR code', () => [worker.stand(ACCOUNT.accountId)].find(stand => stand.qr));
  await standIn.admin('POST', '/scan', { qr, phone: PHONE });
  await eventually('connected', () => worker.stand(ACCOUNT.accountId).state === 'connected');
  await gateway.command('/messages/send', text(ACCOUNT, '3EB0ONE', '40733000002', 'one'));

  await standIn.stop();
  standIn = await startStandIn(standIn.port, file);
  await eventually('connected again', () => worker.stand(ACCOUNT.accountId).state === 'connected' && worker.stand(ACCOUNT.accountId).reconnectCount > 0);
  const { body } = await gateway.command('/messages/send', text(ACCOUNT, '3EB0TWO', '40733000002', 'two'));
  assert.equal(body.outcome, 'accepted');
  assert.deepEqual((await standIn.admin('GET', '/sent')).body.map(({ id, text: what }) => [id, what]), [['3EB0TWO', 'two']]);
  assert.deepEqual((await standIn.admin('POST', '/scan', { qr, phone: PHONE })).status, 400, 'an old code is refused');
});
