// What a closed connection means, by its code. A pure decision: the table is WhatsApp's, as its clients know it.

/** @typedef {{ do: 'restart' } | { do: 'backoff', reason: string } | { do: 'stop', state: 'stopped' | 'logged_out' | 'needs_qr', reason: string, wipe?: boolean, until?: number }} CloseAction */

/**
 * @param {number | undefined} code @param {{ isPaired: boolean, isPairing: boolean, message?: string, data?: any }} about
 *   isPairing = somebody is still to scan, and there is time left @returns {CloseAction}
 */
export function closeAction(code, { isPaired, isPairing, message, data }) {
  switch (code) {
    case 515: // after a pairing this is the normal way: come back as a device
      return { do: 'restart' };
    case 440: // another socket has our keys. Coming back would throw it out, and it us, for ever
      return { do: 'stop', state: 'stopped', reason: 'ownership_lost' };
    case 401:
      return isPaired || !isPairing ? { do: 'stop', state: 'logged_out', reason: 'device_removed', wipe: true } : { do: 'backoff', reason: 'pairing_refused' };
    case 402:
      return { do: 'stop', state: 'stopped', reason: 'temporarily_banned', until: Number(data?.expire) > 0 ? Math.floor(Date.now() / 1000) + Number(data.expire) : undefined };
    case 403:
      return { do: 'stop', state: 'stopped', reason: 'account_locked' };
    case 406:
      return { do: 'stop', state: 'stopped', reason: 'account_banned' };
    case 405:
    case 409:
      return { do: 'stop', state: 'stopped', reason: 'client_outdated' };
    case 411:
      return { do: 'stop', state: 'stopped', reason: 'multi_device_required' };
    case 400:
      return { do: 'stop', state: 'stopped', reason: /certif/.test(message ?? '') ? 'bad_certificate' : 'bad_request' };
    default:
      // 408 lost or codes used up, 428 closed, 500 bad session, 503 server restart, and whatever comes new.
      return isPaired || isPairing ? { do: 'backoff', reason: REASONS[code ?? 0] ?? 'closed' } : { do: 'stop', state: 'needs_qr', reason: 'not_scanned' };
  }
}

const REASONS = { 408: 'timed_out', 428: 'connection_closed', 500: 'bad_session', 503: 'unavailable' };

/**
 * Doubling from the base up to the cap, and then a random part of that: many sessions that fell together do not come back together.
 * @param {number} failures in a row @param {{ backoffBaseMs: number, backoffCapMs: number }} options @param {() => number} random
 */
export const backoff = (failures, { backoffBaseMs, backoffCapMs }, random) => Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(failures, 20)) * (0.5 + random() / 2);
