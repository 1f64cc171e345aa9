import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalPath, type BlockId } from '@alluvium/base';
import { fileInfoOf } from '@alluvium/master/file/file-info.js';
import { ListingEncoder } from '@alluvium/master/file/listing-encoder.js';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { program, type World } from './world.js';

type Change = Partial<FileInode> & Partial<DirectoryInode>;

/** Each makes an inode that differs from the others in something that a listing tells. */
const CHANGES: readonly Change[] = [
  {},
  { owner: 'bob' },
  { group: 'ops' },
  { mode: 0o600 },
  { acl: { users: new Map([['eve', 5]]), groups: new Map(), mask: 7 } },
  { defaultAcl: { mode: 0o750, users: new Map(), groups: new Map([['ops', 7]]), mask: 7 } },
  { creationTimeMs: 0 },
  { creationTimeMs: -5, modificationTimeMs: -1 },
  { modificationTimeMs: 2 ** 32 },
  { accessTimeMs: Number.MAX_SAFE_INTEGER },
  { persistence: 'PERSISTED', fingerprint: 'TYPE|FILE UFS|local' },
  { persistence: 'LOST' },
  { pinned: true },
  { pinned: true, pinnedMedia: ['MEM', 'SSD'] },
  { ttlMs: 5000 },
  { ttlAction: 'FREE' },
  { xattr: new Map([['k', Buffer.from('v')]]) },
  { name: '\u00fcn\u{1F30A}c\u00f6de and spaces' },
  { name: 'x'.repeat(200) },
  { blockSizeBytes: 2 ** 40 },
  { length: 2 ** 45 },
  { completed: true },
  { replicationMax: 3 },
  { replicationMin: 2 },
  { mountPoint: true },
  { childrenLoaded: true },
];

async function kinds(w: World): Promise<Inode[]> {
  await w.mkdir('/d/sub', { recursive: true });
  await w.create('/d/sub/below');
  await w.write('/d/f', 25);
  const { blocks } = w.inode('/d/f') as FileInode;
  const plain = [w.inode('/d/sub')!, { ...w.inode('/d/f')!, blocks: [], length: 0 } as Inode, w.inode('/d/f')!];
  const worker = w.blocks.workers.get(w.blocks.workers.announce({ host: 'a', rpcPort: 1 }));
  w.blocks.workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: blocks.slice(0, 2) as BlockId[] });
  // Each change once after an inode without it and once before one.
  return plain.flatMap((inode) => CHANGES.flatMap((change) => [{ ...inode, ...change } as Inode, inode]));
}

test(
  'a listing says of each inode what fileInfoOf says, whatever came before',
  program(async (w) => {
    const inodes = await kinds(w);
    await w.mount('/d/m', 'mem://b');
    for (const path of [normalPath('/d'), normalPath('/'), normalPath('/d/m'), normalPath('/d/m/deeper')]) {
      const mount = w.mounts.resolve(path);
      const encoder = new ListingEncoder(w.c);
      for (const inode of inodes) encoder.addChild(inode, path, mount);
      assert.equal(encoder.count, inodes.length);
      const wanted = inodes.map((inode) => fileInfoOf(w.c, inode, normalPath(`${path}/${inode.name}`), mount));
      assert.deepEqual(
        fs.ListStatusPResponse.decode(encoder.finish()),
        fs.ListStatusPResponse.decode(fs.ListStatusPResponse.encode({ fileInfos: wanted }).finish()),
      );
      assert.equal(encoder.count, 0);
    }
  }),
);
