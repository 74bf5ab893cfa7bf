// One websocket of a client. Enters: bytes in any slices. Leaves: the client's payload once, then binary nodes one by one
// in the order in which they came. When the socket dies, whatever was not answered stays unanswered.

import { decodeBinaryNode, encodeBinaryNode, proto } from 'baileys';
import { certify } from './certificate.js';
import { NoiseServer } from './noise.js';

/** @typedef {import('baileys').BinaryNode} BinaryNode */

export class Connection {
  #socket;
  #noise = new NoiseServer();
  #bytes = Buffer.alloc(0);
  #sawIntro = false;
  #turn = Promise.resolve();

  /**
   * @param {import('ws').WebSocket} socket
   * @param {{ login: (payload: any) => unknown, node: (node: BinaryNode) => unknown, closed: () => unknown }} handlers
   */
  constructor(socket, handlers) {
    this.#socket = socket;
    this.handlers = handlers;
    socket.on('message', (/** @type {Buffer} */ data) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      this.#turn = this.#turn.then(() => this.#readFrames()).catch(() => this.drop());
    });
    socket.on('close', () => handlers.closed());
    socket.on('error', () => {});
  }

  get clientKey() {
    return this.#noise.clientKey;
  }

  get isOpen() {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** @param {BinaryNode} node */
  send(node) {
    if (this.isOpen) {
      this.#write(this.#noise.encrypt(encodeBinaryNode(node)));
    }
  }

  /** Says goodbye as the server does: a last node, then the close. @param {BinaryNode} [last] */
  close(last) {
    if (last) {
      this.send(last);
    }
    this.#socket.close();
  }

  /** The cable is cut. */
  drop() {
    this.#socket.terminate();
  }

  async #readFrames() {
    if (!this.#sawIntro && !this.#skipIntro()) {
      return;
    }
    while (this.#bytes.length >= 3) {
      const size = this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < size + 3) {
        return;
      }
      const frame = this.#bytes.subarray(3, size + 3);
      this.#bytes = this.#bytes.subarray(size + 3);
      await this.#take(frame);
    }
  }

  /** "WA" and two version bytes, before them perhaps "ED" with routing information. */
  #skipIntro() {
    const routed = this.#bytes.subarray(0, 2).toString('latin1') === 'ED';
    const length = (routed && this.#bytes.length >= 7 ? 7 + this.#bytes.readUIntBE(4, 3) : 0) + 4;
    if (this.#bytes.length < length) {
      return false;
    }
    this.#bytes = this.#bytes.subarray(length);
    return (this.#sawIntro = true);
  }

  async #take(frame) {
    if (this.#noise.isTransport) {
      await this.handlers.node(await decodeBinaryNode(this.#noise.decrypt(frame)));
      return;
    }
    const { clientHello, clientFinish } = proto.HandshakeMessage.decode(frame);
    if (clientHello?.ephemeral) {
      this.#write(this.#noise.hello(clientHello.ephemeral, certify));
    } else if (clientFinish) {
      await this.handlers.login(this.#noise.finish(clientFinish));
    }
  }

  #write(payload) {
    const frame = Buffer.alloc(3 + payload.length);
    frame.writeUIntBE(payload.length, 0, 3);
    frame.set(payload, 3);
    this.#socket.send(frame);
  }
}
