// The call that this worker keeps open to the master, so that an order reaches it at once. A Java master has no such service;
// then there are only the orders that ride on heartbeats.
import { fail, kindOf, messageOf, sleep, type BlockId, type Clock, type Random, type WorkerId } from '@alluvium/base';
import { methodsOf, type ClientStream, type RpcChannel } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import { workerControl, type cacheService } from '@alluvium/wire';
import { ANY_GENERATION } from '../master/freed-blocks.js';

const { connect } = methodsOf(workerControl.WorkerControlServiceDefinition);

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2000;

export interface OrderExecutor {
  /** Resolves with what the master is told; does not throw. */
  persist(order: workerControl.PersistOrder, signal: AbortSignal): Promise<workerControl.PersistResult>;
  /** As {@link persist}. */
  load(order: workerControl.LoadOrder, signal: AbortSignal): Promise<workerControl.OrderResult>;
  /** As {@link persist}. */
  move(order: workerControl.MoveOrder, signal: AbortSignal): Promise<workerControl.OrderResult>;
  /** What is known of blocks here. */
  explain(order: cacheService.ExplainOrder): cacheService.ExplainResult;
  /** Up to a generation of each. */
  free(ids: readonly BlockId[], generations: readonly bigint[] | bigint): void;
  /** Drops pages of blocks that are not here whole. */
  freePages(ids: readonly BlockId[]): void;
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
  #stream: ControlStream | undefined;

  constructor(dependencies: Dependencies, worker: WorkerId) {
    this.#d = dependencies;
    this.#running = this.#run(worker);
  }

  /** Sends news of this worker's own; lost when there is no call now. */
  report(report: workerControl.WorkerReport): void {
    this.#stream?.write(report).catch((error: unknown) => this.#d.log.debug('report not delivered', { reason: messageOf(error) }));
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
      this.#stream = stream;
      for (let order = await stream.read(); order !== undefined; order = await stream.read()) this.#begin(stream, order, orders);
    } finally {
      this.#stream = undefined;
      for (const order of orders.values()) order.abort(fail('cancelled', 'The control call ended'));
      stream.cancel();
    }
  }

  #begin(
    stream: ControlStream,
    { persist, load, move, cancel, free, explain }: workerControl.WorkerOrder,
    orders: Map<bigint, AbortController>,
  ): void {
    const { executor } = this.#d;
    if (persist !== undefined)
      this.#execute(stream, orders, persist.orderId, async (signal) => ({ persistResult: await executor.persist(persist, signal) }));
    else if (load !== undefined)
      this.#execute(stream, orders, load.orderId, async (signal) => ({ orderResult: await executor.load(load, signal) }));
    else if (move !== undefined)
      this.#execute(stream, orders, move.orderId, async (signal) => ({ orderResult: await executor.move(move, signal) }));
    else if (explain !== undefined) this.report({ explainResult: executor.explain(explain) });
    else if (cancel !== undefined) orders.get(cancel.orderId ?? -1n)?.abort(fail('cancelled', 'The master cancelled the order'));
    else if (free?.pagesOnly === true) executor.freePages((free.blockIds ?? []) as BlockId[]);
    else if (free !== undefined)
      executor.free((free.blockIds ?? []) as BlockId[], free.generations?.length ? free.generations : ANY_GENERATION);
  }

  #execute(
    stream: ControlStream,
    orders: Map<bigint, AbortController>,
    id = -1n,
    work: (signal: AbortSignal) => Promise<workerControl.WorkerReport>,
  ): void {
    if (orders.has(id)) return;
    const abort = new AbortController();
    orders.set(id, abort);
    work(abort.signal)
      .then((report) => {
        orders.delete(id);
        return stream.write(report);
      })
      .catch((error: unknown) => this.#d.log.debug('result not delivered', { order: id.toString(), reason: messageOf(error) }));
  }
}
