// The counters of this worker in the form of a heartbeat: Alluxio's names, differences since the last report.
import { common } from '@alluvium/wire';
import type { Counters } from '../counters.js';

type CounterName = Exclude<keyof Counters, 'clear' | 'pagesDamaged'>;

const NAMES: Readonly<Record<CounterName, string>> = {
  bytesReadFromCache: 'BytesReadRemote',
  bytesReadFromUfs: 'BytesReadUfsAll',
  bytesWritten: 'BytesWrittenRemote',
  bytesWrittenToUfs: 'BytesWrittenUfsAll',
  blocksCommitted: 'BlocksCached',
  blocksEvicted: 'BlocksEvicted',
};

export class MetricsReport {
  readonly #counters: Counters;
  readonly #source: string;
  #reported = new Map<CounterName, number>();
  #pending: Map<CounterName, number> | undefined;

  constructor(counters: Counters, source: string) {
    this.#counters = counters;
    this.#source = source;
  }

  /** What changed. Counts as reported once `delivered` is called. */
  take(): common.Metric[] {
    const metrics: common.Metric[] = [];
    const pending = new Map(this.#reported);
    for (const [key, name] of Object.entries(NAMES) as [CounterName, string][]) {
      const value = this.#counters[key];
      const before = this.#reported.get(key) ?? 0;
      // Counters that were cleared begin again.
      const change = value < before ? value : value - before;
      if (change === 0) continue;
      metrics.push({ instance: 'Worker', source: this.#source, name, value: change, metricType: common.MetricType.COUNTER, tags: {} });
      pending.set(key, value);
    }
    this.#pending = pending;
    return metrics;
  }

  delivered(): void {
    if (this.#pending !== undefined) this.#reported = this.#pending;
    this.#pending = undefined;
  }
}
