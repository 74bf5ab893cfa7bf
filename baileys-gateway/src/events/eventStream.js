// The one way of events to the worker. What happened (messages, receipts) is spooled first and delivered at least once,
// in each account's order. How a session stands is the latest word only: an older one that was not delivered is
// replaced. The worker answers 200 when everything in the batch is committed, seen before or set aside.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { log } from '../log.js';
import { metrics } from '../metrics.js';
import { lockSpool } from '../spool/lock.js';
import { Spool } from '../spool/spool.js';

const PATH = '/internal/gateway/events';

export class EventStream {
  /** @type {Map<string, Promise<Spool>>} */ #spools = new Map();
  /** @type {Map<string, any>} the latest word on each account */ #states = new Map();
  #gatewayId = randomUUID();
  /** @type {Set<Spool>} */ #open = new Set();
  #isOpen = true;
  #isDirty = false;
  /** @type {() => void} */ #endPause = () => {};
  /** @type {Promise<void> | undefined} */ #loop;

  /** @param {import('../worker.js').Worker} worker @param {import('../settings.js').Settings} settings */
  constructor(worker, settings) {
    this.worker = worker;
    this.settings = settings;
    this.options = settings.options;
  }

  /** Starts with what an earlier process left behind. */
  async open() {
    await mkdir(this.settings.spoolFolder, { recursive: true, mode: 0o700 });
    await lockSpool(this.settings.spoolFolder, this.options.spoolWaitMs);
    for (const name of (await readdir(this.settings.spoolFolder)).filter(isFolderOfOurs)) {
      await this.#spool(name);
    }
    metrics.gauge('spoolEvents', () => this.#lengths);
    this.#loop = this.#deliver();
  }

  /** @param {string} accountId @param {object} event @returns {Promise<boolean>} whether it is safe */
  async happened(accountId, event) {
    const spool = await this.#spool(folderOf(accountId)).catch(broken);
    const stored = await spool?.append(Buffer.from(JSON.stringify(event)));
    this.#wake();
    return stored === true && !spool?.isHigh;
  }

  /** Whether the account's socket should wait until the worker has taken what is spooled. @param {string} accountId */
  async isHigh(accountId) {
    return (await this.#spool(folderOf(accountId)).catch(broken))?.isHigh ?? true;
  }

  /** @param {string} accountId @param {object} state */
  stands(accountId, state) {
    this.#states.set(accountId, state);
    this.#wake();
  }

  /** @param {number} timeoutMs for a last try with what is at hand */
  async close(timeoutMs) {
    this.#isOpen = false;
    this.#wake();
    await Promise.race([this.#loop, new Promise(resolve => setTimeout(resolve, timeoutMs).unref())]);
    await Promise.allSettled(this.#spools.values());
    await Promise.all([...this.#open].map(spool => spool.close()));
  }

  get #lengths() {
    return [...this.#open].reduce((sum, spool) => sum + spool.length, 0);
  }

  #spool(name) {
    let opening = this.#spools.get(name);
    if (!opening) {
      const spool = new Spool(this.settings.spoolFolder, name, this.settings.keys, this.options);
      opening = spool.open().then(() => (this.#open.add(spool), spool));
      this.#spools.set(name, opening);
      opening.catch(() => this.#spools.delete(name));
    }
    return opening;
  }

  async #deliver() {
    for (let failures = 0; ; ) {
      this.#isDirty = false;
      const outcome = await this.#deliverBatch();
      if ((outcome === 'failed') !== failures > 0) {
        log('warn', outcome === 'failed' ? 'worker_takes_no_events' : 'worker_takes_events_again', { tries: failures });
      }
      failures = outcome === 'failed' ? failures + 1 : 0;
      if (!this.#isOpen && outcome !== 'more') {
        return;
      }
      if (outcome === 'failed') {
        await this.#pause(Math.min(this.options.workerRetryCapMs, 100 * 2 ** failures) * (0.5 + Math.random() / 2));
      } else if (outcome === 'empty' && !this.#isDirty) {
        await this.#pause();
      }
    }
  }

  /** @returns {Promise<'more' | 'empty' | 'failed'>} */
  async #deliverBatch() {
    const states = [...this.#states];
    /** @type {[Spool, Buffer[]][]} */ const taken = [];
    const share = Math.max(1, Math.floor(this.options.eventBatch / Math.max(1, this.#open.size)));
    for (const spool of this.#open) {
      taken.push([spool, await spool.peek(share, this.options.eventBatchBytes / Math.max(1, this.#open.size))]);
    }
    const events = [...states.map(([, state]) => state), ...taken.flatMap(([, buffers]) => buffers.map(buffer => JSON.parse(buffer.toString())))];
    if (events.length === 0) {
      return 'empty';
    }
    try {
      await this.worker.call('POST', PATH, { gatewayId: this.#gatewayId, events });
    } catch {
      metrics.count('eventBatchesRefused');
      return 'failed';
    }
    for (const [accountId, state] of states) {
      if (this.#states.get(accountId) === state) {
        this.#states.delete(accountId);
      }
    }
    for (const [spool, buffers] of taken) {
      await spool.commit(buffers.length);
    }
    metrics.count('eventsDelivered', events.length);
    return 'more';
  }

  /** Until something new is there. After a failure new events wait as well: an outage is not answered with a storm. @param {number} [ms] */
  async #pause(ms) {
    await new Promise(resolve => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#endPause = () => {
        if (timer === undefined || !this.#isOpen) {
          clearTimeout(timer);
          resolve(undefined);
        }
      };
    });
  }

  #wake() {
    this.#isDirty = true;
    this.#endPause();
  }
}

/** No folder, no room: the account's socket waits until there is one. */
function broken(error) {
  metrics.count('spoolRefused');
  log('error', 'spool_refuses', { reason: error.code ?? 'spool_broken' });
  return undefined;
}

/** An account id is no file name, and it may tell a phone number to whoever reads folders. @param {string} accountId */
const folderOf = accountId => createHash('sha256').update(accountId).digest('hex').slice(0, 32);

const isFolderOfOurs = name => /^[0-9a-f]{32}$/.test(name);
