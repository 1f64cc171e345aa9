import { fail, joinPath, type BlockId, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode, Inode, PersistenceState, TtlAction } from '@alluvium/metastore';
import { common, type fileJournal, fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from './context.js';
import { inherited } from './acl.js';
import { xattrOf } from './inode-from-entry.js';
import { directoryEntry, fileEntry } from './inode-to-entry.js';
import type { OperationId } from './retry-cache.js';
import { pathAt, type Walk } from './walk.js';

const { XAttrPropagationStrategy } = fs;

// Steps that several operations plan alike. Each adds entries to a plan that is then committed as one operation.

/** The directory's times move to the time of the operation, if that is later. */
export function planTouch(plan: JournalEntry[], directory: Inode, nowMs: number): void {
  if (nowMs <= directory.modificationTimeMs && nowMs <= directory.accessTimeMs) return;
  const time = BigInt(nowMs);
  plan.push({ updateInode: { id: directory.id, lastModificationTimeMs: time, lastAccessTimeMs: time } });
}

/** Removes one inode and the metadata of its blocks; answers its blocks, whose copies are freed once that is durable. */
export function planRemove(plan: JournalEntry[], inode: Inode, path: NormalPath, nowMs: number, alluxioOnly: boolean): readonly BlockId[] {
  const entry: fileJournal.DeleteFileEntry = { id: inode.id, opTimeMs: BigInt(nowMs), path };
  if (alluxioOnly) entry.alluxioOnly = true;
  plan.push({ deleteFile: entry });
  if (inode.kind === 'directory') return [];
  for (const blockId of inode.blocks) plan.push({ deleteBlock: { blockId } });
  return inode.blocks;
}

export function renameEntry(id: InodeId, parent: InodeId, from: NormalPath, to: NormalPath, nowMs: number): JournalEntry {
  const newName = to.slice(to.lastIndexOf('/') + 1);
  return { rename: { id, opTimeMs: BigInt(nowMs), newParentId: parent, newName, path: from, newPath: to } };
}

/** A complete file is to be persisted from `fromMs` on; one that waits already may begin earlier, not later. */
export function persistEntry(inode: FileInode, path: NormalPath, fromMs: number): JournalEntry {
  const waitsAlready = inode.persistence === 'TO_BE_PERSISTED' && inode.shouldPersistTimeMs >= 0 && inode.shouldPersistTimeMs <= fromMs;
  // An update_inode entry cannot change the time from which a file is to be persisted; the whole inode can.
  return waitsAlready
    ? { updateInode: { id: inode.id, persistenceState: 'TO_BE_PERSISTED' } }
    : fileEntry({ ...inode, persistence: 'TO_BE_PERSISTED', shouldPersistTimeMs: fromMs }, path);
}

export interface NewDirectory {
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
  readonly persistence: PersistenceState;
  /** The store has nothing in it that is not known here. */
  readonly childrenLoaded: boolean;
  readonly ttlMs: number;
  readonly ttlAction: TtlAction;
  readonly xattr: ReadonlyMap<string, Uint8Array> | undefined;
  /** Of the directories above it that are made along; none when absent. */
  readonly xattrAbove?: NewDirectory['xattr'];
  readonly mountPoint: boolean;
  /** Of those that a store has already. */
  readonly fingerprints?: ReadonlyMap<NormalPath, string> | undefined;
}

/** The mode of directories that are made because something below them is. */
export const MISSING_PARENT_MODE = 0o755;

/**
 * Makes the missing components of a path up to `names[count - 1]`, all alike but for the last one's mode, xattr and mount point.
 * Answers the last directory made, or the deepest existing one.
 */
export function planDirectories(
  c: FileContext,
  plan: JournalEntry[],
  walk: Walk,
  count: number,
  like: NewDirectory,
  nowMs: number,
): DirectoryInode {
  const first = walk.inodes.length - 1;
  let parent = walk.inodes[Math.min(first, count)] as DirectoryInode;
  if (count <= first) return parent;
  let path = pathAt(walk, first);
  for (let i = first; i < count; i++) {
    const name = walk.names[i]!;
    const last = i === walk.names.length - 1;
    path = joinPath(path, name);
    const made = newDirectory(
      takeDirectoryId(c, plan),
      parent,
      name,
      last ? like : { ...like, mode: MISSING_PARENT_MODE, xattr: like.xattrAbove, mountPoint: false },
      nowMs,
    );
    parent = made.mountPoint ? made : { ...made, ...inherited(parent, made.mode) };
    plan.push(directoryEntry(parent, path));
    const ufsFingerprint = like.fingerprints?.get(path) ?? '';
    if (ufsFingerprint !== '') plan.push({ updateInode: { id: parent.id, ufsFingerprint } });
  }
  return parent;
}

export function takeDirectoryId(c: FileContext, plan: JournalEntry[]): InodeId {
  return c.tree.directoryIds.take(plan, (p) => c.blocks.nextContainer(p));
}

export function newDirectory(id: InodeId, parent: DirectoryInode, name: string, like: NewDirectory, nowMs: number): DirectoryInode {
  return {
    kind: 'directory',
    id,
    parentId: parent.id,
    name,
    owner: like.owner,
    group: like.group,
    mode: like.mode,
    acl: undefined,
    creationTimeMs: nowMs,
    modificationTimeMs: nowMs,
    accessTimeMs: nowMs,
    persistence: like.persistence,
    pinned: parent.pinned,
    pinnedMedia: parent.pinnedMedia,
    ttlMs: like.ttlMs,
    ttlAction: like.ttlAction,
    fingerprint: '',
    xattr: like.xattr,
    mountPoint: like.mountPoint,
    childrenLoaded: like.childrenLoaded,
    defaultAcl: undefined,
  };
}

/** What a new file has from its directory: it is pinned as that is, and who must have copies is pinned. */
export function pinBelow(
  parent: DirectoryInode,
  replicationMin: number,
): { readonly pinned: boolean; readonly pinnedMedia: readonly string[]; readonly replicationMin: number } {
  const least = parent.pinned ? Math.max(1, replicationMin) : replicationMin;
  return { pinned: least > 0, pinnedMedia: parent.pinnedMedia, replicationMin: least };
}

/** Extended attributes of the directories that are made above a new path: with NEW_PATHS, the wire's default, those of the path. */
export function xattrAbove(options: fs.CreateFilePOptions | fs.CreateDirectoryPOptions): ReadonlyMap<string, Uint8Array> | undefined {
  return options.xattrPropStrat === XAttrPropagationStrategy.LEAF_NODE ? undefined : xattrOf(options.xattr);
}

/** The operation's id goes onto the last entry of the namespace in its plan. */
export function withOperationId(plan: JournalEntry[], id: OperationId | undefined): JournalEntry[] {
  if (id === undefined) return plan;
  for (let i = plan.length - 1; i >= 0; i--) {
    const entry = plan[i]!;
    if (
      entry.alluvium !== undefined ||
      entry.deleteBlock !== undefined ||
      entry.blockInfo !== undefined ||
      entry.deleteMountPoint !== undefined ||
      entry.addMountPoint !== undefined
    )
      continue;
    entry.operationId = { mostSignificantBits: id.mostSignificantBits, leastSignificantBits: id.leastSignificantBits };
    break;
  }
  return plan;
}

/** By the wire's number. */
export const TTL_ACTIONS: readonly TtlAction[] = ['DELETE', 'FREE', 'DELETE_ALLUXIO'];

/** TTL of a request; absent means none. */
export function ttlOf(options: fs.FileSystemMasterCommonPOptions | undefined): { ttlMs: number; ttlAction: TtlAction } {
  const ttl = options?.ttl;
  return {
    ttlMs: ttl === undefined ? -1 : safeNumber(ttl),
    ttlAction: TTL_ACTIONS[options?.ttlAction ?? common.TtlAction.DELETE] ?? 'DELETE',
  };
}

/** The nearest number that is exact: what is beyond means for ever. */
export function safeNumber(value: bigint): number {
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  return value < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : Number(value);
}

export function modeOf(mode: common.PMode | undefined, absent: number): number {
  if (mode === undefined) return absent;
  return (rwxOf(mode.ownerBits) << 6) | (rwxOf(mode.groupBits) << 3) | rwxOf(mode.otherBits);
}

/** The wire's bits count from 1. */
function rwxOf(bits: common.Bits | undefined): number {
  return ((bits ?? common.Bits.NONE) - 1) & 7;
}

/** Names and values of all extended attributes that one request sets; they are sent with every status. */
const MAX_XATTR_BYTES = 64 * 1024;

/** Extended attributes by which the master keeps notes of its own. */
const KEPT_XATTRS = 'alluvium.';

/** Throws for extended attributes that a client may not set. */
export function requireXattr(path: NormalPath, xattr: Readonly<Record<string, Uint8Array>> | undefined): void {
  if (xattr === undefined) return;
  let bytes = 0;
  for (const [name, value] of Object.entries(xattr)) {
    if (name.startsWith(KEPT_XATTRS))
      throw fail(
        'invalidArgument',
        `Cannot set the extended attribute "${name.slice(0, 100)}" of "${path}": names in ${KEPT_XATTRS}* are kept`,
      );
    bytes += name.length + value.length;
  }
  if (bytes > MAX_XATTR_BYTES)
    throw fail('invalidArgument', `Cannot set the extended attributes of "${path}": ${bytes} bytes; at most ${MAX_XATTR_BYTES} wanted`);
}

/** Most blocks of a file: 64 TiB in blocks of the default size. Bounds what one request can make of the heap and of a journal record. */
export const MAX_BLOCKS = 2 ** 20;

export function requireBlockCount(path: NormalPath, count: number): void {
  if (count > MAX_BLOCKS)
    throw fail('invalidArgument', `Cannot give "${path}" ${count} blocks: at most ${MAX_BLOCKS} wanted; use a larger block size`);
}

/** How many bytes block `index` of a file of `length` bytes has. */
export function blockLength(length: number, blockSizeBytes: number, index: number): number {
  return Math.min(blockSizeBytes, length - index * blockSizeBytes);
}
