// How many bytes of each group of the cache classes are here, in all directories.
import type { Clock } from '@alluvium/base';
import { PARTIAL, type BlockTable } from './block-table.js';

/** Partial blocks grow by themselves. They are added up anew after so long, and whenever one comes or goes or room is made. */
const KEEP_MS = 20;

export class GroupBytes {
  readonly #clock: Clock;
  readonly #table: BlockTable;
  readonly #whole = new Map<number, number>();
  #partial: Map<number, number> | undefined;
  #partialMs = 0;

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
    this.#partial = undefined;
  }

  #add(group: number, bytes: number): void {
    const sum = (this.#whole.get(group) ?? 0) + bytes;
    if (sum === 0) this.#whole.delete(group);
    else this.#whole.set(group, sum);
  }

  #partials(): ReadonlyMap<number, number> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#partial !== undefined && nowMs - this.#partialMs < KEEP_MS) return this.#partial;
    const sums = new Map<number, number>();
    for (const [slot, { bytes }] of this.#table.residents) {
      const group = this.#table.groupOf(slot);
      sums.set(group, (sums.get(group) ?? 0) + bytes);
    }
    this.#partial = sums;
    this.#partialMs = nowMs;
    return sums;
  }
}
