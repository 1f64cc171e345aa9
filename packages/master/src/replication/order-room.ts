// How many orders about copies the workers work on, one by one and in sum.
import type { WorkerId } from '@alluvium/base';

export class OrderRoom {
  readonly #perWorker: number;
  readonly #total: number;
  readonly #taken = new Map<WorkerId, number>();
  #running = 0;
  #changed = Promise.withResolvers<void>();

  constructor(perWorker: number, total: number) {
    this.#perWorker = perWorker;
    this.#total = total;
  }

  get running(): number {
    return this.#running;
  }

  has(worker: WorkerId): boolean {
    return this.#running < this.#total && (this.#taken.get(worker) ?? 0) < this.#perWorker;
  }

  take(worker: WorkerId): void {
    this.#running++;
    this.#taken.set(worker, (this.#taken.get(worker) ?? 0) + 1);
  }

  release(worker: WorkerId): void {
    this.#running--;
    const left = (this.#taken.get(worker) ?? 1) - 1;
    if (left > 0) this.#taken.set(worker, left);
    else this.#taken.delete(worker);
    this.wake();
  }

  /** Resolves when an order has ended, or when somebody says that it is worth another look. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  wake(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
