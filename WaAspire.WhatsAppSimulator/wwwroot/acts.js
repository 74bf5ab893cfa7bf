// What the person who holds the phone can do besides writing: send a picture, react, block. Each is one request.
import { el } from './view.js';

const EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

async function said(answer) {
  if (answer.ok) return answer;
  const { problem } = await answer.json().catch(() => ({}));
  throw new Error(problem ?? `answer ${answer.status}`);
}

export const post = (path, body, method = 'POST') =>
  fetch(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export const write = async (chat, message) =>
  said(await post('simulator/inbound', { phoneNumberId: chat.phoneNumberId, from: chat.contact, name: chat.name ?? undefined, ...message }));

export async function sendFile(chat, file, caption) {
  const about = new URLSearchParams({ phoneNumberId: chat.phoneNumberId, from: chat.contact });
  if (chat.name) about.set('name', chat.name);
  if (caption) about.set('caption', caption);
  return said(await fetch(`simulator/inbound/file?${about}`, { method: 'POST', headers: { 'content-type': file.type }, body: file }));
}

export const block = async (chat) =>
  said(await post('simulator/block', { phoneNumberId: chat.phoneNumberId, contact: chat.contact, blocked: !chat.blocked }, 'PUT'));

/** Tapping the emoji that stands there takes it away: a reaction without an emoji. */
const react = (chat, message, emoji) =>
  write(chat, { message: { type: 'reaction', reaction: { message_id: message.id, emoji: emoji === message.reaction ? undefined : emoji } } });

/** A small button on a bubble, and the emoji that it opens. */
export function reactions(chat, message, failed) {
  const palette = el('span', { class: 'palette', 'data-testid': 'palette', role: 'group', 'aria-label': 'Reactions', hidden: '' });
  const open = el('button', { class: 'react', type: 'button', 'data-testid': 'react', 'aria-label': 'React', 'aria-expanded': 'false' });
  open.textContent = '☺';
  const toggle = (on) => { palette.hidden = !on; open.setAttribute('aria-expanded', String(on)); };
  for (const emoji of EMOJI) {
    const choice = el('button', { type: 'button', 'aria-label': `React with ${emoji}` });
    choice.textContent = emoji;
    choice.addEventListener('click', () => { toggle(false); open.focus(); react(chat, message, emoji).catch(failed); });
    palette.append(choice);
  }
  open.addEventListener('click', () => toggle(palette.hidden));
  palette.addEventListener('keydown', (event) => { if (event.key === 'Escape') { toggle(false); open.focus(); } });
  return [open, palette];
}
