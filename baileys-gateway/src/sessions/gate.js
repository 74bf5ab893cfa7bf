// Lets a socket's messages in one by one: each is taken, and WhatsApp told so, when the one before it is safe on disk.
// That is our backpressure. It also keeps what people wrote in order: baileys looks up keys before it takes a message's
// turn, so that a message whose keys are at hand would overtake one whose keys have to be fetched. Behind a shut gate
// nothing is taken, and WhatsApp keeps it.

const MESSAGE = 'CB:message';

export class Gate {
  #turn = Promise.resolve();
  #stored = Promise.resolve();
  /** @type {Set<string>} ids of messages that waited at WhatsApp while we were away */ #waited = new Set();
  #isShut = false;

  /** Takes the place of baileys' own handlers, which it calls in turn. @param {import('node:events').EventEmitter} stanzas */
  attach(stanzas) {
    const handlers = stanzas.listeners(MESSAGE);
    stanzas.removeAllListeners(MESSAGE);
    stanzas.on(MESSAGE, node => {
      this.#turn = this.#turn.then(() => this.#take(node, handlers)).catch(() => {});
    });
  }

  /** The next message waits for this. @param {Promise<unknown>} storing never rejects */
  wait(storing) {
    this.#stored = Promise.all([this.#stored, storing]).then(() => {});
  }

  /** Whether a message came as news, asked once for each. @param {string | null | undefined} id */
  isLive(id) {
    return !this.#waited.delete(id ?? '');
  }

  /** Nothing more is taken. Over when the message in hand has gone its way, and what WhatsApp has its receipt for is safe. */
  async settle() {
    this.#isShut = true;
    await this.#turn;
    await this.#stored;
  }

  /** baileys takes messages marked `offline` all at once, waiting for nothing: the mark is remembered here and taken away. */
  async #take(node, handlers) {
    await this.#stored;
    if (this.#isShut) {
      return;
    }
    const { offline, ...attrs } = node.attrs;
    if (offline !== undefined) {
      this.#waited.add(attrs.id);
    }
    for (const handle of handlers) {
      await handle({ ...node, attrs });
    }
    await this.#stored;
    this.#waited.delete(attrs.id);
  }
}
