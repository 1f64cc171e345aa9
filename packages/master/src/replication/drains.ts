// Workers that leave hand over first: the only copies of what no store has, copies that a minimum counts on, and what is read most. That
// they are to is journaled; how far they are is looked at again after a restart.
import { fileIdOfBlock, messageOf, sleep, type BlockId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { WorkerListener } from '../block/worker-listener.js';
import type { WorkerRegistry, WorkerState } from '../block/worker-registry.js';
import type { FileContext } from '../file/context.js';
import { Pace } from '../task/pace.js';
import type { BlockCopies } from './block-copies.js';
import { demandOf, type Demand } from './demand.js';
import { Drain } from './drain.js';
import type { HotSets } from './hot-set.js';
import { planBlock } from './plan-block.js';

interface Dependencies {
  readonly c: FileContext;
  readonly registry: WorkerRegistry;
  readonly copies: BlockCopies;
  readonly hot: HotSets;
  /** Whether the workers have had their time to come back after the start. */
  readonly hasSettled: () => boolean;
  /** How long a drain lasts at least: clients that know the worker may be writing to it. */
  readonly lingerMs: number;
  /** Of each worker that takes over; 0: no limit. */
  readonly bytesPerSecond: number;
}

/** Between two looks at a worker whose blocks nobody can take now, and while it lingers. */
const LOOK_AGAIN_MS = 1000;
const MAX_ENDED = 100;
/** Blocks that are remembered from one look to be handed over. */
const MAX_NEXT = 10_000;
const MAX_ERROR_CHARS = 300;

export class Drains implements WorkerListener {
  readonly #d: Dependencies;
  readonly #running = new Map<WorkerState, Drain>();
  readonly #ended: Drain[] = [];
  readonly #stop = new AbortController();
  #listener: ((worker: WorkerState) => void) | undefined;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  /** Those that go on, then those that ended lately. */
  all(): Drain[] {
    return [...this.#running.values(), ...this.#ended.toReversed()];
  }

  get size(): number {
    return this.#running.size;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Whom to tell of each worker whose drain has ended, however it did. */
  onEnd(listener: (worker: WorkerState) => void): void {
    this.#listener = listener;
  }

  /** One that was drained when the master ended has come back. */
  registered(worker: WorkerState): void {
    if (worker.draining) this.begin([worker]);
  }

  /** Of workers that the registry has just taken out of service. */
  begin(workers: readonly WorkerState[]): void {
    for (const worker of workers) {
      if (this.#running.has(worker)) continue;
      const drain = new Drain(worker, this.#d.c.clock.nowMs());
      this.#running.set(worker, drain);
      this.#d.c.log.info('worker is drained', { worker: worker.id.toString(), host: worker.address.host, blocks: worker.copies });
      void this.#run(drain).catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#d.c.log.error('drain broke off', { reason: messageOf(error) });
      });
    }
  }

  async #run(drain: Drain): Promise<void> {
    const { c, lingerMs, hasSettled } = this.#d;
    while (!hasSettled()) await sleep(c.clock, LOOK_AGAIN_MS, this.#stop.signal);
    const endMs = c.clock.monotonicMs() + lingerMs;
    for (;;) {
      const next = await this.#lookAtAll(drain);
      if (!this.#goesOn(drain)) return;
      if (drain.worker.state === 'lost') drain.lastError = 'nothing is heard of the worker';
      if (drain.blocksLeft === 0) {
        await this.#handOverHot(drain);
        const lingersMs = endMs - c.clock.monotonicMs();
        if (lingersMs <= 0 && (await this.#finish(drain))) return;
        await sleep(c.clock, Math.max(1, Math.min(lingersMs, LOOK_AGAIN_MS)), this.#stop.signal);
      } else if (!(await this.#handOverAll(drain, next))) await sleep(c.clock, LOOK_AGAIN_MS, this.#stop.signal);
    }
  }

  /** False when it has ended. A worker that is silent may come back; its copies are nobody's until then. */
  #goesOn(drain: Drain): boolean {
    const { worker } = drain;
    if (this.#stop.signal.aborted) return false;
    if (!worker.draining) this.#end(drain, 'CANCELLED');
    else if (this.#d.registry.find(worker.id) !== worker) this.#end(drain, 'LOST');
    return !drain.isOver;
  }

  #end(drain: Drain, state: 'DONE' | 'CANCELLED' | 'LOST'): void {
    drain.state = state;
    drain.endedMs = this.#d.c.clock.nowMs();
    this.#running.delete(drain.worker);
    this.#ended.push(drain);
    if (this.#ended.length > MAX_ENDED) this.#ended.shift();
    this.#listener?.(drain.worker);
    const { id, address } = drain.worker;
    this.#d.c.log.info('drain of a worker has ended', { worker: id.toString(), host: address.host, state, blocks: drain.blocksDone });
  }

  /** Counts what is still needed of it; answers the first of those. */
  async #lookAtAll(drain: Drain): Promise<readonly BlockId[]> {
    drain.state = 'LOOKING';
    const { worker } = drain;
    const next: BlockId[] = [];
    let blocks = 0;
    let bytes = 0;
    const visit = (id: BlockId): void => {
      const file = this.#neededFor(id);
      if (file === undefined) return;
      blocks++;
      bytes += this.#d.copies.lengthOf(file, id);
      if (next.length < MAX_NEXT) next.push(id);
    };
    await this.#d.registry.eachCopy(worker, visit, () => this.#stop.signal.aborted || !worker.draining);
    drain.blocksLeft = blocks;
    drain.bytesLeft = bytes;
    return next;
  }

  /** The file for which others have to have the block before this worker may go. */
  #neededFor(id: BlockId): FileInode | undefined {
    const file = this.#d.c.tree.get(fileIdOfBlock(id));
    if (file?.kind !== 'file') return undefined;
    const staying = this.#d.copies.facts(file, id).copies.filter((copy) => !copy.isLeaving).length;
    return staying < handedOver(file).min ? file : undefined;
  }

  /** Copies what is needed, several blocks at a time; false when something was not to be copied now, or nothing was. */
  async #handOverAll(drain: Drain, ids: readonly BlockId[]): Promise<boolean> {
    const { copies, c } = this.#d;
    drain.state = 'HANDING_OVER';
    const pace = new Pace(c.clock);
    const running = new Set<Promise<void>>();
    let all = true;
    const { failures, blocksDone } = drain;
    for (const id of ids) {
      if (this.#neededFor(id) !== undefined) all = (await this.#handOver(drain, id, running)) && all;
      if (pace.spent()) await pace.rest();
      if (copies.stopped || !drain.worker.draining) break;
    }
    await Promise.all(running);
    return all && drain.failures === failures && drain.blocksDone > blocksDone;
  }

  /** Begins the copies of one block, when there is room; false when no worker can take it. */
  async #handOver(drain: Drain, id: BlockId, running: Set<Promise<void>>): Promise<boolean> {
    const { copies, bytesPerSecond } = this.#d;
    for (;;) {
      const file = this.#neededFor(id);
      if (file === undefined || copies.stopped || !drain.worker.draining) return true;
      const { steps, lacking } = planBlock(handedOver(file), copies.facts(file, id), copies.candidates());
      let waits = false;
      for (const step of steps) {
        if (step.kind !== 'copy') continue;
        if (!copies.room.has(step.to)) {
          waits = true;
          continue;
        }
        const work = copies.take(file, id, step, 'drain', bytesPerSecond).then(
          () => this.#handedOver(drain, copies.lengthOf(file, id)),
          (error: unknown) => this.#failed(drain, messageOf(error)),
        );
        running.add(work);
        void work.then(() => running.delete(work));
      }
      if (lacking > 0) this.#failed(drain, `no worker can take block ${id} of ${copies.lengthOf(file, id)} bytes`);
      if (!waits) return lacking === 0;
      await copies.room.changed;
    }
  }

  #handedOver(drain: Drain, bytes: number): void {
    drain.blocksDone++;
    drain.bytesDone += bytes;
    drain.blocksLeft = Math.max(0, drain.blocksLeft - 1);
    drain.bytesLeft = Math.max(0, drain.bytesLeft - bytes);
  }

  #failed(drain: Drain, why: string): void {
    drain.failures++;
    drain.lastError = why.slice(0, MAX_ERROR_CHARS);
  }

  /** What is read most goes over as far as there is room; that it does not holds nobody up. */
  async #handOverHot(drain: Drain): Promise<void> {
    for (const id of this.#d.hot.of(drain.worker.id)) {
      if (this.#d.copies.stopped || !drain.worker.draining) return;
      if (!this.#d.registry.hasCopy(drain.worker, id) || this.#isElsewhere(id)) continue;
      try {
        if (!(await this.#d.hot.warm(id, this.#d.bytesPerSecond))) return;
        drain.hotDone++;
      } catch (error) {
        this.#failed(drain, messageOf(error));
      }
    }
  }

  #isElsewhere(id: BlockId): boolean {
    const file = this.#d.c.tree.get(fileIdOfBlock(id));
    return file?.kind !== 'file' || this.#d.copies.facts(file, id).copies.some((copy) => !copy.isLeaving);
  }

  /** From here on it takes nothing more. What came in before, and is needed, is handed over first: then this is not the end. */
  async #finish(drain: Drain): Promise<boolean> {
    const { registry } = this.#d;
    const { worker } = drain;
    worker.draining = false;
    let isNeeded = false;
    const visit = (id: BlockId): void => {
      isNeeded ||= this.#neededFor(id) !== undefined;
    };
    // It may register again meanwhile, which makes it one in service.
    await registry.eachCopy(worker, visit, () => isNeeded || worker.state !== 'decommissioned');
    if (isNeeded && worker.state === 'decommissioned') {
      worker.draining = true;
      return false;
    }
    if (worker.state === 'decommissioned') registry.endDrain(worker);
    this.#end(drain, 'DONE');
    return true;
  }
}

/** Of what is in no store one copy at least. */
function handedOver(file: FileInode): Demand {
  const demand = demandOf(file);
  return demand.isStored ? demand : { ...demand, min: Math.max(1, demand.min), max: Math.max(1, demand.max) };
}
