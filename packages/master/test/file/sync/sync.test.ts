import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fail, normalPath } from '@alluvium/base';
import type { Descendants } from '@alluvium/master/file/sync/sync-times.js';
import type { StartedSync } from '@alluvium/master/file/sync/store-sync.js';
import type { Task } from '@alluvium/master/task/tasks.js';
import type { UfsStatus } from '@alluvium/ufs';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { isSettled, program, rejects, Gate, type World } from '../world.js';

/** Syncs to the end; the task tells what was done. */
async function sync(w: World, path: string, descendants: Descendants = 'ALL', more: Partial<StartedSync> = {}): Promise<Task> {
  const { task, result } = w.c.sync.start(w.c, normalPath(path), { user: 'root', descendants, ...more });
  await result;
  return task;
}

function figures(task: Task): Record<string, number> {
  return Object.fromEntries([...task.figures].filter(([name, count]) => count > 0 && name !== 'requests'));
}

function below(w: World, path = '/'): string[] {
  const walk = w.tree.walk(normalPath(path));
  return [...w.tree.within(walk.inodes.at(-1)!, normalPath(path))]
    .map(([, at]) => at)
    .slice(1)
    .toSorted();
}

/** The store as an object store: one listing for everything, no owners and modes. */
function asObjectStore(w: World): void {
  w.store.capabilities = { ...w.store.capabilities, type: 's3', objectStore: true, permissions: false, directories: 'marker' };
}

for (const kind of ['directories', 'objects'] as const)
  describe(kind, () => {
    const prepared = (run: (w: World) => Promise<void>): (() => Promise<void>) =>
      program(async (w) => {
        if (kind === 'objects') asObjectStore(w);
        await run(w);
      });

    test(
      'a tree of the store comes whole, with attributes, lengths and blocks',
      prepared(async (w) => {
        for (const path of ['a', 'd/b', 'd/e/c', 'd/e/f/g', 'd-1/x', 'd.2', 'z']) w.store.file(path, `content of ${path}`);
        const task = await sync(w, '/');
        assert.deepEqual(figures(task), kind === 'objects' ? { created: 11 } : { created: 11, unchanged: 1 });
        assert.deepEqual(below(w), ['/a', '/d', '/d-1', '/d-1/x', '/d.2', '/d/b', '/d/e', '/d/e/c', '/d/e/f', '/d/e/f/g', '/z']);
        const file = w.inode('/d/e/f/g');
        assert.ok(file?.kind === 'file' && file.length === 18 && file.blocks.length === 2 && file.persistence === 'PERSISTED');
        assert.equal(task.state, 'SUCCEEDED');
        assert.deepEqual(figures(await sync(w, '/')), { unchanged: kind === 'objects' ? 11 : 12 });
      }),
    );

    test(
      'files and directories that went from the store go, with their blocks, also when all went',
      prepared(async (w) => {
        for (const path of ['d/a', 'd/b', 'd/e/c', 'd/e/f/g', 'k/l', 'm']) w.store.file(path, 'twenty bytes of text');
        await sync(w, '/');
        const blocks = [...w.tree.within(w.inode('/')!, normalPath('/'))].flatMap(([inode]) => (inode.kind === 'file' ? inode.blocks : []));
        w.store.entries.delete('d/b');
        for (const path of ['d/e', 'd/e/c', 'd/e/f', 'd/e/f/g', 'k', 'k/l', 'm']) w.store.entries.delete(path);
        const task = await sync(w, '/');
        assert.deepEqual(below(w), ['/d', '/d/a']);
        assert.equal(task.figures.get('removed'), 8);
        const left = w.inode('/d/a');
        assert.ok(left?.kind === 'file');
        assert.deepEqual(w.freed.toSorted(), blocks.filter((block) => !left.blocks.includes(block)).toSorted());
      }),
    );

    test(
      'what is not persisted yet wins over what the store has',
      prepared(async (w) => {
        w.store.file('d/e/old', 'x');
        w.store.file('d/taken', 'from the store');
        await sync(w, '/');
        await w.write('/d/e/new', 5, { writeType: fs.WritePType.ASYNC_THROUGH });
        await w.write('/d/mine', 5);
        await w.create('/d/open');
        w.store.file('d/mine', 'somebody else');
        for (const path of ['d/e', 'd/e/old', 'd/taken']) w.store.entries.delete(path);
        const task = await sync(w, '/');
        assert.deepEqual(below(w), ['/d', '/d/e', '/d/e/new', '/d/mine', '/d/open']);
        assert.equal(w.inode('/d/e')?.persistence, 'NOT_PERSISTED');
        assert.equal(w.inode('/d/e/new')?.persistence, 'TO_BE_PERSISTED');
        const mine = w.inode('/d/mine');
        assert.ok(mine?.kind === 'file' && mine.persistence === 'NOT_PERSISTED' && mine.length === 5);
        assert.equal(task.figures.get('removed'), 2);
        assert.deepEqual(figures(await sync(w, '/')).removed, undefined);
      }),
    );

    test(
      'new content makes a new file and frees the blocks of the old one',
      prepared(async (w) => {
        w.store.file('d/f', 'old');
        await sync(w, '/');
        const old = w.inode('/d/f');
        w.store.file('d/f', 'much longer now');
        assert.equal(figures(await sync(w, '/d')).updated, 1);
        const now = w.inode('/d/f');
        assert.ok(old?.kind === 'file' && now?.kind === 'file');
        assert.notEqual(now.id, old.id);
        assert.equal(now.length, 15);
        assert.deepEqual(w.freed, old.blocks);
      }),
    );

    test(
      'a file that became a directory, and a directory that became a file',
      prepared(async (w) => {
        w.store.file('a', 'file');
        w.store.file('b/c', 'file');
        await sync(w, '/');
        for (const path of ['a', 'b', 'b/c']) w.store.entries.delete(path);
        w.store.file('a/x', 'file');
        w.store.file('b', 'file');
        await sync(w, '/');
        assert.deepEqual(below(w), ['/a', '/a/x', '/b']);
        assert.equal(w.inode('/b')?.kind, 'file');
      }),
    );

    test(
      'a dry run counts and changes nothing',
      prepared(async (w) => {
        w.store.file('d/keep', 'x');
        w.store.file('d/gone', 'x');
        w.store.file('e/f', 'x');
        await sync(w, '/');
        for (const path of ['d/gone', 'e', 'e/f']) w.store.entries.delete(path);
        w.store.file('d/keep', 'longer');
        w.store.file('n/o/p', 'new');
        const operations = w.journal.operations.length;
        const task = await sync(w, '/', 'ALL', { dryRun: true });
        const { unchanged: _, ...changes } = figures(task);
        assert.deepEqual(changes, { created: 3, updated: 1, removed: 3 });
        assert.equal(w.journal.operations.length, operations);
        const { unchanged: __, ...done } = figures(await sync(w, '/'));
        assert.deepEqual(done, changes);
      }),
    );

    test(
      'mount points inside are synced with their own stores and never removed',
      prepared(async (w) => {
        w.store.file('d/f', 'x');
        w.stores.at('mem://other').file('in/g', 'y');
        await sync(w, '/');
        await w.mount('/d/m', 'mem://other');
        // The parent's store gets something of the same name: the mount point hides it.
        w.store.file('d/m/hidden', 'z');
        await sync(w, '/');
        assert.deepEqual(below(w), ['/d', '/d/f', '/d/m', '/d/m/in', '/d/m/in/g']);
        for (const path of ['d', 'd/f', 'd/m', 'd/m/hidden']) w.store.entries.delete(path);
        w.stores.at('mem://other').entries.delete('in/g');
        await sync(w, '/');
        assert.deepEqual(below(w), ['/d', '/d/m', '/d/m/in']);
        assert.ok(w.mounts.at(normalPath('/d/m')));
      }),
    );

    test(
      'nothing goes on the word of a listing that did not end well',
      prepared(async (w) => {
        w.store.file('a/x', '1');
        w.store.file('b/y', '1');
        await sync(w, '/');
        w.store.entries.delete('a/x');
        w.store.file('c', '1');
        w.store.before = (call) => {
          if (call.startsWith(kind === 'objects' ? 'list : b' : 'list a')) throw fail('unavailable', 'the store is tired');
        };
        const { task, result } = w.c.sync.start(w.c, normalPath('/'), { user: 'root', descendants: 'ALL' });
        await assert.rejects(result, /the store is tired/);
        assert.equal(task.state, 'FAILED');
        assert.equal(task.figures.get('failed'), 1);
        assert.ok(w.inode('/b/y'));
        if (kind === 'directories') assert.ok(w.inode('/c') && w.inode('/a/x'));
      }),
    );

    test(
      'a name that is changed here while the store is listed is left to the next sync',
      prepared(async (w) => {
        for (const name of ['a', 'b', 'c', 'd']) w.store.file(`x/${name}`, 'one');
        await sync(w, '/');
        w.store.file('x/b', 'changed in the store');
        const gate = new Gate();
        const reached = new Gate();
        w.store.before = async (call) => {
          if (!call.endsWith(': d')) return;
          reached.open();
          await gate.passed;
        };
        const running = sync(w, '/x');
        await reached.passed;
        w.store.before = () => {};
        // The listing knows the old names by now.
        await w.mv('/x/a', '/x/moved');
        await w.rm('/x/c');
        await w.writeThrough('/x/new', 'through');
        gate.open();
        await running;
        assert.deepEqual(below(w, '/x'), ['/x/b', '/x/d', '/x/moved', '/x/new']);
        assert.ok(w.inode('/x/b')?.kind === 'file');
        await sync(w, '/x');
        assert.deepEqual(below(w, '/x'), ['/x/b', '/x/d', '/x/moved', '/x/new']);
      }),
    );
  });

test(
  'owner, group and mode of the store are taken over in place; a shared mount opens what it shows',
  program(async (w) => {
    w.store.file('d/f', 'x');
    await sync(w, '/');
    const before = w.inode('/d/f');
    Object.assign(w.store.entries.get('d/f')!, { owner: 'alice', group: 'staff', mode: 0o600 });
    Object.assign(w.store.entries.get('d')!, { owner: 'bob', mode: 0o711 });
    assert.equal(figures(await sync(w, '/')).updated, 2);
    const after = w.inode('/d/f');
    assert.equal(after?.id, before?.id);
    assert.deepEqual([after?.owner, after?.group, after?.mode], ['alice', 'staff', 0o600]);
    assert.deepEqual([w.inode('/d')?.owner, w.inode('/d')?.mode], ['bob', 0o711]);
    assert.deepEqual(w.freed, []);
    const shared = w.stores.at('mem://shared');
    shared.file('s', 'x');
    await w.mount('/m', 'mem://shared', { shared: true });
    await sync(w, '/m');
    assert.equal(w.inode('/m/s')?.mode, 0o646);
    shared.entries.get('s')!.mode = 0o750;
    await sync(w, '/m');
    assert.equal(w.inode('/m/s')?.mode, 0o757);
  }),
);

test(
  'an object store has no modes to take over',
  program(async (w) => {
    asObjectStore(w);
    w.store.file('f', 'x');
    await sync(w, '/');
    await w.set('/f', { owner: 'alice' });
    w.store.entries.get('f')!.mode = 0o777;
    await sync(w, '/');
    assert.equal(w.inode('/f')?.owner, 'alice');
  }),
);

test(
  'temporary names of the store are not shown',
  program(async (w) => {
    w.store.file('d/f.alluxio.0x0123456789ABCDEF.tmp', 'x');
    w.store.file('.alluxio_ufs_persistence/1', 'x');
    w.store.file('d/g', 'x');
    await sync(w, '/');
    assert.deepEqual(below(w), ['/d', '/d/g']);
  }),
);

test(
  'how far a sync goes: the path, its children, everything',
  program(async (w) => {
    w.store.file('d/f', 'x');
    w.store.file('d/e/g', 'x');
    await sync(w, '/d', 'NONE');
    assert.deepEqual(below(w), ['/d']);
    await sync(w, '/d', 'ONE');
    assert.deepEqual(below(w), ['/d', '/d/e', '/d/f']);
    await sync(w, '/d', 'ALL');
    assert.deepEqual(below(w), ['/d', '/d/e', '/d/e/g', '/d/f']);
  }),
);

test(
  'an object store is asked once for a thousand objects, however they are nested',
  program(async (w) => {
    asObjectStore(w);
    for (let i = 0; i < 30; i++) w.store.file(`a/${i % 10}/${i}/f`, 'x');
    await sync(w, '/');
    w.store.calls.length = 0;
    const task = await sync(w, '/a');
    assert.deepEqual(
      w.store.calls.filter((call) => !call.includes(':')),
      ['list a'],
    );
    assert.equal(task.figures.get('requests'), 1);
  }),
);

test(
  'a sync can be cancelled, and what was done by then stays',
  program(async (w) => {
    for (const path of ['a/x', 'b/y', 'c/d/z']) w.store.file(path, 'x');
    const { task, result } = w.c.sync.start(w.c, normalPath('/'), { user: 'root', descendants: 'ALL' });
    w.store.before = (call) => {
      if (call === 'list c') task.cancel();
    };
    await rejects('cancelled', /was cancelled/, () => result);
    assert.equal(task.state, 'CANCELLED');
    assert.ok(w.inode('/a') && !w.inode('/c/d/z'));
  }),
);

test(
  'requests are spread over time when they are limited',
  program(async (w) => {
    for (const path of ['a/x', 'b/y', 'c/z']) w.store.file(path, 'x');
    const { result } = w.c.sync.start(w.c, normalPath('/'), { user: 'root', descendants: 'ALL', requestsPerSecond: 10 });
    assert.equal(await isSettled(result), false);
    assert.equal(w.store.calls.filter((call) => call === 'list ').length, 0);
    for (let i = 0; i < 20; i++) {
      await w.clock.advance(100);
      await isSettled(result);
    }
    await result;
    assert.ok(w.inode('/c/z'));
  }),
);

test(
  'each directory has its result',
  program(async (w) => {
    w.store.file('d/a', 'x');
    w.store.file('d/e/b', 'x');
    const task = await sync(w, '/');
    assert.deepEqual(task.directories.map(({ path, listed, created }) => [path, listed, created]).toSorted(), [
      ['/', 1, 1],
      ['/d', 2, 2],
      ['/d/e', 1, 1],
    ]);
  }),
);

test(
  'an object store that lists out of order removes nothing',
  program(async (w) => {
    asObjectStore(w);
    for (const path of ['a/x', 'a/y', 'b/z', 'b/y']) w.store.file(path, 'x');
    await sync(w, '/');
    w.store.entries.delete('b/y');
    const list = w.store.list.bind(w.store);
    w.store.list = async function* (path, options) {
      const all: UfsStatus[] = [];
      for await (const status of list(path, options)) all.push(status);
      yield* all.filter(({ name }) => name !== 'a/x');
      yield* all.filter(({ name }) => name === 'a/x');
    };
    const { result } = w.c.sync.start(w.c, normalPath('/'), { user: 'root', descendants: 'ALL' });
    await assert.rejects(result, /lists "a\/x" late; the order of keys wanted/);
    assert.deepEqual(below(w), ['/a', '/a/x', '/a/y', '/b', '/b/y', '/b/z']);
  }),
);

test(
  'a file that is persisted while its directory is listed is not taken for gone',
  program(async (w) => {
    w.store.file('d/a', 'x');
    w.store.file('d/z', 'x');
    await sync(w, '/');
    await w.write('/d/late', 5, { writeType: fs.WritePType.ASYNC_THROUGH });
    const late = w.inode('/d/late')!;
    const gate = new Gate();
    const reached = new Gate();
    w.store.before = async (call) => {
      if (call !== 'list d: z') return;
      reached.open();
      await gate.passed;
    };
    const running = sync(w, '/d');
    await reached.passed;
    await w.c.committer.commit([{ updateInode: { id: late.id, persistenceState: 'PERSISTED', ufsFingerprint: 'TYPE|FILE ' } }]);
    gate.open();
    const task = await running;
    assert.equal(w.inode('/d/late')?.id, late.id);
    assert.deepEqual(figures(task), { unchanged: 3, skipped: 1 });
  }),
);

test(
  'a name that somebody is about to change is left alone',
  program(async (w) => {
    w.store.file('d/a', 'x');
    w.store.file('d/b', 'x');
    await sync(w, '/');
    const gate = new Gate();
    w.store.before = (call) => (call.startsWith('rename') ? gate.passed : undefined);
    const moved = w.mv('/d/a', '/d/c');
    assert.equal(await isSettled(moved), false);
    w.store.file('d/a', 'changed meanwhile');
    w.store.entries.delete('d/b');
    assert.deepEqual(figures(await sync(w, '/d')), { unchanged: 1, skipped: 1, removed: 1 });
    gate.open();
    await moved;
    await sync(w, '/d');
    const c = w.inode('/d/c');
    assert.ok(c?.kind === 'file' && c.length === 17);
  }),
);

test(
  'large directories of an object store are listed several at a time',
  program(async (w) => {
    asObjectStore(w);
    for (const directory of ['a', 'b', 'c']) for (let i = 0; i < 600; i++) w.store.file(`d/${directory}/x/${i}`, 'x');
    for (const directory of ['a', 'b', 'c']) for (let i = 0; i < 600; i++) w.store.file(`d/${directory}/f${i}`, 'x');
    await w.clock.run(sync(w, '/'));
    for (const path of ['d/b/f7', 'd/c/x/9']) w.store.entries.delete(path);
    w.store.file('d/a/f3', 'longer');
    w.store.file('d/new/f', 'x');
    w.store.calls.length = 0;
    const { created, updated, removed } = figures(await w.clock.run(sync(w, '/d')));
    assert.deepEqual({ created, updated, removed }, { created: 2, updated: 1, removed: 2 });
    assert.deepEqual(
      w.store.calls.filter((call) => !call.includes(':')),
      ['list d', 'list d/a', 'list d/b', 'list d/c', 'list d/new'],
    );
  }),
);
