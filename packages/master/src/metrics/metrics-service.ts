// MetricsMasterClientService: clients report counters when they close; a master without it makes every shell print a warning.
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { common, metricMaster } from '@alluvium/wire';
import { THROUGHPUTS, type ClusterCounters } from './cluster-counters.js';
import type { Gauges } from './gauges.js';
import type { TimeSeries } from './time-series.js';

const methods = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const { COUNTER, GAUGE } = common.MetricType;

interface Dependencies {
  readonly counters: ClusterCounters;
  readonly gauges: Gauges;
  readonly series: TimeSeries;
}

export function metricsService(d: Dependencies): (table: ServiceTable) => void {
  const { counters } = d;
  return (table) => {
    table
      .unary(methods.metricsHeartbeat, (request) => {
        for (const client of request.options?.clientMetrics ?? []) counters.add('client', client.metrics ?? []);
        return {};
      })
      .unary(methods.getMetrics, () => ({ metrics: Object.fromEntries(values(d)) }))
      .unary(methods.clearMetrics, () => {
        counters.clear();
        return {};
      });
  };
}

function* values({ counters, gauges, series }: Dependencies): Generator<[string, metricMaster.MetricValue]> {
  for (const [name, doubleValue] of counters.entries()) yield [shownName(name), { doubleValue, metricType: COUNTER }];
  const measured: Iterable<readonly [string, number]>[] = [
    THROUGHPUTS.map(([counter, name]) => [name, counters.throughput(counter)]),
    [['Cluster.CacheHitRate', counters.cacheHitRate]],
    gauges(),
    series.latestRates(),
  ];
  for (const list of measured) for (const [name, doubleValue] of list) yield [name, { doubleValue, metricType: GAUGE }];
}

/** Stores are escaped where they are part of a metric that is reported, and not where it is shown. */
function shownName(name: string): string {
  return name.includes('.UFS:') ? name.replaceAll('%2F', '/').replaceAll('%2E', '.').replaceAll('%25', '%') : name;
}
