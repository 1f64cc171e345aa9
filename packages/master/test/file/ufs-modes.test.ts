import assert from 'node:assert/strict';
import { test } from 'node:test';
import { updateUfsMode } from '@alluvium/master/file/operations/update-ufs-mode.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { pmode, program, rejects, replayed, type World } from './world.js';

const { NO_ACCESS, READ_ONLY, READ_WRITE } = fs.UfsPMode;
const { THROUGH, ASYNC_THROUGH } = fs.WritePType;

async function setMode(w: World, ufsPath: string, ufsMode: fs.UfsPMode | undefined, user = 'root'): Promise<void> {
  await updateUfsMode(w.c, { ufsPath, options: ufsMode === undefined ? {} : { ufsMode } }, user);
}

function refusal(kind: 'READ' | 'WRITE', path: string, mode: string): string {
  return `Operation ${kind} not allowed on ufs path mem://root/${path} under maintenance mode ${mode}`;
}

test(
  'a store in mode READ_ONLY is read, and not asked to change anything',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await setMode(w, 'mem://root', READ_ONLY);
    w.store.calls.length = 0;
    await rejects('permissionDenied', refusal('WRITE', 'g', 'READ_ONLY'), () => w.create('/g', { writeType: THROUGH }));
    await rejects('permissionDenied', refusal('WRITE', 'd/g', 'READ_ONLY'), () =>
      w.create('/d/g', { writeType: THROUGH, recursive: true }),
    );
    await rejects('permissionDenied', refusal('WRITE', 'd', 'READ_ONLY'), () => w.mkdir('/d', { writeType: THROUGH }));
    await rejects('permissionDenied', refusal('WRITE', 'f', 'READ_ONLY'), () => w.set('/f', { mode: pmode(0o777) }));
    await rejects('permissionDenied', refusal('WRITE', 'f', 'READ_ONLY'), () => w.mv('/f', '/g'));
    await rejects('failedPrecondition', new RegExp(`/f \\(${refusal('WRITE', 'f', 'READ_ONLY')}\\)`), () => w.rm('/f'));
    assert.equal(w.inode('/g'), undefined);
    assert.equal(w.inode('/f')?.mode, 0o644);
    assert.deepEqual(
      w.store.calls.filter((call) => !/^(status|list|read)/.test(call)),
      [],
    );
    await w.create('/async', { writeType: ASYNC_THROUGH });
    await w.set('/f', { pinned: true });
    w.store.file('other', 'x');
    assert.equal((await w.status('/other')).length, 1n, 'reads go on');
  }),
);

test(
  'a store in mode NO_ACCESS is not asked at all',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await setMode(w, 'mem://root/', NO_ACCESS);
    w.store.calls.length = 0;
    await rejects('permissionDenied', refusal('READ', 'other', 'NO_ACCESS'), () => w.status('/other'));
    await rejects('permissionDenied', refusal('WRITE', 'd', 'NO_ACCESS'), () => w.mkdir('/d', { writeType: THROUGH }));
    assert.deepEqual(w.store.calls, []);
    assert.equal((await w.status('/f')).length, 3n, 'what is known is told');
    await setMode(w, 'mem://root', READ_WRITE);
    await w.mkdir('/d', { writeType: THROUGH });
  }),
);

test(
  'a mode is for a whole store, wherever it is mounted, and for no other',
  program(async (w) => {
    await w.mount('/a', 'mem://b/x');
    await w.mount('/b', 'mem://b/y');
    await setMode(w, 'mem://b/whatever', READ_ONLY);
    const writable = (path: string): boolean => w.mounts.isWritable(w.mounts.resolve(path as never));
    assert.deepEqual(['/', '/a', '/b'].map(writable), [true, false, false]);
    assert.deepEqual([...replayed(w).mounts.modes()], [['mem://b/', 'READ_ONLY']]);
    await setMode(w, 'mem://b', READ_WRITE);
    assert.deepEqual([...w.mounts.modes()], []);
  }),
);

test(
  'what is no mode, no store, or not asked by a super user is refused',
  program(async (w) => {
    await rejects('invalidArgument', 'Unknown Ufs path mem://else/', () => setMode(w, 'mem://else/x', READ_ONLY));
    await rejects('invalidArgument', 'Unknown Ufs path ', () => setMode(w, '', READ_ONLY));
    await rejects('invalidArgument', /READ_WRITE wanted/, () => setMode(w, 'mem://root', undefined));
    await rejects('permissionDenied', /alice is not a super user/, () => setMode(w, 'mem://root', READ_ONLY, 'alice'));
    assert.deepEqual([...w.mounts.modes()], []);
  }),
);
