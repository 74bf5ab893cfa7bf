// Lists of messages: what waits, what is in doubt, what was given up. None says what a message says; the conversation does.
import { $, button, el, keyed, say, write } from './dom.js';
import { since } from './times.js';
import * as verbs from './verbs.js';

let open = () => {};

/** How a message's conversation is opened. */
export const onOpen = (act) => { open = act; };

/** Whom a thread is with: what stands behind the account in its id, without WhatsApp's ending. */
export function contact(message) {
  const id = message.threadId ?? '';
  const person = id.slice(id.lastIndexOf('__') + 2 || 0).replace(/@s\.whatsapp\.net$/, '');
  return /^\d+$/.test(person) ? `+${person}` : person || 'nobody known';
}

/** A list of messages: describe(message) answers {at, lines, state}, deeds(message) the buttons of a super-admin. */
function list(id, testid, messages, names, describe, deeds) {
  keyed($(id), messages, (message) => message.requestId, (first) => {
    let message = first;
    const [who, of, when, told] = [say('strong', ''), say('span', '', { class: 'soft' }), say('span', '', { class: 'soft' }), say('p', '', { class: 'soft' })];
    const actions = el('p', { class: 'verbs' }, ...deeds(() => message), button('Conversation', 'open', () => open(message), 'link'));
    const element = el('li', { 'data-testid': testid, 'data-request-id': first.requestId }, el('div', { class: 'head' }, who, of, when), told, actions);
    return {
      element,
      update(next) {
        message = next;
        const { at, text } = describe(next);
        write(who, contact(next));
        write(of, names.get(next.accountId) ?? next.accountId ?? '');
        since(when, at);
        write(told, text);
      },
    };
  });
}

const attempts = (count) => (count === 1 ? '1 attempt' : `${count ?? 0} attempts`);
const deed = (text, testid, verb, read) => button(text, testid, () => verb(read(), contact(read())));

export function showDoubts(messages, count, names, isSuperAdmin) {
  write($('doubts-count'), count);
  list('doubts', 'doubt', messages, names,
    (m) => ({ at: m.doubtSince, text: `${m.doubtReason ?? 'no answer'} · ${attempts(m.attemptCount)}${m.isReleased ? ' · its conversation goes on' : ''}` }),
    (read) => (isSuperAdmin ? [deed('Resend', 'resend', verbs.resend, read), deed('Fail', 'fail', verbs.fail, read), deed('Release', 'release', verbs.release, read)] : []));
}

export function showLetters(messages, names) {
  list('letters', 'letter', messages, names,
    (m) => ({ at: m.failedAt, text: `${m.code ?? 'unknown'}: ${m.title ?? ''} · ${attempts(m.attemptCount)}${m.outcomeUnknown ? ' · given up without proof' : ''}` }),
    (read) => [deed('Replay', 'replay', verbs.replay, read)]);
}

export function showWaiting(messages, names, isSuperAdmin) {
  $('waiting-title').hidden = messages.length === 0;
  list('waiting', 'waiting-message', messages.slice(0, 20), names,
    (m) => ({ at: m.orderAt, text: attempts(m.attemptCount) }),
    (read) => (isSuperAdmin ? [deed('Cancel', 'cancel', verbs.cancel, read)] : []));
}

export function showQueues(queues, names) {
  keyed($('queues'), queues, (queue) => queue.accountId, (first) => {
    const [name, count, oldest] = [say('strong', ''), say('b', '', { 'data-testid': 'queue-count' }), say('span', '', { class: 'soft', 'data-testid': 'queue-oldest' })];
    const element = el('li', { 'data-testid': 'queue', 'data-account-id': first.accountId }, el('div', { class: 'head' }, name, oldest, count));
    return {
      element,
      update(queue) {
        write(name, names.get(queue.accountId) ?? queue.accountId);
        since(oldest, queue.oldestAt, { ago: ' old', never: 'none is due' });
        write(count, queue.queued);
      },
    };
  });
}
