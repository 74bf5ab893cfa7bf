// Who is in a group, remembered for a while: baileys would ask before every message, and who asks too often is slowed
// down. A change that WhatsApp tells is forgotten at once; one that it does not tell, after the time below.

import { jidDecode } from 'baileys';

const KEPT_MS = 300_000;
const MOST = 500;

/** @typedef {import('baileys').GroupMetadata} GroupMetadata */

export class Groups {
  /** @type {Map<string, { metadata: GroupMetadata, until: number }>} */ #known = new Map();

  /** @param {string} jid @returns {GroupMetadata | undefined} */
  get(jid) {
    const known = this.#known.get(jid);
    return known && performance.now() < known.until ? known.metadata : undefined;
  }

  /** @param {import('baileys').WASocket} socket */
  attach({ ev }) {
    ev.on('group-participants.update', ({ id }) => void this.#known.delete(id));
    ev.on('groups.update', groups => groups.forEach(({ id }) => void this.#known.delete(id ?? '')));
  }

  /** Everybody but ourselves. @param {import('baileys').WASocket} socket @param {string} jid */
  async others(socket, jid) {
    const metadata = this.get(jid) ?? this.#remember(jid, await socket.groupMetadata(jid));
    const own = [socket.user?.id, socket.user?.lid].map(id => jidDecode(id)?.user);
    return metadata.participants.filter(({ id }) => !own.includes(jidDecode(id)?.user));
  }

  #remember(jid, metadata) {
    this.#known.delete(jid);
    this.#known.set(jid, { metadata, until: performance.now() + KEPT_MS });
    if (this.#known.size > MOST) {
      this.#known.delete(/** @type {string} */ (this.#known.keys().next().value));
    }
    return metadata;
  }
}
