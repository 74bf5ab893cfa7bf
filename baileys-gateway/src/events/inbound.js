// From baileys' messages to events that know no provider. The content has the names of the Cloud API's webhooks, so that
// one reader serves both; what has no name there is `unsupported`, and `raw` keeps the whole message for later.

import { getContentType, jidNormalizedUser, normalizeMessageContent, proto, toNumber } from 'baileys';

const RAW_LIMIT = 262_144;
const THUMBNAIL_LIMIT = 65_536;
const PROTOCOL = proto.Message.ProtocolMessage.Type;

/** @typedef {import('baileys').WAMessage} WAMessage */

/**
 * @param {WAMessage} message @param {boolean} live false = it waited at WhatsApp while we were away, or is history
 * @param {string} [self] our own address: who wrote what was typed on the phone
 * @returns {object | undefined} nothing for what carries no content for people: key exchange, history, a text we could not decrypt
 */
export function messageEvent(message, live, self) {
  const { key } = message;
  const content = message.message && readContent(message.message);
  if (!content || !key.id || !key.remoteJid) {
    return undefined;
  }
  const raw = proto.WebMessageInfo.encode(proto.WebMessageInfo.fromObject(message)).finish();
  return {
    kind: 'message',
    id: key.id,
    remoteJid: key.remoteJid,
    remoteJidAlt: key.remoteJidAlt || undefined,
    participant: key.participant || (key.fromMe && self && jidNormalizedUser(self)) || undefined,
    participantAlt: key.participantAlt || undefined,
    fromMe: Boolean(key.fromMe),
    timestamp: toNumber(message.messageTimestamp) || Math.floor(Date.now() / 1000),
    pushName: message.pushName || undefined,
    live,
    content,
    raw: raw.length <= RAW_LIMIT ? Buffer.from(raw).toString('base64') : undefined,
  };
}

/** @param {proto.IMessage} message */
export function readContent(message) {
  const inner = normalizeMessageContent(message);
  const type = getContentType(inner);
  const part = inner && type ? /** @type {any} */ (inner)[type] : undefined;
  if (!inner || !type || part === undefined || part === null) {
    return undefined;
  }
  const read = READERS[type];
  const content = read ? read(part) : { type: 'unsupported', unsupported: { type: type.replace(/Message.*$/, '') } };
  return content && { ...content, ...context(part.contextInfo) };
}

/** @type {Record<string, (part: any) => any>} */
const READERS = {
  conversation: text => ({ type: 'text', text: { body: text } }),
  extendedTextMessage: part => ({ type: 'text', text: { body: part.text ?? '' } }),
  imageMessage: part => ({ type: 'image', image: { ...media(part), caption: part.caption || undefined } }),
  videoMessage: part => ({ type: 'video', video: { ...media(part), caption: part.caption || undefined } }),
  ptvMessage: part => ({ type: 'video', video: media(part) }),
  audioMessage: part => ({ type: 'audio', audio: { ...media(part), voice: Boolean(part.ptt), seconds: part.seconds || undefined } }),
  documentMessage: part => ({ type: 'document', document: { ...media(part), caption: part.caption || undefined, filename: part.fileName || undefined } }),
  stickerMessage: part => ({ type: 'sticker', sticker: { ...media(part), animated: Boolean(part.isAnimated) } }),
  locationMessage: part => ({ type: 'location', location: { latitude: part.degreesLatitude, longitude: part.degreesLongitude, name: part.name || undefined, address: part.address || undefined } }),
  contactMessage: part => ({ type: 'contacts', contacts: [{ name: { formatted_name: part.displayName ?? '' }, vcard: part.vcard }] }),
  contactsArrayMessage: part => ({ type: 'contacts', contacts: (part.contacts ?? []).map(contact => ({ name: { formatted_name: contact.displayName ?? '' }, vcard: contact.vcard })) }),
  reactionMessage: part => ({ type: 'reaction', reaction: { message_id: part.key?.id, emoji: part.text || undefined } }),
  buttonsResponseMessage: part => ({ type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: part.selectedButtonId, title: part.selectedDisplayText ?? '' } } }),
  templateButtonReplyMessage: part => ({ type: 'button', button: { payload: part.selectedId, text: part.selectedDisplayText ?? '' } }),
  listResponseMessage: part => ({ type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: part.singleSelectReply?.selectedRowId, title: part.title ?? '' } } }),
  protocolMessage: part => {
    switch (part.type) {
      case PROTOCOL.REVOKE:
        return { type: 'deleted', deleted: { message_id: part.key?.id } };
      case PROTOCOL.MESSAGE_EDIT:
        return { type: 'edited', edited: { message_id: part.key?.id, content: part.editedMessage && readContent(part.editedMessage) } };
      default:
        return undefined;
    }
  },
};

/** `download` says where the bytes are, and what it takes to read them: /media/fetch. */
const media = part => ({
  mime_type: part.mimetype || undefined,
  sha256: part.fileSha256?.length ? Buffer.from(part.fileSha256).toString('base64') : undefined,
  file_size: part.fileLength ? toNumber(part.fileLength) : undefined,
  thumbnail: part.jpegThumbnail?.length && part.jpegThumbnail.length <= THUMBNAIL_LIMIT ? Buffer.from(part.jpegThumbnail).toString('base64') : undefined,
  download: part.mediaKey?.length ? { url: part.url || undefined, direct_path: part.directPath || undefined, media_key: Buffer.from(part.mediaKey).toString('base64') } : undefined,
});

const context = info =>
  info?.stanzaId ? { context: { message_id: info.stanzaId, from: info.participant || undefined } } : info?.isForwarded ? { context: { forwarded: true } } : {};
