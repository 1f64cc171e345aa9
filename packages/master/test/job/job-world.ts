import { fail, kindOf, type BlockId, type WorkerId } from '@alluvium/base';
import type { WorkerState } from '@alluvium/master/block/worker-registry.js';
import type { JobRecord } from '@alluvium/master/job/job-ledger.js';
import { jobSpec, type GivenSpec, type JobLimits } from '@alluvium/master/job/job-spec.js';
import { Jobs, type JobsOptions } from '@alluvium/master/job/jobs.js';
import type { StoreRequest, StoreWriter } from '@alluvium/master/job/store-orders.js';
import { WorkerSlots } from '@alluvium/master/job/worker-slots.js';
import type { LoadRequest, MoveRequest, OrderOptions, Orders } from '@alluvium/master/order/worker-orders.js';
import { World } from '../file/world.js';

const DAY_MS = 24 * 3_600_000;
/** Simulated; a load takes that long. */
const ORDER_MS = 10;

export interface Ordered {
  readonly worker: string;
  readonly request: Partial<LoadRequest & StoreRequest>;
}

type WorldOptions = ConstructorParameters<typeof World>[0];

/** A namespace with workers that do what they are ordered to, unless a test says otherwise, and jobs. */
export class JobWorld extends World {
  readonly jobs: Jobs;
  readonly loads: Ordered[] = [];
  readonly moves: MoveRequest[] = [];
  /** Files written into a store. */
  readonly written: StoreRequest[] = [];
  /** Called before an order is fulfilled; throws the worker's error. */
  before: ((order: Ordered) => Promise<void> | void) | undefined;
  /** Orders under way at the same time, at most so far. */
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #workers = new Map<WorkerId, WorkerState>();
  readonly #connected = new Set<WorkerId>();

  constructor(
    options: WorldOptions & { readonly jobs?: Partial<JobsOptions>; readonly filesAtOnce?: number; readonly perWorker?: number } = {},
  ) {
    super(options);
    const orders: Orders = {
      connected: () => [...this.#connected],
      isConnected: (worker) => this.#connected.has(worker),
      load: (worker, request, given) => this.#load(worker, request, given),
      move: (worker, request) => this.#move(worker, request),
    };
    const storeWriter: StoreWriter = { write: (worker, request, signal) => this.#write(worker, request, signal) };
    const slots = new WorkerSlots(this.clock, orders, options.perWorker ?? 4);
    this.jobs = new Jobs(
      { c: this.c, orders, slots, storeWriter, ledger: this.jobLedger, filesAtOnce: options.filesAtOnce ?? 4 },
      { running: 100, capacity: 1000, retentionMs: DAY_MS, ...options.jobs },
    );
  }

  /** A master that starts again with what this one has journaled; its workers are those of before. */
  restarted(options: ConstructorParameters<typeof JobWorld>[0] = {}): JobWorld {
    const next = new JobWorld({ entries: this.journal.entries(), stores: this.stores, ...options });
    next.clock.elapse(this.clock.nowMs() - next.clock.nowMs());
    for (const [id, state] of this.#workers) {
      const name = state.address.host ?? '';
      const worker = next.addWorker(name);
      if (!this.#connected.has(id)) next.disconnect(name);
      for (const block of this.blocks.workers.located()) if (this.blocks.workers.hasCopy(state, block)) next.put(worker, block, 'MEM');
    }
    return next;
  }

  addWorker(name: string): WorkerState {
    const registry = this.blocks.workers;
    const id = registry.announce({ host: name, rpcPort: 1, dataPort: 1, webPort: 2 });
    const tiers = { totalBytesOnTiers: { MEM: 1000n }, usedBytesOnTiers: {}, storageTiers: ['MEM'] };
    const worker = registry.beginRegistration(id, { workerId: id, ...tiers });
    registry.finishRegistration(worker);
    this.#workers.set(id, worker);
    this.#connected.add(id);
    return worker;
  }

  connect(name: string): void {
    this.#connected.add(this.#named(name).id);
  }

  disconnect(name: string): void {
    this.#connected.delete(this.#named(name).id);
  }

  put(worker: WorkerState, block: BlockId, medium = 'MEM'): void {
    this.blocks.workers.commitBlock(worker, block, medium, medium, 0n);
  }

  /** A complete file in the cache with a copy of each block on a worker. */
  async cached(path: string, length: number, on: WorkerState): Promise<void> {
    await this.write(path, length, { recursive: true });
    for (const block of this.blocksOf(path)) this.put(on, block);
  }

  blocksOf(path: string): readonly BlockId[] {
    const inode = this.inode(path);
    if (inode?.kind !== 'file') throw new Error(`${path} is no file`);
    return inode.blocks;
  }

  /** Copies of the blocks of a file. */
  copies(path: string): number[] {
    return this.blocksOf(path).map((block) => this.blocks.locations(block).length);
  }

  async submit(
    given: Partial<GivenSpec> & Pick<GivenSpec, 'kind' | 'path'>,
    limits: Partial<JobLimits> = {},
    uuid?: string,
  ): Promise<JobRecord> {
    const spec = jobSpec({ user: 'root', ...given });
    const { record } = await this.clock.run(
      this.jobs.submit(spec, { bandwidth: undefined, verify: false, ...limits }, uuid === undefined ? {} : { uuid }),
    );
    return record;
  }

  /** The job when it has ended. */
  async ended(id: number): Promise<JobRecord> {
    while (this.jobLedger.get(id)?.endedMs === undefined) await this.clock.advance(50);
    return this.jobLedger.get(id)!;
  }

  async done(given: Parameters<JobWorld['submit']>[0], limits?: Partial<JobLimits>): Promise<JobRecord> {
    return this.ended((await this.submit(given, limits)).id);
  }

  /** Brings what waits to be persisted to the store, as the persistence queue and a worker would. */
  async persistAll(): Promise<void> {
    for (const [id] of [...this.tree.persistence.waiting()]) {
      const inode = this.tree.get(id);
      if (inode?.kind !== 'file' || !inode.completed) continue;
      await this.c.committer.commit([{ updateInode: { id, persistenceState: 'PERSISTED', ufsFingerprint: 'x' } }]);
    }
  }

  #named(name: string): WorkerState {
    for (const worker of this.#workers.values()) if (worker.address.host === name) return worker;
    throw new Error(`There is no worker ${name}`);
  }

  async #load(id: WorkerId, request: LoadRequest, { signal }: OrderOptions = {}): Promise<number> {
    const worker = this.#workers.get(id)!;
    const order = { worker: worker.address.host ?? '', request };
    this.loads.push(order);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    try {
      signal?.throwIfAborted();
      await this.before?.(order);
      await new Promise<void>((resolve) => this.clock.schedule(ORDER_MS, resolve));
      signal?.throwIfAborted();
      if (!this.#connected.has(id)) throw fail('unavailable', `Worker ${order.worker} went away with an order`);
      if ((request.sources ?? []).length === 0 && request.stored === undefined) throw fail('notFound', 'nobody has it');
      await this.#commit(worker, (request.targetBlockId ?? request.blockId) as BlockId, request.length ?? 0n);
      return Number(request.length ?? 0n);
    } finally {
      this.#atOnce--;
    }
  }

  async #commit(worker: WorkerState, block: BlockId, length: bigint): Promise<void> {
    if (this.blocks.length(block) === undefined) await this.c.committer.commit([{ blockInfo: { blockId: block, length } }]);
    this.put(worker, block);
  }

  async #write(id: WorkerId, request: StoreRequest, signal: AbortSignal): Promise<void> {
    this.written.push(request);
    await this.before?.({ worker: this.#workers.get(id)!.address.host ?? '', request });
    await new Promise<void>((resolve) => this.clock.schedule(ORDER_MS, resolve));
    signal.throwIfAborted();
    if (!this.#connected.has(id)) throw fail('unavailable', 'The worker went away with an order');
    const ufsPath = request.ufsPath ?? '';
    const mount = this.mounts.overlapping(ufsPath)!;
    this.stores.at(mount.ufsUri).file(ufsPath.slice(mount.ufsUri.length + 1), 'x'.repeat(Number(request.length ?? 0n)));
  }

  async #move(id: WorkerId, request: MoveRequest): Promise<number> {
    this.moves.push(request);
    this.put(this.#workers.get(id)!, request.blockId as BlockId, request.mediumType ?? '');
    return 1;
  }
}

/** What is wrong, as a kind; `ok` when nothing is. */
export async function outcome(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return 'ok';
  } catch (error) {
    return kindOf(error);
  }
}
