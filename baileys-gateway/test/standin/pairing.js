// How a phone links a new device, by QR or by code. Enters: a connection that wants to register. Leaves: a device that
// may log in, and a client told to restart (515). A connection that dies before the scan leaves nothing behind.

import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Curve, S_WHATSAPP_NET, aesDecryptCTR, aesDecryptGCM, aesEncryptCTR, derivePairingCodeKey, getBinaryNodeChild, getBinaryNodeChildBuffer, proto } from 'baileys';
import { lidOf } from './people.js';

const SIGNATURE_PREFIX = Buffer.from([6, 0]);
const REFS = 6;

export class Pairing {
  /** @type {string[]} */ refs = Array.from({ length: REFS }, () => randomBytes(16).toString('base64url'));
  #phone = Curve.generateKeyPair();
  #phoneEphemeral = Curve.generateKeyPair();
  /** @type {{ phone: string, wrappedKey: Buffer } | undefined} */ #codeRequest;
  /** @type {Buffer | undefined} */ #companionEphemeral;
  #id = 1;

  /** @param {import('./connection.js').Connection} connection @param {Buffer} identity the companion's identity key @param {(device: { phone: string }) => any} register */
  constructor(connection, identity, register) {
    this.connection = connection;
    this.identity = identity;
    this.register = register;
  }

  /** The number that asked for a pairing code, if one did. */
  get codePhone() {
    return this.#codeRequest?.phone;
  }

  start() {
    this.connection.send({
      tag: 'iq',
      attrs: { from: S_WHATSAPP_NET, type: 'set', id: `pair-${this.#id++}`, xmlns: 'md' },
      content: [{ tag: 'pair-device', attrs: {}, content: this.refs.map(ref => ({ tag: 'ref', attrs: {}, content: Buffer.from(ref) })) }],
    });
  }

  /** The phone scanned the QR: it knows the secret that the code carries. @param {string} phone @param {Buffer} advSecret */
  scanned(phone, advSecret) {
    const device = this.register({ phone });
    const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: Math.floor(Date.now() / 1000), keyIndex: device.device }).finish();
    const signature = Curve.sign(this.#phone.private, Buffer.concat([SIGNATURE_PREFIX, details, this.identity]));
    const signed = proto.ADVSignedDeviceIdentity.encode({ details, accountSignatureKey: this.#phone.public, accountSignature: signature }).finish();
    const hmac = createHmac('sha256', advSecret).update(signed).digest();
    this.connection.send({
      tag: 'iq',
      attrs: { from: S_WHATSAPP_NET, type: 'set', id: `pair-${this.#id++}`, t: `${Math.floor(Date.now() / 1000)}` },
      content: [
        {
          tag: 'pair-success',
          attrs: {},
          content: [
            { tag: 'device-identity', attrs: {}, content: proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish() },
            { tag: 'platform', attrs: { name: 'android' }, content: undefined },
            { tag: 'device', attrs: { jid: device.jid, lid: lidOf(phone).replace('@', `:${device.device}@`) }, content: undefined },
          ],
        },
      ],
    });
    return device;
  }

  /** The client asked for a code to type on the phone. @param {import('baileys').BinaryNode} node the whole iq */
  codeRequested(node) {
    const registration = /** @type {import('baileys').BinaryNode} */ (getBinaryNodeChild(node, 'link_code_companion_reg'));
    if (registration.attrs.stage === 'companion_finish') {
      return this.#codeFinished(registration);
    }
    const wrapped = getBinaryNodeChildBuffer(registration, 'link_code_pairing_wrapped_companion_ephemeral_pub');
    this.#codeRequest = { phone: registration.attrs.jid.split('@')[0], wrappedKey: Buffer.from(wrapped ?? []) };
    return undefined;
  }

  /** Somebody typed the code on the phone. @param {string} code */
  async codeTyped(code) {
    const request = this.#codeRequest;
    if (!request) {
      throw new Error('Nobody asked for a pairing code.');
    }
    const wrapped = request.wrappedKey;
    const key = await derivePairingCodeKey(code, wrapped.subarray(0, 32));
    this.#companionEphemeral = aesDecryptCTR(wrapped.subarray(48, 80), key, wrapped.subarray(32, 48));
    const [salt, iv] = [randomBytes(32), randomBytes(16)];
    const sealed = aesEncryptCTR(this.#phoneEphemeral.public, await derivePairingCodeKey(code, salt), iv);
    const child = (tag, content) => ({ tag, attrs: {}, content });
    this.connection.send({
      tag: 'notification',
      attrs: { from: S_WHATSAPP_NET, type: 'link_code_companion_reg', id: `pair-${this.#id++}`, t: `${Math.floor(Date.now() / 1000)}` },
      content: [
        {
          tag: 'link_code_companion_reg',
          attrs: { stage: 'primary_hello' },
          content: [
            child('link_code_pairing_wrapped_primary_ephemeral_pub', Buffer.concat([salt, iv, sealed])),
            child('primary_identity_pub', this.#phone.public),
            child('link_code_pairing_ref', Buffer.from(this.refs[0])),
          ],
        },
      ],
    });
  }

  /** @returns the device, now linked, or nothing when the code was wrong */
  #codeFinished(registration) {
    const bundle = Buffer.from(getBinaryNodeChildBuffer(registration, 'link_code_pairing_wrapped_key_bundle') ?? []);
    const shared = Curve.sharedKey(this.#phoneEphemeral.private, this.#companionEphemeral ?? Buffer.alloc(32));
    const key = expand(shared, bundle.subarray(0, 32), 'link_code_pairing_key_bundle_encryption_key');
    let plain;
    try {
      plain = aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0));
    } catch {
      return undefined;
    }
    const secret = Buffer.concat([shared, Curve.sharedKey(this.#phone.private, plain.subarray(0, 32)), plain.subarray(64, 96)]);
    return () => this.scanned(/** @type {string} */ (this.codePhone), expand(secret, Buffer.alloc(32), 'adv_secret'));
  }
}

const expand = (secret, salt, info) => Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
