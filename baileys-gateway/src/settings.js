// What a gateway is told by its environment. All mistakes are reported together, before anything is opened.

import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';

/** Durations in milliseconds, sizes in bytes. GATEWAY_OPTIONS may change each, as JSON with these names. */
export const DEFAULTS = {
  /** From the moment a message is handed to WhatsApp until its ack; after that the outcome is unknown. */
  ackTimeoutMs: 12_000,
  /** A question to WhatsApp (device lookup, keys) that stays unanswered so long has failed. */
  queryTimeoutMs: 10_000,
  /** A file on its way to or from WhatsApp's media host: without a byte so long, and in all. */
  uploadTimeoutMs: 15_000,
  downloadTimeoutMs: 60_000,
  connectTimeoutMs: 20_000,
  /** From the first byte until the session is open or shows a code; then the socket is made anew. */
  openTimeoutMs: 60_000,
  /** An open socket is pinged so often. */
  keepAliveMs: 30_000,
  /** Open, but no ping and no message was answered so long: degraded. Two pings and a margin. */
  deafAfterMs: 90_000,
  /** So many messages in a row without an ack: degraded as well. */
  deafAfterLostAcks: 3,
  /** A deaf socket is made anew at most so often. */
  restartDeafEveryMs: 600_000,
  backoffBaseMs: 1_000,
  backoffCapMs: 60_000,
  /** Open so long: the next backoff starts from the beginning. */
  stableAfterMs: 300_000,
  /** Codes are renewed so long; then a person has to ask again. */
  pairingWindowMs: 600_000,
  /** How long each QR code lives; 0 = WhatsApp's own 60 s, then 20 s each. */
  qrTimeoutMs: 0,
  /** No deadline that a worker grants reaches further, whatever its clock says. */
  maxLeaseMs: 120_000,
  /** At the end, key writes in flight get so long to be stored. */
  flushTimeoutMs: 5_000,
  /** Calls to the worker: how long each may take, and the longest pause between two tries. */
  workerTimeoutMs: 30_000,
  workerRetryCapMs: 5_000,
  /** Of one delivery of history, the newest so many. */
  historyMessages: 2_000,
  /** Cached keys for each session. */
  keyCacheEntries: 20_000,
  sendsInFlight: 50,
  /** One account's undelivered events. Above three quarters its socket waits, so that WhatsApp keeps the rest. */
  spoolBytes: 33_554_432,
  spoolSegmentBytes: 1_048_576,
  /** At the start: how long another gateway that still holds the spool is waited for. */
  spoolWaitMs: 15_000,
  /** At most so much in one delivery to the worker. */
  eventBatch: 200,
  eventBatchBytes: 2_097_152,
  bodyBytes: 26_214_400,
};

/** @typedef {typeof DEFAULTS} Options */
/** @typedef {ReturnType<typeof readSettings>} Settings */

/** @param {NodeJS.ProcessEnv} environment */
export function readSettings(environment) {
  /** @type {string[]} */ const mistakes = [];
  const settings = {
    port: number(environment.PORT ?? '0', 'PORT', mistakes),
    token: environment.GATEWAY_TOKEN ?? '',
    workerUrl: loopback(environment.WORKER_URL, 'WORKER_URL', ['http:'], mistakes),
    webSocketUrl: environment.WA_WEB_SOCKET_URL ? loopback(environment.WA_WEB_SOCKET_URL, 'WA_WEB_SOCKET_URL', ['ws:', 'wss:'], mistakes) : undefined,
    version: environment.WA_VERSION?.split('.').map(Number),
    spoolFolder: resolve(environment.GATEWAY_SPOOL ?? '.run/gateway-spool'),
    keys: spoolKeys(environment.GATEWAY_KEYS, mistakes),
    hasLastingKeys: Boolean(environment.GATEWAY_KEYS),
    options: options(environment.GATEWAY_OPTIONS, mistakes),
  };
  if (!settings.token) {
    mistakes.push('GATEWAY_TOKEN is missing: the secret that the worker and the gateway share.');
  }
  if (settings.version && (settings.version.length !== 3 || settings.version.some(part => !Number.isInteger(part)))) {
    mistakes.push('WA_VERSION is three numbers with dots.');
  }
  if (mistakes.length > 0) {
    throw new SettingsError(mistakes);
  }
  return settings;
}

export class SettingsError extends Error {
  /** @param {string[]} mistakes */
  constructor(mistakes) {
    super(mistakes.join('\n'));
  }
}

/** Session keys travel in the clear to the worker, and a stand-in lets everybody in: neither may leave this machine. */
function loopback(value, name, protocols, mistakes) {
  const url = URL.canParse(value ?? '') ? new URL(value) : undefined;
  const isLocal = url && (url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname));
  if (!url || !isLocal || !protocols.includes(url.protocol)) {
    mistakes.push(`${name} must be a ${protocols.map(protocol => `${protocol}//`).join(' or ')} address on loopback.`);
  }
  return url?.href.replace(/\/$/, '') ?? '';
}

/** `id:base64,id:base64`; the first one encrypts, the others are still read. @returns {Map<string, Buffer>} */
function spoolKeys(value, mistakes) {
  if (!value) {
    return new Map([[`once-${randomBytes(4).toString('hex')}`, randomBytes(32)]]);
  }
  const keys = new Map(value.split(',').map(pair => [pair.slice(0, pair.indexOf(':')).trim(), Buffer.from(pair.slice(pair.indexOf(':') + 1), 'base64')]));
  for (const [id, key] of keys) {
    if (!/^[\w.-]{1,64}$/.test(id) || key.length !== 32) {
      mistakes.push('GATEWAY_KEYS is id:key pairs with commas between them; a key is 32 bytes in base64.');
    }
  }
  return keys;
}

/** @returns {Options} */
function options(json, mistakes) {
  let given = {};
  try {
    given = JSON.parse(json || '{}');
  } catch {
    mistakes.push('GATEWAY_OPTIONS is not JSON.');
  }
  for (const [name, value] of Object.entries(given)) {
    if (!(name in DEFAULTS) || !Number.isInteger(value) || /** @type {number} */ (value) < 0) {
      mistakes.push(`GATEWAY_OPTIONS: ${name} is unknown or not a whole number.`);
    }
  }
  const all = { ...DEFAULTS, ...given };
  if (all.deafAfterMs <= all.keepAliveMs) {
    mistakes.push('GATEWAY_OPTIONS: deafAfterMs must be longer than keepAliveMs, or every quiet account looks deaf.');
  }
  return all;
}

function number(value, name, mistakes) {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    mistakes.push(`${name} is not a port.`);
  }
  return port;
}
