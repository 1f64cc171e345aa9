import { fail } from '@alluvium/base';
import { methodsOf, ServiceTable, type RpcServer, type ServerStream } from '@alluvium/net';
import { blockMaster, cacheService, common, fileSystemMaster, metaMaster, workerControl } from '@alluvium/wire';
import type { MemoryNetwork } from '@alluvium/testkit';
import { simple } from './simple.js';

const blocks = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const files = methodsOf(fileSystemMaster.FileSystemMasterWorkerServiceDefinition);
const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const cache = methodsOf(cacheService.CacheServiceDefinition);
const control = methodsOf(workerControl.WorkerControlServiceDefinition);

export const MASTER = { host: 'localhost', port: 19998 };

/** The worker's side of a master: it remembers what it was told and answers what a test wants. */
export class FakeMaster {
  readonly committed = new Map<bigint, bigint>();
  /** As which the worker asked for an id. */
  readonly addresses: Pick<common.WorkerNetAddress, 'domainSocketPath'>[] = [];
  readonly registrations: bigint[][] = [];
  /** The messages of which they consisted. */
  readonly registerMessages: blockMaster.RegisterWorkerPRequest[] = [];
  readonly heartbeats: blockMaster.BlockHeartbeatPRequest[] = [];
  readonly leaseRequests: blockMaster.GetRegisterLeasePRequest[] = [];
  /** So many leases are refused before one is granted. */
  leasesRefused = 0;
  readonly results: workerControl.PersistResult[] = [];
  readonly orderResults: workerControl.OrderResult[] = [];
  readonly hotBlocks: bigint[][] = [];
  readonly exchanges: cacheService.ExchangeCacheRequest[] = [];
  readonly explained: cacheService.ExplainResult[] = [];
  /** What it says of the cache; a master of Alluxio says nothing. */
  exchange: ((request: cacheService.ExchangeCacheRequest) => cacheService.ExchangeCacheReply) | undefined;
  readonly pinned = new Set<bigint>();
  readonly mounts = new Map<bigint, string>([[1n, 'mem://bucket']]);
  readonly persistedFiles = new Set<bigint>();
  /** What is known of files beyond that. */
  readonly files = new Map<bigint, fileSystemMaster.FileInfo>();
  clusterId = 'a cluster';
  /** Answered once, to the next heartbeat. */
  command: common.Command | undefined;
  beforeCommit: ((request: blockMaster.CommitBlockPRequest) => Promise<void> | void) | undefined;
  beforePins: (() => void) | undefined;
  /** May fail what the master has heard all the same. */
  afterHeartbeat: (() => void) | undefined;
  readonly #waiters: { readonly when: () => boolean; readonly resolve: () => void }[] = [];
  #server: RpcServer | undefined;
  #controlStream: ServerStream<workerControl.WorkerReport, workerControl.WorkerOrder> | undefined;
  #nextId: bigint;
  readonly #known = new Set<bigint>();

  /** `firstWorkerId`: masters that follow each other give different ids. */
  constructor(firstWorkerId = 7n) {
    this.#nextId = firstWorkerId;
  }

  async start(network: MemoryNetwork): Promise<void> {
    this.#server = await network.serve(MASTER, this.#table(), { authenticator: simple, maxInboundMessageBytes: 1 << 26 });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Resolves once `when` holds; looked at whenever the worker has said something. */
  until(when: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ when, resolve });
      this.#look();
    });
  }

  async order(order: workerControl.WorkerOrder): Promise<void> {
    await this.until(() => this.#controlStream !== undefined);
    await this.#controlStream!.write(order);
  }

  #look(): void {
    for (const waiter of [...this.#waiters]) {
      if (!waiter.when()) continue;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }

  #table(): ServiceTable {
    return new ServiceTable()
      .unary(meta.getMasterInfo, () => ({ masterInfo: { clusterId: this.clusterId } }))
      .unary(blocks.getWorkerId, ({ workerNetAddress }) => {
        this.addresses.push(workerNetAddress ?? {});
        const workerId = this.#nextId++;
        this.#known.add(workerId);
        return { workerId };
      })
      .unary(blocks.requestRegisterLease, (request) => {
        this.leaseRequests.push(request);
        return { workerId: request.workerId, allowed: this.leasesRefused-- <= 0 };
      })
      .stream(blocks.registerWorkerStream, async (stream) => {
        const ids: bigint[] = [];
        for (let request = await stream.read(); request !== undefined; request = await stream.read()) {
          this.registerMessages.push(request);
          for (const entry of request.currentBlocks ?? []) ids.push(...(entry.value?.blockId ?? []));
          await stream.write({});
        }
        this.registrations.push(ids);
        this.#look();
      })
      .unary(blocks.blockHeartbeat, (request) => {
        this.heartbeats.push(request);
        const isKnown = this.#known.has(request.workerId ?? -1n);
        const command = this.command ?? { commandType: isKnown ? common.CommandType.Nothing : common.CommandType.Register, data: [] };
        this.command = undefined;
        this.#look();
        this.afterHeartbeat?.();
        return { command };
      })
      .unary(blocks.commitBlock, async (request) => {
        if (!this.#known.has(request.workerId ?? -1n)) throw fail('notFound', `No worker with workerId ${request.workerId} is found.`);
        await this.beforeCommit?.(request);
        this.committed.set(request.blockId ?? -1n, request.length ?? -1n);
        this.#look();
        return {};
      })
      .unary(files.getPinnedFileIds, () => {
        this.beforePins?.();
        return { pinnedFileIds: [...this.pinned] };
      })
      .unary(files.getFileInfo, ({ fileId }) => ({
        fileInfo: { fileId, persisted: this.persistedFiles.has(fileId ?? -1n), ...this.files.get(fileId ?? -1n) },
      }))
      .unary(files.getUfsInfo, ({ mountId }) => {
        const uri = this.mounts.get(mountId ?? -1n);
        return uri === undefined ? {} : { ufsInfo: { uri, properties: { properties: {} } } };
      })
      .unary(cache.exchangeCache, (request) => {
        if (this.exchange === undefined) throw fail('unimplemented', 'a master of Alluxio');
        this.exchanges.push(request);
        const reply = this.exchange(request);
        this.#look();
        return reply;
      })
      .stream(control.connect, async (stream) => {
        await stream.read();
        this.#controlStream = stream;
        this.#look();
        try {
          for (let report = await stream.read(); report !== undefined; report = await stream.read()) {
            if (report.persistResult !== undefined) this.results.push(report.persistResult);
            if (report.orderResult !== undefined) this.orderResults.push(report.orderResult);
            if (report.explainResult !== undefined) this.explained.push(report.explainResult);
            if (report.hotBlocks !== undefined) this.hotBlocks.push((report.hotBlocks.blockIds ?? []) as bigint[]);
            this.#look();
          }
        } finally {
          this.#controlStream = undefined;
        }
      });
  }
}
