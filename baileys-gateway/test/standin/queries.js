// What the server answers to a client's questions (<iq>). What is not listed is answered by an empty result.

import { S_WHATSAPP_NET, getBinaryNodeChild, getBinaryNodeChildren } from 'baileys';
import { lidOf, phoneOf } from './people.js';

/** @typedef {import('baileys').BinaryNode} BinaryNode */
/** @typedef {import('./whatsapp.js').Client} Client */

/** @param {Client} client @param {BinaryNode} iq @returns {BinaryNode[] | undefined} the answer's children; undefined = silence */
export function answer(client, iq) {
  const { xmlns } = iq.attrs;
  const question = Array.isArray(iq.content) ? iq.content[0] : undefined;
  const { faults } = client.whatsapp;
  const phone = client.device?.phone ?? '';
  switch (xmlns) {
    case 'w:p':
      return faults.take('deaf', phone) ? undefined : [];
    case 'usync':
      return faults.take('swallowUsync', phone) ? undefined : lookUp(client, iq);
    case 'encrypt':
      return encrypt(client, iq, question);
    case 'abt':
      return [element('props', {})];
    case 'blocklist':
      return [element('list', {})];
    case 'privacy':
      return [element('privacy', {})];
    case 'w:g2':
      client.whatsapp.groupQueries++;
      return [element('group', { id: iq.attrs.to, subject: 'A group', creation: '1', s_t: '1' }, (client.whatsapp.groups.get(iq.attrs.to) ?? []).map(member => element('participant', { jid: `${member}@s.whatsapp.net`, lid: lidOf(member) })))];
    case 'w:m':
      return [element('media_conn', { auth: 'stand-in', ttl: '3600' }, [element('host', { hostname: client.whatsapp.files.host })])];
    default:
      return [];
  }
}

function encrypt(client, iq, question) {
  switch (question?.tag) {
    case 'count':
      return [element('count', { value: `${client.device?.preKeys ?? 0}` })];
    case 'digest':
      return [element('digest', {})];
    case 'key':
      return [element('list', {}, getBinaryNodeChildren(question, 'user').map(user => client.whatsapp.people.at(user.attrs.jid).bundle(user.attrs.jid)))];
    default:
      // The upload of pre-keys: a list among a registration, an identity and a signed key.
      client.device && (client.device.preKeys += getBinaryNodeChildren(getBinaryNodeChild(iq, 'list'), 'key').length);
      return [];
  }
}

/** Devices, hidden addresses and whether a number is on WhatsApp at all. */
function lookUp(client, iq) {
  const list = getBinaryNodeChild(getBinaryNodeChild(iq, 'usync'), 'list');
  const users = getBinaryNodeChildren(list, 'user').flatMap(user => {
    const asked = user.attrs.jid ?? `${text(getBinaryNodeChild(user, 'contact')?.content).replace('+', '')}@s.whatsapp.net`;
    return describe(client, asked);
  });
  return [element('usync', {}, [element('list', {}, users)])];
}

function describe(client, jid) {
  const phone = phoneOf(jid);
  if (client.whatsapp.faults.take('noDevices', client.device?.phone ?? '', phone)) {
    return [element('user', { jid }, [element('contact', { type: 'out' })])];
  }
  const linked = client.whatsapp.devicesOf(phone).map(device => element('device', { id: `${device.device}`, 'key-index': `${device.device}` }));
  const devices = element('devices', {}, [element('device-list', {}, [element('device', { id: '0' }), ...linked])]);
  return [element('user', { jid }, [devices, element('lid', { val: lidOf(phone) }), element('contact', { type: 'in' })])];
}

const text = content => (content instanceof Uint8Array ? Buffer.from(content).toString() : `${content ?? ''}`);

/** @param {string} tag @param {Record<string, string>} attrs @param {BinaryNode[]} [content] @returns {BinaryNode} */
export const element = (tag, attrs, content) => ({ tag, attrs, content });

/** @param {BinaryNode} iq @param {BinaryNode[]} content @returns {BinaryNode} */
export const result = (iq, content) => ({ tag: 'iq', attrs: { from: S_WHATSAPP_NET, type: 'result', id: iq.attrs.id }, content });
