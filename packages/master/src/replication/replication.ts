// All that the master does about where copies are, put together.
import type { InodeId } from '@alluvium/base';
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

interface Parts {
  readonly files: FileContext;
  readonly blocks: BlockMaster;
  readonly control: Pick<WorkerControl, 'listen'>;
  readonly orders: Orders;
  readonly configuration: Configuration;
}

export class Replication {
  readonly copies: BlockCopies;
  readonly replicator: Replicator;
  readonly drains: Drains;
  readonly hot: HotSets;
  readonly durable: DurableWaits;
  readonly #files: FileContext;
  readonly #blocks: BlockMaster;

  constructor({ files: c, blocks, control, orders, configuration }: Parts) {
    const get = configuration.get.bind(configuration);
    const registry = blocks.workers;
    this.#files = c;
    this.#blocks = blocks;
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
    this.drains = new Drains({ c, registry, copies, hot: this.hot, lingerMs: get(options.drainLinger), bytesPerSecond });
    this.durable = new DurableWaits({ clock: c.clock, tree: c.tree, registry, waitMs: get(options.durableWait) });
    this.replicator = new Replicator({
      c,
      copies,
      hasSettled: () => blocks.settling.isOver,
      periods: {
        intervalMs: get(options.replicationInterval),
        settleMs: get(options.replicationSettle),
        firstRetryMs: get(options.replicationFirstRetry),
        maxRetryMs: get(options.replicationMaxRetry),
      },
    });
    control.listen(this.hot);
    control.listen({ connected: () => copies.room.wake(), reported: () => undefined });
    for (const listener of [this.replicator, this.hot, this.durable]) registry.listen(listener);
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

  /** Workers that the registry has taken out of service. */
  drain(workers: readonly WorkerState[]): void {
    this.drains.begin(workers);
    // What they have counts no more.
    this.replicator.wantPass();
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
