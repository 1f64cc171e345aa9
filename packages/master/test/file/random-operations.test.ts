import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlluviumError, fail } from '@alluvium/base';
import { free } from '@alluvium/master/file/operations/free.js';
import { scheduleAsyncPersistence } from '@alluvium/master/file/operations/schedule-async-persistence.js';
import { storePath } from '@alluvium/master/mount/mount.js';
import { unmount } from '@alluvium/master/file/operations/unmount.js';
import { updateMount } from '@alluvium/master/file/operations/update-mount.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import fc from 'fast-check';
import { assertHealthy, assertRebuilt, operationId, pmode, World } from './world.js';

const { MUST_CACHE, THROUGH, ASYNC_THROUGH } = fs.WritePType;

const RUNS = Number(process.env['ALLUVIUM_RANDOM_RUNS'] ?? 300);

type Step = (w: World) => Promise<unknown>;

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`);
const writeType = fc.constantFrom(MUST_CACHE, THROUGH, ASYNC_THROUGH);
const flag = fc.boolean();

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(path, writeType, flag, flag).map(
    ([at, type, recursive, overwrite]): Step =>
      (w) =>
        w.create(at, { writeType: type, recursive, overwrite, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, fc.nat(25), writeType).map(
    ([at, length, type]): Step =>
      (w) =>
        type === THROUGH ? w.writeThrough(at, 'x'.repeat(length)) : w.write(at, length, { writeType: type, recursive: true }),
  ),
  fc.tuple(path, writeType, flag, flag).map(
    ([at, type, recursive, allowExists]): Step =>
      (w) =>
        w.mkdir(at, { writeType: type, recursive, allowExists, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, flag, flag, flag, flag).map(
    ([at, recursive, unchecked, alluxioOnly, deleteMountPoint]): Step =>
      (w) =>
        w.rm(at, { recursive, unchecked, alluxioOnly, deleteMountPoint, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, path, flag, flag).map(
    ([from, to, overwrite, persist]): Step =>
      (w) =>
        w.mv(from, to, { s3SyntaxOptions: { overwrite }, persist, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, flag, flag, fc.nat(0o777)).map(
    ([at, recursive, pinned, mode]): Step =>
      (w) =>
        w.set(at, { recursive, pinned, mode: pmode(mode), commonOptions: { ttl: BigInt(mode) }, xattr: { m: Buffer.from([mode & 7]) } }),
  ),
  fc.tuple(path, flag).map(
    ([at, readOnly]): Step =>
      (w) =>
        w.mount(at, `mem://${at.replaceAll('/', '-')}`, { readOnly, properties: { k: 'v' } }),
  ),
  path.map(
    (at): Step =>
      async (w) =>
        unmount(w.c, { alluxioPath: at }, 'root'),
  ),
  fc.tuple(path, flag).map(
    ([at, readOnly]): Step =>
      async (w) =>
        updateMount(w.c, { alluxioPath: at, options: { readOnly } }, 'root'),
  ),
  path.map(
    (at): Step =>
      async (w) =>
        scheduleAsyncPersistence(w.c, { path: at }, 'root'),
  ),
  fc.tuple(path, flag).map(
    ([at, forced]): Step =>
      async (w) =>
        free(w.c, { path: at, options: { recursive: true, forced } }, 'root'),
  ),
  fc.tuple(fc.constantFrom('/', '/a', '/a/b'), flag).map(
    ([at, recursive]): Step =>
      (w) =>
        w.list(at, { recursive, loadMetadataType: fs.LoadMetadataPType.ALWAYS }),
  ),
  // Somebody else writes to the store.
  fc.tuple(path, flag).map(([at, directory]): Step => async (w) => {
    const below = at.slice(1);
    if ([...w.store.entries].some(([other, entry]) => !entry.directory && `${below}/`.startsWith(`${other}/`) && other !== '')) return;
    if (w.store.entries.get(below)?.directory === true) return;
    if (directory) w.store.directory(below);
    else w.store.file(below, 'theirs');
  }),
  // The journal's disk is full for the next operation; a store fails once.
  fc.constant((async (w) => void (w.journal.refusal = fail('resourceExhausted', 'full'))) satisfies Step),
  fc.constant((async (w) => {
    w.store.before = (call) => {
      if (call.startsWith('status') || call.startsWith('list')) return;
      w.store.before = () => {};
      throw fail('unavailable', '503');
    };
  }) satisfies Step),
);

async function tolerant(run: Promise<unknown>): Promise<void> {
  try {
    await run;
  } catch (error) {
    // Refusals are expected; a broken invariant or a TypeError is not.
    if (!(error instanceof AlluviumError)) throw error;
  }
}

/** Every child is found under its parent by its name, and no directory has a file for parent. */
function assertTree(w: World): void {
  let count = 1;
  const below = [w.tree.root!];
  for (let at = below.pop(); at !== undefined; at = below.pop()) {
    for (const child of w.tree.children(at.id)) {
      count++;
      assert.equal(at.kind, 'directory');
      assert.equal(child.parentId, at.id);
      assert.equal(w.tree.child(at.id, child.name)?.id, child.id);
      if (child.persistence === 'PERSISTED' && w.mounts.at(w.tree.pathOf(child.id)!) === undefined)
        assert.equal(at.persistence, 'PERSISTED', 'above what is in a store all is in that store');
      if (child.kind === 'directory') below.push(child);
    }
  }
  assert.equal(w.tree.size, count, 'no inode is out of reach');
}

/** What counts as stored is in its store, as long as it is said to be. */
function assertStored(w: World): void {
  const below = [w.tree.root!];
  for (let at = below.pop(); at !== undefined; at = below.pop()) {
    for (const child of w.tree.children(at.id)) {
      if (child.kind === 'directory') below.push(child);
      if (child.persistence !== 'PERSISTED' || (child.kind === 'file' && !child.completed)) continue;
      const path = w.tree.pathOf(child.id)!;
      const mount = w.mounts.resolve(path);
      const entry = w.stores.at(mount.ufsUri).entries.get(storePath(mount, path));
      assert.equal(entry?.directory, child.kind === 'directory', `${path} is in ${mount.ufsUri}`);
      if (child.kind === 'file') assert.equal(entry?.bytes.length, child.length, path);
    }
  }
}

test('replay, checkpoint and the live state are the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const w = new World();
      for (const run of steps) {
        const refused = w.journal.refusal !== undefined;
        await tolerant(Promise.resolve().then(() => run(w)));
        if (refused) w.journal.refusal = undefined;
        await w.clock.advance(1);
      }
      assertTree(w);
      assertStored(w);
      assertRebuilt(w);
      assertHealthy(w);
      assert.ok(w.c.locks.isFree('/' as never, 'WRITE_EDGE'));
    }),
    { numRuns: RUNS },
  );
});

test('the same when the operations overlap and the stores answer in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.array(fc.nat(9), { minLength: 1, maxLength: 50 }), async (steps, delays) => {
      const w = new World();
      let turn = 0;
      const slow = async (): Promise<void> => {
        for (let i = delays[turn++ % delays.length]!; i > 0; i--) await Promise.resolve();
      };
      w.store.before = slow;
      await w.clock.run(
        Promise.all(
          steps.map((run) =>
            tolerant(
              Promise.resolve()
                .then(slow)
                .then(() => run(w)),
            ).finally(() => (w.journal.refusal = undefined)),
          ),
        ),
      );
      assertTree(w);
      assertRebuilt(w);
      assertHealthy(w);
      assert.ok(w.c.locks.isFree('/' as never, 'WRITE_EDGE'));
    }),
    { numRuns: RUNS },
  );
});
