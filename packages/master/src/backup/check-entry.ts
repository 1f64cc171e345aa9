// Whether the next entry of a backup fits what has been restored before it. Applying trusts the journal that it comes from; a file
// from elsewhere is trusted with nothing.
import { NO_PARENT, ROOT_INODE_ID, ROOT_MOUNT_ID, fail, normalPath, type InodeId, type MountId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import type { InodeTree } from '../file/inode-tree.js';
import type { MountTable } from '../mount/mount-table.js';

export interface Restoring {
  readonly tree: InodeTree;
  readonly mounts: MountTable;
}

/** Throws `invalidArgument` with what is wrong. */
export function checkEntry({ tree, mounts }: Restoring, entry: JournalEntry): void {
  const made = entry.inodeFile ?? entry.inodeDirectory;
  if (made !== undefined) return checkInode(tree, made, entry.inodeDirectory !== undefined);
  if (entry.rename !== undefined) return checkPlace(tree, entry.rename.id, entry.rename.newParentId, entry.rename.newName);
  if (entry.updateInode !== undefined) {
    const { id, parentId, name } = entry.updateInode;
    if (parentId !== undefined || name !== undefined) checkPlace(tree, id, parentId, name);
  }
  if (entry.blockInfo !== undefined && entry.blockInfo.blockId === undefined) throw wrong('it speaks of no block');
  if (entry.addMountPoint !== undefined) checkMount(mounts, entry.addMountPoint);
}

function wrong(what: string): Error {
  return fail('invalidArgument', what);
}

function checkInode(
  tree: InodeTree,
  {
    id,
    parentId = NO_PARENT,
    name = '',
  }: { readonly id?: bigint | undefined; readonly parentId?: bigint | undefined; readonly name?: string | undefined },
  directory: boolean,
): void {
  const what = `the ${directory ? 'directory' : 'file'} ${id} "${name.slice(0, 100)}"`;
  if (id === undefined) throw wrong(`${what} has no id`);
  if (tree.get(id as InodeId) !== undefined) throw wrong(`${what} has the id of another inode`);
  if (id === ROOT_INODE_ID || parentId === NO_PARENT) {
    if (id !== ROOT_INODE_ID || parentId !== NO_PARENT || name !== '' || !directory)
      throw wrong(`${what} is no root: one directory with id ${ROOT_INODE_ID}, no name and no parent wanted`);
    return;
  }
  const parent = directoryAt(tree, parentId, what);
  if (!isName(name)) throw wrong(`${what} has no valid name`);
  if (tree.child(parent.id, name) !== undefined) throw wrong(`${what} has the name of another inode of directory ${parentId}`);
}

/** An inode that is there goes to another place. */
function checkPlace(tree: InodeTree, id: bigint | undefined, parentId: bigint | undefined, name: string | undefined): void {
  const inode = tree.get((id ?? 0n) as InodeId);
  const what = `the inode ${id}, which is moved,`;
  if (inode === undefined || inode.id === ROOT_INODE_ID) throw wrong(`${what} ${inode === undefined ? 'is not there' : 'is the root'}`);
  const parent = directoryAt(tree, parentId ?? inode.parentId, what);
  const wanted = name ?? inode.name;
  if (!isName(wanted)) throw wrong(`${what} gets no valid name`);
  const there = tree.child(parent.id, wanted);
  if (there !== undefined && there.id !== inode.id) throw wrong(`${what} gets the name of another inode of directory ${parent.id}`);
  for (let at: Inode | undefined = parent; at !== undefined; at = tree.get(at.parentId))
    if (at.id === inode.id) throw wrong(`${what} gets into itself`);
}

function directoryAt(tree: InodeTree, id: bigint, what: string): Inode {
  const parent = tree.get(id as InodeId);
  if (parent === undefined) throw wrong(`${what} is in the directory ${id}, which did not come before it`);
  if (parent.kind === 'file') throw wrong(`${what} is in the inode ${id}, which is a file`);
  return parent;
}

function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
}

function checkMount(mounts: MountTable, { alluxioPath = '', mountId = 0n }: NonNullable<JournalEntry['addMountPoint']>): void {
  const what = `the mount ${mountId} at "${alluxioPath}"`;
  let path: NormalPath | undefined;
  try {
    path = normalPath(alluxioPath);
  } catch {
    // Told below.
  }
  if (path !== alluxioPath) throw wrong(`${what} has no valid path`);
  if (mounts.at(path) !== undefined) throw wrong(`${what} has the path of another`);
  if (mountId === ROOT_MOUNT_ID || mounts.byId(mountId as MountId) !== undefined) throw wrong(`${what} has the id of another`);
}
