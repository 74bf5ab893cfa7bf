// How an event lies on the disk: sealed with AES-256-GCM under the first of our keys, whose id stands before it in the
// clear, so that an older key still opens what it sealed. The place of the record is part of what is authenticated.
//
//   length u32 | key id length u8 | key id | nonce 12 | sealed | tag 16

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE = 12;
const TAG = 16;
export const HEADER = 4;

/** @param {Map<string, Buffer>} keys @param {string} place @param {Buffer} plain */
export function seal(keys, place, plain) {
  const [[id, key]] = keys;
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
  const body = Buffer.concat([Buffer.from([id.length]), Buffer.from(id), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const length = Buffer.alloc(HEADER);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** @param {Map<string, Buffer>} keys @param {string} place @param {Buffer} body the record without its length @returns {Buffer} @throws when it is not whole, or its key is not ours */
export function unseal(keys, place, body) {
  const id = body.subarray(1, 1 + body[0]).toString();
  const key = keys.get(id);
  if (!key) {
    throw new Error('unknown_key');
  }
  const nonce = body.subarray(1 + body[0], 1 + body[0] + NONCE);
  const end = body.length - TAG;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place)).setAuthTag(body.subarray(end));
  return Buffer.concat([decipher.update(body.subarray(1 + body[0] + NONCE, end)), decipher.final()]);
}
