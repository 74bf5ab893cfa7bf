// Accounts: how each stands and why, its code while it is good, and when it was last heard of.
import { $, button, el, keyed, say, write } from './dom.js';
import { age, instant, now, since } from './times.js';
import * as verbs from './verbs.js';

const TONES = { connected: 'good', connecting: 'wait', reconnecting: 'wait', qr_ready: 'wait', needs_qr: 'bad', disconnected: 'bad', logged_out: 'bad' };

export function showAccounts(accounts, queues, isSuperAdmin) {
  const queueOf = new Map(queues.map((queue) => [queue.accountId, queue]));
  write($('accounts-count'), accounts.length);
  keyed($('accounts'), accounts, (account) => account.id, (account) => row(account, isSuperAdmin));
  for (const account of accounts) $('accounts').rows.get(account.id).queue(queueOf.get(account.id)?.queued ?? 0);
}

function row(first, isSuperAdmin) {
  let account = first;
  const name = say('strong', '');
  const state = say('span', '', { class: 'state', 'data-testid': 'state' });
  const about = say('p', '', { class: 'soft' });
  const why = say('p', '', { class: 'why', 'data-testid': 'reason' });
  const [inbound, ack, queued] = [say('b', '', { 'data-testid': 'last-inbound' }), say('b', '', { 'data-testid': 'last-ack' }), say('b', '', { 'data-testid': 'queued' })];
  const facts = el('p', { class: 'facts' }, fact('Last inbound ', inbound), fact('Last ack ', ack), fact('Queued ', queued));
  const element = el('li', { 'data-testid': 'account', 'data-account-id': first.id }, el('div', { class: 'head' }, name, state), about, why, facts);
  const picture = isSuperAdmin ? qr() : null;
  const deeds = isSuperAdmin ? el('p', { class: 'verbs' },
    button('Pause', 'pause', () => verbs.pause(account)), button('Resume', 'resume', () => verbs.resume(account)), button('New code', 'new-code', () => verbs.code(account))) : null;
  if (isSuperAdmin) element.append(picture.element, deeds);
  return {
    element,
    queue: (count) => write(queued, count),
    update(next) {
      account = next;
      write(name, next.name);
      write(state, next.degraded ? `${next.status}, deaf` : next.status ?? 'unknown');
      state.dataset.tone = next.degraded ? 'bad' : TONES[next.status] ?? 'wait';
      write(about, [next.phone, next.provider === 'cloud_api' ? 'Cloud API' : 'paired by code', next.reconnectCount ? `${next.reconnectCount} reconnects` : ''].filter(Boolean).join(' · '));
      write(why, reasons(next));
      why.hidden = !why.textContent;
      since(inbound, next.lastInboundAt);
      since(ack, next.lastAckAt);
      if (!isSuperAdmin) return;
      picture.update(next);
      const [pause, resume, code] = deeds.children;
      pause.hidden = Boolean(next.sendPaused);
      resume.hidden = !next.sendPaused;
      code.hidden = next.provider === 'cloud_api' || next.status === 'connected';
    },
  };
}

const fact = (label, value) => { const element = say('span', label); element.append(value); return element; };

/** Why it does not send, or stands as it does, in stored words. */
function reasons(account) {
  const told = [];
  if (account.sendPaused) told.push(`Paused: ${account.sendPaused}`);
  if (account.status !== 'connected' && account.lastDisconnectReason) told.push(`Disconnected: ${account.lastDisconnectReason}`);
  if (account.status !== 'connected' && account.lastError) told.push(`Error: ${account.lastError}`);
  if (account.requiresQR) told.push('Somebody must scan a code');
  return told.join(' · ');
}

/** The code to scan. It goes when its time is over, whether or not news come. */
function qr() {
  const image = el('img', { alt: 'Code to scan', 'data-testid': 'qr' });
  const left = say('span', '', { class: 'soft', 'data-testid': 'qr-left' });
  const letters = say('span', '', { class: 'soft' });
  const element = el('div', { class: 'qr' }, image, letters, left);
  let expiresAt = null;
  let timer = 0;
  const tick = () => {
    clearTimeout(timer);
    const rest = expiresAt === null ? -1 : expiresAt - now();
    element.hidden = expiresAt === null;
    image.hidden = rest <= 0;
    if (rest <= 0) image.removeAttribute('src');
    write(left, rest > 0 ? `Scan it within ${age(rest)}` : 'The code has expired. Ask for a new one.');
    if (rest > 0) timer = setTimeout(() => element.isConnected && tick(), Math.min(1000, rest + 1));
  };
  return {
    element,
    update(account) {
      const isCode = typeof account.qrCode === 'string' && account.qrCode.startsWith('data:image/png;base64,');
      if (isCode) {
        expiresAt = instant(account.qrExpiresAt);
        if (image.getAttribute('src') !== account.qrCode) image.src = account.qrCode;
      } else if (expiresAt !== null) {
        // One that is no longer good is said so, until another comes or the account is connected.
        expiresAt = account.status === 'connected' ? null : Math.min(expiresAt, now());
      }
      write(letters, account.pairingCode ? `Or type ${account.pairingCode}` : '');
      tick();
    },
  };
}
