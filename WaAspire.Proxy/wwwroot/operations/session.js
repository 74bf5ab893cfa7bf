// Who works here. The tokens live in this page's memory and nowhere else: a reload asks again.
const WORDS = {
  INVALID_LOGIN_CREDENTIALS: 'Wrong e-mail or password.', EMAIL_NOT_FOUND: 'Wrong e-mail or password.', INVALID_PASSWORD: 'Wrong e-mail or password.',
  INVALID_EMAIL: 'That is no e-mail address.', USER_DISABLED: 'This user is disabled.', TOO_MANY_ATTEMPTS_TRY_LATER: 'Too many attempts. Try again later.',
};
const MARGIN_MS = 60_000; // a token that is about to end is changed before it is used
let settings = null;
let tokens = null;
let refreshing = null;

async function read() {
  settings ??= await (await fetch('settings.json')).json();
  if (!settings.apiKey) throw new Error('FIREBASE_WEB_API_KEY is not configured: nobody can sign in here.');
  return settings;
}

async function ask(url, body) {
  const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': typeof body === 'string' ? 'application/json' : 'application/x-www-form-urlencoded' } });
  const json = await answer.json().catch(() => ({}));
  if (answer.ok) return json;
  const code = String(json.error?.message ?? answer.status).split(' ')[0];
  const refused = new Error(WORDS[code] ?? `Signing in failed (${code}).`);
  // What Google refuses is over; what did not get through may be tried again.
  refused.isFinal = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
  throw refused;
}

const keep = (idToken, refreshToken, seconds) => { tokens = { idToken, refreshToken, until: performance.now() + Number(seconds) * 1000 }; };

export async function signIn(email, password) {
  const { accountsUrl, apiKey } = await read();
  const signed = await ask(`${accountsUrl}accounts:signInWithPassword?key=${encodeURIComponent(apiKey)}`, JSON.stringify({ email, password, returnSecureToken: true }));
  if (!signed.idToken) throw new Error('This user has a second factor, which this page does not know.');
  keep(signed.idToken, signed.refreshToken, signed.expiresIn);
}

async function refresh() {
  const { tokensUrl, apiKey } = await read();
  const asked = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refreshToken });
  const changed = await ask(`${tokensUrl}token?key=${encodeURIComponent(apiKey)}`, asked);
  if (tokens) keep(changed.id_token, changed.refresh_token, changed.expires_in);
}

/** An ID token that is good for a while; all who ask at once wait for one change. */
export async function token() {
  if (!tokens) throw new Error('Nobody is signed in.');
  if (tokens.until - performance.now() < MARGIN_MS) await (refreshing ??= refresh().finally(() => { refreshing = null; }));
  if (!tokens) throw new Error('Nobody is signed in.');
  return tokens.idToken;
}

export const isSignedIn = () => tokens !== null;

export function forget() {
  tokens = null;
}
