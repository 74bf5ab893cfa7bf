// The page: listens to the simulator, shows chats and one conversation, and acts for the person who holds the phone.
import { Store, keyOf, unread } from './store.js';
import { block, post, reactions, sendFile, write } from './acts.js';
import { bubble, chatRow, clock, day, el, hue, initials, phone, refresh, refreshRow, title } from './view.js';

const LIST_EVERY_MS = 80; // under load the list is redrawn a few times a second, not per message
const READING_MS = 1200; // a person needs a moment before two ticks turn blue
const RECONNECT_MS = 1500;
const BUBBLES_MAX = 200;

const $ = (id) => document.getElementById(id);
const store = new Store();
const rows = new Map();
const groups = new Map();
let open = null;
let listTimer = 0;
let readTimer = 0;

const current = () => (open ? store.chats.get(open) : undefined);

// --- the list ---------------------------------------------------------------------------------------------------

function drawListSoon() {
  listTimer ||= setTimeout(() => { listTimer = 0; drawList(); }, LIST_EVERY_MS);
}

function drawList() {
  const wanted = store.byNumber();
  for (const [number, chats] of wanted) place(group(number, chats[0]).querySelector('ul'), chats.map(rowFor));
  place($('chats'), [...wanted.keys()].sort().map((number) => groups.get(number)));
  for (const key of rows.keys()) if (!store.chats.has(key)) rows.delete(key);
  $('welcome').hidden = store.chats.size > 0;
  $('totals').textContent = `${store.total} ${store.total === 1 ? 'message' : 'messages'} in ${store.chats.size} ${store.chats.size === 1 ? 'chat' : 'chats'}`;
}

function group(number, chat) {
  if (!groups.has(number)) {
    const heading = el('h2', { class: 'number', title: `Phone number id ${number}` });
    heading.textContent = `Business ${phone(chat.display)}`;
    groups.set(number, el('section', { 'data-testid': 'number', 'data-phone-number-id': number }, heading, el('ul')));
  }
  return groups.get(number);
}

function rowFor(chat) {
  const key = keyOf(chat);
  let item = rows.get(key);
  if (item) {
    refreshRow(item.firstChild, chat);
  } else {
    item = el('li', {}, chatRow(chat));
    item.firstChild.addEventListener('click', () => { location.hash = `#/${key}`; });
    rows.set(key, item);
  }
  if (key === open) item.firstChild.setAttribute('aria-current', 'true');
  else item.firstChild.removeAttribute('aria-current');
  return item;
}

/** Makes these the children, touching only what is out of place: focus and a click under way survive. */
function place(parent, children) {
  children.forEach((child, i) => { if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null); });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

// --- the conversation -------------------------------------------------------------------------------------------

function show(key) {
  open = key && store.chats.has(key) ? key : null;
  const chat = current();
  document.body.dataset.open = String(Boolean(chat));
  $('conversation').hidden = !chat;
  $('nothing').hidden = Boolean(chat);
  $('problem').hidden = true;
  if (chat) {
    $('messages').replaceChildren();
    chat.messages.forEach(append);
    drawContact(chat);
    toBottom();
    read();
  }
  drawList();
}

function drawContact(chat) {
  $('contact-avatar').textContent = initials(chat);
  $('contact-avatar').className = `avatar ${hue(chat)}`;
  $('contact-name').textContent = title(chat);
  $('contact-line').textContent = `${chat.name ? `${phone(chat.contact)} · ` : ''}with ${phone(chat.display)}`;
  $('reply').placeholder = `Reply as ${title(chat)}`;
  $('reply').setAttribute('aria-label', `Reply as ${title(chat)}`);
  $('block').textContent = chat.blocked ? 'Unblock' : 'Block';
  $('blocked').hidden = !chat.blocked;
  $('composer').hidden = Boolean(chat.blocked);
  // Paired by QR code: texts only.
  $('block').hidden = $('attach').hidden = Boolean(chat.linked);
}

function append(message) {
  const list = $('messages');
  const before = list.lastElementChild;
  if (before?.dataset.day !== day(message.at)) {
    const separator = el('div', { class: 'day' });
    separator.textContent = day(message.at);
    list.append(separator);
  }
  const first = !before?.classList.contains(message.direction);
  const element = bubble(message, first);
  element.dataset.day = day(message.at);
  if (!current().linked) element.append(...reactions(current(), message, problem));
  list.append(element);
  while (list.children.length > BUBBLES_MAX) list.firstElementChild.remove();
}

function arrived(message) {
  const list = $('messages');
  const following = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  append(message);
  if (following || message.direction === 'inbound') toBottom();
  else $('newer').hidden = false;
  readSoon(message);
}

function toBottom() {
  $('messages').scrollTop = $('messages').scrollHeight;
  $('newer').hidden = true;
}

function changed(event, fields) {
  const message = store.change(event, fields);
  if (!message) return;
  drawListSoon();
  if (keyOf(event) !== open) return;
  const element = $('messages').querySelector(`[data-message-id="${CSS.escape(message.id)}"]`);
  if (element) refresh(element, message);
  readSoon(message);
}

function readSoon(message) {
  if (message.status === 'delivered') readTimer ||= setTimeout(read, READING_MS);
}

/** What is on the screen has been read, unless nobody is looking. */
function read() {
  clearTimeout(readTimer);
  readTimer = 0;
  const chat = current();
  if (!chat || document.visibilityState !== 'visible' || unread(chat) === 0) return;
  post('simulator/read', { phoneNumberId: chat.phoneNumberId, contact: chat.contact }).catch(() => {});
}

function problem(error) {
  $('problem').textContent = `Not sent: ${error.message}`;
  $('problem').hidden = false;
}

/** Does it with the words that are typed, and gives them back when it fails. */
async function speak(act) {
  const chat = current();
  const text = $('reply').value.trim();
  if (!chat) return;
  $('reply').value = '';
  try {
    await act(chat, text);
    $('problem').hidden = true;
  } catch (error) {
    problem(error);
    $('reply').value ||= text;
  }
}

function reply(event) {
  event.preventDefault();
  if ($('reply').value.trim()) speak((chat, text) => write(chat, { text }));
}

function picture() {
  const [file] = $('picture').files;
  $('picture').value = '';
  if (file) speak((chat, text) => sendFile(chat, file, text));
}

// --- events -----------------------------------------------------------------------------------------------------

function connect() {
  const source = new EventSource('simulator/events');
  const on = (type, act) => source.addEventListener(type, (event) => act(JSON.parse(event.data)));
  on('snapshot', (snapshot) => { store.replace(snapshot); live(true); show(hashKey()); });
  on('message', (event) => {
    store.add(event);
    drawListSoon();
    if (keyOf(event.chat) !== open) { if (!open && keyOf(event.chat) === hashKey()) show(hashKey()); return; }
    drawContact(current());
    arrived(event.message);
  });
  on('chat', (event) => { store.meet(event.chat); drawListSoon(); });
  on('block', (event) => { store.know(event.chat); if (keyOf(event.chat) === open) drawContact(current()); });
  on('status', (event) => changed(event, { status: event.status }));
  on('reaction', (event) => changed(event, { reaction: event.reaction }));
  // The browser gives up on an answer that is no stream; a simulator that restarts must not need a reload.
  source.onerror = () => { live(false); source.close(); setTimeout(connect, RECONNECT_MS); };
}

function live(on) {
  $('live').dataset.state = on ? 'live' : 'connecting';
  $('live-text').textContent = on ? 'Live' : 'Reconnecting…';
}

const hashKey = () => location.hash.replace(/^#\//, '');
const tick = () => { $('clock').textContent = clock(Date.now()); };

$('example').textContent = `curl ${location.origin}/v25.0/106540352242922/messages \\
  -H 'Authorization: Bearer any' \\
  -d '{"messaging_product":"whatsapp","to":"+40712345678","type":"text","text":{"body":"Hello!"}}'`;
$('composer').addEventListener('submit', reply);
$('reply').addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) reply(event); });
$('attach').addEventListener('click', () => $('picture').click());
$('picture').addEventListener('change', picture);
$('block').addEventListener('click', () => block(current()).catch(problem));
$('back').addEventListener('click', () => { location.hash = ''; });
$('newer').addEventListener('click', toBottom);
addEventListener('hashchange', () => show(hashKey()));
document.addEventListener('visibilitychange', read);
setInterval(tick, 10_000);
tick();
connect();
