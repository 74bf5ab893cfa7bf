// One account for one term of ownership: from open to close, through as many sockets as it takes. Enters: commands and
// what baileys reports. Leaves: events, and a word on how the session stands after every change. If we die here, the
// worker's lease runs out, its next owner opens the same session from the stored keys, and no QR is needed.

import { jidNormalizedUser } from 'baileys';
import { messageEvent } from '../events/inbound.js';
import { groupReceiptEvent, statusEvent } from '../events/receipts.js';
import { KeyStore } from '../keys/keyStore.js';
import { log, redact } from '../log.js';
import { metrics } from '../metrics.js';
import { send } from '../sending/send.js';
import { backoff, closeAction } from './closePolicy.js';
import { Lease } from './lease.js';
import { Liveness } from './liveness.js';
import { makeSocket } from './socket.js';

const FIRST_QR_MS = 60_000;
const NEXT_QR_MS = 20_000;
const RESTRICTED = '463';
const STALE = 'stale_epoch';

/** @typedef {import('./socket.js').Socket} Socket */
/** @typedef {{ settings: import('../settings.js').Settings, worker: import('../worker.js').Worker, events: import('../events/eventStream.js').EventStream }} Parts */

export class Session {
  /** @type {Socket | undefined} */ #socket;
  #closed = new AbortController();
  #isOver = false;
  #isLoaded = false;
  #failures = 0;
  #version = 0;
  #openedAt = 0;
  /** @type {NodeJS.Timeout | undefined} */ #retry;
  /** @type {{ phone?: string, until: number } | undefined} */ #pairing;
  /** @type {Map<string, Promise<import('../sending/send.js').Outcome>>} */ #sending = new Map();
  #watch;

  /** What clients see; `set` is the only writer. */
  stand = {
    state: 'connecting',
    reason: /** @type {string | undefined} */ (undefined),
    degraded: false,
    qr: /** @type {string | undefined} */ (undefined),
    qrExpiresAt: /** @type {number | undefined} */ (undefined),
    pairingCode: /** @type {string | undefined} */ (undefined),
    jid: /** @type {string | undefined} */ (undefined),
    lid: /** @type {string | undefined} */ (undefined),
    reconnectCount: 0,
    connectedAt: /** @type {number | undefined} */ (undefined),
    retryAt: /** @type {number | undefined} */ (undefined),
    until: /** @type {number | undefined} */ (undefined),
    lastClose: /** @type {{ code?: number, reason: string, at: number } | undefined} */ (undefined),
  };

  /** @param {string} accountId @param {number} epoch @param {Parts} parts @param {(session: Session) => void} over */
  constructor(accountId, epoch, parts, over) {
    this.accountId = accountId;
    this.epoch = epoch;
    this.parts = parts;
    this.options = parts.settings.options;
    this.over = over;
    this.lease = new Lease(this.options.maxLeaseMs, () => void this.end('lease_expired'));
    this.liveness = new Liveness(this.options, () => performance.now());
    this.keys = new KeyStore(parts.worker, accountId, epoch, this.options.keyCacheEntries);
    this.#watch = setInterval(() => this.#checkHearing(), Math.max(50, this.options.deafAfterMs / 8));
  }

  get snapshot() {
    return { kind: 'session', accountId: this.accountId, epoch: this.epoch, version: this.#version, at: Date.now(), ...this.stand };
  }

  get isOpen() {
    return this.stand.state === 'connected';
  }

  get isPairing() {
    return this.#pairing !== undefined && Date.now() < this.#pairing.until;
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
      this.#set({ state: 'needs_qr', reason: 'never_paired' });
    }
  }

  /**
   * Shows codes until one is used or the window closes. A pairing that runs already goes on, and keys that still work are kept.
   * @param {string} [phone] digits; then a code to type instead of one to scan @param {boolean} [fresh] whatever keys there are go first
   */
  async pair(phone, fresh) {
    if (this.isOpen || (this.isPairing && this.#pairing?.phone === phone)) {
      return;
    }
    this.#pairing = { phone, until: Date.now() + this.options.pairingWindowMs };
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

  /** @param {{ messageId: string, to: string, content: any }} message @returns {Promise<import('../sending/send.js').Outcome>} */
  send(message) {
    const running = this.#sending.get(message.messageId);
    if (running) {
      return running;
    }
    const sending = send(/** @type {Socket} */ (this.#socket), message, { options: this.options, closed: this.#closed.signal, liveness: this.liveness }).finally(() =>
      this.#sending.delete(message.messageId),
    );
    this.#sending.set(message.messageId, sending);
    return sending;
  }

  get sendsInFlight() {
    return this.#sending.size;
  }

  /** The device leaves the phone's list, and the keys are gone. */
  async logout() {
    const socket = this.#socket;
    this.#drop(false);
    await socket?.logout().catch(() => {});
    await this.keys.wipe();
    this.#set({ state: 'logged_out', reason: 'by_command', jid: undefined, lid: undefined });
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
    this.#set({ state: 'closed', reason });
    this.over(this);
    await this.keys.close(this.options.flushTimeoutMs);
  }

  #connect() {
    clearTimeout(this.#retry);
    if (this.#isOver || this.#socket) {
      return;
    }
    this.keys.forgetUnpaired();
    const socket = makeSocket({ accountId: this.accountId, keys: this.keys, settings: this.parts.settings, worker: this.parts.worker });
    this.#socket = socket;
    this.#closed = new AbortController();
    this.liveness.opened();
    this.#set({ state: this.#pairing || this.stand.reconnectCount === 0 ? 'connecting' : 'reconnecting', retryAt: undefined });
    // Handlers are bound to this very socket: what a former one still says concerns nobody.
    const on = (event, handle) => socket.ev.on(event, what => this.#socket === socket && handle(what));
    on('connection.update', update => this.#connectionChanged(socket, update));
    on('creds.update', () => void this.keys.saveCreds().catch(() => {}));
    on('messages.upsert', ({ messages, type }) => messages.forEach(message => this.#happened(messageEvent(message, type === 'notify'))));
    on('messages.update', updates => updates.forEach(update => this.#statusChanged(update)));
    on('message-receipt.update', updates => updates.forEach(update => this.#happened(groupReceiptEvent(update))));
    on('lid-mapping.update', ({ lid, pn }) => this.#happened({ kind: 'lid', lid, pn }));
    on('message-capping.update', capping => this.#happened({ kind: 'restriction', name: 'new_chats', detail: capping }));
    socket.ws.on('CB:iq,type:result', () => this.liveness.answered());
    socket.ws.on('CB:iq,type:error', () => this.liveness.answered());
    socket.ws.on('CB:ack,class:message', () => this.liveness.acknowledged());
  }

  #connectionChanged(socket, { connection, lastDisconnect, qr, isNewLogin, reachoutTimeLock }) {
    if (qr) {
      void this.#showCode(socket, qr);
    }
    if (isNewLogin) {
      this.#pairing = undefined;
      this.#set({ state: 'connecting', qr: undefined, qrExpiresAt: undefined, pairingCode: undefined });
    }
    if (reachoutTimeLock) {
      const until = reachoutTimeLock.timeEnforcementEnds?.getTime();
      this.#happened({ kind: 'restriction', name: 'reachout', active: reachoutTimeLock.isActive, until: until && Math.floor(until / 1000) });
    }
    if (connection === 'open') {
      this.#opened(socket);
    }
    if (connection === 'close') {
      void this.#closedBy(lastDisconnect?.error);
    }
  }

  #opened(socket) {
    this.#openedAt = performance.now();
    this.#pairing = undefined;
    this.liveness.opened();
    metrics.count('connects');
    const { id, lid } = socket.authState.creds.me ?? {};
    this.#set({
      state: 'connected',
      reason: undefined,
      jid: id && jidNormalizedUser(id),
      lid: lid && jidNormalizedUser(lid),
      connectedAt: Date.now(),
      qr: undefined,
      qrExpiresAt: undefined,
      pairingCode: undefined,
    });
  }

  async #showCode(socket, qr) {
    const isFirst = this.stand.qr === undefined && this.stand.pairingCode === undefined;
    const phone = this.#pairing?.phone;
    if (phone) {
      const pairingCode = this.stand.pairingCode ?? (await socket.requestPairingCode(phone).catch(() => undefined));
      if (this.#socket === socket && pairingCode !== this.stand.pairingCode) {
        this.#set({ state: 'qr_ready', pairingCode });
      }
      return;
    }
    const lifetime = this.options.qrTimeoutMs || (isFirst ? FIRST_QR_MS : NEXT_QR_MS);
    this.#set({ state: 'qr_ready', qr, qrExpiresAt: Date.now() + lifetime });
  }

  async #closedBy(error) {
    const code = error?.output?.statusCode;
    this.#drop(false);
    metrics.count(`closes${code ?? 'Unknown'}`);
    const action = closeAction(code, { isPaired: this.keys.isPaired, isPairing: this.isPairing, message: error?.message, data: error?.data });
    const lastClose = { code, reason: redact(error?.message ?? 'closed').slice(0, 100), at: Date.now() };
    log('info', 'socket_closed', { account: this.accountId, code, action: action.do });
    if (this.#isOver) {
      return;
    }
    const cleared = { lastClose, qr: undefined, qrExpiresAt: undefined, pairingCode: undefined };
    if (action.do === 'stop') {
      this.#pairing = undefined;
      if (action.wipe) {
        await this.keys.wipe().catch(() => {});
      }
      this.#set({ ...cleared, degraded: false, state: action.state, reason: action.reason, until: action.until });
    } else if (action.do === 'restart') {
      this.#set({ ...cleared, state: 'connecting' });
      // The identity that was just paired must be stored before it is used.
      await this.keys.saveCreds().catch(() => {});
      this.#connect();
    } else {
      this.#retryLater(cleared, action.reason);
    }
  }

  #retryLater(cleared, reason) {
    const wasStable = this.stand.state === 'connected' && performance.now() - this.#openedAt > this.options.stableAfterMs;
    this.#failures = wasStable ? 0 : this.#failures;
    const delay = backoff(this.#failures++, this.options, Math.random);
    metrics.count('reconnects');
    this.#set({ ...cleared, state: this.isPairing ? 'connecting' : 'reconnecting', reason, reconnectCount: this.stand.reconnectCount + 1, retryAt: Date.now() + delay });
    this.#retry = setTimeout(() => void this.#connectWhenThereIsRoom(), delay);
  }

  /** A full spool keeps the account away, so that WhatsApp keeps its messages. */
  async #connectWhenThereIsRoom() {
    if (await this.parts.events.isHigh(this.accountId)) {
      this.#retryLater({}, 'spool_full');
    } else {
      this.#connect();
    }
  }

  #statusChanged(update) {
    const event = /** @type {any} */ (statusEvent(update));
    this.#happened(event);
    if (event?.code === RESTRICTED) {
      this.#happened({ kind: 'restriction', name: 'reachout', active: true });
    }
  }

  /** @param {object | undefined} event */
  #happened(event) {
    if (!event) {
      metrics.count('eventsWithoutContent');
      return;
    }
    void this.parts.events.happened(this.accountId, { ...event, accountId: this.accountId, epoch: this.epoch }).then(hasRoom => {
      if (!hasRoom && this.#socket) {
        this.#drop();
        this.#retryLater({ lastClose: { reason: 'spool_full', at: Date.now() } }, 'spool_full');
      }
    });
  }

  #checkHearing() {
    if (!this.isOpen) {
      return;
    }
    const degraded = this.liveness.isDeaf;
    if (degraded !== this.stand.degraded) {
      this.#set({ degraded });
      metrics.count(degraded ? 'deafened' : 'heardAgain');
    }
    if (degraded && this.liveness.mayRestart()) {
      log('warn', 'deaf_socket_restarted', { account: this.accountId });
      metrics.count('deafRestarts');
      this.#drop();
      this.#retryLater({ lastClose: { reason: 'deaf', at: Date.now() } }, 'deaf');
    }
  }

  /** From here on nothing that the socket says counts. @param {boolean} [end] false when it has ended by itself */
  #drop(end = true) {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#retry);
    this.#closed.abort();
    if (end) {
      void socket?.end(undefined);
    }
  }

  #set(changes) {
    Object.assign(this.stand, changes);
    this.#version++;
    this.parts.events.stands(this.accountId, this.snapshot);
  }
}
