// WorkerControlService: the call that each of our workers keeps open, so that an order reaches it at once.
import { messageOf, type BlockId, type WorkerId } from '@alluvium/base';
import { methodsOf, type ServerStream, type ServiceTable } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import { workerControl } from '@alluvium/wire';
import type { WorkerRegistry, WorkerState } from '../block/worker-registry.js';

const methods = methodsOf(workerControl.WorkerControlServiceDefinition);

type ControlStream = ServerStream<workerControl.WorkerReport, workerControl.WorkerOrder>;

/** Told what it asks for; called synchronously. */
export interface OrderListener {
  /** A worker opened its control call. */
  connected?(worker: WorkerId): void;
  /** Its control call ended: orders it was working on will not be reported. */
  disconnected?(worker: WorkerId): void;
  /** Whatever a worker says after its hello: results of orders, and news of its own. */
  reported(worker: WorkerId, report: workerControl.WorkerReport): void;
}

/** Blocks of one order, and orders at a time. */
const FREE_ORDER_BLOCKS = 1000;
/** In one order about pages. */
const PAGES_ORDER_BLOCKS = 10_000;
const FREE_ORDERS_MAX = 10;

interface ControlCall {
  readonly stream: ControlStream;
  /** Ends the call. */
  readonly end: () => void;
}

/** Which workers can be given orders now. */
export class WorkerControl {
  readonly #calls = new Map<WorkerId, ControlCall>();
  readonly #registry: WorkerRegistry;
  readonly #log: Logger;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #listeners: OrderListener[] = [];

  constructor(registry: WorkerRegistry, log: Logger) {
    this.#registry = registry;
    this.#log = log;
    registry.listen({ freed: (ids) => this.#freePages(ids) });
  }

  listen(listener: OrderListener): void {
    this.#listeners.push(listener);
  }

  isConnected(worker: WorkerId): boolean {
    return this.#calls.has(worker);
  }

  connected(): WorkerId[] {
    return [...this.#calls.keys()];
  }

  /** Sends an order; false when the worker is not connected. A lost order shows as `disconnected`. */
  send(worker: WorkerId, order: workerControl.WorkerOrder): boolean {
    const call = this.#calls.get(worker);
    if (call === undefined) return false;
    call.stream
      .write(order)
      .catch((error: unknown) => this.#log.debug('order not delivered', { worker: worker.toString(), reason: messageOf(error) }));
    return true;
  }

  /** Ends the calls, which their workers would keep open for ever. */
  stop(): void {
    this.#stopped.resolve();
  }

  register(table: ServiceTable): void {
    table.stream(methods.connect, (stream) => this.#serve(stream));
  }

  async #readReports(worker: WorkerId, stream: ControlStream): Promise<void> {
    for (let report = await stream.read(); report !== undefined; report = await stream.read()) {
      for (const listener of this.#listeners) listener.reported(worker, report);
    }
  }

  async #serve(stream: ControlStream): Promise<void> {
    const hello = await stream.read();
    const worker = this.#registry.get((hello?.workerId ?? -1n) as WorkerId);
    this.#end(worker.id);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const call: ControlCall = { stream, end };
    this.#calls.set(worker.id, call);
    worker.wake = () => this.#free(worker);
    for (const listener of this.#listeners) listener.connected?.(worker.id);
    try {
      await Promise.race([this.#readReports(worker.id, stream), ended, this.#stopped.promise]);
    } finally {
      if (this.#calls.get(worker.id) === call) {
        worker.wake = undefined;
        this.#end(worker.id);
      }
    }
  }

  /** Nobody tells which worker has pages of a block. Said once: where it is not heard, they go when room is needed. */
  #freePages(ids: readonly BlockId[]): void {
    for (let at = 0; at < ids.length; at += PAGES_ORDER_BLOCKS) {
      const free = { blockIds: ids.slice(at, at + PAGES_ORDER_BLOCKS), pagesOnly: true };
      for (const worker of this.#calls.keys()) this.send(worker, { free });
    }
  }

  /** Copies stay in the set until the worker reports them gone, so what is lost or left over here is repeated by the heartbeat. */
  #free(worker: WorkerState): void {
    for (let i = 0; i < FREE_ORDERS_MAX; i++) {
      const { ids, generations } = worker.removals.takeUnsent(FREE_ORDER_BLOCKS);
      if (ids.length === 0) return;
      this.send(worker.id, { free: { blockIds: ids, ...(generations && { generations }) } });
    }
  }

  /** A worker that opens a call has lost the one before, whatever the network still makes of it. */
  #end(worker: WorkerId): void {
    const call = this.#calls.get(worker);
    if (call === undefined) return;
    this.#calls.delete(worker);
    call.end();
    for (const listener of this.#listeners) listener.disconnected?.(worker);
  }
}
