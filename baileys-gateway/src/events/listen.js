// What a socket hears, turned into events. It counts whether or not the socket is still the one in use: WhatsApp has its
// receipt for everything that gets here.

import { withBothAddresses } from './addresses.js';
import { historyEvents } from './history.js';
import { messageEvent } from './inbound.js';
import { groupReceiptEvent, statusEvent } from './receipts.js';
import { cappingEvent, reachoutEvent } from './restrictions.js';

const RESTRICTED = '463';

/** @typedef {{ happened: (event: object | undefined) => Promise<void>, wantsHistory: boolean, options: import('../settings.js').Options }} Listener a session */

/**
 * @param {import('../sessions/socket.js').Socket} socket @param {(id: string | null | undefined) => boolean} isLive
 * @param {(storing: Promise<unknown>) => void} wait the next message comes in when this is safe @param {Listener} session
 */
export function listen(socket, isLive, wait, session) {
  const { ev } = socket;
  const happened = event => wait(session.happened(event));
  ev.on('messages.upsert', ({ messages }) => wait(inOrder(messages.map(message => [message, isLive(message.key.id)]), socket, session)));
  ev.on('messaging-history.set', set => wait(history(set, socket, session)));
  ev.on('messages.update', updates => updates.forEach(update => statusChanged(update, happened)));
  ev.on('message-receipt.update', updates => updates.forEach(update => happened(groupReceiptEvent(update))));
  ev.on('lid-mapping.update', ({ lid, pn }) => happened({ kind: 'lid', lid, pn }));
  ev.on('message-capping.update', detail => happened(cappingEvent(detail)));
  ev.on('connection.update', ({ reachoutTimeLock }) => reachoutTimeLock && happened(reachoutEvent(reachoutTimeLock)));
}

/** @param {[import('baileys').WAMessage, boolean][]} messages each with whether it came as news */
async function inOrder(messages, socket, session) {
  for (const [message, isNews] of messages) {
    const whole = await withBothAddresses(socket, message);
    await session.happened(messageEvent(whole, isNews, socket.user?.id));
  }
}

/** Older messages, the oldest first; only those that somebody asked for. */
async function history(set, socket, session) {
  for (const { message, source } of historyEvents(set, session.wantsHistory, session.options.historyMessages)) {
    const event = messageEvent(await withBothAddresses(socket, message), false, socket.user?.id);
    await (event && session.happened({ ...event, sync: source }));
  }
}

function statusChanged(update, happened) {
  const event = statusEvent(update);
  happened(event);
  if (event?.code === RESTRICTED) {
    happened({ kind: 'restriction', name: 'reachout', active: true, code: RESTRICTED });
  }
}
