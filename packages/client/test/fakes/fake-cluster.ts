import { connect } from '@alluvium/client';
import type { ClientOptions, FileSystem } from '@alluvium/client';
import type { Authenticator } from '@alluvium/net';
import { MemoryNetwork, SeededRandom, SimClock } from '@alluvium/testkit';
import type { blockMaster, common, fileSystemMaster } from '@alluvium/wire';
import { FakeMaster } from './fake-master.js';
import { FakeWorker } from './fake-worker.js';

/** Believes who the client says it is. */
const believing: Authenticator = {
  scheme: 'SIMPLE',
  authenticate: ({ authenticationId }) => ({ user: authenticationId, connectionUser: authenticationId }),
};
const SERVED = { authenticator: believing, maxInboundMessageBytes: 4 << 20 };
export const MASTER = { host: 'master', port: 19998 };

/** A master and workers in memory, and time that the test owns. */
export class FakeCluster {
  readonly clock = new SimClock();
  readonly random = new SeededRandom(1);
  readonly network = new MemoryNetwork({ clock: this.clock, random: this.random });
  readonly master = new FakeMaster();

  static async start(): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    await cluster.network.serve(MASTER, cluster.master.table(), SERVED);
    return cluster;
  }

  async connect(options: Partial<ClientOptions> = {}): Promise<FileSystem> {
    const { network, clock, random } = this;
    return await this.run(connect(MASTER, { network, clock, random, user: 'ada', ...options }));
  }

  /** A worker that the master tells of, at `host:29999`. */
  async worker(host: string, capacityBytes = 1n << 30n, address: common.WorkerNetAddress = {}): Promise<FakeWorker> {
    const worker = new FakeWorker();
    await this.network.serve(addressOf(host), worker.table(), SERVED);
    const info: blockMaster.WorkerInfo = {
      id: BigInt(this.master.workers.length + 1),
      address: { ...netAddress(host), ...address },
      capacityBytes,
      usedBytes: 0n,
    };
    this.master.workers.push(info);
    return worker;
  }

  /** A whole file of `bytes` whose blocks the named workers have, block by block. */
  file(
    path: string,
    bytes: Buffer,
    blockSizeBytes: number,
    holders: readonly (readonly string[])[],
    more: fileSystemMaster.FileInfo = {},
  ): bigint[] {
    const count = Math.ceil(bytes.length / blockSizeBytes);
    const blockIds = Array.from({ length: count }, (_, i) => (7n << 24n) | BigInt(i));
    this.master.files.set(path, {
      path,
      fileId: (7n << 24n) | 0xffffffn,
      length: BigInt(bytes.length),
      blockSizeBytes: BigInt(blockSizeBytes),
      completed: true,
      blockIds,
      fileBlockInfos: blockIds.map((blockId, i) => ({
        offset: BigInt(i * blockSizeBytes),
        blockInfo: {
          blockId,
          length: BigInt(Math.min(blockSizeBytes, bytes.length - i * blockSizeBytes)),
          locations: (holders[i] ?? []).map((host) => ({ workerAddress: netAddress(host), tierAlias: 'MEM' })),
        },
      })),
      ...more,
    });
    return blockIds;
  }

  /** Adds to the addresses of the workers that have blocks of a file. */
  publish(path: string, more: common.WorkerNetAddress): void {
    for (const { blockInfo } of this.master.files.get(path)?.fileBlockInfos ?? [])
      for (const location of blockInfo?.locations ?? []) location.workerAddress = { ...location.workerAddress, ...more };
  }

  /** Lets time pass until `work` is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    return await this.clock.run(work);
  }
}

export function addressOf(host: string): { host: string; port: number } {
  return { host, port: 29_999 };
}

function netAddress(host: string): common.WorkerNetAddress {
  return { host, rpcPort: 29_999, dataPort: 29_999 };
}
