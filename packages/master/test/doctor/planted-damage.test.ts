import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NO_PARENT, ROOT_INODE_ID, blockIdOf, containerOf, type ContainerId, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { Doctor, findDamage, type Finding } from '@alluvium/master/doctor/index.js';
import { ALL_KINDS } from '@alluvium/master/doctor/examination.js';
import { directoryEntry, fileEntry } from '@alluvium/master/file/inode-to-entry.js';
import type { DirectoryInode, FileInode } from '@alluvium/metastore';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { assertHealthy, World } from '../file/world.js';
import { DamagedStore } from './damaged-store.js';

/** A small namespace: what the cases damage. */
class Ward extends World {
  readonly damaged: DamagedStore;
  queued: (id: InodeId) => boolean = () => true;

  constructor() {
    const damaged = new DamagedStore();
    super({ inodes: damaged });
    this.damaged = damaged;
  }

  readonly doctor = new Doctor({ c: this.c, inodes: this.inodes, blocks: this.blocks, isQueued: (id) => this.queued(id) });

  async furnish(): Promise<void> {
    await this.mkdir('/d/e', { recursive: true });
    await this.write('/d/cached', 25);
    await this.write('/d/waits', 5, { writeType: fs.WritePType.ASYNC_THROUGH });
    this.stores.at('mem://other');
    await this.mount('/m', 'mem://other');
    await this.mount('/n', 'mem://third');
    await this.writeThrough('/stored', 'x'.repeat(25));
    assertHealthy(this);
  }

  id(path: string): InodeId {
    return this.inode(path)!.id;
  }

  file(path: string): FileInode {
    return this.inode(path) as FileInode;
  }

  directory(path: string): DirectoryInode {
    return this.inode(path) as DirectoryInode;
  }

  /** Entries that no operation would journal. */
  apply(...entries: JournalEntry[]): void {
    for (const entry of entries) this.state.apply(entry);
  }

  async treat(repair: boolean): Promise<readonly Finding[]> {
    const { result } = this.doctor.start({ repair, checksPerSecond: 0, user: 'root' });
    return (await this.clock.run(result)).kept;
  }
}

interface Case {
  readonly kind: string;
  readonly what: string;
  plant(w: Ward): void | Promise<void>;
  /** What is true once it is mended; absent: nothing mends it. */
  mended?(w: Ward): void;
  /** What else the same damage breaks. */
  readonly also?: readonly string[];
}

const NOWHERE = 77n as InodeId;
/** Of a directory that could have been made. */
const SPARE = ((1n << 24n) + 5n) as InodeId;
const bytes = (w: Ward, path: string, index: number): number | undefined => w.blocks.length(w.file(path).blocks[index]!);
const WORKER = { host: 'w1', rpcPort: 1, dataPort: 2, webPort: 3 };

/** A worker that has the blocks. */
function worker(w: Ward, blockIds: readonly bigint[], host = 'w'): ReturnType<World['blocks']['workers']['get']> {
  const { workers } = w.blocks;
  const state = workers.beginRegistration(workers.announce({ ...WORKER, host }), {
    totalBytesOnTiers: { MEM: 100n },
    usedBytesOnTiers: { MEM: 10n },
  } as never);
  workers.addBlocks(state, { tierAlias: 'MEM', mediumType: 'MEM', blockIds });
  workers.finishRegistration(state);
  return state;
}

const CASES: readonly Case[] = [
  { kind: 'root-missing', what: 'there is no root', plant: (w) => w.inodes.remove(ROOT_INODE_ID) },
  {
    kind: 'second-root',
    what: 'a directory without a parent',
    plant: (w) => w.apply(directoryEntry({ ...w.directory('/d'), id: SPARE, parentId: NO_PARENT, name: 'two' })),
    mended: (w) => assert.equal(w.tree.childCount(w.id('/lost+found')), 1),
  },
  {
    kind: 'inode-without-parent',
    what: 'a file whose directory does not exist',
    plant: (w) => w.apply({ rename: { id: w.id('/d/cached'), newParentId: NOWHERE, newName: 'x' } }),
    mended: (w) => assert.equal(w.tree.childCount(w.id('/lost+found')), 1),
  },
  {
    kind: 'inode-without-parent',
    what: 'a file in a file, which its store has',
    plant: (w) => w.apply({ rename: { id: w.id('/stored'), newParentId: w.id('/d/cached'), newName: 'x' } }),
    mended: (w) => {
      assert.equal(w.inode('/stored'), undefined);
      assert.equal(w.inode('/lost+found'), undefined);
    },
  },
  {
    kind: 'inode-without-parent',
    what: 'a directory that its store has, below a directory that does not exist, and its children come along',
    plant: (w) => {
      w.apply({ updateInode: { id: w.id('/d/e'), persistenceState: 'PERSISTED' } });
      w.apply({ rename: { id: w.id('/d/cached'), newParentId: w.id('/d/e'), newName: 'f' } });
      w.apply({ rename: { id: w.id('/d/e'), newParentId: NOWHERE, newName: 'x' } });
    },
    mended: (w) => {
      const [adopted] = [...w.tree.children(w.id('/lost+found'))] as DirectoryInode[];
      assert.deepEqual([adopted!.persistence, adopted!.childrenLoaded], ['NOT_PERSISTED', false]);
      assert.equal(w.tree.child(adopted!.id, 'f')?.kind, 'file');
    },
  },
  {
    kind: 'directory-cycle',
    what: 'two directories in each other',
    plant: (w) => w.inodes.put({ ...w.directory('/d'), parentId: w.id('/d/e') }),
    mended: (w) => {
      const adopted = [...w.tree.children(w.id('/lost+found'))];
      assert.equal(adopted.length, 1);
      assert.notEqual(w.tree.pathOf(w.tree.child(adopted[0]!.id, adopted[0]!.name)?.id ?? adopted[0]!.id), undefined);
    },
    also: ['tree-height'],
  },
  {
    kind: 'inode-without-edge',
    what: 'an edge that is not found',
    plant: (w) => w.damaged.loseEdge(w.id('/d'), 'cached'),
    mended: (w) => assert.equal(w.file('/d/cached').length, 25),
  },
  {
    kind: 'inode-without-edge',
    what: 'two inodes of one name',
    plant: (w) => w.apply(directoryEntry({ ...w.directory('/d/e'), id: SPARE, name: 'cached' })),
    mended: (w) => {
      assert.equal(w.directory('/d/cached').kind, 'directory');
      assert.equal(w.tree.childCount(w.id('/lost+found')), 1, 'the file is kept');
    },
  },
  {
    kind: 'invalid-name',
    what: 'a name with a slash',
    plant: (w) => w.apply({ updateInode: { id: w.id('/d/cached'), name: 'a/b' } }),
    mended: (w) => assert.ok([...w.tree.children(w.id('/d'))].some(({ name }) => name.startsWith('inode-'))),
  },
  {
    kind: 'edge-without-inode',
    what: 'an edge to an inode that does not exist',
    plant: (w) => w.damaged.plantEdge(w.id('/d'), 'ghost', { ...w.file('/d/cached'), id: NOWHERE }),
    mended: (w) => assert.equal(w.inode('/d/ghost'), undefined),
  },
  {
    kind: 'edge-without-inode',
    what: 'an edge to an inode that has another name',
    plant: (w) => w.damaged.plantEdge(w.id('/d/e'), 'old', w.file('/d/cached')),
    mended: (w) => assert.deepEqual([w.inode('/d/e/old'), w.file('/d/cached').length], [undefined, 25]),
  },
  { kind: 'child-count', what: 'a count that is wrong', plant: (w) => w.damaged.miscount(w.id('/d'), 7) },
  {
    kind: 'container-not-reserved',
    what: 'a file with an id that is still to come',
    plant: async (w) => {
      const container = 5000n as ContainerId;
      const id = ((container << 24n) | 0xffffffn) as InodeId;
      w.apply(fileEntry({ ...w.file('/d/cached'), id, name: 'far', blocks: [], length: 0 }));
      await Promise.resolve();
    },
    mended: (w) => {
      assert.ok(w.blocks.nextContainer([]) > 5000n);
    },
  },
  {
    kind: 'directory-id-not-taken',
    what: 'a directory with an id that is still to come',
    plant: (w) => w.apply(directoryEntry({ ...w.directory('/d/e'), id: 500n as InodeId, name: 'far' })),
    mended: (w) => assert.ok(w.tree.directoryIds.take([], () => 0n as ContainerId) > 500n),
  },
  {
    kind: 'file-length',
    what: 'a stored file with too few blocks',
    plant: (w) => w.apply({ updateInodeFile: { id: w.id('/stored'), setBlocks: [w.file('/stored').blocks[0]!] } }),
    mended: (w) => assert.deepEqual([w.file('/stored').blocks.length, bytes(w, '/stored', 2)], [3, 5]),
    also: ['orphan-block'],
  },
  {
    kind: 'file-length',
    what: 'a cached file that is longer than its blocks',
    plant: (w) => w.apply({ updateInodeFile: { id: w.id('/d/cached'), length: 31n } }),
    also: ['block-length'],
  },
  {
    kind: 'foreign-block',
    what: 'a block of another file',
    plant: (w) => w.apply({ updateInodeFile: { id: w.id('/d/waits'), setBlocks: [w.file('/stored').blocks[0]!] } }),
    also: ['orphan-block', 'block-length'],
  },
  {
    kind: 'block-without-length',
    what: 'a block that nothing is known of',
    plant: (w) => w.apply({ deleteBlock: { blockId: w.file('/d/cached').blocks[2]! } }),
    mended: (w) => assert.equal(bytes(w, '/d/cached', 2), 5),
  },
  {
    kind: 'block-length',
    what: 'a block of a stored file with another length',
    plant: (w) => w.apply({ blockInfo: { blockId: w.file('/stored').blocks[1]!, length: 3n } }),
    mended: (w) => assert.equal(bytes(w, '/stored', 1), 10),
  },
  {
    kind: 'block-length',
    what: 'a block of a cached file with another length',
    plant: (w) => w.apply({ blockInfo: { blockId: w.file('/d/cached').blocks[1]!, length: 3n } }),
  },
  {
    kind: 'orphan-block',
    what: 'a block whose file does not exist',
    plant: (w) => w.apply({ blockInfo: { blockId: blockIdOf(9999n as ContainerId, 0), length: 1n } }),
    mended: (w) => assert.ok(w.freed.includes(blockIdOf(9999n as ContainerId, 0))),
  },
  {
    kind: 'orphan-block',
    what: 'a block behind the end of its file',
    plant: (w) => w.apply({ blockInfo: { blockId: blockIdOf(containerOf(w.id('/d/cached')), 3), length: 1n } }),
    mended: (w) => assert.equal(w.blocks.length(blockIdOf(containerOf(w.id('/d/cached')), 3)), undefined),
  },
  {
    kind: 'pinned-set',
    what: 'a pinned file that workers are not told of',
    plant: (w) => w.inodes.put({ ...w.file('/d/cached'), pinned: true }),
    mended: (w) => assert.ok(w.tree.isPinned(w.id('/d/cached'))),
  },
  {
    kind: 'pinned-set',
    what: 'workers are told of a pinned file that is gone',
    plant: (w) => {
      w.apply(
        fileEntry({ ...w.file('/d/cached'), id: ((4n << 24n) | 0xffffffn) as InodeId, name: 'gone', blocks: [], length: 0, pinned: true }),
      );
      w.inodes.remove(w.id('/d/gone'));
    },
    mended: (w) => assert.equal(w.tree.pinnedCount, 0),
  },
  {
    kind: 'ttl-queue',
    what: 'a time to live that nobody watches',
    plant: (w) => w.inodes.put({ ...w.file('/d/cached'), ttlMs: 1e12 }),
    mended: (w) => assert.ok(w.tree.timesToLive.has(w.id('/d/cached'))),
  },
  {
    kind: 'ttl-queue',
    what: 'something is due for a file without a time to live',
    plant: (w) => w.tree.timesToLive.set(w.id('/d/cached'), 1e13),
    mended: (w) => assert.equal(w.tree.timesToLive.size, 0),
  },
  {
    kind: 'persistence-ledger',
    what: 'a file that nobody persists',
    plant: (w) => w.tree.persistence.remove(w.id('/d/waits')),
    mended: (w) => assert.equal(w.tree.persistence.waitingCount, 1),
  },
  {
    kind: 'persistence-ledger',
    what: 'a file waits that is gone',
    plant: (w) => w.tree.persistence.put({ ...w.file('/d/waits'), id: NOWHERE }),
    mended: (w) => assert.equal(w.tree.persistence.knows(NOWHERE), false),
  },
  {
    kind: 'persistence-queue',
    what: 'a file that has no place in the queue',
    plant: (w) => {
      const known = new Set<InodeId>();
      w.queued = (id) => known.has(id);
      w.tree.persistence.listen({ wanted: ({ file }) => known.add(file), settled: (file) => known.delete(file) });
    },
    mended: (w) => assert.ok(w.queued(w.id('/d/waits'))),
  },
  {
    kind: 'tree-height',
    what: 'a directory that nobody counts as a level',
    plant: (w) => w.inodes.put({ ...w.directory('/d/e'), id: 5n as InodeId, parentId: w.id('/d/e'), name: 'x' }),
    mended: (w) => assert.equal(w.tree.levelsAtMost(w.id('/d')), 2),
    also: ['directory-id-not-taken'],
  },
  {
    kind: 'location-of-unknown-block',
    what: 'a copy of a block that is gone',
    plant: (w) => {
      const block = w.file('/d/cached').blocks[0]!;
      worker(w, [block]);
      w.apply({ deleteFile: { id: w.id('/d/cached') } }, ...[0, 1, 2].map((i) => ({ deleteBlock: { blockId: block + BigInt(i) } })));
    },
    mended: (w) => assert.equal(w.blocks.workers.live()[0]!.removals.size, 1),
  },
  {
    kind: 'location-of-unknown-worker',
    what: 'a copy on a worker that is not known',
    plant: (w) => {
      const block = w.file('/d/cached').blocks[0]!;
      worker(w, [block]);
      (w.blocks.locations(block)[0] as { workerId: bigint }).workerId = 1n;
    },
  },
  {
    kind: 'location-index',
    what: 'a copy that a worker has twice',
    plant: (w) => {
      const block = w.file('/d/cached').blocks[0]!;
      const one = worker(w, [block]);
      worker(w, [block], 'other');
      const other = w.blocks.locations(block).find(({ workerId }) => workerId !== one.id);
      (other as { workerId: bigint }).workerId = one.id;
    },
  },
  { kind: 'worker-usage', what: 'more listed than there is', plant: (w) => void worker(w, []).listed++ },
  { kind: 'worker-usage', what: 'less than no bytes', plant: (w) => void worker(w, []).usedBytes.set('MEM', -1n) },
  {
    kind: 'mount-without-directory',
    what: 'the directory of a mount is gone',
    plant: (w) => w.apply({ deleteFile: { id: w.id('/m') } }),
    mended: (w) => assert.equal(w.directory('/m').mountPoint, true),
  },
  {
    kind: 'mount-without-directory',
    what: 'the directory of a mount is no mount point',
    plant: (w) => w.apply({ updateInodeDirectory: { id: w.id('/m'), mountPoint: false } }),
    mended: (w) => assert.equal(w.directory('/m').mountPoint, true),
  },
  {
    kind: 'mount-id',
    what: 'two mounts of one id',
    plant: (w) => {
      const { path, ufsUri } = w.mounts.at('/m' as NormalPath)!;
      w.apply({ deleteMountPoint: { alluxioPath: path } });
      w.apply({ addMountPoint: { alluxioPath: path, ufsPath: ufsUri, mountId: w.mounts.at('/n' as NormalPath)!.id, readOnly: true } });
    },
    mended: (w) => {
      assert.equal(new Set([...w.mounts.all()].map(({ id }) => id)).size, 3);
      assert.equal(w.mounts.at('/m' as NormalPath)!.readOnly, true, 'all else is as it was');
    },
  },
  {
    kind: 'mount-overlap',
    what: 'a store is mounted twice',
    plant: (w) => {
      w.apply({ deleteMountPoint: { alluxioPath: '/m' } });
      w.apply({ addMountPoint: { alluxioPath: '/m', ufsPath: 'mem://third/below', mountId: 5n } });
    },
  },
  {
    kind: 'root-mount',
    what: 'the root mount has another id',
    plant: (w) => void ((w.mounts.root as { id: bigint }).id = 5n),
    also: ['mount-id'],
  },
  {
    kind: 'pause-without-mount',
    what: 'what is not mounted is paused',
    plant: (w) => w.apply({ alluvium: { mountPause: { mountId: 99n, paused: true, reason: 'x' } } }),
    mended: (w) => assert.deepEqual([...w.tree.persistence.pausedMounts()], []),
  },
  {
    kind: 'mount-point-without-mount',
    what: 'a mount point without a mount',
    plant: (w) => w.apply({ deleteMountPoint: { alluxioPath: '/m' } }),
    mended: (w) => assert.deepEqual([w.directory('/m').mountPoint, w.directory('/m').persistence], [false, 'NOT_PERSISTED']),
  },
  {
    kind: 'path-property',
    what: 'properties of a path that is not normal',
    plant: (w) =>
      w.apply(
        { pathProperties: { path: '/d/', properties: { a: 'b' } } },
        { pathProperties: { path: 'relative', properties: { a: 'b' } } },
      ),
    mended: (w) =>
      assert.deepEqual(
        [...w.pathProperties.all()].map(([path, { size }]) => [path, size]),
        [['/d', 1]],
      ),
  },
  {
    kind: 'intent-without-inode',
    what: 'an intent about what is gone',
    plant: (w) => w.apply({ alluvium: { storeIntent: { id: 3n, kind: 1, inodeId: NOWHERE, path: '/d' } } }),
    mended: (w) => assert.deepEqual([...w.tree.intents.open()], []),
  },
  {
    kind: 'retry-cache',
    what: 'an operation that is not found again',
    plant: (w) => void Object.defineProperty(w.tree.retries, 'damage', { value: 'planted' }),
  },
  {
    kind: 'time-in-future',
    what: 'a file from the next century',
    plant: (w) => w.apply({ updateInode: { id: w.id('/d/cached'), creationTimeMs: BigInt(w.clock.nowMs()) + 3_000_000_000_000n } }),
  },
];

const kindsOf = (findings: readonly Finding[]): string[] => [...new Set(findings.map(({ kind }) => kind))].toSorted();

for (const { kind, what, plant, mended, also = [] } of CASES) {
  test(`${kind}: ${what}`, async () => {
    const w = new Ward();
    await w.furnish();
    await plant(w);
    const expected = [kind, ...also].toSorted();
    assert.deepEqual(kindsOf(findDamage({ c: w.c, inodes: w.inodes, blocks: w.blocks, isQueued: (id) => w.queued(id) })), expected);
    const before = w.journal.lastSequence;
    const found = await w.treat(false);
    assert.deepEqual(kindsOf(found), expected);
    assert.equal(w.journal.lastSequence, before, 'a run that only looks journals nothing');
    assert.ok(found.every(({ remedy, detail, repaired }) => remedy !== '' && detail !== '' && !repaired));

    const treated = await w.treat(true);
    const of = treated.filter((finding) => finding.kind === kind);
    assert.ok(of.length > 0);
    assert.ok(of.every(({ repaired }) => repaired === (mended !== undefined)));
    const after = await w.treat(true);
    if (mended === undefined) return assert.ok(kindsOf(after).includes(kind), 'what cannot be mended is told again');
    assert.deepEqual(after, [], 'a second run finds nothing');
    mended(w);
    assert.ok(w.c.locks.isFree('/' as NormalPath, 'WRITE_EDGE'));
  });
}

test('every edge has an inode with that parent and name, and every inode has its edge', async () => {
  const w = new Ward();
  await w.furnish();
  const found = (): string[] => findDamage(w).map(({ kind, about }) => `${kind} ${about.subject}`);
  const [d, cached] = [w.id('/d'), w.file('/d/cached')];
  w.damaged.plantEdge(d, 'other', cached);
  assert.deepEqual(found(), ['edge-without-inode /d/other'], 'another name');
  w.inodes.put({ ...cached, name: 'other' });
  assert.deepEqual(found(), []);
  w.damaged.plantEdge(w.id('/d/e'), 'other', cached);
  assert.deepEqual(found(), ['edge-without-inode /d/e/other'], 'another parent');
  await w.treat(true);
  w.damaged.loseEdge(d, 'other');
  assert.deepEqual(found(), [`inode-without-edge inode ${cached.id} "other"`]);
  await w.treat(true);
  assert.deepEqual(found(), []);
});

test('every rule has a case, and is told of in docs/SEMANTICS.md', () => {
  assert.deepEqual([...new Set(CASES.map(({ kind }) => kind))].toSorted(), [...new Set(ALL_KINDS)].toSorted());
  assert.equal(new Set(ALL_KINDS).size, ALL_KINDS.length);
  const documented = readFileSync('docs/SEMANTICS.md', 'utf8');
  assert.deepEqual(
    ALL_KINDS.filter((kind) => !documented.includes(`\`${kind}\``)),
    [],
  );
});
