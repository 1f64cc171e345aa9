import { fail, type BlockId, type WorkerId } from '@alluvium/base';
import type { WorkerState } from '@alluvium/master/block/worker-registry.js';
import type { OrderListener } from '@alluvium/master/order/worker-control.js';
import type { LoadRequest, MoveRequest, OrderOptions, Orders } from '@alluvium/master/order/worker-orders.js';
import { Replication } from '@alluvium/master/replication/replication.js';
import { Configuration } from '@alluvium/platform';
import { World } from '../file/world.js';

const CAPACITY = 1000n;

/** A namespace with workers that fulfil their orders at once, unless a test says otherwise. */
export class ReplicationWorld extends World {
  readonly replication: Replication;
  readonly loads: { readonly worker: string; readonly block: BlockId; readonly request: LoadRequest }[] = [];
  readonly moves: { readonly worker: string; readonly block: BlockId; readonly medium: string }[] = [];
  /** Called before a load or move is done; throws the worker's error. */
  before: ((worker: string, request: LoadRequest | MoveRequest, signal: AbortSignal | undefined) => Promise<void> | void) | undefined;
  /** Loads under way at the same time, at most so far. */
  mostAtOnce = 0;
  readonly #workers = new Map<string, WorkerState>();
  readonly #disconnected = new Set<WorkerId>();
  #listeners: OrderListener[] = [];
  #atOnce = 0;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    super();
    const orders: Orders = {
      connected: () => [...this.#workers.values()].map(({ id }) => id),
      isConnected: (worker) => !this.#disconnected.has(worker),
      load: (worker, request, options) => this.#load(worker, request, options),
      move: (worker, request, options) => this.#move(worker, request, options),
    };
    this.replication = new Replication({
      files: this.c,
      blocks: this.blocks,
      control: { listen: (listener) => void this.#listeners.push(listener) },
      orders,
      words: this.serviceWords,
      configuration: Configuration.of({
        'alluvium.master.replication.settle': '1s',
        'alluvium.master.worker.drain.linger': '0',
        ...settings,
      }),
    });
  }

  addWorker(name: string, media: readonly string[] = ['MEM'], capacity = CAPACITY): WorkerState {
    const registry = this.blocks.workers;
    const id = registry.announce({ host: name, rpcPort: 1, dataPort: 1, webPort: 2 });
    const totalBytesOnTiers = Object.fromEntries(media.map((medium) => [medium, capacity]));
    const worker = registry.beginRegistration(id, { workerId: id, totalBytesOnTiers, usedBytesOnTiers: {}, storageTiers: [...media] });
    registry.finishRegistration(worker);
    this.#workers.set(name, worker);
    return worker;
  }

  worker(name: string): WorkerState {
    return this.#workers.get(name)!;
  }

  disconnect(name: string): void {
    this.#disconnected.add(this.worker(name).id);
  }

  /** The worker commits a copy. */
  put(name: string, block: BlockId, medium = 'MEM'): void {
    const worker = this.worker(name);
    const used = (worker.usedBytes.get(medium) ?? 0n) + BigInt(this.blocks.length(block) ?? 0);
    this.blocks.workers.commitBlock(worker, block, medium, medium, used);
  }

  drop(name: string, block: BlockId): void {
    this.blocks.workers.removeBlocks(this.worker(name), [block]);
  }

  lose(name: string): void {
    const worker = this.worker(name);
    this.#disconnected.add(worker.id);
    worker.lastContactMs = -1e9;
    for (const other of this.#workers.values()) if (other !== worker) this.blocks.workers.touch(other);
    this.blocks.workers.expire(1e6, 1e12);
  }

  hot(name: string, ...blocks: readonly BlockId[]): void {
    for (const listener of this.#listeners) listener.reported(this.worker(name).id, { hotBlocks: { blockIds: [...blocks] } });
  }

  blocksOf(path: string): readonly BlockId[] {
    const inode = this.inode(path);
    if (inode?.kind !== 'file') throw new Error(`${path} is no file`);
    return inode.blocks;
  }

  /** A complete file with a copy of each block on the workers. */
  async cached(
    path: string,
    length: number,
    on: readonly string[],
    options: Parameters<World['write']>[2] = {},
  ): Promise<readonly BlockId[]> {
    await this.write(path, length, options);
    for (const block of this.blocksOf(path)) for (const name of on) this.put(name, block);
    return this.blocksOf(path);
  }

  /** Who has the block, in the order of names; with the medium where it is not MEM. */
  holders(block: BlockId): string[] {
    return this.blocks.workers
      .locations(block)
      .map(({ workerAddress, mediumType }) => `${workerAddress?.host}${mediumType === 'MEM' ? '' : ` ${mediumType}`}`)
      .toSorted();
  }

  async run(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  #nameOf(id: WorkerId): string {
    return this.blocks.workers.get(id).address.host ?? '';
  }

  async #load(id: WorkerId, request: LoadRequest, { signal }: OrderOptions = {}): Promise<number> {
    const worker = this.#nameOf(id);
    const block = (request.targetBlockId ?? request.blockId ?? -1n) as BlockId;
    this.loads.push({ worker, block, request });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    try {
      await this.#obey(worker, request, signal);
      if ((request.sources ?? []).length === 0 && request.stored === undefined) throw fail('notFound', 'no source');
      this.put(worker, block, request.mediumType ?? 'MEM');
      return Number(request.length ?? 0n);
    } finally {
      this.#atOnce--;
    }
  }

  async #move(id: WorkerId, request: MoveRequest, { signal }: OrderOptions = {}): Promise<number> {
    const worker = this.#nameOf(id);
    const block = (request.blockId ?? -1n) as BlockId;
    const medium = request.mediumType ?? '';
    this.moves.push({ worker, block, medium });
    await this.#obey(worker, request, signal);
    this.put(worker, block, medium);
    return 1;
  }

  async #obey(worker: string, request: LoadRequest | MoveRequest, signal: AbortSignal | undefined): Promise<void> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    aborted.catch(() => undefined);
    await Promise.race([Promise.resolve(this.before?.(worker, request, signal)), aborted]);
  }
}

/** A test on a new world with its replication running. */
export function replicating(
  run: (w: ReplicationWorld) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): () => Promise<void> {
  return async () => {
    const w = new ReplicationWorld(settings);
    w.replication.start();
    try {
      await run(w);
    } finally {
      w.replication.stop();
    }
  };
}
