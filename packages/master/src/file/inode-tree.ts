import {
  NO_PARENT,
  ROOT_INODE_ID,
  ROOT_PATH,
  blockIdOf,
  containerOf,
  invariant,
  joinPath,
  type InodeId,
  type NormalPath,
} from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { IdSet, ownString, type Inode, type InodeStore } from '@alluvium/metastore';
import { fileJournal, type BinaryReader } from '@alluvium/wire';
import type { Pace } from '../task/pace.js';
import { PersistLedger } from '../persist/persist-ledger.js';
import { DemandingFiles } from '../replication/demanding-files.js';
import { withAcl } from './acl.js';
import { touched, updated, updatedDirectory, updatedFile, withNewBlock } from './apply-update.js';
import { DirectoryIds } from './directory-ids.js';
import { FileReader } from './inode-from-bytes.js';
import { directoryFromEntry, fileFromEntry } from './inode-from-entry.js';
import { inodeEntries } from './inode-to-entry.js';
import { StoreIntents } from './intents/store-intents.js';
import { RetryCache } from './retry-cache.js';
import { DueQueue } from './ttl/due-queue.js';
import { dueMsOf } from './ttl/due-of.js';
import { TreeHeights } from './tree-heights.js';
import { newWalk, type Walk } from './walk.js';

/** JournalEntry.inode_file */
const INODE_FILE = 11;

/**
 * The namespace: inodes, and what is derived from them. It changes only by {@link apply}, a pure function of state and entry:
 * replay, standby, import and live operations are the same code.
 */
export class InodeTree {
  readonly #store: InodeStore;
  readonly #pinned = new IdSet<InodeId>();
  readonly #heights = new TreeHeights();
  readonly #files = new FileReader();
  /** What is not in its store yet. */
  readonly persistence = new PersistLedger();
  /** Files whose number of copies, or place of them, somebody looks after. */
  readonly demanding = new DemandingFiles();
  /** What operations are about to do in stores. */
  readonly intents = new StoreIntents();
  /** Told of every name that is added, taken away or gets another inode or attributes, while somebody listens. */
  nameChanged: ((parent: InodeId, name: string) => void) | undefined;
  /** Where the next directory id comes from. */
  readonly directoryIds = new DirectoryIds();
  /** Finished operations by their ids. */
  readonly retries: RetryCache;
  /** Inodes with a time to live, by when it is over. */
  readonly timesToLive = new DueQueue();

  constructor(store: InodeStore, retryCapacity = 100_000) {
    this.#store = store;
    this.retries = new RetryCache(retryCapacity);
  }

  /** Inodes, the root included. */
  get size(): number {
    return this.#store.size;
  }

  /** Undefined only before the first start. */
  get root(): Inode | undefined {
    return this.#store.get(ROOT_INODE_ID);
  }

  get(id: InodeId): Inode | undefined {
    return this.#store.get(id);
  }

  child(parent: InodeId, name: string): Inode | undefined {
    return this.#store.child(parent, name);
  }

  childCount(parent: InodeId): number {
    return this.#store.childCount(parent);
  }

  /** By name, after `startAfter`; survives changes made meanwhile. */
  children(parent: InodeId, startAfter?: string): IterableIterator<Inode> {
    return this.#store.children(parent, startAfter);
  }

  /** Whether there may be more than so many levels of directories below a directory; {@link measure} makes sure. */
  mayBeHigher(directory: InodeId, levels: number): boolean {
    return this.#heights.atMost(directory) > levels;
  }

  /** Looks how many levels there are. The caller holds the directory, so that nothing changes below meanwhile. */
  async measure(directory: InodeId, pace: Pace): Promise<void> {
    let height = 0;
    for (let level = [directory]; ; height++) {
      const next: InodeId[] = [];
      for (const at of level) {
        for (const child of this.#store.children(at)) {
          if (child.kind === 'directory') next.push(child.id);
          if (pace.spent()) await pace.rest();
        }
      }
      if (next.length === 0) break;
      level = next;
    }
    await this.#lower(directory, height, pace);
  }

  /** What was found by looking goes for all directories below too: each has to be known as higher than those in it. */
  async #lower(top: InodeId, height: number, pace: Pace): Promise<void> {
    this.#heights.set(top, height);
    let left = height - 1;
    for (let level = [top]; level.length > 0; left--) {
      const next: InodeId[] = [];
      for (const at of level) {
        for (const child of this.#store.children(at)) {
          if (child.kind === 'directory') {
            if (this.#heights.atMost(child.id) > left) this.#heights.set(child.id, left);
            next.push(child.id);
          }
          if (pace.spent()) await pace.rest();
        }
      }
      level = next;
    }
  }

  /** At most so many levels of directories are below a directory: one more than below any of those in it. */
  levelsAtMost(directory: InodeId): number {
    return this.#heights.atMost(directory);
  }

  /** The inode at `path` and all below it, each directory before what is in it. Of any depth; survives changes made meanwhile. */
  *within(inode: Inode, path: NormalPath): Generator<readonly [Inode, NormalPath]> {
    yield [inode, path];
    const open = [{ path, children: this.children(inode.id) }];
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const next = at.children.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const below = joinPath(at.path, next.value.name);
      yield [next.value, below];
      if (next.value.kind === 'directory') open.push({ path: below, children: this.children(next.value.id) });
    }
  }

  /** Looks a path up as far as it exists. */
  walk(path: NormalPath): Walk {
    const walk = newWalk(path);
    let at = this.root;
    invariant(at !== undefined, 'The namespace has no root');
    walk.inodes.push(at);
    for (const name of walk.names) {
      if (at.kind === 'file') break;
      at = this.#store.child(at.id, name);
      if (at === undefined) break;
      walk.inodes.push(at);
    }
    return walk;
  }

  /** The path of an inode at this moment; undefined when it does not exist. */
  pathOf(id: InodeId): NormalPath | undefined {
    if (id === ROOT_INODE_ID) return ROOT_PATH;
    let path = '';
    let left = this.#store.size;
    for (let at = id; at !== ROOT_INODE_ID;) {
      const inode = this.#store.get(at);
      // Damage: an ancestor that is missing, or directories that lie in each other.
      if (inode === undefined || left-- < 0) return undefined;
      path = `/${inode.name}${path}`;
      at = inode.parentId;
    }
    return path as NormalPath;
  }

  isPinned(file: InodeId): boolean {
    return this.#pinned.has(file);
  }

  get pinnedCount(): number {
    return this.#pinned.size;
  }

  /** Ids of pinned files. */
  pinnedFiles(): IterableIterator<InodeId> {
    return this.#pinned.values();
  }

  /** Files that are TO_BE_PERSISTED, with the time from which that may begin; Infinity: not yet complete, or not by itself. */
  toBePersisted(): IterableIterator<[InodeId, number]> {
    return this.persistence.waiting();
  }

  /**
   * Makes anew what is derived from an inode: its edge, and the sets that it is in. What is derived from one that is gone is
   * forgotten. For the doctor; nothing of it is journaled.
   */
  rederive(id: InodeId): void {
    const inode = this.#store.get(id);
    if (inode?.kind !== 'file') {
      this.#pinned.delete(id);
      this.demanding.remove(id);
      this.persistence.remove(id);
    }
    if (inode === undefined) {
      this.timesToLive.delete(id);
      this.#heights.removed(id);
      return;
    }
    // An edge is written only where it changes.
    if (this.#store.child(inode.parentId, inode.name) === undefined) this.#store.put({ ...inode, name: `${inode.name}\0` });
    this.#put(inode);
  }

  /** Applies an entry if its kind is one of the namespace's. */
  apply(entry: JournalEntry): boolean {
    if (entry.updateInode !== undefined) this.#updateInode(entry.updateInode);
    else if (entry.inodeFile !== undefined) this.#put(fileFromEntry(entry.inodeFile));
    else if (entry.updateInodeFile !== undefined) this.#updateFile(entry.updateInodeFile);
    else if (entry.newBlock !== undefined) this.#newBlock(entry.newBlock.id ?? 0n);
    else if (entry.inodeDirectory !== undefined) this.#put(directoryFromEntry(entry.inodeDirectory));
    else if (entry.inodeDirectoryIdGenerator !== undefined) this.directoryIds.apply(entry.inodeDirectoryIdGenerator);
    else if (entry.deleteFile !== undefined) this.#delete(entry.deleteFile);
    else if (entry.rename !== undefined) this.#rename(entry.rename);
    else if (entry.updateInodeDirectory !== undefined) this.#updateDirectory(entry.updateInodeDirectory);
    else if (entry.setAcl !== undefined) this.#setAcl(entry.setAcl);
    else return entry.alluvium !== undefined && (this.intents.apply(entry.alluvium) || this.persistence.apply(entry.alluvium));
    if (entry.operationId !== undefined) this.retries.add(entry.operationId, operatedInode(entry));
    return true;
  }

  /** See JournaledState.applyEncoded. */
  applyEncoded(field: number, reader: BinaryReader, length: number): boolean {
    const inode = field === INODE_FILE ? this.#files.read(reader, length) : undefined;
    if (inode === undefined) return false;
    this.#put(inode);
    return true;
  }

  snapshot(): Iterator<JournalEntry> {
    return entriesOf(
      this.#store.snapshot(),
      [this.directoryIds.entry(), ...this.intents.snapshot(), ...this.persistence.snapshot()],
      this.retries.snapshot(),
    );
  }

  #existing(id: bigint | undefined): Inode {
    const inode = this.#store.get((id ?? 0n) as InodeId);
    invariant(inode !== undefined, `A journal entry changes the inode ${id}, which does not exist`);
    return inode;
  }

  #put(inode: Inode): void {
    this.#store.put(inode);
    const dueMs = dueMsOf(inode);
    if (dueMs === undefined) this.timesToLive.delete(inode.id);
    else this.timesToLive.set(inode.id, dueMs);
    this.nameChanged?.(inode.parentId, inode.name);
    if (inode.kind === 'directory') return this.#heights.added(inode.id, inode.parentId, this.#parentOf);
    if (inode.pinned) this.#pinned.add(inode.id);
    else this.#pinned.delete(inode.id);
    this.demanding.put(inode);
    this.persistence.put(inode);
  }

  #updateInode(entry: NonNullable<JournalEntry['updateInode']>): void {
    const inode = this.#store.get((entry.id ?? 0n) as InodeId);
    if (inode === undefined) {
      // Only what keeps an operation id in a checkpoint may speak of an inode that is gone.
      invariant(changesNothing(entry), `A journal entry updates the inode ${entry.id}, which does not exist`);
      return;
    }
    if (entry.name !== undefined) this.nameChanged?.(inode.parentId, inode.name);
    this.#put(updated(inode, entry));
  }

  #updateFile(entry: NonNullable<JournalEntry['updateInodeFile']>): void {
    const inode = this.#existing(entry.id);
    invariant(inode.kind === 'file', `A journal entry updates the directory ${inode.id} as a file`);
    this.#put(updatedFile(inode, entry));
  }

  #updateDirectory(entry: NonNullable<JournalEntry['updateInodeDirectory']>): void {
    const inode = this.#existing(entry.id);
    invariant(inode.kind === 'directory', `A journal entry updates the file ${inode.id} as a directory`);
    this.#put(updatedDirectory(inode, entry));
  }

  #setAcl(entry: NonNullable<JournalEntry['setAcl']>): void {
    this.#put(withAcl(this.#existing(entry.id), entry.action ?? fileJournal.PSetAclAction.REPLACE, entry.entries ?? []));
  }

  #newBlock(id: bigint): void {
    const inode = this.#existing(id);
    invariant(inode.kind === 'file', `A journal entry adds a block to the directory ${id}`);
    this.#put(withNewBlock(inode, blockIdOf(containerOf(inode.id), inode.blocks.length)));
  }

  #touch(id: InodeId, timeMs: number): void {
    const before = this.#store.get(id);
    if (before === undefined) return;
    const after = touched(before, timeMs);
    if (after !== before) this.#store.put(after);
  }

  #delete(entry: NonNullable<JournalEntry['deleteFile']>): void {
    const inode = this.#existing(entry.id);
    invariant(inode.parentId !== NO_PARENT, 'A journal entry deletes the root');
    if (inode.kind === 'directory' && this.#store.childCount(inode.id) > 0) {
      invariant(entry.recursive === true, `A journal entry deletes the directory ${inode.id}, which is not empty`);
      this.#removeBelow(inode.id);
    }
    this.#remove(inode.id);
    this.#touch(inode.parentId, Number(entry.opTimeMs ?? 0n));
  }

  #removeBelow(directory: InodeId): void {
    const doomed: Inode[] = [...this.#store.children(directory)];
    for (let i = 0; i < doomed.length; i++)
      if (doomed[i]!.kind === 'directory') for (const child of this.#store.children(doomed[i]!.id)) doomed.push(child);
    for (let i = doomed.length - 1; i >= 0; i--) this.#remove(doomed[i]!.id);
  }

  #remove(id: InodeId): void {
    if (this.nameChanged !== undefined) this.#tellOf(id);
    this.#store.remove(id);
    this.timesToLive.delete(id);
    this.#pinned.delete(id);
    this.demanding.remove(id);
    this.persistence.remove(id);
    this.#heights.removed(id);
  }

  #tellOf(id: InodeId): void {
    const inode = this.#store.get(id);
    if (inode !== undefined) this.nameChanged?.(inode.parentId, inode.name);
  }

  readonly #parentOf = (id: InodeId): InodeId | undefined => this.#store.get(id)?.parentId;

  #rename(entry: NonNullable<JournalEntry['rename']>): void {
    const inode = this.#existing(entry.id);
    const parentId = (entry.newParentId ?? inode.parentId) as InodeId;
    const timeMs = Number(entry.opTimeMs ?? 0n);
    if (this.nameChanged !== undefined) this.#tellOf(inode.id);
    this.#store.put({ ...inode, parentId, name: ownString(entry.newName ?? inode.name) });
    if (this.nameChanged !== undefined) this.#tellOf(inode.id);
    if (inode.kind === 'directory') this.#heights.added(inode.id, parentId, this.#parentOf);
    this.#touch(inode.parentId, timeMs);
    if (parentId !== inode.parentId) this.#touch(parentId, timeMs);
  }
}

/** Whether an update has no fields: it only keeps the id of an operation. */
export function changesNothing(entry: NonNullable<JournalEntry['updateInode']>): boolean {
  return Object.entries(entry).every(
    ([field, value]) => field === 'id' || value === undefined || (typeof value === 'object' && Object.keys(value as object).length === 0),
  );
}

function operatedInode(entry: JournalEntry): InodeId | undefined {
  const operated = entry.inodeFile ?? entry.inodeDirectory ?? entry.updateInodeFile ?? entry.newBlock ?? entry.rename ?? entry.updateInode;
  return operated?.id as InodeId | undefined;
}

function* entriesOf(inodes: Iterator<Inode>, rest: readonly JournalEntry[], retries: Generator<JournalEntry>): Generator<JournalEntry> {
  try {
    for (let next = inodes.next(); next.done !== true; next = inodes.next()) yield* inodeEntries(next.value);
    yield* rest;
    yield* retries;
  } finally {
    inodes.return?.();
  }
}
