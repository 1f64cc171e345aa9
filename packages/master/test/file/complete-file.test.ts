import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { completeFile } from '@alluvium/master/file/operations/complete-file.js';
import { getNewBlockId } from '@alluvium/master/file/operations/get-new-block-id.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { operationId, pmode, program, rejects, replayed, type World } from './world.js';

const { THROUGH, CACHE_THROUGH, ASYNC_THROUGH } = fs.WritePType;

async function complete(w: World, path: string, options: fs.CompleteFilePOptions = {}, user = 'root'): Promise<void> {
  await completeFile(w.c, { path, options }, user);
}

/** Blocks of the given lengths, committed unless undefined. */
async function blocks(w: World, path: string, ...lengths: (number | undefined)[]): Promise<BlockId[]> {
  const ids: BlockId[] = [];
  for (const length of lengths) {
    const id = (await getNewBlockId(w.c, { path }, 'root')).id as BlockId;
    ids.push(id);
    if (length !== undefined) await w.c.committer.commit([{ blockInfo: { blockId: id, length: BigInt(length) } }]);
  }
  return ids;
}

test(
  'a cached file is as long as its committed blocks',
  program(async (w) => {
    await w.create('/f');
    const ids = await blocks(w, '/f', 10, 10, 4);
    await w.clock.advance(5);
    await complete(w, '/f', { ufsLength: 99n });
    const info = await w.status('/f');
    assert.equal(info.length, 24n);
    assert.equal(info.completed, true);
    assert.deepEqual(info.blockIds, ids);
    assert.equal(info.lastModificationTimeMs, BigInt(w.clock.nowMs()));
    assert.deepEqual(w.store.calls, []);
  }),
);

test(
  'a file without blocks is empty',
  program(async (w) => {
    await w.create('/f');
    await complete(w, '/f');
    assert.equal((await w.status('/f')).length, 0n);
  }),
);

test(
  'all blocks have to be committed, all but the last as long as the block size',
  program(async (w) => {
    await w.create('/f');
    await blocks(w, '/f', 10, undefined);
    await rejects('invalidArgument', 'Cannot complete a file without all the blocks committed', () => complete(w, '/f'));
    await w.create('/g');
    await blocks(w, '/g', 10, 9, 1);
    await rejects('invalidArgument', 'Block index 1 has a block size smaller than the file block size (10)', () => complete(w, '/g'));
    assert.equal((await w.status('/g')).completed, false);
  }),
);

test(
  'what cannot be completed',
  program(async (w) => {
    await w.mkdir('/d');
    await w.write('/d/f', 1);
    await rejects('alreadyExists', 'File f has already been completed.', () => complete(w, '/d/f'));
    await rejects('notFound', 'Path "/d" must be a file.', () => complete(w, '/d'));
    await rejects('notFound', 'Path "/no" does not exist.', () => complete(w, '/no'));
    await rejects('invalidArgument', 'Path "x" is invalid.', () => complete(w, 'x'));
  }),
);

test(
  'a file written through has the length that the client names, and a fingerprint of the store',
  program(async (w) => {
    await w.create('/f', { writeType: THROUGH });
    w.store.file('f', '0123456789abcde');
    await complete(w, '/f', { ufsLength: 15n, contentHash: 'etag-1' });
    const info = await w.status('/f');
    assert.equal(info.length, 15n);
    assert.equal(info.blockIds?.length, 2, 'clients read by block, also what is not cached');
    assert.deepEqual(
      info.fileBlockInfos?.map((block) => block.blockInfo?.length),
      [10n, 5n],
    );
    assert.match(info.ufsFingerprint!, /^TYPE\|FILE .*CONTENT_HASH\|\(len:15,_modtime:1\d+\) $/);
    assert.equal(Buffer.from(info.xattr!['s3_etag']!).toString(), 'etag-1');
    assert.equal(info.persisted, true);
  }),
);

test(
  'a file written through without a length has that of the store',
  program(async (w) => {
    for (const [path, options] of [
      ['/f', {}],
      ['/g', { ufsLength: -1n }],
    ] as const) {
      await w.create(path, { writeType: THROUGH });
      w.store.file(path.slice(1), 'four');
      await complete(w, path, options);
      assert.equal((await w.status(path)).length, 4n);
    }
  }),
);

test(
  'a file is not complete when the store does not have what was written',
  program(async (w) => {
    await w.create('/f', { writeType: THROUGH });
    await rejects('internal', 'Cannot complete "/f": the under store has nothing; 4 bytes were written', () =>
      complete(w, '/f', { ufsLength: 4n }),
    );
    w.store.file('f', 'fou');
    await rejects('internal', 'Cannot complete "/f": the under store has 3 bytes; 4 bytes were written', () =>
      complete(w, '/f', { ufsLength: 4n }),
    );
    await rejects('internal', 'Cannot complete "/none": the under store has nothing; 0 bytes were written', async () => {
      await w.create('/none', { writeType: THROUGH });
      await complete(w, '/none', { ufsLength: 0n });
    });
    await rejects('invalidArgument', 'File f cannot have negative length: -2', () => complete(w, '/f', { ufsLength: -2n }));
    assert.equal((await w.status('/f')).completed, false);
    w.store.file('f', 'four');
    await complete(w, '/f', { ufsLength: 4n });
  }),
);

test(
  'a file has a bounded number of blocks',
  program(async (w) => {
    await w.create('/f', { writeType: THROUGH, blockSizeBytes: 1n });
    w.store.file('f', 'x'.repeat(2 ** 20 + 1));
    await rejects('invalidArgument', /^Cannot give "\/f" 1048577 blocks: at most 1048576 wanted; use a larger block size$/, () =>
      complete(w, '/f', { ufsLength: 2n ** 20n + 1n }),
    );
  }),
);

test(
  'blocks cached while writing through keep their metadata',
  program(async (w) => {
    await w.create('/f', { writeType: CACHE_THROUGH });
    const ids = await blocks(w, '/f', 10, 2);
    w.store.file('f', '0123456789ab');
    const before = w.journal.lastSequence;
    await complete(w, '/f', { ufsLength: 12n });
    assert.deepEqual(w.journal.kinds(before), ['updateInode', 'updateInodeFile'], 'no block entry is needed');
    assert.deepEqual((await w.status('/f')).blockIds, ids);
  }),
);

test(
  'a completed asynchronous write is handed to the queue',
  program(async (w) => {
    await w.create('/a', { writeType: ASYNC_THROUGH });
    await blocks(w, '/a', 3);
    assert.deepEqual(w.requested, []);
    await complete(w, '/a', { asyncPersistOptions: {} });
    await w.create('/b');
    await complete(w, '/b', { asyncPersistOptions: {} });
    const [a, b] = [await w.status('/a'), await w.status('/b')];
    assert.deepEqual(w.requested, [a.fileId, b.fileId]);
    assert.equal(b.persistenceState, 'TO_BE_PERSISTED');
    assert.deepEqual(
      [...replayed(w).tree.toBePersisted()].map(([id]) => id).toSorted(),
      [a.fileId, b.fileId].toSorted(),
      'also after a restart',
    );
  }),
);

test(
  'a retried complete is answered, also after a restart',
  program(async (w) => {
    const commonOptions = { operationId: operationId() };
    await w.create('/f', { writeType: THROUGH });
    w.store.file('f', 'abc');
    await complete(w, '/f', { commonOptions });
    await complete(w, '/f', { commonOptions });
    await complete(replayed(w), '/f', { commonOptions });
    await rejects('alreadyExists', /already been completed/, () => complete(w, '/f', { commonOptions: { operationId: operationId() } }));
  }),
);

test(
  'a retry that comes while the first waits for the store is answered with it',
  program(async (w) => {
    const commonOptions = { operationId: operationId() };
    await w.create('/f', { writeType: THROUGH });
    w.store.file('f', 'abc');
    await Promise.all([complete(w, '/f', { commonOptions }), complete(w, '/f', { commonOptions })]);
    assert.equal((await w.status('/f')).length, 3n);
  }),
);

test(
  'write on the file is needed, unless it is one s own unfinished file',
  program(async (w) => {
    await w.mkdir('/open', { mode: pmode(0o777) });
    await w.create('/open/f', { mode: pmode(0o444) }, 'alice');
    await rejects('permissionDenied', /^Permission denied: user=bob, access=-w-, path=\/open\/f: failed at f, /, () =>
      complete(w, '/open/f', {}, 'bob'),
    );
    await complete(w, '/open/f', {}, 'alice');
  }),
);

test(
  'a file on a read-only mount may still be completed',
  program(async (w) => {
    w.stores.at('mem://b');
    await w.mount('/m', 'mem://b');
    await w.create('/m/f');
    await w.c.committer.commit([
      { deleteMountPoint: { alluxioPath: '/m' } },
      { addMountPoint: { alluxioPath: '/m', ufsPath: 'mem://b', mountId: 5n, readOnly: true } },
    ]);
    await complete(w, '/m/f');
  }),
);
