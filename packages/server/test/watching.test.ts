// A client that follows the changes of a cluster: what it hears, and that its cache of statuses stays right.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileSystem } from '@alluvium/client';
import { SimCluster } from '@alluvium/testkit';

const SETTLE_MS = 3000;

interface Two {
  readonly cluster: SimCluster;
  readonly cached: FileSystem;
  readonly other: FileSystem;
}

async function two(seed: number): Promise<Two> {
  const cluster = new SimCluster({ seed, workers: 1 });
  await cluster.clock.run(cluster.start());
  const cached = (await cluster.clock.run(cluster.client('cached', { metadataCacheEntries: 100 }))).fs;
  const other = (await cluster.clock.run(cluster.client('other'))).fs;
  await cluster.clock.advance(SETTLE_MS);
  return { cluster, cached, other };
}

test('a cached status costs no request, and is asked for again when another client has changed the file', async () => {
  const { cluster, cached, other } = await two(1);
  const { clock } = cluster;
  await clock.run(other.createDirectory('/d', { mode: 0o700 }));
  const first = await clock.run(cached.status('/d'));
  assert.equal(await clock.run(cached.status('/d')), first, 'the very same object: nobody was asked');
  await clock.run(other.setAttribute('/d', { mode: 0o755 }));
  await clock.advance(SETTLE_MS);
  assert.equal((await clock.run(cached.status('/d'))).mode, 0o755);
});

test('a change of its own shows at once', async () => {
  const { cluster, cached } = await two(2);
  const { clock } = cluster;
  await clock.run(cached.createDirectory('/d'));
  await clock.run(cached.status('/d'));
  await clock.run(cached.rename('/d', '/e'));
  assert.equal(await clock.run(cached.exists('/d')), false);
  assert.equal((await clock.run(cached.status('/e'))).path, '/e');
  const file = await clock.run(cached.create('/e/f', { writeType: 'MUST_CACHE' }));
  await clock.run(file.write(Buffer.from('12345')));
  await clock.run(file.close());
  assert.equal((await clock.run(cached.status('/e/f'))).lengthBytes, 5n);
});

test('a directory that another client renames takes what is below along', async () => {
  const { cluster, cached, other } = await two(3);
  const { clock } = cluster;
  await clock.run(other.createDirectory('/a/b/c', { recursive: true }));
  await clock.run(cached.status('/a/b/c'));
  await clock.run(other.rename('/a', '/z'));
  await clock.advance(SETTLE_MS);
  assert.equal(await clock.run(cached.exists('/a/b/c')), false);
});

test('while the master is away nothing is answered from memory, and a restart brings nothing old back', async () => {
  const { cluster, cached, other } = await two(4);
  const { clock } = cluster;
  await clock.run(other.createDirectory('/d'));
  const before = await clock.run(cached.status('/d'));
  cluster.master.kill();
  await clock.run(cluster.master.start());
  await clock.run(other.setAttribute('/d', { mode: 0o700 }));
  await clock.advance(SETTLE_MS);
  const after = await clock.run(cached.status('/d'));
  assert.notEqual(after, before);
  assert.equal(after.mode, 0o700);
});

test('a watcher hears everything once and in order over restarts of the master', async () => {
  const { cluster, cached, other } = await two(5);
  const { clock } = cluster;
  const heard: string[] = [];
  const stop = new AbortController();
  const watching = (async (): Promise<void> => {
    for await (const { changes, missed } of cached.watch('/w', { signal: stop.signal })) {
      assert.equal(missed, false);
      heard.push(...changes.filter(({ kind }) => kind === 'CREATED').map(({ path }) => path));
    }
  })();
  await clock.advance(SETTLE_MS);
  const made: string[] = [];
  for (let i = 0; i < 30; i++) {
    if (i % 10 === 5) {
      cluster.master.kill();
      await clock.run(cluster.master.start());
    }
    made.push(`/w/${i}`);
    await clock.run(other.createDirectory(`/w/${i}`, { recursive: true }));
  }
  await clock.advance(20_000);
  stop.abort();
  await assert.rejects(clock.run(watching), { kind: 'cancelled' });
  assert.deepEqual(heard, ['/w', ...made]);
});
