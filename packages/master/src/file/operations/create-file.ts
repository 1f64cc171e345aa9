import { fail, fileIdOf, normalPath, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode, PersistenceState } from '@alluvium/metastore';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { inherited } from '../acl.js';
import { settled, type FileContext } from '../context.js';
import { fileInfoOf } from '../file-info.js';
import { xattrOf } from '../inode-from-entry.js';
import { fileEntry } from '../inode-to-entry.js';
import { ownershipOf } from '../ownership.js';
import { mayBeStored } from '../may-be-stored.js';
import { loadPathLocked, mayBeInStore, requireNotReserved } from '../load-metadata.js';
import {
  MISSING_PARENT_MODE,
  modeOf,
  pinBelow,
  planDirectories,
  planRemove,
  planTouch,
  requireXattr,
  safeNumber,
  ttlOf,
  withOperationId,
  xattrAbove,
  type NewDirectory,
} from '../plan.js';
import { makingRoom } from '../make-room.js';
import { makingInStore, parentsToMake, type MadeInStore } from '../store-directories.js';
import { missingComponent, nearestAncestor, parentOf, requireTraversable, targetOf, type Walk } from '../walk.js';
import { requireStoreWritable, requireWritable } from '../writable.js';

const { WritePType } = fs;

const FILE_MODE = 0o644;

/**
 * CreateFile: an incomplete inode. The data comes later, from the client to workers; only for a through write the directories above
 * are made in the store, and an overwritten file is removed there, before the inode is journaled.
 */
export function createFile(
  c: FileContext,
  request: fs.CreateFilePRequest,
  user: string,
): fs.CreateFilePResponse | Promise<fs.CreateFilePResponse> {
  const path = normalPath(request.path ?? '');
  const options = request.options ?? {};
  if (c.locks.isFree(path, 'WRITE_EDGE')) {
    const repeated = answerRetry(c, options, path);
    if (repeated !== undefined) return repeated;
    const walk = check(c, path, options, user);
    if (!needsStore(c, walk, options)) return commit(c, walk, options, user);
  }
  return c.locks.hold([{ path, mode: 'WRITE_EDGE' }], () => createWithStore(c, path, options, user));
}

async function createWithStore(
  c: FileContext,
  path: NormalPath,
  options: fs.CreateFilePOptions,
  user: string,
): Promise<fs.CreateFilePResponse> {
  const repeated = answerRetry(c, options, path);
  if (repeated !== undefined) return settled(c, repeated);
  c.committer.requireAccepting();
  await loadPathLocked(c, path, ttlOf(undefined));
  const before = check(c, path, options, user);
  const old = targetOf(before);
  const { owner, group } = ownershipOf(c, user, nearestAncestor(before));
  const directories = writesThrough(options) ? parentsToMake(c, path, owner, group) : [];
  return makingInStore(c, directories, user, undefined, (made) =>
    makingRoom(c, old, path, user, (room) => commit(c, check(c, path, options, user), options, user, { made, room })),
  );
}

function answerRetry(c: FileContext, options: fs.CreateFilePOptions, path: NormalPath): fs.CreateFilePResponse | undefined {
  const id = options.commonOptions?.operationId;
  if (id === undefined || !c.tree.retries.has(id)) return undefined;
  const inode = c.tree.retries.inodeOf(id);
  const made = inode === undefined ? undefined : c.tree.get(inode);
  const at = made === undefined ? undefined : c.tree.pathOf(made.id);
  if (made === undefined || at === undefined) throw fail('notFound', `Path "${path}" does not exist.`);
  return { fileInfo: fileInfoOf(c, made, at, c.mounts.resolve(at)) };
}

function check(c: FileContext, path: NormalPath, options: fs.CreateFilePOptions, user: string): Walk {
  const walk = c.tree.walk(path);
  c.permissions.requireParentWrite(user, walk);
  requireTraversable(walk);
  requireWritable(c, path);
  if (options.blockSizeBytes !== undefined && (options.blockSizeBytes < 1n || options.blockSizeBytes > Number.MAX_SAFE_INTEGER))
    throw fail('invalidArgument', `Invalid block size ${options.blockSizeBytes}`);
  const old = targetOf(walk);
  if (old !== undefined) {
    if (options.overwrite !== true)
      throw fail('alreadyExists', `${path} already exists. If you want to overwrite the file, you need to specify the overwrite option.`);
    if (old.kind === 'directory') throw fail('alreadyExists', `${path} already exists. Directories cannot be overwritten with create`);
  }
  const replicationMax = options.replicationMax ?? -1;
  if (replicationMax >= 0 && (options.replicationMin ?? 0) > replicationMax) throw fail('internal', '');
  if (old === undefined) requireNotReserved(c, path);
  requireXattr(path, options.xattr);
  if (writesThrough(options)) requireStoreWritable(c, path);
  if (parentOf(walk) === undefined && options.recursive !== true && !mayBeInStore(c, walk)) throw missingComponent(walk);
  return walk;
}

function writesThrough(options: fs.CreateFilePOptions): boolean {
  return options.writeType === WritePType.THROUGH || options.writeType === WritePType.CACHE_THROUGH;
}

function needsStore(c: FileContext, walk: Walk, options: fs.CreateFilePOptions): boolean {
  const old = targetOf(walk);
  if (mayBeStored(old)) return true;
  const parent = parentOf(walk);
  if (writesThrough(options) && parent?.persistence !== 'PERSISTED') return true;
  if (old !== undefined) return false;
  // A file of that name in the store must not be replaced unseen, nor a directory there be taken for missing.
  const reachesStore = writesThrough(options) || options.writeType === WritePType.ASYNC_THROUGH;
  return (reachesStore || parent === undefined) && mayBeInStore(c, walk);
}

function commit(
  c: FileContext,
  walk: Walk,
  options: fs.CreateFilePOptions,
  user: string,
  stored?: { readonly made: MadeInStore; readonly room: readonly JournalEntry[] },
): Promise<fs.CreateFilePResponse> {
  if (parentOf(walk) === undefined && options.recursive !== true) throw missingComponent(walk);
  const nowMs = c.clock.nowMs();
  const plan: JournalEntry[] = [];
  const old = targetOf(walk);
  const freed: readonly BlockId[] = old === undefined ? [] : planRemove(plan, old, walk.path, nowMs, false);
  planTouch(plan, walk.inodes[Math.min(walk.inodes.length, walk.names.length) - 1]!, nowMs);
  const { owner, group } = ownershipOf(c, user, nearestAncestor(walk));
  const existing = parentOf(walk);
  const parent = (existing ??
    planDirectories(
      c,
      plan,
      walk,
      walk.names.length - 1,
      { ...directoriesLike(options, owner, group), fingerprints: stored?.made.fingerprints },
      nowMs,
    )) as DirectoryInode;
  const inode = newFile(c, plan, parent, walk.names[walk.names.length - 1]!, options, owner, group, nowMs);
  plan.push(fileEntry(inode, walk.path));
  withOperationId(plan, options.commonOptions?.operationId);
  const durable = c.committer.commit(stored === undefined ? plan : [...plan, ...stored.made.entries(), ...stored.room]);
  const reply = { fileInfo: fileInfoOf(c, inode, walk.path, c.mounts.resolve(walk.path)) };
  return durable.then(() => {
    if (freed.length > 0) c.blocks.free(freed);
    return reply;
  });
}

function persistenceAfter(options: fs.CreateFilePOptions): PersistenceState {
  if (writesThrough(options)) return 'PERSISTED';
  return options.writeType === WritePType.ASYNC_THROUGH ? 'TO_BE_PERSISTED' : 'NOT_PERSISTED';
}

function directoriesLike(options: fs.CreateFilePOptions, owner: string, group: string): NewDirectory {
  const persistence = writesThrough(options) ? 'PERSISTED' : 'NOT_PERSISTED';
  return {
    owner,
    group,
    mode: MISSING_PARENT_MODE,
    persistence,
    childrenLoaded: persistence === 'PERSISTED',
    ...ttlOf(options.commonOptions),
    xattr: undefined,
    xattrAbove: xattrAbove(options),
    mountPoint: false,
  };
}

function newFile(
  c: FileContext,
  plan: JournalEntry[],
  parent: DirectoryInode,
  name: string,
  options: fs.CreateFilePOptions,
  owner: string,
  group: string,
  nowMs: number,
): FileInode {
  const { ttlMs, ttlAction } = ttlOf(options.commonOptions);
  const { mode, acl } = inherited(parent, modeOf(options.mode, FILE_MODE));
  const waitMs = safeNumber(options.persistenceWaitTime ?? 0n);
  return {
    kind: 'file',
    id: fileIdOf(c.blocks.nextContainer(plan)),
    parentId: parent.id,
    name,
    owner,
    group,
    mode,
    acl,
    creationTimeMs: nowMs,
    modificationTimeMs: nowMs,
    accessTimeMs: nowMs,
    persistence: persistenceAfter(options),
    ...pinBelow(parent, options.replicationMin ?? 0),
    ttlMs,
    ttlAction,
    fingerprint: '',
    xattr: xattrOf(options.xattr),
    blockSizeBytes: Number(options.blockSizeBytes ?? c.options.defaultBlockSizeBytes),
    length: 0,
    completed: false,
    blocks: [],
    replicationMax: options.replicationMax ?? -1,
    replicationDurable: options.replicationDurable ?? 1,
    persistJobId: -1n,
    tempUfsPath: '',
    shouldPersistTimeMs: waitMs < 0 ? -1 : Math.min(nowMs + waitMs, Number.MAX_SAFE_INTEGER),
  };
}
