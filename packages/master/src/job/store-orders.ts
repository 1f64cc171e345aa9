// Orders to write a file into a store whose giver waits for the end. The persistence queue gives such orders too; each sees the results
// of its own.
import { AlluviumError, fail, isErrorKind, randomId63, type Random, type WorkerId } from '@alluvium/base';
import type { workerControl } from '@alluvium/wire';
import type { OrderListener, WorkerControl } from '../order/worker-control.js';

export type StoreRequest = Omit<workerControl.PersistOrder, 'orderId'>;

/** What a copy from store to store needs. */
export interface StoreWriter {
  /** Resolves when the file is complete under the path of the request. Throws the worker's error, `unavailable` when it goes away. */
  write(worker: WorkerId, request: StoreRequest, signal: AbortSignal): Promise<void>;
}

interface Waiting {
  readonly worker: WorkerId;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class StoreOrders implements StoreWriter, OrderListener {
  readonly #control: Pick<WorkerControl, 'send' | 'listen'>;
  readonly #random: Random;
  readonly #waiting = new Map<bigint, Waiting>();

  constructor(control: Pick<WorkerControl, 'send' | 'listen'>, random: Random) {
    this.#control = control;
    this.#random = random;
    control.listen(this);
  }

  async write(worker: WorkerId, request: StoreRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const orderId = randomId63(this.#random);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.set(orderId, { worker, resolve, reject });
    const cancel = (): void => {
      reject(signal.reason);
      this.#control.send(worker, { cancel: { orderId } });
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (!this.#control.send(worker, { persist: { ...request, orderId } }))
        throw fail('unavailable', `Worker ${worker} takes no orders now`);
      await promise;
    } finally {
      this.#waiting.delete(orderId);
      signal.removeEventListener('abort', cancel);
    }
  }

  disconnected(worker: WorkerId): void {
    for (const waiting of this.#waiting.values())
      if (waiting.worker === worker) waiting.reject(fail('unavailable', `Worker ${worker} went away with an order`));
  }

  reported(_worker: WorkerId, { persistResult }: workerControl.WorkerReport): void {
    const waiting = this.#waiting.get(persistResult?.orderId ?? -1n);
    if (waiting === undefined) return;
    const { errorKind, errorMessage = '' } = persistResult!;
    if (errorKind === undefined) waiting.resolve();
    else waiting.reject(new AlluviumError(isErrorKind(errorKind) ? errorKind : 'unknown', errorMessage));
  }
}
