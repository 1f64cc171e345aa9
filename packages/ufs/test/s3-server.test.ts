// What a real S3 server shows of the connector beyond the behaviour of all stores.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { all, names, put, text, treeOf } from './support/store-calls.js';
import { isGateway, s3Place, s3Skip, type S3Place } from './support/s3-subject.js';

const skip = s3Skip ?? false;

async function uploads({ client, bucket }: S3Place): Promise<number> {
  return (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0;
}

async function keys({ client, bucket }: S3Place): Promise<string[]> {
  return ((await client.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key }) => Key!);
}

async function putRaw({ client, bucket, prefix }: S3Place, key: string, body: string): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: body }));
}

test('an upload in parts that is given up leaves no parts', { skip }, async (t) => {
  const place = await s3Place(t);
  const writer = await place.store.create('large');
  for (let i = 0; i < 7; i++) await writer.write([Buffer.alloc(1 << 20, i)]);
  assert.equal(await uploads(place), 1);
  await writer.abort();
  assert.equal(await uploads(place), 0);
  assert.deepEqual(await keys(place), []);
});

test('an upload in parts that loses the race for its name leaves no parts', { skip }, async (t) => {
  const place = await s3Place(t);
  const writer = await place.store.create('large', { ifAbsent: true });
  for (let i = 0; i < 11; i++) await writer.write([Buffer.alloc(1 << 20, i)]);
  await put(place.store, 'large', 'somebody else');
  await assert.rejects(writer.commit(), { kind: 'alreadyExists' });
  assert.equal(await uploads(place), 0);
  assert.equal(await text(place.store, 'large'), 'somebody else');
});

test('a sweep aborts the uploads of this store and of no other', { skip }, async (t) => {
  const place = await s3Place(t);
  const begin = async (Key: string): Promise<void> =>
    void (await place.client.send(new CreateMultipartUploadCommand({ Bucket: place.bucket, Key })));
  for (const key of [`${place.prefix}/a`, `${place.prefix}/d/a+b ü`, `${place.prefix}-other/f`, 'f']) await begin(key);
  const sweep = (nowMs: number): Promise<number> => place.store.removeAbandoned!({ olderThanMs: 3_600_000, nowMs });
  assert.equal(await sweep(Date.now()), 0);
  assert.equal(await uploads(place), 4);
  assert.equal(await sweep(Date.now() + 7_200_000), 2);
  assert.equal(await uploads(place), 2);
});

test('nothing is read or written outside the prefix', { skip }, async (t) => {
  const place = await s3Place(t);
  await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}-other/f`, Body: 'x' }));
  await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: 'f', Body: 'x' }));
  await put(place.store, 'f', 'ours');
  assert.deepEqual(await names(place.store, '', { recursive: true }), ['f']);
  assert.deepEqual((await keys(place)).sort(), [`${place.prefix}-other/f`, `${place.prefix}/f`, 'f'].sort());
});

test('directories that other programs made are seen: prefixes, markers with a slash, markers of Hadoop', { skip }, async (t) => {
  const place = await s3Place(t);
  await putRaw(place, 'by-prefix/f', 'x');
  await putRaw(place, 'by-slash/', '');
  await putRaw(place, 'by-hadoop_$folder$', '');
  for (const path of ['by-prefix', 'by-slash', 'by-hadoop']) {
    assert.equal((await place.store.status(path))?.directory, true, path);
    assert.deepEqual(await names(place.store, path), path === 'by-prefix' ? ['f'] : []);
  }
  assert.deepEqual((await names(place.store, '')).sort(), ['by-hadoop', 'by-prefix', 'by-slash']);
  for (const path of ['by-prefix', 'by-slash', 'by-hadoop']) {
    assert.equal(await place.store.removeDirectory(path, { recursive: true }), true, path);
    assert.equal(await place.store.status(path), undefined, path);
  }
  assert.deepEqual(await treeOf(place.store), {});
});

test(
  'an object hides the prefix of the same name, alike in every answer',
  { skip: skip || (isGateway ? 'a gateway to a directory has no such objects' : false) },
  async (t) => {
    const place = await s3Place(t);
    for (const key of ['a', 'a-b', 'a/x', 'a/y/z', 'b']) await putRaw(place, key, key);
    assert.equal((await place.store.status('a'))?.directory, false);
    const shown = async (recursive: boolean): Promise<string[]> =>
      (await all(place.store, '', { recursive })).map(({ name, directory }) => (directory ? `${name}/` : name));
    assert.deepEqual(await shown(false), ['a', 'a-b', 'b']);
    assert.deepEqual(await shown(true), ['a', 'a-b', 'b']);
  },
);

test('a bucket that is not there is nothing', { skip }, async (t) => {
  const { store, bucket } = await s3Place(t);
  assert.equal((await store.status(''))?.directory, true);
  const { missing } = await s3Place(t);
  assert.ok(!missing.uri.includes(bucket));
  assert.equal(await missing.status(''), undefined);
  await assert.rejects(names(missing, ''), { kind: 'notFound' });
  await assert.rejects(text(missing, 'f'), { kind: 'notFound' });
  await assert.rejects(put(missing, 'f', 'x'), { kind: 'notFound' });
});

test('wrong keys are permissionDenied', { skip: skip || (isGateway ? false : 'this server knows no wrong keys') }, async (t) => {
  const { store } = await s3Place(t, { 's3a.secretKey': 'wrong' });
  await assert.rejects(store.status('f'), { kind: 'permissionDenied' });
  await assert.rejects(names(store, ''), { kind: 'permissionDenied' });
  await assert.rejects(text(store, 'f'), { kind: 'permissionDenied' });
  await assert.rejects(put(store, 'f', 'x'), { kind: 'permissionDenied' });
});
