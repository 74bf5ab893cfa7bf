// @google-cloud/firestore over REST, as a server program uses it.
import { Firestore, FieldValue, FieldPath, Timestamp, GeoPoint, Filter, AggregateField } from '@google-cloud/firestore';
import { OAuth2Client } from 'google-auth-library';
import { assert, check, refused, run } from './checks.mjs';

const ALREADY_EXISTS = 6, NOT_FOUND = 5, INVALID_ARGUMENT = 3, FAILED_PRECONDITION = 9;
const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: 'owner' });
const db = new Firestore({ projectId: 'demo-node', preferRest: true, authClient });
const ids = (snapshot) => snapshot.docs.map((doc) => doc.id);
const fill = async (name, documents) => {
  const batch = db.batch();
  for (const [id, fields] of Object.entries(documents)) batch.set(db.collection(name).doc(id), fields);
  await batch.commit();
  return db.collection(name);
};

check('all types come back as they were written', async () => {
  const written = {
    s: 'ä日', i: 7, big: 9007199254740991, d: 1.5, nan: NaN, inf: -Infinity, b: true, n: null, t: new Timestamp(1700000000, 123456000),
    by: Buffer.from([0, 255, 254]), g: new GeoPoint(1, 2), a: [1, 'two', { three: [3] }], m: { k: {}, 'x.y': 1 }, e: [], r: db.doc('c/z'), v: FieldValue.vector([1, 2.5]),
  };
  const doc = db.doc('types/a');
  await doc.set(written);
  const read = (await doc.get()).data();
  assert.equal(read.r.path, 'c/z');
  assert.deepEqual(read.v.toArray(), [1, 2.5]);
  assert.ok(read.t.isEqual(written.t) && read.g.isEqual(written.g));
  for (const key of ['s', 'i', 'big', 'd', 'nan', 'inf', 'b', 'n', 'by', 'a', 'm', 'e']) assert.deepEqual(read[key], written[key], key);
});
check('create refuses an existing document', async () => {
  await db.doc('c/created').create({ a: 1 });
  await refused(db.doc('c/created').create({ a: 2 }), ALREADY_EXISTS);
});
check('update refuses a missing document', () => refused(db.doc('c/none').update({ a: 1 }), NOT_FOUND));
check('update changes named fields only, nested ones and odd names too', async () => {
  await db.doc('c/u').set({ a: { b: 1, c: 2 }, keep: true, gone: 1 });
  await db.doc('c/u').update({ 'a.b': 9, gone: FieldValue.delete() });
  await db.doc('c/u').update(new FieldPath('x y', '`z`'), 5);
  assert.deepEqual((await db.doc('c/u').get()).data(), { a: { b: 9, c: 2 }, keep: true, 'x y': { '`z`': 5 } });
});
check('set with merge keeps the rest', async () => {
  await db.doc('c/m').set({ a: 1, m: { x: 1 } });
  await db.doc('c/m').set({ m: { y: 2 }, b: 2 }, { merge: true });
  await db.doc('c/m').set({ a: 5, b: 6 }, { mergeFields: ['a'] });
  assert.deepEqual((await db.doc('c/m').get()).data(), { a: 5, m: { x: 1, y: 2 }, b: 2 });
});
check('transforms compute on the server', async () => {
  await db.doc('c/t').set({ n: 1, a: [1, 2] });
  const result = await db.doc('c/t').update({ n: FieldValue.increment(2), d: FieldValue.increment(0.5), a: FieldValue.arrayUnion(2, 3), at: FieldValue.serverTimestamp() });
  await db.doc('c/t').update({ a: FieldValue.arrayRemove(1) });
  const data = (await db.doc('c/t').get()).data();
  assert.deepEqual([data.n, data.d, data.a], [3, 0.5, [2, 3]]);
  assert.ok(Math.abs(data.at.toMillis() - result.writeTime.toMillis()) < 2);
});
check('times of a document rise, and a write that changes nothing keeps its update time', async () => {
  const first = await db.doc('c/time').set({ a: 1 });
  const same = await db.doc('c/time').set({ a: 1 });
  const other = await db.doc('c/time').set({ a: 2 });
  assert.ok(same.writeTime.isEqual(first.writeTime));
  assert.ok(other.writeTime > first.writeTime);
  const doc = await db.doc('c/time').get();
  assert.ok(doc.createTime.isEqual(first.writeTime) && doc.updateTime.isEqual(other.writeTime) && doc.readTime >= other.writeTime);
});
check('a precondition on the update time holds or refuses', async () => {
  const { writeTime } = await db.doc('c/pre').set({ a: 1 });
  await refused(db.doc('c/pre').update({ a: 3 }, { lastUpdateTime: Timestamp.fromMillis(0) }), FAILED_PRECONDITION);
  await db.doc('c/pre').update({ a: 2 }, { lastUpdateTime: writeTime });
  await refused(db.doc('c/pre').delete({ lastUpdateTime: writeTime }), FAILED_PRECONDITION);
});
check('delete is quiet about missing documents unless they must exist', async () => {
  await db.doc('c/nobody').delete();
  await refused(db.doc('c/nobody').delete({ exists: true }), NOT_FOUND);
});
check('a batch is all or nothing', async () => {
  const batch = db.batch().set(db.doc('c/batch1'), { a: 1 }).update(db.doc('c/absent'), { a: 1 });
  await refused(batch.commit(), NOT_FOUND);
  assert.equal((await db.doc('c/batch1').get()).exists, false);
  assert.deepEqual(await db.batch().commit(), []);
});
check('getAll keeps its order, tells the missing and takes a mask', async () => {
  await db.doc('c/g1').set({ a: 1, b: 2 });
  const [one, none] = await db.getAll(db.doc('c/g1'), db.doc('c/g2'), { fieldMask: ['a'] });
  assert.deepEqual([one.data(), none.exists], [{ a: 1 }, false]);
});
check('hostile ids are ordinary ids', async () => {
  const doc = db.collection('odd').doc('a b%20é+#?&=日:x');
  await doc.set({ ok: true });
  await doc.collection('sub').doc('k').set({});
  assert.equal((await doc.get()).get('ok'), true);
  assert.deepEqual(ids(await doc.collection('sub').get()), ['k']);
});
check('queries filter, order and limit', async () => {
  const q = await fill('q', { a: { n: 1, s: 'x', t: ['p'] }, b: { n: 2, s: 'x', t: ['p', 'q'] }, c: { n: 3, s: 'y', t: [] }, d: { n: null, s: 'y' }, e: { s: 'z' } });
  assert.deepEqual(ids(await q.where('s', '==', 'x').get()), ['a', 'b']);
  assert.deepEqual(ids(await q.where('n', '>', 1).get()), ['b', 'c']);
  assert.deepEqual(ids(await q.orderBy('n', 'desc').limit(2).get()), ['c', 'b']);
  assert.deepEqual(ids(await q.orderBy('n').limitToLast(2).get()), ['b', 'c']);
  assert.deepEqual(ids(await q.where('s', 'in', ['y', 'z']).get()), ['c', 'd', 'e']);
  assert.deepEqual(ids(await q.where('s', 'not-in', ['x', 'z']).get()), ['c', 'd']);
  assert.deepEqual(ids(await q.where('n', '!=', 2).get()), ['a', 'c']);
  assert.deepEqual(ids(await q.where('n', '==', null).get()), ['d']);
  assert.deepEqual(ids(await q.where('t', 'array-contains', 'q').get()), ['b']);
  assert.deepEqual(ids(await q.where('t', 'array-contains-any', ['p', 'q']).get()), ['a', 'b']);
  assert.deepEqual(ids(await q.where(FieldPath.documentId(), '>=', 'c').get()), ['c', 'd', 'e']);
  assert.deepEqual(ids(await q.where(Filter.or(Filter.where('n', '==', 1), Filter.and(Filter.where('s', '==', 'y'), Filter.where('n', '>', 2)))).get()), ['a', 'c']);
  assert.deepEqual(ids(await q.where('n', '>', 0).where('s', '>=', 'x').orderBy('n').orderBy('s').get()), ['a', 'b', 'c']);
});
check('cursors, offset and projection', async () => {
  const q = db.collection('q').orderBy('n');
  const second = (await q.offset(2).limit(1).get()).docs[0];
  assert.deepEqual(ids(await q.startAfter(second).get()), ['c']);
  assert.deepEqual(ids(await q.startAt(1).endBefore(3).get()), ['a', 'b']);
  assert.deepEqual(ids(await q.endAt(2).get()), ['d', 'a', 'b']);
  assert.deepEqual((await q.select('s').limit(1).get()).docs[0].data(), { s: 'y' });
  assert.deepEqual((await q.select().limit(1).get()).docs[0].data(), {});
});
check('aggregations count, sum and average', async () => {
  assert.equal((await db.collection('q').count().get()).data().count, 5);
  const all = await db.collection('q').aggregate({ n: AggregateField.count(), sum: AggregateField.sum('n'), avg: AggregateField.average('n') }).get();
  assert.deepEqual(all.data(), { n: 5, sum: 6, avg: 2 });
  assert.deepEqual((await db.collection('nothing').aggregate({ sum: AggregateField.sum('n'), avg: AggregateField.average('n') }).get()).data(), { sum: 0, avg: null });
});
check('a collection group reaches every level', async () => {
  await db.doc('g/1/deep/a').set({ x: 1 });
  await db.doc('g/1/h/2/deep/b').set({ x: 1 });
  assert.deepEqual(ids(await db.collectionGroup('deep').where('x', '==', 1).get()), ['a', 'b']);
  let parts = 0;
  for await (const partition of db.collectionGroup('deep').getPartitions(2)) { parts++; await partition.toQuery().get(); }
  assert.ok(parts >= 1);
});
check('collections and documents are listed, missing ones too', async () => {
  await db.doc('list/ghost/sub/x').set({});
  assert.deepEqual((await db.doc('list/ghost').listCollections()).map((collection) => collection.id), ['sub']);
  assert.deepEqual((await db.collection('list').listDocuments()).map((doc) => doc.id), ['ghost']);
  assert.ok((await db.listCollections()).some((collection) => collection.id === 'list'));
});
check('a stream gives every document', async () => {
  const seen = [];
  for await (const doc of db.collection('q').stream()) seen.push(doc.id);
  assert.equal(seen.length, 5);
});
check('a read-write transaction reads, writes and returns', async () => {
  await db.doc('tx/a').set({ n: 1 });
  const n = await db.runTransaction(async (transaction) => {
    const [doc, none] = await transaction.getAll(db.doc('tx/a'), db.doc('tx/none'));
    transaction.update(doc.ref, { n: doc.get('n') + 1 });
    transaction.create(none.ref, { made: true });
    return doc.get('n');
  });
  assert.deepEqual([n, (await db.doc('tx/a').get()).get('n'), (await db.doc('tx/none').get()).exists], [1, 2, true]);
});
check('contending transactions lose no update', async () => {
  await db.doc('tx/counter').set({ n: 0 });
  const increment = () => db.runTransaction(async (transaction) => {
    const doc = await transaction.get(db.doc('tx/counter'));
    transaction.update(doc.ref, { n: doc.get('n') + 1 });
  }, { maxAttempts: 10 });
  await Promise.all([increment(), increment(), increment()]);
  assert.equal((await db.doc('tx/counter').get()).get('n'), 3);
});
check('a plain write waits for a transaction that has read the document', async () => {
  await db.doc('tx/held').set({ by: 'nobody' });
  const order = [];
  let write;
  await db.runTransaction(async (transaction) => {
    await transaction.get(db.doc('tx/held'));
    write = db.doc('tx/held').set({ by: 'outsider' }).then(() => order.push('outsider'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    order.push('transaction');
  });
  await write;
  assert.deepEqual(order, ['transaction', 'outsider']);
});
check('a transaction that throws leaves nothing behind', async () => {
  await assert.rejects(db.runTransaction(async (transaction) => {
    await transaction.get(db.doc('tx/undone'));
    transaction.set(db.doc('tx/undone'), {});
    throw new Error('changed my mind');
  }), /changed my mind/);
  await db.doc('tx/undone').set({ free: true });
});
check('a query in a transaction, and a read-only one at a time', async () => {
  const { writeTime } = await db.doc('ro/a').set({ n: 1 });
  await db.doc('ro/a').set({ n: 2 });
  const old = await db.runTransaction((transaction) => transaction.get(db.doc('ro/a')), { readOnly: true, readTime: writeTime });
  assert.equal(old.get('n'), 1);
  const now = await db.runTransaction((transaction) => transaction.get(db.collection('ro').where('n', '==', 2)), { readOnly: true });
  assert.equal(now.size, 1);
  const counted = await db.runTransaction((transaction) => transaction.get(db.collection('ro').count()));
  assert.equal(counted.data().count, 1);
});
check('a bulk writer tells each outcome', async () => {
  const writer = db.bulkWriter();
  const outcomes = [];
  writer.onWriteError(() => false);
  for (let n = 0; n < 50; n++) writer.set(db.doc(`bulk/${n}`), { n }).then(() => outcomes.push('ok'));
  writer.create(db.doc('c/created'), {}).catch((error) => outcomes.push(error.code));
  await writer.close();
  assert.equal(outcomes.filter((outcome) => outcome === 'ok').length, 50);
  assert.ok(outcomes.includes(ALREADY_EXISTS));
});
check('recursiveDelete leaves nothing below', async () => {
  await db.doc('rec/a/sub/b/deeper/c').set({});
  await db.doc('rec/a').set({});
  await db.recursiveDelete(db.collection('rec'));
  assert.deepEqual(await db.collection('rec').listDocuments(), []);
});
check('what Firestore forbids is refused with its code', async () => {
  await refused(db.doc('c/d').set({ large: 'x'.repeat(1024 * 1024) }), INVALID_ARGUMENT);
  await refused(db.doc('c/__reserved__').set({}), INVALID_ARGUMENT);
});

await run(() => db.terminate());
