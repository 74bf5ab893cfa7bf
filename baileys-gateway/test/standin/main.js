// A stand-in for WhatsApp's websocket server, for tests and for trying things out. Never let anything but a loopback
// address point at it: it lets everybody in.
//
//   node baileys-gateway/test/standin/main.js [--port=7070] [--data=FILE]      (PORT says the same as --port)
//
// Gateways connect to ws://127.0.0.1:{port}/ws/chat; the switches are at http://127.0.0.1:{port}/admin/… (admin.js).

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';
import { admin } from './admin.js';
import { remember } from './memory.js';
import { WhatsApp } from './whatsapp.js';

/** libsignal prints its keys. They are nobody's here, but nobody wants to read them either. */
console.info = console.warn = console.error = () => {};

/** @param {number} port 0 = any @param {string} [file] what it remembers over a restart */
export async function startStandIn(port, file) {
  const whatsapp = new WhatsApp();
  const forget = file ? await remember(whatsapp, file) : undefined;
  const switches = admin(whatsapp);
  const server = createServer(async (request, response) => (await whatsapp.files.answer(request, response)) || switches(request, response));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', socket => whatsapp.accept(socket));
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  whatsapp.files.port = address.port;
  const close = async () => {
    whatsapp.clients.forEach(client => client.connection.drop());
    sockets.close();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    await forget?.();
  };
  return { whatsapp, port: address.port, close };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: process.env.PORT ?? '7070' }, data: { type: 'string' } } });
  const { port, close } = await startStandIn(Number(values.port), values.data);
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => void close().then(() => process.exit(0)));
  }
  process.stdout.write(`WhatsApp's stand-in listens on ws://127.0.0.1:${port}/ws/chat, its switches are at http://127.0.0.1:${port}/admin/state\n`);
}
