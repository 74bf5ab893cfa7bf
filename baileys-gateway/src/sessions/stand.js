// How a session stands: one word on everything that a person or the worker wants to know. Each change is told at once;
// what the worker misses is replaced by what comes after. The number of a word grows, also from one start of this program
// to the next: it is the machine's running time in ms, which no clock change turns back.

/** @typedef {'connecting' | 'qr_ready' | 'connected' | 'reconnecting' | 'needs_qr' | 'logged_out' | 'stopped' | 'closed'} State */

/**
 * @typedef {object} Facts
 * @property {State} state
 * @property {string} [reason] one word of ours
 * @property {boolean} degraded open, but deaf
 * @property {string} [qr] the text of the code, exactly as it must be shown
 * @property {number} [qrExpiresAt] Unix milliseconds, as all times here
 * @property {string} [pairingCode]
 * @property {string} [jid] @property {string} [lid] our own, without device
 * @property {number} reconnectCount since this term began; the restart after a pairing does not count
 * @property {number} [connectedAt] @property {number} [retryAt]
 * @property {number} [until] Unix seconds, when a ban ends
 * @property {{ code?: number, reason: string, at: number }} [lastClose]
 */

const NO_CODE = { qr: undefined, qrExpiresAt: undefined, pairingCode: undefined };
/** @type {State[]} */
const ON_ITS_WAY = ['connected', 'reconnecting'];

export class Stand {
  /** @type {Facts} */ facts = { state: 'connecting', degraded: false, reconnectCount: 0 };
  #version = 0;

  /** @param {string} accountId @param {number} epoch @param {(snapshot: object) => void} tell */
  constructor(accountId, epoch, tell) {
    this.accountId = accountId;
    this.epoch = epoch;
    this.tell = tell;
  }

  /** The last word is said: whatever still goes on in it must not speak for the session that comes after. */
  silence() {
    this.tell = () => {};
  }

  get snapshot() {
    return { kind: 'session', accountId: this.accountId, epoch: this.epoch, version: this.#version, at: Date.now(), ...this.facts };
  }

  /** Codes live only while they are shown, and a deaf session stays degraded until it is heard again or over. @param {Partial<Facts>} changes */
  set(changes) {
    const state = changes.state ?? this.facts.state;
    this.facts = { ...this.facts, ...(state !== 'qr_ready' && NO_CODE), ...(!ON_ITS_WAY.includes(state) && { degraded: false }), ...changes };
    this.#version = Math.max(this.#version + 1, Number(process.hrtime.bigint() / 1_000_000n));
    this.tell(this.snapshot);
  }
}
