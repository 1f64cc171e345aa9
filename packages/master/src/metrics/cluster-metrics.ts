// The figures of a cluster put together: what is counted, what is measured, and how it went.
import type { Clock } from '@alluvium/base';
import type { Journal } from '@alluvium/journal';
import type { ServiceTable } from '@alluvium/net';
import type { BlockMaster } from '../block/block-master.js';
import type { InodeTree } from '../file/index.js';
import { ClusterCounters } from './cluster-counters.js';
import { masterGauges, percentUsed, type Gauges } from './gauges.js';
import { metricsService } from './metrics-service.js';
import { TimeSeries } from './time-series.js';

interface Dependencies {
  readonly clock: Clock;
  readonly blocks: BlockMaster;
  readonly tree: InodeTree;
  readonly journal: Journal;
  /** Whose figures are told beside those of the cluster itself. */
  readonly gauges: readonly { readonly gauges: Gauges }[];
  /** Between two points of a series. */
  readonly intervalMs: number;
}

export class ClusterMetrics {
  readonly counters: ClusterCounters;
  readonly series: TimeSeries;
  readonly #gauges: Gauges;

  constructor({ clock, blocks, tree, journal, gauges, intervalMs }: Dependencies) {
    this.counters = new ClusterCounters(clock);
    this.series = new TimeSeries({ clock, counters: this.counters, percentUsed: () => percentUsed(blocks), intervalMs });
    this.#gauges = masterGauges({ blocks, tree, journal, others: gauges });
  }

  register(table: ServiceTable): void {
    metricsService({ counters: this.counters, gauges: this.#gauges, series: this.series })(table);
  }

  start(): void {
    this.series.start();
  }

  stop(): void {
    this.series.stop();
  }
}
