// What a super-admin may do, each as a question. The calls exist without this page: docs/endpoints.md, README "Later, never, once more".
import { ask } from './confirm.js';

const message = (id, verb) => `/ops/outbox/${encodeURIComponent(id)}/${verb}`;
const account = (id, verb) => `/ops/accounts/${encodeURIComponent(id)}/${verb}`;
const post = (path, title, text, yes, more = {}) => ask({ method: 'POST', path: typeof path === 'function' ? path : () => path, title, text, yes, ...more });

export const resend = (m, who) => post(message(m.requestId, 'resend'), 'Send it again?',
  `To ${who}. WhatsApp may have it already: look at the phone first. If it arrived, this is a second one.`, 'Send again');

export const fail = (m, who) => post(message(m.requestId, 'fail'), 'Give it up?',
  `To ${who}. It becomes a dead letter, and its conversation goes on. It may have arrived all the same.`, 'Give up');

export const release = (m, who) => post(message(m.requestId, 'release'), 'Let the conversation go on?',
  `With ${who}. The message stays uncertain; those behind it go out.`, 'Let go on');

export const replay = (m, who) => post(
  (sure) => message(m.requestId, 'replay') + (sure ? '?confirmedNotSent=true' : ''), 'Send it once more?',
  `To ${who}, at the end of the conversation.${m.outcomeUnknown ? ' It was given up without proof: look at the phone first.' : ''}`, 'Replay',
  m.outcomeUnknown ? { check: 'I have looked at the phone: it did not arrive.' } : {});

export const cancel = (m, who) => post(message(m.requestId, 'cancel'), 'Withdraw it?', `To ${who}. It is never sent.`, 'Withdraw');

export const pause = (a) => post(account(a.id, 'pause'), `Pause ${a.name}?`, 'Its messages wait, in order, until somebody resumes it.', 'Pause', { body: { reason: 'operator' } });

export const resume = (a) => post(account(a.id, 'resume'), `Resume ${a.name}?`, 'What waits goes out now.', 'Resume', { body: {} });

export const code = (a) => post(`/whatsappProxyRegenerateQr?accountId=${encodeURIComponent(a.id)}`, `A new code for ${a.name}?`,
  'WhatsApp is asked for a code to scan. It shows here, for a minute or so.', 'Ask for a code');
