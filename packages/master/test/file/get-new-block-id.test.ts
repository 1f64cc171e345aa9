import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getNewBlockId } from '@alluvium/master/file/operations/get-new-block-id.js';
import { pmode, program, rejects, type World } from './world.js';

async function next(w: World, path: string, user = 'root'): Promise<bigint> {
  return (await getNewBlockId(w.c, { path }, user)).id!;
}

test(
  'blocks count up in the container of their file and are added at once',
  program(async (w) => {
    const { fileId } = await w.create('/f');
    await w.create('/g');
    const first = (fileId! >> 24n) << 24n;
    assert.equal(await next(w, '/f'), first);
    await next(w, '/g');
    assert.equal(await next(w, '/f'), first + 1n);
    assert.deepEqual((await w.status('/f')).blockIds, [first, first + 1n]);
  }),
);

test(
  'a directory has no blocks: an error, where a 2.9.4 master dies',
  program(async (w) => {
    await w.mkdir('/d');
    const before = w.journal.lastSequence;
    await rejects('invalidArgument', 'Cannot add a block to "/d": it is a directory', () => next(w, '/d'));
    await rejects('invalidArgument', 'Cannot add a block to "/": it is a directory', () => next(w, '/'));
    assert.equal(w.journal.lastSequence, before, 'nothing is journaled');
    await w.create('/d/f');
    await next(w, '/d/f');
  }),
);

test(
  'a complete file gets no more blocks, a missing one none',
  program(async (w) => {
    await w.write('/f', 12);
    await rejects('invalidArgument', 'Cannot add a block to "/f": the file is complete', () => next(w, '/f'));
    await rejects('notFound', 'Path "/no" does not exist.', () => next(w, '/no'));
    await rejects('invalidArgument', 'Path "no" is invalid.', () => next(w, 'no'));
    assert.equal((await w.status('/f')).blockIds?.length, 2);
  }),
);

test(
  'write on the file is needed, unless it is one s own unfinished file',
  program(async (w) => {
    await w.mkdir('/open', { mode: pmode(0o777) });
    await w.create('/open/f', { mode: pmode(0o400) }, 'alice');
    await next(w, '/open/f', 'alice');
    await rejects('permissionDenied', /^Permission denied: user=bob, access=-w-, path=\/open\/f: /, () => next(w, '/open/f', 'bob'));
  }),
);
