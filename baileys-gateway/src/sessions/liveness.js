// Whether an open socket still hears: WhatsApp answers pings and acknowledges messages, or it does not. A quiet account
// is healthy as long as its pings are answered. A socket that never opens is given up as well. Times are monotonic
// milliseconds that the caller gives.

import { S_WHATSAPP_NET } from 'baileys';

export class Liveness {
  #answeredAt;
  #lostAcks = 0;
  #restartedAt = -Infinity;
  #attachedAt;

  /** @param {{ keepAliveMs: number, deafAfterMs: number, deafAfterLostAcks: number, restartDeafEveryMs: number, openTimeoutMs: number }} options @param {() => number} now */
  constructor(options, now) {
    this.options = options;
    this.now = now;
    this.#answeredAt = this.#attachedAt = now();
  }

  /** A new connection starts with a clean slate, except for when it was last made anew because of this. @param {import('node:events').EventEmitter} stanzas */
  attach(stanzas) {
    this.#reset();
    this.#attachedAt = this.now();
    stanzas.on('CB:iq,type:result', () => this.answered());
    stanzas.on('CB:iq,type:error', () => this.answered());
    stanzas.on('CB:ack,class:message', () => this.acknowledged());
  }

  /**
   * Looks eight times in the time after which silence counts. When it was us who were away (stopped, swapped out), nobody's
   * silence can be told from that, and counting starts anew. @param {() => void} look
   */
  watch(look) {
    const every = Math.max(50, this.options.deafAfterMs / 8);
    let looked = this.now();
    return setInterval(() => {
      const wasAway = this.now() - looked > this.options.deafAfterMs / 2;
      looked = this.now();
      wasAway ? this.#reset() : look();
    }, every);
  }

  /** Asks WhatsApp for a sign of life now and then; the answer is heard like any other. @param {() => import('./socket.js').Socket | undefined} open the socket to ask through */
  ping(open) {
    return setInterval(() => {
      const socket = open();
      const id = socket?.generateMessageTag() ?? '';
      void socket?.sendNode({ tag: 'iq', attrs: { id, to: S_WHATSAPP_NET, type: 'get', xmlns: 'w:p' }, content: [{ tag: 'ping', attrs: {} }] }).catch(() => {});
    }, this.options.keepAliveMs);
  }

  /** A ping or a query was answered. */
  answered() {
    this.#answeredAt = this.now();
  }

  /** A message was acknowledged, with or without an error. */
  acknowledged() {
    this.answered();
    this.#lostAcks = 0;
  }

  unacknowledged() {
    this.#lostAcks++;
  }

  #reset() {
    this.#answeredAt = this.now();
    this.#lostAcks = 0;
  }

  get isDeaf() {
    return this.now() - this.#answeredAt > this.options.deafAfterMs || this.#lostAcks >= this.options.deafAfterLostAcks;
  }

  /** It has been connecting for longer than any connection takes. */
  get isStuck() {
    return this.now() - this.#attachedAt > this.options.openTimeoutMs;
  }

  /** Asks for a restart and, when it is granted, remembers it. */
  mayRestart() {
    if (this.now() - this.#restartedAt < this.options.restartDeafEveryMs) {
      return false;
    }
    this.#restartedAt = this.now();
    return true;
  }
}
