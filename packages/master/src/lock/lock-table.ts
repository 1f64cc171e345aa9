import { ROOT_PATH, parentPath, type NormalPath } from '@alluvium/base';

/**
 * `shared`: adds below the path or changes the path itself in one synchronous stretch; any number at a time.
 * `exclusive`: nothing else may change the path, an ancestor's place or anything below.
 */
export type LockMode = 'shared' | 'exclusive';

export interface LockClaim {
  readonly path: NormalPath;
  readonly mode: LockMode;
}

interface Counts {
  shared: number;
  exclusive: number;
  sharedBelow: number;
  exclusiveBelow: number;
}

/**
 * Which claims stand, counted per path and per ancestor, so that a conflict is found in as many look-ups as the path is deep.
 *
 *                     same path   claim above   claim below
 *   shared/shared        free         free          free
 *   shared/exclusive   conflict     conflict      conflict
 *   exclusive/any      conflict     conflict      conflict
 */
export class LockTable {
  readonly #counts = new Map<NormalPath, Counts>();

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  conflicts(claim: LockClaim): boolean {
    const exclusive = claim.mode === 'exclusive';
    const here = this.#counts.get(claim.path);
    if (here !== undefined) {
      if (here.exclusive > 0 || here.exclusiveBelow > 0) return true;
      if (exclusive && (here.shared > 0 || here.sharedBelow > 0)) return true;
    }
    for (let path = claim.path; path !== ROOT_PATH;) {
      path = parentPath(path);
      const above = this.#counts.get(path);
      if (above !== undefined && (above.exclusive > 0 || (exclusive && above.shared > 0))) return true;
    }
    return false;
  }

  add(claim: LockClaim): void {
    this.#change(claim, 1);
  }

  remove(claim: LockClaim): void {
    this.#change(claim, -1);
  }

  #change(claim: LockClaim, by: number): void {
    const exclusive = claim.mode === 'exclusive';
    const here = this.#of(claim.path);
    if (exclusive) here.exclusive += by;
    else here.shared += by;
    this.#forget(claim.path, here);
    for (let path = claim.path; path !== ROOT_PATH;) {
      path = parentPath(path);
      const above = this.#of(path);
      if (exclusive) above.exclusiveBelow += by;
      else above.sharedBelow += by;
      this.#forget(path, above);
    }
  }

  #of(path: NormalPath): Counts {
    let counts = this.#counts.get(path);
    if (counts === undefined) {
      counts = { shared: 0, exclusive: 0, sharedBelow: 0, exclusiveBelow: 0 };
      this.#counts.set(path, counts);
    }
    return counts;
  }

  #forget(path: NormalPath, counts: Counts): void {
    if (counts.shared === 0 && counts.exclusive === 0 && counts.sharedBelow === 0 && counts.exclusiveBelow === 0) this.#counts.delete(path);
  }
}
