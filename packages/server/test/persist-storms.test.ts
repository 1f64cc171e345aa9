// Files that go from the cache to the store while names change, workers die and the store fails: whole clusters, simulated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, sleep } from '@alluvium/base';
import type { FileSystem, PersistQueueReport } from '@alluvium/client';
import { SimCluster, type SeededRandom, type SimClusterOptions } from '@alluvium/testkit';

const HIDDEN = '.alluxio_ufs_persistence/';
const LIMIT_MS = 6 * 3_600_000;

class Storm {
  readonly cluster: SimCluster;
  fs!: FileSystem;

  constructor(options: Omit<SimClusterOptions, 'workers'> & { readonly workers?: number }) {
    this.cluster = new SimCluster({
      workers: 2,
      ...options,
      properties: { 'alluxio.master.persistence.max.interval': '10sec', ...options.properties },
    });
  }

  async write(path: string, content: string | Uint8Array, fs = this.fs): Promise<void> {
    const file = await fs.create(path, { writeType: 'ASYNC_THROUGH', overwrite: true, recursive: true });
    try {
      await file.write(typeof content === 'string' ? Buffer.from(content) : content);
      await file.close();
    } catch (error) {
      await file.abort().catch(() => undefined);
      throw error;
    }
  }

  async read(path: string): Promise<Buffer> {
    const file = await this.fs.open(path);
    try {
      const parts: Uint8Array[] = [];
      for await (const part of file.chunks()) parts.push(part);
      return Buffer.concat(parts);
    } finally {
      await file.close();
    }
  }

  async until(what: string, holds: (queue: PersistQueueReport) => boolean): Promise<PersistQueueReport> {
    const untilMs = this.cluster.clock.monotonicMs() + 3_600_000;
    for (;;) {
      const queue = await this.fs.persistQueue('/').catch(() => undefined);
      if (queue !== undefined && holds(queue)) return queue;
      assert.ok(this.cluster.clock.monotonicMs() < untilMs, `${what}: ${JSON.stringify(queue?.entries[0], (_, v) => String(v))}`);
      await sleep(this.cluster.clock, 1000);
    }
  }

  /** Everything is in the store. */
  async persisted(): Promise<void> {
    await this.until('nothing waits any more', ({ files, lost }) => files === 0n && lost === 0n);
  }

  /** Files of the store by path; those of unfinished attempts apart. */
  stored(): { files: Map<string, string>; debris: string[] } {
    const files = new Map<string, string>();
    const debris: string[] = [];
    for (const [path, bytes] of this.cluster.store.files()) {
      if (path.startsWith(HIDDEN)) debris.push(path);
      else files.set(`/${path}`, bytes.toString());
    }
    return { files, debris };
  }

  /** Files of the namespace by path, read as a client does. */
  async named(below = '/'): Promise<Map<string, string>> {
    for (;;) {
      const files = new Map<string, string>();
      try {
        for await (const status of this.fs.list(below, { recursive: true }))
          if (!status.folder && status.completed) files.set(status.path, (await this.read(status.path)).toString());
        return files;
      } catch (error) {
        if (kindOf(error) === 'internal') throw error;
        await sleep(this.cluster.clock, 1000);
      }
    }
  }
}

function storm(options: ConstructorParameters<typeof Storm>[0], run: (s: Storm) => Promise<void>): () => Promise<void> {
  return async () => {
    const s = new Storm(options);
    await s.cluster.clock.run(
      (async () => {
        await s.cluster.start();
        s.fs = (await s.cluster.client('program')).fs;
        await run(s);
        await s.fs.close();
        for (const node of s.cluster.nodes.toReversed()) await node.stop();
      })(),
      LIMIT_MS,
    );
  };
}

/** One client that writes, renames, overwrites and removes below a directory of its own; answers contents that have to be there. */
async function disturb(s: Storm, home: string, random: SeededRandom, steps: number): Promise<Set<string>> {
  const { fs } = await s.cluster.client(home);
  await fs.createDirectory(home, { writeType: 'MUST_CACHE' });
  let files = new Map<string, string>();
  const kept = new Set<string>();
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random.next() * all.length)];
  const directory = (): string => `${home}/${pick(['a', 'b', 'c'])!}`;
  const write = async (content: string): Promise<void> => {
    const at = `${directory()}/${Math.floor(random.next() * 6)}`;
    kept.delete(files.get(at) ?? '');
    files.delete(at);
    await s.write(at, content, fs);
    files.set(at, content);
    kept.add(content);
  };
  const renameFile = async (from: string): Promise<void> => {
    const to = `${directory()}/${Math.floor(random.next() * 6)}`;
    if (files.has(to) || !(await fs.exists(to.slice(0, to.lastIndexOf('/'))))) return;
    await fs.rename(from, to);
    files.set(to, files.get(from)!);
    files.delete(from);
  };
  const renameDirectory = async (old: string, young: string): Promise<void> => {
    if (!(await fs.exists(old))) return;
    await fs.rename(old, young);
    files = new Map([...files].map(([path, content]) => [path.startsWith(`${old}/`) ? young + path.slice(old.length) : path, content]));
  };
  const remove = async (path: string): Promise<void> => {
    kept.delete(files.get(path)!);
    files.delete(path);
    await fs.remove(path);
  };
  for (let step = 0; step < steps; step++) {
    const from = pick([...files.keys()]);
    const chance = random.next();
    try {
      if (from === undefined || chance < 0.45) await write(`${home} ${step}`);
      else if (chance < 0.75) await renameFile(from);
      else if (chance < 0.9) await renameDirectory(directory(), `${home}/d${step}`);
      else await remove(from);
    } catch (error) {
      // When the store fails, whether it was done is seen from what is there.
      if (s.cluster.stores.failures === 0 || kindOf(error) === 'internal') throw error;
      files = await s.named(home);
    }
    await sleep(s.cluster.clock, random.next() * 400);
  }
  await fs.close();
  return kept;
}

/** What the namespace shows and what the store has are the same, and everything that was kept is there once. */
async function assertSame(s: Storm, kept: ReadonlySet<string>): Promise<void> {
  const named = await s.named();
  const { files, debris } = s.stored();
  assert.deepEqual([...files].toSorted(), [...named].toSorted(), 'store and namespace');
  assert.deepEqual(debris, [], 'nothing is left over');
  const contents = [...named.values()];
  for (const content of kept) assert.equal(contents.filter((each) => each === content).length, 1, content);
  assert.equal(new Set(contents).size, contents.length, 'nothing is there twice');
}

/** Every third one has a store without directories and without a rename in one step. */
function kindOfStore(seed: number): 'files' | 'objects' {
  return seed % 3 === 0 ? 'objects' : 'files';
}

for (const seed of [1, 2, 3]) {
  for (const errorShare of [0, 0.1]) {
    test(
      `row 16: rename while persisting, of files, of parents and onto existing names (seed ${seed}, ${errorShare * 100}% of store calls fail)`,
      storm({ seed, rootStore: kindOfStore(seed) }, async (s) => {
        s.cluster.store.maxLatencyMs = 200;
        s.cluster.store.errorShare = errorShare;
        const homes = ['/x', '/y', '/z'].map((home) => disturb(s, home, s.cluster.random.fork(), 40));
        const kept = new Set((await Promise.all(homes)).flatMap((set) => [...set]));
        s.cluster.store.errorShare = 0;
        await s.persisted();
        await sleep(s.cluster.clock, 10_000);
        await assertSame(s, kept);
      }),
    );
  }
}

test(
  'rows 19 and 22: a worker lost before persist: files are LOST and reported, and return when the worker does',
  storm(
    { seed: 7, properties: { 'alluxio.master.worker.timeout': '30sec', 'alluxio.master.lost.worker.file.detection.interval': '20sec' } },
    async (s) => {
      await s.fs.pausePersist('/', 'until the worker is gone');
      const paths = Array.from({ length: 20 }, (_, at) => `/d/${at}`);
      for (const path of paths) await s.write(path, `content of ${path}`);
      for (const worker of s.cluster.workers) worker.kill();
      await s.fs.resumePersist('/');
      const queue = await s.until('all are reported as lost', ({ lost }) => lost === 20n);
      assert.deepEqual([...new Set(queue.entries.map(({ state }) => state))], ['LOST']);
      const status = await s.fs.status('/d/3');
      assert.deepEqual([status.persistenceState, Number(status.lengthBytes)], ['LOST', 'content of /d/3'.length]);
      await Promise.all(s.cluster.workers.map((worker) => worker.start()));
      await s.persisted();
      assert.deepEqual([...s.stored().files.keys()].toSorted(), paths.toSorted());
      await assertSame(s, new Set(paths.map((path) => `content of ${path}`)));
    },
  ),
);

test(
  'a worker that is killed right after 50 asynchronous writes and restarted has lost none of them',
  storm({ seed: 8, workers: 1 }, async (s) => {
    const paths = Array.from({ length: 50 }, (_, at) => `/d/${at}`);
    for (const path of paths) await s.write(path, `content of ${path}`);
    s.cluster.workers[0]!.kill();
    await s.cluster.workers[0]!.start();
    await s.persisted();
    await assertSame(s, new Set(paths.map((path) => `content of ${path}`)));
  }),
);

test(
  'row 20: unpersisted blocks are not evicted: a full cache refuses writes while persist is blocked, and takes them again after it',
  storm({ seed: 9, workers: 1, ramdisk: '8MB' }, async (s) => {
    // What is written goes to the store when the cache is full, unless told not to.
    s.fs = (await s.cluster.client('strict', { properties: { 'alluvium.user.file.write.through.when.full': 'false' } })).fs;
    await s.fs.pausePersist('/', 'full');
    const content = (at: number): Buffer => Buffer.alloc(1 << 20, at);
    let written = 0;
    await assert.rejects(async () => {
      for (; written < 9; written++) await s.write(`/f${written}`, content(written));
    }, /./);
    assert.ok(written >= 6, `${written}`);
    await sleep(s.cluster.clock, 60_000);
    for (let at = 0; at < written; at++) assert.ok(content(at).equals(await s.read(`/f${at}`)), `/f${at}`);
    assert.equal((await s.fs.persistQueue('/')).held, BigInt(written));
    await s.fs.resumePersist('/');
    await s.persisted();
    await sleep(s.cluster.clock, 5000);
    for (let at = 20; at < 28; at++) await s.write(`/f${at}`, content(at));
    await s.persisted();
    for (let at = 0; at < written; at++) assert.ok(content(at).equals(await s.read(`/f${at}`)), `/f${at} from the store`);
  }),
);

test(
  'row 23: read after persist and evict on an open stream, and of an evicted block again from the store',
  storm({ seed: 10, workers: 1 }, async (s) => {
    const content = Buffer.from(Array.from({ length: 3 << 20 }, (_, at) => at % 251));
    await s.write('/f', content);
    const file = await s.fs.open('/f');
    const parts: Uint8Array[] = [];
    for await (const part of file.chunks()) {
      if (parts.length === 0) {
        await s.persisted();
        await s.fs.free('/f');
        await sleep(s.cluster.clock, 5000);
        assert.equal((await s.fs.status('/f')).inAlluxioPercentage, 0);
      }
      parts.push(part);
    }
    await file.close();
    assert.ok(content.equals(Buffer.concat(parts)), 'on the open stream');
    await s.fs.free('/f');
    await sleep(s.cluster.clock, 5000);
    assert.ok(content.equals(await s.read('/f')), 'again from the store');
  }),
);

const CHAOS = {
  'alluvium.master.persistence.order.timeout': '20sec',
  'alluvium.underfs.cleanup.age': '10min',
  'alluxio.underfs.cleanup.interval': '5min',
};

for (const seed of [11, 12]) {
  test(
    `row 24: no temporary file is left in the store after workers, the master and the store have failed (seed ${seed})`,
    storm({ seed, rootStore: kindOfStore(seed), properties: CHAOS }, async (s) => {
      s.cluster.store.maxLatencyMs = 100;
      s.cluster.store.errorShare = 0.15;
      const random = s.cluster.random.fork();
      const written = new Set<string>();
      for (let at = 0; at < 60; at++) {
        const content = `content ${at}`;
        await s.write(`/d/${at}`, content).then(
          () => written.add(content),
          () => undefined,
        );
        const node = s.cluster.nodes[Math.floor(random.next() * 12)];
        if (node === undefined) continue;
        node.kill();
        await sleep(s.cluster.clock, random.next() * 3000);
        await node.start();
      }
      s.cluster.store.errorShare = 0;
      await s.persisted();
      await sleep(s.cluster.clock, 1_800_000);
      await assertSame(s, written);
    }),
  );
}
