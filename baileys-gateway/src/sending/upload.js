// Files on their way to WhatsApp's media host, before the message itself leaves: what goes wrong here is certainly not
// sent. Only a stand-in's host is spoken to without TLS, and only on this machine.

import { Agent } from 'node:https';
import { connect } from 'node:net';
import { generateWAMessageContent, generateWAMessageFromContent } from 'baileys';
import { baileysLogger } from '../log.js';

const KINDS = ['image', 'video', 'audio', 'document', 'sticker'];

/** @param {string | undefined} webSocketUrl a stand-in's @returns {Agent | undefined} */
export function mediaAgent(webSocketUrl) {
  if (!webSocketUrl?.startsWith('ws:')) {
    return undefined;
  }
  const agent = new Agent();
  agent.createConnection = /** @type {any} */ (options => connect({ host: '127.0.0.1', port: Number(options.port) }));
  return agent;
}

/** @param {any} message baileys' content */
export const hasFile = message => KINDS.some(kind => kind in message);

/**
 * @param {import('../sessions/socket.js').Socket} socket @param {{ messageId: string, to: string, message: any, quoted: any }} letter
 * @param {{ uploadTimeoutMs: number }} options @returns {Promise<import('baileys').WAMessage>} ready to be handed over
 */
export async function upload(socket, { messageId, to, message, quoted }, { uploadTimeoutMs }) {
  const content = await generateWAMessageContent(message, { logger: baileysLogger(''), upload: socket.waUploadToServer, mediaUploadTimeoutMs: uploadTimeoutMs });
  return generateWAMessageFromContent(to, content, { userJid: socket.user?.id ?? '', quoted, messageId });
}
