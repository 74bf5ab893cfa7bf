// How a socket of baileys is made here, and nothing else: every option with its reason.

import { Browsers, generateWAMessageContent, isJidNewsletter, isJidStatusBroadcast, makeWASocket } from 'baileys';
import { baileysLogger } from '../log.js';
import { toBaileys } from '../sending/content.js';
import { mediaAgent } from '../sending/upload.js';

/** @typedef {import('baileys').WASocket} Socket */

/** The longest timer that there is. */
const NEVER_MS = 2_147_483_647;

/**
 * @param {{ accountId: string, keys: import('../keys/keyStore.js').KeyStore, settings: import('../settings.js').Settings, worker: import('../worker.js').Worker, groups: import('../sending/groups.js').Groups }} parts
 * @returns {Socket}
 */
export function makeSocket({ accountId, keys, settings, worker, groups }) {
  const { options, webSocketUrl, version } = settings;
  const logger = baileysLogger(accountId);
  const socket = makeWASocket({
    auth: { creds: keys.creds, keys: keys.signalKeys },
    logger,
    ...(webSocketUrl && { waWebSocketUrl: webSocketUrl }),
    // The built-in version grows old; asking for the newest at each start would make the start depend on another server.
    ...(version && { version: /** @type {[number, number, number]} */ (version) }),
    browser: Browsers.macOS('Chrome'),
    connectTimeoutMs: options.connectTimeoutMs,
    // Its pings end a silent socket again and again; ours find it deaf, and it is made anew once (liveness.js).
    keepAliveIntervalMs: NEVER_MS,
    defaultQueryTimeoutMs: options.queryTimeoutMs,
    ...(options.qrTimeoutMs > 0 && { qrTimeout: options.qrTimeoutMs }),
    // Else the phone shows no notifications while we are here.
    markOnlineOnConnect: false,
    syncFullHistory: false,
    // We know what we sent; its echo would only be mixed with the receipts and hide them.
    emitOwnEvents: false,
    // The store repeats by itself; a commit that it gives up is lost for good.
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
    // Nobody answers these, and what cannot be decrypted there would hold up the queue of everything else.
    shouldIgnoreJid: jid => Boolean(isJidStatusBroadcast(jid) || isJidNewsletter(jid)),
    fetchAgent: mediaAgent(webSocketUrl),
    cachedGroupMetadata: async jid => groups.get(jid),
    // A phone that could not read a message asks for it again, days later perhaps: the outbox still knows it.
    getMessage: async key => {
      const path = `/internal/sessions/${encodeURIComponent(accountId)}/messages/${encodeURIComponent(key.id ?? '')}`;
      const answer = await worker.call('GET', path).catch(() => undefined);
      const content = answer?.content && toBaileys(answer.content, key.remoteJid ?? '');
      return content && generateWAMessageContent(content, { logger, upload: socket.waUploadToServer });
    },
  });
  tellAtOnce(socket.ev);
  groups.attach(socket);
  return socket;
}

/**
 * WhatsApp has its receipt before we have the event: to hold events back would only make the gap longer in which a crash
 * loses them. baileys does so where it calls `buffer`, and, by itself, for a tenth of a second after each message.
 * @param {Socket['ev']} ev
 */
function tellAtOnce(ev) {
  const { emit } = ev;
  ev.buffer = () => {};
  ev.emit = (event, data) => {
    const isHeard = emit(event, data);
    ev.flush();
    return isHeard;
  };
}
