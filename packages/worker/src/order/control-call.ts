// The call that this worker keeps open to the master, so that an order reaches it at once. A Java master has no such service;
// then there are only the orders that ride on heartbeats.
import { fail, kindOf, messageOf, sleep, type BlockId, type Clock, type Random, type WorkerId } from '@alluvium/base';
import { methodsOf, type ClientStream, type RpcChannel } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import { workerControl } from '@alluvium/wire';

const { connect } = methodsOf(workerControl.WorkerControlServiceDefinition);

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2000;

export interface OrderExecutor {
  /** Resolves with what the master is told; does not throw. */
  persist(order: workerControl.PersistOrder, signal: AbortSignal): Promise<workerControl.PersistResult>;
  free(ids: readonly BlockId[]): void;
}

interface Dependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly channel: RpcChannel;
  readonly executor: OrderExecutor;
}

type ControlStream = ClientStream<workerControl.WorkerReport, workerControl.WorkerOrder>;

/** Orders belong to the call that brought them: when it ends they are cancelled, since nobody waits for their results. */
export class ControlCall {
  readonly #d: Dependencies;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(dependencies: Dependencies, worker: WorkerId) {
    this.#d = dependencies;
    this.#running = this.#run(worker);
  }

  async stop(): Promise<void> {
    this.#stop.abort(fail('cancelled', 'The control call ends'));
    await this.#running;
  }

  async #run(worker: WorkerId): Promise<void> {
    const { clock, random, log } = this.#d;
    const { signal } = this.#stop;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      try {
        await this.#serve(worker, signal);
      } catch (error) {
        if (kindOf(error) === 'unimplemented') return;
        log.debug('control call ended', { reason: messageOf(error) });
      }
      if (clock.monotonicMs() - startedMs > MAX_RETRY_MS) retryMs = FIRST_RETRY_MS;
      await sleep(clock, retryMs * (0.5 + random.next() / 2), signal).catch(() => undefined);
      retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
    }
  }

  async #serve(workerId: WorkerId, signal: AbortSignal): Promise<void> {
    const stream = this.#d.channel.stream(connect, { signal });
    const orders = new Map<bigint, AbortController>();
    try {
      await stream.write({ workerId });
      for (let order = await stream.read(); order !== undefined; order = await stream.read()) {
        if (order.persist !== undefined) this.#persist(stream, order.persist, orders);
        else if (order.cancel !== undefined)
          orders.get(order.cancel.orderId ?? -1n)?.abort(fail('cancelled', 'The master cancelled the order'));
        else if (order.free !== undefined) this.#d.executor.free((order.free.blockIds ?? []) as BlockId[]);
      }
    } finally {
      for (const order of orders.values()) order.abort(fail('cancelled', 'The control call ended'));
      stream.cancel();
    }
  }

  #persist(stream: ControlStream, order: workerControl.PersistOrder, orders: Map<bigint, AbortController>): void {
    const id = order.orderId ?? -1n;
    if (orders.has(id)) return;
    const abort = new AbortController();
    orders.set(id, abort);
    this.#d.executor
      .persist(order, abort.signal)
      .then((persistResult) => {
        orders.delete(id);
        return stream.write({ persistResult });
      })
      .catch((error: unknown) => this.#d.log.debug('persist result not delivered', { order: id.toString(), reason: messageOf(error) }));
  }
}
