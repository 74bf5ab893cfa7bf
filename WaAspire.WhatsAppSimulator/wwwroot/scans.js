// Accounts that wait to be paired by QR code: the picture that a phone would be held against, and the click that does it.
// The picture comes from the simulator, because the code itself holds a secret. Asked for once a second, as faults are.
import { post } from './acts.js';
import { el, phone } from './view.js';

const LOOK_EVERY_MS = 1000;
const panel = document.getElementById('scans');
const cards = new Map();

function text(tag, id, words) {
  const element = el(tag, { 'data-testid': id });
  element.textContent = words;
  return element;
}

function card(account) {
  const button = text('button', 'scan-now', `Scan it with ${phone(account.number)}`);
  button.type = 'button';
  const element = el('article', { class: 'scan', 'data-testid': 'scan', 'data-account-id': account.accountId, 'data-code': account.code },
    text('h2', 'scan-name', `${account.name} waits for a scan`),
    el('img', { 'data-testid': 'qr', alt: `QR code of ${account.name}`, width: '208', height: '208', src: `simulator/scans/${encodeURIComponent(account.code)}/picture` }),
    text('p', 'scan-state', ''), button);
  button.addEventListener('click', () => scan(account, element));
  return element;
}

async function scan(account, element) {
  element.dataset.scanned = 'true';
  delete element.dataset.problem;
  tell(account, element);
  try {
    const answer = await post(`simulator/scans/${encodeURIComponent(account.code)}`, {});
    if (answer.ok) return;
    element.dataset.problem = (await answer.json()).problem;
  } catch {
    element.dataset.problem = 'the simulator does not answer';
  }
  delete element.dataset.scanned;
  tell(account, element);
}

/** A code that has run out is no longer a code: it fades, and nobody can scan it. */
function tell(account, element) {
  const left = account.expiresAt ? Math.ceil((Date.parse(account.expiresAt) - Date.now()) / 1000) : null;
  const expired = left !== null && left <= 0;
  element.dataset.expired = String(expired);
  element.querySelector('button').disabled = expired || element.dataset.scanned === 'true';
  element.querySelector('p').textContent = element.dataset.scanned === 'true' ? 'Scanned. Connecting…'
    : expired ? 'Expired. The next code comes by itself for ten minutes; then ask for one.'
    : element.dataset.problem ? `Not scanned: ${element.dataset.problem}`
    : left === null ? '' : `Good for ${left} s`;
}

function draw(accounts) {
  for (const [id, { code, element }] of cards) {
    if (!accounts.some((account) => account.accountId === id && account.code === code)) { element.remove(); cards.delete(id); }
  }
  for (const account of accounts) {
    if (!cards.has(account.accountId)) {
      const element = card(account);
      cards.set(account.accountId, { code: account.code, element });
      panel.append(element);
    }
    tell(account, cards.get(account.accountId).element);
  }
}

async function look() {
  try {
    draw(await (await fetch('simulator/scans')).json());
  } catch {
    // The page says already that it is reconnecting.
  }
  setTimeout(look, LOOK_EVERY_MS);
}

look();
