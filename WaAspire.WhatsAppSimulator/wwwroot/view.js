// Builds elements. Every text that came from outside goes through textContent, never through markup.
import { last, unread } from './store.js';
import { above, below } from './parts.js';

const SVG = 'http://www.w3.org/2000/svg';
const KIND_WORDS = {
  image: 'Photo', video: 'Video', audio: 'Audio', document: 'Document', sticker: 'Sticker',
  location: 'Location', contacts: 'Contact', interactive: 'Choices', template: 'Template',
};
const STATUS_WORDS = { accepted: 'Sent', sent: 'Sent', delivered: 'Delivered', read: 'Read', failed: 'Not delivered' };

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const phone = (digits) => `+${digits}`;
export const title = (chat) => chat.name || phone(chat.contact);
export const hue = (chat) => `hue-${[...chat.contact].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 6}`;
export const initials = (chat) =>
  chat.name ? chat.name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? '').join('').toUpperCase() : chat.contact.slice(-2);
export const clock = (at) => new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

export function day(at) {
  if (!at) return '';
  const start = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const days = Math.round((start(new Date()) - start(new Date(at))) / 86_400_000);
  if (days === 0) return 'Today';
  return days === 1 ? 'Yesterday' : new Date(at).toLocaleDateString([], { day: 'numeric', month: 'long', year: 'numeric' });
}

/** One tick = with WhatsApp, two = on the phone, two blue = read; which are shown follows data-status in the style sheet. */
function ticks() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'tick');
  svg.setAttribute('viewBox', '0 0 16 12');
  svg.setAttribute('aria-hidden', 'true');
  for (const [name, d] of [['first', 'M1 6.5l3.3 3.5 6.2-7.5'], ['second', 'M7.3 9l1 1 6.2-7.5']]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', name);
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

export function bubble(message, first) {
  const text = el('p', { class: 'text', 'data-testid': 'bubble-text' });
  text.textContent = message.text;
  const time = el('time', { datetime: message.at });
  time.textContent = clock(message.at);
  const meta = el('span', { class: 'meta' }, time);
  const element = el('article', { class: `bubble ${message.direction}${first ? ' first' : ''}`, 'data-testid': 'bubble', 'data-message-id': message.id });
  if (message.direction === 'outbound') {
    const failed = el('span', { class: 'failed', 'aria-hidden': 'true' });
    failed.textContent = '!';
    meta.append(ticks(), failed);
  }
  if (message.type !== 'text') {
    const kind = el('span', { class: 'kind' });
    kind.textContent = KIND_WORDS[message.type] ?? message.type;
    element.append(kind);
  }
  element.append(...above(message), text, ...below(message), meta, el('span', { class: 'reaction' }));
  refresh(element, message);
  return element;
}

/** Brings a bubble up to date with its message. */
export function refresh(element, message) {
  element.dataset.status = message.status;
  if (message.direction === 'outbound') element.querySelector('.meta').title = STATUS_WORDS[message.status] ?? message.status;
  element.setAttribute('aria-label', `${message.direction === 'outbound' ? `Business, ${STATUS_WORDS[message.status]}` : 'Reply'}, ${clock(message.at)}`);
  element.querySelector('.reaction').textContent = message.reaction ?? '';
}

export function chatRow(chat) {
  const row = el('button', { class: 'chat', type: 'button', 'data-testid': 'chat', 'data-contact': chat.contact, 'data-phone-number-id': chat.phoneNumberId },
    el('span', { class: `avatar ${hue(chat)}`, 'aria-hidden': 'true' }),
    el('span', { class: 'name' }), el('span', { class: 'when' }),
    el('span', { class: 'last' }, ticks(), el('span')), el('span', { class: 'badge' }));
  return refreshRow(row, chat);
}

export function refreshRow(row, chat) {
  const newest = last(chat);
  const waiting = unread(chat);
  row.querySelector('.avatar').textContent = initials(chat);
  row.querySelector('.name').textContent = title(chat);
  row.querySelector('.when').textContent = day(newest.at) === 'Today' ? clock(newest.at) : day(newest.at);
  row.querySelector('.last span').textContent = newest.text.replace(/\s+/g, ' ').slice(0, 120);
  row.querySelector('.last').dataset.status = newest.status;
  row.querySelector('.tick').toggleAttribute('hidden', newest.direction === 'inbound');
  row.querySelector('.badge').textContent = waiting > 0 ? waiting : '';
  row.setAttribute('aria-label', `${title(chat)}, ${waiting > 0 ? `${waiting} unread, ` : ''}last message: ${newest.text.slice(0, 120)}`);
  return row;
}
