// The people on the other end: each has a phone with one Signal identity, so that what is sent to them is really
// encrypted for them and can be read here. A person exists from the first mention on.

import libsignal from 'libsignal';
import { Curve, generateSignalPubKey, proto, signedKeyPair } from 'baileys';

const { ProtocolAddress, SessionCipher, SessionRecord } = libsignal;
const PRE_KEY_ID = 1;

class Person {
  /** @param {string} phone digits */
  constructor(phone) {
    this.phone = phone;
    this.identity = Curve.generateKeyPair();
    this.signedPreKey = signedKeyPair(this.identity, 1);
    this.preKey = Curve.generateKeyPair();
    this.registrationId = 4711;
    /** @type {Record<string, any>} a session for each sender, as libsignal writes it */
    this.sessions = {};
  }

  /**
   * Reads what one device of an account encrypted for this person.
   * @param {{ phone: string, device: number }} sender @param {string} type @param {Uint8Array} ciphertext @returns {Promise<proto.IMessage>}
   */
  async decrypt(sender, type, ciphertext) {
    const cipher = new SessionCipher(this.#storage(), new ProtocolAddress(sender.phone, sender.device));
    const sealed = Buffer.from(ciphertext);
    const bytes = await (type === 'pkmsg' ? cipher.decryptPreKeyWhisperMessage(sealed) : cipher.decryptWhisperMessage(sealed));
    return proto.Message.decode(bytes.subarray(0, bytes.length - bytes[bytes.length - 1]));
  }

  /** What a sender needs for its first message. @param {string} jid @returns {import('baileys').BinaryNode} */
  bundle(jid) {
    const key = (tag, id, pair, signature) => ({
      tag,
      attrs: {},
      content: [
        { tag: 'id', attrs: {}, content: bigEndian(id, 3) },
        { tag: 'value', attrs: {}, content: pair.public },
        ...(signature ? [{ tag: 'signature', attrs: {}, content: signature }] : []),
      ],
    });
    return {
      tag: 'user',
      attrs: { jid },
      content: [
        { tag: 'registration', attrs: {}, content: bigEndian(this.registrationId, 4) },
        { tag: 'type', attrs: {}, content: Buffer.from([5]) },
        { tag: 'identity', attrs: {}, content: this.identity.public },
        key('skey', this.signedPreKey.keyId, this.signedPreKey.keyPair, this.signedPreKey.signature),
        key('key', PRE_KEY_ID, this.preKey, undefined),
      ],
    };
  }

  #storage() {
    const pair = keys => ({ privKey: Buffer.from(keys.private), pubKey: Buffer.from(generateSignalPubKey(keys.public)) });
    return {
      loadSession: async id => (this.sessions[id] ? SessionRecord.deserialize(this.sessions[id]) : null),
      storeSession: async (id, record) => void (this.sessions[id] = record.serialize()),
      isTrustedIdentity: () => true,
      loadPreKey: async () => pair(this.preKey),
      removePreKey: async () => {},
      loadSignedPreKey: () => pair(this.signedPreKey.keyPair),
      getOurRegistrationId: () => this.registrationId,
      getOurIdentity: () => pair(this.identity),
    };
  }
}

export class People {
  /** @type {Map<string, Person>} */ #people = new Map();

  get all() {
    return [...this.#people.values()];
  }

  /** @param {Person} known as `all` gave it */
  restore(known) {
    this.#people.set(known.phone, Object.assign(new Person(known.phone), known));
  }

  /** Another identity: what was encrypted for the one before cannot be read any more. @param {string} phone */
  newPhone(phone) {
    this.#people.set(phone, new Person(phone));
  }

  /** @param {string} jid a phone's or a LID's address, with or without device */
  at(jid) {
    const phone = phoneOf(jid);
    let person = this.#people.get(phone);
    if (!person) {
      this.#people.set(phone, (person = new Person(phone)));
    }
    return person;
  }
}

const LID_PREFIX = '77';

/** Everybody's hidden address, made so that it tells the phone again. @param {string} phone */
export const lidOf = phone => `${LID_PREFIX}${phone}@lid`;

/** @param {string} jid */
export const phoneOf = jid => {
  const [user, server] = jid.split('@');
  const digits = user.split(/[:_.]/)[0];
  return server === 'lid' ? digits.slice(LID_PREFIX.length) : digits;
};

/** @param {number} value @param {number} length */
export function bigEndian(value, length) {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}
