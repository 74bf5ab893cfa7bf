// What becomes of messages that we sent, in the words of the Cloud API's statuses. Their order is not WhatsApp's to keep:
// the worker ranks them, and a receipt may be here before the answer to its send is.

import { proto } from 'baileys';

const { ERROR, SERVER_ACK, DELIVERY_ACK, READ, PLAYED } = proto.WebMessageInfo.Status;

/** baileys' numbers. The two lowest say nothing about delivery, and PENDING is our own. */
const WORDS = { [ERROR]: 'failed', [SERVER_ACK]: 'sent', [DELIVERY_ACK]: 'delivered', [READ]: 'read', [PLAYED]: 'played' };

/** @param {import('baileys').WAMessageUpdate} change */
export function statusEvent({ key, update }) {
  const status = typeof update.status === 'number' ? WORDS[update.status] : undefined;
  if (!status || !key.fromMe || !key.id) {
    return undefined;
  }
  const code = status === 'failed' ? update.messageStubParameters?.[0] : undefined;
  return { kind: 'status', id: key.id, remoteJid: key.remoteJid, status, code: code || undefined, timestamp: Number(update.messageTimestamp) || Math.floor(Date.now() / 1000) };
}

/** One member of a group has it. @param {import('baileys').MessageUserReceiptUpdate} change @returns {object | undefined} */
export function groupReceiptEvent({ key, receipt }) {
  const at = receipt.readTimestamp ?? receipt.receiptTimestamp;
  if (!at || !key.fromMe || !key.id) {
    return undefined;
  }
  return { kind: 'status', id: key.id, remoteJid: key.remoteJid, participant: receipt.userJid, status: receipt.readTimestamp ? 'read' : 'delivered', timestamp: Number(at) };
}
