// A worker as far as a gateway can tell: it keeps sessions under their epoch and takes events. Everything in memory,
// everything visible, and it can be made to be away.

import { createServer } from 'node:http';
import { readJson } from './http.js';

export class FakeWorker {
  /** @type {Map<string, { epoch: number, seq: number, values: Map<string, any>, refused: number }>} */ #sessions = new Map();
  /** @type {any[]} every event of every batch that was answered with 200 */ events = [];
  /** Answers events with 503. */ isAway = false;
  /** Answers nothing at all. */ isDead = false;
  /** What the outbox still knows, by message id. @type {Map<string, any>} */ outbox = new Map();
  /** Keys are read when this is over. @type {Promise<void>} */ reads = Promise.resolve();
  /** Keys are written when this is over. @type {Promise<void>} */ writes = Promise.resolve();
  unauthorized = 0;
  url = '';

  /** @param {string} token */
  constructor(token) {
    this.token = token;
  }

  async start() {
    this.server = createServer(async (request, response) => {
      if (this.isDead) {
        request.socket.destroy();
        return;
      }
      await (request.url?.endsWith('/read') ? this.reads : undefined);
      await (request.url?.endsWith('/write') ? this.writes : undefined);
      const [status, body] = request.headers['x-gateway-token'] === this.token ? this.#answer(request, await readJson(request)) : (this.unauthorized++, [401, { error: 'unauthorized' }]);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise(resolve => this.server?.listen(0, '127.0.0.1', () => resolve(undefined)));
    const address = /** @type {import('node:net').AddressInfo} */ (this.server.address());
    this.url = `http://127.0.0.1:${address.port}`;
    return this;
  }

  async stop() {
    this.server?.closeAllConnections();
    await new Promise(resolve => this.server?.close(resolve));
  }

  /** @param {string} accountId */
  session(accountId) {
    let session = this.#sessions.get(accountId);
    if (!session) {
      this.#sessions.set(accountId, (session = { epoch: 0, seq: 0, values: new Map(), refused: 0 }));
    }
    return session;
  }

  /** Somebody takes the account over: from now on older epochs write nothing. @param {string} accountId */
  nextEpoch(accountId) {
    const session = this.session(accountId);
    session.seq = 0;
    return ++session.epoch;
  }

  /** @param {string} kind @param {string} accountId */
  of(kind, accountId) {
    return this.events.filter(event => event.kind === kind && event.accountId === accountId);
  }

  /** The latest word on an account. @param {string} accountId */
  stand(accountId) {
    return this.of('session', accountId).at(-1) ?? {};
  }

  /** @returns {[number, any]} */
  #answer(request, body) {
    const [, accountId, verb, messageId] = /^\/internal\/sessions\/([^/]+)\/(\w+)(?:\/(.+))?$/.exec(request.url ?? '') ?? [];
    if (request.url === '/internal/gateway/events') {
      if (this.isAway) {
        return [503, { error: 'away' }];
      }
      this.events.push(...body.events);
      return [200, {}];
    }
    const session = this.session(decodeURIComponent(accountId ?? ''));
    switch (verb) {
      case 'read':
        return body.epoch < session.epoch ? this.#refuse(session) : [200, { seq: session.seq, values: this.#read(session, body.keys) }];
      case 'write':
        return body.epoch < session.epoch || body.seq > session.seq + 1 ? this.#refuse(session) : [200, this.#write(session, body)];
      case 'messages':
        return this.outbox.has(messageId) ? [200, { content: this.outbox.get(messageId) }] : [404, { error: 'unknown_message' }];
      default:
        return [404, { error: 'not_found' }];
    }
  }

  /** @returns {[number, any]} */
  #refuse(session) {
    session.refused++;
    return [409, { error: 'stale_epoch' }];
  }

  #read(session, keys) {
    return keys.filter(({ type, id }) => session.values.has(`${type}/${id}`)).map(({ type, id }) => ({ type, id, value: session.values.get(`${type}/${id}`) }));
  }

  #write(session, { seq, clear, writes }) {
    if (seq > session.seq) {
      session.seq = seq;
      clear && session.values.clear();
      for (const { type, id, value } of writes) {
        value === null ? session.values.delete(`${type}/${id}`) : session.values.set(`${type}/${id}`, value);
      }
    }
    return { seq: session.seq };
  }
}
