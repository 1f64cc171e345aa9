import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockIdOf, kindOf, messageOf, type ContainerId, type InodeId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { setAcl } from '@alluvium/master/file/operations/set-acl.js';
import { findDamage } from '@alluvium/master/doctor/index.js';
import { beginEntry } from '@alluvium/master/file/intents/store-intents.js';
import { pauseEntry, recordEntry } from '@alluvium/master/persist/persist-ledger.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import fc from 'fast-check';
import { anyStep, tolerant } from '../file/random-steps.js';
import { assertHealthy, World } from '../file/world.js';
import { backedUp, carried, carriedEntries, CLUSTER_ID, LONG_MS, restoredFrom } from './backup-world.js';

const RUNS = Number(process.env['ALLUVIUM_RANDOM_RUNS'] ?? 100);

async function run(w: World, steps: readonly ((w: World) => Promise<unknown>)[]): Promise<void> {
  for (const step of steps) {
    const refused = w.journal.refusal !== undefined;
    await tolerant(Promise.resolve().then(() => step(w)));
    if (refused) w.journal.refusal = undefined;
  }
  w.journal.refusal = undefined;
}

test('a backup that is restored is the namespace that it was made of', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 50 }), async (steps) => {
      const w = new World();
      await w.clock.run(run(w, steps), LONG_MS);
      const { world, restored } = await restoredFrom(await backedUp(w), w.stores);
      assert.deepEqual([...carriedEntries(world)].map(keyOf).sort(), [...carriedEntries(w)].map(keyOf).sort());
      assert.equal(carried(world), carried(w));
      assert.equal(restored.inodes, w.tree.size);
      assert.deepEqual(restored.ignored, new Map());
      assertHealthy(world);
    }),
    { numRuns: RUNS },
  );
});

test('a backup is the state at one moment, whatever happens while it is taken', async () => {
  const steps = fc.array(anyStep, { maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(steps, fc.array(steps, { maxLength: 3 }), async (before, during) => {
      const w = new World();
      await w.mkdir('/many');
      for (let i = 0; i < 130; i++) await w.write(`/many/${i}`, 3);
      await w.clock.run(run(w, before), LONG_MS);
      const wanted = carried(w);
      const turns = during.values();
      const entries = await backedUp(w, () => run(w, turns.next().value ?? []));
      assert.equal(carried((await restoredFrom(entries, w.stores)).world), wanted);
    }),
    { numRuns: Math.ceil(RUNS / 4) },
  );
});

test('directories come before what is in them, wherever they were moved', async () => {
  const w = new World();
  for (const path of ['/a', '/a/b', '/a/b/c', '/young', '/younger', '/youngest']) await w.mkdir(path);
  await w.write('/a/b/c/f', 1);
  await w.mv('/a', '/youngest/a');
  await w.mv('/youngest', '/younger/youngest');
  await w.mv('/younger', '/young/younger');
  const seen = new Set<bigint | undefined>([-1n]);
  for (const { inodeDirectory, inodeFile } of await backedUp(w)) {
    const made = inodeDirectory ?? inodeFile;
    if (made === undefined) continue;
    assert.ok(seen.has(made.parentId), `${made.name} comes before the directory it is in`);
    seen.add(made.id);
  }
  assert.equal(seen.size, w.tree.size + 1);
});

test('ids go on where they were', async () => {
  const w = new World();
  await w.mkdir('/d');
  await w.write('/d/f', 25);
  const { world } = await restoredFrom(await backedUp(w));
  await world.mkdir('/e');
  await world.write('/e/g', 1);
  const used = new Set(['/d', '/d/f'].map((path) => w.inode(path)!.id));
  assert.ok(!used.has(world.inode('/e')!.id) && !used.has(world.inode('/e/g')!.id));
});

test('what waits to be persisted waits here again, with what was tried, and a mount that was paused is', async () => {
  const w = new World();
  await w.mount('/m', 'mem://m');
  await w.write('/m/f', 5, { writeType: fs.WritePType.ASYNC_THROUGH });
  const { id } = w.inode('/m/f')!;
  const tried = { sinceMs: 1, attempts: 4, lastError: '403', lastAttemptMs: 7, nextAttemptMs: 9 };
  const mount = w.mounts.at('/m' as never)!;
  await w.c.committer.commit([
    recordEntry(id, tried),
    pauseEntry(mount.id, 'moves'),
    { updateInodeFile: { id, persistJobId: 5n, tempUfsPath: 't' } },
  ]);
  const entries = await backedUp(w);
  const told = entries.find(({ inodeFile }) => inodeFile?.id === id)!.inodeFile!;
  assert.deepEqual([told.persistJobId, told.tempUfsPath], [-1n, ''], 'nor is the order told to others');
  const { world } = await restoredFrom(entries, w.stores);
  assert.deepEqual([...world.tree.toBePersisted()], [...w.tree.toBePersisted()]);
  assert.deepEqual(world.tree.persistence.record(id), tried);
  assert.equal(world.tree.persistence.pauseOf(mount.id), 'moves');
  const inode = world.inode('/m/f')!;
  assert.ok(inode.kind === 'file' && inode.persistJobId === -1n && inode.tempUfsPath === '', 'the order is forgotten');
});

test('what was under way in a store when a backup was made is not taken up by whoever restores it', async () => {
  const w = new World();
  const intent = { id: 5n, kind: 'REMOVE', path: '/gone', user: 'root', timeMs: 1 } as const;
  await w.c.committer.commit([beginEntry(intent as never)]);
  assert.equal([...w.tree.intents.open()].length, 1);
  const entries = await backedUp(w);
  assert.ok(entries.every(({ alluvium }) => alluvium?.storeIntent === undefined));
  assert.deepEqual([...(await restoredFrom(entries)).world.tree.intents.open()], []);
  // Nor from a file that has one all the same.
  const { world, restored } = await restoredFrom([...entries, beginEntry(intent as never)]);
  assert.deepEqual([...world.tree.intents.open()], []);
  assert.deepEqual(restored.ignored, new Map([['storeIntent', 1]]));
});

/** What the master puts right by itself, and what is told of mounts. */
const MENDED: ReadonlySet<string> = new Set([
  'orphan-block',
  'mount-point-without-mount',
  'mount-without-directory',
  'pause-without-mount',
]);

test('a backup with entries left out, repeated or put elsewhere is refused, or makes a healthy namespace', async () => {
  const change = fc.tuple(fc.constantFrom('leave out', 'repeat', 'move'), fc.nat(), fc.nat());
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.array(change, { minLength: 1, maxLength: 3 }), async (steps, changes) => {
      const w = new World();
      await w.clock.run(run(w, steps), LONG_MS);
      const entries = await backedUp(w);
      for (const [how, from, to] of changes) {
        const [entry] = how === 'repeat' ? [entries[from % entries.length]!] : entries.splice(from % entries.length, 1);
        if (how !== 'leave out') entries.splice(to % (entries.length + 1), 0, entry!);
      }
      try {
        const { c, inodes, blocks } = (await restoredFrom(entries, w.stores)).world;
        const damage = findDamage({ c, inodes, blocks }).map(({ kind }) => kind);
        assert.deepEqual(
          damage.filter((kind) => !MENDED.has(kind)),
          [],
        );
      } catch (error) {
        if (kindOf(error) !== 'invalidArgument') throw error;
        assert.match(messageOf(error), /^Cannot restore the backup "old.gz": (?:entry \d+, |it has no root)/);
      }
    }),
    { numRuns: RUNS },
  );
});

/** The kinds that a 2.9.4 master takes from a backup; with any other it does not start. */
const KNOWN = new Set<string>([
  'addMountPoint',
  'blockContainerIdGenerator',
  'blockInfo',
  'inodeDirectory',
  'inodeDirectoryIdGenerator',
  'inodeFile',
  'updateUfsMode',
  'updateInode',
  'pathProperties',
  'clusterInfo',
]);

test('a backup holds nothing that a real Alluxio does not know', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 50 }), async (steps) => {
      const w = new World();
      await w.clock.run(run(w, steps), LONG_MS);
      for (const entry of await backedUp(w)) {
        const kinds = Object.keys(entry).filter((kind) => entry[kind as keyof JournalEntry] !== undefined && kind !== 'alluvium');
        assert.ok(kinds.filter((kind) => KNOWN.has(kind)).length === 1, `an entry of ${kinds.join()}`);
        assert.ok(entry.sequenceNumber === undefined && entry.operationId === undefined);
        for (const made of [entry.inodeFile, entry.inodeDirectory]) {
          if (made === undefined) continue;
          assert.ok(made.acl !== undefined && made.ttl !== undefined && made.persistenceState !== undefined);
          assert.ok(made.owner === undefined && made.mode === undefined, 'owner and mode lie in the ACL alone');
        }
      }
    }),
    { numRuns: Math.ceil(RUNS / 4) },
  );
});

test('every block of a complete file has a length after a restore, told or not', async () => {
  const w = new World();
  await w.write('/f', 25);
  const { id } = w.inode('/f')!;
  const told = await backedUp(w);
  const untold = told.filter(({ blockInfo }) => blockInfo === undefined);
  assert.equal(untold.length, told.length - 3);
  const container = (id >> 24n) as ContainerId;
  const { world } = await restoredFrom(untold);
  assert.deepEqual(
    [0, 1, 2].map((index) =>
      world.blocks.length(blockIdOf(((world.inode('/f') as { blocks: readonly bigint[] }).blocks[0]! >> 24n) as never, index)),
    ),
    [10, 10, 5],
  );
  assert.notEqual(container, 0n);
});

test('everything that an inode has is restored', async () => {
  const w = new World();
  await w.mkdir('/d', { xattr: { 'made.by': Buffer.from('me') } });
  const { NamedUser, Mask } = fs.PAclEntryType;
  const { Read } = fs.PAclAction;
  await setAcl(
    w.c,
    {
      path: '/d',
      action: fs.SetAclAction.MODIFY,
      entries: [
        { type: NamedUser, subject: 'bob', actions: [Read] },
        { type: NamedUser, subject: 'alice', actions: [Read], isDefault: true },
        { type: Mask, actions: [Read], isDefault: true },
      ],
    },
    'root',
  );
  await w.write('/d/f \u{1f600}', 25, { replicationMax: 5, replicationDurable: 3, xattr: { b: Buffer.of(0, 255) } });
  await w.set('/d/f \u{1f600}', {
    pinned: true,
    pinnedMedia: ['SSD'],
    commonOptions: { ttl: 10n ** 12n, ttlAction: 1 },
    owner: 'alice',
    group: 'users',
  });
  await w.writeThrough('/d/stored', 'bytes');
  const { world, cluster } = await restoredFrom(await backedUp(w), w.stores);
  for (const path of ['/', '/d', '/d/f \u{1f600}', '/d/stored']) assert.deepEqual(world.inode(path), w.inode(path), path);
  assert.ok(world.tree.isPinned(world.inode('/d/f \u{1f600}')!.id as InodeId));
  assert.equal(cluster.clusterId, CLUSTER_ID);
});

function keyOf(entry: JournalEntry): string {
  return JSON.stringify(entry, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
