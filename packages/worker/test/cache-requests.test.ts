import { fail, type BlockId } from '@alluvium/base';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimClock } from '@alluvium/testkit';
import type { blockWorker } from '@alluvium/wire';
import { ADMIT_ALL } from '@alluvium/worker/policy/admission.js';
import { cacheHandler, type CacheDependencies } from '@alluvium/worker/cache/cache-block.js';
import { CacheCounters } from '@alluvium/worker/cache/cache-counters.js';
import { WorkQueue } from '@alluvium/worker/cache/work-queue.js';
import { Counters } from '@alluvium/worker/counters.js';
import { MetricsReport } from '@alluvium/worker/master/metrics-report.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ufsOptions } from './fakes/client-calls.js';

/** What comes of a fetch; undefined: the cache cannot take it. */
type Outcome = Awaited<ReturnType<CacheDependencies['fetches']['load']>>;

/** A worker's queue before an under store whose answers the test gives. */
class Requests {
  readonly clock = new SimClock();
  readonly counters = new CacheCounters();
  readonly queue: WorkQueue;
  readonly loads = new Map<BlockId, (outcome: Outcome) => void>();
  readonly #handler: ReturnType<typeof cacheHandler>;

  constructor(maxRunning: number, maxWaiting: number) {
    this.queue = new WorkQueue(maxRunning, maxWaiting);
    this.counters.watch(this.queue);
    this.#handler = cacheHandler({
      admission: ADMIT_ALL,
      clock: this.clock,
      random: new SeededRandom(1),
      log: silentLogger,
      store: { has: () => false },
      fetches: { patterns: { has: () => false }, load: ({ id }: { id: BlockId }) => new Promise((resolve) => this.loads.set(id, resolve)) },
      queue: this.queue,
      requests: this.counters,
      isSelf: () => true,
    } as unknown as CacheDependencies);
  }

  async ask(blockId: bigint, async: boolean, more: blockWorker.CacheRequest = {}): Promise<void> {
    const request = { blockId, length: 10n, openUfsBlockOptions: ufsOptions('f', 10), async, ...more };
    await this.#handler(request, undefined as never);
  }

  async end(blockId: bigint, outcome: Outcome): Promise<void> {
    this.loads.get(blockId as BlockId)!(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const CACHED: Outcome = { kind: 'cached' };

test('a full queue drops asynchronous requests silently and tells the others, and counts both', async () => {
  const requests = new Requests(1, 1);
  await requests.ask(1n, true);
  await requests.ask(2n, true);
  await requests.ask(3n, true);
  await assert.rejects(requests.ask(4n, false), { kind: 'cancelled' });
  // The same block again is no further work.
  await requests.ask(2n, true);
  assert.deepEqual([requests.queue.running, requests.queue.waiting], [1, 1]);
  await requests.end(1n, CACHED);
  await requests.end(2n, CACHED);
  await requests.ask(3n, true);
  await requests.end(3n, CACHED);
  const { counters } = requests;
  assert.deepEqual([counters.requests, counters.async, counters.dropped, counters.cached, counters.cachedBytes], [6, 5, 2, 3, 30]);
  assert.deepEqual([counters.fromStores, counters.failed.size], [3, 0]);
});

test('what failed is counted by its reason', async () => {
  const requests = new Requests(8, 8);
  const outcomes: [Outcome, string][] = [
    [undefined, 'resourceExhausted'],
    [{ kind: 'short' }, 'outOfRange'],
    [{ kind: 'failed', error: fail('notFound', 'gone') }, 'notFound'],
    [{ kind: 'failed', error: fail('unavailable', 'away') }, 'unavailable'],
    [{ kind: 'failed', error: fail('permissionDenied', 'no') }, 'permissionDenied'],
    [{ kind: 'failed', error: new Error('odd') }, ''],
  ];
  for (const [i, [outcome, kind]] of outcomes.entries()) {
    const asked = requests.ask(BigInt(i), false);
    asked.catch(() => undefined);
    await requests.end(BigInt(i), outcome);
    await assert.rejects(asked, kind === '' ? /odd/ : { kind });
  }
  await assert.rejects(requests.ask(99n, false, { openUfsBlockOptions: {} }), { kind: 'notFound' });
  assert.deepEqual(Object.fromEntries(requests.counters.failed), { noRoom: 1, short: 1, absent: 2, unavailable: 1, refused: 1, other: 1 });
});

test('a synchronous request waits half a minute for one that is under way, and no longer', async () => {
  const requests = new Requests(1, 1);
  await requests.ask(1n, true);
  const second = requests.ask(1n, false);
  await requests.clock.advance(29_000);
  await requests.end(1n, CACHED);
  await requests.clock.run(second);
  await requests.ask(2n, true);
  const third = requests.ask(2n, false);
  third.catch(() => undefined);
  await requests.clock.advance(30_001);
  await assert.rejects(third, { kind: 'cancelled' });
});

test('the master is told of the requests by the names of Alluxio, and of the queue as it is', async () => {
  const requests = new Requests(1, 4);
  const report = new MetricsReport(new Counters(), 'host', requests.counters);
  const told = (): Record<string, number> => {
    const metrics = report.take();
    report.delivered();
    return Object.fromEntries(metrics.map(({ name, tags, value }) => [[name, tags?.['Reason']].filter(Boolean).join(' '), value!]));
  };
  told();
  for (const id of [1n, 2n, 3n]) await requests.ask(id, true);
  assert.deepEqual(told(), {
    CacheRequests: 3,
    CacheRequestsAsync: 3,
    CacheUfsBlocks: 1,
    CacheManagerThreadQueueWaitingTaskCount: 2,
    CacheManagerThreadActiveCount: 1,
    CacheManagerThreadMaxCount: 1,
  });
  await requests.end(1n, CACHED);
  await requests.end(2n, undefined);
  await requests.end(3n, CACHED);
  assert.deepEqual(told(), {
    CacheUfsBlocks: 2,
    CacheSucceededBlocks: 2,
    CacheBlocksSize: 20,
    'CacheFailedBlocks noRoom': 1,
    CacheFailedBlocks: 1,
    CacheManagerThreadQueueWaitingTaskCount: 0,
    CacheManagerThreadActiveCount: 0,
    CacheManagerThreadMaxCount: 1,
    CacheManagerCompleteTaskCount: 3,
  });
});
