// What a journal entry means to somebody who watches the namespace. Asked before the entry is applied, so that what it removes or
// changes can still be looked up.
import { joinPath, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { InodeTree } from '../file/inode-tree.js';
import type { MountTable } from '../mount/mount-table.js';

export type EventKind = 'CREATED' | 'COMPLETED' | 'CHANGED' | 'RENAMED' | 'REMOVED' | 'MOUNTED' | 'UNMOUNTED';

export interface NamespaceEvent {
  /** Of the commit; several events may share it. */
  readonly sequence: number;
  readonly kind: EventKind;
  /** After the change; of what is removed, before it. */
  readonly path: NormalPath;
  readonly oldPath: NormalPath | undefined;
  readonly inode: InodeId;
  readonly directory: boolean;
  readonly timeMs: number;
}

export interface EventSources {
  readonly tree: InodeTree;
  readonly mounts: MountTable;
}

/** Undefined for an entry that nobody who watches needs. Times of a directory follow from what happens in it. */
export function eventOf(s: EventSources, entry: JournalEntry, sequence: number): NamespaceEvent | undefined {
  if (entry.inodeFile !== undefined) return created(s, entry.inodeFile, false, sequence);
  if (entry.inodeDirectory !== undefined) return created(s, entry.inodeDirectory, true, sequence);
  if (entry.updateInode !== undefined) {
    if (onlyTimes(entry.updateInode)) return undefined;
    return changed(s, 'CHANGED', entry.updateInode.id, entry.updateInode.lastModificationTimeMs, sequence);
  }
  if (entry.updateInodeFile !== undefined) {
    const kind = entry.updateInodeFile.completed === true ? 'COMPLETED' : 'CHANGED';
    return changed(s, kind, entry.updateInodeFile.id, undefined, sequence);
  }
  if (entry.updateInodeDirectory?.defaultAcl !== undefined)
    return changed(s, 'CHANGED', entry.updateInodeDirectory.id, undefined, sequence);
  if (entry.setAcl !== undefined) return changed(s, 'CHANGED', entry.setAcl.id, entry.setAcl.opTimeMs, sequence);
  if (entry.deleteFile !== undefined)
    return changed(s, 'REMOVED', entry.deleteFile.id, entry.deleteFile.opTimeMs, sequence, entry.deleteFile.path);
  if (entry.rename !== undefined) return renamed(s, entry.rename, sequence);
  if (entry.addMountPoint !== undefined) return mounted(s, 'MOUNTED', entry.addMountPoint.alluxioPath, sequence);
  if (entry.deleteMountPoint !== undefined) return mounted(s, 'UNMOUNTED', entry.deleteMountPoint.alluxioPath, sequence);
  return undefined;
}

/** A whole inode in an entry makes a new one, or replaces one that exists. */
function created(
  s: EventSources,
  entry: NonNullable<JournalEntry['inodeFile'] | JournalEntry['inodeDirectory']>,
  directory: boolean,
  sequence: number,
): NamespaceEvent | undefined {
  const inode = (entry.id ?? 0n) as InodeId;
  const path = (entry.path as NormalPath | undefined) ?? pathBelow(s, entry.parentId, entry.name);
  if (path === undefined) return undefined;
  const kind = s.tree.get(inode) === undefined ? 'CREATED' : 'CHANGED';
  const timeMs = Number(entry.lastModificationTimeMs ?? entry.creationTimeMs ?? 0n);
  return { sequence, kind, path, oldPath: undefined, inode, directory, timeMs };
}

function pathBelow(s: EventSources, parentId: bigint | undefined, name: string | undefined): NormalPath | undefined {
  const parent = s.tree.pathOf((parentId ?? 0n) as InodeId);
  return parent === undefined ? undefined : joinPath(parent, name ?? '');
}

function changed(
  s: EventSources,
  kind: EventKind,
  id: bigint | undefined,
  time: bigint | undefined,
  sequence: number,
  known?: string,
): NamespaceEvent | undefined {
  const inode = s.tree.get((id ?? 0n) as InodeId);
  const path = inode === undefined ? undefined : ((known as NormalPath | undefined) ?? s.tree.pathOf(inode.id));
  if (inode === undefined || path === undefined) return undefined;
  const timeMs = time === undefined ? inode.modificationTimeMs : Number(time);
  return { sequence, kind, path, oldPath: undefined, inode: inode.id, directory: inode.kind === 'directory', timeMs };
}

function renamed(s: EventSources, entry: NonNullable<JournalEntry['rename']>, sequence: number): NamespaceEvent | undefined {
  const inode = s.tree.get((entry.id ?? 0n) as InodeId);
  const oldPath = inode === undefined ? undefined : ((entry.path as NormalPath | undefined) ?? s.tree.pathOf(inode.id));
  const path = (entry.newPath as NormalPath | undefined) ?? pathBelow(s, entry.newParentId, entry.newName);
  if (inode === undefined || oldPath === undefined || path === undefined) return undefined;
  const directory = inode.kind === 'directory';
  return { sequence, kind: 'RENAMED', path, oldPath, inode: inode.id, directory, timeMs: Number(entry.opTimeMs ?? 0n) };
}

function mounted(s: EventSources, kind: EventKind, path: string | undefined, sequence: number): NamespaceEvent {
  const inode = s.tree.walk(path as NormalPath).inodes.at(-1)!;
  return {
    sequence,
    kind,
    path: path as NormalPath,
    oldPath: undefined,
    inode: inode.id,
    directory: true,
    timeMs: inode.modificationTimeMs,
  };
}

const TIMES: ReadonlySet<string> = new Set([
  'id',
  'lastModificationTimeMs',
  'lastAccessTimeMs',
  'overwriteModificationTime',
  'overwriteAccessTime',
]);

function onlyTimes(entry: NonNullable<JournalEntry['updateInode']>): boolean {
  for (const field in entry) if (!TIMES.has(field) && entry[field as keyof typeof entry] !== undefined) return false;
  return true;
}
