// The one line on which an account's keys go to the worker, in order. While a write is under way the next ones gather;
// what was set together is stored together or not at all. If we die here, the writes in flight are lost: WhatsApp
// repairs that with retry receipts. If the epoch has gone by, nothing is stored any more and the owner of this line is told.

import { WorkerRefusal } from '../worker.js';
import { metrics } from '../metrics.js';

const BATCH_KEYS = 500;

/** @typedef {{ type: string, id: string, value: string | null }} Write */
/** @typedef {{ writes: Write[], clear: boolean, done: () => void, failed: (error: Error) => void }} Waiting */

export class SessionLost extends Error {}

export class WriteLine {
  /** @type {Waiting[]} */ #waiting = [];
  #running = false;
  #isOver = false;
  #worker;
  #path;
  #epoch;
  #seq;
  #lost;

  /**
   * @param {import('../worker.js').Worker} worker @param {string} path @param {number} epoch
   * @param {number} seq the number of the last stored write @param {(code: string) => void} lost
   */
  constructor(worker, path, epoch, seq, lost) {
    this.#worker = worker;
    this.#path = path;
    this.#epoch = epoch;
    this.#seq = seq;
    this.#lost = lost;
  }

  /** @param {Write[]} writes @param {boolean} [clear] everything stored before goes away in the same commit @returns {Promise<void>} when the worker has committed */
  push(writes, clear = false) {
    if (this.#isOver) {
      return Promise.reject(new SessionLost('The session is closed.'));
    }
    const stored = new Promise((done, failed) => this.#waiting.push({ writes, clear, done: () => done(undefined), failed }));
    void this.#run();
    return /** @type {Promise<void>} */ (stored);
  }

  /** Nothing more is taken; what waits is still written, for so long. @param {number} timeoutMs */
  async close(timeoutMs) {
    const empty = this.#waiting.length === 0 && !this.#running ? Promise.resolve() : this.push([]).catch(() => {});
    await Promise.race([empty, new Promise(resolve => setTimeout(resolve, timeoutMs).unref())]);
    this.#isOver = true;
  }

  async #run() {
    if (this.#running) {
      return;
    }
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#store(batch);
        batch.forEach(({ done }) => done());
      } catch (error) {
        this.#giveUp(batch, error);
      }
    }
    this.#running = false;
  }

  #takeBatch() {
    let keys = this.#waiting[0].writes.length;
    let count = 1;
    while (count < this.#waiting.length && !this.#waiting[count].clear && keys + this.#waiting[count].writes.length <= BATCH_KEYS) {
      keys += this.#waiting[count++].writes.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #store(batch) {
    const last = new Map(batch.flatMap(({ writes }) => writes).map(write => [`${write.type}/${write.id}`, write]));
    if (last.size === 0 && !batch[0].clear) {
      return;
    }
    // The number tells a repeated write from a new one, so that one that arrives late cannot undo its successor.
    const body = { epoch: this.#epoch, seq: ++this.#seq, clear: batch[0].clear || undefined, writes: [...last.values()] };
    await this.#worker.insist(() => this.#worker.call('POST', `${this.#path}/write`, body), () => !this.#isOver);
    metrics.count('keyCommits');
    metrics.count('keysWritten', last.size);
  }

  #giveUp(batch, error) {
    const waiting = [...batch, ...this.#waiting.splice(0)];
    const wasOver = this.#isOver;
    this.#isOver = true;
    waiting.forEach(({ failed }) => failed(new SessionLost(error.message)));
    if (!wasOver) {
      metrics.count('keyWritesRefused');
      this.#lost(error instanceof WorkerRefusal ? error.code : 'worker_unreachable');
    }
  }
}
