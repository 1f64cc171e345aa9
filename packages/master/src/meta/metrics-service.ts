// MetricsMasterClientService: clients report counters when they close; a master without it makes every shell print a warning.
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { common, metricMaster } from '@alluvium/wire';

const methods = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);

/** Client counters that a 2.9 master sums into cluster metrics. Any other name is ignored. */
const CLUSTER_NAMES: ReadonlyMap<string, string> = new Map([
  ['BytesReadLocal', 'Cluster.BytesReadLocal'],
  ['BytesWrittenLocal', 'Cluster.BytesWrittenLocal'],
  ['BusyExceptionCount', 'Client.BusyExceptionCount'],
]);

export function metricsService(): (table: ServiceTable) => void {
  const totals = new Map<string, number>();
  const reset = (): void => {
    for (const name of CLUSTER_NAMES.values()) totals.set(name, 0);
  };
  reset();
  return (table) => {
    table
      .unary(methods.metricsHeartbeat, (request) => {
        for (const client of request.options?.clientMetrics ?? []) {
          for (const metric of client.metrics ?? []) {
            const name = CLUSTER_NAMES.get((metric.name ?? '').replace(/^Client\./, ''));
            if (name !== undefined && metric.metricType === common.MetricType.COUNTER)
              totals.set(name, (totals.get(name) ?? 0) + (metric.value ?? 0));
          }
        }
        return {};
      })
      .unary(methods.getMetrics, () => ({
        metrics: Object.fromEntries(
          [...totals].map(([name, doubleValue]) => [name, { doubleValue, metricType: common.MetricType.COUNTER }]),
        ),
      }))
      .unary(methods.clearMetrics, () => {
        reset();
        return {};
      });
  };
}
