import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, normalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { JobRecord } from '@alluvium/master/job/job-ledger.js';
import { jobSpec, type JobWriteType } from '@alluvium/master/job/job-spec.js';
import { journal as wireJournal } from '@alluvium/wire';
import { assertHealthy, pmode, rejects } from '../file/world.js';
import type { MemoryStores } from '../file/memory-store.js';
import { JobWorld } from './job-world.js';

type Options = ConstructorParameters<typeof JobWorld>[0];

/** /a with files of several lengths, cached on w1, and directories, one of them empty. */
async function furnished(options: Options = {}): Promise<JobWorld> {
  const w = new JobWorld(options);
  const w1 = w.addWorker('w1');
  w.addWorker('w2');
  await w.mkdir('/a/empty', { recursive: true, mode: pmode(0o750) });
  for (const [name, length] of Object.entries(FILES)) await w.cached(`/a/${name}`, length, w1);
  w.jobs.start();
  return w;
}

const FILES: Readonly<Record<string, number>> = { f1: 25, 'x/f2': 10, 'x/y/f3': 7, 'z/f4': 0 };

const copy = (more: object = {}): Parameters<JobWorld['submit']>[0] => ({
  kind: 'copy',
  path: '/a',
  target: '/b',
  writeType: 'MUST_CACHE',
  ...more,
});

/** All paths with their lengths; of a directory, its mode. */
function tree(w: JobWorld, path: string): Record<string, number> {
  const out: Record<string, number> = {};
  const root = w.inode(path);
  if (root === undefined) return out;
  for (const [inode, at] of w.tree.within(root, normalPath(path))) {
    const complete = inode.kind === 'directory' || inode.completed;
    out[at.slice(path.length)] = inode.kind === 'file' ? (complete ? inode.length : -1) : inode.mode;
  }
  return out;
}

const COPIED = { '': 0o755, '/empty': 0o750, '/f1': 25, '/x': 0o755, '/x/f2': 10, '/x/y': 0o755, '/x/y/f3': 7, '/z': 0o755, '/z/f4': 0 };

test('a copy makes the same tree elsewhere, whose blocks are copied beside those of the source', async () => {
  const w = await furnished({ perWorker: 100 });
  const record = await w.done(copy());
  assert.deepEqual([record.state, record.reason], ['SUCCEEDED', '']);
  assert.deepEqual(tree(w, '/b'), COPIED);
  assert.deepEqual(tree(w, '/a'), COPIED);
  assert.deepEqual(w.copies('/b/f1'), [1, 1, 1]);
  assert.ok(w.loads.every(({ worker, request }) => worker === 'w1' && request.pinned === true && request.targetBlockId !== undefined));
  assert.deepEqual([record.figures.files, record.figures.bytes, record.figures.totalBytes], [4, 42, 42]);
  assertHealthy(w);
  await w.jobs.stop();
});

test('a file is copied to a name, or into a directory that is there', async () => {
  const w = await furnished();
  await w.done(copy({ path: '/a/f1', target: '/c/one' }));
  await w.done(copy({ path: '/a/f1', target: '/c' }));
  assert.deepEqual(tree(w, '/c'), { '': 0o755, '/one': 25, '/f1': 25 });
  await w.jobs.stop();
});

test('a copy replaces files only when it is told to', async () => {
  const w = await furnished();
  await w.write('/b/f1', 3, { recursive: true });
  const kept = await w.done(copy());
  assert.deepEqual([kept.state, kept.figures.failedFiles, tree(w, '/b')['/f1']], ['FAILED', 1, 3]);
  assert.match(kept.failures.get('/a/f1')!, /already exists/);
  const replaced = await w.done(copy({ overwrite: true }));
  assert.deepEqual([replaced.state, tree(w, '/b')], ['SUCCEEDED', COPIED]);
  await w.jobs.stop();
});

for (const writeType of ['CACHE_THROUGH', 'ASYNC_THROUGH'] as const satisfies readonly JobWriteType[]) {
  test(`a move with ${writeType} removes a source only when its copy is in the store`, async () => {
    const w = await furnished();
    const { id } = await w.submit(copy({ kind: 'move', writeType }));
    await w.clock.advance(5000);
    assert.deepEqual(tree(w, '/a'), COPIED);
    await w.persistAll();
    const record = await w.ended(id);
    assert.deepEqual([record.state, tree(w, '/a'), tree(w, '/b')], ['SUCCEEDED', {}, COPIED]);
    await w.jobs.stop();
  });
}

test('a source whose copy fails stays, and nothing half done is left at the target', async () => {
  const w = await furnished();
  const bad = w.blocksOf('/a/f1')[1];
  w.before = ({ request }) => {
    if (request.blockId === bad) throw fail('notFound', 'the bytes are gone');
  };
  const record = await w.done(copy({ kind: 'move' }));
  assert.deepEqual([record.state, record.figures.failedFiles], ['FAILED', 1]);
  assert.deepEqual(tree(w, '/a'), { '': 0o755, '/f1': 25 });
  assert.equal(tree(w, '/b')['/f1'], undefined);
  assertHealthy(w);
  await w.jobs.stop();
});

test('what took the place of a source while it was moved is not removed', async () => {
  const w = await furnished();
  const block = w.blocksOf('/a/f1')[0];
  w.before = async ({ request }) => {
    if (request.blockId !== block) return;
    await w.rm('/a/f1');
    await w.write('/a/f1', 4);
  };
  const record = await w.done(copy({ kind: 'move' }));
  assert.match(record.failures.get('/a/f1')!, /was changed while it was copied/);
  assert.equal(tree(w, '/a')['/f1'], 4);
  await w.jobs.stop();
});

test('a copy that is stopped leaves no file that nobody completes', async () => {
  const w = await furnished();
  w.before = () => new Promise((resolve) => void w.clock.schedule(60_000, resolve));
  const { id } = await w.submit(copy());
  await w.clock.advance(1000);
  assert.equal(tree(w, '/b')['/f1'], -1);
  await w.clock.run(w.jobs.cancel(w.jobLedger.get(id)!));
  assert.ok(Object.values(tree(w, '/b')).every((length) => length >= 0));
  assert.equal(w.jobLedger.get(id)!.begun.size, 0);
  await w.jobs.stop();
});

test('a worker that dies in the middle of a copy is replaced by another', async () => {
  const w = await furnished();
  w.before = ({ worker }) => {
    if (worker === 'w1') w.disconnect('w1');
  };
  const record = await w.done(copy());
  assert.deepEqual([record.state, tree(w, '/b')], ['SUCCEEDED', COPIED]);
  assert.ok(w.loads.some(({ worker }) => worker === 'w2'));
  await w.jobs.stop();
});

test('a copy into itself, a move of the root and an unknown write type are refused', async () => {
  const w = await furnished();
  await rejects('invalidArgument', /that is within it/, () => w.submit(copy({ target: '/a/x' })));
  await rejects('invalidArgument', /it is the root/, () => w.submit(copy({ kind: 'move', path: '/' })));
  await rejects('notFound', /does not exist/, () => w.submit(copy({ path: '/none' })));
  w.before = () => new Promise((resolve) => void w.clock.schedule(1000, resolve));
  await w.submit(copy());
  await rejects('alreadyExists', /does that already/, () => w.submit(copy()));
  await w.clock.run(w.jobs.stop());
});

test('a submission that is repeated, because its answer was lost, is told of the job that there is', async () => {
  const w = await furnished();
  const uuid = '00000000-0000-4000-8000-000000000001';
  const { id } = await w.submit(copy({ kind: 'move' }), {}, uuid);
  assert.equal((await w.submit(copy({ kind: 'move' }), {}, uuid)).id, id);
  await w.ended(id);
  assert.equal((await w.submit(copy({ kind: 'move' }), {}, uuid)).id, id, 'also when its source is gone');
  await rejects('notFound', /does not exist/, () => w.submit(copy({ kind: 'move' })));
});

test('a copy with THROUGH goes from store to store, and nothing of it is cached', async () => {
  const w = await furnished();
  w.stores.at('mem://other').directory('');
  await w.mount('/m', 'mem://other');
  const record = await w.done(copy({ target: '/m/b', writeType: 'THROUGH' }));
  assert.deepEqual([record.state, tree(w, '/m/b'), w.loads.length], ['SUCCEEDED', COPIED, 0]);
  assert.equal(w.inode('/m/b/f1')?.persistence, 'PERSISTED');
  const other = w.stores.at('mem://other');
  assert.deepEqual(
    other.paths().filter((path) => path.includes('tmp')),
    [],
  );
  assert.equal((await other.status('b/x/f2'))?.length, 10);
  const { blocks } = w.written.find(({ length }) => length === 25n)!;
  assert.deepEqual(
    blocks!.map(({ length }) => length),
    [10n, 10n, 5n],
  );
  assert.ok(blocks!.every(({ sources }) => sources?.length === 1));
  // From one store to the other: the source was never cached.
  w.store.file('cold/f', 'x'.repeat(12));
  await w.done(copy({ path: '/cold', target: '/m/cold', writeType: 'THROUGH' }));
  assert.deepEqual(
    w.written.at(-1)!.blocks!.map(({ stored }) => [stored?.ufsPath, stored?.offsetInFile]),
    [
      ['mem://root/cold/f', 0n],
      ['mem://root/cold/f', 10n],
    ],
  );
  assert.equal((await other.status('cold/f'))?.length, 12);
  assertHealthy(w);
  await w.jobs.stop();
});

test('a copy with THROUGH that fails leaves nothing in the store', async () => {
  const w = await furnished();
  w.before = ({ request }) => {
    if (request.length === 10n) throw fail('permissionDenied', 'the store refuses');
  };
  const record = await w.done(copy({ writeType: 'THROUGH' }));
  assert.deepEqual([record.state, record.figures.failedFiles], ['FAILED', 1]);
  assert.equal(tree(w, '/b')['/x/f2'], undefined);
  assert.deepEqual(
    w.store.paths().filter((path) => path.includes('f2') || path.includes('tmp')),
    [],
  );
  await w.jobs.stop();
});

function entriesOf(operations: readonly Uint8Array[][]): JournalEntry[] {
  return operations.flat().map((bytes) => wireJournal.JournalEntry.decode(bytes));
}

/** The master dies after so many operations have become durable; another one goes on, with workers that have what was committed. */
async function afterCrash(w: JobWorld, durable: number, stores: MemoryStores): Promise<{ next: JobWorld; record: JobRecord }> {
  const next = new JobWorld({ entries: entriesOf(w.journal.operations.slice(0, durable)), stores });
  next.clock.elapse(w.clock.nowMs() - next.clock.nowMs());
  // Another start has other random ids.
  next.random.bytes(1000);
  const worker = next.addWorker('w1');
  next.addWorker('w2');
  const root = next.inode('/')!;
  for (const [inode] of next.tree.within(root, normalPath('/'))) {
    if (inode.kind !== 'file') continue;
    for (const block of inode.blocks) if (next.blocks.length(block) !== undefined) next.put(worker, block);
  }
  next.jobs.start();
  const [job] = [...next.jobLedger.all()];
  return { next, record: await next.ended(job!.id) };
}

/** The stores as they were when each operation was about to be journaled. */
function recordStores(w: JobWorld): MemoryStores[] {
  const seen: MemoryStores[] = [];
  const append = w.journal.append.bind(w.journal);
  w.journal.append = (entries) => {
    seen[w.journal.operations.length] = w.stores.copy();
    return append(entries);
  };
  return seen;
}

for (const [kind, writeType] of [
  ['copy', 'MUST_CACHE'],
  ['move', 'MUST_CACHE'],
  ['copy', 'THROUGH'],
  ['move', 'THROUGH'],
] as const) {
  test(`a master that is killed at any step of a ${kind} with ${writeType} goes on without loss or duplicates`, async () => {
    const w = await furnished();
    const before = w.journal.operations.length;
    const stores = recordStores(w);
    await w.done(copy({ kind, writeType }));
    const after = w.journal.operations.length;
    assert.ok(after - before > 20, `${after - before} operations`);
    for (let durable = before + 1; durable <= after; durable++) {
      const { next, record } = await afterCrash(w, durable, stores[durable] ?? w.stores);
      const at = `after operation ${durable - before}`;
      assert.deepEqual([record.state, [...record.failures], record.begun.size], ['SUCCEEDED', [], 0], at);
      assert.deepEqual(tree(next, '/b'), COPIED, at);
      assert.deepEqual(tree(next, '/a'), kind === 'copy' ? COPIED : {}, at);
      assert.deepEqual([record.figures.files, record.figures.totalBytes], [4, 42], at);
      // Of a source that is gone nobody knows the length any more.
      assert.ok(kind === 'move' ? record.figures.bytes <= 42 : record.figures.bytes === 42, `${at}: ${record.figures.bytes}`);
      const lengths = await Promise.all(['b/f1', 'b/x/f2', 'b/z/f4'].map(async (path) => (await next.store.status(path))?.length));
      assert.deepEqual(lengths, writeType === 'THROUGH' ? [25, 10, 0] : [undefined, undefined, undefined], at);
      assert.deepEqual(
        next.store.paths().filter((path) => path.endsWith('.tmp') || path.endsWith('.replaced')),
        [],
        at,
      );
      assertHealthy(next);
      await next.jobs.stop();
    }
    await w.jobs.stop();
  });
}

test('what a restarted master knows of its jobs is what is in its checkpoint', async () => {
  const w = await furnished();
  w.before = ({ request }) => {
    if (request.blockId === w.blocksOf('/a/x/f2')[0]) throw fail('notFound', 'gone');
    return new Promise((resolve) => void w.clock.schedule(1000, resolve));
  };
  const { id } = await w.submit(copy({ writeType: 'ASYNC_THROUGH', overwrite: true }), { bandwidth: 77, verify: true });
  await w.clock.advance(900);
  const entries: JournalEntry[] = [];
  const snapshot = w.jobLedger.snapshot();
  for (let at = snapshot.next(); at.done !== true; at = snapshot.next()) entries.push(at.value);
  const next = new JobWorld({ entries: entriesOf([entries.map((entry) => wireJournal.JournalEntry.encode(entry).finish())]) });
  assert.deepEqual(next.jobLedger.get(id), w.jobLedger.get(id));
  assert.ok(w.jobLedger.get(id)!.begun.size > 0);
  assert.deepEqual(next.jobLedger.get(id)!.spec, jobSpec({ kind: 'copy', path: '/a', target: '/b', user: 'root', overwrite: true }));
  await w.clock.run(w.jobs.stop());
});
