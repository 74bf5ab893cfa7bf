// Waiting for something to become true, with a deadline that only says "never": no test is about speed.

import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60_000);

/** @template T @param {string} what @param {() => T | Promise<T>} look @returns {Promise<NonNullable<T>>} the first truthy look */
export async function eventually(what, look) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) {
      return seen;
    }
    if (performance.now() > end) {
      throw new Error(`It never happened: ${what}`);
    }
    await pause(25);
  }
}
