import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storePath } from '@alluvium/master/mount/mount.js';
import fc from 'fast-check';
import { step, tolerant } from './random-steps.js';
import { assertHealthy, assertRebuilt, World } from './world.js';

const RUNS = Number(process.env['ALLUVIUM_RANDOM_RUNS'] ?? 300);

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
