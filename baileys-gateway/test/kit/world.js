// Everything that a test of the gateway needs at once: WhatsApp's stand-in, a worker, and gateways between them.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandIn } from '../standin/main.js';
import { eventually } from './eventually.js';
import { FakeWorker } from './fakeWorker.js';
import { GatewayProcess } from './gatewayProcess.js';
import { client } from './http.js';

const TOKEN = 'a token for tests';
let lastPhone = 40_711_000_000 + (process.pid % 10_000) * 100;

/** @param {{ preKeys?: number }} [of] how many pre-keys WhatsApp has of a new device; without them each pairing makes 812, a second's work */
export async function startWorld({ preKeys = 1_000 } = {}) {
  const standIn = await startStandIn(0);
  standIn.whatsapp.preKeysOfNewDevices = preKeys;
  const worker = await new FakeWorker(TOKEN).start();
  return new World(standIn, worker, await mkdtemp(join(tmpdir(), 'gateway-')));
}

class World {
  /** @type {GatewayProcess[]} */ #gateways = [];
  spoolKey = `test:${randomBytes(32).toString('base64')}`;

  /** @param {Awaited<ReturnType<typeof startStandIn>>} standIn @param {FakeWorker} worker @param {string} folder */
  constructor(standIn, worker, folder) {
    this.standIn = standIn;
    this.worker = worker;
    this.folder = folder;
    this.whatsapp = standIn.whatsapp;
    this.admin = client(`http://127.0.0.1:${standIn.port}/admin`);
  }

  async stop() {
    await Promise.all(this.#gateways.map(gateway => gateway.kill()));
    await this.worker.stop();
    await this.standIn.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** @param {Record<string, number>} [options] @param {Record<string, string>} [environment] */
  async gateway(options = {}, environment = {}) {
    const gateway = new GatewayProcess({
      PORT: '0',
      GATEWAY_TOKEN: TOKEN,
      WORKER_URL: this.worker.url,
      WA_WEB_SOCKET_URL: `ws://127.0.0.1:${this.standIn.port}/ws/chat`,
      GATEWAY_SPOOL: join(this.folder, 'spool'),
      GATEWAY_KEYS: this.spoolKey,
      GATEWAY_OPTIONS: JSON.stringify({ backoffBaseMs: 50, backoffCapMs: 500, workerRetryCapMs: 300, ...options }),
      ...environment,
    });
    this.#gateways.push(gateway);
    return gateway.start();
  }

  /** A new account in the middle of nowhere: opened, not paired. @param {GatewayProcess} gateway */
  async account(gateway) {
    const phone = `${++lastPhone}`;
    const account = { accountId: `account_test_${phone}`, epoch: this.worker.nextEpoch(`account_test_${phone}`) };
    await gateway.command('/sessions/open', account);
    return { ...account, number: phone };
  }

  /** Added, shown, scanned, restarted, connected. @param {GatewayProcess} gateway */
  async pairedAccount(gateway) {
    const account = await this.account(gateway);
    await gateway.command('/sessions/pair', account);
    const { qr } = await this.stands(account, stand => stand.state === 'qr_ready' && stand.qr, 'a QR code');
    await this.admin('POST', '/scan', { qr, phone: account.number });
    await this.stands(account, stand => stand.state === 'connected', 'connected');
    return account;
  }

  /** @param {{ accountId: string }} account @param {(stand: any) => any} condition @param {string} what @returns {Promise<any>} */
  stands({ accountId }, condition, what) {
    return eventually(what, () => {
      const stand = this.worker.stand(accountId);
      return condition(stand) ? stand : undefined;
    });
  }

  /** @param {string} phone */
  sent(phone) {
    return this.whatsapp.sent.filter(({ account }) => account === phone);
  }
}

/** @param {string} phone */
export const jid = phone => `${phone}@s.whatsapp.net`;

/** @param {any} account @param {string} messageId @param {string} to @param {string} body */
export const text = ({ accountId, epoch }, messageId, to, body) => ({ accountId, epoch, messageId, to: jid(to), content: { type: 'text', text: { body } } });
