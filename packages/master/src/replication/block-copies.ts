// The copies of a block as they are now, and the orders that change them: one at a time per block and worker, bounded, with a time
// within which they have to be answered.
import { fail, fileIdOfBlock, sequenceOf, withinTime, type BlockId, type Clock, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { workerControl } from '@alluvium/wire';
import type { WorkerRegistry, WorkerState } from '../block/worker-registry.js';
import type { FileContext } from '../file/context.js';
import { bytesOfBlock, storedBlock, transferMs } from '../order/block-source.js';
import type { Orders } from '../order/worker-orders.js';
import { OrderRoom } from './order-room.js';
import type { BlockFacts, Candidate, Copy, Step } from './plan-block.js';

export interface CopyLimits {
  /** Orders of one worker at a time. */
  readonly perWorker: number;
  readonly total: number;
  /** An order that is not answered for so long has failed; a second more for each MiB. */
  readonly orderTimeoutMs: number;
  /** Of one worker; 0: no limit. */
  readonly bytesPerSecond: number;
}

interface Dependencies {
  readonly c: FileContext;
  readonly registry: WorkerRegistry;
  readonly orders: Orders;
  readonly limits: CopyLimits;
}

interface UnderWay {
  readonly coming: Set<WorkerId>;
  readonly moving: Set<WorkerId>;
}

const NONE: ReadonlySet<WorkerId> = new Set();

export class BlockCopies {
  readonly room: OrderRoom;
  /** Steps that were taken since the start, and bytes that workers have read to make copies. */
  readonly done = { copied: 0, copiedBytes: 0, moved: 0, freed: 0 };
  readonly #d: Dependencies;
  readonly #clock: Clock;
  readonly #underWay = new Map<BlockId, UnderWay>();
  readonly #stop = new AbortController();

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
    this.#clock = dependencies.c.clock;
    this.room = new OrderRoom(dependencies.limits.perWorker, dependencies.limits.total);
  }

  /** Gives up all orders that are under way. */
  stop(): void {
    this.#stop.abort(fail('cancelled', 'The master stops'));
    this.room.wake();
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  facts(file: FileInode, id: BlockId): BlockFacts {
    const copies: Copy[] = [];
    for (const { workerId, mediumType = '' } of this.#d.registry.locations(id)) {
      const worker = this.#d.registry.find(workerId as WorkerId);
      if (worker !== undefined) copies.push({ worker: worker.id, medium: mediumType, isLeaving: worker.state !== 'live' });
    }
    const underWay = this.#underWay.get(id);
    const { coming, moving } = underWay === undefined ? { coming: NONE, moving: NONE } : this.#staying(underWay);
    return { length: this.lengthOf(file, id), copies, coming, moving };
  }

  /** What is on its way to a worker that leaves meanwhile is worth nothing. */
  #staying({ coming, moving }: UnderWay): UnderWay {
    const stays = (worker: WorkerId): boolean => this.#d.registry.find(worker)?.state === 'live';
    return { coming: new Set([...coming].filter(stays)), moving: new Set([...moving].filter(stays)) };
  }

  lengthOf(file: FileInode, id: BlockId): number {
    return bytesOfBlock(this.#d.c, file, sequenceOf(id));
  }

  /** Workers that can be given orders and take new blocks. */
  candidates(): Candidate[] {
    const out: Candidate[] = [];
    for (const worker of this.#d.registry.live()) {
      if (!this.#d.orders.isConnected(worker.id)) continue;
      const capacityBytes = sumOf(worker.totalBytes);
      const media = new Set([...worker.totalBytes.keys(), ...[...worker.places.values()].map(({ location }) => location.mediumType ?? '')]);
      const freeBytes = capacityBytes - sumOf(worker.usedBytes);
      out.push({ worker: worker.id, freeBytes, capacityBytes, media: [...media], isBusy: !this.room.has(worker.id) });
    }
    return out;
  }

  /** Whether there is a worker that can be given orders. */
  get anyCandidate(): boolean {
    for (const worker of this.#d.registry.all()) if (worker.state === 'live' && this.#d.orders.isConnected(worker.id)) return true;
    return false;
  }

  /** Takes the step. Throws the worker's error, `deadlineExceeded` when it does not answer. The caller has seen that there is room. */
  take(file: FileInode, id: BlockId, step: Step, budget = 'replication', bytesPerSecond = this.#d.limits.bytesPerSecond): Promise<void> {
    if (step.kind === 'copy') return this.#copy(file, id, step.to, step.medium, { name: budget, bytesPerSecond: BigInt(bytesPerSecond) });
    if (step.kind === 'move') return this.#move(file, id, step.at, step.medium);
    const worker = this.#d.registry.find(step.at);
    if (worker !== undefined) this.#d.registry.freeCopy(id, worker);
    this.done.freed++;
    return Promise.resolve();
  }

  async #copy(file: FileInode, id: BlockId, to: WorkerId, mediumType: string, budget: workerControl.Budget): Promise<void> {
    const length = this.lengthOf(file, id);
    const sources = this.#sources(id);
    const stored = storedBlock(this.#d.c, file, sequenceOf(id));
    const request = {
      blockId: id,
      length: BigInt(length),
      sources,
      pinned: file.persistence !== 'PERSISTED',
      budget,
      ...(stored === undefined ? {} : { stored }),
      ...(mediumType === '' ? {} : { mediumType }),
    };
    const bytesPerMs = Number(budget.bytesPerSecond ?? 0n) / 1000;
    const extraMs = bytesPerMs > 0 ? (length / bytesPerMs) * (this.#d.limits.perWorker + 1) : 0;
    this.done.copiedBytes += await this.#ordered(id, to, 'coming', length, extraMs, (signal) =>
      this.#d.orders.load(to, request, { signal }),
    );
    this.done.copied++;
  }

  async #move(file: FileInode, id: BlockId, at: WorkerId, mediumType: string): Promise<void> {
    const length = this.lengthOf(file, id);
    await this.#ordered(id, at, 'moving', length, 0, (signal) => this.#d.orders.move(at, { blockId: id, mediumType }, { signal }));
    this.done.moved++;
  }

  async #ordered(
    id: BlockId,
    worker: WorkerId,
    kind: keyof UnderWay,
    bytes: number,
    extraMs: number,
    give: (signal: AbortSignal) => Promise<number>,
  ): Promise<number> {
    const limitMs = this.#d.limits.orderTimeoutMs + transferMs(bytes) + extraMs;
    const late = (): Error => fail('deadlineExceeded', `Worker ${worker} has not answered for ${Math.round(limitMs / 1000)} s`);
    let underWay = this.#underWay.get(id);
    if (underWay === undefined) this.#underWay.set(id, (underWay = { coming: new Set(), moving: new Set() }));
    underWay[kind].add(worker);
    this.room.take(worker);
    try {
      return await withinTime(this.#clock, limitMs, late, give, this.#stop.signal);
    } finally {
      underWay[kind].delete(worker);
      if (underWay.coming.size + underWay.moving.size === 0) this.#underWay.delete(id);
      this.room.release(worker);
    }
  }

  #sources(id: BlockId): workerControl.LoadOrder['sources'] {
    const serving: WorkerState[] = [];
    const leaving: WorkerState[] = [];
    for (const { workerId } of this.#d.registry.locations(id)) {
      const worker = this.#d.registry.find(workerId as WorkerId);
      if (worker !== undefined) (worker.state === 'live' ? serving : leaving).push(worker);
    }
    return [...serving, ...leaving].map((worker) => worker.address);
  }
}

/** The file of a block, when it is there and complete. */
export function fileOf(c: FileContext, id: BlockId): FileInode | undefined {
  const file = c.tree.get(fileIdOfBlock(id));
  return file?.kind === 'file' && file.completed && file.blocks[sequenceOf(id)] === id ? file : undefined;
}

function sumOf(bytes: ReadonlyMap<string, bigint>): number {
  let sum = 0;
  for (const value of bytes.values()) sum += Number(value);
  return sum;
}
