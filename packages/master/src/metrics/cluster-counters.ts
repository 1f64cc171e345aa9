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
    ['CacheRequests', 'Cluster.CacheRequests'],
    ['CacheRequestsAsync', 'Cluster.CacheRequestsAsync'],
    ['CacheRequestsSync', 'Cluster.CacheRequestsSync'],
    ['CacheUfsBlocks', 'Cluster.CacheUfsBlocks'],
    ['CacheRemoteBlocks', 'Cluster.CacheRemoteBlocks'],
    ['CacheSucceededBlocks', 'Cluster.CacheSucceededBlocks'],
    ['CacheBlocksSize', 'Cluster.CacheBlocksSize'],
    ['CacheRejectedBlocks', 'Cluster.CacheRejectedBlocks'],
    ['PagesDamaged', 'Cluster.PagesDamaged'],
    ['PagesRepaired', 'Cluster.PagesRepaired'],
    ['BytesScrubbed', 'Cluster.BytesScrubbed'],
  ]),
};

/** Counted per under store, told by a tag, and in sum. */
const BY_STORE: ReadonlyMap<string, { readonly each: string; readonly all: string }> = new Map([
  ['BytesReadPerUfs', { each: 'Cluster.BytesReadPerUfs.UFS:', all: 'Cluster.BytesReadUfsAll' }],
  ['BytesWrittenPerUfs', { each: 'Cluster.BytesWrittenPerUfs.UFS:', all: 'Cluster.BytesWrittenUfsAll' }],
]);

/** Blocks that could not be cached, per reason, told by a tag, and in sum. */
const FAILED_BLOCKS = 'Cluster.CacheFailedBlocks';
const QUEUE_LENGTH = 'CacheManagerThreadQueueWaitingTaskCount';
const FAILURES = new Set(['noRoom', 'absent', 'short', 'timedOut', 'refused', 'unavailable', 'other']);

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
  /** Blocks that wait to be cached, by worker, when they were last told. */
  readonly #queues = new Map<string, { readonly value: number; readonly atMs: number }>();
  #stores = 0;
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.clear();
  }

  /**
   * Only counters are summed, and each value is what came since the last report; any other name is ignored, but for the lengths of the
   * workers' queues, which are told as they are.
   */
  add(reporter: Reporter, metrics: readonly common.Metric[]): void {
    for (const metric of metrics) {
      const { value } = metric;
      if (reporter === 'worker' && metric.metricType === common.MetricType.GAUGE) this.#noteQueue(metric);
      if (metric.metricType !== common.MetricType.COUNTER || value === undefined || !Number.isFinite(value)) continue;
      const short = (metric.name ?? '').replace(/^(?:Client|Worker)\./, '');
      const name = BY_NAME[reporter].get(short);
      if (name !== undefined) this.#add(name, value);
      else if (reporter === 'worker' && short === 'CacheFailedBlocks') this.#addFailed(metric.tags?.['Reason'], value);
      else if (reporter === 'worker') this.#addOfStore(short, metric.tags?.['UFS'], value);
    }
  }

  clear(): void {
    this.#totals.clear();
    this.#stores = 0;
    for (const names of Object.values(BY_NAME)) for (const name of names.values()) this.#totals.set(name, 0);
    for (const { all } of BY_STORE.values()) this.#totals.set(all, 0);
    this.#totals.set(FAILED_BLOCKS, 0);
    this.#queues.clear();
    this.#sinceMs = this.#clock.monotonicMs();
  }

  get(name: string): number {
    return this.#totals.get(name) ?? 0;
  }

  *entries(): IterableIterator<[string, number]> {
    yield* this.#totals.entries();
    const sinceMs = this.#clock.monotonicMs() - MINUTE_MS;
    for (const [name, { value, atMs }] of this.#queues) if (atMs >= sinceMs) yield [name, value];
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

  #addFailed(reason: string | undefined, value: number): void {
    // The sum comes with the reasons, and once more without one.
    if (reason === undefined) this.#add(FAILED_BLOCKS, value);
    else if (FAILURES.has(reason)) this.#add(`${FAILED_BLOCKS}.Reason:${reason}`, value);
  }

  #noteQueue({ name = '', source = '', value }: common.Metric): void {
    if (name.replace(/^Worker\./, '') !== QUEUE_LENGTH || value === undefined || !Number.isFinite(value)) return;
    const key = `Worker.${QUEUE_LENGTH}.${source}`;
    if (!this.#queues.has(key) && this.#queues.size >= MAX_STORES) return;
    this.#queues.set(key, { value, atMs: this.#clock.monotonicMs() });
  }

  #add(name: string, value: number): void {
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + value);
  }
}
