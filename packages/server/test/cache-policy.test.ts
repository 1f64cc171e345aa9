// Quotas, explanations and figures of the cache, with the client library against master and worker in this process.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type CacheExplanation, type FileSystem } from '@alluvium/client';
import { Cluster } from './support/cluster.js';

const MIB = 1 << 20;

let cluster: Cluster;
let fs: FileSystem;

before(async () => {
  cluster = new Cluster({ 'alluxio.worker.block.heartbeat.interval': '20ms' });
  await cluster.start();
  fs = await connect(cluster.master);
});

after(async () => {
  await fs.close();
  await cluster.remove();
});

/** A file that the store alone has. */
function stored(name: string, length: number): string {
  writeFileSync(join(cluster.store, name), Buffer.alloc(length, name));
  return `/${name}`;
}

async function read(path: string, readType: 'CACHE' | 'NO_CACHE' = 'CACHE'): Promise<number> {
  const file = await fs.open(path, { readType });
  let length = 0;
  for await (const chunk of file.chunks()) length += chunk.length;
  await file.close();
  return length;
}

/** Asks until it is so: workers tell each interval. */
async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (let looks = 0; ; looks++) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    assert.ok(
      looks < 400,
      JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    );
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const cached = ({ blocks }: CacheExplanation): number => blocks.filter(({ copies }) => copies > 0).length;

test('a file is explained as it is not cached, cached, read again and freed', async () => {
  const path = stored('explained', 3 * MIB);
  const explain = (): Promise<CacheExplanation> => fs.admin.explainCache(path);
  const before = await fs.status(path).then(explain);
  assert.deepEqual([before.persisted, before.blocks.map(({ whyNot }) => whyNot)], [true, ['never cached, as far as the workers remember']]);
  await read(path);
  const found = await until(explain, (each) => cached(each) === 1);
  const [at] = found.blocks[0]!.workers;
  assert.deepEqual([at!.cached, at!.tier, at!.hits, at!.misses], [true, 'MEM', 0n, 1n]);
  assert.ok(at!.pages! > 0 && at!.pages === at!.pagesPresent);
  assert.equal(at!.lastMiss, 'never cached here');
  await read(path);
  await until(explain, ({ blocks }) => blocks[0]!.workers[0]!.hits === 1n);
  await fs.free(path);
  const freed = await until(explain, (each) => cached(each) === 0 && each.blocks[0]!.workers[0]?.leftMs !== undefined);
  assert.match(freed.blocks[0]!.whyNot!, /^left .*: freed$/);
});

test('the quota of a path is kept, its blocks go before those of others, and reads go on', async () => {
  const other = stored('other', 2 * MIB);
  const names = ['q1', 'q2', 'q3', 'q4'].map((name) => stored(name, 2 * MIB));
  await fs.createDirectory('/limited');
  await fs.admin.setPathProperties('/', { 'alluvium.cache.priority': 'high' });
  await fs.admin.setPathProperties('/limited', { 'alluvium.cache.quota': '4MB', 'alluvium.cache.priority': 'low' });
  const paths = await Promise.all(
    names.map(async (name) => {
      await fs.rename(name, `/limited${name}`);
      return `/limited${name}`;
    }),
  );
  await read(other);
  for (const path of [...paths, ...paths]) assert.equal(await read(path), 2 * MIB);
  const limited = await until(
    async () => (await fs.admin.cachePolicies()).find(({ path }) => path === '/limited')!,
    ({ quotaUsedBytes }) => quotaUsedBytes! > 0n && quotaUsedBytes! <= 4n << 20n,
  );
  assert.deepEqual([limited.priority, limited.quotaBytes, limited.quotaPath], ['low', 4n << 20n, '/limited']);
  const explained = await until(
    () => Promise.all(paths.map((path) => fs.admin.explainCache(path))),
    (all) => all.filter((each) => cached(each) > 0).length <= 2,
  );
  const gone = explained.filter((each) => cached(each) === 0);
  assert.ok(gone.length >= 2);
  for (const { policy, blocks } of gone) {
    assert.equal(policy?.path, '/limited');
    // Some pages of the one that was read last may have found room.
    assert.match(blocks[0]!.whyNot!, /quota of its path|^partly cached/);
  }
  assert.equal(cached(await fs.admin.explainCache(other)), 1, 'what has no quota stays');
  await fs.admin.removePathProperties('/limited', []);
  await fs.admin.removePathProperties('/', []);
  assert.deepEqual(await fs.admin.cachePolicies(), []);
});

test('reads are told by mount, path and user, from the cache and from the store, with the reasons', async () => {
  const path = stored('counted', MIB);
  const { start: was } = (await fs.admin.cacheUse()).total;
  await read(path, 'NO_CACHE');
  await read(path);
  await until(
    () => fs.admin.explainCache(path),
    (each) => cached(each) === 1,
  );
  await read(path);
  const use = await until(
    () => fs.admin.cacheUse(),
    ({ total }) => total.start.hitBytes >= was.hitBytes + BigInt(MIB) && total.start.missBytes >= was.missBytes + 2n * BigInt(MIB),
  );
  assert.ok(use.mounts.some(({ name }) => name === '/'));
  assert.ok(use.paths.some(({ name, hour }) => name === '/' && hour.hitBytes > 0n));
  assert.ok(use.users.some(({ start }) => start.hitBytes > 0n));
  const reasons = use.misses.map(({ reason }) => reason);
  assert.ok(reasons.includes('noCache') && reasons.includes('neverCached'), reasons.join());
  const metrics = await fs.admin.metrics();
  assert.equal(metrics.get('Cluster.CacheBytesReadCache'), Number(use.total.start.hitBytes));
});
