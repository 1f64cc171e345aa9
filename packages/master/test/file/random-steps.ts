// Random operations on a small namespace.
import { AlluviumError, fail, sleep, type NormalPath } from '@alluvium/base';
import { completeFile } from '@alluvium/master/file/operations/complete-file.js';
import { free } from '@alluvium/master/file/operations/free.js';
import { getNewBlockId } from '@alluvium/master/file/operations/get-new-block-id.js';
import { scheduleAsyncPersistence } from '@alluvium/master/file/operations/schedule-async-persistence.js';
import { setAcl } from '@alluvium/master/file/operations/set-acl.js';
import { unmount } from '@alluvium/master/file/operations/unmount.js';
import { updateMount } from '@alluvium/master/file/operations/update-mount.js';
import { updateUfsMode } from '@alluvium/master/file/operations/update-ufs-mode.js';
import { PersistenceSteps } from '@alluvium/master/file/persistence-steps.js';
import { LostFileDetector } from '@alluvium/master/persist/lost-files.js';
import { pauseEntry } from '@alluvium/master/persist/persist-ledger.js';
import type { FileInode } from '@alluvium/metastore';
import { fileSystemMaster as fs } from '@alluvium/wire';
import fc from 'fast-check';
import { operationId, pmode, type World } from './world.js';

const { MUST_CACHE, THROUGH, ASYNC_THROUGH } = fs.WritePType;

export type Step = (w: World) => Promise<unknown>;

const name = fc.constantFrom('a', 'b', 'c');
const anyPath = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`);
/** Few, so that operations meet. */
const path = fc.oneof(fc.constantFrom('/a', '/a/b', '/a/c', '/b', '/a/b/a', '/c/a'), anyPath);
/** Where something is mounted, perhaps. */
const mountPath = fc.oneof(fc.constant('/c'), path);
const writeType = fc.constantFrom(MUST_CACHE, THROUGH, ASYNC_THROUGH);
const flag = fc.boolean();

/** What reads and changes the namespace and its stores, the journal and the stores failing now and then. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(path, writeType, flag, flag).map(
    ([at, type, recursive, overwrite]): Step =>
      (w) =>
        w.create(at, { writeType: type, recursive, overwrite, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, fc.nat(25), writeType).map(
    ([at, length, type]): Step =>
      (w) =>
        type === THROUGH ? w.writeThrough(at, 'x'.repeat(length)) : w.write(at, length, { writeType: type, recursive: true }),
  ),
  fc.tuple(path, writeType, flag, flag).map(
    ([at, type, recursive, allowExists]): Step =>
      (w) =>
        w.mkdir(at, { writeType: type, recursive, allowExists, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, flag, flag, flag, flag).map(
    ([at, recursive, unchecked, alluxioOnly, deleteMountPoint]): Step =>
      (w) =>
        w.rm(at, { recursive, unchecked, alluxioOnly, deleteMountPoint, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, path, flag, flag).map(
    ([from, to, overwrite, persist]): Step =>
      (w) =>
        w.mv(from, to, { s3SyntaxOptions: { overwrite }, persist, commonOptions: { operationId: operationId() } }),
  ),
  fc.tuple(path, flag, flag, fc.nat(0o777)).map(
    ([at, recursive, pinned, mode]): Step =>
      (w) =>
        w.set(at, { recursive, pinned, mode: pmode(mode), commonOptions: { ttl: BigInt(mode) }, xattr: { m: Buffer.from([mode & 7]) } }),
  ),
  fc.tuple(path, flag).map(
    ([at, readOnly]): Step =>
      (w) =>
        w.mount(at, `mem://${at.replaceAll('/', '-')}`, { readOnly, properties: { k: 'v' } }),
  ),
  mountPath.map(
    (at): Step =>
      async (w) =>
        unmount(w.c, { alluxioPath: at }, 'root'),
  ),
  fc.tuple(mountPath, flag).map(
    ([at, readOnly]): Step =>
      async (w) =>
        updateMount(w.c, { alluxioPath: at, options: { readOnly } }, 'root'),
  ),
  path.map(
    (at): Step =>
      async (w) =>
        scheduleAsyncPersistence(w.c, { path: at }, 'root'),
  ),
  fc.tuple(path, flag).map(
    ([at, forced]): Step =>
      async (w) =>
        free(w.c, { path: at, options: { recursive: true, forced } }, 'root'),
  ),
  fc.tuple(fc.constantFrom('/', '/a', '/a/b'), flag).map(
    ([at, recursive]): Step =>
      (w) =>
        w.list(at, { recursive, loadMetadataType: fs.LoadMetadataPType.ALWAYS }),
  ),
  // Somebody else writes to the store.
  fc.tuple(path, flag).map(([at, directory]): Step => async (w) => {
    const below = at.slice(1);
    if ([...w.store.entries].some(([other, entry]) => !entry.directory && `${below}/`.startsWith(`${other}/`) && other !== '')) return;
    if (w.store.entries.get(below)?.directory === true) return;
    if (directory) w.store.directory(below);
    else w.store.file(below, 'theirs');
  }),
  // The journal's disk is full for the next operation; a store fails once.
  fc.constant((async (w) => void (w.journal.refusal = fail('resourceExhausted', 'full'))) satisfies Step),
  fc.constant((async (w) => {
    w.store.before = (call) => {
      if (call.startsWith('status') || call.startsWith('list')) return;
      w.store.before = () => {};
      throw fail('unavailable', '503');
    };
  }) satisfies Step),
);

const { PAclEntryType, SetAclAction, PAclAction } = fs;
const { Read, Write } = PAclAction;

const acl: fc.Arbitrary<fs.PAclEntry[]> = fc.array(
  fc.record({
    type: fc.constantFrom(PAclEntryType.Owner, PAclEntryType.NamedUser, PAclEntryType.NamedGroup, PAclEntryType.Mask, PAclEntryType.Other),
    subject: fc.constantFrom('bob', 'alice', '9', '10'),
    actions: fc.constantFrom([Read], [Read, Write], []),
    isDefault: flag,
  }),
  { maxLength: 4 },
);

/** A worker with all blocks of a file, or of none. */
function report(w: World, inode: FileInode | undefined): void {
  const { workers } = w.blocks;
  const worker = workers.find(workers.announce({ host: 'w1', rpcPort: 1 }))!;
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: inode?.blocks ?? [] });
}

function fileAt(w: World, at: string): FileInode | undefined {
  const inode = w.inode(at);
  return inode?.kind === 'file' && inode.completed ? inode : undefined;
}

/** Everything else that is journaled: attributes of all kinds, attempts to persist, lost files, pauses, modes, properties, times. */
const rarer: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(
      path,
      fc.constantFrom(SetAclAction.REPLACE, SetAclAction.MODIFY, SetAclAction.REMOVE, SetAclAction.REMOVE_ALL, SetAclAction.REMOVE_DEFAULT),
      acl,
      flag,
    )
    .map(
      ([at, action, entries, recursive]): Step =>
        async (w) =>
          setAcl(w.c, { path: at, action, entries, options: { recursive } }, 'root'),
    ),
  fc.tuple(path, fc.constantFrom(-1n, 5n, 10n ** 12n), fc.nat(2), flag).map(
    ([at, ttl, ttlAction, recursive]): Step =>
      (w) =>
        w.set(at, { recursive, commonOptions: { ttl, ttlAction: ttlAction as 0 } }),
  ),
  fc
    .tuple(path, fc.constantFrom<Record<string, Buffer>[]>({ b: Buffer.from('1') }, { 10: Buffer.of(), 9: Buffer.of(255) }, {}), fc.nat(3))
    .map(
      ([at, xattr, xattrUpdateStrategy]): Step =>
        (w) =>
          w.set(at, { xattr, xattrUpdateStrategy: (xattrUpdateStrategy + 1) as 1 }),
    ),
  fc.tuple(path, fc.nat(3), fc.integer({ min: -1, max: 4 }), flag, flag).map(
    ([at, replicationMin, replicationMax, persisted, pinned]): Step =>
      (w) =>
        w.set(at, {
          replicationMin,
          replicationMax,
          pinned,
          ...(pinned && { pinnedMedia: ['SSD', 'MEM'] }),
          ...(persisted && { persisted }),
          owner: 'alice',
        }),
  ),
  // A client that writes slowly, and one that goes away.
  fc.tuple(path, writeType, flag).map(([at, type, block]): Step => async (w) => {
    await w.create(at, { writeType: type, recursive: true });
    if (block) await getNewBlockId(w.c, { path: at }, 'root');
  }),
  path.map(
    (at): Step =>
      async (w) =>
        completeFile(w.c, { path: at, options: { asyncPersistOptions: {}, commonOptions: { operationId: operationId() } } }, 'root'),
  ),
  // A worker persists a file, or fails.
  fc.tuple(path, flag).map(([at, fails]): Step => async (w) => {
    const steps = new PersistenceSteps(w.c);
    const inode = fileAt(w, at);
    if (inode === undefined) return;
    report(w, inode);
    const begun = await steps.begin(inode.id, 5n);
    if (begun.kind !== 'order') return;
    const times = { sinceMs: 1, lastAttemptMs: 2, nextAttemptMs: 3 };
    if (fails) return steps.failed(inode.id, 5n, { ...times, attempts: 4, lastError: 'refused' });
    const mount = w.mounts.resolve(at as NormalPath);
    w.stores.at(mount.ufsUri).file(begun.order.ufsPath!.slice(mount.ufsUri.length + 1), 'x'.repeat(inode.length));
    await steps.finish(inode.id, { orderId: 5n, length: BigInt(inode.length) });
  }),
  // Workers go and come: files are lost and found.
  fc.tuple(path, flag).map(([at, comes]): Step => async (w) => {
    if (comes) report(w, fileAt(w, at));
    const c = w.c;
    const lost = new LostFileDetector({ c, hasSettled: () => true, isBusy: () => false, recover: async () => false, intervalMs: 1 });
    lost.start();
    await sleep(w.clock, 20);
    lost.stop();
  }),
  fc.tuple(fc.constantFrom('/', '/a', '/c'), flag).map(([at, paused]): Step => async (w) => {
    const mount = w.mounts.at(at as NormalPath);
    if (mount !== undefined) await w.c.committer.commit([pauseEntry(mount.id, paused ? 'maintenance' : undefined)]);
  }),
  fc.tuple(fc.constantFrom('mem://root', 'mem://-c'), fc.nat(2)).map(
    ([ufsPath, ufsMode]): Step =>
      (w) =>
        updateUfsMode(w.c, { ufsPath, options: { ufsMode: (ufsMode + 1) as 1 } }, 'root'),
  ),
  fc.tuple(path, fc.constantFrom('1', '2', ''), flag).map(([at, value, all]): Step => async (w) => {
    const plan =
      value === ''
        ? w.pathProperties.planRemove(at as NormalPath, all ? [] : ['alluxio.user.file.writetype.default'])
        : w.pathProperties.planSet(at as NormalPath, {
            'alluxio.user.file.writetype.default': value,
            ...(all && { 'alluxio.user.file.readtype.default': value }),
          });
    await w.c.committer.commit(plan);
  }),
  fc.tuple(path, fc.nat(3)).map(([at, days]): Step => async (w) => {
    await sleep(w.clock, days * 86_400_000);
    await w.status(at, { updateTimestamps: true });
    await w.c.accessTimes.flush();
  }),
);

/** Any operation at all; some wait for the clock. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof({ weight: 3, arbitrary: step }, { weight: 2, arbitrary: rarer });

/** Operations that no store has to know of, on stores that are empty. */
export const cachedStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(path, flag, flag).map(
    ([at, recursive, overwrite]): Step =>
      (w) =>
        w.create(at, { recursive, overwrite }),
  ),
  fc.tuple(path, fc.nat(25), flag).map(
    ([at, length, recursive]): Step =>
      (w) =>
        w.write(at, length, { recursive }),
  ),
  fc.tuple(path, flag, flag).map(
    ([at, recursive, allowExists]): Step =>
      (w) =>
        w.mkdir(at, { recursive, allowExists }),
  ),
  fc.tuple(path, flag).map(
    ([at, recursive]): Step =>
      (w) =>
        w.rm(at, { recursive }),
  ),
  fc.tuple(path, path, flag).map(
    ([from, to, overwrite]): Step =>
      (w) =>
        w.mv(from, to, { s3SyntaxOptions: { overwrite } }),
  ),
  fc.tuple(path, fc.nat(0o777), fc.constantFrom('root', 'alice', 'bob'), flag).map(
    ([at, mode, user, recursive]): Step =>
      (w) =>
        w.set(at, { mode: pmode(mode), recursive }, user),
  ),
  fc.tuple(path, acl, fc.constantFrom('root', 'alice')).map(
    ([at, entries, user]): Step =>
      async (w) =>
        setAcl(w.c, { path: at, action: SetAclAction.MODIFY, entries, options: {} }, user),
  ),
  path.map(
    (at): Step =>
      async (w) =>
        getNewBlockId(w.c, { path: at }, 'root'),
  ),
  path.map(
    (at): Step =>
      async (w) =>
        completeFile(w.c, { path: at, options: {} }, 'root'),
  ),
  fc.constant((async (w) => void (w.journal.refusal = fail('resourceExhausted', 'full'))) satisfies Step),
);

export async function tolerant(run: Promise<unknown>): Promise<void> {
  try {
    await run;
  } catch (error) {
    // Refusals are expected; a broken invariant or a TypeError is not.
    if (!(error instanceof AlluviumError)) throw error;
  }
}
