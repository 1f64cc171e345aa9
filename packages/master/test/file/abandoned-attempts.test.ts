import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { removeAbandonedAttempts } from '@alluvium/master/file/abandoned-attempts.js';
import { PersistenceSteps } from '@alluvium/master/file/persistence-steps.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { program, type World } from './world.js';

const FOLDER = '.alluxio_ufs_persistence';
const UUID = '123e4567-e89b-42d3-a456-426614174000';
/** Of the oldest file of a memory store; the others are some milliseconds younger. */
const FIRST_MS = 1000;

function sweep(w: World, olderThanMs: number, nowMs = FIRST_MS + 1000): Promise<number> {
  return removeAbandonedAttempts(w.c, w.mounts.root, { olderThanMs, nowMs });
}

/** The temporary file of an attempt that is under way. */
async function attempt(w: World, path: string): Promise<string> {
  await w.write(path, 0, { writeType: fs.WritePType.ASYNC_THROUGH });
  const begun = await new PersistenceSteps(w.c).begin(w.inode(path)!.id, 7n);
  assert.ok(begun.kind === 'order');
  const { order } = begun;
  const at = order.ufsPath!.slice('mem://root/'.length);
  w.store.file(at, '');
  return at;
}

test(
  'what attempts to persist left is removed when it is old and no file claims it',
  program(async (w) => {
    assert.equal(await sweep(w, 0), 0, 'nothing was ever persisted');
    const claimed = await attempt(w, '/f');
    const dropped = await attempt(w, '/g');
    await w.rm('/g', { alluxioOnly: true });
    const unknown = `${FOLDER}/99999999.alluxio.1234.${UUID}.tmp`;
    w.store.file(unknown, 'half');
    // Of others, and a directory that only has such a name.
    for (const name of ['f', `f.alluxio.1234.${UUID}.tmp`, '1.alluxio.0x0123456789ABCDEF.tmp']) w.store.file(`${FOLDER}/${name}`, 'x');
    w.store.directory(`${FOLDER}/1.alluxio.1.${UUID}.tmp`);
    const before = w.store.paths();
    assert.equal(await sweep(w, 1000), 0, 'all are young');
    assert.deepEqual(w.store.paths(), before);
    assert.equal(await sweep(w, 900), 2);
    assert.deepEqual(
      w.store.paths(),
      before.filter((path) => path !== dropped && path !== unknown),
    );
    assert.ok(w.store.paths().includes(claimed));
  }),
);

test(
  'an attempt that is claimed while the store is listed stays',
  program(async (w) => {
    const at = await attempt(w, '/f');
    const { id } = w.inode('/f')!;
    await w.c.committer.commit([{ updateInodeFile: { id, tempUfsPath: '' } }]);
    w.store.file(`${FOLDER}/x`, 'the listing goes on after it');
    w.store.before = async (call) => {
      if (call !== `list ${FOLDER}: x`) return;
      await w.c.committer.commit([{ updateInodeFile: { id, tempUfsPath: `mem://root/${at}` } }]);
    };
    assert.equal(await sweep(w, 0), 0);
    assert.ok(w.store.paths().includes(at));
  }),
);

test(
  'a store that does not answer is told so',
  program(async (w) => {
    w.store.before = () => {
      throw fail('unavailable', 'not now');
    };
    await assert.rejects(sweep(w, 0), { kind: 'unavailable' });
  }),
);
