// Messages that a person's phone could not read. It asks for each again, and WhatsApp keeps the question for a sender who
// is away; the phone is content with the first copy that it can read.

import { retryNode } from './mail.js';

const LIMIT = 1_000;

export class Unread {
  /** @type {Map<string, { account: string, id: string, to: string }>} */ #waiting = new Map();

  /** @param {string} account @param {string} id @param {string} to the chat @param {boolean} isUnread */
  note(account, id, to, isUnread) {
    const key = `${account} ${id}`;
    if (!isUnread) {
      this.#waiting.delete(key);
    } else if (this.#waiting.size < LIMIT) {
      this.#waiting.set(key, { account, id, to });
    }
  }

  /** The questions for this account. @param {string} account @returns {import('baileys').BinaryNode[]} */
  questions(account) {
    return [...this.#waiting.values()].filter(message => message.account === account).map(({ id, to }) => retryNode(id, to));
  }
}
