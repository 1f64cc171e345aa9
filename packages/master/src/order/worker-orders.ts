// Orders whose giver waits for their end: bring a block into a cache, move it to another medium. Who gives them decides how many at a time.
import { AlluviumError, fail, isErrorKind, randomId63, type Random, type WorkerId } from '@alluvium/base';
import type { workerControl } from '@alluvium/wire';
import type { OrderListener, WorkerControl } from './worker-control.js';

export type LoadRequest = Omit<workerControl.LoadOrder, 'orderId'>;
export type MoveRequest = Omit<workerControl.MoveOrder, 'orderId'>;

export interface OrderOptions {
  /** Cancels the order at the worker; the promise rejects at once. */
  readonly signal?: AbortSignal;
}

/** What the givers of orders see of {@link WorkerOrders}. */
export interface Orders {
  /** Workers that take orders now. */
  connected(): WorkerId[];
  isConnected(worker: WorkerId): boolean;
  /** Answers the bytes that were read for it. Throws the worker's error, `unavailable` when it is away or goes away. */
  load(worker: WorkerId, request: LoadRequest, options?: OrderOptions): Promise<number>;
  /** As {@link load}. */
  move(worker: WorkerId, request: MoveRequest, options?: OrderOptions): Promise<number>;
}

interface Waiting {
  readonly worker: WorkerId;
  readonly resolve: (bytes: number) => void;
  readonly reject: (error: unknown) => void;
}

export class WorkerOrders implements Orders, OrderListener {
  readonly #control: WorkerControl;
  readonly #random: Random;
  readonly #waiting = new Map<bigint, Waiting>();

  constructor(control: WorkerControl, random: Random) {
    this.#control = control;
    this.#random = random;
    control.listen(this);
  }

  connected(): WorkerId[] {
    return this.#control.connected();
  }

  isConnected(worker: WorkerId): boolean {
    return this.#control.isConnected(worker);
  }

  load(worker: WorkerId, request: LoadRequest, options?: OrderOptions): Promise<number> {
    return this.#send(worker, (orderId) => ({ load: { ...request, orderId } }), options);
  }

  move(worker: WorkerId, request: MoveRequest, options?: OrderOptions): Promise<number> {
    return this.#send(worker, (orderId) => ({ move: { ...request, orderId } }), options);
  }

  disconnected(worker: WorkerId): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.worker === worker) this.#take(id)?.reject(fail('unavailable', `Worker ${worker} went away with an order`));
    }
  }

  reported(_worker: WorkerId, { orderResult }: workerControl.WorkerReport): void {
    if (orderResult === undefined) return;
    const waiting = this.#take(orderResult.orderId ?? -1n);
    const { errorKind, errorMessage = '', bytes = 0n } = orderResult;
    if (errorKind === undefined) waiting?.resolve(Number(bytes));
    else waiting?.reject(new AlluviumError(isErrorKind(errorKind) ? errorKind : 'unknown', errorMessage));
  }

  async #send(worker: WorkerId, orderOf: (orderId: bigint) => workerControl.WorkerOrder, { signal }: OrderOptions = {}): Promise<number> {
    signal?.throwIfAborted();
    const orderId = randomId63(this.#random);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.set(orderId, { worker, resolve, reject });
    const cancel = (): void => {
      this.#take(orderId)?.reject(signal?.reason);
      this.#control.send(worker, { cancel: { orderId } });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      if (!this.#control.send(worker, orderOf(orderId))) throw fail('unavailable', `Worker ${worker} takes no orders now`);
      return await promise;
    } finally {
      this.#waiting.delete(orderId);
      signal?.removeEventListener('abort', cancel);
    }
  }

  #take(id: bigint): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
