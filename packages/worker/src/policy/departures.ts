// Which blocks left this worker of late, when, and why.
import type { BlockId } from '@alluvium/base';
import type { LeaveReason } from './reasons.js';

export interface Departure {
  readonly why: LeaveReason;
  /** Since the epoch. */
  readonly atMs: number;
}

/** As many of the newest as there is room for; a block that left twice counts once. */
export class Departures {
  readonly #max: number;
  readonly #byBlock = new Map<BlockId, Departure>();

  constructor(max: number) {
    this.#max = max;
  }

  add(block: BlockId, departure: Departure): void {
    this.#byBlock.delete(block);
    this.#byBlock.set(block, departure);
    if (this.#byBlock.size <= this.#max) return;
    for (const oldest of this.#byBlock.keys()) {
      this.#byBlock.delete(oldest);
      break;
    }
  }

  get(block: BlockId): Departure | undefined {
    return this.#byBlock.get(block);
  }

  get size(): number {
    return this.#byBlock.size;
  }
}
