// Background work by block: bounded, a few at a time, once per block however often it is asked for.
import { fail, type BlockId } from '@alluvium/base';

interface Waiting {
  readonly start: () => void;
}

export class WorkQueue {
  readonly maxRunning: number;
  readonly #maxWaiting: number;
  readonly #work = new Map<BlockId, Promise<void>>();
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #completed = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Since the start, whatever came of it. */
  get completed(): number {
    return this.#completed;
  }

  /** Whether `run` would take more. */
  get isFull(): boolean {
    return this.#running >= this.maxRunning && this.#waiting.length >= this.#maxWaiting;
  }

  /** The work on a block that is under way or waits; undefined when there is none. */
  of(id: BlockId): Promise<void> | undefined {
    return this.#work.get(id);
  }

  /** Settles as the work on `id` does, which may be work that somebody else asked for. Throws `cancelled` when the queue is full. */
  run(id: BlockId, work: () => Promise<void>): Promise<void> {
    let running = this.#work.get(id);
    if (running === undefined) {
      if (this.isFull) throw fail('cancelled', `Cannot take block ${id} into the queue: ${this.#maxWaiting} blocks wait already`);
      running = this.#begin(work).finally(() => this.#work.delete(id));
      this.#work.set(id, running);
    }
    return running;
  }

  /** Resolves when nothing is left. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#work.values());
  }

  async #begin(work: () => Promise<void>): Promise<void> {
    if (this.#running >= this.maxRunning) await new Promise<void>((resolve) => this.#waiting.push({ start: resolve }));
    else this.#running++;
    try {
      await work();
    } finally {
      this.#completed++;
      // The place goes to the next in line without becoming free in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next.start();
    }
  }
}
