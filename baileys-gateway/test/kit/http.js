// JSON over HTTP, both ways, for the parts that tests talk to.

/** @param {string} base @param {Record<string, string>} [headers] */
export function client(base, headers = {}) {
  /** @param {string} method @param {string} path @param {any} [body] @returns {Promise<{ status: number, body: any }>} */
  return async (method, path, body) => {
    const response = await fetch(base + path, { method, headers: { 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<any>} */
export async function readJson(request) {
  let text = '';
  for await (const part of request) {
    text += part;
  }
  return JSON.parse(text || '{}');
}
