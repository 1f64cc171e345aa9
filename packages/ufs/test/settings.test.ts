import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Configuration, nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { SeededRandom } from '@alluvium/testkit';
import { parseUfsUri, underStoreFactory } from '@alluvium/ufs';
import { s3Settings } from '@alluvium/ufs/s3/s3-settings.js';

const environment = { clock: nodeClock, random: new SeededRandom(1), disk: nodeDisk(), log: silentLogger };
const settings = (properties: Record<string, string>): ReturnType<typeof s3Settings> =>
  s3Settings(new Map(Object.entries(properties)), new Configuration());

test('URIs choose a connector', () => {
  const forms: [string, object][] = [
    ['/', { scheme: 'file', text: '/', path: '' }],
    ['/data', { scheme: 'file', text: '/data', path: '/data' }],
    ['/data//deep/', { scheme: 'file', text: '/data//deep', path: '/data/deep' }],
    ['file:///data/', { scheme: 'file', text: 'file:///data', path: '/data' }],
    ['file:/data', { scheme: 'file', text: 'file:/data', path: '/data' }],
    ['s3://bucket', { scheme: 's3', text: 's3://bucket', bucket: 'bucket', prefix: '' }],
    ['s3://bucket/', { scheme: 's3', text: 's3://bucket', bucket: 'bucket', prefix: '' }],
    ['s3a://bucket/a/b/', { scheme: 's3', text: 's3a://bucket/a/b', bucket: 'bucket', prefix: 'a/b' }],
    ['s3n://bucket/a', { scheme: 's3', text: 's3n://bucket/a', bucket: 'bucket', prefix: 'a' }],
  ];
  for (const [text, wanted] of forms) assert.deepEqual(parseUfsUri(text), wanted, text);
});

test('other URIs are refused as Alluxio does', () => {
  const factory = underStoreFactory(environment);
  for (const text of ['', 'relative/path', 'hdfs://host/x', 'gs://bucket', 's3://', 's3:///key', 's3', 'http://x/y', 'FILE:///x']) {
    assert.throws(() => factory.open(text, new Map()), {
      kind: 'invalidArgument',
      message: `No Under File System Factory found for: ${text}`,
    });
  }
  for (const text of ['/a/../b', 'file:///a/./b', 's3://bucket/../x', '/a\0b'])
    assert.throws(() => factory.open(text, new Map()), { kind: 'invalidArgument' });
});

test('opening a store contacts nobody', () => {
  const store = underStoreFactory(environment).open('s3://bucket/x', new Map());
  assert.equal(store.uri, 's3://bucket/x');
  assert.equal(store.capabilities.type, 's3');
});

test('an endpoint at a link-local or metadata address is refused, however it is spelt', () => {
  for (const endpoint of [
    'http://169.254.169.254',
    'http://169.254.169.254./x',
    'https://169.254.0.1:9000',
    'http://2852039166',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376',
    'http://169.254.43518',
    'http://[fe80::1]:9000',
    'http://[FEBF::1]',
    'http://[fd00:ec2::254]',
    'http://[::ffff:169.254.169.254]',
    'http://[::ffff:a9fe:a9fe]',
    'http://metadata.google.internal',
    'http://METADATA.google.internal./',
  ]) {
    assert.throws(() => settings({ 'alluxio.underfs.s3.endpoint': endpoint }), { kind: 'permissionDenied' }, endpoint);
  }
  for (const endpoint of ['ftp://host', 'host:9000/x', 'nonsense', 'file:///x'])
    assert.throws(() => settings({ 'alluxio.underfs.s3.endpoint': endpoint }), { kind: 'invalidArgument' }, endpoint);
  for (const endpoint of [
    'http://127.0.0.1:9000',
    'https://s3.example.com',
    'http://[::1]:9000',
    'http://169.253.0.1',
    'http://10.169.254.1',
  ])
    assert.equal(settings({ 'alluxio.underfs.s3.endpoint': endpoint }).endpoint, endpoint);
});

test('the properties of a mount decide, also under the names of older versions', () => {
  const found = settings({
    'aws.accessKeyId': 'key',
    'aws.secretKey': 'secret',
    'alluxio.underfs.s3.endpoint.region': 'eu-central-1',
    'alluxio.underfs.s3.streaming.upload.partition.size': '1KB',
    'alluvium.underfs.s3.upload.parts.in.flight': '0',
  });
  assert.equal(found.accessKey, 'key');
  assert.equal(found.secretKey, 'secret');
  assert.equal(found.region, 'eu-central-1');
  assert.equal(found.partBytes, 5 << 20, 'S3 takes no smaller parts');
  assert.equal(found.partsInFlight, 1);
  assert.equal(found.pathStyle, false);
  assert.equal(found.instanceCredentials, false);
  assert.equal(settings({ 'alluxio.underfs.s3.endpoint': 'http://127.0.0.1:1' }).pathStyle, true);
});
