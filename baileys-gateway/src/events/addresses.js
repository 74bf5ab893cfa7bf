// A person has a phone number and a hidden address, and WhatsApp tells sometimes one, sometimes both. What was told once
// lies among the session's keys, so that a letter from a hidden address names its phone for ever after. Only what is
// known is looked up: nobody is asked.

import { setTimeout as pause } from 'node:timers/promises';
import { isLidUser, jidNormalizedUser } from 'baileys';

/** The keys are at the worker. While it is away a letter goes on its way as it is: WhatsApp has our receipt for it. */
const LOOKUP_MS = 2_000;

/** @param {import('../sessions/socket.js').Socket} socket @param {import('baileys').WAMessage} message @returns {Promise<import('baileys').WAMessage>} */
export async function withBothAddresses(socket, message) {
  const { key } = message;
  const remoteJidAlt = key.remoteJidAlt || (await phoneOf(socket, key.remoteJid));
  const participantAlt = key.participantAlt || (await phoneOf(socket, key.participant));
  return { ...message, key: { ...key, remoteJidAlt, participantAlt } };
}

/** @param {string | null | undefined} jid @returns {Promise<string | undefined>} */
async function phoneOf(socket, jid) {
  if (!jid || !isLidUser(jid)) {
    return undefined;
  }
  // A session that is just being lost answers nothing; the letter is worth more than its second address.
  const known = socket.signalRepository.lidMapping.getPNForLID(jid).catch(() => undefined);
  const phone = await Promise.race([known, pause(LOOKUP_MS, undefined, { ref: false })]);
  return phone ? jidNormalizedUser(phone) : undefined;
}
