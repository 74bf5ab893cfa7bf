// One account for one term of ownership: from open to close. Enters: commands, and what WhatsApp said. Leaves: answers,
// events and keys. The socket itself is the line's. If we die here, the worker's lease runs out, its next owner opens
// the same session from the stored keys, and no QR is needed.

import { KeyStore } from '../keys/keyStore.js';
import { metrics } from '../metrics.js';
import { Groups } from '../sending/groups.js';
import { send } from '../sending/send.js';
import { Lease } from './lease.js';
import { Line } from './line.js';
import { Pairing } from './pairing.js';
import { Stand } from './stand.js';

const STALE = 'stale_epoch';

/** @typedef {import('./socket.js').Socket} Socket */
/** @typedef {import('../sending/send.js').Outcome} Outcome */
/** @typedef {{ settings: import('../settings.js').Settings, worker: import('../worker.js').Worker, events: import('../events/eventStream.js').EventStream }} Parts */

export class Session {
  /** @type {Map<string, Promise<Outcome>>} */ #sending = new Map();
  #isLoaded = false;
  #tellLoaded = () => {};
  /** @type {Promise<void>} */ #loaded = new Promise(resolve => (this.#tellLoaded = () => resolve(undefined)));
  #isOver = false;
  /** @type {Promise<void>} */ #leaving = Promise.resolve();
  groups = new Groups();
  /** Which one of its term it is. */ opening = 0;

  /** @param {string} accountId @param {number} epoch @param {Parts} parts @param {(session: Session, stored: Promise<unknown>) => void} over it has no socket, and still writes until `stored` @param {boolean} [wantsHistory] what a phone hands over at a pairing is kept */
  constructor(accountId, epoch, parts, over, wantsHistory = false) {
    this.accountId = accountId;
    this.epoch = epoch;
    this.parts = parts;
    this.options = parts.settings.options;
    this.over = over;
    this.wantsHistory = wantsHistory;
    this.stand = new Stand(accountId, epoch, snapshot => parts.events.stands(accountId, snapshot));
    this.lease = new Lease(this.options.maxLeaseMs, () => void this.end('lease_expired'));
    this.keys = new KeyStore(parts.worker, accountId, epoch, this.options.keyCacheEntries);
    this.line = new Line(this);
  }

  get isOpen() {
    return this.line.isOpen;
  }

  get sendsInFlight() {
    return this.#sending.size;
  }

  /** Loads the keys and connects; without keys it waits for somebody to ask for a code. */
  async open() {
    await this.#load().finally(this.#tellLoaded);
  }

  async #load() {
    const lost = code => void this.end(code === STALE ? 'ownership_lost' : 'session_write_refused');
    try {
      await this.keys.open(lost, () => !this.#isOver);
    } catch (error) {
      await this.end(error.code === STALE ? 'ownership_lost' : 'keys_unreachable');
      return;
    }
    this.#isLoaded = true;
    if (this.keys.isPaired || this.line.pairing) {
      this.line.connect();
    } else {
      this.stand.set({ state: 'needs_qr', reason: 'never_paired' });
    }
  }

  /**
   * Shows codes until one is used or the window closes. A pairing that runs already goes on, and keys that still work are kept.
   * @param {string} [phone] digits; then a code to type instead of one to scan @param {boolean} [fresh] whatever keys there are go first
   */
  async pair(phone, fresh) {
    const { line } = this;
    if (fresh) {
      // Keys that are not read yet cannot be thrown away: what is stored of them would come after.
      await this.#loaded;
    }
    // A session on its way out still looks open: who asks for a code now wants one of what comes after.
    await this.#leaving.catch(() => {});
    if (this.#isOver) {
      return;
    }
    if (this.isOpen || (line.pairing?.isRunning && line.pairing.phone === phone)) {
      // Nothing changes, and yet it is told again: who asks may have been shown something else since.
      this.stand.set({});
      return;
    }
    line.pairing?.stop();
    line.pairing = new Pairing(this.options, phone, () => line.notScanned());
    line.forgive();
    if (!this.#isLoaded) {
      return;
    }
    line.drop();
    if (fresh) {
      await this.keys.wipe();
    }
    line.connect();
  }

  /** Only while open. A second command for a message that is on its way gets the first one's answer. @param {{ messageId: string, to: string, content: any }} message @returns {Promise<Outcome>} */
  send(message) {
    const { messageId } = message;
    let sending = this.#sending.get(messageId);
    if (!sending) {
      const around = { options: this.options, closed: this.line.closed, groups: this.groups, liveness: this.line.liveness };
      sending = send(/** @type {Socket} */ (this.line.socket), message, around).finally(() => this.#sending.delete(messageId));
      this.#sending.set(messageId, sending);
    }
    return sending;
  }

  /** The device leaves the phone's list, and the keys are gone. */
  logout() {
    return (this.#leaving = this.#logOut());
  }

  async #logOut() {
    await this.#loaded;
    const { socket } = this.line;
    this.line.pairing?.stop();
    this.line.pairing = undefined;
    this.line.drop(false);
    this.stand.set({ state: 'reconnecting', reason: 'by_command' });
    await socket?.logout().catch(() => {});
    // One that was not open yet has told nobody, and would log in with the keys that go now.
    void socket?.end(undefined).catch(() => {});
    await this.keys.wipe();
    this.stand.set({ state: 'logged_out', reason: 'by_command', jid: undefined, lid: undefined });
  }

  /** The end of this term. The socket first; never a logout. Over when nothing is left to be stored. @param {string} reason */
  async end(reason) {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    const settled = this.line.end();
    this.lease.release();
    this.stand.set({ state: 'closed', reason });
    this.stand.silence();
    const stored = Promise.allSettled([settled, this.keys.close(this.options.flushTimeoutMs)]);
    this.over(this, stored);
    await stored;
  }

  /** What WhatsApp said, on its way to the worker. @param {object | undefined} event */
  async happened(event) {
    if (!event) {
      metrics.count('eventsWithoutContent');
      return;
    }
    const hasRoom = await this.parts.events.happened(this.accountId, { ...event, accountId: this.accountId, epoch: this.epoch });
    if (!hasRoom) {
      this.line.giveUpSocket('spool_full');
    }
  }
}
