// Times as the server tells them, shown as ages that grow by themselves. "Now" is the server's: a phone's clock may be off.
let offset = 0;
const shown = new Set();

/** Milliseconds of an ISO text or of {_seconds}; null for none. */
export function instant(value) {
  if (value === null || value === undefined) return null;
  const at = typeof value === 'object' ? value._seconds * 1000 + (value._nanoseconds ?? 0) / 1e6 : typeof value === 'number' ? value : Date.parse(value);
  return Number.isFinite(at) ? at : null;
}

export const now = () => Date.now() + offset;

export function setNow(value) {
  const at = instant(value);
  if (at !== null) offset = at - Date.now();
}

export function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

export const clock = (value) => {
  const at = instant(value);
  return at === null ? '' : new Date(at).toLocaleString('en-GB', { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' });
};

/** Has an element show how long ago something was, for as long as it is on the page. */
export function since(element, value, { ago = ' ago', never = 'never' } = {}) {
  const at = instant(value);
  element.age = at === null ? null : { at, ago };
  if (at === null) { element.textContent = never; shown.delete(element); return; }
  element.title = new Date(at).toISOString();
  shown.add(element);
  tell(element);
}

function tell(element) {
  const { at, ago } = element.age;
  const text = at > now() ? `in ${age(at - now())}` : `${age(now() - at)}${ago}`;
  if (element.textContent !== text) element.textContent = text;
}

setInterval(() => {
  for (const element of shown) if (element.isConnected) tell(element); else shown.delete(element);
}, 1000);
