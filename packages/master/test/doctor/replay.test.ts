import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlluviumError } from '@alluvium/base';
import { stateHash, type JournalEntry } from '@alluvium/journal';
import { ALL_KINDS } from '@alluvium/master/doctor/examination.js';
import { fileSystemMaster as fs, journal as wireJournal, metaMaster, namespaceService } from '@alluvium/wire';
import fc from 'fast-check';
import { methodsOf } from '@alluvium/net';
import { anyStep, cachedStep, tolerant, type Step } from '../file/random-steps.js';
import { assertHealthy, inodesOf, World } from '../file/world.js';
import { Machine } from '../machine.js';

const RUNS = Number(process.env['ALLUVIUM_RANDOM_RUNS'] ?? 100);

/** Something to work with: most operations want what exists. */
async function furnish(w: World): Promise<void> {
  await w.mkdir('/a/b', { recursive: true, writeType: fs.WritePType.THROUGH });
  await w.write('/a/c', 15);
  await w.write('/b', 25, { writeType: fs.WritePType.ASYNC_THROUGH });
  await w.writeThrough('/a/b/a', 'x'.repeat(12));
  await w.mount('/c', 'mem://-c');
}

async function lived(steps: readonly Step[]): Promise<World> {
  const w = new World();
  await furnish(w);
  for (const run of steps) {
    const refused = w.journal.refusal !== undefined;
    await w.clock.run(tolerant(Promise.resolve().then(() => run(w))), Infinity);
    if (refused) w.journal.refusal = undefined;
    await w.clock.advance(1);
  }
  return w;
}

const hashOf = (w: World): string => stateHash(w.state.snapshot());

/**
 * All that there is, as it is kept, in an order of its own: the hash is of what is written, and an entry that forgets a field forgets
 * it on both sides.
 */
function contents(w: World): unknown {
  const { tree, mounts } = w;
  const { persistence } = tree;
  return {
    inodes: inodesOf(w),
    blocks: [...all(w.blocks.state.lengths())].toSorted(),
    pinned: [...tree.pinnedFiles()].toSorted(),
    due: [...tree.timesToLive.ids()].toSorted(),
    firstDueMs: tree.timesToLive.nextMs,
    waiting: [...persistence.waiting()].toSorted(),
    cachedOnly: [...persistence.cachedOnly()].toSorted(),
    lost: [...persistence.lost()].toSorted(),
    records: [...new Set(persistence.ids())].toSorted().map((id) => [id, persistence.record(id)]),
    intents: [...tree.intents.open()],
    modes: [...mounts.modes()].toSorted(),
    properties: [...w.pathProperties.all()].toSorted(),
    propertiesHash: w.pathProperties.hash,
  };
}

function* all<T>(iterator: Iterator<T>): Generator<T> {
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}

/** Mounts as an operator sees them, the paused ones too. */
function mounted({ mounts, tree }: World): unknown[] {
  return [...mounts.all()]
    .map(({ path, id, ufsUri, readOnly, shared, properties }) => ({
      path,
      id,
      ufsUri,
      readOnly,
      shared,
      properties: [...properties],
      paused: tree.persistence.pauseOf(id),
      writable: mounts.isWritable(mounts.at(path)!),
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

const reread = (entry: JournalEntry): JournalEntry => wireJournal.JournalEntry.decode(wireJournal.JournalEntry.encode(entry).finish());

function fromSnapshot(w: World): World {
  const entries: JournalEntry[] = [];
  const snapshot = w.state.snapshot();
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) entries.push(reread(next.value));
  return new World({ entries, stores: w.stores });
}

test('a replay, the state from a checkpoint and the live state have one hash, and derive the same from it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 20, maxLength: 60 }), async (steps) => {
      const w = await lived(steps);
      assertHealthy(w);
      for (const again of [fromJournal(w), fromJournal(w), fromSnapshot(w)]) {
        assert.equal(hashOf(again), hashOf(w));
        assert.deepEqual(contents(again), contents(w));
        assert.deepEqual(mounted(again), mounted(w), 'mounts with their options, flags and pauses');
        assertHealthy(again);
      }
    }),
    { numRuns: RUNS },
  );
});

function fromJournal(w: World): World {
  return new World({ entries: w.journal.entries(), stores: w.stores });
}

test('any prefix of a journal replays to a healthy state, and no entry speaks of what was never made', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 15, maxLength: 40 }), async (steps) => {
      const { journal, stores } = await lived(steps);
      const prefix = new World({ entries: [], stores });
      for (const operation of journal.operations) {
        for (const bytes of operation) prefix.state.apply(wireJournal.JournalEntry.decode(bytes));
        assertHealthy(prefix);
      }
    }),
    { numRuns: RUNS },
  );
});

test('a request that is refused journals nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(cachedStep, { minLength: 20, maxLength: 60 }), async (steps) => {
      const w = new World();
      await w.mkdir('/a/b', { recursive: true });
      await w.write('/b', 25);
      for (const run of steps) {
        const refusing = w.journal.refusal !== undefined;
        const [sequence, hash] = [w.journal.lastSequence, hashOf(w)];
        try {
          await run(w);
        } catch (error) {
          if (!(error instanceof AlluviumError)) throw error;
          assert.deepEqual([w.journal.lastSequence, hashOf(w)], [sequence, hash]);
        }
        if (refusing) {
          assert.equal(w.journal.lastSequence, sequence);
          w.journal.refusal = undefined;
        }
        await w.clock.advance(1);
      }
    }),
    { numRuns: RUNS },
  );
});

test('mounts after a restart are those before, with their options, flags and pauses', async () => {
  const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
  const namespace = methodsOf(namespaceService.NamespaceServiceDefinition);
  const machine = new Machine();
  let channel = await machine.start();
  for (const name of ['plain', 'all', 'gone']) machine.stores.at(`mem://${name}`).directory('');
  const properties = { b: '2', a: '1', 'aws.secretKey': 'x', 10: 'ten' };
  await channel.unary(files.mount, { alluxioPath: '/plain', ufsPath: 'mem://plain/', options: {} });
  await channel.unary(files.mount, { alluxioPath: '/all', ufsPath: 'mem://all', options: { readOnly: true, shared: true, properties } });
  await channel.unary(files.mount, { alluxioPath: '/gone', ufsPath: 'mem://gone', options: {} });
  await channel.unary(files.unmount, { alluxioPath: '/gone' });
  await channel.unary(files.updateMount, { alluxioPath: '/plain', options: { shared: true, properties: { k: 'v' } } });
  for (const path of ['/', '/all']) await channel.unary(namespace.pausePersist, { path, paused: true, reason: `of ${path}` });
  await channel.unary(files.updateUfsMode, { ufsPath: 'mem://plain', options: { ufsMode: fs.UfsPMode.READ_ONLY } });
  const seen = async (): Promise<unknown> => [
    await channel.unary(files.getMountTable, { checkUfs: false }),
    (await channel.unary(namespace.listUfsModes, {})).modes,
    (await channel.unary(namespace.listPersistQueue, { path: '/' })).paused,
    machine.master.examine(),
  ];
  const before = await seen();
  const { '/all': allOptions, '/plain': plain } = (await channel.unary(files.getMountTable, { checkUfs: false })).mountPoints!;
  assert.deepEqual([allOptions!.readOnly, allOptions!.shared, allOptions!.properties!['10']], [true, true, 'ten']);
  assert.deepEqual([plain!.readOnly, plain!.shared, plain!.properties], [false, true, { k: 'v' }]);
  for (const how of ['kill', 'crash', 'stop'] as const) {
    if (how === 'stop') await channel.unary(methodsOf(metaMaster.MetaMasterClientServiceDefinition).checkpoint, {});
    channel = await machine.restart(how);
    assert.deepEqual(await seen(), before, how);
  }
  await machine.stop();
});

test('rules have short names', () => {
  for (const kind of ALL_KINDS) assert.match(kind, /^[a-z]+(-[a-z]+){1,4}$/);
});
