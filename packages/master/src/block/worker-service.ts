// How workers announce themselves, report blocks and hear what to drop: BlockMasterWorkerService of Alluxio 2.9.4.
import { fail, type BlockId, type Clock, type WorkerId } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { addition, additionTo, blockMaster, common, workerReport } from '@alluvium/wire';
import type { Committer } from '../commit.js';
import type { ConfigurationCheck } from '../meta/configuration-check.js';
import type { ClusterCounters } from '../metrics/cluster-counters.js';
import type { BlockMaster } from './block-master.js';
import type { RegisterLeases } from './register-leases.js';
import { placeIn, registerMessages } from './register-message.js';
import { WorkerRegistrations, type RegisterLimits } from './register-worker.js';
import { judgeHeartbeat, requireCurrentCommit } from './report-fence.js';
import type { WorkerRegistry, WorkerState } from './worker-registry.js';

const methods = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const registerWorker = { ...methods.registerWorker, request: registerMessages };
const registerWorkerStream = { ...methods.registerWorkerStream, request: registerMessages };

const REGISTER = { command: { commandType: common.CommandType.Register, data: [] } };
const NOTHING = { command: { commandType: common.CommandType.Nothing, data: [] } };

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
  readonly leases: RegisterLeases;
  readonly registering: RegisterLimits;
}

export function blockMasterWorkerService(dependencies: Dependencies): (table: ServiceTable) => void {
  const { blocks, clock, leases, configurations, registering } = dependencies;
  const registry = blocks.workers;
  const calls = new WorkerCalls(dependencies);
  const registrations = new WorkerRegistrations({
    clock,
    registry,
    leases,
    limits: registering,
    registered: ({ address: { host = '', rpcPort = 0 } }, { options }) =>
      configurations.report(`${host}:${rpcPort}`, 'WORKER', options?.configs ?? []),
  });
  return (table) => {
    table
      .unary(methods.getWorkerId, ({ workerNetAddress, options }) => {
        if (workerNetAddress === undefined) throw fail('invalidArgument', 'Cannot give a worker id: workerNetAddress is missing');
        return { workerId: registry.announce(workerNetAddress, additionTo(workerReport.Registering, options)?.incarnation) };
      })
      .unary(methods.notifyWorkerId, () => ({}))
      .unary(methods.requestRegisterLease, ({ workerId = 0n }) => {
        const leftMs = leases.request(workerId as WorkerId);
        return leftMs === undefined
          ? { workerId, allowed: false }
          : { workerId, allowed: true, expiryMs: BigInt(Math.ceil(clock.nowMs() + leftMs)) };
      })
      .unary(registerWorker, (message, call) => registrations.unary(message, call))
      .stream(registerWorkerStream, (stream) => registrations.stream(stream))
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
    const id = (request.blockId ?? 0n) as BlockId;
    requireTaking(worker, id);
    const told = additionTo(workerReport.Committing, request.options);
    requireCurrentCommit(worker, told);
    const place = placeIn(request);
    const isKnown = await this.recordBlock(id, request.length ?? 0n);
    // The worker may have registered anew, or given up, while the journal was waited for.
    requireTaking(worker, id);
    requireCurrentCommit(worker, told);
    if (isKnown) this.#registry.commitCopy(worker, { id, ...place, usedBytesOnTier: request.usedBytesOnTier ?? 0n, told });
    else this.#registry.addBlocks(worker, { ...place, blockIds: [id] });
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

  heartbeat(request: blockMaster.BlockHeartbeatPRequest): blockMaster.BlockHeartbeatPResponse {
    const worker = this.#registry.find((request.workerId ?? 0n) as WorkerId);
    const told = additionTo(workerReport.Beating, request.options);
    const verdict = worker === undefined ? 'register' : judgeHeartbeat(worker, told);
    if (worker === undefined || verdict === 'register') return REGISTER;
    if (verdict === 'late') return NOTHING;
    this.#d.counters.add('worker', request.options?.metrics ?? []);
    this.#registry.removeBlocks(worker, this.#registry.removedBefore(worker, request.removedBlockIds ?? [], told));
    this.#registry.keepBlocks(worker, told?.keptBlockIds ?? []);
    // One that is out of service has what nobody is sent to.
    if (isTaking(worker)) this.#addReported(worker, request.addedBlocks ?? []);
    const { ids, generations } = this.#registry.heartbeat(worker, request, told);
    if (ids.length === 0) return NOTHING;
    const fence = generations === undefined ? {} : addition(workerReport.Freeing, { generations });
    return { command: { commandType: common.CommandType.Free, data: ids, ...fence } };
  }

  #addReported(worker: WorkerState, entries: readonly blockMaster.LocationBlockIdListEntry[]): void {
    for (const { key, value } of entries) this.#registry.addBlocks(worker, { ...placeIn(key), blockIds: value?.blockId ?? [] });
  }
}

/** Whether a worker takes blocks: also one that is drained, from writers that knew it before. */
function isTaking(worker: WorkerState): boolean {
  return worker.state !== 'decommissioned' || worker.draining;
}

/** A block that nobody can be sent to is not written. */
function requireTaking(worker: WorkerState, id: BlockId): void {
  if (!isTaking(worker)) throw fail('failedPrecondition', `Cannot commit block ${id}: worker ${worker.address.host} is decommissioned`);
}
