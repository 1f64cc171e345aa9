// How many bytes of each group of the cache classes are here, in all directories.
import type { Clock } from '@alluvium/base';
import { PARTIAL, type BlockTable } from './block-table.js';

/** Partial blocks grow by themselves. They are added up anew after so long, */
const KEEP_MS = 20;
/** and whenever one comes or goes or room is made, as long as there are no more than these; */
const FEW = 2000;
/** else after so long that it takes a hundredth of the time at most: about so many are added up in ten microseconds. */
const PER_MS = 250;

export class GroupBytes {
  readonly #clock: Clock;
  readonly #table: BlockTable;
  readonly #whole = new Map<number, number>();
  #partial: ReadonlyMap<number, number> = new Map();
  #partialMs = -Infinity;
  #hasChanged = false;

  constructor(clock: Clock, table: BlockTable) {
    this.#clock = clock;
    this.#table = table;
  }

  of(group: number): number {
    return (this.#whole.get(group) ?? 0) + (this.#partials().get(group) ?? 0);
  }

  came(slot: number): void {
    if (this.#table.has(slot, PARTIAL)) this.changed();
    else this.#add(this.#table.groupOf(slot), this.#table.lengthOf(slot));
  }

  left(slot: number): void {
    if (this.#table.has(slot, PARTIAL)) this.changed();
    else this.#add(this.#table.groupOf(slot), -this.#table.lengthOf(slot));
  }

  /** Partial blocks may have grown. */
  changed(): void {
    this.#hasChanged = true;
  }

  #add(group: number, bytes: number): void {
    const sum = (this.#whole.get(group) ?? 0) + bytes;
    if (sum === 0) this.#whole.delete(group);
    else this.#whole.set(group, sum);
  }

  #partials(): ReadonlyMap<number, number> {
    const nowMs = this.#clock.monotonicMs();
    const { size } = this.#table.residents;
    const isFresh = nowMs - this.#partialMs < Math.max(KEEP_MS, size / PER_MS);
    if (isFresh && !(this.#hasChanged && size <= FEW)) return this.#partial;
    const sums = new Map<number, number>();
    for (const [slot, { bytes }] of this.#table.residents) {
      const group = this.#table.groupOf(slot);
      sums.set(group, (sums.get(group) ?? 0) + bytes);
    }
    this.#partial = sums;
    this.#hasChanged = false;
    this.#partialMs = nowMs;
    return sums;
  }
}
