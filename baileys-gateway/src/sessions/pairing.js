// One try to link a device: codes are shown and renewed until one is used or the window closes.

const FIRST_QR_MS = 60_000;
const NEXT_QR_MS = 20_000;

export class Pairing {
  #until;
  #timer;
  #shown = 0;
  /** @type {string | undefined} */ #code;

  /**
   * @param {{ pairingWindowMs: number, qrTimeoutMs: number }} options @param {string | undefined} phone digits; then there is a code to type instead of one to scan
   * @param {() => void} expired nobody has used a code when the window closes
   */
  constructor(options, phone, expired) {
    this.options = options;
    this.phone = phone;
    this.#until = performance.now() + options.pairingWindowMs;
    this.#timer = setTimeout(expired, options.pairingWindowMs);
  }

  get isRunning() {
    return performance.now() < this.#until;
  }

  /** It was used, or somebody else decides now. */
  stop() {
    clearTimeout(this.#timer);
  }

  /** A new connection starts with a code that lives longer than the following ones. */
  connecting() {
    this.#shown = 0;
    this.#code = undefined;
  }

  /**
   * WhatsApp is ready for a scan. @param {import('./socket.js').Socket} socket @param {string} qr
   * @returns {Promise<{ qr: string, qrExpiresAt: number } | { pairingCode: string } | undefined>} what to show; nothing when WhatsApp gave no code this time
   */
  async show(socket, qr) {
    if (this.phone) {
      this.#code ??= await socket.requestPairingCode(this.phone).catch(() => undefined);
      return this.#code === undefined ? undefined : { pairingCode: this.#code };
    }
    const lifetime = this.options.qrTimeoutMs || (this.#shown++ === 0 ? FIRST_QR_MS : NEXT_QR_MS);
    return { qr, qrExpiresAt: Date.now() + lifetime };
  }
}
