// Files that got another class, for workers to ask about again: renamed ones, those that are in their store now, and those that
// were pinned or are not any more.
import type { InodeId, NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import type { NamespaceEvent } from '../events/events-of.js';
import type { PolicyClass, PolicyTable } from './policy-table.js';

/** Remembered; a worker that has missed more asks about everything. */
const KEPT = 10_000;

/** What is in no store, whole, is nobody's to evict for a quota, and neither is what somebody has pinned: such files have no class. */
export function classOf(policies: PolicyTable, inode: Inode | undefined, path: NormalPath): PolicyClass | undefined {
  const mayGo = inode?.kind === 'file' && inode.completed && inode.persistence === 'PERSISTED' && !inode.pinned;
  return mayGo ? policies.classOf(path) : undefined;
}

function mayClassify({ updateInode }: JournalEntry): boolean {
  return updateInode?.persistenceState === 'PERSISTED' || updateInode?.pinned !== undefined;
}

export class ReclassifiedFiles {
  readonly #policies: PolicyTable;
  /** The one at index i has the number `#first + i`. */
  #files: InodeId[] = [];
  #first = 1;

  constructor(policies: PolicyTable) {
    this.#policies = policies;
  }

  /** Of the latest. */
  get last(): number {
    return this.#first + this.#files.length - 1;
  }

  /** Called before the entry of the event is applied. */
  happened(event: NamespaceEvent, entry: JournalEntry): void {
    if (this.#policies.isEmpty) return;
    if (event.kind === 'RENAMED') this.#renamed(event);
    else if (event.kind === 'COMPLETED' || mayClassify(entry)) {
      if (!event.directory && this.#policies.classOf(event.path) !== undefined) this.#add(event.inode);
    }
  }

  /** At most `count` of those after a number, and the number of the last of them; undefined when not all are remembered. */
  after(seen: number, count: number): { readonly files: readonly InodeId[]; readonly last: number } | undefined {
    if (seen + 1 < this.#first) return undefined;
    const from = Math.max(0, seen + 1 - this.#first);
    const files = this.#files.slice(from, from + count);
    return { files, last: Math.min(this.last, Math.max(seen, this.#first - 1 + from + files.length)) };
  }

  #renamed({ oldPath, path, inode, directory }: NamespaceEvent): void {
    const policies = this.#policies;
    if (oldPath === undefined) return;
    const isSame = policies.classOf(oldPath) === policies.classOf(path);
    if (directory) {
      if (!isSame || !policies.isUniform(oldPath) || !policies.isUniform(path)) policies.everythingChanged();
    } else if (!isSame) this.#add(inode);
  }

  #add(file: InodeId): void {
    this.#files.push(file);
    if (this.#files.length < 2 * KEPT) return;
    this.#first += this.#files.length - KEPT;
    this.#files = this.#files.slice(-KEPT);
  }
}
