// A session's keys as baileys wants them. Enters: reads and writes by type and id. Leaves: the same to the worker, which
// encrypts and keeps them; here they are only in memory, as many as are in use. Nothing is ever written to this disk.

import { BufferJSON, initAuthCreds, proto } from 'baileys';
import { WorkerRefusal } from '../worker.js';
import { SessionLost, WriteLine } from './writeLine.js';

const CREDS = { type: 'creds', id: '' };

export class KeyStore {
  /** @type {Map<string, any>} the least recently used first; null = known to be missing */ #cache = new Map();
  #worker;
  #path;
  #epoch;
  #limit;
  #isOpen = true;
  /** @type {WriteLine} */ #line;
  /** @type {(code: string) => void} */ #lost = () => {};

  /** @type {import('baileys').AuthenticationCreds} */ creds = initAuthCreds();

  /** @param {import('../worker.js').Worker} worker @param {string} accountId @param {number} epoch @param {number} cacheEntries */
  constructor(worker, accountId, epoch, cacheEntries) {
    this.#worker = worker;
    this.#path = `/internal/sessions/${encodeURIComponent(accountId)}`;
    this.#epoch = epoch;
    this.#limit = cacheEntries;
    this.#line = new WriteLine(worker, this.#path, epoch, 0, () => {});
  }

  /** @param {(code: string) => void} lost called when a write is refused for good: the session is another's now @param {() => boolean} worthwhile */
  async open(lost, worthwhile) {
    this.#lost = lost;
    const { seq, values } = await this.#worker.insist(() => this.#read([CREDS]), worthwhile);
    this.#line = new WriteLine(this.#worker, this.#path, this.#epoch, seq, lost);
    const stored = values.find(value => value.type === CREDS.type);
    this.creds = stored ? parse(CREDS.type, stored.value) : fresh();
  }

  /** `registered` is true for pairing codes only; this is what being paired means. */
  get isPaired() {
    return Boolean(this.creds.me?.id && this.creds.account);
  }

  /** A half-paired identity cannot log in: the next try starts as somebody new. */
  forgetUnpaired() {
    if (!this.isPaired) {
      this.creds = fresh();
      this.#cache.clear();
    }
  }

  /** Before pairing there is nothing worth keeping. */
  async saveCreds() {
    if (this.isPaired) {
      await this.#line.push([{ ...CREDS, value: stringify(this.creds) }]);
    }
  }

  /** Everything goes, here and at the worker. */
  async wipe() {
    this.creds = fresh();
    this.#cache.clear();
    await this.#line.push([], true);
  }

  /** @param {number} timeoutMs */
  async close(timeoutMs) {
    this.#isOpen = false;
    await this.#line.close(timeoutMs);
    this.#cache.clear();
  }

  /** For one socket. When its identity is forgotten, so is what it still has to say. @returns {import('baileys').SignalKeyStore} */
  get signalKeys() {
    const { creds } = this;
    const current = () => (this.creds === creds ? Promise.resolve() : Promise.reject(new SessionLost('The identity is gone.')));
    return {
      get: (type, ids) => /** @type {any} */ (current().then(() => this.#get(type, ids))),
      set: data => current().then(() => this.#set(data)),
    };
  }

  async #get(type, ids) {
    const missing = ids.filter(id => !this.#cache.has(`${type}/${id}`));
    if (missing.length > 0) {
      const { values } = await this.#readOrLose(missing.map(id => ({ type, id })));
      const found = new Map(values.map(({ id, value }) => [id, parse(type, value)]));
      missing.forEach(id => this.#remember(`${type}/${id}`, found.get(id) ?? null));
    }
    const result = {};
    for (const id of ids) {
      const value = this.#cache.get(`${type}/${id}`);
      this.#remember(`${type}/${id}`, value ?? null);
      if (value) {
        result[id] = value;
      }
    }
    this.#evict();
    return result;
  }

  async #set(data) {
    const writes = Object.entries(data).flatMap(([type, values]) =>
      Object.entries(values ?? {}).map(([id, value]) => {
        this.#remember(`${type}/${id}`, value ?? null);
        return { type, id, value: value ? stringify(value) : null };
      }),
    );
    this.#evict();
    await this.#line.push(writes);
  }

  async #readOrLose(keys) {
    try {
      return await this.#worker.insist(() => this.#read(keys), () => this.#isOpen);
    } catch (error) {
      if (error instanceof WorkerRefusal) {
        this.#lost(error.code);
      }
      throw new SessionLost(error.message);
    }
  }

  #read(keys) {
    return this.#worker.call('POST', `${this.#path}/read`, { epoch: this.#epoch, keys });
  }

  #remember(name, value) {
    this.#cache.delete(name);
    this.#cache.set(name, value);
  }

  #evict() {
    for (const name of this.#cache.keys()) {
      if (this.#cache.size <= this.#limit) {
        return;
      }
      this.#cache.delete(name);
    }
  }
}

/** The counter above zero spares the first connection 20 s in which baileys holds back every event, waiting for history. */
const fresh = () => ({ ...initAuthCreds(), accountSyncCounter: 1 });

const stringify = value => JSON.stringify(value, BufferJSON.replacer);

function parse(type, text) {
  const value = JSON.parse(text, BufferJSON.reviver);
  return type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value) : value;
}
