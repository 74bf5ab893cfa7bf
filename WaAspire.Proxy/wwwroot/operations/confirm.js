// Every deed is asked for once more, and its answer is shown where it was asked for.
import { $ } from './dom.js';
import { call } from './api.js';

let deed = null;
let after = () => {};

/** What to do when a deed was done, whatever its answer. */
export const onDone = (act) => { after = act; };

/** deed: {title, text, yes, check?, method, path(checked), body?} */
export function ask(asked) {
  deed = asked;
  $('confirm-title').textContent = asked.title;
  $('confirm-text').textContent = asked.text;
  $('confirm-yes').textContent = asked.yes;
  $('confirm-yes').hidden = false;
  $('confirm-no').textContent = 'Keep as it is';
  $('confirm-check').hidden = !asked.check;
  $('confirm-check-text').textContent = asked.check ?? '';
  $('confirm-checked').checked = false;
  $('confirm-answer').hidden = true;
  busy(false);
  $('confirm').showModal();
}

function busy(is) {
  $('confirm-yes').disabled = $('confirm-no').disabled = is;
}

function show(ok, text) {
  $('confirm-answer').hidden = false;
  $('confirm-answer').dataset.ok = String(ok);
  $('confirm-answer').textContent = text;
}

async function go(event) {
  event.preventDefault();
  if (!deed || $('confirm-yes').hidden || $('confirm-yes').disabled) return;
  busy(true);
  show(true, 'On its way …');
  try {
    const { status, body } = await call(deed.method, deed.path($('confirm-checked').checked), deed.body);
    const ok = status >= 200 && status < 300;
    show(ok, ok ? `Done (${status}). ${body.message ?? ''}`.trim() : `Not done (${status} ${body.error ?? ''}). ${body.message ?? ''}`.trim());
    // Only where a tick is missing may the same be asked again from here.
    $('confirm-yes').hidden = ok || !deed.check;
  } catch (error) {
    // No answer is no refusal: it may have been done.
    show(false, `No answer: ${error.message} Look again before you repeat it.`);
    $('confirm-yes').hidden = true;
  }
  $('confirm-no').textContent = 'Close';
  busy(false);
  after();
}

$('confirm-form').addEventListener('submit', go);
$('confirm-no').addEventListener('click', () => $('confirm').close());
$('confirm').addEventListener('cancel', (event) => { if ($('confirm-no').disabled) event.preventDefault(); });
