// One line of JSON for each thing worth knowing, on stdout. Nothing personal and no key ever gets there: baileys' own
// log loses its objects and its long numbers, and libsignal, which prints whole sessions with their private keys
// through `console`, is only counted.

import { metrics } from './metrics.js';

/** @param {string} text */
export const redact = text =>
  `${text}`
    .replace(/[\w.+:-]*@(s\.whatsapp\.net|lid|g\.us|c\.us|newsletter|broadcast|hosted|hosted\.lid)\b/g, '(jid)')
    .replace(/\d{5,}/g, '(number)')
    .replace(/[A-Za-z0-9+/_=-]{32,}/g, '(data)');

/** @param {'info' | 'warn' | 'error'} level @param {string} what @param {Record<string, string | number | boolean | undefined>} [facts] ids, codes and counts only */
export function log(level, what, facts) {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, what, ...facts })}\n`);
}

/** Who reads this may die before us: a line that nobody hears must not end what is still to be done. */
export function outliveReaders() {
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

/** Whoever writes to the console instead of our log is counted and not heard. */
export function silenceConsole() {
  for (const name of /** @type {const} */ (['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'])) {
    console[name] = () => void metrics.count('consoleLines');
  }
}

/** A storm of warnings is one line and a number in the metrics. */
const LINES_A_MINUTE = 60;

/** What baileys writes to: warnings and errors, without the objects that come with them. @param {string} account */
export function baileysLogger(account) {
  let [minute, lines] = [0, 0];
  const line = level => (object, message) => {
    metrics.count('baileysWarnings');
    const now = Math.floor(performance.now() / 60_000);
    [minute, lines] = now === minute ? [minute, lines + 1] : [now, 1];
    if (lines <= LINES_A_MINUTE) {
      const text = typeof object === 'string' ? object : (message ?? object?.err?.message ?? object?.error?.message ?? '');
      log(level, 'baileys', { account, text: redact(text).slice(0, 200) });
    }
  };
  const quiet = () => {};
  /** @type {import('baileys').SocketConfig['logger']} */
  const logger = { level: 'warn', child: () => logger, trace: quiet, debug: quiet, info: quiet, warn: line('warn'), error: line('error') };
  return logger;
}
