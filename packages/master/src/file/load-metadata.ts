import { blockIdOf, fail, fileIdOf, joinPath, kindOf, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { isInTemporaryFolder, type UfsStatus } from '@alluvium/ufs';
import type { ChildWatch } from '../lock/child-watch.js';
import { sharedMode, storePath, type Mount } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { fingerprintOf } from './fingerprint-of.js';
import { directoryEntry, fileEntry } from './inode-to-entry.js';
import { MAX_BLOCKS, blockLength, newDirectory, pinBelow, takeDirectoryId } from './plan.js';
import { isFound, lastOf, pathAt, type Walk } from './walk.js';

// Brings what a store already has into the namespace: one path when it is asked for, the children of a directory when it is first
// listed. Only adds inodes; what is known is never changed or removed here.

/** Children per commit: bounds both the journal operation and the time the loop is held. */
const BATCH = 500;

const MAX_NAME_BYTES = 255;
const TEMPORARY_NAME = /\.alluxio\.0x[0-9A-F]{16}\.tmp$/i;
/** Where unfinished persist attempts live, directly below a mount. */
export const PERSIST_DIRECTORY = '.alluxio_ufs_persistence';

export interface LoadOptions {
  /** TTL of what is loaded. */
  readonly ttlMs: number;
  readonly ttlAction: FileInode['ttlAction'];
}

/** For whom a load is that a listing asked for. */
const LOADER = { operation: 'loadMetadata', user: '' };

export class MetadataLoader {
  readonly #inFlight = new Map<NormalPath, Promise<void>>();

  /** Loads a path and its missing ancestors, as far as the store has them. One load of a path at a time. */
  loadPath(c: FileContext, path: NormalPath, options: LoadOptions): Promise<void> {
    return this.#once(path, () => c.locks.hold([{ path, mode: 'READ' }], () => loadPathLocked(c, path, options), LOADER));
  }

  /** Loads the children of a directory that are not known yet. One load of a directory at a time. */
  loadChildren(c: FileContext, path: NormalPath, options: LoadOptions): Promise<void> {
    return this.#once(`${path}/` as NormalPath, () =>
      c.locks.hold([{ path, mode: 'READ' }], () => loadChildrenLocked(c, path, options), LOADER),
    );
  }

  #once(key: NormalPath, load: () => Promise<void>): Promise<void> {
    let running = this.#inFlight.get(key);
    if (running === undefined) {
      running = load().finally(() => this.#inFlight.delete(key));
      this.#inFlight.set(key, running);
    }
    return running;
  }
}

/** Whether a path that is not in the tree may be in the store: nothing says that it is not. */
export function mayBeInStore(c: FileContext, walk: Walk): boolean {
  const last = lastOf(walk);
  return last.kind === 'directory' && !last.childrenLoaded && last.persistence === 'PERSISTED' && !c.absent.has(walk.path);
}

/** The caller holds a lock on the path. */
export async function loadPathLocked(c: FileContext, path: NormalPath, options: LoadOptions): Promise<void> {
  const walk = c.tree.walk(path);
  if (isFound(walk) || lastOf(walk).kind === 'file') return;
  const mount = c.mounts.resolve(path);
  const hidden = topmostNotPersisted(walk, mount);
  if (hidden !== undefined && (await mount.store.status(storePath(mount, hidden))) === undefined) {
    c.absent.add(hidden);
    return;
  }
  for (let index = walk.inodes.length; index <= walk.names.length; index++) {
    const at = pathAt(walk, index);
    if (isTemporary(mount, at, walk.names[index - 1]!)) return;
    const status = await mount.store.status(storePath(mount, at));
    if (status === undefined) {
      c.absent.add(at);
      return;
    }
    const parent = c.tree.walk(pathAt(walk, index - 1));
    if (!isFound(parent)) return;
    const directory = lastOf(parent);
    if (directory.kind === 'file') return;
    await commitLoaded(c, mount, directory, at, [{ ...status, name: walk.names[index - 1]! }], options, false);
    if (!status.directory) return;
  }
}

/** Directories that exist only here hide nothing: when the store does not have the first of them, it has nothing below either. */
function topmostNotPersisted(walk: Walk, mount: Mount): NormalPath | undefined {
  for (let i = 1; i < walk.inodes.length; i++) {
    const at = pathAt(walk, i);
    if (walk.inodes[i]!.persistence !== 'PERSISTED' && at.length > mount.path.length) return at;
  }
  return undefined;
}

/** The caller holds a lock on the directory. */
export async function loadChildrenLocked(c: FileContext, path: NormalPath, options: LoadOptions): Promise<void> {
  const mount = c.mounts.resolve(path);
  // Who makes, moves or removes a child in the store journals that himself, and the listing may be from before or after.
  const watch = c.locks.watch(path);
  let complete = true;
  let batch: UfsStatus[] = [];
  try {
    for await (const status of mount.store.list(storePath(mount, path))) {
      if (!isLoadable(c, mount, path, status)) continue;
      if (watch.wasWritten(status.name)) complete = false;
      else batch.push(status);
      if (batch.length < BATCH) continue;
      await commitChildren(c, mount, path, batch, options, watch, false);
      batch = [];
    }
    await commitChildren(c, mount, path, batch, options, watch, complete);
  } catch (error) {
    // A directory that exists only here.
    if (kindOf(error) !== 'notFound') throw error;
    c.absent.add(path);
  } finally {
    watch.close();
  }
}

/** Whether the namespace shows what a listing has named. */
export function isLoadable(c: FileContext, mount: Mount, directory: NormalPath, status: UfsStatus): boolean {
  const { name } = status;
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) return false;
  if (isTemporary(mount, joinPath(directory, name), name)) return false;
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES) {
    c.log.warn('name in the under store is too long and not shown', { directory, mount: mount.path });
    return false;
  }
  return true;
}

function isTemporary(mount: Mount, path: NormalPath, name: string): boolean {
  return TEMPORARY_NAME.test(name) || storePath(mount, path) === PERSIST_DIRECTORY;
}

/** Throws for a path that could be made but never be loaded again: its name is one of the temporary ones. */
export function requireNotReserved(c: FileContext, path: NormalPath): void {
  const mount = c.mounts.resolve(path);
  const at = storePath(mount, path);
  if (TEMPORARY_NAME.test(at) || at === PERSIST_DIRECTORY || at.startsWith(`${PERSIST_DIRECTORY}/`) || isInTemporaryFolder(at))
    throw fail('invalidArgument', `Path "${path}" is invalid: its name is kept for temporary files of the under store.`);
}

async function commitChildren(
  c: FileContext,
  mount: Mount,
  path: NormalPath,
  batch: readonly UfsStatus[],
  options: LoadOptions,
  watch: ChildWatch,
  complete: boolean,
): Promise<void> {
  const walk = c.tree.walk(path);
  const directory = lastOf(walk);
  if (!isFound(walk) || directory.kind === 'file') throw fail('aborted', `Cannot load "${path}": it was removed meanwhile`);
  for (const { name } of batch) c.absent.forget(joinPath(path, name));
  const settled = batch.filter(({ name }) => !watch.wasWritten(name));
  const all = complete && settled.length === batch.length && !directory.childrenLoaded;
  await commitLoaded(c, mount, directory, path, settled, options, all);
}

/** Journals those of `found` that the directory does not have yet; `path` is the directory's, or that of the single child. */
function commitLoaded(
  c: FileContext,
  mount: Mount,
  directory: DirectoryInode,
  path: NormalPath,
  found: readonly UfsStatus[],
  options: LoadOptions,
  complete: boolean,
): Promise<void> {
  const plan: JournalEntry[] = [];
  if (found.length > 0 || mount.store.capabilities.directories === 'real') planStored(c, plan, directory);
  for (const status of found) {
    if (c.tree.child(directory.id, status.name) === undefined) planLoad(c, plan, mount, directory, status, options);
  }
  // While the journal refuses, a listing that found nothing new is still an answer; only that it was complete is not kept.
  if (complete && (plan.length > 0 || c.committer.accepting))
    plan.push({ updateInodeDirectory: { id: directory.id, directChildrenLoaded: true } });
  c.absent.forget(path);
  return c.committer.commit(plan);
}

/**
 * A directory that was made here alone turns out to be in the store, and so are those above it: they are removed and renamed there
 * too from now on.
 */
export function planStored(c: FileContext, plan: JournalEntry[], directory: DirectoryInode): void {
  for (let at: Inode | undefined = directory; at !== undefined && at.persistence !== 'PERSISTED'; at = c.tree.get(at.parentId))
    plan.push({ updateInode: { id: at.id, persistenceState: 'PERSISTED' } });
}

/** A new inode for what the store has under a name of `parent`. */
export function planLoad(
  c: FileContext,
  plan: JournalEntry[],
  mount: Mount,
  parent: DirectoryInode,
  status: UfsStatus,
  options: LoadOptions,
): void {
  const timeMs = status.modifiedMs ?? c.clock.nowMs();
  const common = {
    owner: status.owner,
    group: status.group,
    mode: loadedMode(mount, status),
    // A time to live counts from the creation, and what is in the store may be old: a wish for new files must not delete it there.
    ttlMs: options.ttlAction === 'DELETE' ? -1 : options.ttlMs,
    ttlAction: options.ttlAction,
  };
  const fingerprint = fingerprintOf(mount.store, status);
  if (status.directory) {
    const id = takeDirectoryId(c, plan);
    const inode = newDirectory(
      id,
      parent,
      status.name,
      { ...common, persistence: 'PERSISTED', childrenLoaded: false, xattr: undefined, mountPoint: false },
      timeMs,
    );
    plan.push(directoryEntry(inode), { updateInode: { id, ufsFingerprint: fingerprint } });
    return;
  }
  const container = c.blocks.nextContainer(plan);
  let blockSizeBytes = c.options.defaultBlockSizeBytes;
  while (status.length / blockSizeBytes > MAX_BLOCKS) blockSizeBytes *= 2;
  const blocks: BlockId[] = [];
  for (let index = 0; index * blockSizeBytes < status.length; index++) {
    const blockId = blockIdOf(container, index);
    blocks.push(blockId);
    plan.push({ blockInfo: { blockId, length: BigInt(blockLength(status.length, blockSizeBytes, index)) } });
  }
  plan.push(
    fileEntry({
      kind: 'file',
      id: fileIdOf(container),
      parentId: parent.id,
      name: status.name,
      ...common,
      acl: undefined,
      creationTimeMs: timeMs,
      modificationTimeMs: timeMs,
      accessTimeMs: timeMs,
      persistence: 'PERSISTED',
      ...pinBelow(parent, 0),
      fingerprint,
      xattr: status.contentHash === undefined ? undefined : new Map([[ETAG_XATTR, Buffer.from(status.contentHash)]]),
      blockSizeBytes,
      length: status.length,
      completed: true,
      blocks,
      replicationMax: -1,
      replicationDurable: 1,
      persistJobId: -1n,
      tempUfsPath: '',
      shouldPersistTimeMs: -1,
    }),
  );
}

/** Permission bits as the namespace shows them. */
export function loadedMode(mount: Mount, status: UfsStatus): number {
  return sharedMode(mount, status.mode);
}

/** The content hash of the stored object is kept under this extended attribute. */
export const ETAG_XATTR = 's3_etag';
