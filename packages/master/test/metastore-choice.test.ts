// The metastore is chosen at each start, and filled from checkpoint and journal: nothing depends on which one it was before.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileIdOf, ROOT_INODE_ID, type InodeId } from '@alluvium/base';
import { stateHash, type JournalEntry } from '@alluvium/journal';
import { fileEntry, directoryEntry } from '@alluvium/master/file/inode-to-entry.js';
import { PathProperties } from '@alluvium/master/meta/path-properties.js';
import { openState, type OpenState } from '@alluvium/master/open-state.js';
import type { DirectoryInode, FileInode } from '@alluvium/metastore';
import { Configuration, nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { SeededRandom, simGzip } from '@alluvium/testkit';
import { MemoryStores } from './file/memory-store.js';

const DIRECTORIES = 5;
const common = {
  owner: 'ada',
  group: 'staff',
  mode: 0o644,
  acl: undefined,
  accessTimeMs: 3,
  persistence: 'NOT_PERSISTED',
  pinned: false,
  pinnedMedia: [],
  ttlMs: -1,
  ttlAction: 'DELETE',
  fingerprint: '',
  xattr: undefined,
} as const;

function aFile(number: number, parentId: InodeId, name: string, atMs: number): FileInode {
  return {
    ...common,
    kind: 'file',
    id: fileIdOf(BigInt(number) as Parameters<typeof fileIdOf>[0]),
    parentId,
    name,
    creationTimeMs: atMs,
    modificationTimeMs: atMs,
    blockSizeBytes: 1 << 26,
    length: atMs,
    completed: true,
    blocks: [],
    replicationMax: -1,
    replicationMin: 0,
    replicationDurable: 1,
    persistJobId: -1n,
    tempUfsPath: '',
    shouldPersistTimeMs: -1,
  };
}

function aDirectory(id: number, name: string): DirectoryInode {
  const times = { creationTimeMs: 1, modificationTimeMs: 1 };
  const own = { mountPoint: false, childrenLoaded: true, defaultAcl: undefined };
  return { ...common, ...times, ...own, kind: 'directory', id: BigInt(id) as InodeId, parentId: ROOT_INODE_ID, name, pinned: id === 2 };
}

/** One home that is opened again and again. */
class Home {
  readonly directory = mkdtempSync(join(tmpdir(), 'alluvium-metastore-'));
  readonly failures: Error[] = [];
  readonly #stores = new MemoryStores();

  constructor(t: TestContext) {
    t.after(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  get metastore(): string {
    return join(this.directory, 'metastore');
  }

  async open(metastore: string, cacheSize = 1000, rootUfs = 'mem://root'): Promise<OpenState> {
    await using closing = new AsyncDisposableStack();
    const parts = {
      clock: nodeClock,
      random: new SeededRandom(5),
      disk: nodeDisk(),
      gzip: simGzip,
      log: silentLogger,
      configuration: Configuration.of({
        'alluxio.master.journal.folder': join(this.directory, 'journal'),
        'alluxio.master.mount.table.root.ufs': rootUfs,
        'alluxio.master.metastore': metastore,
        'alluxio.master.metastore.dir': this.metastore,
        'alluxio.master.metastore.inode.cache.max.size': String(cacheSize),
      }),
      underStores: this.#stores,
      user: 'root',
      groupsOf: () => [],
      pathProperties: new PathProperties(),
      failed: (error: Error) => void this.failures.push(error),
    };
    const opened = await openState(parts, closing);
    closing.move();
    return opened;
  }
}

async function close(opened: OpenState): Promise<void> {
  await opened.journal.close();
  await opened.mounts.close();
  await opened.metastore.close();
}

/** Creates, renames, changes, blocks and deletes. Numbers of files begin at `from`. */
async function change({ committer, tree }: OpenState, from: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const below = (n: number): number => Math.floor(random.next() * n);
  const parent = (): InodeId => BigInt(1 + below(DIRECTORIES)) as InodeId;
  const commits: Promise<void>[] = [];
  const commit = (...entries: JournalEntry[]): unknown => commits.push(committer.commit(entries));
  for (let id = 1; id <= DIRECTORIES; id++)
    if (tree.get(BigInt(id) as InodeId) === undefined) commit(directoryEntry(aDirectory(id, `d${id}`)));
  for (let number = from; number < from + 200; number++) {
    const file = aFile(number, parent(), `file-${number}`, number);
    commit(fileEntry(file), { blockInfo: { blockId: BigInt(number) << 24n, length: BigInt(number) } });
    const other = tree.get(fileIdOf(BigInt(from + below(number - from + 1)) as Parameters<typeof fileIdOf>[0]));
    if (other === undefined) continue;
    const what = below(4);
    if (what === 0) commit({ rename: { id: other.id, newName: `moved-${number}`, newParentId: parent(), opTimeMs: BigInt(number) } });
    if (what === 1) commit({ deleteFile: { id: other.id, recursive: false, opTimeMs: BigInt(number) } });
    if (what === 2) commit({ updateInode: { id: other.id, mode: 0o600, pinned: true, ttl: 10_000_000n } });
  }
  await Promise.all(commits);
}

const hashOf = ({ state }: OpenState): string => stateHash(state.snapshot());

test('the metastore may be another one at each start, and the state is the same', async (t) => {
  const home = new Home(t);
  let from = 1;
  let before: string | undefined;
  for (const [kind, cacheSize] of [
    ['HEAP', 0],
    ['rocks', 0],
    ['heap', 0],
    ['ROCKS', 1],
    ['ROCKS', 100_000],
  ] as const) {
    const opened = await home.open(kind, cacheSize);
    if (before !== undefined) assert.equal(hashOf(opened), before, kind);
    await change(opened, from, from);
    from += 200;
    // Half of it comes back from the checkpoint, half from the journal behind it.
    await opened.journal.checkpoint();
    await change(opened, from, from);
    from += 200;
    before = hashOf(opened);
    await close(opened);
  }
  assert.deepEqual(home.failures, []);
});

test('when the disk of the metastore fails, the master is told to stop, and a start has everything that was acknowledged', async (t) => {
  const home = new Home(t);
  const opened = await home.open('ROCKS', 16);
  await change(opened, 1, 1);
  const acknowledged: number[] = [];
  rmSync(join(home.metastore, 'rocksdb-1'), { recursive: true });
  const create = async (number: number): Promise<void> => {
    const file = { ...aFile(number, 1n as InodeId, `late-${number}`, number), xattr: new Map([['x', new Uint8Array(1 << 19)]]) };
    await opened.committer.commit([fileEntry(file)]);
    acknowledged.push(number);
  };
  await assert.rejects(
    (async () => {
      for (let number = 10_000; number < 10_100; number++) await create(number);
    })(),
    { kind: 'unavailable', message: /metastore/ },
  );
  assert.ok(acknowledged.length > 0);
  assert.throws(() => opened.tree.root, { kind: 'unavailable' });
  await opened.metastore.failed;
  assert.match(home.failures[0]!.message, /^The metastore cannot be/);
  await close(opened);

  const again = await home.open('ROCKS', 16);
  for (const number of acknowledged) assert.ok(again.tree.child(1n as InodeId, `late-${number}`) !== undefined);
  const hash = hashOf(again);
  await close(again);
  const heap = await home.open('HEAP');
  assert.equal(hashOf(heap), hash);
  await close(heap);
});

test('a start that fails lets go of the metastore', async (t) => {
  const home = new Home(t);
  const held = (): string[] =>
    readdirSync('/proc/self/fd')
      .map((fd) => linkOf(`/proc/self/fd/${fd}`))
      .filter((path) => path.startsWith(home.metastore));
  const opened = await home.open('ROCKS');
  assert.notDeepEqual(held(), []);
  await close(opened);
  assert.deepEqual(held(), []);
  await assert.rejects(home.open('ROCKS', 1, ''), { kind: 'invalidArgument' });
  assert.deepEqual(held(), []);
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
