// Three workers, one of which is killed and one drained, while files are written and read: a whole cluster in one process, from one seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, sleep } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import { methodsOf } from '@alluvium/net';
import { SimCluster } from '@alluvium/testkit';
import { replicationService } from '@alluvium/wire';

const methods = methodsOf(replicationService.ReplicationServiceDefinition);

const WRITERS = 2;
const READERS = 2;
const PORTS = [30000, 30001, 30002];
const WEB_PORTS = [31000, 31001, 31002];

/** Bytes that tell which file they are of; some files have several blocks. */
function contentOf(name: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${name} `);
}

class Load {
  readonly cluster: SimCluster;
  readonly written = new Map<string, Buffer>();
  readonly failures: string[] = [];
  reads = 0;
  refusedWrites = 0;
  #over = false;
  readonly #running: Promise<void>[] = [];

  constructor(cluster: SimCluster) {
    this.cluster = cluster;
  }

  async begin(): Promise<void> {
    for (let at = 0; at < WRITERS + READERS; at++) {
      const { fs } = await this.cluster.client(`program-${at}`, { localHost: 'elsewhere' });
      this.#running.push(at < WRITERS ? this.#write(fs, at) : this.#read(fs));
    }
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#running);
  }

  async #write(fs: FileSystem, writer: number): Promise<void> {
    const { clock, random } = this.cluster;
    for (let count = 0; !this.#over; count++) {
      const path = `/w${writer}-${count}`;
      const content = contentOf(path, 1 + random.below(60_000));
      try {
        const file = await fs.create(path, { writeType: 'ASYNC_THROUGH', replicationDurable: 2, blockSizeBytes: 32_768n });
        await file.write(content);
        await file.close();
        this.written.set(path, content);
      } catch (error) {
        // Nobody was told that it is there. What fails for good is no consequence of a worker that goes.
        this.refusedWrites++;
        if (kindOf(error) === 'internal') this.failures.push(`write ${path}: ${String(error)}`);
      }
      await sleep(clock, 200 + random.below(800));
    }
  }

  async #read(fs: FileSystem): Promise<void> {
    const { clock, random } = this.cluster;
    while (!this.#over) {
      const paths = [...this.written.keys()];
      if (paths.length > 0) await this.readOne(fs, paths[random.below(paths.length)]!);
      await sleep(clock, 50 + random.below(200));
    }
  }

  async readOne(fs: FileSystem, path: string): Promise<void> {
    try {
      const file = await fs.open(path);
      const parts: Uint8Array[] = [];
      for await (const part of file.chunks()) parts.push(part);
      await file.close();
      const bytes = Buffer.concat(parts);
      this.reads++;
      if (!bytes.equals(this.written.get(path)!)) this.failures.push(`${path}: other bytes`);
    } catch (error) {
      this.failures.push(`read ${path}: ${String(error)}`);
    }
  }
}

/** The least number of workers in service that have a block of any of the files. */
async function fewestCopies(fs: FileSystem, paths: Iterable<string>, inService: readonly number[]): Promise<number> {
  let fewest = Infinity;
  for (const path of paths) {
    const { blocks } = await fs.status(path);
    for (const { locations } of blocks) fewest = Math.min(fewest, locations.filter(({ rpcPort }) => inService.includes(rpcPort)).length);
  }
  return fewest;
}

function threeWorkers(): SimCluster {
  return new SimCluster({
    seed: 5,
    workers: 3,
    properties: {
      'alluvium.master.replication.durable.wait': '1min',
      'alluvium.master.replication.settle': '1s',
      'alluvium.master.worker.drain.linger': '5s',
      'alluxio.master.worker.timeout': '5s',
      'alluxio.master.lost.worker.detection.interval': '1s',
    },
  });
}

test('of three workers one is killed and one drained under load: no read fails, nothing acknowledged is lost, and there are as many copies as before', async () => {
  const cluster = threeWorkers();
  const { clock } = cluster;
  const run = <T>(work: Promise<T>): Promise<T> => clock.run(work);
  await run(cluster.start());
  const { fs, process } = await run(cluster.client('operator'));
  const channel = process.network.connect(cluster.masterAddress, { user: 'alluvium' });
  const replication = () => run(channel.unary(methods.getReplication, {}));
  const until = async (what: string, done: () => Promise<boolean>): Promise<void> => {
    for (let second = 0; !(await done()); second++) {
      assert.ok(second < 300, `${what} does not come about`);
      await clock.advance(1000);
    }
  };
  // Nothing gets to the store: what is lost in the cache is lost.
  await run(fs.pausePersist('/', 'so that only the workers have it'));
  const load = new Load(cluster);
  await run(load.begin());
  await clock.advance(10_000);

  cluster.workers[0]!.kill();
  await clock.advance(5000);
  const before = [...load.written.keys()];
  await until('a second copy of each block', async () => (await run(fewestCopies(fs, before, PORTS.slice(1)))) >= 2);
  await run(cluster.workers[0]!.start());
  await clock.advance(5000);

  await run(fs.admin.decommissionWorker('localhost', WEB_PORTS[1]!));
  const atDrain = [...load.written.keys()];
  await until('the end of the drain', async () => (await replication()).drains?.[0]?.state === 'DONE');
  assert.ok((await run(fewestCopies(fs, atDrain, [PORTS[0]!, PORTS[2]!]))) >= 2);
  // It is not needed any more.
  cluster.workers[1]!.kill();
  await clock.advance(20_000);
  await run(load.end());
  for (const path of load.written.keys()) await run(load.readOne(fs, path));
  assert.deepEqual(load.failures, []);
  assert.ok(load.reads > 100 && load.written.size > 50, `${load.reads} reads, ${load.written.size} files`);
  await until('as many copies as are wanted', async () => (await run(fewestCopies(fs, load.written.keys(), [PORTS[0]!, PORTS[2]!]))) >= 2);
  const { drains: [drain] = [], queued, running } = await replication();
  assert.deepEqual([drain?.blocksLeft, drain?.failures, queued, running], [0n, 0n, 0n, 0n]);
  assert.ok(drain!.blocksDone! > 0n);
});

test('with durable copies waited for, the loss of a worker right after a file was closed loses nothing', async () => {
  const cluster = threeWorkers();
  const { clock } = cluster;
  await clock.run(cluster.start());
  const { fs } = await clock.run(cluster.client('writer', { localHost: 'elsewhere' }));
  await clock.run(fs.pausePersist('/', 'so that only the workers have it'));
  await clock.advance(6000);
  for (let round = 0; round < 5; round++) {
    const path = `/f${round}`;
    const content = contentOf(path, 8 << 20);
    const write = async (): Promise<void> => {
      const file = await fs.create(path, { writeType: 'ASYNC_THROUGH', replicationDurable: 2, blockSizeBytes: 8n << 20n });
      await file.write(content);
      await file.close();
    };
    await clock.run(write());
    const [block] = (await clock.run(fs.status(path))).blocks;
    const first = cluster.workers[PORTS.indexOf(block!.locations[0]!.rpcPort)]!;
    first.kill();
    const file = await clock.run(fs.open(path));
    const into = Buffer.alloc(content.length);
    assert.equal(await clock.run(file.readAt(0n, into)), content.length);
    assert.ok(into.equals(content));
    await clock.run(file.close());
    await clock.run(first.start());
    await clock.advance(3000);
  }
});

test('what was read on a worker that is lost is in the cache of another, from the store', async () => {
  const cluster = threeWorkers();
  const { clock } = cluster;
  await clock.run(cluster.start());
  const { fs } = await clock.run(cluster.client('reader', { localHost: 'elsewhere' }));
  const read = async (path: string): Promise<void> => {
    const file = await fs.open(path);
    await file.readAt(0n, Buffer.alloc(1000));
    await file.close();
  };
  const write = async (path: string): Promise<void> => {
    const file = await fs.create(path, { writeType: 'CACHE_THROUGH' });
    await file.write(contentOf(path, 1000));
    await file.close();
  };
  for (const path of ['/read', '/unread']) await clock.run(write(path));
  const locationsOf = async (path: string) => (await clock.run(fs.status(path))).blocks[0]!.locations;
  const [{ rpcPort } = { rpcPort: 0 }] = await locationsOf('/read');
  for (let time = 0; time < 3; time++) await clock.run(read('/read'));
  // Longer than the workers take to tell.
  await clock.advance(15_000);
  cluster.workers[PORTS.indexOf(rpcPort)]!.kill();
  await clock.advance(20_000);
  assert.deepEqual((await locationsOf('/read')).filter((location) => location.rpcPort !== rpcPort).length, 1);
  const unread = await locationsOf('/unread');
  assert.ok(unread.length === 0 || (unread.length === 1 && unread[0]!.rpcPort !== rpcPort), 'what nobody read is not loaded again');
});
