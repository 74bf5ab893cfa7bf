// The stand-in's switches over HTTP, for tests, for the page with the phone, and for the curious. JSON in, JSON out;
// 400 with a sentence for what makes no sense. A table of the calls is in ../../README.md.

import { receiptNode, retryNode } from './mail.js';
import { phoneOf } from './people.js';
import { element } from './queries.js';

const SENT_PAGE = 20_000;

/** @typedef {import('./whatsapp.js').WhatsApp} WhatsApp */

/** @type {Record<string, (whatsapp: WhatsApp, body: any, query: URLSearchParams) => any>} */
const CALLS = {
  'GET /admin/state': whatsapp => ({
    logins: whatsapp.logins,
    lastSent: whatsapp.lastSent,
    waitingForScan: [...whatsapp.clients].filter(client => client.pairing && !client.device).map(({ pairing }) => ({ refs: pairing?.refs, codePhone: pairing?.codePhone ?? null })),
    devices: [...whatsapp.devices.values()].map(({ client, ...device }) => ({ ...device, connected: client !== undefined })),
    faults: whatsapp.faults,
    autoReceipt: whatsapp.autoReceipt,
  }),

  // `qr` is the text of the code, exactly as the gateway gives it.
  'POST /admin/scan': (whatsapp, { qr, phone }) => {
    const [, ref, , , secret] = /#([^,]+),([^,]+),([^,]+),([^,]+)/.exec(qr ?? '') ?? [];
    const client = [...whatsapp.clients].find(candidate => candidate.pairing?.refs.includes(ref));
    if (!client?.pairing) {
      throw new Error('Nobody waits behind this code: it has expired, or it is not of this server.');
    }
    return { jid: client.pairing.scanned(digits(phone), Buffer.from(secret, 'base64')).jid };
  },

  'POST /admin/type-code': async (whatsapp, { phone, code }) => {
    const client = [...whatsapp.clients].find(candidate => candidate.pairing?.codePhone === digits(phone));
    if (!client?.pairing) {
      throw new Error('Nobody asked for a pairing code for this number.');
    }
    await client.pairing.codeTyped(`${code}`);
    return {};
  },

  // Whoever waits for a scan has waited too long: what the server does when its codes run out.
  'POST /admin/expire-qr': whatsapp => {
    const waiting = [...whatsapp.clients].filter(client => client.pairing && !client.device);
    waiting.forEach(client => client.connection.close(element('xmlstreamend', {})));
    return { expired: waiting.length };
  },

  'POST /admin/inbound': async (whatsapp, { file, ...letter }) => {
    const message = file ? await whatsapp.files.write(file) : letter.message;
    return { id: whatsapp.receive({ ...letter, message, account: digits(letter.account), from: digits(letter.from) }) };
  },

  // A file of a message that was sent, as the phone at the other end shows it.
  'GET /admin/file': async (whatsapp, _, query) => {
    const file = await whatsapp.files.read(whatsapp.sent.findLast(entry => entry.id === query.get('id'))?.message);
    if (!file) {
      throw new Error('No message of this id carries a file.');
    }
    return file;
  },

  // What somebody types on the account's own phone: its linked devices hear of it.
  'POST /admin/typed': (whatsapp, { account, to, ...letter }) => ({ id: whatsapp.receive({ ...letter, account: digits(account), from: digits(account), typedTo: digits(to) }) }),

  // What the account's phone remembers of a conversation, the oldest first: [{id, text, at, fromMe?}].
  'POST /admin/history': (whatsapp, { account, with: chat, messages }) => {
    whatsapp.history.remember(digits(account), `${digits(chat)}@s.whatsapp.net`, messages);
    return {};
  },

  'POST /admin/receipt': (whatsapp, { account, id, from, what = 'delivered' }) => {
    const writer = `${digits(from)}@s.whatsapp.net`;
    whatsapp.account(digits(account)).client?.connection.send(what === 'retry' ? retryNode(id, writer) : receiptNode(id, writer, what));
    return {};
  },

  'POST /admin/faults': (whatsapp, { autoReceipt, preKeys, ...faults }) => {
    whatsapp.faults.set(faults);
    whatsapp.preKeysOfNewDevices = preKeys ?? whatsapp.preKeysOfNewDevices;
    whatsapp.autoReceipt = autoReceipt ?? whatsapp.autoReceipt;
    return { faults: whatsapp.faults, autoReceipt: whatsapp.autoReceipt };
  },

  'POST /admin/group': (whatsapp, { group, members }) => {
    whatsapp.groups.set(`${group}`, members.map(digits));
    return {};
  },

  // how: drop (the cable), logout (the phone removed the device), replaced, or a code of a stream error: 515, 503, 500.
  'POST /admin/disconnect': (whatsapp, { account, how = 'drop' }) => {
    const device = whatsapp.account(digits(account));
    if (how === 'logout') {
      whatsapp.unlink(device);
    } else if (how === 'drop') {
      device.client?.connection.drop();
    } else {
      device.client?.goodbye(how === 'replaced' ? {} : { code: `${how}` }, how === 'replaced' ? element('conflict', { type: 'replaced' }) : undefined);
    }
    return {};
  },

  'GET /admin/sent': (whatsapp, _, query) =>
    whatsapp.sent
      .filter(entry => [null, entry.account].includes(query.get('account')) && entry.seq > Number(query.get('after') ?? 0))
      .slice(0, Number(query.get('limit') ?? SENT_PAGE))
      .map(entry => ({ ...entry, contact: phoneOf(entry.to) })),

  'GET /admin/comings': (whatsapp, _, query) => whatsapp.comings.filter(entry => [null, entry.account].includes(query.get('account'))),

  'GET /admin/inbound': (whatsapp, _, query) =>
    whatsapp.inbound.filter(entry => [null, entry.account].includes(query.get('account'))).map(({ id, account, receipt, confirmed, confirmedAt }) => ({ id, account, receipt, confirmed, confirmedAt })),
};

/** @param {WhatsApp} whatsapp @returns {import('node:http').RequestListener} */
export const admin = whatsapp => async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  const call = CALLS[`${request.method} ${url.pathname}`];
  const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (!call) {
    answer(404, { error: 'not_found', calls: Object.keys(CALLS) });
    return;
  }
  try {
    const body = request.method === 'POST' ? JSON.parse((await text(request)) || '{}') : {};
    answer(200, await call(whatsapp, body, url.searchParams));
  } catch (error) {
    answer(400, { error: error.message });
  }
};

async function text(request) {
  let all = '';
  for await (const part of request) {
    all += part;
  }
  return all;
}

const digits = phone => {
  const only = `${phone ?? ''}`.replace(/\D/g, '');
  if (!only) {
    throw new Error('A phone number is missing.');
  }
  return only;
};
