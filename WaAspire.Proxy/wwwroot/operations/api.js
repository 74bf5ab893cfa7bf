// Calls of the proxy, with the token in a header: never in an address, which is logged and kept.
import { token } from './session.js';

/** {status, body} of a call; a body that is no JSON counts as empty. */
export async function call(method, path, body) {
  const headers = { authorization: `Bearer ${await token()}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return { status: answer.status, body: await answer.json().catch(() => ({})) };
}

/** The body of a good answer; else what it says is thrown. */
export async function get(path) {
  const { status, body } = await call('GET', path);
  if (status === 200) return body;
  throw new Error(body.message ?? `The proxy answered with ${status}.`);
}

/**
 * Server-sent events. The browser's own EventSource cannot send a header, so the stream is read here.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, as far as our server speaks it.
 */
export async function* events(path, signal) {
  const answer = await fetch(path, { headers: { authorization: `Bearer ${await token()}`, accept: 'text/event-stream' }, signal, cache: 'no-store' });
  if (!answer.ok) {
    const { message } = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(message ?? `The proxy answered with ${answer.status}.`), { status: answer.status });
  }
  let rest = '';
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split('\n\n');
    rest = parts.pop();
    for (const part of parts) yield parse(part);
  }
}

function parse(text) {
  let type = 'message';
  const data = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('event:')) type = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return { type, data: data.length ? JSON.parse(data.join('\n')) : null };
}
