// WhatsApp's media host: encrypted files go in and out, and nobody but the people at both ends can read them. Over HTTP,
// like everything else of the stand-in.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { downloadContentFromMessage, prepareWAMessageMedia } from 'baileys';

const FILES_LIMIT = 200;
const UPLOAD = /^\/mms\/[\w-]+\//;
const FILE = /^\/files\/(\w+)$/;

export class Files {
  /** @type {Map<string, Buffer>} the oldest first */ #files = new Map();
  /** Where this host listens; known once it does. */ port = 0;

  get host() {
    return `127.0.0.1:${this.port}`;
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response @returns {Promise<boolean>} whether it was about a file */
  async answer(request, response) {
    const path = (request.url ?? '').split('?')[0];
    const file = this.#files.get(FILE.exec(path)?.[1] ?? '');
    if (request.method === 'POST' && UPLOAD.test(path)) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.#keep(await bytesOf(request))));
      return true;
    }
    if (FILE.test(path)) {
      response.writeHead(file ? 200 : 404).end(file);
      return true;
    }
    return false;
  }

  /** What a phone sends: the content for a letter. @param {{ type: string, data: string }} file data in base64; mimetype, caption, fileName and ptt as baileys has them */
  async write({ type, data, ...about }) {
    const upload = async path => {
      const { url, direct_path: directPath } = this.#keep(await readFile(path));
      return { mediaUrl: url, directPath };
    };
    const content = /** @type {any} */ ({ ...about, [type]: Buffer.from(data, 'base64'), jpegThumbnail: Buffer.from('a small picture').toString('base64'), seconds: 1, waveform: new Uint8Array(1) });
    return prepareWAMessageMedia(content, { upload: /** @type {any} */ (upload), logger: undefined });
  }

  /** What somebody's phone shows of a message. @param {any} message @returns {Promise<{ kind: string, mimetype: string, caption?: string, data: string } | undefined>} */
  async read(message) {
    const name = Object.keys(message ?? {}).find(key => message[key]?.mediaKey?.length);
    if (!name) {
      return undefined;
    }
    const { mediaKey, url, mimetype, caption, fileName, ptt } = message[name];
    const kind = name.replace(/Message$/, '');
    const parts = [];
    for await (const part of await downloadContentFromMessage({ mediaKey, url }, /** @type {any} */ (kind))) {
      parts.push(part);
    }
    return /** @type {any} */ ({ kind, mimetype, caption, fileName, ptt, data: Buffer.concat(parts).toString('base64') });
  }

  #keep(bytes) {
    const id = randomBytes(12).toString('hex');
    this.#files.set(id, bytes);
    if (this.#files.size > FILES_LIMIT) {
      this.#files.delete(/** @type {string} */ (this.#files.keys().next().value));
    }
    return { url: `http://${this.host}/files/${id}`, direct_path: `/files/${id}` };
  }
}

async function bytesOf(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}
