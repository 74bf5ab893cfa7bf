// What the stand-in remembers over a restart, if it is given a file: the linked devices, and the people with their keys.
// Without it every restart is a logout for all. Letters that wait and the log of what was sent are not kept.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { BufferJSON } from 'baileys';

const SAVE_EVERY_MS = 500;

/** @param {import('./whatsapp.js').WhatsApp} whatsapp @param {string} file @returns {Promise<() => Promise<void>>} what saves a last time and stops */
export async function remember(whatsapp, file) {
  const known = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'), BufferJSON.reviver);
  for (const device of known.devices ?? []) {
    whatsapp.devices.set(device.jid, device);
  }
  for (const person of known.people ?? []) {
    whatsapp.people.restore(person);
  }

  let saved = '';
  const save = async () => {
    const devices = [...whatsapp.devices.values()].map(({ client, ...device }) => device);
    const text = JSON.stringify({ devices, people: whatsapp.people.all }, BufferJSON.replacer);
    if (text !== saved) {
      await writeFile(`${file}.new`, text, { mode: 0o600 });
      await rename(`${file}.new`, file);
      saved = text;
    }
  };
  let saving = Promise.resolve();
  const timer = setInterval(() => (saving = saving.then(save).catch(() => {})), SAVE_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await saving;
    await save();
  };
}
