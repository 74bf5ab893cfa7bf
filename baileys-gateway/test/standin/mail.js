// Messages as stanzas: reading what an account sent, and writing what people send to it. Inbound letters need no
// encryption (<plaintext> is accepted from anybody); outbound ones are decrypted as their recipient's phone would.

import { getBinaryNodeChild, getBinaryNodeChildren, proto } from 'baileys';
import { phoneOf } from './people.js';

/** @typedef {import('baileys').BinaryNode} BinaryNode */

/**
 * @param {import('./people.js').People} people @param {import('./whatsapp.js').Device} sender @param {BinaryNode} node
 * @returns {Promise<{ type: string, recipients: number, text?: string, message?: any, isUnread?: boolean }>} recipients = the sender's own phones not counted
 */
export async function readMessage(people, sender, node) {
  const copies = getBinaryNodeChildren(getBinaryNodeChild(node, 'participants'), 'to').filter(copy => phoneOf(copy.attrs.jid) !== sender.phone);
  const type = node.attrs.type ?? 'text';
  const enc = copies[0] && getBinaryNodeChild(copies[0], 'enc');
  if (!enc) {
    return { type, recipients: copies.length };
  }
  try {
    const message = await people.at(copies[0].attrs.jid).decrypt(sender, enc.attrs.type, /** @type {Uint8Array} */ (enc.content));
    return { type, recipients: copies.length, text: message.conversation || message.extendedTextMessage?.text || undefined, message };
  } catch {
    // Not for this identity. The stanza counts all the same.
    return { type, recipients: copies.length, isUnread: true };
  }
}

/**
 * @param {string} id
 * @param {{ from: string, group?: string, name?: string, at?: number, text?: string, message?: proto.IMessage, hidden?: boolean, typedTo?: string }} letter
 *   from = the writer's digits; message = any other content than text, in protobuf's JSON form; hidden = only the hidden
 *   address is told; typedTo = the account itself wrote to these digits, on its phone
 * @param {(phone: string) => string} lidOf @returns {BinaryNode}
 */
export function inboundNode(id, letter, lidOf) {
  const from = `${letter.from}@s.whatsapp.net`;
  /** @type {Record<string, string>} */
  const who = letter.typedTo ? { from, recipient: `${letter.typedTo}@s.whatsapp.net` } : letter.hidden ? { from: lidOf(letter.from), addressing_mode: 'lid' } : letter.group ? { from: letter.group, participant: from, participant_lid: lidOf(letter.from) } : { from, sender_lid: lidOf(letter.from) };
  const content = letter.message ? proto.Message.fromObject(letter.message) : { conversation: letter.text ?? '' };
  const isMedia = letter.message && Object.keys(letter.message).some(key => /^(image|video|audio|document|sticker)Message$/.test(key));
  return {
    tag: 'message',
    attrs: { ...who, id, t: `${letter.at ?? Math.floor(Date.now() / 1000)}`, type: isMedia ? 'media' : 'text', notify: letter.name ?? letter.from },
    content: [{ tag: 'plaintext', attrs: {}, content: proto.Message.encode(content).finish() }],
  };
}

/** A person's phone reports on what it got. @param {string} id @param {string} from the chat @param {string} what delivered, read or played @param {string} [participant] in a group: who @returns {BinaryNode} */
export const receiptNode = (id, from, what, participant) => ({
  tag: 'receipt',
  attrs: { id, from, ...(participant && { participant }), t: `${Math.floor(Date.now() / 1000)}`, ...(what !== 'delivered' && { type: what }) },
  content: undefined,
});

/** A person's phone could not read a message and asks for it again. @param {string} id @param {string} from @returns {BinaryNode} */
export const retryNode = (id, from) => ({
  tag: 'receipt',
  attrs: { id, from, t: `${Math.floor(Date.now() / 1000)}`, type: 'retry' },
  content: [{ tag: 'retry', attrs: { v: '1', count: '1', id, t: `${Math.floor(Date.now() / 1000)}` }, content: undefined }],
});
