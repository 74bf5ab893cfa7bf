// What an account's phone remembers of its conversations, and hands over when a linked device asks for more of one.

import { deflateSync } from 'node:zlib';
import { getBinaryNodeChild, proto } from 'baileys';

const { ON_DEMAND } = proto.HistorySync.HistorySyncType;
const { HISTORY_SYNC_NOTIFICATION } = proto.Message.ProtocolMessage.Type;

/** @typedef {{ id: string, text: string, at: number, fromMe?: boolean }} Remembered */

export class History {
  /** @type {Map<string, Remembered[]>} by account and chat, the oldest first */ #chats = new Map();

  /** @param {string} account @param {string} chat @param {Remembered[]} messages */
  remember(account, chat, messages) {
    this.#chats.set(`${account} ${chat}`, messages);
  }

  /** The question in a letter of a device to its own phone, if it is one. @param {import('./people.js').People} people @param {import('./whatsapp.js').Device} device @param {import('baileys').BinaryNode} node */
  async question(people, device, node) {
    const enc = getBinaryNodeChild(node, 'enc');
    if (node.attrs.category !== 'peer' || !enc) {
      return undefined;
    }
    const message = await people.at(device.jid).decrypt(device, enc.attrs.type, /** @type {Uint8Array} */ (enc.content));
    const inner = message.deviceSentMessage?.message ?? message;
    return inner.protocolMessage?.peerDataOperationRequestMessage?.historySyncOnDemandRequest ?? undefined;
  }

  /** The phone's answer: the newest messages before the one that is named. @param {string} account @param {proto.Message.PeerDataOperationRequestMessage.IHistorySyncOnDemandRequest} question @returns {proto.IMessage} */
  answer(account, { chatJid, oldestMsgId, onDemandMsgCount }) {
    const all = this.#chats.get(`${account} ${chatJid}`) ?? [];
    const before = all.findIndex(({ id }) => id === oldestMsgId);
    const chosen = (before < 0 ? all : all.slice(0, before)).slice(-(onDemandMsgCount ?? 50));
    const messages = chosen.map(({ id, text, at, fromMe }) => ({ message: { key: { id, remoteJid: chatJid, fromMe: fromMe === true }, message: { conversation: text }, messageTimestamp: at } }));
    const payload = proto.HistorySync.encode({ syncType: ON_DEMAND, conversations: [{ id: chatJid ?? '', messages }] }).finish();
    return { protocolMessage: { type: HISTORY_SYNC_NOTIFICATION, historySyncNotification: { syncType: ON_DEMAND, initialHistBootstrapInlinePayload: deflateSync(payload) } } };
  }
}
