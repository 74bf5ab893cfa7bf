// The bytes of a file that somebody sent to us, from WhatsApp's media host, decrypted. What is told of it came with the
// message, so its address is somebody else's word: only WhatsApp's own hosts are asked, or a stand-in's on this machine.

import { downloadContentFromMessage } from 'baileys';
import { metrics } from '../metrics.js';
import { Refusal } from '../sessions/sessions.js';

const KINDS = ['image', 'video', 'audio', 'document', 'sticker'];
const GONE = [404, 410];

/**
 * @param {{ type: string, download: { url?: string, direct_path?: string, media_key: string } }} file @param {{ settings: import('../settings.js').Settings }} around
 * @returns {Promise<import('node:stream').Readable>}
 */
export async function fetchFile({ type, download }, { settings }) {
  if (!KINDS.includes(type) || !download?.media_key) {
    throw new Refusal(400, 'invalid_file');
  }
  const where = address(download, settings.webSocketUrl);
  if (!where) {
    throw new Refusal(400, 'foreign_host');
  }
  try {
    const options = { options: { signal: AbortSignal.timeout(settings.options.downloadTimeoutMs) } };
    const stream = await downloadContentFromMessage({ mediaKey: Buffer.from(download.media_key, 'base64'), ...where }, /** @type {any} */ (type), /** @type {any} */ (options));
    metrics.count('filesFetched');
    return stream;
  } catch (error) {
    metrics.count('filesNotFetched');
    throw GONE.includes(error?.output?.statusCode) ? new Refusal(410, 'file_gone') : new Refusal(502, 'file_unreachable');
  }
}

/** @returns {{ url?: string, directPath?: string } | undefined} */
function address(/** @type {{ url?: string, direct_path?: string }} */ { url, direct_path: directPath }, webSocketUrl) {
  const parsed = url && URL.canParse(url) ? new URL(url) : undefined;
  if (webSocketUrl) {
    return parsed?.hostname === '127.0.0.1' ? { url } : undefined;
  }
  if (parsed && (parsed.protocol !== 'https:' || !/(^|\.)whatsapp\.net$/.test(parsed.hostname))) {
    return undefined;
  }
  // A path is only ever joined to a host of WhatsApp's.
  return directPath?.startsWith('/') ? { directPath, url } : parsed ? { url } : undefined;
}
