// All that the master does about where copies are, put together.
import { messageOf, type InodeId } from '@alluvium/base';
import type { Configuration } from '@alluvium/platform';
import type { BlockMaster } from '../block/block-master.js';
import type { WorkerState } from '../block/worker-registry.js';
import type { FileContext } from '../file/context.js';
import type { Gauges } from '../metrics/gauges.js';
import type { WorkerControl } from '../order/worker-control.js';
import type { Orders } from '../order/worker-orders.js';
import { BlockCopies } from './block-copies.js';
import { Drains } from './drains.js';
import { DurableWaits } from './durable-waits.js';
import { HotSets } from './hot-set.js';
import * as options from './replication-options.js';
import { Replicator } from './replicator.js';
import { wordEntry, type ServiceWord, type ServiceWords } from './service-words.js';

interface Parts {
  readonly files: FileContext;
  readonly blocks: BlockMaster;
  readonly control: Pick<WorkerControl, 'listen'>;
  readonly orders: Orders;
  readonly configuration: Configuration;
  readonly words: ServiceWords;
}

export class Replication {
  readonly copies: BlockCopies;
  readonly replicator: Replicator;
  readonly drains: Drains;
  readonly hot: HotSets;
  readonly durable: DurableWaits;
  readonly #files: FileContext;
  readonly #blocks: BlockMaster;
  readonly #words: ServiceWords;

  constructor({ files: c, blocks, control, orders, configuration, words }: Parts) {
    const get = configuration.get.bind(configuration);
    const registry = blocks.workers;
    this.#files = c;
    this.#blocks = blocks;
    this.#words = words;
    const bytesPerSecond = Math.max(0, get(options.replicationBandwidth));
    const limits = {
      perWorker: Math.max(1, get(options.replicationPerWorker)),
      total: Math.max(1, get(options.replicationOrders)),
      orderTimeoutMs: get(options.replicationOrderTimeout),
      bytesPerSecond,
    };
    this.copies = new BlockCopies({ c, registry, orders, limits });
    const { copies } = this;
    this.hot = new HotSets({ c, copies, registry, bytesPerSecond: Math.max(0, get(options.warmBandwidth)) });
    const hasSettled = (): boolean => blocks.settling.isOver;
    this.drains = new Drains({ c, registry, copies, hot: this.hot, hasSettled, lingerMs: get(options.drainLinger), bytesPerSecond });
    this.drains.onEnd((worker) => this.#drained(worker));
    this.durable = new DurableWaits({ clock: c.clock, tree: c.tree, registry, waitMs: get(options.durableWait) });
    this.replicator = new Replicator({
      c,
      copies,
      hasSettled,
      periods: {
        intervalMs: get(options.replicationInterval),
        settleMs: get(options.replicationSettle),
        firstRetryMs: get(options.replicationFirstRetry),
        maxRetryMs: get(options.replicationMaxRetry),
      },
    });
    control.listen(this.hot);
    control.listen({ connected: () => copies.room.wake(), reported: () => undefined });
    for (const listener of [this.replicator, this.drains, this.hot, this.durable]) registry.listen(listener);
  }

  start(): void {
    this.replicator.start();
    this.#files.tree.demanding.changed = (file, inode) => {
      this.replicator.changed(file, inode);
      this.durable.changed(file);
    };
  }

  stop(): void {
    this.#files.tree.demanding.changed = undefined;
    this.replicator.stop();
    this.drains.stop();
    this.copies.stop();
    this.durable.stop();
  }

  /** Workers that the registry has taken out of service; resolves when a restart would go on with it. */
  async drain(workers: readonly WorkerState[]): Promise<void> {
    const durable = this.#files.committer.commit(workers.map((worker) => wordEntry(this.#wordOf(worker))));
    this.drains.begin(workers);
    // What they have counts no more.
    this.replicator.wantPass();
    await durable;
  }

  /** The registry lets a worker in again; resolves when a restart does, too. */
  async enabled(host: string, webPort: number | undefined): Promise<void> {
    const unsaid = [...this.#words.all()].filter((word) => word.host === host && (webPort === undefined || word.webPort === webPort));
    await this.#files.committer.commit(unsaid.map((word) => wordEntry({ ...word, isDraining: false, isDisabled: false })));
  }

  #wordOf(worker: WorkerState): ServiceWord {
    const { host = '', webPort = 0 } = worker.address;
    return { host, webPort, isDraining: worker.draining, isDisabled: this.#blocks.workers.isDisabled(worker) };
  }

  /** One that is called off has been let in again already. */
  #drained(worker: WorkerState): void {
    const { committer, log } = this.#files;
    const told = [...this.#words.all()].some(({ host, webPort }) => host === worker.address.host && webPort === worker.address.webPort);
    if (!told || !committer.accepting) return;
    committer
      .commit([wordEntry({ ...this.#wordOf(worker), isDraining: false })])
      .catch((error: unknown) => log.warn('the end of a drain is not journaled: a restart begins it again', { reason: messageOf(error) }));
  }

  /** See {@link DurableWaits.whenDurable}. */
  whenDurable(file: InodeId): Promise<void> | undefined {
    return this.durable.whenDurable(file);
  }

  /** Why nothing is done about copies now. */
  get idleReason(): string | undefined {
    if (!this.#blocks.settling.isOver) return 'the master has just started, and waits for its workers';
    if (!this.copies.anyCandidate) return 'no worker that takes orders is in service';
    return undefined;
  }

  readonly gauges: Gauges = () => {
    const { done } = this.copies;
    return [
      ['Master.ReplicationLimitedFiles', this.#files.tree.demanding.size],
      ['Master.ReplicaMgmtActiveJobSize', this.copies.room.running],
      ['Master.ReplicationQueue', this.replicator.size],
      ['Master.ReplicationCopied', done.copied],
      ['Master.ReplicationCopiedBytes', done.copiedBytes],
      ['Master.ReplicationFreed', done.freed],
      ['Master.ReplicationMoved', done.moved],
      ['Master.ReplicationFailed', this.replicator.failed],
      ['Master.ReplicationLacking', this.replicator.lastPass?.lacking ?? 0],
      ['Master.WorkersDraining', this.drains.size],
      ['Master.HotBlocksWarmed', this.hot.warmed],
    ];
  };
}
