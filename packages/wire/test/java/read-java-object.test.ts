import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlluviumError } from '@alluvium/base';
import { SeededRandom } from '@alluvium/testkit';
import { java } from '@alluvium/wire';
import { RECORDED } from './recorded.js';

const bytesOf = (name: keyof typeof RECORDED): Buffer => Buffer.from(RECORDED[name], 'base64');

function plain(value: java.JavaValue | undefined): unknown {
  if (java.isJavaEnum(value)) return value.constant;
  const elements = java.isJavaObject(value) ? java.javaElements(value) : undefined;
  if (elements !== undefined) return elements.map(plain);
  const entries = java.javaEntries(value);
  if (entries !== undefined)
    return Object.fromEntries([...entries].map(([key, held]) => [typeof key === 'string' ? key : '?', plain(held)]));
  if (java.isJavaObject(value))
    return { of: java.simpleName(value.className), ...Object.fromEntries([...value.fields].map(([k, v]) => [k, plain(v)])) };
  return value;
}

const read = (name: keyof typeof RECORDED): unknown => plain(java.readJavaObject(bytesOf(name)));

test('requests for jobs are read as Java 2.9.4 writes them', () => {
  assert.deepEqual(read('migrateCli'), {
    of: 'MigrateCliConfig',
    mBatchSize: 1,
    mOverwrite: true,
    mDestination: '/jd2',
    mSource: '/jd',
    mWriteType: 'ASYNC_THROUGH',
  });
  assert.deepEqual(read('migrate'), {
    of: 'MigrateConfig',
    mOverwrite: false,
    mDestination: '/jd9',
    mSource: '/jd/f1',
    mWriteType: 'THROUGH',
  });
  assert.deepEqual(read('persist'), { of: 'PersistConfig', mMountId: 1n, mOverwrite: false, mFilePath: '/at3', mUfsPath: '/ufs/at3.tmp' });
  assert.deepEqual(read('setReplica'), { of: 'SetReplicaConfig', mBlockId: 16777216n, mReplicas: 3, mPath: '/r' });
  assert.deepEqual(read('move'), { of: 'MoveConfig', mBlockId: 16777217n, mMediumType: 'SSD', mPath: '/m', mWorkerHost: 'host1' });
  assert.deepEqual(read('load'), {
    of: 'LoadConfig',
    mDirectCache: true,
    mReplication: 2,
    mExcludedLocalityIds: [],
    mExcludedWorkerSet: [],
    mFilePath: '/l',
    mLocalityIds: [],
    mWorkerSet: ['w1', 'w2'],
  });
});

test('collections and strings of Java are read with what they hold', () => {
  assert.deepEqual((read('loadCli') as { mExcludedLocalityIds: unknown }).mExcludedLocalityIds, ['z']);
  assert.deepEqual(read('batched'), { of: 'BatchedJobConfig', mJobConfigs: [{ source: '/s', destination: '/d' }], mJobType: 'Migrate' });
  const composite = read('composite') as { mJobs: { mFilePath?: string }[] };
  assert.equal(composite.mJobs[1]!.mFilePath, '/p\u00e9\u{1f600}');
  assert.deepEqual(read('singleton'), ['one']);
  assert.deepEqual(read('unmodifiable'), ['u']);
  // Its cause may be itself.
  const exception = java.readJavaObject(bytesOf('exception'));
  assert.equal(java.isJavaObject(exception) && exception.fields.get('detailMessage'), 'disk');
  assert.deepEqual(read('long'), { of: 'Long', value: 42n });
  assert.equal(read('string'), 'text');
  const ints = java.readJavaObject(bytesOf('ints'));
  assert.deepEqual(java.isJavaArray(ints) && ints.items, [1, 2, 3]);
});

test('a set that is wrapped in itself has no elements', () => {
  const set = new Map<string, java.JavaValue>();
  const wrapped: java.JavaValue = { kind: 'object', className: 'java.util.Collections$UnmodifiableSet', fields: set, extra: [] };
  set.set('c', wrapped);
  assert.equal(java.javaElements(wrapped), undefined);
});

test('the options of a load request lie in it as the bytes of a message', () => {
  const request = java.readJavaObject(bytesOf('loadRequest'));
  assert.ok(java.isJavaObject(request));
  const options = request.fields.get('mOptions');
  assert.ok(java.isJavaObject(options));
  const bytes = options.fields.get('asBytes');
  assert.ok(bytes instanceof Uint8Array);
  assert.equal(Buffer.from(bytes).toString('hex'), '0880804010011801');
});

function refusal(bytes: Uint8Array, limits?: java.JavaLimits): string {
  try {
    java.readJavaObject(bytes, limits);
  } catch (error) {
    assert.ok(error instanceof AlluviumError, String(error));
    assert.equal(error.kind, 'invalidArgument');
    return error.message;
  }
  return '';
}

test('a Java object that lies about its size, its depth or its classes is refused', () => {
  const stream = (...body: number[]): Uint8Array => Uint8Array.from([0xac, 0xed, 0, 5, ...body]);
  assert.match(refusal(stream()), /in the middle/);
  assert.match(refusal(Uint8Array.from([1, 2, 3, 4, 5])), /does not begin/);
  assert.match(refusal(stream(0x71, 0, 0x7e, 0, 9)), /has not been there/);
  assert.match(refusal(stream(0x7c, 0, 0, 0, 1, 0, 0, 0, 0)), /longer than all of it/);
  assert.match(refusal(stream(0x7a, 0x7f, 0xff, 0xff, 0xff)), /in the middle/);
  assert.match(refusal(stream(0x7d, 0, 0, 0, 0)), /begins nothing/);
  const bytesArray = [0x75, 0x72, 0, 2, 0x5b, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0x78, 0x70];
  assert.match(refusal(stream(...bytesArray, 0x7f, 0xff, 0xff, 0xff)), /in the middle/);
  const objects = [0x75, 0x72, 0, 2, 0x5b, 0x4c, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0x78, 0x70];
  assert.match(refusal(stream(...objects, 0xff, 0xff, 0xff, 0xff)), /in the middle/);
  // Arrays within arrays without end.
  const within = [...objects, 0, 0, 0, 1];
  const deep: number[] = [...within];
  for (let i = 0; i < 200; i++) deep.push(0x75, 0x71, 0, 0x7e, 0, 0, 0, 0, 0, 1);
  assert.match(refusal(stream(...deep)), /lie within each other/);
  // A class that is its own superclass.
  const own = [0x73, 0x72, 0, 1, 0x41, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0x78, 0x71, 0, 0x7e, 0, 0];
  assert.match(refusal(stream(...own)), /no end of superclasses/);
  const recorded = bytesOf('composite');
  assert.match(refusal(recorded, { ...java.defaultJavaLimits, maxBytes: 100 }), /bytes; at most 100/);
  assert.match(refusal(recorded, { ...java.defaultJavaLimits, maxHandles: 5 }), /more than 5 objects/);
});

test('whatever is done to the bytes of a Java object, it is read or refused', () => {
  const random = new SeededRandom(7);
  const names = Object.keys(RECORDED) as (keyof typeof RECORDED)[];
  let refused = 0;
  for (let round = 0; round < 6000; round++) {
    const bytes = Buffer.from(bytesOf(names[random.below(names.length)]!));
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      const at = 4 + random.below(bytes.length - 4);
      bytes[at] = random.below(4) === 0 ? 0x70 + random.below(15) : random.below(256);
    }
    const cut = random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    if (refusal(cut) !== '') refused++;
  }
  assert.ok(refused > 1000, `${refused} were refused`);
});
