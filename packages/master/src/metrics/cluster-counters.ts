// What clients and workers count, summed for the cluster: the aggregation of a 2.9.4 master, by its names.
import type { Clock } from '@alluvium/base';
import { common } from '@alluvium/wire';

export type Reporter = 'client' | 'worker';

const BY_NAME: Readonly<Record<Reporter, ReadonlyMap<string, string>>> = {
  client: new Map([
    ['BytesReadLocal', 'Cluster.BytesReadLocal'],
    ['BytesWrittenLocal', 'Cluster.BytesWrittenLocal'],
    ['BusyExceptionCount', 'Client.BusyExceptionCount'],
  ]),
  worker: new Map([
    ['BytesReadDirect', 'Cluster.BytesReadDirect'],
    ['BytesReadRemote', 'Cluster.BytesReadRemote'],
    ['BytesReadDomain', 'Cluster.BytesReadDomain'],
    ['BytesWrittenRemote', 'Cluster.BytesWrittenRemote'],
    ['BytesWrittenDomain', 'Cluster.BytesWrittenDomain'],
    ['ActiveRpcReadCount', 'Cluster.ActiveRpcReadCount'],
    ['ActiveRpcWriteCount', 'Cluster.ActiveRpcWriteCount'],
  ]),
};

/** Counted per under store, told by a tag, and in sum. */
const BY_STORE: ReadonlyMap<string, { readonly each: string; readonly all: string }> = new Map([
  ['BytesReadPerUfs', { each: 'Cluster.BytesReadPerUfs.UFS:', all: 'Cluster.BytesReadUfsAll' }],
  ['BytesWrittenPerUfs', { each: 'Cluster.BytesWrittenPerUfs.UFS:', all: 'Cluster.BytesWrittenUfsAll' }],
]);

/** Further stores count in the sum alone: the names come from outside. */
const MAX_STORES = 1000;

/** The counters whose throughput is told, and under which name. */
export const THROUGHPUTS: readonly (readonly [counter: string, throughput: string])[] = [
  ['Cluster.BytesReadDirect', 'Cluster.BytesReadDirectThroughput'],
  ['Cluster.BytesReadLocal', 'Cluster.BytesReadLocalThroughput'],
  ['Cluster.BytesReadDomain', 'Cluster.BytesReadDomainThroughput'],
  ['Cluster.BytesReadRemote', 'Cluster.BytesReadRemoteThroughput'],
  ['Cluster.BytesReadUfsAll', 'Cluster.BytesReadUfsThroughput'],
  ['Cluster.BytesWrittenLocal', 'Cluster.BytesWrittenLocalThroughput'],
  ['Cluster.BytesWrittenRemote', 'Cluster.BytesWrittenRemoteThroughput'],
  ['Cluster.BytesWrittenDomain', 'Cluster.BytesWrittenDomainThroughput'],
  ['Cluster.BytesWrittenUfsAll', 'Cluster.BytesWrittenUfsThroughput'],
];

const READS = ['Cluster.BytesReadDirect', 'Cluster.BytesReadRemote', 'Cluster.BytesReadDomain', 'Cluster.BytesReadLocal'];
const MINUTE_MS = 60_000;

/** Counters from a start or clear to now; kept in memory only, as in Alluxio. */
export class ClusterCounters {
  readonly #clock: Clock;
  readonly #totals = new Map<string, number>();
  #stores = 0;
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.clear();
  }

  /** Only counters are summed, and each value is what came since the last report; any other name is ignored. */
  add(reporter: Reporter, metrics: readonly common.Metric[]): void {
    for (const metric of metrics) {
      const { value } = metric;
      if (metric.metricType !== common.MetricType.COUNTER || value === undefined || !Number.isFinite(value)) continue;
      const short = (metric.name ?? '').replace(/^(?:Client|Worker)\./, '');
      const name = BY_NAME[reporter].get(short);
      if (name !== undefined) this.#add(name, value);
      else if (reporter === 'worker') this.#addOfStore(short, metric.tags?.['UFS'], value);
    }
  }

  clear(): void {
    this.#totals.clear();
    this.#stores = 0;
    for (const names of Object.values(BY_NAME)) for (const name of names.values()) this.#totals.set(name, 0);
    for (const { all } of BY_STORE.values()) this.#totals.set(all, 0);
    this.#sinceMs = this.#clock.monotonicMs();
  }

  get(name: string): number {
    return this.#totals.get(name) ?? 0;
  }

  entries(): IterableIterator<[string, number]> {
    return this.#totals.entries();
  }

  /** Bytes per whole minute since the last clear, which is what Alluxio calls throughput. */
  throughput(counter: string): number {
    const minutes = Math.floor((this.#clock.monotonicMs() - this.#sinceMs) / MINUTE_MS);
    return Math.trunc(this.get(counter) / Math.max(1, minutes));
  }

  /** How much of what was read did not come from a store: 0 to 1. */
  get cacheHitRate(): number {
    const read = READS.reduce((sum, name) => sum + this.get(name), 0);
    return read <= 0 ? 0 : Math.max(0, 1 - this.get('Cluster.BytesReadUfsAll') / read);
  }

  #addOfStore(short: string, store: string | undefined, value: number): void {
    const names = BY_STORE.get(short);
    if (names === undefined) return;
    this.#add(names.all, value);
    if (store === undefined) return;
    const name = names.each + store;
    if (!this.#totals.has(name) && ++this.#stores > MAX_STORES) return;
    this.#add(name, value);
  }

  #add(name: string, value: number): void {
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + value);
  }
}
