// One conversation: an account, whom it is with, and the newest messages. Read when it is opened, and again when news say that something moved.
import { $, el, keyed, say, write } from './dom.js';
import { get } from './api.js';
import { clock } from './times.js';

const SHOWN = 50;
let threads = [];
let open = { accountId: '', threadId: '' };

/** Accounts to choose from, by name. */
export function offer(accounts) {
  options($('thread-account'), [['', 'Choose'], ...accounts.map((account) => [account.id, account.name])], open.accountId);
}

function options(select, pairs, chosen) {
  keyed(select, pairs, ([value]) => value, ([value]) => {
    const element = el('option', { value });
    return { element, update: ([, text]) => write(element, text) };
  });
  if (select.value !== chosen) select.value = chosen;
}

export async function choose(accountId, threadId = '') {
  open = { accountId, threadId };
  $('thread-account').value = accountId;
  await guarded(async () => {
    threads = accountId ? (await get(`/whatsappProxyGetThreads?accountId=${encodeURIComponent(accountId)}&limit=100`)).threads : [];
    if (open.accountId !== accountId) return;
    if (threadId && !threads.some((thread) => thread.id === threadId)) threads = [{ id: threadId }, ...threads];
    options($('thread-pick'), [['', threads.length ? 'Choose' : 'Nobody yet'], ...threads.map((thread) => [thread.id, title(thread)])], open.threadId);
    await again();
  });
}

const title = (thread) => thread.displayName || thread.phoneE164 || thread.id.slice(thread.id.lastIndexOf('__') + 2).replace(/@s\.whatsapp\.net$/, '');

/** Reads what is open once more. */
export const again = () => guarded(async () => {
  const { threadId } = open;
  const read = threadId ? await get(`/ops/threads/${encodeURIComponent(threadId)}/messages?limit=${SHOWN}`) : { messages: [] };
  if (open.threadId !== threadId) return;
  const talk = $('talk');
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  keyed(talk, read.messages.toReversed(), (message) => message.id, line);
  if (atEnd) talk.scrollTop = talk.scrollHeight;
});

async function guarded(act) {
  try {
    await act();
    $('thread-problem').hidden = true;
  } catch (error) {
    $('thread-problem').textContent = error.message;
    $('thread-problem').hidden = false;
    keyed($('talk'), [], () => '', line);
  }
}

function line(first) {
  const [text, about] = [say('span', ''), say('small', '')];
  const element = el('li', { class: first.direction === 'outbound' ? 'outbound' : 'inbound', 'data-testid': 'line', 'data-message-id': first.id }, text, about);
  return {
    element,
    update(message) {
      write(text, message.body || `(${message.messageType ?? 'no text'})`);
      write(about, [clock(message.tsClient ?? message.createdAt), message.direction === 'outbound' ? message.status : message.senderName, message.lastError].filter(Boolean).join(' · '));
      element.dataset.status = message.status ?? '';
    },
  };
}

/** Nothing of it stays on the page. */
export function close() {
  threads = [];
  open = { accountId: '', threadId: '' };
  for (const id of ['thread-account', 'thread-pick', 'talk']) keyed($(id), [], () => '', line);
}

$('thread-account').addEventListener('change', () => choose($('thread-account').value));
$('thread-pick').addEventListener('change', () => { open = { ...open, threadId: $('thread-pick').value }; again(); });
$('thread-again').addEventListener('click', again);
