import type { InodeId } from '@alluvium/base';
import type { InodeTree } from '../inode-tree.js';

/** Most changes that are kept while syncs run. */
const CAPACITY = 100_000;

/** Whoever changes names: a sync, which knows of its own changes, or anybody else. */
export type Changer = number;
const ANYBODY: Changer = 0;

interface Change {
  readonly turn: number;
  readonly by: Changer;
}

/**
 * Which names the namespace itself has changed while stores are being listed. A listing is older than the moment it is acted on: a
 * name that was created, renamed, removed or written through the namespace meanwhile is left to the next sync. So a sync needs no
 * lock while it waits for its store.
 */
export class ChangedNames {
  readonly #tree: InodeTree;
  readonly #watching = new Set<Changer>();
  /** Oldest change first. */
  readonly #changes = new Map<string, Change>();
  /** The last change that had no room any more. */
  readonly #forgotten = new Map<Changer, number>();
  #turn = 1;
  #lastChanger = ANYBODY;
  #by = ANYBODY;

  constructor(tree: InodeTree) {
    this.#tree = tree;
  }

  /** Changes are kept from now on, until {@link unwatch}. */
  watch(): Changer {
    this.#tree.nameChanged = this.#note;
    const changer = ++this.#lastChanger;
    this.#watching.add(changer);
    return changer;
  }

  unwatch(changer: Changer): void {
    this.#watching.delete(changer);
    if (this.#watching.size > 0) return;
    this.#tree.nameChanged = undefined;
    this.#changes.clear();
    this.#forgotten.clear();
  }

  /** A moment, for {@link since}. */
  now(): number {
    return ++this.#turn;
  }

  /** Whether anybody else has changed the name since that moment. True also when that is no longer known. */
  since(parent: InodeId, name: string, moment: number, changer: Changer): boolean {
    for (const [by, turn] of this.#forgotten) if (by !== changer && turn >= moment) return true;
    const change = this.#changes.get(keyOf(parent, name));
    return change !== undefined && change.by !== changer && change.turn >= moment;
  }

  /** What `change` does, in one synchronous stretch, is the changer's own. */
  by<T>(changer: Changer, change: () => T): T {
    this.#by = changer;
    try {
      return change();
    } finally {
      this.#by = ANYBODY;
    }
  }

  readonly #note = (parent: InodeId, name: string): void => {
    // Nobody but the changer would want to know.
    if (this.#by !== ANYBODY && this.#watching.size === 1) return;
    const key = keyOf(parent, name);
    this.#changes.delete(key);
    this.#changes.set(key, { turn: this.#turn, by: this.#by });
    if (this.#changes.size <= CAPACITY) return;
    for (const [oldest, { turn, by }] of this.#changes) {
      this.#changes.delete(oldest);
      this.#forgotten.set(by, turn);
      return;
    }
  };
}

function keyOf(parent: InodeId, name: string): string {
  return `${parent} ${name}`;
}
