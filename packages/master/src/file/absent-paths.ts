import { ROOT_PATH, parentPath, type Clock, type NormalPath } from '@alluvium/base';

/**
 * Paths known to be missing in their store, so that asking for them again costs no call. A path below an absent one of the same mount is absent.
 * Bounded in number and time: two generations, the older is forgotten when the younger is full or has lasted for half of the time.
 */
export class AbsentPaths {
  readonly #clock: Clock;
  readonly #mountOf: (path: NormalPath) => NormalPath;
  readonly #half: number;
  readonly #halfMs: number;
  #young = new Set<NormalPath>();
  #old = new Set<NormalPath>();
  #youngSinceMs: number;

  /**
   * `mountOf`: the path of the mount that shows a path; what is above has another store. `lifetimeMs`: a path is asked for again
   * after at most so long, and not before half of it.
   */
  constructor(clock: Clock, mountOf: (path: NormalPath) => NormalPath, capacity: number, lifetimeMs: number) {
    this.#clock = clock;
    this.#mountOf = mountOf;
    this.#half = Math.max(1, Math.floor(capacity / 2));
    this.#halfMs = lifetimeMs / 2;
    this.#youngSinceMs = clock.monotonicMs();
  }

  has(path: NormalPath): boolean {
    if (this.#isEmpty()) return false;
    const mount = this.#mountOf(path);
    for (let at = path; at !== ROOT_PATH; at = parentPath(at)) {
      if (this.#young.has(at) || this.#old.has(at)) return true;
      if (at === mount) return false;
    }
    return false;
  }

  add(path: NormalPath): void {
    this.#age();
    if (this.#young.size >= this.#half) this.#turn();
    this.#young.add(path);
  }

  /** The path is, or is about to be, in the store: neither it nor an ancestor is absent. */
  forget(path: NormalPath): void {
    if (this.#isEmpty()) return;
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

  #isEmpty(): boolean {
    if (this.#young.size === 0 && this.#old.size === 0) return true;
    this.#age();
    return false;
  }

  #age(): void {
    const forMs = this.#clock.monotonicMs() - this.#youngSinceMs;
    if (forMs < this.#halfMs) return;
    this.#turn();
    if (forMs >= 2 * this.#halfMs) this.#old.clear();
  }

  #turn(): void {
    this.#old = this.#young;
    this.#young = new Set();
    this.#youngSinceMs = this.#clock.monotonicMs();
  }
}
