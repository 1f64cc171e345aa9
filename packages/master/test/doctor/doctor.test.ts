import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AlluviumError,
  ROOT_INODE_ID,
  blockIdOf,
  containerOf,
  fileIdOf,
  sleep,
  type BlockId,
  type ContainerId,
  type InodeId,
} from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { Doctor } from '@alluvium/master/doctor/index.js';
import type { DoctorOrder } from '@alluvium/master/doctor/doctor.js';
import type { Findings } from '@alluvium/master/doctor/findings.js';
import { directoryEntry, fileEntry } from '@alluvium/master/file/inode-to-entry.js';
import type { Task } from '@alluvium/master/task/tasks.js';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { methodsOf } from '@alluvium/net';
import { fileSystemMaster as fs, namespaceService } from '@alluvium/wire';
import fc from 'fast-check';
import { anyStep, tolerant } from '../file/random-steps.js';
import { assertHealthy, isSettled, World } from '../file/world.js';
import { Machine } from '../machine.js';
import { DamagedStore } from './damaged-store.js';

const RUNS = Number(process.env['ALLUVIUM_RANDOM_RUNS'] ?? 100);

function begin(w: World, order: Partial<DoctorOrder> = {}): { doctor: Doctor; task: Task; result: Promise<Findings> } {
  const doctor = new Doctor(w);
  return { doctor, ...doctor.start({ repair: false, checksPerSecond: 0, user: 'root', ...order }) };
}

/** One inode or name a step: others come between any two. */
const SLOWLY = { checksPerSecond: 20 };

/** Orphans of as many files that do not exist. */
function orphans(count: number): JournalEntry[] {
  return Array.from({ length: count }, (_, i) => ({ blockInfo: { blockId: blockIdOf(BigInt(50_000 + i) as ContainerId, 0), length: 1n } }));
}

/** Files of one block below a directory, as a checkpoint has them. */
function fill(w: World, parent: InodeId, count: number, like: FileInode): void {
  for (let i = 0; i < count; i++) {
    const container = BigInt(100 + i) as ContainerId;
    const block = blockIdOf(container, 0);
    w.state.apply({ blockInfo: { blockId: block, length: 5n } });
    w.state.apply(fileEntry({ ...like, id: fileIdOf(container), parentId: parent, name: `f${i}`, blocks: [block], length: 5 }));
  }
  w.state.apply({ blockContainerIdGenerator: { nextContainerId: BigInt(count + 1000) } });
}

test('a healthy namespace gives the doctor nothing to tell, whatever happens meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 40 }), fc.boolean(), async (steps, repair) => {
      const w = new World();
      await w.mkdir('/a/b', { recursive: true, writeType: fs.WritePType.THROUGH });
      await w.write('/a/c', 15, { writeType: fs.WritePType.ASYNC_THROUGH });
      await w.mount('/c', 'mem://-c');
      w.store.before = () => sleep(w.clock, 70);
      const { result, task } = begin(w, { ...SLOWLY, repair });
      const all = steps.map(async (run, i) => {
        await sleep(w.clock, i * 40);
        await tolerant(Promise.resolve().then(() => run(w))).finally(() => (w.journal.refusal = undefined));
      });
      await w.clock.run(Promise.all(all), Infinity);
      const findings = await w.clock.run(result, Infinity);
      const kept = findings.kept.filter(({ kind }) => kind !== 'intent-without-inode');
      assert.deepEqual([task.state, kept], ['SUCCEEDED', []]);
    }),
    { numRuns: RUNS },
  );
});

test('what an operation of several steps breaks for a moment is not told, and what it leaves broken is', async () => {
  const w = new World();
  await w.write('/kept', 25);
  const { blocks } = w.inode('/kept') as FileInode;
  // Somebody removes a file, and comes to its blocks later.
  let done!: () => void;
  const removal = w.c.locks.hold([{ path: '/kept' as never, mode: 'WRITE_EDGE' }], async () => {
    await w.c.committer.commit([{ deleteFile: { id: w.inode('/kept')!.id } }]);
    await new Promise<void>((resolve) => (done = resolve));
    await w.c.committer.commit(blocks.slice(1).map((blockId) => ({ deleteBlock: { blockId } })));
  });
  const { result } = begin(w);
  await w.clock.advance(60_000);
  assert.equal(await isSettled(result), false, 'it waits for the end of the removal');
  done();
  await removal;
  const { kept } = await w.clock.run(result);
  assert.deepEqual(
    kept.map(({ kind, about }) => [kind, about.block]),
    [['orphan-block', blocks[0]]],
  );
});

test('a damage that goes away before it is mended is not told as mended', async () => {
  const w = new World();
  await w.mkdir('/d');
  w.state.apply({ updateInodeDirectory: { id: w.inode('/d')!.id, mountPoint: true } });
  let release!: () => void;
  const holding = w.c.locks.hold([{ path: '/d' as never, mode: 'WRITE_EDGE' }], () => new Promise<void>((resolve) => (release = resolve)));
  const { result } = begin(w, { repair: true });
  await w.clock.advance(100);
  w.state.apply({ updateInodeDirectory: { id: w.inode('/d')!.id, mountPoint: false } });
  release();
  await holding;
  assert.deepEqual((await w.clock.run(result)).kept, []);
});

test('nothing is journaled where nothing is to be mended', async () => {
  const w = new World();
  await w.writeThrough('/d/stored', 'text');
  await w.write('/cached', 25);
  const before = w.journal.lastSequence;
  const { result } = begin(w, { repair: true });
  assert.equal((await w.clock.run(result)).total, 0);
  assert.equal(w.journal.lastSequence, before);
});

test('findings are kept up to a limit, and the rest is counted', async () => {
  const w = new World();
  for (const entry of orphans(10_500)) w.state.apply(entry);
  const { result, task, doctor } = begin(w);
  const findings = await w.clock.run(result);
  assert.deepEqual([findings.kept.length, findings.total, findings.dropped], [10_000, 10_500, 500]);
  assert.deepEqual([task.figures.get('orphan-block found'), task.figures.get('orphan-block checked')], [10_500, 10_500]);
  assert.equal(doctor.findings(task.id), findings);
  assert.equal(doctor.findings(undefined), findings);
  assert.equal(doctor.findings(task.id + 1), undefined);
  const again = new Doctor(w).start({ repair: true, checksPerSecond: 0, user: 'root' });
  await w.clock.run(again.result);
  assert.equal(again.task.figures.get('orphan-block repaired'), 10_500);
  assertHealthy(w);
});

test('an examination is a task: it shows how far it is, ends when it is cancelled, and comes one at a time', async () => {
  const w = new World();
  await w.write('/f', 25);
  const { task, result, doctor } = begin(w, SLOWLY);
  assert.deepEqual([task.kind, task.dryRun], ['doctor', true]);
  await w.clock.advance(200);
  assert.deepEqual([task.state, task.total], ['RUNNING', 5]);
  assert.ok(task.done > 0 && task.done < 5, `${task.done}`);
  assert.throws(() => doctor.start({ repair: false, checksPerSecond: 0, user: 'root' }), /the doctor is at work as task 1/);
  task.cancel();
  await w.clock.run(result.catch(() => undefined));
  assert.equal(task.state, 'CANCELLED');
  const { result: next } = doctor.start({ repair: false, checksPerSecond: 0, user: 'root' });
  assert.equal((await w.clock.run(next)).total, 0);
});

test('so many checks a second are not exceeded', async () => {
  const w = new World();
  await w.mkdir('/d');
  fill(w, w.inode('/d')!.id, 300, await template(w));
  const { result } = begin(w, { checksPerSecond: 100 });
  const startMs = w.clock.monotonicMs();
  await w.clock.run(result);
  // 303 inodes, 302 names, 301 blocks, 301 in a derived set, and a few others.
  const tookMs = w.clock.monotonicMs() - startMs;
  assert.ok(tookMs > 9000 && tookMs < 12_500, `${tookMs}`);
});

test('a namespace of any size is examined in short stretches, with little in memory', async () => {
  const w = new World();
  await w.mkdir('/d');
  const count = 50_000;
  fill(w, w.inode('/d')!.id, count, await template(w));
  const schedule = w.clock.schedule.bind(w.clock);
  let rests = 0;
  w.clock.schedule = (delayMs, callback) => {
    if (delayMs === 0) rests++;
    return schedule(delayMs, callback);
  };
  const { result, task } = begin(w);
  const { total } = await w.clock.run(result);
  assert.equal(total, 0);
  assert.ok(task.done >= 2 * count);
  // Inodes, names and blocks, at most a thousand at a time.
  assert.ok(rests >= (3 * count) / 1000, `${rests} rests`);
});

test('a large directory that is counted while it changes is counted again while nobody may change it', async () => {
  const damaged = new DamagedStore();
  const w = new World({ inodes: damaged });
  await w.mkdir('/d');
  const directory = w.inode('/d')!.id;
  fill(w, directory, 5500, await template(w));
  const changed = begin(w, { checksPerSecond: 2000 });
  await w.clock.advance(2000);
  await w.create('/d/a-new-one');
  await w.rm('/d/a-new-one');
  await w.rm('/d/f0');
  assert.equal((await w.clock.run(changed.result)).total, 0);
  damaged.miscount(directory, 6000);
  const { result } = begin(w, { checksPerSecond: 2000 });
  const { kept } = await w.clock.run(result);
  assert.deepEqual(
    kept.map(({ kind, detail }) => [kind, detail]),
    [['child-count', 'it has 5499 children, and counts 6000']],
  );
});

test('a file of very many blocks is examined in pieces', async () => {
  const w = new World();
  const like = await template(w);
  const container = 900n as ContainerId;
  const blocks = Array.from({ length: 5000 }, (_, i) => blockIdOf(container, i));
  for (const blockId of blocks) w.state.apply({ blockInfo: { blockId, length: 10n } });
  w.state.apply(fileEntry({ ...like, id: fileIdOf(container), name: 'long', blocks, length: 50_000 }));
  w.state.apply({ deleteBlock: { blockId: blocks[4500]! } });
  const { result } = begin(w, { repair: true });
  const { kept } = await w.clock.run(result);
  assert.deepEqual(
    kept.map(({ kind, about, repaired }) => [kind, about.subject, repaired]),
    [['block-without-length', '/long', true]],
  );
  assertHealthy(w);
});

test('while the journal refuses nothing is mended, and the finding says why', async () => {
  const w = new World();
  w.state.apply(orphans(1)[0]!);
  w.journal.refusal = new AlluviumError('resourceExhausted', 'disk full');
  const { result, task } = begin(w, { repair: true });
  const { kept } = await w.clock.run(result);
  assert.deepEqual([kept.length, kept[0]!.repaired], [1, false]);
  assert.match(kept[0]!.detail, /not repaired: disk full/);
  assert.match(task.error!, /orphan-block of block \d+ is not repaired: disk full/);
});

test('a master mends what its journal says, and what it has mended stays so after a restart', async () => {
  const machine = new Machine();
  const namespace = methodsOf(namespaceService.NamespaceServiceDefinition);
  const channel = await machine.start();
  assert.deepEqual(machine.master.examine(), []);
  const { state, journal } = machine.master.journaled!;
  const damage = [
    directoryEntry({ ...root(state.snapshot()), id: 70n as InodeId, parentId: 69n as InodeId, name: 'lost' }),
    { blockInfo: { blockId: 1n << 40n, length: 3n } },
  ];
  journal.append(damage);
  for (const entry of damage) state.apply(entry);
  const kinds = ['directory-id-not-taken', 'inode-without-parent', 'orphan-block'];
  const found = machine.master.examine().map(({ kind }) => kind);
  assert.deepEqual(found.toSorted(), kinds);
  const { taskId } = await channel.unary(namespace.startDoctor, { repair: true });
  const ended = async (): Promise<void> => {
    while ((await channel.unary(namespace.getTask, { taskId: taskId! })).task!.state === namespaceService.TaskState.RUNNING)
      await machine.clock.advance(100);
  };
  await machine.clock.run(ended());
  const { findings, total } = await channel.unary(namespace.listFindings, { taskId: taskId! });
  assert.deepEqual(
    findings!.map(({ kind, repaired }) => [kind, repaired]).toSorted(),
    kinds.map((kind) => [kind, true]),
  );
  assert.equal(total, 3n);
  assert.equal((await channel.unary(namespace.listFindings, { after: 1, limit: 1 })).findings!.length, 1);
  assert.deepEqual(machine.master.examine(), []);
  await machine.restart('kill');
  assert.deepEqual(machine.master.examine(), []);
  await machine.stop();
});

function root(snapshot: Iterator<JournalEntry>): DirectoryInode {
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) {
    if (next.value.inodeDirectory?.id !== ROOT_INODE_ID) continue;
    const w = new World({ entries: [next.value] });
    return w.inodes.get(ROOT_INODE_ID) as Inode as DirectoryInode;
  }
  throw new Error('no root');
}

/** A complete file to make others of. */
async function template(w: World): Promise<FileInode> {
  await w.write('/template', 5);
  const inode = w.inode('/template') as FileInode;
  assert.equal(containerOf(inode.blocks[0] as BlockId), containerOf(inode.id));
  return inode;
}
