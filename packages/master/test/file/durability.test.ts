import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { methodsOf } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Calls, Gate, assertRebuilt, dump, isSettled, operationId, pmode, rejects, replayed, World } from './world.js';

const { MUST_CACHE, THROUGH } = fs.WritePType;
const m = methodsOf(fs.FileSystemMasterClientServiceDefinition);

interface Case {
  readonly name: string;
  /** The call, with the path that it changes. */
  readonly call: (calls: Calls) => Promise<unknown>;
}

const CHANGES: readonly Case[] = [
  { name: 'createFile', call: (c) => c.unary(m.createFile, { path: '/new', options: { blockSizeBytes: 1n, writeType: MUST_CACHE } }) },
  { name: 'createFile through', call: (c) => c.unary(m.createFile, { path: '/new', options: { writeType: THROUGH } }) },
  { name: 'createFile overwriting', call: (c) => c.unary(m.createFile, { path: '/done', options: { overwrite: true } }) },
  { name: 'createFile overwriting what is stored', call: (c) => c.unary(m.createFile, { path: '/stored', options: { overwrite: true } }) },
  { name: 'completeFile', call: (c) => c.unary(m.completeFile, { path: '/open' }) },
  { name: 'completeFile through', call: (c) => c.unary(m.completeFile, { path: '/openThrough' }) },
  { name: 'getNewBlockIdForFile', call: (c) => c.unary(m.getNewBlockIdForFile, { path: '/open' }) },
  { name: 'createDirectory', call: (c) => c.unary(m.createDirectory, { path: '/new', options: { writeType: MUST_CACHE } }) },
  { name: 'createDirectory through', call: (c) => c.unary(m.createDirectory, { path: '/new', options: { writeType: THROUGH } }) },
  { name: 'remove', call: (c) => c.unary(m.remove, { path: '/done' }) },
  { name: 'remove of what is stored', call: (c) => c.unary(m.remove, { path: '/dir', options: { recursive: true } }) },
  { name: 'rename', call: (c) => c.unary(m.rename, { path: '/done', dstPath: '/new' }) },
  { name: 'rename of what is stored', call: (c) => c.unary(m.rename, { path: '/stored', dstPath: '/new' }) },
  { name: 'setAttribute', call: (c) => c.unary(m.setAttribute, { path: '/done', options: { pinned: true } }) },
  { name: 'setAttribute in the store', call: (c) => c.unary(m.setAttribute, { path: '/stored', options: { mode: pmode(0o700) } }) },
  { name: 'setAttribute recursive', call: (c) => c.unary(m.setAttribute, { path: '/dir', options: { pinned: true } }) },
  { name: 'mount', call: (c) => c.unary(m.mount, { alluxioPath: '/new', ufsPath: 'mem://new' }) },
  { name: 'unmount', call: (c) => c.unary(m.unmount, { alluxioPath: '/mounted' }) },
  { name: 'updateMount', call: (c) => c.unary(m.updateMount, { alluxioPath: '/mounted', options: { readOnly: true } }) },
  { name: 'scheduleAsyncPersistence', call: (c) => c.unary(m.scheduleAsyncPersistence, { path: '/done' }) },
  { name: 'free, unpinning', call: (c) => c.unary(m.free, { path: '/pinned', options: { forced: true } }) },
];

async function furnished(): Promise<{ w: World; calls: Calls }> {
  const w = new World();
  await w.write('/done', 12);
  await w.create('/open');
  await w.create('/openThrough', { writeType: THROUGH });
  w.store.file('openThrough', 'abc');
  await w.writeThrough('/stored', 'abc');
  await w.writeThrough('/pinned', 'abc');
  await w.set('/pinned', { pinned: true });
  await w.writeThrough('/dir/f', 'abc');
  await w.mount('/mounted', 'mem://mounted');
  return { w, calls: new Calls(w) };
}

for (const { name, call } of CHANGES) {
  test(`no reply before it is durable: ${name}`, async () => {
    const { w, calls } = await furnished();
    const before = w.journal.lastSequence;
    w.journal.slow = true;
    const reply = call(calls);
    assert.equal(await isSettled(reply), false);
    assert.ok(w.journal.lastSequence > before, 'it was journaled');
    while (!(await isSettled(reply))) w.journal.release();
    await reply;
    assertRebuilt(w);
  });

  test(`nothing changes, here or in the store, while the journal's disk is full: ${name}`, async () => {
    const { w, calls } = await furnished();
    const stored = new Map([...w.store.entries].map(([path, entry]) => [path, { ...entry }]));
    const attributes = w.inode('/stored');
    w.journal.refusal = fail('resourceExhausted', 'the disk of the journal is full');
    await rejects('resourceExhausted', /the disk of the journal is full$/, () => call(calls));
    assert.deepEqual(new Map(w.store.entries), stored);
    assert.deepEqual(w.inode('/stored'), attributes);
    assertRebuilt(w);
    w.journal.refusal = undefined;
    await call(calls);
    assertRebuilt(w);
  });
}

test('a reader waits until what it saw is durable', async () => {
  const { w, calls } = await furnished();
  w.journal.slow = true;
  void w.create('/volatile');
  const reads = [
    calls.unary(m.getStatus, { path: '/volatile' }),
    calls.unary(m.exists, { path: '/volatile' }),
    calls.unary(m.getFilePath, { fileId: w.inode('/volatile')!.id }),
    calls.unary(m.getMountTable, { checkUfs: false }),
    calls.unary(m.getMountTable, {}),
    calls.unary(m.createDirectory, { path: '/dir', options: { allowExists: true } }),
    calls.unary(m.createDirectory, { path: '/dir', options: { allowExists: true, writeType: THROUGH } }),
    calls.unary(m.rename, { path: '/done', dstPath: '/done' }),
    calls.unary(m.checkAccess, { path: '/volatile' }),
  ];
  for (const [index, read] of reads.entries()) assert.equal(await isSettled(read), false, `read ${index}`);
  w.journal.release();
  await Promise.all(reads);
});

test('an error waits too when it may show what is not durable', async () => {
  const { w, calls } = await furnished();
  w.journal.slow = true;
  void w.rm('/done');
  void w.create('/volatile');
  const errors = [
    calls.unary(m.getStatus, { path: '/done', options: { loadMetadataType: fs.LoadMetadataPType.NEVER } }),
    calls.unary(m.createFile, { path: '/volatile', options: { blockSizeBytes: 1n } }),
    calls.unary(m.remove, { path: '/done' }),
    calls.unary(m.rename, { path: '/open', dstPath: '/volatile' }),
    calls.unary(m.mount, { alluxioPath: '/volatile', ufsPath: 'mem://x' }),
    calls.unary(m.unmount, { alluxioPath: '/volatile' }),
    calls.stream(m.listStatus as never, listing('/done', fs.LoadMetadataPType.NEVER)),
  ];
  for (const [index, error] of errors.entries()) assert.equal(await isSettled(error), false, `error ${index}`);
  w.journal.release();
  for (const [index, result] of (await Promise.allSettled(errors)).entries()) assert.equal(result.status, 'rejected', `error ${index}`);
});

test('a listing waits, an empty one too', async () => {
  const { w, calls } = await furnished();
  await w.mkdir('/d');
  await w.create('/d/f');
  await w.list('/d');
  w.journal.slow = true;
  void w.rm('/d/f');
  const empty = calls.stream(m.listStatus as never, listing('/d'));
  assert.equal(await isSettled(empty), false);
  void w.create('/d/g');
  let sent = 0;
  const one = calls.stream(
    m.listStatus as never,
    listing('/d', undefined, () => sent++),
  );
  assert.equal(await isSettled(one), false);
  assert.equal(sent, 0);
  w.journal.release();
  await Promise.all([empty, one]);
  assert.equal(sent, 1);
});

function listing(path: string, loadMetadataType?: fs.LoadMetadataPType, onWrite = (): void => {}): unknown {
  let request: fs.ListStatusPRequest | undefined = { path, options: loadMetadataType === undefined ? {} : { loadMetadataType } };
  return {
    path: m.listStatus.path,
    peer: '10.0.0.1:4711',
    caller: { user: 'root', connectionUser: 'root' },
    read: () => {
      const next = request;
      request = undefined;
      return Promise.resolve(next);
    },
    write: () => Promise.resolve(onWrite()),
  };
}

test('copies are freed only when the removal is durable', async () => {
  const { w } = await furnished();
  w.journal.slow = true;
  const removed = w.rm('/done');
  assert.deepEqual(w.freed, []);
  w.journal.release();
  await removed;
  assert.equal(w.freed.length, 2);
});

test('no reply shows what a crash can take back', async () => {
  const { w, calls } = await furnished();
  const acknowledged = w.journal.operations.length;
  w.journal.slow = true;
  const lost = calls.unary(m.createFile, { path: '/lost', options: { blockSizeBytes: 1n, writeType: MUST_CACHE } });
  const seen = calls.unary(m.getStatus, { path: '/lost' });
  assert.equal((await isSettled(lost)) || (await isSettled(seen)), false);
  w.journal.operations.length = acknowledged;
  const again = replayed(w);
  assert.equal(again.inode('/lost'), undefined);
  await again.create('/lost');
});

test('a journal that breaks while a reply waits is an error, not a reply', async () => {
  const { w, calls } = await furnished();
  const broken = new Gate();
  w.journal.slow = true;
  w.journal.flushed = () =>
    broken.passed.then(() => {
      throw fail('unavailable', 'fdatasync failed');
    });
  const replies = [
    calls.unary(m.createFile, { path: '/x', options: { blockSizeBytes: 1n, writeType: MUST_CACHE } }),
    calls.unary(m.getStatus, { path: '/x' }),
    calls.unary(m.getStatus, { path: '/none', options: { loadMetadataType: fs.LoadMetadataPType.NEVER } }),
  ];
  broken.open();
  for (const result of await Promise.allSettled(replies)) assert.equal(result.status, 'rejected');
});

test('a retried operation is answered, not repeated', async () => {
  const commonOptions = { operationId: operationId() };
  const mine: readonly ((c: Calls) => Promise<unknown>)[] = [
    (c) => c.unary(m.createFile, { path: '/new', options: { blockSizeBytes: 1n, writeType: MUST_CACHE, commonOptions } }),
    (c) => c.unary(m.createFile, { path: '/stored', options: { overwrite: true, commonOptions } }),
    (c) => c.unary(m.completeFile, { path: '/open', options: { commonOptions } }),
    (c) => c.unary(m.completeFile, { path: '/openThrough', options: { commonOptions } }),
    (c) => c.unary(m.createDirectory, { path: '/new', options: { writeType: MUST_CACHE, commonOptions } }),
    (c) => c.unary(m.createDirectory, { path: '/new', options: { writeType: THROUGH, commonOptions } }),
    (c) => c.unary(m.remove, { path: '/done', options: { commonOptions } }),
    (c) => c.unary(m.remove, { path: '/dir', options: { recursive: true, commonOptions } }),
    (c) => c.unary(m.rename, { path: '/done', dstPath: '/new', options: { commonOptions } }),
    (c) => c.unary(m.rename, { path: '/stored', dstPath: '/new', options: { commonOptions } }),
  ];
  for (const [index, call] of mine.entries()) {
    const { w, calls } = await furnished();
    await Promise.all([call(calls), call(calls)]);
    const after = dump(w);
    const stored = [...w.store.entries.keys()].toSorted();
    await call(calls);
    const again = replayed(w);
    await call(new Calls(again));
    assert.deepEqual(dump(again), after, `operation ${index}`);
    assert.deepEqual(dump(w), after, `operation ${index}`);
    assert.deepEqual([...w.store.entries.keys()].toSorted(), stored, `operation ${index}`);
  }
});

test('a retry after a crash that took the first attempt back is an operation of its own', async () => {
  const w = new World();
  const options = { commonOptions: { operationId: operationId() } };
  const kept = w.journal.operations.length;
  await w.create('/f', options);
  w.journal.operations.length = kept;
  const again = replayed(w);
  assert.equal((await again.create('/f', options)).path, '/f');
});

test('containers that a refusing journal took no note of are never given again', async () => {
  const w = new World();
  const seen = new Set<bigint>();
  for (let i = 0; i < 999; i++) await w.create(`/a${i}`);
  w.journal.refusal = fail('resourceExhausted', 'full');
  for (let i = 0; i < 1500; i++) await assert.rejects(async () => w.create('/refused'));
  w.journal.refusal = undefined;
  seen.add((await w.create('/b')).fileId!);
  const again = replayed(w);
  for (let i = 0; i < 3000; i++) assert.ok(!seen.has((await again.create(`/c${i}`)).fileId!), `file ${i} after the restart`);
});
