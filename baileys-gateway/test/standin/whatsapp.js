// WhatsApp's server as far as a gateway can tell: it knows the linked devices, lets them in, and carries messages both
// ways. Everything is in memory; `sent` and `inbound` are the truth that tests compare with what others believe.

import { randomBytes } from 'node:crypto';
import { S_WHATSAPP_NET, getBinaryNodeChild } from 'baileys';
import { Connection } from './connection.js';
import { Faults } from './faults.js';
import { Files } from './files.js';
import { History } from './history.js';
import { inboundNode, receiptNode, readMessage, retryNode } from './mail.js';
import { Pairing } from './pairing.js';
import { People, lidOf } from './people.js';
import { answer, element, result } from './queries.js';
import { Unread } from './unread.js';

/** @typedef {import('baileys').BinaryNode} BinaryNode */
/** @typedef {{ phone: string, device: number, jid: string, key: string, preKeys: number, client?: Client }} Device */
/** @typedef {{ seq: number, account: string, id: string, to: string, type: string, text?: string, message?: any, isUnread?: boolean, recipients: number, answer: string, at: number }} Sent */
/** @typedef {{ id: string, account: string, node: BinaryNode, receipt: string | null, confirmed?: number, confirmedAt?: number }} Inbound confirmed = its place among all whose first receipt came */
/** @typedef {{ account: string, jid: string, what: 'login' | 'closed', others: number, at: number }} Coming others = sockets of the same device that were open besides */

const LOG_LIMIT = 20_000;

export class WhatsApp {
  people = new People();
  faults = new Faults();
  files = new Files();
  history = new History();
  unread = new Unread();
  /** @type {Map<string, Device>} by jid */ devices = new Map();
  /** @type {Set<Client>} */ clients = new Set();
  /** @type {Sent[]} every message stanza that arrived, in order */ sent = [];
  /** @type {Inbound[]} what people wrote to the accounts */ inbound = [];
  /** Whether people's phones report what they receive by themselves: 'delivered', 'read' or 'none'. */
  autoReceipt = 'delivered';
  /** How many pre-keys the server claims to have of a new device. 0 makes it upload 812, which is slow and true. */
  preKeysOfNewDevices = 0;
  logins = 0;
  /** @type {Coming[]} who came in and who went, in order: two owners of one account would show here */ comings = [];
  lastSent = 0;
  lastConfirmed = 0;
  /** @type {Map<string, string[]>} the members' numbers, by the group's address */ groups = new Map();
  groupQueries = 0;

  /** @param {import('ws').WebSocket} socket */
  accept(socket) {
    this.clients.add(new Client(this, socket));
  }

  /** @param {string} phone */
  devicesOf(phone) {
    return [...this.devices.values()].filter(device => device.phone === phone);
  }

  /** The newest device of an account, which is the one that people mean. @param {string} phone */
  account(phone) {
    const device = this.devicesOf(phone).at(-1);
    if (!device) {
      throw new Error('No device of this number is linked.');
    }
    return device;
  }

  /** @param {string} phone @param {string} key the client's static key, base64 @returns {Device} */
  link(phone, key) {
    const device = Math.max(0, ...this.devicesOf(phone).map(other => other.device)) + 1;
    const linked = { phone, device, jid: `${phone}:${device}@s.whatsapp.net`, key, preKeys: this.preKeysOfNewDevices };
    this.devices.set(linked.jid, linked);
    return linked;
  }

  /** @param {Device} device */
  unlink(device) {
    this.devices.delete(device.jid);
    device.client?.goodbye({ code: '401' }, element('conflict', { type: 'device_removed' }));
  }

  /** @param {Omit<Sent, 'seq' | 'at'>} entry */
  logSent(entry) {
    this.sent.push({ seq: ++this.lastSent, at: Date.now(), ...entry });
    this.sent.splice(0, this.sent.length - LOG_LIMIT);
  }

  /** @param {Device} device @param {Coming['what']} what @param {Client} client */
  logComing(device, what, client) {
    const others = [...this.clients].filter(other => other !== client && other.device === device && other.connection.isOpen).length;
    this.comings.push({ account: device.phone, jid: device.jid, what, others, at: Date.now() });
    this.comings.splice(0, this.comings.length - LOG_LIMIT);
  }

  /** Somebody writes to an account. It is delivered now or, without a connection, at the next login. @param {any} letter see mail.js */
  receive(letter) {
    const device = this.account(letter.account);
    const inbound = { id: letter.id ?? `IN${randomBytes(8).toString('hex').toUpperCase()}`, account: device.phone, node: /** @type {any} */ (undefined), receipt: null };
    inbound.node = inboundNode(inbound.id, letter, lidOf);
    this.inbound.push(inbound);
    this.inbound.splice(0, this.inbound.length - LOG_LIMIT);
    if (device.client?.isActive) {
      device.client.connection.send(inbound.node);
    }
    return inbound.id;
  }
}

export class Client {
  /** @type {Device | undefined} */ device;
  /** @type {Pairing | undefined} */ pairing;
  isActive = false;

  /** @param {WhatsApp} whatsapp @param {import('ws').WebSocket} socket */
  constructor(whatsapp, socket) {
    this.whatsapp = whatsapp;
    this.connection = new Connection(socket, {
      login: payload => this.#login(payload),
      node: node => this.#take(node),
      closed: () => this.#closed(),
    });
  }

  /** A stream error, then the close. @param {Record<string, string>} attrs @param {BinaryNode} [reason] */
  goodbye(attrs, reason) {
    this.connection.close(element('stream:error', attrs, reason ? [reason] : undefined));
  }

  #login(payload) {
    const key = Buffer.from(this.connection.clientKey).toString('base64');
    if (payload.devicePairingData) {
      this.pairing = new Pairing(this.connection, Buffer.from(payload.devicePairingData.eIdent), ({ phone }) => this.whatsapp.link(phone, key));
      this.pairing.start();
      return;
    }
    const device = this.whatsapp.devices.get(`${payload.username}:${payload.device}@s.whatsapp.net`);
    const refusal = this.whatsapp.faults.take('refuseLogin', `${payload.username}`)?.code ?? (device?.key === key ? undefined : '401');
    if (refusal || !device) {
      this.connection.close(element('failure', { reason: refusal ?? '401' }));
      return;
    }
    this.whatsapp.logComing(device, 'login', this);
    device.client?.goodbye({}, element('conflict', { type: 'replaced' }));
    this.device = device;
    device.client = this;
    this.whatsapp.logins++;
    this.connection.send(element('success', { t: `${Math.floor(Date.now() / 1000)}`, lid: lidOf(device.phone).replace('@', `:${device.device}@`) }));
  }

  /** @param {BinaryNode} node */
  async #take(node) {
    switch (node.tag) {
      case 'iq':
        return this.#query(node);
      case 'message':
        return this.#message(node);
      case 'receipt':
        return this.#receipt(node);
      default:
        return undefined;
    }
  }

  #query(iq) {
    const child = Array.isArray(iq.content) ? iq.content[0] : undefined;
    if (iq.attrs.type === 'result') {
      // The client signed its pairing: from now on it is a device, and it has to come in by the front door.
      return getBinaryNodeChild(iq, 'pair-device-sign') && this.goodbye({ code: '515' });
    }
    const linked = child?.tag === 'link_code_companion_reg' ? this.pairing?.codeRequested(iq) : undefined;
    const content = answer(this, iq);
    if (content) {
      this.connection.send(result(iq, content));
    }
    if (child?.tag === 'remove-companion-device' && this.device) {
      this.whatsapp.unlink(this.device);
    }
    if (iq.attrs.xmlns === 'passive' && child?.tag === 'active') {
      this.#deliverWaiting();
    }
    return linked?.();
  }

  #deliverWaiting() {
    const device = /** @type {Device} */ (this.device);
    const waiting = this.whatsapp.inbound.filter(inbound => inbound.account === device.phone && inbound.receipt === null);
    waiting.forEach((inbound, index) => this.connection.send({ ...inbound.node, attrs: { ...inbound.node.attrs, offline: `${index}` } }));
    this.whatsapp.unread.questions(device.phone).forEach(question => this.connection.send(question));
    this.connection.send(element('ib', {}, [element('offline', { count: `${waiting.length}` })]));
    this.isActive = true;
  }

  async #message(node) {
    const device = /** @type {Device} */ (this.device);
    const { faults } = this.whatsapp;
    const { id, to } = node.attrs;
    const question = await this.whatsapp.history.question(this.whatsapp.people, device, node);
    if (question) {
      this.#acknowledge(id, to);
      this.whatsapp.receive({ account: device.phone, from: device.phone, typedTo: device.phone, message: this.whatsapp.history.answer(device.phone, question) });
      return;
    }
    const read = await readMessage(this.whatsapp.people, device, node);
    const error = faults.take('ackError', device.phone)?.code;
    const how = error ? `error ${error}` : faults.take('dropAfterMessage', device.phone) ? 'dropped' : faults.take('deaf', device.phone) ? 'deaf' : faults.take('loseAck', device.phone) ? 'lost' : 'acked';
    this.whatsapp.logSent({ account: device.phone, id, to, answer: how, ...read });
    if (!error) {
      this.whatsapp.unread.note(device.phone, id, to, read.isUnread ?? false);
    }
    if (how === 'dropped') {
      return this.connection.drop();
    }
    if (error || how === 'acked') {
      this.#acknowledge(id, to, error);
    }
    if (read.isUnread && !error && how !== 'deaf') {
      this.connection.send(retryNode(id, to));
    } else if (!error && read.recipients > 0 && how !== 'deaf' && this.whatsapp.autoReceipt !== 'none') {
      this.#reportReceived(id, to);
    }
  }

  #acknowledge(id, to, error) {
    this.connection.send(element('ack', { class: 'message', id, from: to, t: `${Math.floor(Date.now() / 1000)}`, ...(error && { error }) }));
  }

  #reportReceived(id, to) {
    const members = this.whatsapp.groups.get(to)?.filter(member => member !== this.device?.phone) ?? [undefined];
    for (const member of members) {
      this.connection.send(receiptNode(id, to, this.whatsapp.autoReceipt, member && `${member}@s.whatsapp.net`));
    }
  }

  #receipt(node) {
    const ids = [node.attrs.id, ...(Array.isArray(node.content) ? node.content.flatMap(list => (Array.isArray(list.content) ? list.content.map(item => item.attrs.id) : [])) : [])];
    for (const inbound of this.whatsapp.inbound) {
      if (inbound.account === this.device?.phone && ids.includes(inbound.id)) {
        inbound.receipt = node.attrs.type ?? 'delivered';
        inbound.confirmed ??= ++this.whatsapp.lastConfirmed;
        inbound.confirmedAt ??= Date.now();
      }
    }
    this.connection.send(element('ack', { class: 'receipt', id: node.attrs.id, from: node.attrs.to ?? S_WHATSAPP_NET }));
  }

  #closed() {
    this.whatsapp.clients.delete(this);
    if (this.device) {
      this.whatsapp.logComing(this.device, 'closed', this);
    }
    if (this.device?.client === this) {
      this.device.client = undefined;
    }
  }
}
