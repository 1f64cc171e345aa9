import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimClock } from '@alluvium/testkit';
import { cacheHandler, type CacheDependencies } from '@alluvium/worker/cache/cache-block.js';
import { CacheCounters } from '@alluvium/worker/cache/cache-counters.js';
import { WorkQueue } from '@alluvium/worker/cache/work-queue.js';

test('a copy of another worker s block is not made beyond the quota of its path', async () => {
  const asked: unknown[] = [];
  let isAdmitted = false;
  const handler = cacheHandler({
    clock: new SimClock(),
    random: new SeededRandom(1),
    log: silentLogger,
    store: { has: () => false, createTemp: () => Promise.reject(new Error('begun')) },
    queue: new WorkQueue(1, 1),
    requests: new CacheCounters(),
    isSelf: () => false,
    admission: { admit: (id: BlockId, bytes: number) => asked.push([id, bytes]) > 0 && isAdmitted },
  } as unknown as CacheDependencies);
  const request = { blockId: 7n, length: 10n, sourceHost: 'w2', sourcePort: 1, async: false };
  const cache = async (): Promise<unknown> => handler(request, undefined as never);
  await assert.rejects(cache(), { kind: 'resourceExhausted', message: /the quota of its path is used up/ });
  isAdmitted = true;
  await assert.rejects(cache(), /begun/);
  assert.deepEqual(asked, [
    [7n, 10],
    [7n, 10],
  ]);
});
