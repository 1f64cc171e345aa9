// How workers announce themselves, report blocks and hear what to drop: BlockMasterWorkerService of Alluxio 2.9.4.
import { fail, type BlockId, type Clock, type WorkerId } from '@alluvium/base';
import { methodsOf, type ServerStream, type ServiceTable } from '@alluvium/net';
import { blockMaster, common } from '@alluvium/wire';
import type { Committer } from '../commit.js';
import type { ConfigurationCheck } from '../meta/configuration-check.js';
import type { ClusterCounters } from '../metrics/cluster-counters.js';
import type { BlockMaster } from './block-master.js';
import type { WorkerRegistry, WorkerState } from './worker-registry.js';

const methods = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);

/** How long a granted lease lasts; leases never run short here, since a registration is streamed. */
const LEASE_MS = 60_000;

interface Dependencies {
  readonly blocks: BlockMaster;
  readonly committer: Committer;
  readonly clock: Clock;
  /** Whether the file of a block exists. */
  readonly hasFile: (block: BlockId) => boolean;
  /** Told of what workers count. */
  readonly counters: ClusterCounters;
  /** Told of the configuration of a worker that has registered. */
  readonly configurations: ConfigurationCheck;
}

export function blockMasterWorkerService(dependencies: Dependencies): (table: ServiceTable) => void {
  const { blocks, clock } = dependencies;
  const registry = blocks.workers;
  const calls = new WorkerCalls(dependencies);
  return (table) => {
    table
      .unary(methods.getWorkerId, (request) => {
        if (request.workerNetAddress === undefined) throw fail('invalidArgument', 'Cannot give a worker id: workerNetAddress is missing');
        return { workerId: registry.announce(request.workerNetAddress) };
      })
      .unary(methods.notifyWorkerId, () => ({}))
      .unary(methods.requestRegisterLease, (request) => ({
        workerId: request.workerId,
        allowed: true,
        expiryMs: BigInt(clock.nowMs() + LEASE_MS),
      }))
      .unary(methods.registerWorker, (request) => {
        const worker = registry.beginRegistration((request.workerId ?? 0n) as WorkerId, request);
        calls.addReported(worker, request.currentBlocks);
        calls.finish(worker, request);
        return {};
      })
      .stream(methods.registerWorkerStream, (stream) => calls.registerStream(stream))
      .unary(methods.blockHeartbeat, (request) => calls.heartbeat(request))
      .unary(methods.commitBlock, (request) => calls.commit(request))
      .unary(methods.commitBlockInUfs, async (request) => {
        await calls.recordBlock((request.blockId ?? 0n) as BlockId, request.length ?? 0n);
        return {};
      });
  };
}

/** The calls that are more than a look into the registry. */
class WorkerCalls {
  readonly #d: Dependencies;
  readonly #registry: WorkerRegistry;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
    this.#registry = dependencies.blocks.workers;
  }

  async commit(request: blockMaster.CommitBlockPRequest): Promise<blockMaster.CommitBlockPResponse> {
    const worker = this.#registry.get((request.workerId ?? 0n) as WorkerId);
    // A block that nobody can be sent to is not written.
    if (worker.state === 'decommissioned')
      throw fail('failedPrecondition', `Cannot commit block ${request.blockId ?? 0n}: worker ${worker.address.host} is decommissioned`);
    const id = (request.blockId ?? 0n) as BlockId;
    const tierAlias = request.tierAlias ?? 'MEM';
    const mediumType = request.mediumType ?? tierAlias;
    if (await this.recordBlock(id, request.length ?? 0n))
      this.#registry.commitBlock(worker, id, tierAlias, mediumType, request.usedBytesOnTier ?? 0n);
    else this.#registry.addBlocks(worker, { tierAlias, mediumType, blockIds: [id] });
    return {};
  }

  /**
   * Whether the block is known now. One of a file that is gone, or goes meanwhile, is not: nothing would ever remove it. One known
   * with another length keeps it, as in Alluxio: the first commit decides.
   */
  async recordBlock(id: BlockId, bytes: bigint): Promise<boolean> {
    if (id < 0n || bytes < 0n || bytes > Number.MAX_SAFE_INTEGER)
      throw fail('invalidArgument', `Cannot commit block ${id} of ${bytes} bytes: an id and a length of at least 0 wanted`);
    const known = this.#d.blocks.length(id);
    if (known !== undefined && known >= 0) return true;
    if (!this.#d.hasFile(id)) return false;
    await this.#d.committer.commit([{ blockInfo: { blockId: id, length: bytes } }]);
    return this.#d.blocks.length(id) !== undefined;
  }

  addReported(worker: WorkerState, entries: readonly blockMaster.LocationBlockIdListEntry[] | undefined): void {
    for (const entry of entries ?? []) {
      const tierAlias = entry.key?.tierAlias ?? 'MEM';
      this.#registry.addBlocks(worker, { tierAlias, mediumType: entry.key?.mediumType ?? tierAlias, blockIds: entry.value?.blockId ?? [] });
    }
  }

  heartbeat(request: blockMaster.BlockHeartbeatPRequest): blockMaster.BlockHeartbeatPResponse {
    const worker = this.#registry.find((request.workerId ?? 0n) as WorkerId);
    if (worker === undefined || (worker.state !== 'live' && worker.state !== 'decommissioned'))
      return { command: { commandType: common.CommandType.Register, data: [] } };
    this.#d.counters.add('worker', request.options?.metrics ?? []);
    this.#registry.removeBlocks(worker, request.removedBlockIds ?? []);
    this.addReported(worker, request.addedBlocks);
    const data = this.#registry.heartbeat(worker, request);
    return { command: { commandType: data.length === 0 ? common.CommandType.Nothing : common.CommandType.Free, data } };
  }

  /** Each message is acknowledged, which is what holds a large worker back; the first carries the tiers. */
  async registerStream(stream: ServerStream<blockMaster.RegisterWorkerPRequest, blockMaster.RegisterWorkerPResponse>): Promise<void> {
    let worker: WorkerState | undefined;
    let first: blockMaster.RegisterWorkerPRequest | undefined;
    for (;;) {
      const request = await stream.read();
      if (request === undefined) break;
      first ??= request;
      worker ??= this.#registry.beginRegistration((request.workerId ?? 0n) as WorkerId, request);
      this.addReported(worker, request.currentBlocks);
      await stream.write({});
    }
    if (worker === undefined || first === undefined)
      throw fail('invalidArgument', 'Cannot register: the stream ended before its first message');
    this.finish(worker, first);
  }

  finish(worker: WorkerState, { options }: blockMaster.RegisterWorkerPRequest): void {
    this.#registry.finishRegistration(worker);
    const { host, rpcPort } = worker.address;
    this.#d.configurations.report(`${host ?? ''}:${rpcPort ?? 0}`, 'WORKER', options?.configs ?? []);
  }
}
