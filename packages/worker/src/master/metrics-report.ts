// The counters of this worker in the form of a heartbeat: Alluxio's names, differences since the last report.
import { common } from '@alluvium/wire';
import type { CacheCounters } from '../cache/cache-counters.js';
import type { Counters } from '../counters.js';

const NAMES = {
  bytesReadFromCache: 'BytesReadRemote',
  bytesWritten: 'BytesWrittenRemote',
  blocksCommitted: 'BlocksCached',
  blocksEvicted: 'BlocksEvicted',
  blocksPromoted: 'BlocksPromoted',
  blocksDemoted: 'BlocksDemoted',
  blocksLost: 'BlocksLost',
  pagesDamaged: 'PagesDamaged',
  pagesRepaired: 'PagesRepaired',
  bytesScrubbed: 'BytesScrubbed',
} as const satisfies Partial<Record<keyof Counters, string>>;

const NAMES_BY_STORE = { readByStore: 'BytesReadPerUfs', writtenByStore: 'BytesWrittenPerUfs' } as const;

interface Reading {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly value: number;
  /** As it is now, not what was counted. */
  readonly isGauge?: boolean;
}

export class MetricsReport {
  readonly #counters: Counters;
  readonly #source: string;
  readonly #requests: CacheCounters | undefined;
  #reported = new Map<string, number>();
  /** Values of gauges. */
  readonly #told = new Map<string, number>();
  #pending: Map<string, number> | undefined;

  constructor(counters: Counters, source: string, requests?: CacheCounters) {
    this.#counters = counters;
    this.#source = source;
    this.#requests = requests;
  }

  /** What changed. Counts as reported once `delivered` is called. */
  take(): common.Metric[] {
    const metrics: common.Metric[] = [];
    const pending = new Map(this.#reported);
    for (const { name, tags, value, isGauge } of this.#readings()) {
      if (isGauge === true) {
        // What is as it was and nothing need not be told again.
        if (value === 0 && this.#told.get(name) === 0) continue;
        this.#told.set(name, value);
        metrics.push({ instance: 'Worker', source: this.#source, name, value, metricType: common.MetricType.GAUGE, tags });
        continue;
      }
      const key = `${name} ${tags['UFS'] ?? tags['Reason'] ?? ''}`;
      const before = this.#reported.get(key) ?? 0;
      // Counters that were cleared begin again.
      const change = value < before ? value : value - before;
      pending.set(key, value);
      if (change === 0) continue;
      metrics.push({ instance: 'Worker', source: this.#source, name, value: change, metricType: common.MetricType.COUNTER, tags });
    }
    this.#pending = pending;
    return metrics;
  }

  delivered(): void {
    if (this.#pending !== undefined) this.#reported = this.#pending;
    this.#pending = undefined;
  }

  *#readings(): Generator<Reading> {
    for (const [key, name] of Object.entries(NAMES) as [keyof typeof NAMES, string][]) yield { name, tags: {}, value: this.#counters[key] };
    for (const [key, name] of Object.entries(NAMES_BY_STORE) as [keyof typeof NAMES_BY_STORE, string][])
      for (const [uri, value] of this.#counters[key]) yield { name, tags: { UFS: escaped(uri), User: '' }, value };
    for (const { name, reason, kind, value } of this.#requests?.readings() ?? [])
      yield { name, tags: reason === undefined ? {} : { Reason: reason }, value, isGauge: kind === 'gauge' };
  }
}

/** As Alluxio writes a store into the name of a metric. */
function escaped(uri: string): string {
  return uri.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('.', '%2E');
}
