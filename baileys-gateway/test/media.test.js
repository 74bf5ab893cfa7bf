// Files both ways: encrypted here, read there, and the other way round.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from './kit/eventually.js';
import { startWorld, text } from './kit/world.js';

const FRIEND = '40722000044';
/** @type {Awaited<ReturnType<typeof startWorld>>} */ let world;
/** @type {import('./kit/gatewayProcess.js').GatewayProcess} */ let gateway;
/** @type {Awaited<ReturnType<typeof world.account>>} */ let account;

before(async () => {
  world = await startWorld();
  gateway = await world.gateway();
  account = await world.pairedAccount(gateway);
});
after(() => world.stop());

const data = Buffer.from('the bytes of a file').toString('base64');

test('each kind of file is read at the other end as it was sent', async () => {
  const contents = [
    { type: 'image', image: { data, mime_type: 'image/png', caption: 'us' } },
    { type: 'video', video: { data, mime_type: 'video/mp4' } },
    { type: 'audio', audio: { data, mime_type: 'audio/mpeg' } },
    { type: 'audio', audio: { data, mime_type: 'audio/ogg; codecs=opus', voice: true } },
    { type: 'document', document: { data, mime_type: 'application/pdf', filename: 'offer.pdf' } },
    { type: 'sticker', sticker: { data, mime_type: 'image/webp' } },
  ];
  for (const [index, content] of contents.entries()) {
    const id = `3EB0FILE${index}`;
    const { body } = await gateway.command('/messages/send', { ...text(account, id, FRIEND, ''), content });
    assert.equal(body.outcome, 'accepted', content.type);
    const file = (await world.admin('GET', `/file?id=${id}`)).body;
    const part = content[content.type];
    assert.deepEqual([file.data, file.mimetype, file.kind, Boolean(file.ptt)], [data, part.mime_type, content.type, Boolean(part.voice)]);
  }
});

test('a file that somebody sends can be fetched by what its event tells', async () => {
  const { body } = await world.admin('POST', '/inbound', { account: account.number, from: FRIEND, file: { type: 'image', data, mimetype: 'image/jpeg', caption: 'look' } });
  const event = await eventually('the letter', () => world.worker.of('message', account.accountId).find(({ id }) => id === body.id));
  const { image } = event.content;
  assert.deepEqual([image.caption, image.mime_type, image.file_size, image.thumbnail.length > 0], ['look', 'image/jpeg', 19, true]);
  const fetched = await fetch(`http://127.0.0.1:${gateway.port}/media/fetch`, {
    method: 'POST',
    headers: { 'x-gateway-token': gateway.environment.GATEWAY_TOKEN, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'image', download: image.download }),
  });
  assert.equal(Buffer.from(await fetched.arrayBuffer()).toString('base64'), data);
});

test('nobody\'s word makes the gateway call a strange host, and a file that is gone is said to be gone', async () => {
  const key = Buffer.alloc(32).toString('base64');
  const call = download => gateway.command('/media/fetch', { type: 'image', download: { media_key: key, ...download } });
  assert.deepEqual(await call({ url: 'https://169.254.169.254/latest' }), { status: 400, body: { error: 'foreign_host' } });
  assert.deepEqual(await call({ url: `http://127.0.0.1:${world.standIn.port}/files/abc` }), { status: 410, body: { error: 'file_gone' } });
});
