// The server's half of WhatsApp's handshake (Noise XX, 25519, AES-GCM, SHA-256) and of the encrypted transport after it.
// Enters: the client's hello and finish. Leaves: the server's hello, the client's payload, then frames in the clear.

import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { Curve, NOISE_MODE, NOISE_WA_HEADER, proto } from 'baileys';

const TAG_LENGTH = 16;
const EMPTY = Buffer.alloc(0);

export class NoiseServer {
  /** @type {Buffer} */ #hash = Buffer.from(NOISE_MODE);
  #salt = this.#hash;
  #key = this.#hash;
  #counter = 0;
  #ephemeral = Curve.generateKeyPair();
  #static = Curve.generateKeyPair();
  /** @type {{ key: Buffer, counter: number } | undefined} */ #reading;
  /** @type {{ key: Buffer, counter: number } | undefined} */ #writing;

  constructor() {
    this.#mixHash(NOISE_WA_HEADER);
  }

  /** The client's static key, known after {@link finish}: it is what a login proves. */
  /** @type {Buffer} */ clientKey = EMPTY;

  /** @param {Uint8Array} clientEphemeral @param {(staticKey: Uint8Array) => Uint8Array} certify */
  hello(clientEphemeral, certify) {
    this.#mixHash(clientEphemeral);
    this.#mixHash(this.#ephemeral.public);
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, clientEphemeral));
    const sealedStatic = this.#seal(this.#static.public);
    this.#mixKey(Curve.sharedKey(this.#static.private, clientEphemeral));
    const payload = this.#seal(certify(this.#static.public));
    return proto.HandshakeMessage.encode({ serverHello: { ephemeral: this.#ephemeral.public, static: sealedStatic, payload } }).finish();
  }

  /** @param {{ static?: Uint8Array | null, payload?: Uint8Array | null }} clientFinish */
  finish(clientFinish) {
    this.clientKey = this.#open(clientFinish.static ?? EMPTY);
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, this.clientKey));
    const payload = proto.ClientPayload.decode(this.#open(clientFinish.payload ?? EMPTY));
    const [fromClient, toClient] = this.#derive(EMPTY);
    this.#reading = { key: fromClient, counter: 0 };
    this.#writing = { key: toClient, counter: 0 };
    return payload;
  }

  get isTransport() {
    return this.#reading !== undefined;
  }

  /** @param {Uint8Array} plain */
  encrypt(plain) {
    const line = this.#writing ?? fail();
    return seal(plain, line.key, line.counter++, EMPTY);
  }

  /** @param {Uint8Array} sealed */
  decrypt(sealed) {
    const line = this.#reading ?? fail();
    return open(sealed, line.key, line.counter++, EMPTY);
  }

  #seal(plain) {
    const sealed = seal(plain, this.#key, this.#counter++, this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #open(sealed) {
    const plain = open(sealed, this.#key, this.#counter++, this.#hash);
    this.#mixHash(sealed);
    return plain;
  }

  #mixHash(bytes) {
    this.#hash = createHash('sha256').update(this.#hash).update(bytes).digest();
  }

  #mixKey(secret) {
    [this.#salt, this.#key] = this.#derive(secret);
    this.#counter = 0;
  }

  #derive(secret) {
    const both = Buffer.from(hkdfSync('sha256', secret, this.#salt, EMPTY, 64));
    return [both.subarray(0, 32), both.subarray(32)];
  }
}

function seal(plain, key, counter, additional) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(counter)).setAAD(additional);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed, key, counter, additional) {
  const end = sealed.length - TAG_LENGTH;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(counter)).setAAD(additional).setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
}

function nonce(counter) {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(counter, 8);
  return bytes;
}

/** @returns {never} */
function fail() {
  throw new Error('The handshake is not finished.');
}
