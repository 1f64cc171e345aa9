import { ROOT_PATH, isWithin, parentPath, type Clock, type NormalPath } from '@alluvium/base';

/** How far below a path a sync goes: not at all, to the children of a directory, to everything. */
export type Descendants = 'NONE' | 'ONE' | 'ALL';

/** The moment a sync began: its time, for intervals, and its place among syncs and invalidations. */
export interface SyncMoment {
  readonly atMs: number;
  readonly turn: number;
}

const NEVER: SyncMoment = { atMs: Number.NEGATIVE_INFINITY, turn: 0 };

interface PathTimes {
  own: SyncMoment;
  children: SyncMoment;
  recursive: SyncMoment;
  /** Turns of the last invalidation of the path, of one of its children, and of anything below. */
  invalid: number;
  invalidChild: number;
  invalidBelow: number;
}

/**
 * When paths were last compared with their store, and which are to be compared again at the next look (NeedsSync). A path counts as
 * synced when its parent's children were, or when everything below an ancestor was.
 *
 * Bounded: what was synced longest ago is forgotten, and then synced sooner than needed. When an invalidation has to be forgotten,
 * everything counts as invalid from then on.
 */
export class SyncTimes {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #paths = new Map<NormalPath, PathTimes>();
  /** Invalidated paths that no sync has seen since with all that is below. */
  readonly #invalid = new Set<NormalPath>();
  #turn = 1;
  #allInvalid = 0;

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Whether an invalidation may ask for a sync that no interval asks for. */
  get anyInvalid(): boolean {
    return this.#invalid.size > 0 || this.#allInvalid > 0;
  }

  /** To be taken before the first request of a sync: what changes later in the store counts as unseen. */
  begin(): SyncMoment {
    return { atMs: this.#clock.monotonicMs(), turn: ++this.#turn };
  }

  /**
   * Whether an access needs a sync first. `intervalMs`: 0 always, negative only when the path was invalidated. `file`: the path is
   * known as a file, which has no children that could matter.
   */
  isDue(path: NormalPath, intervalMs: number, descendants: Descendants, file: boolean): boolean {
    if (intervalMs === 0) return true;
    const last = this.#last(path, descendants, file);
    if (last.turn < this.#invalidSince(path, file ? 'NONE' : descendants)) return true;
    return intervalMs > 0 && this.#clock.monotonicMs() - last.atMs >= intervalMs;
  }

  /** The path has been compared with its store, as far as `descendants` says. */
  synced(path: NormalPath, descendants: Descendants, directory: boolean, moment: SyncMoment): void {
    const times = this.#touch(path);
    times.own = later(times.own, moment);
    if (descendants !== 'NONE') times.children = later(times.children, moment);
    if (descendants === 'ALL') times.recursive = later(times.recursive, moment);
    if (this.#allInvalid > 0 && this.#allInvalid < moment.turn && path === ROOT_PATH && descendants === 'ALL') this.#allInvalid = 0;
    // Of a directory all that is below is to be seen.
    if (this.#invalid.size === 0 || (directory && descendants !== 'ALL')) return;
    if (descendants === 'ALL') for (const at of [...this.#invalid]) if (isWithin(at, path)) this.#seen(at, moment);
    this.#seen(path, moment);
  }

  /** The next access to the path syncs, whatever its interval. */
  invalidate(path: NormalPath): void {
    const turn = ++this.#turn;
    this.#touch(path).invalid = turn;
    if (path !== ROOT_PATH) this.#touch(parentPath(path)).invalidChild = turn;
    for (let at = path; at !== ROOT_PATH;) {
      at = parentPath(at);
      this.#touch(at).invalidBelow = turn;
    }
    this.#invalid.add(path);
  }

  #seen(path: NormalPath, moment: SyncMoment): void {
    if ((this.#paths.get(path)?.invalid ?? 0) <= moment.turn) this.#invalid.delete(path);
  }

  #last(path: NormalPath, descendants: Descendants, file: boolean): SyncMoment {
    const own = this.#paths.get(path);
    let last = NEVER;
    if (own !== undefined) last = file || descendants === 'NONE' ? own.own : descendants === 'ONE' ? own.children : own.recursive;
    for (let at = path, level = 1; at !== ROOT_PATH; level++) {
      at = parentPath(at);
      const above = this.#paths.get(at);
      if (above === undefined) continue;
      last = later(last, level === 1 && (file || descendants === 'NONE') ? above.children : above.recursive);
      last = later(last, above.recursive);
    }
    return last;
  }

  #invalidSince(path: NormalPath, descendants: Descendants): number {
    const times = this.#paths.get(path);
    if (times === undefined) return this.#allInvalid;
    let since = Math.max(this.#allInvalid, times.invalid);
    if (descendants !== 'NONE') since = Math.max(since, times.invalidChild);
    return descendants === 'ALL' ? Math.max(since, times.invalidBelow) : since;
  }

  #touch(path: NormalPath): PathTimes {
    let times = this.#paths.get(path);
    if (times === undefined) {
      times = { own: NEVER, children: NEVER, recursive: NEVER, invalid: 0, invalidChild: 0, invalidBelow: 0 };
      if (this.#paths.size >= this.#capacity) this.#forgetOldest();
    } else {
      this.#paths.delete(path);
    }
    this.#paths.set(path, times);
    return times;
  }

  #forgetOldest(): void {
    for (const [path, times] of this.#paths) {
      this.#paths.delete(path);
      this.#invalid.delete(path);
      if (times.invalid > times.own.turn || times.invalidChild > times.children.turn || times.invalidBelow > times.recursive.turn)
        this.#allInvalid = ++this.#turn;
      return;
    }
  }
}

function later(a: SyncMoment, b: SyncMoment): SyncMoment {
  return b.turn > a.turn ? b : a;
}
