// One account's events that the worker has not committed yet, on disk, oldest first. Enters: events, each safe when its
// append has returned. Leaves: the same in order, until commit says that the worker has them. If we die, whoever starts
// on this folder finds them again; what was delivered but not yet removed is then delivered twice.

import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { log } from '../log.js';
import { metrics } from '../metrics.js';
import { Segment } from './segment.js';

const SUFFIX = '.spool';
const HIGH_WATER = 0.75;

export class Spool {
  /** @type {Segment[]} */ #segments = [];
  /** @type {import('./segment.js').Entry[]} */ #entries = [];
  /** @type {{ event: Buffer, done: (stored: boolean) => void }[]} */ #gathering = [];
  /** Where to append. A file of an earlier process is never continued: its tail may be torn. @type {Segment | undefined} */ #current;
  #writing = false;
  #written = Promise.resolve();
  #isRefusing = false;
  #bytes = 0;
  #next = 1;

  /** @param {string} folder @param {string} name @param {Map<string, Buffer>} keys @param {import('../settings.js').Options} options */
  constructor(folder, name, keys, options) {
    this.name = name;
    this.folder = join(folder, name);
    this.keys = keys;
    this.options = options;
  }

  get length() {
    return this.#entries.length;
  }

  /** So full that the account's socket should wait. */
  get isHigh() {
    return this.#bytes > this.options.spoolBytes * HIGH_WATER;
  }

  async open() {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const files = (await readdir(this.folder)).filter(file => file.endsWith(SUFFIX)).sort();
    for (const file of files) {
      const segment = this.#segment(file);
      const { entries, torn } = await segment.recover();
      metrics.count('spoolRecovered', entries.length);
      metrics.count('spoolTornBytes', torn);
      this.#entries.push(...entries);
      this.#bytes += segment.size;
      this.#next = Number(file.slice(0, -SUFFIX.length)) + 1;
      if (entries.length === 0) {
        await this.#drop(segment);
      } else {
        this.#segments.push(segment);
      }
    }
  }

  /** @param {Buffer} event @returns {Promise<boolean>} true when it is safe; false when there is no room or no disk: loudly refused */
  append(event) {
    if (this.#bytes + event.length > this.options.spoolBytes) {
      return Promise.resolve(this.#refuse('spool_full'));
    }
    // Counted before it is written: events that gather behind a slow disk fill the spool as well.
    this.#bytes += event.length;
    const stored = new Promise(done => this.#gathering.push({ event, done }));
    this.#written = this.#writing ? this.#written : this.#write();
    return /** @type {Promise<boolean>} */ (stored);
  }

  /** The oldest events: at most so many, with at most so many bytes, but always one. @param {number} limit @param {number} bytes @returns {Promise<Buffer[]>} */
  async peek(limit, bytes) {
    /** @type {Buffer[]} */ const events = [];
    for (let size = 0; events.length < limit && events.length < this.#entries.length; ) {
      const entry = this.#entries[events.length];
      size += entry.length;
      if (size > bytes && events.length > 0) {
        break;
      }
      try {
        events.push(await entry.segment.read(entry));
      } catch (error) {
        if (events.length > 0) {
          break;
        }
        await this.#setAside(entry, error.message);
        size = 0;
      }
    }
    return events;
  }

  /** The worker has committed the oldest ones. @param {number} count */
  async commit(count) {
    for (const { segment } of this.#entries.splice(0, count)) {
      segment.pending--;
    }
    for (const segment of [...this.#segments]) {
      // Asked anew for each: while one file goes, another may have been written to.
      if (segment.pending === 0 && !(segment === this.#current && this.#writing)) {
        await this.#drop(segment);
      }
    }
  }

  async close() {
    await this.#written;
    await Promise.all(this.#segments.map(segment => segment.close()));
  }

  /** While the disk is busy with one batch, the next ones gather: one fsync serves them all. */
  async #write() {
    this.#writing = true;
    while (this.#gathering.length > 0) {
      const batch = this.#gathering.splice(0);
      const counted = batch.reduce((sum, { event }) => sum + event.length, 0);
      try {
        const segment = await this.#writable();
        const before = segment.size;
        this.#entries.push(...(await segment.append(batch.map(({ event }) => event))));
        this.#bytes += segment.size - before - counted;
        metrics.count('spooled', batch.length);
        this.#isRefusing = false;
        batch.forEach(({ done }) => done(true));
      } catch (error) {
        this.#bytes -= counted;
        batch.forEach(({ done }) => done(this.#refuse(error.code ?? 'spool_broken')));
        this.#current = undefined;
      }
    }
    this.#writing = false;
  }

  async #writable() {
    if (!this.#current || this.#current.size >= this.options.spoolSegmentBytes) {
      const file = `${this.#next++}`.padStart(8, '0') + SUFFIX;
      this.#current = this.#segment(file);
      this.#segments.push(this.#current);
      await this.#current.append([]);
      await syncFolder(this.folder);
    }
    return this.#current;
  }

  #segment(file) {
    return new Segment(join(this.folder, file), `${this.name}/${file}`, this.keys);
  }

  async #drop(segment) {
    this.#segments = this.#segments.filter(other => other !== segment);
    this.#bytes -= segment.size;
    this.#current = this.#current === segment ? undefined : this.#current;
    await segment.remove();
  }

  /** What cannot be opened stays on the disk for a person with the right key, and stops nobody. */
  async #setAside(entry, reason) {
    const unreadable = this.#entries.filter(other => other.segment === entry.segment);
    this.#entries = this.#entries.filter(other => other.segment !== entry.segment);
    this.#segments = this.#segments.filter(other => other !== entry.segment);
    this.#bytes -= entry.segment.size;
    await entry.segment.close();
    metrics.count('spoolUnreadable', unreadable.length);
    log('error', 'spool_unreadable', { file: entry.segment.place, events: unreadable.length, reason: reason === 'unknown_key' ? reason : 'damaged' });
  }

  #refuse(reason) {
    metrics.count('spoolRefused');
    if (!this.#isRefusing) {
      // The counter tells how many; the log tells that it began.
      log('error', 'spool_refuses', { spool: this.name, reason });
    }
    this.#isRefusing = true;
    return false;
  }
}

/** A new file is only safe once its folder is. */
async function syncFolder(folder) {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
