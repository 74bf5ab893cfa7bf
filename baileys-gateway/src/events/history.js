// Messages of the past, which a phone hands over: at a pairing, if the account wants that, or because somebody asked for
// more of one conversation. They are nobody's news, and there may be very many: the newest are taken, as many as allowed.

import { proto, toNumber } from 'baileys';
import { metrics } from '../metrics.js';

const { ON_DEMAND } = proto.HistorySync.HistorySyncType;

/**
 * @param {{ messages: import('baileys').WAMessage[], syncType?: proto.HistorySync.HistorySyncType | null }} set @param {boolean} isWanted also what nobody asked for by name @param {number} limit
 * @returns {{ message: import('baileys').WAMessage, source: 'backfill' | 'history_sync' }[]} the oldest first
 */
export function historyEvents({ messages, syncType }, isWanted, limit) {
  const isAsked = syncType === ON_DEMAND;
  if (!isAsked && !isWanted) {
    metrics.count('historyIgnored', messages.length);
    return [];
  }
  const byAge = messages.filter(message => message?.key?.id).sort((one, other) => toNumber(one.messageTimestamp) - toNumber(other.messageTimestamp));
  metrics.count('historyCutOff', Math.max(0, byAge.length - limit));
  return byAge.slice(-limit).map(message => ({ message, source: isAsked ? 'backfill' : 'history_sync' }));
}
