// Keeps classes of files within their quotas: what is to be cached makes room among its own, and what is too much goes in the background.
import type { BlockId } from '@alluvium/base';
import type { Admission } from './admission.js';
import type { ClassList } from './class-list.js';

/** What of the store this needs. */
export interface EvictingStore {
  /**
   * Evicts blocks of these groups, in the order of eviction, until so many bytes are free or none may go; answers how many are. The
   * bytes of blocks that are not held count as free at once.
   */
  evictGroups(groups: ReadonlySet<number>, bytes: number): number;
}

interface Parts {
  readonly classes: ClassList;
  readonly classOf: (id: BlockId) => number;
  readonly store: EvictingStore;
}

const MAX_REFUSED = 1024;
/** Most that goes in one stretch of the background. */
const TRIM_BYTES = 4 * 1024 ** 3;

export class QuotaKeeper implements Admission {
  readonly #p: Parts;
  /** Blocks that were refused last, the oldest first. */
  readonly #refused = new Set<BlockId>();
  #isKeeping = false;

  constructor(parts: Parts) {
    this.#p = parts;
  }

  /** Whether what leaves now leaves for the sake of a quota. */
  get isKeeping(): boolean {
    return this.#isKeeping;
  }

  admit(id: BlockId, bytes: number): boolean {
    const { classes, classOf } = this.#p;
    if (classes.isEmpty) return true;
    const classId = classOf(id);
    const missing = classes.excessBytes(classId, bytes);
    if (missing <= 0) return true;
    // Not worth emptying the class for what does not fit anyway.
    const isAdmitted = classes.canHold(classId, bytes) && this.#evict(classId, missing) >= missing;
    this.#refused.delete(id);
    if (!isAdmitted) this.#refuse(id);
    return isAdmitted;
  }

  /** Whether the block was refused when it was last asked for. */
  hasRefused(id: BlockId): boolean {
    return this.#refused.has(id);
  }

  /** What is more than its quota allows goes, as far as it may: quotas get smaller, and what is written is taken in any case. */
  trim(): void {
    for (const { classId, bytes } of [...this.#p.classes.excesses()]) this.#evict(classId, Math.min(bytes, TRIM_BYTES));
  }

  #refuse(id: BlockId): void {
    this.#refused.add(id);
    if (this.#refused.size <= MAX_REFUSED) return;
    for (const oldest of this.#refused) {
      this.#refused.delete(oldest);
      break;
    }
  }

  #evict(classId: number, bytes: number): number {
    this.#isKeeping = true;
    try {
      return this.#p.store.evictGroups(this.#p.classes.sharers(classId), bytes);
    } finally {
      this.#isKeeping = false;
    }
  }
}
