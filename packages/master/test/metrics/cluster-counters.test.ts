import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterCounters } from '@alluvium/master/metrics/cluster-counters.js';
import { TimeSeries } from '@alluvium/master/metrics/time-series.js';
import { SimClock } from '@alluvium/testkit';
import { common } from '@alluvium/wire';

const MINUTE_MS = 60_000;

function metric(
  name: string,
  value: number,
  tags: Record<string, string> = {},
  metricType: common.MetricType = common.MetricType.COUNTER,
): common.Metric {
  return { instance: 'x', source: 'h', name, value, metricType, tags };
}

test('counters of clients and workers become those of the cluster, others nothing', () => {
  const counters = new ClusterCounters(new SimClock());
  counters.add('client', [metric('BytesReadLocal', 5), metric('Client.BytesReadLocal', 1), metric('BusyExceptionCount', 2)]);
  counters.add('client', [
    metric('BytesReadRemote', 7),
    metric('NoSuchThing', 7),
    metric('BytesReadLocal', 9, {}, common.MetricType.GAUGE),
  ]);
  counters.add('worker', [
    metric('BytesReadRemote', 10),
    metric('BytesReadDirect', 20),
    metric('BytesReadLocal', 30),
    metric('Nonsense', 1),
  ]);
  counters.add('worker', [metric('ActiveRpcReadCount', 1), metric('ActiveRpcReadCount', -1), metric('BytesWrittenDomain', Number.NaN)]);
  assert.deepEqual(Object.fromEntries([...counters.entries()].filter(([, value]) => value !== 0)), {
    'Cluster.BytesReadLocal': 6,
    'Client.BusyExceptionCount': 2,
    'Cluster.BytesReadRemote': 10,
    'Cluster.BytesReadDirect': 20,
  });
  counters.clear();
  assert.equal(counters.get('Cluster.BytesReadRemote'), 0);
});

test('bytes from and to stores are counted per store and in sum, of a bounded number of stores', () => {
  const counters = new ClusterCounters(new SimClock());
  counters.add('worker', [
    metric('BytesReadPerUfs', 4, { UFS: 's3:%2F%2Fa', User: 'ann' }),
    metric('BytesReadPerUfs', 5, { UFS: 's3:%2F%2Fa' }),
  ]);
  counters.add('worker', [metric('BytesWrittenPerUfs', 6, { UFS: 's3:%2F%2Fb' }), metric('BytesReadPerUfs', 1)]);
  assert.equal(counters.get('Cluster.BytesReadPerUfs.UFS:s3:%2F%2Fa'), 9);
  assert.equal(counters.get('Cluster.BytesReadUfsAll'), 10);
  assert.equal(counters.get('Cluster.BytesWrittenPerUfs.UFS:s3:%2F%2Fb'), 6);
  assert.equal(counters.get('Cluster.BytesWrittenUfsAll'), 6);
  for (let i = 0; i < 2000; i++) counters.add('worker', [metric('BytesReadPerUfs', 1, { UFS: `store${i}` })]);
  assert.equal(counters.get('Cluster.BytesReadUfsAll'), 2010);
  assert.ok([...counters.entries()].length < 1100);
});

test('requests to cache are summed, failures also by their reason, and queues are told by worker while they are fresh', async () => {
  const clock = new SimClock();
  const counters = new ClusterCounters(clock);
  const { GAUGE } = common.MetricType;
  const queue = 'CacheManagerThreadQueueWaitingTaskCount';
  counters.add('worker', [
    metric('CacheRequests', 3),
    metric('CacheRejectedBlocks', 1),
    metric('CacheFailedBlocks', 2),
    metric('CacheFailedBlocks', 2, { Reason: 'noRoom' }),
    metric('CacheFailedBlocks', 2, { Reason: 'made up' }),
    metric(queue, 7, {}, GAUGE),
    metric('CacheManagerThreadActiveCount', 7, {}, GAUGE),
  ]);
  counters.add('worker', [metric('Worker.CacheRequests', 1), metric(`Worker.${queue}`, 5, {}, GAUGE)]);
  assert.deepEqual(Object.fromEntries([...counters.entries()].filter(([, value]) => value !== 0)), {
    'Cluster.CacheRequests': 4,
    'Cluster.CacheRejectedBlocks': 1,
    'Cluster.CacheFailedBlocks': 2,
    'Cluster.CacheFailedBlocks.Reason:noRoom': 2,
    [`Worker.${queue}.h`]: 5,
  });
  await clock.advance(MINUTE_MS + 1);
  assert.ok(!new Map(counters.entries()).has(`Worker.${queue}.h`));
});

test('throughput is bytes per whole minute since the last clear, the hit rate what did not come from a store', async () => {
  const clock = new SimClock();
  const counters = new ClusterCounters(clock);
  assert.equal(counters.cacheHitRate, 0);
  counters.add('worker', [metric('BytesReadRemote', 1000), metric('BytesReadPerUfs', 250, { UFS: 'a' })]);
  assert.equal(counters.throughput('Cluster.BytesReadRemote'), 1000);
  await clock.advance(3.5 * MINUTE_MS);
  assert.equal(counters.throughput('Cluster.BytesReadRemote'), 333);
  assert.equal(counters.cacheHitRate, 0.75);
  counters.add('worker', [metric('BytesReadPerUfs', 5000, { UFS: 'a' })]);
  assert.equal(counters.cacheHitRate, 0, 'more came from stores than was read: never below 0');
});

test('a series has the rate of each interval, also after a clear, and drops its oldest points', async () => {
  const clock = new SimClock();
  const counters = new ClusterCounters(clock);
  let used = 10;
  const series = new TimeSeries({ clock, counters, percentUsed: () => used, intervalMs: MINUTE_MS });
  counters.add('worker', [metric('BytesReadRemote', 99)]);
  series.start();
  counters.add('worker', [metric('BytesReadRemote', 600)]);
  await clock.advance(MINUTE_MS);
  used = 20;
  await clock.advance(MINUTE_MS);
  counters.clear();
  counters.add('worker', [metric('BytesReadRemote', 60)]);
  await clock.advance(MINUTE_MS);
  const points = (name: string): number[] =>
    series
      .all()
      .find((each) => each.name === name)!
      .points.map(({ value }) => value);
  assert.deepEqual(points('Cluster.BytesReadRemoteRate'), [10, 0, 1]);
  assert.deepEqual(points('% Alluxio Space Used'), [10, 20, 20]);
  assert.equal(new Map(series.latestRates()).get('Cluster.BytesReadRemoteRate'), 1);
  await clock.advance(400 * MINUTE_MS);
  assert.equal(points('% Alluxio Space Used').length, 288);
  series.stop();
  await clock.advance(MINUTE_MS);
  assert.equal(series.all()[0]!.points.at(-1)!.timeMs <= clock.nowMs() - MINUTE_MS, true);
});
