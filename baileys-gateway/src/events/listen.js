// What a socket hears, turned into events. It counts whether or not the socket is still the one in use: WhatsApp has its
// receipt for everything that gets here.

import { messageEvent } from './inbound.js';
import { groupReceiptEvent, statusEvent } from './receipts.js';

const RESTRICTED = '463';

/** @param {import('../sessions/socket.js').Socket} socket @param {(id: string | null | undefined) => boolean} isLive @param {(event: object | undefined) => void} happened undefined = something without content for people */
export function listen({ ev }, isLive, happened) {
  ev.on('messages.upsert', ({ messages }) => messages.forEach(message => happened(messageEvent(message, isLive(message.key.id)))));
  ev.on('messages.update', updates => updates.forEach(update => statusChanged(update, happened)));
  ev.on('message-receipt.update', updates => updates.forEach(update => happened(groupReceiptEvent(update))));
  ev.on('lid-mapping.update', ({ lid, pn }) => happened({ kind: 'lid', lid, pn }));
  ev.on('message-capping.update', detail => happened({ kind: 'restriction', name: 'new_chats', detail }));
  ev.on('connection.update', ({ reachoutTimeLock }) => {
    if (reachoutTimeLock) {
      const until = reachoutTimeLock.timeEnforcementEnds?.getTime();
      happened({ kind: 'restriction', name: 'reachout', active: reachoutTimeLock.isActive, until: until && Math.floor(until / 1000) });
    }
  });
}

function statusChanged(update, happened) {
  const event = statusEvent(update);
  happened(event);
  if (event?.code === RESTRICTED) {
    happened({ kind: 'restriction', name: 'reachout', active: true });
  }
}
