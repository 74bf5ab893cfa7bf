// firebase-admin, as a server program with a service account uses it.
import { generateKeyPairSync } from 'node:crypto';
import { cert, initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { FieldValue, initializeFirestore } from 'firebase-admin/firestore';
import { assert, check, refused, run } from './checks.mjs';

const host = process.env.FIRESTORE_EMULATOR_HOST;
const projectId = process.env.FIREBASE_PROJECT_ID;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
const app = initializeApp({ projectId, credential: cert({ projectId, clientEmail: `made-up@${projectId}.iam.gserviceaccount.com`, privateKey }) });
const auth = getAuth(app);
const db = initializeFirestore(app, { preferRest: true });

const call = async (path, body) => (await fetch(`http://${host}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
const signIn = (email, password) => call('/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=any', { email, password, returnSecureToken: true });
const withCustomToken = (token) => call('/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken?key=any', { token, returnSecureToken: true });

check('documents are written and read with a self-signed token', async () => {
  await db.doc('admin/a').set({ n: 1, at: FieldValue.serverTimestamp() });
  assert.equal((await db.doc('admin/a').get()).get('n'), 1);
  assert.equal((await db.collection('admin').where('n', '==', 1).get()).size, 1);
  assert.equal((await db.collection('admin').count().get()).data().count, 1);
});
check('a transaction of the admin SDK', async () => {
  await db.runTransaction(async (transaction) => {
    const doc = await transaction.get(db.doc('admin/a'));
    transaction.update(doc.ref, { n: doc.get('n') + 1 });
  });
  assert.equal((await db.doc('admin/a').get()).get('n'), 2);
});
check('documents are listed and deleted recursively', async () => {
  await db.doc('tree/a/leaves/b').set({});
  assert.equal((await db.collection('tree').listDocuments()).length, 1);
  await db.recursiveDelete(db.collection('tree'));
  assert.equal((await db.collection('tree').listDocuments()).length, 0);
});
check('a user is created with a chosen uid and found in three ways', async () => {
  const made = await auth.createUser({ uid: 'chosen', email: 'Ann@Example.com', emailVerified: true, password: 'secret-1', displayName: 'Ann', phoneNumber: '+40712345678' });
  assert.deepEqual([made.uid, made.email, made.emailVerified, made.displayName], ['chosen', 'ann@example.com', true, 'Ann']);
  assert.equal((await auth.getUser('chosen')).uid, 'chosen');
  assert.equal((await auth.getUserByEmail('ann@example.com')).uid, 'chosen');
  assert.equal((await auth.getUserByPhoneNumber('+40712345678')).uid, 'chosen');
  const several = await auth.getUsers([{ uid: 'chosen' }, { email: 'nobody@example.com' }]);
  assert.deepEqual([several.users.length, several.notFound.length], [1, 1]);
});
check('refusals carry the codes that programs look for', async () => {
  await refused(auth.createUser({ uid: 'chosen' }), 'auth/uid-already-exists');
  await refused(auth.createUser({ email: 'ann@example.com' }), 'auth/email-already-exists');
  await refused(auth.getUser('nobody'), 'auth/user-not-found');
  await refused(auth.getUserByEmail('nobody@example.com'), 'auth/user-not-found');
  await refused(auth.deleteUser('nobody'), 'auth/user-not-found');
  await refused(auth.updateUser('nobody', { displayName: 'x' }), 'auth/user-not-found');
});
check('a user is changed, and fields are taken away', async () => {
  await auth.updateUser('chosen', { displayName: 'Anna', photoURL: 'https://example.com/a.png' });
  const cleared = await auth.updateUser('chosen', { displayName: null, phoneNumber: null });
  assert.deepEqual([cleared.displayName, cleared.phoneNumber, cleared.photoURL], [undefined, undefined, 'https://example.com/a.png']);
});
check('an ID token is verified, custom claims stand in the next one', async () => {
  await auth.setCustomUserClaims('chosen', { role: 'admin' });
  const { idToken } = await signIn('ann@example.com', 'secret-1');
  const token = await auth.verifyIdToken(idToken);
  assert.deepEqual([token.uid, token.role, token.aud], ['chosen', 'admin', projectId]);
  assert.deepEqual((await auth.getUser('chosen')).customClaims, { role: 'admin' });
  await auth.setCustomUserClaims('chosen', null);
  assert.equal((await auth.verifyIdToken((await signIn('ann@example.com', 'secret-1')).idToken)).role, undefined);
});
check('revoked tokens are refused when asked about', async () => {
  const { idToken, refreshToken } = await signIn('ann@example.com', 'secret-1');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await auth.revokeRefreshTokens('chosen');
  await refused(auth.verifyIdToken(idToken, true), 'auth/id-token-revoked');
  assert.equal((await call('/securetoken.googleapis.com/v1/token?key=any', { refresh_token: refreshToken })).error.message, 'TOKEN_EXPIRED');
  await auth.verifyIdToken((await signIn('ann@example.com', 'secret-1')).idToken, true);
});
check('a disabled user is refused when asked about', async () => {
  const { idToken } = await signIn('ann@example.com', 'secret-1');
  await auth.updateUser('chosen', { disabled: true });
  await refused(auth.verifyIdToken(idToken, true), 'auth/user-disabled');
  assert.equal((await signIn('ann@example.com', 'secret-1')).error.message, 'USER_DISABLED');
  await auth.updateUser('chosen', { disabled: false });
});
check('a custom token of the SDK signs in with its claims', async () => {
  const { idToken } = await withCustomToken(await auth.createCustomToken('by-token', { level: 3 }));
  const token = await auth.verifyIdToken(idToken);
  assert.deepEqual([token.uid, token.level, token.firebase.sign_in_provider], ['by-token', 3, 'custom']);
});
check('a session cookie is made and verified', async () => {
  const { idToken } = await signIn('ann@example.com', 'secret-1');
  const cookie = await auth.createSessionCookie(idToken, { expiresIn: 600_000 });
  assert.equal((await auth.verifySessionCookie(cookie)).uid, 'chosen');
});
check('links for mails are generated', async () => {
  const link = new URL(await auth.generatePasswordResetLink('ann@example.com'));
  assert.equal((await call('/identitytoolkit.googleapis.com/v1/accounts:resetPassword?key=any', { oobCode: link.searchParams.get('oobCode'), newPassword: 'secret-9' })).email, 'ann@example.com');
  assert.ok((await signIn('ann@example.com', 'secret-9')).idToken);
  assert.match(await auth.generateEmailVerificationLink('ann@example.com'), /mode=verifyEmail/);
});
check('users are imported, listed by pages and deleted together', async () => {
  const imported = await auth.importUsers([{ uid: 'i1', email: 'i1@example.com' }, { uid: 'i2' }, { uid: 'i3' }]);
  assert.equal(imported.successCount, 3);
  const seen = [];
  for (let token; ;) {
    const page = await auth.listUsers(2, token);
    seen.push(...page.users.map((user) => user.uid));
    if (!(token = page.pageToken)) break;
  }
  for (const uid of ['by-token', 'chosen', 'i1', 'i2', 'i3']) assert.ok(seen.includes(uid), uid);
  assert.equal((await auth.deleteUsers(['i1', 'i2', 'i3', 'nobody'])).successCount, 4);
  await auth.deleteUser('chosen');
  await refused(auth.getUser('chosen'), 'auth/user-not-found');
});

await run(() => db.terminate());
