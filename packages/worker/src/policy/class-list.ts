// The classes of files that the master told of: how much of each may be here, and what goes first.
import { cacheService } from '@alluvium/wire';

const { CachePriority } = cacheService;

/** Bytes of all blocks of a class here, whole and in part. */
export type BytesOf = (classId: number) => number;

interface ListedClass {
  readonly path: string;
  readonly priority: cacheService.CachePriority;
  readonly quotaClass: number | undefined;
}

interface Quota {
  readonly shareBytes: number;
  /** Whose blocks count. */
  readonly members: ReadonlySet<number>;
}

export const OVER_QUOTA = 0;
export const LOW = 1;
export const NORMAL = 2;
export const HIGH = 3;

/** Greatest number of a class: the store keeps 16 bits for it. */
export const MAX_CLASS = 65_535;

export class ClassList {
  readonly #bytesOf: BytesOf;
  #classes = new Map<number, ListedClass>();
  #quotas = new Map<number, Quota>();

  constructor(bytesOf: BytesOf) {
    this.#bytesOf = bytesOf;
  }

  get isEmpty(): boolean {
    return this.#classes.size === 0;
  }

  /** Takes the place of the list before. */
  set(classes: readonly cacheService.CacheClass[]): void {
    this.#classes = new Map();
    const members = new Map<number, Set<number>>();
    for (const { id = 0, path = '', priority = CachePriority.NORMAL, quotaClassId } of classes) {
      if (id <= 0 || id > MAX_CLASS) continue;
      this.#classes.set(id, { path, priority, quotaClass: quotaClassId });
      if (quotaClassId !== undefined) members.set(quotaClassId, (members.get(quotaClassId) ?? new Set()).add(id));
    }
    this.#quotas = new Map();
    for (const { id = 0, shareBytes } of classes)
      if (shareBytes !== undefined) this.#quotas.set(id, { shareBytes: Number(shareBytes), members: members.get(id) ?? new Set() });
  }

  ids(): IterableIterator<number> {
    return this.#classes.keys();
  }

  /** What goes first has the lowest. A class that is not listed (any more) is one without a policy. */
  rank(classId: number): number {
    const listed = this.#classes.get(classId);
    if (listed === undefined) return NORMAL;
    if (this.excessBytes(classId) > 0) return OVER_QUOTA;
    return listed.priority === CachePriority.LOW ? LOW : listed.priority === CachePriority.HIGH ? HIGH : NORMAL;
  }

  /** How much more is here, with `more`, than the quota that counts for a class allows; negative: so much less. -Infinity without one. */
  excessBytes(classId: number, more = 0): number {
    const quota = this.#quotaOf(classId);
    return quota === undefined ? -Infinity : this.#usedOf(quota) + more - quota.shareBytes;
  }

  /** The classes that share the quota of a class. */
  sharers(classId: number): ReadonlySet<number> {
    return this.#quotaOf(classId)?.members ?? new Set();
  }

  /** Whether it could ever be kept. */
  canHold(classId: number, bytes: number): boolean {
    const quota = this.#quotaOf(classId);
    return quota === undefined || bytes <= quota.shareBytes;
  }

  /** Quotas of which more is here than allowed: any class of each, and how much more. */
  *excesses(): Generator<{ readonly classId: number; readonly bytes: number }> {
    for (const [classId, quota] of this.#quotas) {
      const bytes = this.#usedOf(quota) - quota.shareBytes;
      if (bytes > 0 && this.#classes.has(classId)) yield { classId, bytes };
    }
  }

  uses(): cacheService.ClassUse[] {
    return [...this.#classes.keys()].map((classId) => ({ classId, usedBytes: BigInt(this.#bytesOf(classId)) }));
  }

  #quotaOf(classId: number): Quota | undefined {
    const quotaClass = this.#classes.get(classId)?.quotaClass;
    return quotaClass === undefined ? undefined : this.#quotas.get(quotaClass);
  }

  #usedOf({ members }: Quota): number {
    let used = 0;
    for (const id of members) used += this.#bytesOf(id);
    return used;
  }
}
