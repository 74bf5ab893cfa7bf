// The panel of switches: what goes wrong between the phone and the business, and how often it has.
// It sets all switches at once, as PUT /simulator/faults does; what a test has set by hand is listed and then replaced.
import { post } from './acts.js';
import { el } from './view.js';

const LOOK_EVERY_MS = 2000;

// name, words, list, what is sent, and what "for" means where it is asked for
const SWITCHES = [
  { kind: 'duplicate', words: 'Comes twice', list: 'webhooks', status: 'any' },
  { kind: 'reorder', words: 'Overtaken by the next', list: 'webhooks', status: 'any' },
  { kind: 'shuffle', words: 'In any order, within', list: 'webhooks', status: 'any', ms: 3000 },
  { kind: 'delay', words: 'Late by', list: 'webhooks', status: 'any', ms: 5000 },
  { kind: 'suppress', words: 'Never comes', list: 'webhooks', status: 'any' },
  { kind: 'wrongSignature', words: 'Signed wrongly at first', list: 'webhooks' },
  { kind: 'acceptThenSlow', words: 'Status before the answer, by', list: 'faults', ms: 2000 },
  { kind: 'acceptThenDrop', words: 'Accepted, answer lost', list: 'faults' },
];

const $ = (id) => document.getElementById(id);
const panel = $('faults');
const percent = (share) => Math.round(share * 100);
let dirty = false;
let timer = 0;

function number(name, label, value, max) {
  return el('input', { type: 'number', name, min: '0', max: String(max), value: String(value), 'aria-label': label, 'data-testid': `fault-${name}`, inputmode: 'numeric' });
}

function text(tag, words) {
  const element = el(tag);
  element.textContent = words;
  return element;
}

for (const { kind, words, ms } of SWITCHES) {
  const cells = [number(kind, `${words}, percent`, 0, 100), text('span', '%')];
  if (ms) cells.unshift(number(`${kind}-ms`, `${words}, milliseconds`, ms, 600_000), text('span', 'ms'));
  $('fault-rows').append(el('div', { class: 'switch' }, text('span', words), ...cells));
}
$('fault-rows').append(el('div', { class: 'switch' }, text('span', 'Batches, gathered for'),
  number('batch-ms', 'Batches gathered for, milliseconds', 500, 600_000), text('span', 'ms'), number('batch', 'Most updates in a batch, 0 is off', 0, 1000), text('span', 'max')));

const value = (name) => Number(panel.querySelector(`[name="${name}"]`).value) || 0;
const put = (name, given) => { panel.querySelector(`[name="${name}"]`).value = given; };

function settings() {
  const wanted = { faults: [], webhooks: [] };
  for (const { kind, list, status, ms } of SWITCHES) {
    if (value(kind) === 0) continue;
    wanted[list].push({ kind, share: value(kind) / 100, status, for: ms ? value(`${kind}-ms`) : undefined });
  }
  if (value('batch') > 0) wanted.batch = { max: value('batch'), within: value('batch-ms') };
  return wanted;
}

function show(state) {
  const all = [...state.faults, ...state.webhooks];
  if (!dirty) {
    for (const { kind, ms } of SWITCHES) {
      const set = all.find(({ fault }) => fault.kind === kind && fault.share)?.fault;
      put(kind, set ? percent(set.share) : 0);
      if (set?.for && ms) put(`${kind}-ms`, set.for);
    }
    put('batch', state.batch?.max ?? 0);
    if (state.batch) put('batch-ms', state.batch.within);
  }
  const lines = all.map(({ fault, remaining, hits }) =>
    `${fault.kind}${fault.status ? ` of ${fault.status}` : ''}: ${fault.share ? `${percent(fault.share)} %` : `${remaining} left`}, acted ${hits} ${hits === 1 ? 'time' : 'times'}`);
  if (state.batch) lines.push(`batches of up to ${state.batch.max}: ${state.batched} so far`);
  $('fault-state').replaceChildren(...lines.map((line) => text('li', line)));
  $('fault-count').textContent = lines.length > 0 ? `${lines.length} on` : 'off';
}

async function answered(request) {
  try {
    const answer = await request;
    const body = answer.status === 204 ? null : await answer.json();
    $('fault-problem').textContent = answer.ok ? '' : (body?.problems ?? [`answer ${answer.status}`]).join('; ');
    if (!answer.ok) return;
    dirty = false;
    show(body ?? await (await fetch('simulator/faults')).json());
  } catch {
    $('fault-problem').textContent = 'The simulator does not answer.';
  }
}

async function look() {
  try {
    show(await (await fetch('simulator/faults')).json());
  } catch {
    // The page says already that it is reconnecting.
  }
}

function watch() {
  clearInterval(timer);
  look();
  if (panel.open) timer = setInterval(look, LOOK_EVERY_MS);
}

panel.addEventListener('input', () => { dirty = true; });
panel.addEventListener('toggle', watch);
$('fault-form').addEventListener('submit', (event) => { event.preventDefault(); answered(post('simulator/faults', settings(), 'PUT')); });
$('faults-off').addEventListener('click', () => answered(fetch('simulator/faults', { method: 'DELETE' })));
watch();
