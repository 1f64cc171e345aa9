import { ROOT_PATH, parentPath, type NormalPath } from '@alluvium/base';

/**
 * Paths known to be missing in their store, so that asking for them again costs no call. A path below an absent one is absent.
 * Bounded: two generations, the older is forgotten when the younger is full.
 */
export class AbsentPaths {
  readonly #half: number;
  #young = new Set<NormalPath>();
  #old = new Set<NormalPath>();

  constructor(capacity: number) {
    this.#half = Math.max(1, Math.floor(capacity / 2));
  }

  has(path: NormalPath): boolean {
    if (this.#young.size === 0 && this.#old.size === 0) return false;
    for (let at = path; at !== ROOT_PATH; at = parentPath(at)) if (this.#young.has(at) || this.#old.has(at)) return true;
    return false;
  }

  add(path: NormalPath): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(path);
  }

  /** The path is, or is about to be, in the store: neither it nor an ancestor is absent. */
  forget(path: NormalPath): void {
    if (this.#young.size === 0 && this.#old.size === 0) return;
    for (let at = path; at !== ROOT_PATH; at = parentPath(at)) {
      this.#young.delete(at);
      this.#old.delete(at);
    }
  }

  /** Whole subtrees may have appeared: a mount, a renamed directory. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
