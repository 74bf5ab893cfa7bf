// One append-only file of sealed events. It is written by one process, grows by whole records, and goes away as soon as
// every record in it was delivered. A tail that a crash cut off was never promised to anybody: it is left out.

import { open, rm } from 'node:fs/promises';
import { HEADER, seal, unseal } from './seal.js';

/** @typedef {{ segment: Segment, offset: number, length: number }} Entry */

export class Segment {
  /** @type {import('node:fs/promises').FileHandle | undefined} */ #file;
  size = 0;
  pending = 0;

  /** @param {string} path @param {string} place what seals its records to this file @param {Map<string, Buffer>} keys */
  constructor(path, place, keys) {
    this.path = path;
    this.place = place;
    this.keys = keys;
  }

  /** @param {Buffer[]} events @returns {Promise<Entry[]>} after the disk has them */
  async append(events) {
    this.#file ??= await open(this.path, 'a+', 0o600);
    const records = events.map(event => seal(this.keys, this.place, event));
    await this.#file.appendFile(Buffer.concat(records));
    await this.#file.datasync();
    return records.map(record => this.#entry(record.length - HEADER));
  }

  /** Finds the records of a file that an earlier process wrote. @returns {Promise<{ entries: Entry[], torn: number }>} torn = bytes at the end that are no record */
  async recover() {
    this.#file = await open(this.path, 'a+', 0o600);
    const { size } = await this.#file.stat();
    /** @type {Entry[]} */ const entries = [];
    const length = Buffer.alloc(HEADER);
    while (this.size + HEADER <= size) {
      await this.#file.read(length, 0, HEADER, this.size);
      if (this.size + HEADER + length.readUInt32BE() > size) {
        break;
      }
      entries.push(this.#entry(length.readUInt32BE()));
    }
    return { entries, torn: size - this.size };
  }

  /** @param {Entry} entry @returns {Promise<Buffer>} */
  async read({ offset, length }) {
    const body = Buffer.alloc(length);
    await /** @type {import('node:fs/promises').FileHandle} */ (this.#file).read(body, 0, length, offset);
    return unseal(this.keys, this.place, body);
  }

  async close() {
    await this.#file?.close();
    this.#file = undefined;
  }

  async remove() {
    await this.close();
    await rm(this.path, { force: true });
  }

  #entry(length) {
    const entry = { segment: this, offset: this.size + HEADER, length };
    this.size += HEADER + length;
    this.pending++;
    return entry;
  }
}
