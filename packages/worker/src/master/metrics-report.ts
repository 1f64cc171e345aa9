// The counters of this worker in the form of a heartbeat: Alluxio's names, differences since the last report.
import { common } from '@alluvium/wire';
import type { Counters } from '../counters.js';

const NAMES = {
  bytesReadFromCache: 'BytesReadRemote',
  bytesWritten: 'BytesWrittenRemote',
  blocksCommitted: 'BlocksCached',
  blocksEvicted: 'BlocksEvicted',
} as const satisfies Partial<Record<keyof Counters, string>>;

const NAMES_BY_STORE = { readByStore: 'BytesReadPerUfs', writtenByStore: 'BytesWrittenPerUfs' } as const;

interface Reading {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly value: number;
}

export class MetricsReport {
  readonly #counters: Counters;
  readonly #source: string;
  #reported = new Map<string, number>();
  #pending: Map<string, number> | undefined;

  constructor(counters: Counters, source: string) {
    this.#counters = counters;
    this.#source = source;
  }

  /** What changed. Counts as reported once `delivered` is called. */
  take(): common.Metric[] {
    const metrics: common.Metric[] = [];
    const pending = new Map(this.#reported);
    for (const { name, tags, value } of this.#readings()) {
      const key = `${name} ${tags['UFS'] ?? ''}`;
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
  }
}

/** As Alluxio writes a store into the name of a metric. */
function escaped(uri: string): string {
  return uri.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('.', '%2E');
}
