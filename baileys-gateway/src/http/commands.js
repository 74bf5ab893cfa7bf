// The worker's commands. Each names the account, its epoch and mostly the deadline of the worker's lease; each answers
// with how the session stands. All may be repeated. The table with every field is in ../../README.md.

import { fetchFile } from '../media/fetch.js';
import { Refusal } from '../sessions/sessions.js';

/** @typedef {import('../sessions/sessions.js').Sessions} Sessions */

/** Of one conversation at a time: what WhatsApp's own clients ask for. */
const MOST_HISTORY = 50;

/** @type {Record<string, (sessions: Sessions, body: any) => Promise<any> | any>} */
export const COMMANDS = {
  'POST /sessions/open': async (sessions, body) => (await sessions.open(withLease(body), body.history === true)).stand.snapshot,

  'POST /sessions/close': async (sessions, body) => (await sessions.close(named(body))).stand.snapshot,

  'POST /sessions/pair': async (sessions, body) => {
    const session = sessions.of(withLease(body));
    const phone = body.phone === undefined ? undefined : `${body.phone}`.replace(/\D/g, '');
    check(phone === undefined || phone.length >= 6, 'phone');
    await session.pair(phone, body.fresh === true);
    return session.stand.snapshot;
  },

  'POST /sessions/logout': async (sessions, body) => {
    const session = sessions.of(withLease(body));
    await session.logout();
    return session.stand.snapshot;
  },

  // One call for all accounts; those that cannot be renewed are named with the reason, and the others are renewed.
  'POST /sessions/renew': (sessions, body) => {
    check(Array.isArray(body.leases), 'leases');
    return { sessions: body.leases.map(lease => renewOne(sessions, lease)) };
  },

  'GET /sessions': sessions => ({ sessions: sessions.all.map(({ stand }) => stand.snapshot) }),

  // The bytes of somebody's file; no session is needed for it.
  'POST /media/fetch': (sessions, body) => fetchFile(body, sessions.parts),

  // More of one conversation, from the phone; it comes as events.
  'POST /history/fetch': async (sessions, body) => {
    const session = sessions.of(named(body));
    const { oldest, count } = body;
    check(isText(oldest?.remoteJid, 128) && isText(oldest?.id, 128) && Number.isSafeInteger(oldest?.timestamp), 'oldest');
    check(Number.isSafeInteger(count) && count > 0 && count <= MOST_HISTORY, 'count');
    if (!session.isOpen) {
      throw new Refusal(409, 'not_connected');
    }
    await session.line.socket?.fetchMessageHistory(count, { remoteJid: oldest.remoteJid, id: oldest.id, fromMe: oldest.fromMe === true }, oldest.timestamp * 1000);
    return {};
  },

  'POST /messages/send': (sessions, body) => {
    const session = sessions.of(named(body));
    check(isText(body.messageId, 128), 'messageId');
    check(isText(body.to, 128), 'to');
    check(typeof body.content === 'object' && body.content !== null, 'content');
    if (!session.isOpen) {
      throw new Refusal(409, 'not_connected');
    }
    if (session.sendsInFlight >= session.options.sendsInFlight) {
      throw new Refusal(429, 'too_many_sends');
    }
    return session.send({ messageId: body.messageId, to: body.to, content: body.content });
  },
};

function renewOne(sessions, lease) {
  try {
    return sessions.of(withLease(lease)).stand.snapshot;
  } catch (error) {
    if (error instanceof Refusal) {
      return { kind: 'session', accountId: lease?.accountId, epoch: lease?.epoch, state: 'closed', reason: error.code };
    }
    throw error;
  }
}

/** @returns {import('../sessions/sessions.js').Command} */
function named(body) {
  check(isText(body?.accountId, 256), 'accountId');
  check(Number.isSafeInteger(body.epoch) && body.epoch >= 0, 'epoch');
  check(body.opening === undefined || Number.isSafeInteger(body.opening), 'opening');
  check(body.leaseDeadline === undefined || Number.isSafeInteger(body.leaseDeadline), 'leaseDeadline');
  return { accountId: body.accountId, epoch: body.epoch, opening: body.opening, leaseDeadline: body.leaseDeadline };
}

/** @returns {import('../sessions/sessions.js').Command & { leaseDeadline: number }} */
function withLease(body) {
  const { leaseDeadline, ...rest } = named(body);
  check(leaseDeadline !== undefined, 'leaseDeadline');
  return { ...rest, leaseDeadline: /** @type {number} */ (leaseDeadline) };
}

function check(isTrue, field) {
  if (!isTrue) {
    throw new Refusal(400, `invalid_${field}`);
  }
}

const isText = (value, limit) => typeof value === 'string' && value !== '' && value.length <= limit;
