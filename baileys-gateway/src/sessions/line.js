// One session's way to WhatsApp, through as many sockets as it takes. Enters: connect and drop, and what baileys reports
// of the connection. Leaves: one socket at a time, and a word on how it stands after every change. Whatever ends a
// socket that was not told to end is judged by its close code: come back, come back later, or stop and wait.

import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { jidNormalizedUser } from 'baileys';
import { listen } from '../events/listen.js';
import { log, redact } from '../log.js';
import { metrics } from '../metrics.js';
import { backoff, closeAction } from './closePolicy.js';
import { Gate } from './gate.js';
import { Liveness } from './liveness.js';
import { makeSocket } from './socket.js';

/** Without a connection in between. Then a server that only ever says 515 is treated as one that is down. */
const MOST_RESTARTS = 3;
const LONGEST_TIMER_MS = 2_147_483_647;

/** @typedef {import('./socket.js').Socket} Socket */

export class Line {
  /** @type {Socket | undefined} */ #socket;
  #gate = new Gate();
  /** @type {NodeJS.Timeout | undefined} */ #retry;
  #closed = new AbortController();
  /** What ended sockets had received is safe. */ #settled = Promise.resolve();
  #isOver = false;
  #failures = 0;
  #restarts = 0;
  #openedAt = 0;
  #timers;
  /** @type {import('./pairing.js').Pairing | undefined} a person is shown codes */ pairing;

  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this.session = session;
    this.stand = session.stand;
    this.options = session.options;
    this.liveness = new Liveness(this.options, () => performance.now());
    this.#timers = [this.liveness.watch(() => this.#checkHearing()), this.liveness.ping(() => (this.#isUp ? this.#socket : undefined))];
  }

  get socket() {
    return this.#socket;
  }

  /** Aborted when the socket of now is no longer ours to use. */
  get closed() {
    return this.#closed.signal;
  }

  /** Also while it is still told as connected, a socket that has gone takes nothing. */
  get isOpen() {
    return this.#socket !== undefined && this.stand.facts.state === 'connected';
  }

  /** The next try comes as if it were the first one. */
  forgive() {
    this.#failures = 0;
  }

  connect() {
    clearTimeout(this.#retry);
    if (this.#isOver || this.#socket) {
      return;
    }
    const { session } = this;
    session.keys.forgetUnpaired();
    this.pairing?.connecting();
    const socket = makeSocket({ accountId: session.accountId, keys: session.keys, groups: session.groups, settings: session.parts.settings, worker: session.parts.worker });
    this.#socket = socket;
    const gate = (this.#gate = new Gate());
    gate.attach(socket.ws);
    const closed = (this.#closed = new AbortController());
    setMaxListeners(0, closed.signal);
    // It hears no more when this is over: not before what it has told WhatsApp that we have is safe.
    socket.registerSocketEndHandler(() => (closed.abort(), this.#settle(gate)));
    this.stand.set({ state: this.pairing || this.stand.facts.reconnectCount === 0 ? 'connecting' : 'reconnecting', retryAt: undefined });
    // How a former socket fares concerns nobody any more.
    socket.ev.on('connection.update', update => this.#socket === socket && this.#changed(socket, update));
    socket.ev.on('creds.update', () => void session.keys.saveCreds().catch(() => {}));
    listen(socket, id => gate.isLive(id), storing => gate.wait(storing), session);
    this.liveness.attach(socket.ws);
  }

  /** From here on the socket is not ours to use. @param {boolean} [end] false when it has ended by itself */
  drop(end = true) {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#retry);
    this.#closed.abort();
    void this.#settle(this.#gate);
    if (end) {
      void socket?.end(undefined).catch(() => {});
    }
  }

  /** @param {string} reason */
  giveUpSocket(reason) {
    if (!this.#socket) {
      return;
    }
    log('warn', 'socket_given_up', { account: this.session.accountId, reason });
    this.drop();
    this.#retryLater(reason, { reason, at: Date.now() });
  }

  /** Nobody used a code in time: a person has to ask again. Keys that were there all the time need no code: they go on as before. */
  notScanned() {
    this.pairing = undefined;
    if (this.session.keys.isPaired) {
      return;
    }
    this.drop();
    this.stand.set({ state: 'needs_qr', reason: 'not_scanned', retryAt: undefined });
  }

  /** @returns {Promise<void>} what it had received is safe */
  end() {
    this.#isOver = true;
    this.pairing?.stop();
    this.drop();
    this.#timers.forEach(timer => clearInterval(timer));
    return this.#settled;
  }

  /** Bounded: a message in hand may be waiting for a worker that has died. It has no receipt then, and comes again. @param {Gate} gate */
  #settle(gate) {
    const settled = Promise.race([gate.settle(), pause(this.options.flushTimeoutMs, undefined, { ref: false })]);
    this.#settled = Promise.all([this.#settled, settled]).then(() => {});
    return settled;
  }

  /** The handshake is done: what is sent now is understood. */
  get #isUp() {
    return this.isOpen || this.stand.facts.state === 'qr_ready';
  }

  /** @param {Socket} socket @param {Partial<import('baileys').ConnectionState>} update */
  #changed(socket, { connection, lastDisconnect, qr, isNewLogin }) {
    if (qr) {
      void this.#showCode(socket, qr);
    }
    if (isNewLogin) {
      this.pairing?.stop();
      this.pairing = undefined;
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
    const code = await this.pairing?.show(socket, qr);
    if (code && this.#socket === socket) {
      this.stand.set({ state: 'qr_ready', reason: undefined, ...code });
    }
  }

  #opened(socket) {
    this.#openedAt = performance.now();
    this.pairing?.stop();
    this.pairing = undefined;
    this.#restarts = 0;
    metrics.count('connects');
    const { id, lid } = socket.authState.creds.me ?? {};
    const own = { jid: id && jidNormalizedUser(id), lid: lid && jidNormalizedUser(lid) };
    this.stand.set({ state: 'connected', reason: undefined, degraded: false, until: undefined, ...own, connectedAt: Date.now() });
  }

  /** @param {any} error Boom, or nothing when we ended it ourselves */
  async #closedBy(error) {
    const { keys, accountId } = this.session;
    const code = error?.output?.statusCode;
    const wasStable = this.isOpen && performance.now() - this.#openedAt > this.options.stableAfterMs;
    this.#failures = wasStable ? 0 : this.#failures;
    this.drop(false);
    metrics.count(`closes${code ?? 'Unknown'}`);
    const isPairing = this.pairing?.isRunning ?? false;
    const action = closeAction(code, { isPaired: keys.isPaired, isPairing, message: error?.message, data: error?.data });
    log('info', 'socket_closed', { account: accountId, code, action: action.do });
    const lastClose = { code, reason: redact(error?.message ?? 'closed').slice(0, 100), at: Date.now() };
    if (action.do === 'stop') {
      await this.#stop(action, lastClose);
    } else if (action.do === 'restart' && this.#restarts++ < MOST_RESTARTS) {
      this.stand.set({ state: 'connecting', lastClose });
      // The identity that was just paired must be stored before it is used.
      await keys.saveCreds().catch(() => {});
      this.connect();
    } else {
      this.#retryLater(action.do === 'backoff' ? action.reason : 'restarted', lastClose);
    }
  }

  async #stop(action, lastClose) {
    this.pairing?.stop();
    this.pairing = undefined;
    const retryAt = action.until && action.until * 1000;
    this.stand.set({ state: action.state, reason: action.reason, until: action.until, retryAt, lastClose });
    if (action.wipe) {
      // Last: who asks for a code meanwhile begins with the new ones, which are written behind this.
      await this.session.keys.wipe().catch(() => {});
      return;
    }
    if (retryAt) {
      // A ban that ends by itself. One that ends later than a timer can wait is the next term's to end.
      this.#retry = setTimeout(() => this.connect(), Math.min(LONGEST_TIMER_MS, Math.max(0, retryAt - Date.now())));
    }
  }

  #retryLater(reason, lastClose) {
    const delay = backoff(this.#failures++, this.options, Math.random);
    metrics.count('reconnects');
    const state = this.pairing ? 'connecting' : 'reconnecting';
    this.stand.set({ state, reason, lastClose, reconnectCount: this.stand.facts.reconnectCount + 1, retryAt: Math.round(Date.now() + delay) });
    this.#retry = setTimeout(() => void this.#connectWhenThereIsRoom(), delay);
  }

  /** A full spool keeps the account away, so that WhatsApp keeps its messages. */
  async #connectWhenThereIsRoom() {
    if (await this.session.parts.events.isHigh(this.session.accountId)) {
      this.#retry = setTimeout(() => void this.#connectWhenThereIsRoom(), this.options.backoffBaseMs);
    } else {
      this.connect();
    }
  }

  #checkHearing() {
    if (!this.isOpen) {
      if (this.#socket && !this.#isUp && this.liveness.isStuck) {
        this.giveUpSocket('timed_out');
      }
      return;
    }
    const degraded = this.liveness.isDeaf;
    if (degraded !== this.stand.facts.degraded) {
      this.stand.set({ degraded });
      metrics.count(degraded ? 'deafened' : 'heardAgain');
    }
    if (degraded && this.liveness.mayRestart()) {
      metrics.count('deafRestarts');
      this.giveUpSocket('deaf');
    }
  }
}
