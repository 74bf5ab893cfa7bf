// What the page knows: chats by key, each with its newest messages. Fed by server-sent events only.
const MESSAGES_MAX = 200;

export const keyOf = (chat) => `${chat.phoneNumberId}/${chat.contact}`;

export class Store {
  chats = new Map();

  replace(snapshot) {
    this.chats = new Map(snapshot.chats.map(({ chat, messages }) => [keyOf(chat), { ...chat, messages }]));
  }

  add({ chat, message }) {
    const known = this.chats.get(keyOf(chat)) ?? { messages: [] };
    known.messages.push(message);
    const old = known.messages.length > MESSAGES_MAX ? known.messages.shift() : null;
    this.chats.set(keyOf(chat), Object.assign(known, chat));
    return old;
  }

  /** What is new about a chat that is here. */
  know(chat) {
    const known = this.chats.get(keyOf(chat));
    if (known) Object.assign(known, chat);
  }

  /** A chat that may be begun. */
  meet(chat) {
    if (this.chats.has(keyOf(chat))) this.know(chat);
    else this.chats.set(keyOf(chat), { ...chat, messages: [] });
  }

  /** Sets fields of one message; null when it is no longer here. */
  change(event, fields) {
    const message = this.chats.get(keyOf(event))?.messages.find((m) => m.id === event.id);
    return message ? Object.assign(message, fields) : null;
  }

  /** Chats per business number, those with the latest message first. */
  byNumber() {
    const sorted = [...this.chats.values()].filter((c) => c.linked || c.messages.length > 0).sort((a, b) => last(b).at.localeCompare(last(a).at));
    return Map.groupBy(sorted, (chat) => chat.phoneNumberId);
  }

  get total() {
    let total = 0;
    for (const chat of this.chats.values()) total += chat.messages.length;
    return total;
  }
}

const NOTHING_YET = { at: '', text: 'Write the first message', direction: 'inbound', status: 'read' };

export const last = (chat) => chat.messages[chat.messages.length - 1] ?? NOTHING_YET;

export const unread = (chat) => chat.messages.filter((m) => m.direction === 'outbound' && m.status === 'delivered').length;
