// WorkerControlService: the call that each of our workers keeps open, so that an order reaches it at once.
import { fail, messageOf, type BlockId, type WorkerId } from '@alluvium/base';
import { methodsOf, type ServerStream, type ServiceTable } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import { workerControl } from '@alluvium/wire';
import type { WorkerRegistry } from '../block/worker-registry.js';

const methods = methodsOf(workerControl.WorkerControlServiceDefinition);

type ControlStream = ServerStream<workerControl.WorkerReport, workerControl.WorkerOrder>;

export interface OrderListener {
  /** A worker opened its control call. */
  connected(worker: WorkerId): void;
  /** Its control call ended: orders it was working on will not be reported. */
  disconnected(worker: WorkerId): void;
  persisted(worker: WorkerId, result: workerControl.PersistResult): void;
}

/** Which workers can be given orders now. */
export class WorkerControl {
  readonly #streams = new Map<WorkerId, ControlStream>();
  readonly #registry: WorkerRegistry;
  readonly #log: Logger;
  readonly #stopped = Promise.withResolvers<void>();
  #listener: OrderListener | undefined;

  constructor(registry: WorkerRegistry, log: Logger) {
    this.#registry = registry;
    this.#log = log;
  }

  listen(listener: OrderListener): void {
    this.#listener = listener;
  }

  isConnected(worker: WorkerId): boolean {
    return this.#streams.has(worker);
  }

  connected(): WorkerId[] {
    return [...this.#streams.keys()];
  }

  /** Sends an order; false when the worker is not connected. A lost order shows as `disconnected`. */
  send(worker: WorkerId, order: workerControl.WorkerOrder): boolean {
    const stream = this.#streams.get(worker);
    if (stream === undefined) return false;
    stream
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
      if (report.persistResult !== undefined) this.#listener?.persisted(worker, report.persistResult);
    }
  }

  async #serve(stream: ControlStream): Promise<void> {
    const hello = await stream.read();
    const worker = this.#registry.get((hello?.workerId ?? -1n) as WorkerId);
    if (this.#streams.has(worker.id)) throw fail('alreadyExists', `Worker ${worker.id} has a control call already`);
    this.#streams.set(worker.id, stream);
    worker.wake = () => this.send(worker.id, { free: { blockIds: takeRemovals(worker.toRemove) } });
    this.#listener?.connected(worker.id);
    try {
      await Promise.race([this.#readReports(worker.id, stream), this.#stopped.promise]);
    } finally {
      this.#streams.delete(worker.id);
      worker.wake = undefined;
      this.#listener?.disconnected(worker.id);
    }
  }
}

const FREE_ORDER_MAX = 1000;

/** A copy stays in the set until the worker reports it gone, so a lost order is repeated by the heartbeat. */
function takeRemovals(blocks: ReadonlySet<BlockId>): bigint[] {
  const out: bigint[] = [];
  for (const id of blocks) {
    out.push(id);
    if (out.length === FREE_ORDER_MAX) break;
  }
  return out;
}
