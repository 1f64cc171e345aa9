import type { WorkerId } from '@alluvium/base';
import type { WorkerControl } from '../order/worker-control.js';

/** How many orders the connected workers can take. */
export class WorkerRoom {
  readonly #control: WorkerControl;
  readonly #perWorker: number;
  readonly #load = new Map<WorkerId, number>();
  /** Attempts that have begun and have no worker yet. */
  #reserved = 0;

  constructor(control: WorkerControl, ordersPerWorker: number) {
    this.#control = control;
    this.#perWorker = ordersPerWorker;
  }

  /** Whether some worker has room that nobody has reserved. */
  get any(): boolean {
    let room = -this.#reserved;
    for (const worker of this.#control.connected()) {
      room += this.#perWorker - (this.#load.get(worker) ?? 0);
      if (room > 0) return true;
    }
    return false;
  }

  /** Holds room for one order, until {@link unreserve}. */
  reserve(): void {
    this.#reserved++;
  }

  unreserve(): void {
    this.#reserved--;
  }

  /** Charges one of the preferred workers with an order, or any other; undefined when none has room. */
  take(preferred: readonly WorkerId[]): WorkerId | undefined {
    const worker = preferred.find((id) => this.#has(id)) ?? this.#control.connected().find((id) => this.#has(id));
    if (worker !== undefined) this.#load.set(worker, (this.#load.get(worker) ?? 0) + 1);
    return worker;
  }

  release(worker: WorkerId): void {
    const load = this.#load.get(worker);
    if (load !== undefined) this.#load.set(worker, Math.max(0, load - 1));
  }

  /** A worker is gone, and the orders that it was charged with are nobody's. */
  forget(worker: WorkerId): void {
    this.#load.delete(worker);
  }

  #has(worker: WorkerId): boolean {
    return this.#control.isConnected(worker) && (this.#load.get(worker) ?? 0) < this.#perWorker;
  }
}
