// Whether an operation can be applied where operations before it are missing. State must not be left half changed, so its entries are
// tried against a view of the tree first.
import { NO_PARENT, ROOT_INODE_ID, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { changesNothing, type InodeTree } from '../file/inode-tree.js';
import type { MountTable } from '../mount/mount-table.js';

export interface Fitted {
  /** What is to be applied: those of the operation, and what makes room for it before. */
  readonly entries: readonly JournalEntry[];
  /** Why the operation cannot be applied. */
  readonly reason: string | undefined;
  /** What was given another name, as lines for people. */
  readonly setAside: readonly string[];
}

interface Seen {
  readonly kind: 'file' | 'directory';
  readonly parentId: InodeId;
  readonly name: string;
}

/** Thrown inside to leave a deep look; never leaves {@link FittingOperation}. */
class Misfit extends Error {}

export class FittingOperation {
  readonly #tree: InodeTree;
  readonly #mounts: MountTable;
  /** What the entries before have changed; undefined: removed. */
  readonly #inodes = new Map<InodeId, Seen | undefined>();
  readonly #names = new Map<string, InodeId | undefined>();
  readonly #counts = new Map<InodeId, number>();
  readonly #mounted = new Map<string, boolean>();
  readonly #entries: JournalEntry[] = [];
  readonly #setAside: string[] = [];

  constructor(tree: InodeTree, mounts: MountTable) {
    this.#tree = tree;
    this.#mounts = mounts;
  }

  fit(entries: readonly JournalEntry[]): Fitted {
    try {
      for (const entry of entries) {
        this.#try(entry);
        this.#entries.push(entry);
      }
      return { entries: this.#entries, reason: undefined, setAside: this.#setAside };
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      return { entries: [], reason: error.message, setAside: [] };
    }
  }

  #try(entry: JournalEntry): void {
    const { inodeFile, inodeDirectory, updateInode, rename, deleteFile, addMountPoint, deleteMountPoint } = entry;
    if (inodeFile !== undefined) this.#put(idOf(inodeFile.id), 'file', idOf(inodeFile.parentId ?? NO_PARENT), inodeFile.name ?? '');
    else if (inodeDirectory !== undefined)
      this.#put(idOf(inodeDirectory.id), 'directory', idOf(inodeDirectory.parentId ?? NO_PARENT), inodeDirectory.name ?? '');
    else if (updateInode !== undefined) this.#update(updateInode);
    else if (entry.updateInodeFile !== undefined) this.#require(entry.updateInodeFile.id, 'file');
    else if (entry.newBlock !== undefined) this.#require(entry.newBlock.id, 'file');
    else if (entry.updateInodeDirectory !== undefined) this.#require(entry.updateInodeDirectory.id, 'directory');
    else if (entry.setAcl !== undefined) this.#require(entry.setAcl.id);
    else if (rename !== undefined) this.#move(idOf(rename.id), rename.newParentId, rename.newName);
    else if (deleteFile !== undefined) this.#delete(idOf(deleteFile.id), deleteFile.recursive === true);
    else if (addMountPoint !== undefined) this.#mount(addMountPoint.alluxioPath ?? '', true);
    else if (deleteMountPoint !== undefined) this.#mount(deleteMountPoint.alluxioPath ?? '', false);
  }

  #put(id: InodeId, kind: Seen['kind'], parentId: InodeId, name: string): void {
    const before = this.#inode(id);
    if (before !== undefined && before.kind !== kind) throw new Misfit(`inode ${id} is a ${before.kind}`);
    if (id !== ROOT_INODE_ID) this.#requireParent(parentId);
    this.#link(id, { kind, parentId, name });
  }

  #update(entry: NonNullable<JournalEntry['updateInode']>): void {
    const id = idOf(entry.id);
    // What only keeps the id of an operation may speak of an inode that is gone.
    if (this.#inode(id) === undefined && changesNothing(entry)) return;
    this.#require(entry.id);
    if (entry.name !== undefined || entry.parentId !== undefined) this.#move(id, entry.parentId, entry.name);
  }

  #move(id: InodeId, newParent: bigint | undefined, newName: string | undefined): void {
    const inode = this.#require(id);
    if (id === ROOT_INODE_ID) throw new Misfit('the root cannot move');
    const parentId = idOf(newParent ?? inode.parentId);
    this.#requireParent(parentId);
    for (let at: InodeId | undefined = parentId; at !== undefined && at !== ROOT_INODE_ID; at = this.#inode(at)?.parentId)
      if (at === id) throw new Misfit(`directory ${id} would come below itself`);
    this.#link(id, { ...inode, parentId, name: newName ?? inode.name });
  }

  #delete(id: InodeId, recursive: boolean): void {
    const inode = this.#require(id);
    if (id === ROOT_INODE_ID) throw new Misfit('the root cannot be removed');
    const below = this.#tree.childCount(id) + (this.#counts.get(id) ?? 0);
    if (!recursive && below > 0) throw new Misfit(`directory ${id} still has ${below} children`);
    this.#unlink(id, inode);
    this.#inodes.set(id, undefined);
  }

  #mount(path: string, wanted: boolean): void {
    const there = this.#mounted.get(path) ?? this.#mounts.at(path as NormalPath) !== undefined;
    if (there === wanted) throw new Misfit(wanted ? `something is mounted at ${path} already` : `nothing is mounted at ${path}`);
    this.#mounted.set(path, wanted);
  }

  /** Gives an inode its place; whoever has the name already gets another one. */
  #link(id: InodeId, next: Seen): void {
    const other = this.#child(next.parentId, next.name);
    if (other !== undefined && other !== id) {
      const name = `${next.name}.salvaged-${other}`;
      const occupant = this.#inode(other)!;
      this.#entries.push({ rename: { id: other, newParentId: next.parentId, newName: name, opTimeMs: 0n } });
      this.#setAside.push(`${this.#pathOf(next.parentId)}/${next.name} (inode ${other}) is now ${name}`);
      this.#unlink(other, occupant);
      this.#add(other, { ...occupant, name });
    }
    const before = this.#inode(id);
    if (before !== undefined) this.#unlink(id, before);
    this.#add(id, next);
  }

  #add(id: InodeId, inode: Seen): void {
    this.#inodes.set(id, inode);
    this.#names.set(edge(inode.parentId, inode.name), id);
    this.#counts.set(inode.parentId, (this.#counts.get(inode.parentId) ?? 0) + 1);
  }

  #unlink(id: InodeId, inode: Seen): void {
    if (this.#child(inode.parentId, inode.name) !== id) return;
    this.#names.set(edge(inode.parentId, inode.name), undefined);
    this.#counts.set(inode.parentId, (this.#counts.get(inode.parentId) ?? 0) - 1);
  }

  #inode(id: InodeId): Seen | undefined {
    return this.#inodes.has(id) ? this.#inodes.get(id) : this.#tree.get(id);
  }

  #child(parent: InodeId, name: string): InodeId | undefined {
    const key = edge(parent, name);
    return this.#names.has(key) ? this.#names.get(key) : this.#tree.child(parent, name)?.id;
  }

  #require(id: bigint | undefined, kind?: Seen['kind']): Seen {
    const inode = this.#inode(idOf(id));
    if (inode === undefined) throw new Misfit(`inode ${id ?? 0n} does not exist`);
    if (kind !== undefined && inode.kind !== kind) throw new Misfit(`inode ${id ?? 0n} is a ${inode.kind}`);
    return inode;
  }

  #requireParent(id: InodeId): void {
    const parent = this.#inode(id);
    if (parent === undefined) throw new Misfit(`its directory, inode ${id}, does not exist`);
    if (parent.kind !== 'directory') throw new Misfit(`inode ${id} is no directory`);
  }

  #pathOf(id: InodeId): string {
    return id === ROOT_INODE_ID ? '' : (this.#tree.pathOf(id) ?? `(inode ${id})`);
  }
}

function idOf(id: bigint | undefined): InodeId {
  return (id ?? 0n) as InodeId;
}

const edge = (parent: InodeId, name: string): string => `${parent}/${name}`;
