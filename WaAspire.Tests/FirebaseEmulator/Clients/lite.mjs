// firebase/firestore/lite and firebase/auth, as a web app uses them.
import { initializeApp, setLogLevel } from 'firebase/app';
import {
  addDoc, aggregateFieldEqual, and, arrayRemove, arrayUnion, average, collection, collectionGroup, connectFirestoreEmulator, count, deleteDoc, deleteField, doc, documentId,
  endBefore, getAggregate, getCount, getDoc, getDocs, getFirestore, GeoPoint, increment, limit, limitToLast, or, orderBy, query, runTransaction, serverTimestamp, setDoc,
  startAfter, startAt, sum, Timestamp, updateDoc, where, writeBatch, Bytes,
} from 'firebase/firestore/lite';
import {
  connectAuthEmulator, createUserWithEmailAndPassword, deleteUser, EmailAuthProvider, inMemoryPersistence, initializeAuth, linkWithCredential, sendPasswordResetEmail,
  confirmPasswordReset, signInAnonymously, signInWithCustomToken, signInWithEmailAndPassword, signOut, updatePassword, updateProfile,
} from 'firebase/auth';
import { assert, check, refused, run } from './checks.mjs';

// Refusals are expected here, and told by the checks.
setLogLevel('silent');
const host = process.env.FIRESTORE_EMULATOR_HOST;
const projectId = process.env.FIREBASE_PROJECT_ID;
const app = initializeApp({ projectId, apiKey: 'any' });
const db = getFirestore(app);
connectFirestoreEmulator(db, host.split(':')[0], Number(host.split(':')[1]), { mockUserToken: 'owner' });
const auth = initializeAuth(app, { persistence: inMemoryPersistence });
connectAuthEmulator(auth, `http://${host}`, { disableWarnings: true });
const ids = (snapshot) => snapshot.docs.map((one) => one.id);
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

check('all types come back as they were written', async () => {
  const written = { s: 'ä', i: 7, d: 1.5, nz: -0, nan: NaN, b: false, n: null, t: new Timestamp(1700000000, 123456000), g: new GeoPoint(1, 2), a: [1, { b: [2] }], m: { k: {} }, e: [] };
  await setDoc(doc(db, 'lite/types'), { ...written, by: Bytes.fromUint8Array(new Uint8Array([0, 255])), r: doc(db, 'a/b') });
  const read = (await getDoc(doc(db, 'lite/types'))).data();
  assert.ok(read.t.isEqual(written.t) && read.g.isEqual(written.g) && Object.is(read.nz, -0));
  assert.deepEqual([...read.by.toUint8Array()], [0, 255]);
  assert.equal(read.r.path, 'a/b');
  for (const key of ['s', 'i', 'd', 'nan', 'b', 'n', 'a', 'm', 'e']) assert.deepEqual(read[key], written[key], key);
});
check('a missing document does not exist', async () => assert.equal((await getDoc(doc(db, 'lite/none'))).exists(), false));
check('update, merge, delete and transforms', async () => {
  const one = doc(db, 'lite/one');
  await setDoc(one, { a: { b: 1, c: 2 }, list: [1, 2], n: 1, gone: 1 });
  await updateDoc(one, { 'a.b': 9, gone: deleteField(), n: increment(2), list: arrayUnion(3), at: serverTimestamp() });
  await updateDoc(one, { list: arrayRemove(1) });
  await setDoc(one, { a: { d: 3 } }, { merge: true });
  const { at, ...rest } = (await getDoc(one)).data();
  assert.ok(at instanceof Timestamp);
  assert.deepEqual(rest, { a: { b: 9, c: 2, d: 3 }, list: [2, 3], n: 3 });
  await deleteDoc(one);
  assert.equal((await getDoc(one)).exists(), false);
});
check('updating a missing document is not found', () => refused(updateDoc(doc(db, 'lite/none'), { a: 1 }), 'not-found'));
check('addDoc makes an id', async () => assert.equal((await getDoc(await addDoc(collection(db, 'added'), { a: 1 }))).get('a'), 1));
check('a batch is all or nothing', async () => {
  await refused(writeBatch(db).set(doc(db, 'lite/b1'), {}).update(doc(db, 'lite/none'), { a: 1 }).commit(), 'not-found');
  assert.equal((await getDoc(doc(db, 'lite/b1'))).exists(), false);
});
check('queries filter, order, limit and page', async () => {
  const q = collection(db, 'liteq');
  const batch = writeBatch(db);
  for (const [id, fields] of Object.entries({ a: { n: 1, s: 'x', t: ['p'] }, b: { n: 2, s: 'x', t: ['p', 'q'] }, c: { n: 3, s: 'y', t: [] } })) batch.set(doc(q, id), fields);
  await batch.commit();
  assert.deepEqual(ids(await getDocs(query(q, where('s', '==', 'x'), where('n', '<=', 1), orderBy('n')))), ['a']);
  assert.deepEqual(ids(await getDocs(query(q, orderBy('n', 'desc'), limit(2)))), ['c', 'b']);
  assert.deepEqual(ids(await getDocs(query(q, orderBy('n'), limitToLast(2)))), ['b', 'c']);
  assert.deepEqual(ids(await getDocs(query(q, orderBy('n'), startAt(2)))), ['b', 'c']);
  assert.deepEqual(ids(await getDocs(query(q, orderBy('n'), startAfter(await getDoc(doc(q, 'a'))), endBefore(3)))), ['b']);
  assert.deepEqual(ids(await getDocs(query(q, or(where('n', '==', 1), and(where('s', '==', 'y'), where('n', '>', 2)))))), ['a', 'c']);
  assert.deepEqual(ids(await getDocs(query(q, where('t', 'array-contains-any', ['q'])))), ['b']);
  assert.deepEqual(ids(await getDocs(query(q, where(documentId(), 'in', ['a', 'c'])))), ['a', 'c']);
  assert.deepEqual(ids(await getDocs(query(q, where('n', 'not-in', [1, 2])))), ['c']);
});
check('a collection group, count and aggregates', async () => {
  await setDoc(doc(db, 'x/1/litegroup/a'), { n: 1 });
  await setDoc(doc(db, 'x/2/litegroup/b'), { n: 4 });
  const group = collectionGroup(db, 'litegroup');
  assert.deepEqual(ids(await getDocs(query(group, where('n', '>', 0), orderBy('n')))), ['a', 'b']);
  assert.equal((await getCount(group)).data().count, 2);
  assert.deepEqual((await getAggregate(group, { c: count(), s: sum('n'), a: average('n') })).data(), { c: 2, s: 5, a: 2.5 });
  assert.ok(aggregateFieldEqual(count(), count()));
});
check('hostile ids are ordinary ids', async () => {
  const odd = doc(db, 'lite', 'a b%20é+#?&=日');
  await setDoc(odd, { ok: 1 });
  assert.equal((await getDoc(odd)).get('ok'), 1);
});
check('a transaction writes what it read, and verifies what it only read', async () => {
  await setDoc(doc(db, 'litetx/a'), { n: 1 });
  await setDoc(doc(db, 'litetx/watched'), { ok: true });
  await runTransaction(db, async (transaction) => {
    const read = await transaction.get(doc(db, 'litetx/a'));
    await transaction.get(doc(db, 'litetx/watched'));
    transaction.update(read.ref, { n: read.get('n') + 1 });
  });
  assert.equal((await getDoc(doc(db, 'litetx/a'))).get('n'), 2);
});
check('a transaction whose read changed is run again', async () => {
  let runs = 0;
  await runTransaction(db, async (transaction) => {
    const read = await transaction.get(doc(db, 'litetx/a'));
    if (runs++ === 0) await setDoc(doc(db, 'litetx/a'), { n: 10 });
    transaction.update(read.ref, { n: read.get('n') + 1 });
  });
  assert.deepEqual([runs, (await getDoc(doc(db, 'litetx/a'))).get('n')], [2, 11]);
});
check('a database that does not exist is not found', async () => {
  const other = getFirestore(app, 'other');
  connectFirestoreEmulator(other, host.split(':')[0], Number(host.split(':')[1]), { mockUserToken: 'owner' });
  await refused(getDoc(doc(other, 'a/b')), 'not-found');
});

check('sign up, sign out and sign in', async () => {
  const { user } = await createUserWithEmailAndPassword(auth, 'ann@example.com', 'secret-1');
  await updateProfile(user, { displayName: 'Ann' });
  await signOut(auth);
  const again = await signInWithEmailAndPassword(auth, 'ann@example.com', 'secret-1');
  assert.deepEqual([again.user.uid, again.user.displayName, again.user.isAnonymous], [user.uid, 'Ann', false]);
  assert.equal(claims(await again.user.getIdToken(true)).name, 'Ann');
});
check('wrong passwords and taken addresses have their codes', async () => {
  await refused(signInWithEmailAndPassword(auth, 'ann@example.com', 'wrong-1'), 'auth/wrong-password');
  await refused(signInWithEmailAndPassword(auth, 'nobody@example.com', 'wrong-1'), 'auth/user-not-found');
  await refused(createUserWithEmailAndPassword(auth, 'ann@example.com', 'secret-1'), 'auth/email-already-in-use');
  await refused(createUserWithEmailAndPassword(auth, 'bob@example.com', '123'), 'auth/weak-password');
});
check('an anonymous user is linked and keeps the uid', async () => {
  const { user } = await signInAnonymously(auth);
  assert.equal(user.isAnonymous, true);
  assert.equal(claims(await user.getIdToken()).firebase.sign_in_provider, 'anonymous');
  const linked = await linkWithCredential(user, EmailAuthProvider.credential('linked@example.com', 'secret-1'));
  assert.deepEqual([linked.user.uid, linked.user.isAnonymous, linked.user.email], [user.uid, false, 'linked@example.com']);
});
check('a custom token signs in with its claims', async () => {
  const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
  const { user } = await signInWithCustomToken(auth, `${part({ alg: 'none' })}.${part({ uid: 'custom', claims: { level: 7 } })}.`);
  const token = claims(await user.getIdToken(true));
  assert.deepEqual([user.uid, token.level, token.firebase.sign_in_provider], ['custom', 7, 'custom']);
});
check('a password is changed, reset by mail, and a user deletes itself', async () => {
  const { user } = await signInWithEmailAndPassword(auth, 'ann@example.com', 'secret-1');
  await updatePassword(user, 'secret-2');
  await user.getIdToken(true);
  await sendPasswordResetEmail(auth, 'ann@example.com');
  const sent = await (await fetch(`http://${host}/emulator/v1/projects/${projectId}/oobCodes`)).json();
  await confirmPasswordReset(auth, sent.oobCodes.at(-1).oobCode, 'secret-3');
  await deleteUser((await signInWithEmailAndPassword(auth, 'ann@example.com', 'secret-3')).user);
  await refused(signInWithEmailAndPassword(auth, 'ann@example.com', 'secret-3'), 'auth/user-not-found');
});

await run();
