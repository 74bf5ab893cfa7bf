// One gateway to a spool. Held by a socket that listens: whoever dies, even by -9, lets go of it at once, and no process
// id has to be believed. A successor waits for a while, because its predecessor may still be finishing.

import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const TRY_AGAIN_MS = 250;

/** @param {string} folder @param {number} waitMs @returns {Promise<void>} @throws when another gateway keeps it */
export async function lockSpool(folder, waitMs) {
  // A socket's path is short, a folder's may not be.
  const path = join(tmpdir(), `gateway-spool-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`);
  const end = performance.now() + waitMs;
  while (!(await listenOn(path))) {
    if (await isHeld(path)) {
      if (performance.now() > end) {
        throw new Error('Another gateway uses this spool folder (GATEWAY_SPOOL).');
      }
      await pause(TRY_AGAIN_MS);
    } else {
      await rm(path, { force: true });
    }
  }
}

/** @returns {Promise<boolean>} */
const listenOn = path =>
  new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy()).unref();
    server.once('error', (/** @type {any} */ error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(path, () => resolve(true));
  });

/** @returns {Promise<boolean>} false = what lies there belonged to somebody who died */
const isHeld = path =>
  new Promise(resolve => {
    const socket = connect(path, () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
