// From a message in the Cloud API's words (`{type, <type>: {…}, context?}`) to baileys' content. What has no counterpart
// is undefined: the caller refuses it before anything leaves.

/** @param {any} content @param {string} to the chat, in which a reaction's message lies @returns {import('baileys').AnyMessageContent | undefined} */
export function toBaileys(content, to) {
  const part = content?.[content?.type];
  return part === undefined || part === null ? undefined : WRITERS[content.type]?.(part, to);
}

/** The message that is answered, as much of it as the answer needs. @param {any} content @param {string} to */
export function quoted(content, to) {
  const id = content?.context?.message_id;
  return id ? { key: { id, remoteJid: to, fromMe: content.context.from_me === true, participant: content.context.from }, message: { conversation: content.context.text ?? '' } } : undefined;
}

/** @type {Record<string, (part: any, to: string) => any>} */
const WRITERS = {
  // A preview would make this process fetch whatever address somebody wrote.
  text: part => (typeof part.body === 'string' && part.body !== '' ? { text: part.body, linkPreview: null } : undefined),
  image: part => file(part, source => ({ image: source, caption: part.caption, mimetype: part.mime_type })),
  video: part => file(part, source => ({ video: source, caption: part.caption, mimetype: part.mime_type })),
  audio: part => file(part, source => ({ audio: source, ptt: part.voice === true, mimetype: part.mime_type })),
  document: part => file(part, source => ({ document: source, caption: part.caption, fileName: part.filename, mimetype: part.mime_type ?? 'application/octet-stream' })),
  sticker: part => file(part, source => ({ sticker: source, mimetype: part.mime_type })),
  location: part => ({ location: { degreesLatitude: part.latitude, degreesLongitude: part.longitude, name: part.name, address: part.address } }),
  contacts: part => ({ contacts: { displayName: part[0]?.name?.formatted_name, contacts: part.map(contact => ({ displayName: contact.name?.formatted_name, vcard: contact.vcard ?? vcard(contact) })) } }),
  reaction: (part, to) => ({ react: { text: part.emoji ?? '', key: { id: part.message_id, remoteJid: to, fromMe: part.from_me === true, participant: part.participant } } }),
};

/** The worker has the bytes; an address would have to be fetched from here, and that is not a socket's business. */
const file = (part, make) => (typeof part.data === 'string' ? make(Buffer.from(part.data, 'base64')) : undefined);

const vcard = contact =>
  ['BEGIN:VCARD', 'VERSION:3.0', `FN:${line(contact.name?.formatted_name)}`, ...(contact.phones ?? []).map(({ phone }) => `TEL:${line(phone)}`), 'END:VCARD'].join('\n');

const line = text => `${text ?? ''}`.replace(/[\r\n]+/g, ' ');
