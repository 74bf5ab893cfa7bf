// One account for one term of ownership: from open to close, through as many sockets as it takes. Enters: commands and
// what baileys reports. Leaves: events, and a word on how the session stands after every change. If we die here, the
// worker's lease runs out, its next owner opens the same session from the stored keys, and no QR is needed.

import { setMaxListeners } from 'node:events';
import { jidNormalizedUser } from 'baileys';
import { listen } from '../events/listen.js';
import { KeyStore } from '../keys/keyStore.js';
import { log, redact } from '../log.js';
import { metrics } from '../metrics.js';
import { send } from '../sending/send.js';
import { backoff, closeAction } from './closePolicy.js';
import { Gate } from './gate.js';
import { Lease } from './lease.js';
import { Liveness } from './liveness.js';
import { Pairing } from './pairing.js';
import { makeSocket } from './socket.js';
import { Stand } from './stand.js';

const STALE = 'stale_epoch';

/** Without a connection in between. Then a server that only ever says 515 is treated as one that is down. */
const MOST_RESTARTS = 3;

/** @typedef {import('./socket.js').Socket} Socket */
/** @typedef {import('../sending/send.js').Outcome} Outcome */
/** @typedef {{ settings: import('../settings.js').Settings, worker: import('../worker.js').Worker, events: import('../events/eventStream.js').EventStream }} Parts */

export class Session {
  /** @type {Socket | undefined} */ #socket;
  #gate = new Gate();
  /** @type {Pairing | undefined} */ #pairing;
  /** @type {NodeJS.Timeout | undefined} */ #retry;
  /** @type {Map<string, Promise<Outcome>>} */ #sending = new Map();
  #closed = new AbortController();
  #isLoaded = false;
  #isOver = false;
  #failures = 0;
  #restarts = 0;
  #openedAt = 0;
  #watch;

  /** @param {string} accountId @param {number} epoch @param {Parts} parts @param {(session: Session) => void} over */
  constructor(accountId, epoch, parts, over) {
    this.accountId = accountId;
    this.epoch = epoch;
    this.parts = parts;
    this.options = parts.settings.options;
    this.over = over;
    this.stand = new Stand(accountId, epoch, snapshot => parts.events.stands(accountId, snapshot));
    this.lease = new Lease(this.options.maxLeaseMs, () => void this.end('lease_expired'));
    this.liveness = new Liveness(this.options, () => performance.now());
    this.keys = new KeyStore(parts.worker, accountId, epoch, this.options.keyCacheEntries);
    this.#watch = this.liveness.watch(() => this.#checkHearing());
  }

  get isOpen() {
    return this.stand.facts.state === 'connected';
  }

  get sendsInFlight() {
    return this.#sending.size;
  }

  /** Loads the keys and connects; without keys it waits for somebody to ask for a code. */
  async open() {
    const lost = code => void this.end(code === STALE ? 'ownership_lost' : 'session_write_refused');
    try {
      await this.keys.open(lost, () => !this.#isOver);
    } catch (error) {
      await this.end(error.code === STALE ? 'ownership_lost' : 'keys_unreachable');
      return;
    }
    this.#isLoaded = true;
    if (this.keys.isPaired || this.#pairing) {
      this.#connect();
    } else {
      this.stand.set({ state: 'needs_qr', reason: 'never_paired' });
    }
  }

  /**
   * Shows codes until one is used or the window closes. A pairing that runs already goes on, and keys that still work are kept.
   * @param {string} [phone] digits; then a code to type instead of one to scan @param {boolean} [fresh] whatever keys there are go first
   */
  async pair(phone, fresh) {
    if (this.isOpen || (this.#pairing?.isRunning && this.#pairing.phone === phone)) {
      return;
    }
    this.#pairing = new Pairing(this.options, phone);
    this.#failures = 0;
    if (!this.#isLoaded) {
      return;
    }
    this.#drop();
    if (fresh) {
      await this.keys.wipe();
    }
    this.#connect();
  }

  /** Only while open. A second command for a message that is on its way gets the first one's answer. @param {{ messageId: string, to: string, content: any }} message @returns {Promise<Outcome>} */
  send(message) {
    const { messageId } = message;
    let sending = this.#sending.get(messageId);
    if (!sending) {
      const around = { options: this.options, closed: this.#closed.signal, liveness: this.liveness };
      sending = send(/** @type {Socket} */ (this.#socket), message, around).finally(() => this.#sending.delete(messageId));
      this.#sending.set(messageId, sending);
    }
    return sending;
  }

  /** The device leaves the phone's list, and the keys are gone. */
  async logout() {
    const socket = this.#socket;
    this.#pairing = undefined;
    this.#drop(false);
    await socket?.logout().catch(() => {});
    await this.keys.wipe();
    this.stand.set({ state: 'logged_out', reason: 'by_command', jid: undefined, lid: undefined });
  }

  /** The end of this term. The socket first; never a logout. @param {string} reason */
  async end(reason) {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#drop();
    clearInterval(this.#watch);
    this.lease.release();
    this.stand.set({ state: 'closed', reason });
    this.over(this);
    await this.keys.close(this.options.flushTimeoutMs);
  }

  #connect() {
    clearTimeout(this.#retry);
    if (this.#isOver || this.#socket) {
      return;
    }
    this.keys.forgetUnpaired();
    this.#pairing?.connecting();
    const socket = makeSocket({ accountId: this.accountId, keys: this.keys, settings: this.parts.settings, worker: this.parts.worker });
    this.#socket = socket;
    const gate = (this.#gate = new Gate());
    gate.attach(socket.ws);
    this.#closed = new AbortController();
    setMaxListeners(0, this.#closed.signal);
    this.stand.set({ state: this.#pairing || this.stand.facts.reconnectCount === 0 ? 'connecting' : 'reconnecting', retryAt: undefined });
    // How a former socket fares concerns nobody any more.
    socket.ev.on('connection.update', update => this.#socket === socket && this.#connectionChanged(socket, update));
    socket.ev.on('creds.update', () => void this.keys.saveCreds().catch(() => {}));
    listen(socket, id => gate.isLive(id), event => gate.wait(this.#happened(event)));
    this.liveness.attach(socket.ws);
  }

  /** @param {Socket} socket @param {Partial<import('baileys').ConnectionState>} update */
  #connectionChanged(socket, { connection, lastDisconnect, qr, isNewLogin }) {
    if (qr) {
      void this.#showCode(socket, qr);
    }
    if (isNewLogin) {
      this.#pairing = undefined;
      this.stand.set({ state: 'connecting' });
    }
    if (connection === 'open') {
      this.#opened(socket);
    }
    if (connection === 'close') {
      void this.#closedBy(lastDisconnect?.error);
    }
  }

  async #showCode(socket, qr) {
    const code = await this.#pairing?.show(socket, qr);
    if (code && this.#socket === socket) {
      this.stand.set({ state: 'qr_ready', reason: undefined, ...code });
    }
  }

  #opened(socket) {
    this.#openedAt = performance.now();
    this.#pairing = undefined;
    this.#restarts = 0;
    metrics.count('connects');
    const { id, lid } = socket.authState.creds.me ?? {};
    const own = { jid: id && jidNormalizedUser(id), lid: lid && jidNormalizedUser(lid) };
    this.stand.set({ state: 'connected', reason: undefined, degraded: false, ...own, connectedAt: Date.now() });
  }

  /** @param {any} error Boom, or nothing when we ended it ourselves */
  async #closedBy(error) {
    const code = error?.output?.statusCode;
    const wasStable = this.isOpen && performance.now() - this.#openedAt > this.options.stableAfterMs;
    this.#failures = wasStable ? 0 : this.#failures;
    this.#drop(false);
    metrics.count(`closes${code ?? 'Unknown'}`);
    const isPairing = this.#pairing?.isRunning ?? false;
    const action = closeAction(code, { isPaired: this.keys.isPaired, isPairing, message: error?.message, data: error?.data });
    log('info', 'socket_closed', { account: this.accountId, code, action: action.do });
    const lastClose = { code, reason: redact(error?.message ?? 'closed').slice(0, 100), at: Date.now() };
    if (action.do === 'stop') {
      this.#pairing = undefined;
      if (action.wipe) {
        await this.keys.wipe().catch(() => {});
      }
      this.stand.set({ state: action.state, reason: action.reason, until: action.until, lastClose });
    } else if (action.do === 'restart' && this.#restarts++ < MOST_RESTARTS) {
      this.stand.set({ state: 'connecting', lastClose });
      // The identity that was just paired must be stored before it is used.
      await this.keys.saveCreds().catch(() => {});
      this.#connect();
    } else {
      this.#retryLater(action.do === 'backoff' ? action.reason : 'restarted', lastClose);
    }
  }

  #retryLater(reason, lastClose = this.stand.facts.lastClose) {
    const delay = backoff(this.#failures++, this.options, Math.random);
    metrics.count('reconnects');
    const state = this.#pairing ? 'connecting' : 'reconnecting';
    this.stand.set({ state, reason, lastClose, reconnectCount: this.stand.facts.reconnectCount + 1, retryAt: Math.round(Date.now() + delay) });
    this.#retry = setTimeout(() => void this.#connectWhenThereIsRoom(), delay);
  }

  /** A full spool keeps the account away, so that WhatsApp keeps its messages. */
  async #connectWhenThereIsRoom() {
    if (await this.parts.events.isHigh(this.accountId)) {
      this.#retry = setTimeout(() => void this.#connectWhenThereIsRoom(), this.options.backoffBaseMs);
    } else {
      this.#connect();
    }
  }

  /** @param {object | undefined} event */
  async #happened(event) {
    if (!event) {
      metrics.count('eventsWithoutContent');
      return;
    }
    const hasRoom = await this.parts.events.happened(this.accountId, { ...event, accountId: this.accountId, epoch: this.epoch });
    if (!hasRoom && this.#socket) {
      this.#giveUpSocket('spool_full');
    }
  }

  #checkHearing() {
    if (!this.isOpen) {
      return;
    }
    const degraded = this.liveness.isDeaf;
    if (degraded !== this.stand.facts.degraded) {
      this.stand.set({ degraded });
      metrics.count(degraded ? 'deafened' : 'heardAgain');
    }
    if (degraded && this.liveness.mayRestart()) {
      metrics.count('deafRestarts');
      this.#giveUpSocket('deaf');
    }
  }

  #giveUpSocket(reason) {
    log('warn', 'socket_given_up', { account: this.accountId, reason });
    this.#drop();
    this.#retryLater(reason, { reason, at: Date.now() });
  }

  /** From here on the socket is not ours to use. @param {boolean} [end] false when it has ended by itself */
  #drop(end = true) {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#retry);
    this.#closed.abort();
    this.#gate.shut();
    if (end) {
      void socket?.end(undefined).catch(() => {});
    }
  }
}
