// Files that were renamed into another class, for workers to ask about again.
import type { InodeId } from '@alluvium/base';
import type { NamespaceEvent } from '../events/events-of.js';
import type { PolicyTable } from './policy-table.js';

/** Remembered; a worker that has missed more asks about everything. */
const KEPT = 10_000;

export class RenamedFiles {
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

  /** Called before or after the change: only paths count. */
  happened({ kind, oldPath, path, inode, directory }: NamespaceEvent): void {
    const policies = this.#policies;
    if (kind !== 'RENAMED' || oldPath === undefined || policies.isEmpty) return;
    const isSame = policies.classOf(oldPath) === policies.classOf(path);
    if (directory) {
      if (!isSame || !policies.isUniform(oldPath) || !policies.isUniform(path)) policies.everythingChanged();
    } else if (!isSame) this.#add(inode);
  }

  /** Undefined when not all of them are remembered. */
  after(seen: number): readonly InodeId[] | undefined {
    if (seen + 1 < this.#first) return undefined;
    return this.#files.slice(Math.max(0, seen + 1 - this.#first));
  }

  #add(file: InodeId): void {
    this.#files.push(file);
    if (this.#files.length < 2 * KEPT) return;
    this.#first += this.#files.length - KEPT;
    this.#files = this.#files.slice(-KEPT);
  }
}
