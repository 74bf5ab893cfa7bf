// What can be made to go wrong, from outside. A fault with a count wears off after so many stanzas; the others stay on
// until they are set to nothing. A fault may name one account by its phone, else it meets everybody.

/**
 * @typedef {object} Fault
 * @property {number} [count] how many times; none = until switched off
 * @property {string} [phone] digits of the account it meets; none = all
 * @property {string} [code] of an ack with an error
 * @property {string} [to] digits of a recipient
 */

export const KINDS = /** @type {const} */ ([
  'ackError', // the message is refused: <ack error=code>
  'loseAck', // the message is taken, and nobody says so
  'dropAfterMessage', // the message is taken, then the connection is cut
  'swallowUsync', // device lookups stay unanswered
  'noDevices', // device lookups find nobody at `to`
  'deaf', // messages and pings stay unanswered while other traffic goes on
  'refuseLogin', // <failure reason=code>
]);

export class Faults {
  /** @type {Map<string, Fault>} */ #on = new Map();

  /** @param {Record<string, Fault | null | true>} changes */
  set(changes) {
    for (const [kind, fault] of Object.entries(changes)) {
      if (!KINDS.includes(/** @type {any} */ (kind))) {
        throw new Error(`No such fault: ${kind}. There are ${KINDS.join(', ')}.`);
      }
      if (fault) {
        this.#on.set(kind, fault === true ? {} : { ...fault });
      } else {
        this.#on.delete(kind);
      }
    }
  }

  /** The fault that meets this stanza, if any; a counted one is used up by asking. @param {string} kind @param {string} phone @param {string} [to] */
  take(kind, phone, to) {
    const fault = this.#on.get(kind);
    if (!fault || (fault.phone && fault.phone !== phone) || (fault.to && fault.to !== to)) {
      return undefined;
    }
    if (fault.count !== undefined && --fault.count <= 0) {
      this.#on.delete(kind);
    }
    return fault;
  }

  toJSON() {
    return Object.fromEntries(this.#on);
  }
}
