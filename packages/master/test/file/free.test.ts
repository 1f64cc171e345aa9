import assert from 'node:assert/strict';
import { test } from 'node:test';
import { free } from '@alluvium/master/file/operations/free.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { pmode, program, rejects, type World } from './world.js';

async function release(w: World, path: string, options: fs.FreePOptions = {}, user = 'root'): Promise<void> {
  await free(w.c, { path, options }, user);
}

test(
  'freeing orders the copies away; what the file consists of stays known',
  program(async (w) => {
    await w.writeThrough('/d/f', '0123456789abc');
    const { blockIds } = await w.status('/d/f');
    await release(w, '/d/f');
    assert.deepEqual(w.freed, blockIds);
    assert.deepEqual((await w.status('/d/f')).blockIds, blockIds);
    await rejects('unknown', 'Cannot free directory /d which is not empty. Please set the "recursive" flag of free operation to true', () =>
      release(w, '/d'),
    );
    await release(w, '/d', { recursive: true });
    assert.equal(w.freed.length, 4);
    await w.mkdir('/empty');
    await release(w, '/empty');
  }),
);

test(
  'what is not in the store is never freed, not even by force',
  program(async (w) => {
    await w.write('/f', 3);
    await w.create('/unfinished');
    for (const forced of [false, true]) {
      await rejects('unknown', 'Cannot free file /f which is not persisted', () => release(w, '/f', { forced }));
      await rejects('unknown', 'Cannot free file /unfinished which is not persisted', () => release(w, '/unfinished', { forced }));
    }
    assert.deepEqual(w.freed, []);
    await rejects('notFound', 'Path "/no" does not exist.', () => release(w, '/no'));
  }),
);

test(
  'a pinned file is freed by force only, which unpins it',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await w.set('/f', { pinned: true });
    await rejects(
      'unknown',
      'Cannot free file /f which is pinned. Please unpin it first or set the "forced" flag of free operation to true',
      () => release(w, '/f'),
    );
    await release(w, '/f', { forced: true });
    assert.equal((await w.status('/f')).pinned, false);
    assert.equal(w.freed.length, 1);
  }),
);

test(
  'any reader may free, nobody else',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await release(w, '/f', {}, 'alice');
    await w.set('/f', { mode: pmode(0o600) });
    await rejects('permissionDenied', /^Permission denied: user=alice, access=r--, path=\/f: failed at f, /, () =>
      release(w, '/f', {}, 'alice'),
    );
  }),
);

test(
  'a file that only the store has has nothing to free',
  program(async (w) => {
    w.store.file('old', 'x');
    await release(w, '/old');
    assert.equal((await w.status('/old')).length, 1n);
  }),
);

test(
  'a large tree is freed in turns, unpinned a batch at a time, up to the first file that must stay',
  program(async (w) => {
    await w.mkdir('/d', { writeType: fs.WritePType.THROUGH });
    for (let i = 1000; i < 2500; i++) w.store.file(`d/f${i}`, 'x');
    await w.clock.run(w.list('/d', { loadMetadataType: fs.LoadMetadataPType.ALWAYS }));
    await w.clock.run(w.set('/d', { pinned: true }));
    await w.write('/d/g', 1);
    const before = w.journal.lastSequence;
    await rejects('unknown', 'Cannot free file /d/g which is not persisted', () =>
      w.clock.run(release(w, '/d', { recursive: true, forced: true })),
    );
    assert.ok(w.journal.lastSequence - before >= 3);
    assert.deepEqual([...w.c.tasks.all()].map(({ kind, state, done }) => [kind, state, done]).at(-1), ['free', 'FAILED', 1501]);
    assert.equal(w.freed.length, 1500);
    for (const info of (await w.clock.run(w.listInfos('/d'))).flat()) assert.equal(info.pinned, info.path === '/d/g', info.path);
  }),
);
