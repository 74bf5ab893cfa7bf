// The operator's page: signs in, listens to the proxy's events, and shows what they say. Everything else is asked for when it is needed.
import { $, el, keyed, say, write } from './dom.js';
import { events, get } from './api.js';
import { forget, isSignedIn, signIn } from './session.js';
import { setNow } from './times.js';
import { showAccounts } from './accounts.js';
import { contact, onOpen, showDoubts, showLetters, showQueues, showWaiting } from './messages.js';
import { onDone } from './confirm.js';
import { again, choose, close, offer } from './thread.js';
import { showAudit } from './audit.js';

const RECONNECT_MS = 2000;
const FOLLOW_MS = 15_000; // a busy fleet moves with all news; a conversation is read again a few times a minute
const LISTS = { accounts: 'No account yet.', queues: 'Nothing waits.', waiting: '', doubts: 'None: every outcome is known.', letters: 'None.', audit: 'Nothing yet.' };
// Names of /metrics-json, in its words; then the two that the page needs besides; and where what is behind them stands.
const FIGURES = [
  ['activeAccounts', 'Active', 'accounts'], ['queuedCount', 'Queued', 'queue'], ['processingCount', 'Processing', 'queue'], ['outboxLagSeconds', 'Oldest, s', 'queue'],
  ['sentLast5m', 'Sent, 5 min', 'accounts'], ['failedLast5m', 'Failed, 5 min', 'letters'], ['reconnectCount', 'Reconnects', 'accounts'],
  ['uncertainCount', 'Uncertain', 'doubts'], ['failedLastHour', 'Failed, 1 h', 'letters'],
];
const ALERTS = new Set(['uncertainCount', 'failedLast5m', 'failedLastHour']);

let role = 'nobody';
let stream = null;
let older = [];
let next = null;
let moved = '';
let followedAt = -Infinity;

const isSuperAdmin = () => role === 'super-admin';

function live(state, text) {
  $('live').dataset.state = state;
  write($('live'), text);
}

/** Shown where a person looks: before the first news that is the form. */
function trouble(text) {
  if ($('desk').hidden) write($('sign-in-problem'), text);
  write($('trouble'), text);
  $('trouble').hidden = !text;
}

function show(overview) {
  setNow(overview.at);
  trouble('');
  const names = new Map(overview.accounts.map((account) => [account.id, account.name]));
  const figures = { ...overview.figures, uncertainCount: overview.uncertainCount, failedLastHour: overview.failedLastHour };
  keyed($('figures'), FIGURES, ([name]) => name, ([name, label, card]) => {
    const value = say('dd', '', { 'data-testid': `figure-${name}` });
    const element = el('div', {}, el('dt', {}, say('a', label, { href: `#${card}-card` })), value);
    return { element, update: () => { write(value, figureOf(name)); element.dataset.alert = String(ALERTS.has(name) && figureOf(name) > 0); } };
  });
  showAccounts(overview.accounts, overview.queues, isSuperAdmin());
  showQueues(overview.queues, names);
  showWaiting(overview.waiting, names, isSuperAdmin());
  showDoubts(overview.uncertain, overview.uncertainCount, names, isSuperAdmin());
  if (isSuperAdmin()) letters(overview, names);
  offer(overview.accounts);
  follow(overview);

  function figureOf(name) { return figures[name] ?? 0; }
}

/** The newest come with the news; older ones, once asked for, stay behind them until they are replayed. */
function letters(overview, names) {
  const newest = new Set(overview.deadLetters.map((letter) => letter.requestId));
  older = older.filter((letter) => !newest.has(letter.requestId));
  if (older.length === 0) next = overview.deadLettersNext;
  showLetters([...overview.deadLetters, ...older], names);
  $('letters-more').hidden = !next;
}

async function more() {
  const page = await get(`/ops/dead-letters?limit=50&before=${encodeURIComponent(next)}`);
  older = [...older, ...page.deadLetters];
  next = page.next;
  $('letters-more').hidden = !next;
}

/** The open conversation is read again only when something moved: sent, failed, queued, received; and not with all news. */
function follow({ figures, uncertainCount, accounts }) {
  const sign = JSON.stringify([figures.queuedCount, figures.processingCount, figures.sentLast5m, figures.failedLast5m, uncertainCount, accounts.map((account) => account.lastInboundAt)]);
  if (moved === sign || performance.now() - followedAt < FOLLOW_MS) return;
  if (moved) again();
  moved = sign;
  followedAt = performance.now();
}

async function listen() {
  stream = new AbortController();
  const { signal } = stream;
  while (isSignedIn() && !signal.aborted) {
    try {
      for await (const { type, data } of events('/ops/events', signal)) {
        if (signal.aborted) return;
        if (type === 'hello') hello(data);
        else if (type === 'overview') { live('live', 'Live'); show(data); } else if (type === 'trouble') trouble(data.message);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401 || error.status === 403 || error.isFinal) return leave(error.message);
      trouble(error.message);
    }
    // A stream ends by itself now and then; the next one asks for token and role anew.
    live('connecting', 'Reconnecting …');
    await new Promise((done) => { setTimeout(done, RECONNECT_MS); });
  }
}

function hello(me) {
  if (role !== 'nobody' && role !== me.role) return location.reload();
  const isNew = role === 'nobody';
  role = me.role;
  document.body.dataset.role = role;
  write($('who'), `${me.email ?? ''} (${role})`);
  live('live', 'Live');
  $('desk').hidden = false;
  $('sign-in').hidden = true;
  $('sign-out').hidden = false;
  if (isNew && isSuperAdmin()) showAudit().catch(() => {});
}

/** Nothing of what was shown stays behind. */
function leave(problem = '') {
  stream?.abort();
  forget();
  close();
  for (const id of [...Object.keys(LISTS), 'figures']) keyed($(id), [], () => '', () => null);
  [role, older, next, moved] = ['nobody', [], null, ''];
  document.body.dataset.role = role;
  $('desk').hidden = $('sign-out').hidden = true;
  $('sign-in').hidden = false;
  $('sign-in-problem').textContent = problem;
  write($('who'), '');
  live('off', '');
}

$('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  if (isSignedIn()) return;
  $('sign-in-problem').textContent = '';
  try {
    await signIn($('email').value.trim(), $('password').value);
    $('password').value = '';
    live('connecting', 'Connecting …');
    listen();
  } catch (error) {
    $('sign-in-problem').textContent = error.message;
  }
});
$('sign-out').addEventListener('click', () => leave());
$('letters-more').addEventListener('click', () => more().catch((error) => trouble(error.message)));
onOpen((message) => { choose(message.accountId, message.threadId); $('threads').scrollIntoView(); });
onDone(() => { if (isSuperAdmin()) showAudit().catch(() => {}); again(); });
for (const [id, text] of Object.entries(LISTS)) $(id).dataset.empty = text;
