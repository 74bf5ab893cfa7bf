// All sessions of this gateway, one for each account at most. Every command names its epoch: an older one is refused,
// a newer one ends what an older one has opened. Commands overtake each other: an opening that comes after the close that
// was meant for it is refused. What is over leaves the list.

import { metrics } from '../metrics.js';
import { Session } from './session.js';

/** A command that cannot be carried out; nothing has happened. */
export class Refusal extends Error {
  /** @param {number} status @param {string} code */
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** @typedef {{ accountId: string, epoch: number, opening?: number, leaseDeadline?: number }} Command */
/** @typedef {{ epoch: number, opening: number, until: number }} Closed */

export class Sessions {
  /** @type {Map<string, Session>} */ #sessions = new Map();
  /** Up to which opening each account was closed; forgotten when no open of that lease is worth anything. @type {Map<string, Closed>} */ #closed = new Map();
  /** What ended sessions still write: nobody reads the keys, or is told that it is over, before. @type {Map<string, Promise<unknown>>} */ #ending = new Map();
  #isDraining = false;

  /** @param {import('./session.js').Parts} parts */
  constructor(parts) {
    this.parts = parts;
    metrics.gauge('sessions', () => this.#sessions.size);
    metrics.gauge('connected', () => this.all.filter(session => session.isOpen).length);
    metrics.gauge('degraded', () => this.all.filter(session => session.stand.facts.degraded).length);
  }

  get all() {
    return [...this.#sessions.values()];
  }

  /** @param {Command & { leaseDeadline: number }} command @param {boolean} [wantsHistory] @returns {Promise<Session>} */
  async open({ accountId, epoch, opening, leaseDeadline }, wantsHistory = false) {
    if (this.#isDraining) {
      throw new Refusal(503, 'draining');
    }
    const former = this.#sessions.get(accountId);
    if (former && former.epoch > epoch) {
      throw new Refusal(409, 'stale_epoch');
    }
    if (this.#isClosed(accountId, epoch, opening ?? Infinity)) {
      throw new Refusal(409, 'closed_meanwhile');
    }
    if (former?.epoch === epoch) {
      former.opening = Math.max(former.opening, opening ?? 0);
      former.lease.renew(leaseDeadline);
      former.wantsHistory = wantsHistory;
      return former;
    }
    const session = new Session(accountId, epoch, this.parts, (ended, stored) => this.#over(ended, stored), wantsHistory);
    this.#sessions.set(accountId, session);
    session.opening = opening ?? 0;
    session.lease.renew(leaseDeadline);
    await former?.end('newer_epoch');
    await this.#ending.get(accountId);
    void session.open();
    return session;
  }

  /** Also of one that is not there: its opening may still be on its way, and finds the door closed. @param {Command} command @returns {Promise<Session>} */
  async close(command) {
    const { accountId, epoch, opening, leaseDeadline = 0 } = command;
    this.#forget();
    if (!this.#isClosed(accountId, epoch, opening ?? 0)) {
      this.#closed.set(accountId, { epoch, opening: opening ?? 0, until: leaseDeadline });
    }
    await this.#ending.get(accountId);
    const session = this.of(command);
    if (session.opening > (opening ?? Infinity)) {
      // Opened anew since.
      throw new Refusal(404, 'unknown_session');
    }
    await session.end('by_command');
    return session;
  }

  /** The session of a command, with its lease renewed if the command brings a deadline. @param {Command} command */
  of({ accountId, epoch, leaseDeadline }) {
    const session = this.#sessions.get(accountId);
    if (!session) {
      throw new Refusal(404, 'unknown_session');
    }
    if (session.epoch !== epoch) {
      throw new Refusal(409, 'stale_epoch');
    }
    if (leaseDeadline !== undefined) {
      session.lease.renew(leaseDeadline);
    }
    if (!session.lease.isHeld) {
      throw new Refusal(409, 'lease_expired');
    }
    return session;
  }

  /** @param {Session} ended @param {Promise<unknown>} stored */
  #over(ended, stored) {
    const { accountId } = ended;
    if (this.#sessions.get(accountId) === ended) {
      this.#sessions.delete(accountId);
    }
    const ending = Promise.all([this.#ending.get(accountId), stored]).then(() => this.#ending.get(accountId) === ending && this.#ending.delete(accountId));
    this.#ending.set(accountId, ending);
  }

  #isClosed(accountId, epoch, opening) {
    const closed = this.#closed.get(accountId);
    return closed !== undefined && (epoch < closed.epoch || (epoch === closed.epoch && opening <= closed.opening));
  }

  /** An open of a lease that has run out has no socket either. */
  #forget() {
    for (const [accountId, { until }] of this.#closed) {
      if (until < Date.now()) {
        this.#closed.delete(accountId);
      }
    }
  }

  /** The end of all sessions: sockets first, then what is still to be written. @param {string} reason */
  async endAll(reason) {
    this.#isDraining = true;
    await Promise.all([...this.all.map(session => session.end(reason)), ...this.#ending.values()]);
  }
}
