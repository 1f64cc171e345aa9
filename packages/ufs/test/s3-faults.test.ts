import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { ErrorKind } from '@alluvium/base';
import type { UnderStore } from '@alluvium/ufs';
import { SeededRandom } from '@alluvium/testkit';
import {
  answers,
  fails,
  hangs,
  hasObject,
  listing,
  resets,
  scriptedServer,
  serves,
  type ScriptedServer,
  type Step,
} from './support/scripted-server.js';
import { all, copyOf, names, put, text } from './support/store-calls.js';
import { open } from './support/subjects.js';

process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
// Loading it is no part of the times below.
await import('@aws-sdk/client-s3');

const RETRIES = 3;
const IMPATIENT = { 'alluvium.underfs.request.timeout': '250ms' };

async function place(
  t: TestContext,
  properties: Readonly<Record<string, string>> = {},
): Promise<{ server: ScriptedServer; store: UnderStore }> {
  const server = await scriptedServer(t);
  const store = open(t, 's3://bucket', {
    's3a.accessKeyId': 'key',
    's3a.secretKey': 'secret',
    'alluxio.underfs.s3.endpoint': server.endpoint,
    'alluvium.underfs.request.timeout': '30s',
    'alluvium.underfs.request.retries': String(RETRIES),
    ...properties,
  });
  return { server, store };
}

const requests = ({ seen }: ScriptedServer): string[] => seen.map(({ method, url }) => `${method} ${url.replace(/[?].*/, '')}`);

for (const [what, fault] of [
  ['503', fails(503, 'SlowDown')],
  ['500', fails(500, 'InternalError')],
  ['429', fails(429, 'TooManyRequests')],
  ['a reset', resets()],
  ['silence', hangs()],
] as const) {
  test(`${what} is tried again, and then it works`, async (t) => {
    const { server, store } = await place(t, what === 'silence' ? IMPATIENT : {});
    server.script(fault, fault, hasObject(5));
    assert.equal((await store.status('f'))?.length, 5);
    assert.deepEqual(requests(server), ['HEAD /bucket/f', 'HEAD /bucket/f', 'HEAD /bucket/f']);
    server.script(fault, listing(['f']));
    assert.deepEqual(await names(store, ''), ['f']);
    server.script(fault, serves(Buffer.from('hello')));
    assert.equal(await text(store, 'f'), 'hello');
    server.script(fault, answers());
    assert.equal((await put(store, 'f', 'x')).length, 1);
  });

  test(`${what} that does not end is unavailable after a bounded number of tries, and the next request works`, async (t) => {
    const { server, store } = await place(t, what === 'silence' ? IMPATIENT : {});
    server.always(fault);
    await assert.rejects(store.status('f'), { kind: 'unavailable' });
    assert.equal(server.seen.length, 1 + RETRIES);
    await assert.rejects(text(store, 'f'), { kind: 'unavailable' });
    assert.equal(server.seen.length, 2 * (1 + RETRIES));
    await assert.rejects(names(store, ''), { kind: 'unavailable' });
    assert.equal(server.seen.length, 3 * (1 + RETRIES));
    server.script(hasObject(5), serves(Buffer.from('hello')));
    assert.equal((await store.status('f'))?.length, 5);
    assert.equal(await text(store, 'f'), 'hello');
  });
}

for (const [status, code, kind] of [
  [403, 'AccessDenied', 'permissionDenied'],
  [403, 'SignatureDoesNotMatch', 'permissionDenied'],
  [403, 'InvalidAccessKeyId', 'permissionDenied'],
  [400, 'InvalidRequest', 'invalidArgument'],
  [404, 'NoSuchBucket', 'notFound'],
  [501, 'NotImplemented', 'unimplemented'],
  [301, 'PermanentRedirect', 'failedPrecondition'],
] as readonly [number, string, ErrorKind][]) {
  test(`${code} is ${kind} and not tried again`, async (t) => {
    const { server, store } = await place(t);
    const fault = fails(status, code);
    server.always(fault);
    const calls: [string, () => Promise<unknown>][] = [
      ['list', () => names(store, 'd')],
      ['read', () => text(store, 'f')],
      ['write', () => put(store, 'f', 'x')],
    ];
    if (kind !== 'notFound') calls.push(['status', () => store.status('f')]);
    for (const [what, run] of calls) {
      const before = server.seen.length;
      await assert.rejects(run(), { kind }, what);
      assert.equal(server.seen.length - before, 1, what);
    }
    server.script(serves(Buffer.from('hello')));
    assert.equal(await text(store, 'f'), 'hello');
  });
}

test('the region of a bucket that is elsewhere is named', async (t) => {
  const { server, store } = await place(t);
  const elsewhere = { 'x-amz-bucket-region': 'eu-central-1' };
  for (const step of [
    fails(301, 'PermanentRedirect', elsewhere),
    fails(307, 'TemporaryRedirect', { ...elsewhere, location: 'http://127.0.0.1:1/' }),
    fails(400, 'AuthorizationHeaderMalformed', elsewhere),
  ]) {
    for (const run of [() => names(store, ''), () => store.status('f')]) {
      server.script(step);
      const wanted = { kind: 'failedPrecondition', message: /the bucket is in region eu-central-1; set alluxio\.underfs\.s3\.region/ };
      await assert.rejects(run(), wanted);
    }
  }
});

test('an object that is not there is asked for once', async (t) => {
  const { server, store } = await place(t);
  server.script(fails(404, 'NotFound'), listing([]), fails(404, 'NotFound'));
  assert.equal(await store.status('f'), undefined);
  server.script(fails(404, 'NoSuchKey'));
  await assert.rejects(text(store, 'f'), { kind: 'notFound', message: /s3:\/\/bucket\/f/ });
  assert.equal(server.seen.length, 4);
});

test('a body that breaks goes on from the byte it reached', async (t) => {
  const { server, store } = await place(t);
  const content = Buffer.from(new SeededRandom(3).bytes(1 << 20));
  server.script(serves(content, 300_000), fails(503, 'SlowDown'), serves(content, 300_000), serves(content));
  assert.ok((await copyOf(store, 'f', 10, (1 << 20) - 20, 'e1')).equals(content.subarray(10, (1 << 20) - 10)));
  const ranges = server.seen.map(({ headers }) => Number(/^bytes=(\d+)-1048565$/.exec(headers.range!)?.[1]));
  assert.equal(ranges[0], 10);
  assert.equal(ranges[1], ranges[2]);
  assert.ok(ranges[1]! > 10 && ranges[3]! > ranges[2]!, String(ranges));
  for (const { headers } of server.seen) assert.equal(headers['if-match'], '"e1"', 'it must be the same version');
});

test('a body that stalls is given up and goes on from the byte it reached', async (t) => {
  const { server, store } = await place(t, IMPATIENT);
  const content = Buffer.from(new SeededRandom(3).bytes(200_000));
  server.script(serves(content, 100_000, 'stall'), serves(content));
  assert.ok((await copyOf(store, 'f', 0, 200_000)).equals(content));
  assert.equal(server.seen.length, 2);
});

test('a body that never gets further ends with unavailable', async (t) => {
  const { server, store } = await place(t);
  const content = Buffer.alloc(100_000);
  server.script(serves(content, 50_000));
  server.always(serves(content, 0));
  await assert.rejects(copyOf(store, 'f', 0, 100_000), { kind: 'unavailable' });
  // The tries after progress count anew.
  assert.ok(server.seen.length <= 2 + RETRIES, String(server.seen.length));
});

test('an object that changes under a read ends it with aborted', async (t) => {
  const { server, store } = await place(t);
  const content = Buffer.alloc(100_000);
  server.script(serves(content, 50_000), fails(412, 'PreconditionFailed'));
  await assert.rejects(copyOf(store, 'f', 0, 100_000, 'e1'), { kind: 'aborted' });
  assert.equal(server.seen.length, 2);
});

test('a server that ignores ranges is not believed', async (t) => {
  const { server, store } = await place(t);
  const whole = Buffer.from('0123456789');
  const ignores: Step = answers(String(whole));
  server.script(ignores, ignores);
  assert.equal(String(await copyOf(store, 'f', 0, 4)), '0123', 'from the beginning it will do');
  await assert.rejects(copyOf(store, 'f', 4, 4), { kind: 'unimplemented' });
});

test('a listing that breaks before it answered is begun again, one that had answered fails', async (t) => {
  const { server, store } = await place(t);
  server.script(fails(503, 'SlowDown'), listing(['a'], { next: 'more' }), listing(['b']));
  assert.deepEqual(await names(store, ''), ['a', 'b']);
  assert.match(server.seen.at(-1)!.url, /continuation-token=more/);
  server.script(listing(['a'], { next: 'more' }), fails(503, 'SlowDown'));
  await assert.rejects(names(store, ''), { kind: 'unavailable' });
});

test('names that come on different pages come once and in order', async (t) => {
  const { server, store } = await place(t);
  const shown = async (recursive: boolean): Promise<string[]> =>
    (await all(store, '', { recursive })).map(({ name, directory }) => (directory ? `${name}/` : name));
  server.script(listing(['a', 'a!'], { next: '2' }), listing(['a-b'], { prefixes: ['a/', 'b/'], next: '3' }), listing(['b_$folder$', 'c']));
  assert.deepEqual(await shown(false), ['a', 'a!', 'a-b', 'b/', 'c']);
  server.script(listing(['d/x/1'], { next: '2' }), listing(['d/x/2', 'd/y/'], { next: '3' }), listing(['d/y/3', 'd_$folder$']));
  assert.deepEqual(await shown(true), ['d/', 'd/x/', 'd/x/1', 'd/x/2', 'd/y/', 'd/y/3']);
});

test('what lies below an object is hidden with the prefix, on whichever page it comes', async (t) => {
  const { server, store } = await place(t);
  server.script(listing(['a', 'a-b'], { next: '2' }), listing(['a/x', 'a/y/z', 'b']));
  assert.deepEqual(await names(store, '', { recursive: true }), ['a', 'a-b', 'b']);
});

test('names that no path can have are left out', async (t) => {
  const { server, store } = await place(t);
  server.script(listing(['/lead', 'a//b', 'a/./b', 'a/../b', 'good/../', 'ok']));
  assert.deepEqual(await names(store, '', { recursive: true }), ['ok']);
});

test('parts of an upload are tried again, and the whole is completed once', async (t) => {
  const { server, store } = await place(t, { 'alluxio.underfs.s3.streaming.upload.partition.size': '5MB' });
  const started = answers('<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>');
  const completed = answers('<?xml version="1.0"?><CompleteMultipartUploadResult><ETag>"x-3"</ETag></CompleteMultipartUploadResult>');
  let failures = 0;
  server.always((response, request) => {
    if (request.method === 'POST' && request.url.includes('uploads')) return started(response, request);
    if (request.method === 'POST') return (failures++ === 6 ? completed : fails(503, 'SlowDown'))(response, request);
    return (failures < 4 && failures++ % 2 === 0 ? fails(503, 'SlowDown') : answers())(response, request);
  });
  const stored = await put(store, 'large', Buffer.alloc(11 << 20));
  assert.deepEqual(stored, { length: 11 << 20, contentHash: 'x-3' });
  const parts = new Set(server.seen.flatMap(({ url }) => /partNumber=(\d)/.exec(url)?.[1] ?? []));
  assert.deepEqual([...parts].sort(), ['1', '2', '3']);
});

test('an upload that was completed though the answer was lost is taken for what it is', async (t) => {
  const { server, store } = await place(t, { 'alluxio.underfs.s3.streaming.upload.partition.size': '5MB' });
  const started = answers('<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>');
  let completions = 0;
  let length = 6 << 20;
  server.always((response, request) => {
    if (request.method === 'POST' && request.url.includes('uploads')) return started(response, request);
    if (request.method === 'POST') return (completions++ === 0 ? resets() : fails(404, 'NoSuchUpload'))(response, request);
    if (request.method === 'HEAD') return answers('', { 'content-length': String(length), etag: '"x-2"' })(response, request);
    return answers()(response, request);
  });
  assert.deepEqual(await put(store, 'large', Buffer.alloc(6 << 20)), { length: 6 << 20, contentHash: 'x-2' });
  completions = 0;
  length = 5;
  await assert.rejects(put(store, 'large', Buffer.alloc(6 << 20)), { kind: 'aborted' }, 'another object is there');
});

test('an upload that fails is aborted', async (t) => {
  const { server, store } = await place(t, { 'alluxio.underfs.s3.streaming.upload.partition.size': '5MB' });
  const started = answers('<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>');
  server.always((response, request) => {
    if (request.method === 'POST' && request.url.includes('uploads')) return started(response, request);
    return (request.method === 'DELETE' ? answers() : fails(403, 'AccessDenied'))(response, request);
  });
  await assert.rejects(put(store, 'large', Buffer.alloc(11 << 20)), { kind: 'permissionDenied' });
  assert.equal(server.seen.filter(({ method, url }) => method === 'DELETE' && url.includes('uploadId=u1')).length, 1);
});

test('a sweep goes through all pages and spares an upload whose parts still come', async (t) => {
  const { server, store } = await place(t);
  const xml = (body: string): Step => answers(`<?xml version="1.0"?>${body}`, { 'content-type': 'application/xml' });
  const upload = (key: string, day: number): string =>
    `<Upload><Key>${key}</Key><UploadId>of ${key}</UploadId><Initiated>2026-11-0${day}T00:00:00.000Z</Initiated></Upload>`;
  const page = (uploads: string, next: string): Step =>
    xml(`<ListMultipartUploadsResult><EncodingType>url</EncodingType>${next}${uploads}</ListMultipartUploadsResult>`);
  const parts = (...days: number[]): Step =>
    xml(
      `<ListPartsResult>${days.map((day) => `<Part><PartNumber>1</PartNumber><LastModified>2026-11-0${day}T00:00:00.000Z</LastModified></Part>`).join('')}</ListPartsResult>`,
    );
  const more = '<IsTruncated>true</IsTruncated><NextKeyMarker>a%2Bb</NextKeyMarker><NextUploadIdMarker>of a</NextUploadIdMarker>';
  server.script(
    page(upload('a%2Bb', 1) + upload('young', 5), more),
    page(upload('growing', 1) + upload('gone', 1) + upload('empty', 1), '<IsTruncated>false</IsTruncated>'),
    parts(1, 2),
    answers(),
    parts(1, 5),
    fails(404, 'NoSuchUpload'),
    parts(),
    answers(),
  );
  const nowMs = Date.parse('2026-11-06T00:00:00.000Z');
  assert.equal(await store.removeAbandoned!({ olderThanMs: 2 * 86_400_000, nowMs }), 2);
  assert.match(server.seen[1]!.url, /key-marker=a%2Bb/);
  assert.match(server.seen[1]!.url, /upload-id-marker=of%20a/);
  const aborted = server.seen.filter(({ method }) => method === 'DELETE').map(({ url }) => url.replace(/[?].*/, ''));
  assert.deepEqual(aborted, ['/bucket/a%2Bb', '/bucket/empty']);
});

test('a create where nothing may be is not repeated after a lost answer', async (t) => {
  const { server, store } = await place(t);
  server.script(resets());
  await assert.rejects(put(store, 'f', 'x', { ifAbsent: true }), { kind: 'unavailable' });
  assert.equal(server.seen.length, 1);
  assert.equal(server.seen[0]!.headers['if-none-match'], '*');
});

test('keys that a bulk removal could not remove are named', async (t) => {
  const { server, store } = await place(t);
  const partly = answers(
    '<?xml version="1.0"?><DeleteResult><Error><Key>d/f</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>',
  );
  server.script(listing(['d/f', 'd/g']), partly);
  await assert.rejects(store.removeDirectory('d', { recursive: true }), {
    kind: 'permissionDenied',
    message: /d\/f is still there: AccessDenied/,
  });
});

test('nobody at the address is unavailable', async (t) => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const { store } = await place(t, { 'alluxio.underfs.s3.endpoint': `http://127.0.0.1:${port}`, 'alluvium.underfs.request.retries': '1' });
  await assert.rejects(store.status('f'), { kind: 'unavailable', message: /ECONNREFUSED/ });
});

test('a request that is given up is cancelled on the wire', async (t) => {
  const { server, store } = await place(t);
  const closed = Promise.withResolvers<void>();
  const abort = new AbortController();
  server.script((response) => {
    response.socket!.on('close', () => closed.resolve());
    abort.abort(new Error('enough'));
  });
  await assert.rejects(store.status('f', { signal: abort.signal }), { kind: 'cancelled' });
  await closed.promise;
});
