import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockIdOf, containerOf, fail, normalPath, type InodeId } from '@alluvium/base';
import { pauseEntry } from '@alluvium/master/persist/persist-ledger.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { assertRebuilt, operationId, pmode, program, rejects, replayed, World } from './world.js';

const { THROUGH } = fs.WritePType;
const recursive = { recursive: true };

test(
  'a removed file is gone with the metadata of its blocks, whose copies are freed',
  program(async (w) => {
    await w.mkdir('/d');
    await w.write('/d/f', 25);
    const { blockIds } = await w.status('/d/f');
    await w.clock.advance(4);
    await w.rm('/d/f');
    await rejects('notFound', 'Path "/d/f" does not exist.', () => w.status('/d/f'));
    assert.deepEqual(w.freed, blockIds);
    assert.equal(w.blocks.state.blockCount, 0);
    assert.equal((await w.status('/d')).lastModificationTimeMs, BigInt(w.clock.nowMs()));
    assert.deepEqual(
      w.store.calls.filter((call) => call.startsWith('remove')),
      [],
    );
  }),
);

test(
  'what cannot be removed',
  program(async (w) => {
    await w.create('/d/f', recursive);
    await rejects('notFound', 'Path "/no" does not exist.', () => w.rm('/no'));
    await rejects('invalidArgument', /^Traversal failed for path \/d\/f\/x\. /, () => w.rm('/d/f/x'));
    await rejects('failedPrecondition', 'Cannot delete non-empty directory d because recursive is set to false', () => w.rm('/d'));
    await rejects('failedPrecondition', 'Cannot delete non-empty directory  because recursive is set to false', () => w.rm('/'));
    await rejects(
      'permissionDenied',
      'Cannot delete path / which is or contains a mount point without --deleteMountPoint/-m option specified',
      () => w.rm('/', recursive),
    );
    await rejects('permissionDenied', /^Cannot delete path \/ /, () => w.rm('/', { recursive: true, deleteMountPoint: true }));
    await w.rm('/d/f');
    await w.rm('/d');
  }),
);

test(
  'a tree is removed, in one journal operation when it is small and only here',
  program(async (w) => {
    for (const path of ['/d/a/1', '/d/a/2', '/d/b/c/3', '/d/4']) await w.create(path, recursive);
    const before = w.journal.lastSequence;
    await w.rm('/d', recursive);
    assert.equal(w.journal.lastSequence, before + 1);
    assert.equal(w.tree.size, 1);
  }),
);

/** A world that removes ten inodes at a time, with `/d` and 30 files in directories of five. */
async function deep(): Promise<World> {
  const w = new World({ recursiveBatch: 10 });
  for (let i = 0; i < 30; i++) await w.writeThrough(`/d/${Math.floor(i / 5)}/${i}`, 'x');
  w.store.calls.length = 0;
  return w;
}

test('a large tree is removed in several journal operations, leaves first', async () => {
  const w = new World({ recursiveBatch: 10 });
  for (let i = 0; i < 30; i++) await w.create(`/d/${Math.floor(i / 5)}/${i}`, recursive);
  const before = w.journal.lastSequence;
  await w.clock.run(w.rm('/d', recursive));
  assert.equal(w.tree.size, 1);
  assert.ok(w.journal.lastSequence - before >= 3);
  // After each of them the tree is whole: replay, which refuses to remove a directory before its children, comes to the same.
  assertRebuilt(w);
});

test('the removal of a large tree is a task; cancelled, it keeps what was not removed yet, here and in the store alike', async () => {
  const w = await deep();
  w.store.before = (call) => {
    if (call === 'removeDirectory d/2') for (const task of w.c.tasks.all()) task.cancel();
  };
  await w.clock.run(
    rejects('cancelled', /^The remove of "\/d" was cancelled: \d+ inodes were done by then and stay so$/, () => w.rm('/d', recursive)),
  );
  const left = [...w.tree.within(w.inode('/d')!, normalPath('/d'))].map(([, path]) => path.slice(1));
  assert.ok(left.length > 1 && left.length < 30, `${left.length}`);
  assert.deepEqual(w.store.paths().toSorted(), left.toSorted());
  const [task] = [...w.c.tasks.all()];
  assert.deepEqual([task?.kind, task?.state, task?.done], ['remove', 'CANCELLED', 37 - left.length]);
  w.store.before = () => {};
  await w.clock.run(w.rm('/d', recursive));
  assert.equal(w.tree.size, 1);
  assertRebuilt(w);
});

test('what the store has removed as a whole goes here too, cancelled or not', async () => {
  const w = await deep();
  let cancelled = 0;
  const cancel = (): void => {
    for (const task of w.c.tasks.all()) if (task.cancel()) cancelled++;
    if (w.inode('/d') !== undefined) w.clock.schedule(0, cancel);
  };
  cancel();
  await w.clock.run(rejects('cancelled', /./, () => w.rm('/d', { recursive: true, unchecked: true })).catch(() => undefined));
  assert.ok(cancelled > 0);
  assert.deepEqual(w.store.paths(), []);
  assert.equal(w.tree.size, 1);
});

test('a store that cannot remove a directory as a whole removes what it can one by one', async () => {
  const w = await deep();
  w.store.before = (call) => {
    if (call === 'removeDirectory d recursive') {
      w.store.entries.delete('d/3/15');
      throw fail('unavailable', 'half-way');
    }
  };
  await w.clock.run(w.rm('/d', { recursive: true, unchecked: true }));
  assert.deepEqual(w.store.paths(), []);
  assert.equal(w.tree.size, 1);
});

test('the blocks of a very large file are removed in journal operations of their own', async () => {
  const w = new World();
  const { fileId } = await w.create('/f');
  const blocks = Array.from({ length: 2500 }, (_, i) => blockIdOf(containerOf(fileId as InodeId), i));
  await w.c.committer.commit([
    ...blocks.map((blockId) => ({ blockInfo: { blockId, length: 10n } })),
    { updateInodeFile: { id: fileId!, length: 25_000n, completed: true, setBlocks: blocks } },
  ]);
  const before = w.journal.lastSequence;
  await w.clock.run(w.rm('/f'));
  assert.equal(w.blocks.state.blockCount, 0);
  assert.deepEqual(w.freed, blocks);
  assert.ok(w.journal.lastSequence - before >= 5);
});

test(
  'persisted files and directories go from the store first, leaves before their directories',
  program(async (w) => {
    await w.writeThrough('/d/e/f', 'x');
    await w.writeThrough('/d/g', 'x');
    w.store.calls.length = 0;
    await w.rm('/d', recursive);
    assert.deepEqual(
      w.store.calls.filter((call) => call.startsWith('remove')),
      ['removeFile d/e/f', 'removeDirectory d/e', 'removeFile d/g', 'removeDirectory d'],
    );
    assert.deepEqual(w.store.paths(), []);
    assert.equal(w.tree.size, 1);
  }),
);

test(
  'alluxioOnly leaves the store alone',
  program(async (w) => {
    await w.writeThrough('/d/f', 'x');
    await w.rm('/d', { recursive: true, alluxioOnly: true });
    assert.equal(w.inode('/d'), undefined);
    assert.deepEqual(w.store.paths(), ['d', 'd/f']);
    assert.equal((await w.status('/d/f')).length, 1n, 'and the next look loads it again');
  }),
);

test(
  'children that only the store has count: they are loaded before the directory is removed',
  program(async (w) => {
    w.store.file('d/f', 'x');
    await w.status('/d');
    await rejects('failedPrecondition', /non-empty directory d /, () => w.rm('/d'));
    await w.rm('/d', recursive);
    assert.deepEqual(w.store.paths(), []);
  }),
);

test(
  'a directory with something unknown in the store stays, the rest goes, and the error says so',
  program(async (w) => {
    await w.writeThrough('/d/e/f', 'x');
    await w.writeThrough('/d/g', 'x');
    await w.list('/d', recursive);
    w.store.file('d/e/stray', 'y');
    await rejects(
      'failedPrecondition',
      'Failed to delete 2 paths from the under file system: /d/e (UFS dir not in sync. Sync UFS, or delete with unchecked flag.), /d (Directory not empty)',
      () => w.rm('/d', recursive),
    );
    assert.deepEqual(w.store.paths(), ['d', 'd/e', 'd/e/stray']);
    assert.equal(w.inode('/d/e/f'), undefined);
    assert.equal(w.inode('/d/g'), undefined);
    assert.equal(w.inode('/d/e')?.kind, 'directory');
  }),
);

test(
  'unchecked removes a directory of the store with whatever is in it',
  program(async (w) => {
    await w.writeThrough('/d/e/f', 'x');
    w.store.file('d/e/stray', 'y');
    await w.rm('/d', { recursive: true, unchecked: true });
    assert.deepEqual(w.store.paths(), []);
    assert.ok(w.store.calls.includes('removeDirectory d recursive'), 'in one call');
    assert.equal(w.tree.size, 1);
  }),
);

test(
  'a removal goes as far as it can and says what is left',
  program(async (w) => {
    for (const name of ['a', 'b', 'c']) await w.writeThrough(`/d/${name}`, 'x');
    w.store.before = (call) => {
      if (call === 'removeFile d/b') throw fail('unavailable', '503');
    };
    await rejects('failedPrecondition', /^Failed to delete 2 paths .*: \/d\/b \(503\), \/d \(Directory not empty\)$/, () =>
      w.rm('/d', recursive),
    );
    assert.deepEqual((await w.list('/d')).flat(), ['/d/b']);
    assert.deepEqual(w.store.paths(), ['d', 'd/b']);
    await rejects('failedPrecondition', /\/d\/b \(503\)$/, () => w.rm('/d/b'));
    w.store.before = () => {};
    await w.rm('/d', recursive);
    assert.equal(w.tree.size, 1);
  }),
);

test(
  'an error names at most ten of the paths that stay',
  program(async (w) => {
    for (let i = 0; i < 50; i++) await w.writeThrough(`/d/${i}`, 'x');
    w.store.before = (call) => {
      if (call.startsWith('removeFile')) throw fail('unavailable', 'z'.repeat(5000));
    };
    await rejects('failedPrecondition', /^Failed to delete 51 paths .{1,3000}, and 41 more$/, () => w.rm('/d', recursive));
  }),
);

test(
  'the pause of a mount goes with a mount that is removed with its directory',
  program(async (w) => {
    await w.mkdir('/d');
    await w.mount('/d/m', 'mem://b');
    const { id } = w.mounts.at(normalPath('/d/m'))!;
    await w.c.committer.commit([pauseEntry(id, 'maintenance')]);
    await w.rm('/d', { recursive: true, deleteMountPoint: true, alluxioOnly: true });
    assert.equal(w.tree.persistence.pauseOf(id), undefined);
  }),
);

test(
  'a tree in two stores is removed from neither when it contains a mount point, unless asked for',
  program(async (w) => {
    const other = w.stores.at('mem://b');
    other.file('x', 'y');
    await w.mkdir('/d');
    await w.mount('/d/m', 'mem://b');
    await w.list('/d/m');
    const message = 'Cannot delete path /d which is or contains a mount point without --deleteMountPoint/-m option specified';
    await rejects('permissionDenied', message, () => w.rm('/d', recursive));
    await rejects('permissionDenied', /^Cannot delete path \/d\/m which is or contains/, () => w.rm('/d/m', recursive));
    await w.rm('/d', { recursive: true, deleteMountPoint: true, alluxioOnly: true });
    assert.equal(w.mounts.at('/d/m' as never), undefined);
    assert.deepEqual(other.paths(), ['x']);
    assert.equal(w.tree.size, 1);
  }),
);

test(
  'a read-only mount is not removed with what is in its store, wherever the removal begins',
  program(async (w) => {
    await w.mkdir('/d');
    w.stores.at('mem://b').file('f', 'abc');
    await w.mount('/d/m', 'mem://b', { readOnly: true });
    await w.list('/d/m');
    const message = 'A write operation on /d/m under a readonly mount point /d/m is not allowed';
    for (const path of ['/d/m', '/d'])
      await rejects('permissionDenied', message, () => w.rm(path, { recursive: true, deleteMountPoint: true }));
    assert.deepEqual(w.stores.at('mem://b').paths(), ['f']);
    await w.rm('/d/m', { recursive: true, deleteMountPoint: true, alluxioOnly: true });
    assert.equal(w.mounts.at('/d/m' as never), undefined);
    assert.deepEqual(w.stores.at('mem://b').paths(), ['f']);
  }),
);

test(
  'nothing is removed on a read-only mount, but for alluxioOnly',
  program(async (w) => {
    w.stores.at('mem://b').file('f', 'x');
    await w.mount('/m', 'mem://b', { readOnly: true });
    await w.list('/m');
    const message = 'A write operation on /m/f under a readonly mount point /m is not allowed';
    await rejects('permissionDenied', message, () => w.rm('/m/f'));
    await w.rm('/m/f', { alluxioOnly: true });
    assert.deepEqual(w.stores.at('mem://b').paths(), ['f']);
  }),
);

test(
  'write on the parent and on each descendant is needed; what may not go stays and is reported',
  program(async (w) => {
    await w.mkdir('/open', { mode: pmode(0o777) });
    await w.mkdir('/open/d', { mode: pmode(0o777) });
    await w.create('/open/d/mine', { mode: pmode(0o666) }, 'alice');
    await w.create('/open/d/his', { mode: pmode(0o600) });
    await w.create('/closed', {});
    await rejects('permissionDenied', /^Permission denied: user=alice, access=-w-, path=\/closed: failed at \/, /, () =>
      w.rm('/closed', {}, 'alice'),
    );
    await rejects(
      'failedPrecondition',
      /2 paths .*: \/open\/d\/his \(Permission denied: user=alice, access=-w-, path=\/open\/d\/his: failed at his, .*\), \/open\/d \(Directory not empty\)$/,
      () => w.rm('/open/d', recursive, 'alice'),
    );
    assert.deepEqual((await w.list('/open/d')).flat(), ['/open/d/his']);
  }),
);

for (const where of ['here', 'in the store'] as const) {
  test(
    `what lies in a directory that the caller may not enter stays, ${where}`,
    program(async (w) => {
      const writeType = where === 'here' ? fs.WritePType.MUST_CACHE : fs.WritePType.THROUGH;
      await w.mkdir('/open', { mode: pmode(0o777) });
      await w.mkdir('/open/d', { mode: pmode(0o777), writeType });
      await w.mkdir('/open/d/shut', { mode: pmode(0o766), writeType });
      await w.create('/open/d/shut/f', { mode: pmode(0o666), writeType });
      const refusal =
        'Permission denied: user=alice, access=--x, path=/open/d/shut/f: failed at shut, inode owner=root, inode group=root, inode mode=rwxrw-rw-';
      await rejects(
        'failedPrecondition',
        `Failed to delete 3 paths from the under file system: /open/d/shut/f (${refusal}), /open/d/shut (Directory not empty), /open/d (Directory not empty)`,
        () => w.clock.run(w.rm('/open/d', recursive, 'alice')),
      );
      assert.deepEqual((await w.list('/open', { recursive: true })).flat(), ['/open/d', '/open/d/shut', '/open/d/shut/f']);
    }),
  );
}

test(
  'a retried remove is answered, also after a restart, and does not remove a new file of that name',
  program(async (w) => {
    const options = { commonOptions: { operationId: operationId() } };
    await w.write('/f', 3);
    await w.rm('/f', options);
    await w.write('/f', 5);
    await w.rm('/f', options);
    assert.equal((await w.status('/f')).length, 5n);
    const again = replayed(w);
    await again.rm('/f', options);
    assert.equal((await again.status('/f')).length, 5n);
  }),
);

test(
  'a retried remove that had failed in part goes on',
  program(async (w) => {
    const options = { recursive: true, commonOptions: { operationId: operationId() } };
    await w.writeThrough('/d/a', 'x');
    await w.writeThrough('/d/b', 'x');
    let failing = true;
    w.store.before = (call) => {
      if (failing && call === 'removeFile d/b') throw fail('unavailable', '503');
    };
    await rejects('failedPrecondition', /.*/, () => w.rm('/d', options));
    failing = false;
    await w.rm('/d', options);
    assert.equal(w.inode('/d'), undefined);
  }),
);

test('a crash between store and journal leaves inodes that the next remove clears', async () => {
  const w = new World();
  await w.writeThrough('/d/f', 'x');
  w.store.before = (call) => {
    // The journal dies after the store has done its part.
    if (call === 'removeFile d/f') queueMicrotask(() => (w.journal.refusal = fail('unavailable', 'killed')));
  };
  await rejects('unavailable', 'killed', () => w.rm('/d', recursive));
  assert.deepEqual(w.store.paths(), []);
  const again = replayed(w);
  again.store.before = () => {};
  assert.equal((await again.status('/d/f')).length, 1n);
  await again.rm('/d', recursive);
  assert.equal(again.tree.size, 1);
});

test('nothing goes from the store while the journal refuses', async () => {
  const w = new World();
  await w.writeThrough('/d/f', 'x');
  w.journal.refusal = fail('resourceExhausted', 'disk full');
  for (const options of [recursive, { recursive: true, unchecked: true }])
    await rejects('resourceExhausted', 'disk full', () => w.rm('/d', options));
  assert.deepEqual(w.store.paths(), ['d', 'd/f']);
  w.journal.refusal = undefined;
  await w.rm('/d', recursive);
  assertRebuilt(w);
});

test(
  'a file that was written through but never came to the store is removed',
  program(async (w) => {
    await w.create('/f', { writeType: THROUGH });
    await w.rm('/f');
    assert.equal(w.tree.size, 1);
  }),
);

test('a retried remove of many is answered, however its last batch came out', async () => {
  for (let files = 7; files < 12; files++) {
    const w = new World({ recursiveBatch: 5 });
    const options = { recursive: true, commonOptions: { operationId: operationId() } };
    for (let i = 0; i < files; i++) await w.create(`/d/${i}`, recursive);
    await w.clock.run(w.rm('/d', options));
    await w.mkdir('/d');
    await w.clock.run(w.rm('/d', options));
    assert.notEqual(w.inode('/d'), undefined);
    const again = replayed(w);
    await again.clock.run(again.rm('/d', options));
    assert.notEqual(again.inode('/d'), undefined);
  }
});
