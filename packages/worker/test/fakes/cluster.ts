import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TestContext } from 'node:test';
import type { RpcChannel } from '@alluvium/net';
import { Configuration, nodeClock, nodeDisk, nodeRandom, silentLogger, type Disk } from '@alluvium/platform';
import { MemoryNetwork, SeededRandom } from '@alluvium/testkit';
import { createWorker, type Worker } from '@alluvium/worker';
import { FakeMaster, MASTER } from './fake-master.js';
import { factoryOf, FakeStore } from './fake-store.js';
import { simple } from './simple.js';

export interface ClusterOptions {
  readonly ramdisk?: string;
  /** Made, and removed in the end, unless given; then it is only removed. */
  readonly directory?: string;
  readonly disk?: Disk;
  readonly start?: boolean;
  readonly configuration?: Readonly<Record<string, string>>;
}

export interface Cluster {
  readonly directory: string;
  readonly network: MemoryNetwork;
  readonly master: FakeMaster;
  readonly store: FakeStore;
  worker: Worker;
  /** A client's channel to the worker. */
  channel: RpcChannel;
  /** Ends the worker and starts another one in the same directory. */
  restart(): Promise<void>;
}

const PORT = 29999;

export function temporaryDirectory(t: TestContext): Promise<string> {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return mkdtemp(`${base}/alluvium-worker-`).then((path) => {
    t.after(() => rm(path, { recursive: true, force: true }));
    return path;
  });
}

/** A worker with a master and an under store that are fakes, over a network in memory and a real disk. */
export async function cluster(t: TestContext, options: ClusterOptions = {}): Promise<Cluster> {
  const { directory = await temporaryDirectory(t) } = options;
  if (options.directory !== undefined) t.after(() => rm(directory, { recursive: true, force: true }));
  const network = new MemoryNetwork({ clock: nodeClock, random: new SeededRandom(1) });
  const master = new FakeMaster();
  await master.start(network);
  const store = new FakeStore();
  const make = (): Worker =>
    createWorker({
      environment: {
        clock: nodeClock,
        random: nodeRandom,
        disk: options.disk ?? nodeDisk(),
        log: silentLogger,
      },
      network,
      underStores: factoryOf(store),
      authenticator: simple,
      user: 'alluvium',
      configuration: Configuration.of({
        'alluxio.worker.tieredstore.level0.dirs.path': directory,
        'alluxio.worker.ramdisk.size': options.ramdisk ?? '64MB',
        'alluxio.worker.rpc.port': String(PORT),
        'alluxio.master.rpc.port': String(MASTER.port),
        'alluxio.worker.block.heartbeat.interval': '5ms',
        ...options.configuration,
      }),
    });
  const made: Cluster = {
    directory,
    network,
    master,
    store,
    worker: make(),
    channel: network.connect({ host: 'localhost', port: PORT }, { user: 'somebody' }),
    restart: async () => {
      await made.worker.stop();
      made.worker = make();
      await made.worker.start();
    },
  };
  t.after(async () => {
    await made.worker.stop();
    await master.stop();
  });
  if (options.start !== false) {
    await made.worker.start();
    await master.until(() => master.registrations.length > 0 && master.heartbeats.length > 0);
  }
  return made;
}
