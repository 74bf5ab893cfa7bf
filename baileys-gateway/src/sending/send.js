// One message, handed to WhatsApp once. Enters: an open socket and a message with its id. Leaves: `accepted` when the
// server has acknowledged it, `rejected` when it certainly did not take it, `unknown` for everything between. If we die
// after the bytes left, the worker sends the same id again: phones show a message once for each id.

import { isJidGroup, isLidUser, isPnUser, jidDecode } from 'baileys';
import { metrics } from '../metrics.js';
import { quoted, toBaileys } from './content.js';
import { hasFile, upload } from './upload.js';

/** @typedef {{ outcome: 'accepted', at?: number } | { outcome: 'rejected', code: string, retryable: boolean } | { outcome: 'unknown', reason: string }} Outcome */
/** @typedef {import('baileys').WASocket} Socket */

/**
 * @param {Socket} socket @param {{ messageId: string, to: string, content: any }} message
 * @param {{ options: import('../settings.js').Options, closed: AbortSignal, groups: import('./groups.js').Groups, liveness: import('../sessions/liveness.js').Liveness }} around
 * @returns {Promise<Outcome>}
 */
export async function send(socket, { messageId, to, content }, { options, closed, groups, liveness }) {
  const message = toBaileys(content, to);
  if (!message) {
    return rejected('unsupported_content', false);
  }
  if (!isPnUser(to) && !isLidUser(to) && !isJidGroup(to)) {
    return rejected('invalid_recipient', false);
  }
  /** @type {(event?: any) => void} */ let lose = () => {};
  const lost = new Promise(resolve => closed.addEventListener('abort', (lose = resolve)));
  try {
    const obstacle = await Promise.race([within(options.queryTimeoutMs, findObstacle(socket, groups, to), rejected('device_lookup_failed', true)), lost.then(() => rejected('not_connected', true))]);
    if (obstacle) {
      return obstacle;
    }
    const letter = { messageId, to, message, quoted: quoted(content, to) };
    // A file goes first, and the clock of the ack starts after it.
    const uploaded = hasFile(message) ? await Promise.race([upload(socket, letter, options).catch(judgeUpload), lost.then(() => rejected('not_connected', true))]) : undefined;
    return uploaded && 'outcome' in uploaded ? uploaded : await handOver(socket, letter, uploaded, options, lost, liveness);
  } finally {
    closed.removeEventListener('abort', lose);
    lose();
  }
}

/** From here on bytes may leave. */
async function handOver(socket, { messageId, to, message, quoted: answered }, uploaded, options, lost, liveness) {
  // The ear must be there before the mouth opens: an ack may come before sendMessage returns.
  const acknowledged = socket.waitForMessage(messageId, options.ackTimeoutMs).then(judgeAck, () => unknown('connection_lost'));
  const sending = uploaded ? socket.relayMessage(to, uploaded.message, { messageId }) : socket.sendMessage(to, message, { messageId, quoted: answered });
  const refused = new Promise(resolve => sending.catch(error => resolve(judgeError(error))));
  const outcome = await Promise.race([acknowledged, refused, lost.then(() => unknown('connection_lost'))]);
  if (outcome.outcome === 'unknown') {
    liveness.unacknowledged();
  }
  return outcome;
}

/** baileys sends happily to nobody. So the recipient's devices are looked up first; they stay in its cache for the send. */
async function findObstacle(socket, groups, to) {
  const own = socket.authState.creds.me?.id ?? '';
  if (isJidGroup(to)) {
    const others = await groups.others(socket, to);
    return others.length > 0 ? undefined : rejected('no_recipients', false);
  }
  const user = jidDecode(to)?.user;
  const devices = await socket.getUSyncDevices([`${jidDecode(own)?.user}@s.whatsapp.net`, to], true, false);
  if (devices.some(device => device.user === user)) {
    return undefined;
  }
  if (isLidUser(to)) {
    return rejected('no_recipients', true);
  }
  // Nobody found: because there is nobody, or because nobody answered?
  const known = await socket.onWhatsApp(to);
  return !known ? rejected('device_lookup_failed', true) : known.length === 0 ? rejected('not_on_whatsapp', false) : rejected('no_recipients', true);
}

/**
 * The first stanza that carries the message's id. Mostly it is the ack; when that was lost it may be somebody's receipt,
 * and who has the message proves that the server took it.
 * @param {import('baileys').BinaryNode | undefined} answer nothing = none came in time @returns {Outcome}
 */
function judgeAck(answer) {
  if (answer?.tag === 'ack' && answer.attrs.error) {
    return rejected(answer.attrs.error, false);
  }
  return answer?.tag === 'ack' || answer?.tag === 'receipt' ? { outcome: 'accepted', at: Number(answer.attrs.t) || undefined } : unknown('ack_timeout');
}

/**
 * Only what is known to have failed before the stanza was written is a refusal; the rest is doubt.
 * @param {any} error @returns {Outcome}
 */
function judgeError(error) {
  metrics.count('sendErrors');
  if (error?.message === 'All encryptions failed') {
    return rejected('encryption_failed', true);
  }
  if (error?.message === 'Connection Closed' || error?.message === 'Media upload failed on all hosts') {
    return rejected(error.message === 'Connection Closed' ? 'not_connected' : 'media_upload_failed', true);
  }
  // Boom of a query: the server answered our question for keys with an error, so there was nothing to send yet.
  return typeof error?.data === 'number' ? rejected(`${error.data}`, true) : unknown('send_failed');
}

/** Nothing has left: the message itself comes after its file. @returns {Outcome} */
function judgeUpload() {
  metrics.count('uploadsFailed');
  return rejected('media_upload_failed', true);
}

/** @returns {Outcome} */
const rejected = (code, retryable) => ({ outcome: 'rejected', code, retryable });
/** @returns {Outcome} */
const unknown = reason => ({ outcome: 'unknown', reason });

/** @template T @param {number} ms @param {Promise<T>} promise @param {T} otherwise @returns {Promise<T>} */
async function within(ms, promise, otherwise) {
  /** @type {NodeJS.Timeout | undefined} */ let timer;
  const late = new Promise(resolve => (timer = setTimeout(resolve, ms, otherwise)));
  try {
    return await Promise.race([promise.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}
