// The operations that touch journal and store, for crash-points.ts: each is cut off at every step of the servers.
import { randomId63, sleep } from '@alluvium/base';
import type { FileSystem, WriteType } from '@alluvium/client';
import { modeMessage } from '@alluvium/client/master/request-options.js';
import { fileMethods } from '@alluvium/client/master/services.js';
import { fileSystemMaster } from '@alluvium/wire';
import type { CaseWorld, CrashCase } from './crash-points.js';
import { listSynced } from './snapshot.js';

async function write(fs: FileSystem, path: string, content: string, writeType: WriteType, overwrite = false): Promise<void> {
  const file = await fs.create(path, { writeType, overwrite, recursive: true });
  await file.write(Buffer.from(content));
  await file.close();
}

function once({ cluster }: CaseWorld): fileSystemMaster.FileSystemMasterCommonPOptions {
  const { random } = cluster;
  return { ttl: -1n, operationId: { mostSignificantBits: randomId63(random), leastSignificantBits: randomId63(random) } };
}

/** A tree of what the store has: `/d` with two files and a directory. */
async function tree({ fs }: CaseWorld): Promise<void> {
  await write(fs, '/d/a', 'one', 'CACHE_THROUGH');
  await write(fs, '/d/b', 'two', 'THROUGH');
  await fs.createDirectory('/d/e', { writeType: 'CACHE_THROUGH' });
  await fs.createDirectory('/other', { writeType: 'CACHE_THROUGH' });
}

const incomplete = (_: string, seen: string | undefined): boolean => seen === undefined || seen.includes(' incomplete ');
const madeParents = (_: string, seen: string | undefined): boolean => seen === undefined || seen.startsWith('directory');
const unfinished = (path: string, seen: string | undefined): boolean => incomplete(path, seen) || madeParents(path, seen);

const FILES: readonly CrashCase[] = [
  ...(['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH'] as const).map((writeType): CrashCase => ({
    name: `create ${writeType}`,
    run: async ({ fs }) => write(fs, '/x/y', 'content', writeType, true),
    between: unfinished,
  })),
  {
    name: 'overwrite what the store has',
    prepare: async ({ fs }) => write(fs, '/f', 'old', 'CACHE_THROUGH'),
    run: async ({ fs }) => write(fs, '/f', 'newer', 'CACHE_THROUGH', true),
    between: incomplete,
  },
  {
    name: 'overwrite what the store has, to be persisted later',
    prepare: async ({ fs }) => write(fs, '/f', 'old', 'CACHE_THROUGH'),
    run: async ({ fs, persisted }) => {
      await write(fs, '/f', 'newer', 'ASYNC_THROUGH', true);
      await persisted();
    },
    between: incomplete,
  },
  {
    name: 'mkdir through, with parents',
    run: async (w) =>
      void (await w.master.unary(fileMethods.createDirectory, {
        path: '/x/y/z',
        options: {
          recursive: true,
          allowExists: true,
          mode: modeMessage(0o750),
          writeType: fileSystemMaster.WritePType.CACHE_THROUGH,
          commonOptions: once(w),
        },
      })),
    partly: true,
    between: madeParents,
  },
  {
    name: 'persist',
    prepare: async ({ fs }) => write(fs, '/p/f', 'cached', 'MUST_CACHE'),
    run: async ({ fs, persisted }) => {
      await fs.persist('/p/f');
      await persisted();
    },
    partly: true,
    between: (_, seen) => seen !== undefined,
  },
];

const MOVES: readonly CrashCase[] = [
  {
    name: 'rename a file',
    prepare: tree,
    run: async ({ fs }) => fs.rename('/d/a', '/other/a'),
    again: ['notFound', 'alreadyExists'],
  },
  {
    name: 'rename a directory',
    prepare: tree,
    run: async ({ fs }) => fs.rename('/d', '/other/d'),
    again: ['notFound', 'alreadyExists'],
  },
  {
    name: 'rename onto a file',
    prepare: tree,
    run: async (w) =>
      void (await w.master.unary(fileMethods.rename, {
        path: '/d/a',
        dstPath: '/d/b',
        options: { s3SyntaxOptions: { overwrite: true }, commonOptions: once(w) },
      })),
    again: ['notFound'],
  },
  {
    name: 'rename what is only cached onto what the store has',
    prepare: async ({ fs }) => {
      await write(fs, '/c', 'cached', 'MUST_CACHE');
      await write(fs, '/b', 'stored', 'CACHE_THROUGH');
    },
    run: async (w) =>
      void (await w.master.unary(fileMethods.rename, {
        path: '/c',
        dstPath: '/b',
        options: { s3SyntaxOptions: { overwrite: true }, commonOptions: once(w) },
      })),
    again: ['notFound'],
  },
  {
    name: 'rename and persist',
    prepare: async ({ fs }) => write(fs, '/p/f', 'cached', 'MUST_CACHE'),
    run: async (w) => {
      await w.master.unary(fileMethods.rename, { path: '/p/f', dstPath: '/p/g', options: { persist: true, commonOptions: once(w) } });
      await w.persisted();
    },
    partly: true,
    again: ['notFound'],
    between: (_, seen) => seen !== undefined,
  },
  {
    name: 'rename of what is being persisted',
    run: async ({ fs, persisted }) => {
      await write(fs, '/x/f', 'content', 'ASYNC_THROUGH', true);
      await fs.rename('/x/f', '/x/g');
      await persisted();
    },
    again: ['alreadyExists'],
    partly: true,
    between: (_, seen) => seen === undefined || /directory|incomplete|content/.test(seen),
  },
];

const REMOVALS: readonly CrashCase[] = [
  {
    name: 'remove a file',
    prepare: tree,
    run: async ({ fs }) => fs.remove('/d/a'),
    again: ['notFound'],
  },
  {
    name: 'remove a tree',
    prepare: tree,
    run: async ({ fs }) => fs.remove('/d', { recursive: true }),
    partly: true,
    again: ['notFound'],
  },
  {
    name: 'remove a tree, unchecked',
    prepare: tree,
    run: async (w) =>
      void (await w.master.unary(fileMethods.remove, {
        path: '/d',
        options: { recursive: true, unchecked: true, commonOptions: once(w) },
      })),
    partly: true,
    again: ['notFound'],
  },
  {
    name: 'remove what is being persisted',
    prepare: async ({ fs }) => fs.createDirectory('/x', { writeType: 'MUST_CACHE' }),
    run: async ({ fs, persisted }) => {
      await write(fs, '/x/f', 'content', 'ASYNC_THROUGH', true);
      await fs.remove('/x/f');
      await persisted();
    },
    between: (_, seen) => seen === undefined || /directory|incomplete|content/.test(seen),
  },
  {
    name: 'free',
    prepare: tree,
    run: async ({ fs }) => fs.free('/d', { recursive: true }),
  },
];

const ATTRIBUTES: readonly CrashCase[] = [
  {
    name: 'chmod of a tree',
    prepare: tree,
    run: async ({ fs }) => fs.setAttribute('/d', { mode: 0o700, recursive: true }),
    partly: true,
  },
  {
    name: 'chown of a file',
    prepare: tree,
    run: async ({ fs }) => fs.setAttribute('/d/a', { owner: 'alluvium', group: 'alluvium' }),
    partly: true,
  },
  {
    name: 'pin and TTL',
    prepare: tree,
    run: async ({ fs }) => fs.setAttribute('/d', { pinned: true, ttlMs: 10n ** 12n, recursive: true }),
    partly: true,
  },
];

const CONTROL: readonly CrashCase[] = [
  {
    name: 'access control of a tree',
    prepare: tree,
    run: async ({ master }) =>
      void (await master.unary(fileMethods.setAcl, {
        path: '/d',
        action: fileSystemMaster.SetAclAction.MODIFY,
        entries: [
          {
            type: fileSystemMaster.PAclEntryType.NamedUser,
            subject: 'somebody',
            actions: [fileSystemMaster.PAclAction.Read, fileSystemMaster.PAclAction.Execute],
          },
        ],
        options: { recursive: true },
      })),
    partly: true,
  },
  {
    name: 'a time to live that is over',
    prepare: tree,
    run: async ({ cluster, fs }) => {
      if (await fs.exists('/d')) await fs.setAttribute('/d', { ttlMs: 1n, ttlAction: 'DELETE' });
      while (await fs.exists('/d')) await sleep(cluster.clock, 200);
    },
    partly: true,
    again: ['notFound'],
    unremembered: true,
    between: (_, seen) => seen === undefined || seen.includes(' ttl 1'),
  },
];

const OTHER = 'sim://other';

function mounting(w: CaseWorld): Promise<void> {
  return w.fs.mount('/m', OTHER, { properties: { k: 'v' } });
}

async function filledMount(w: CaseWorld): Promise<void> {
  w.cluster.stores.at(OTHER).put('there/f', Buffer.from('other'), {});
  await mounting(w);
  await w.fs.status('/m/there/f');
}

const MOUNTS: readonly CrashCase[] = [
  { name: 'mount', run: mounting, again: ['unknown'], unremembered: true, mounts: { '/m': OTHER } },
  {
    name: 'unmount',
    prepare: filledMount,
    run: async ({ fs }) => fs.unmount('/m'),
    again: ['notFound'],
    unremembered: true,
    mounts: { '/m': OTHER },
  },
  {
    name: 'update a mount',
    prepare: filledMount,
    run: async ({ master }) =>
      void (await master.unary(fileMethods.updateMount, { alluxioPath: '/m', options: { readOnly: true, properties: { k: 'w' } } })),
    mounts: { '/m': OTHER },
  },
  {
    name: 'write, rename and remove below a mount',
    prepare: filledMount,
    run: async ({ fs }) => {
      await write(fs, '/m/new/f', 'written', 'CACHE_THROUGH', true);
      if (await fs.exists('/m/new/g')) await fs.remove('/m/new/g');
      await fs.rename('/m/new/f', '/m/new/g');
      if (await fs.exists('/m/there')) await fs.remove('/m/there', { recursive: true });
    },
    partly: true,
    between: () => true,
    mounts: { '/m': OTHER },
  },
];

const LOADS: readonly CrashCase[] = [
  {
    name: 'load what somebody has put into the store',
    prepare: async ({ cluster }) => {
      for (const path of ['in/a', 'in/b', 'in/deep/c']) cluster.store.put(path, Buffer.from(path), {});
    },
    run: async ({ fs }) => {
      for await (const _ of fs.list('/in', { recursive: true, loadMetadata: 'ALWAYS' }));
    },
    partly: true,
  },
];

const SYNCS: readonly CrashCase[] = [
  {
    name: 'sync with what somebody has changed in the store',
    prepare: async (w) => {
      await tree(w);
      w.cluster.store.put('d/a', Buffer.from('another'), {});
      w.cluster.store.removeFile('d/b');
      w.cluster.store.put('d/e/new', Buffer.from('new'), {});
    },
    run: async ({ master }) => void (await listSynced(master)),
    partly: true,
  },
];

const ALL: readonly CrashCase[] = [...FILES, ...MOVES, ...REMOVALS, ...ATTRIBUTES, ...CONTROL, ...MOUNTS, ...LOADS, ...SYNCS];

/** The same on a bucket, where a rename is many steps and directories are markers. */
const ON_OBJECTS: readonly CrashCase[] = [...FILES, ...MOVES, ...REMOVALS, ...CONTROL, ...LOADS, ...SYNCS].map((c) => ({
  ...c,
  name: `${c.name}, in a bucket`,
  rootStore: 'objects',
}));

export const CRASH_CASES: readonly CrashCase[] = [...ALL, ...ON_OBJECTS];
