// What clients and shells ask of the block master: BlockMasterClientService of Alluxio 2.9.4.
import { fail, type BlockId, type Clock } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { blockMaster } from '@alluvium/wire';
import type { Committer } from '../commit.js';
import type { BlockMaster } from './block-master.js';
import { capacityOf, sum, usedOf } from './capacity.js';
import type { WorkerRegistry, WorkerState } from './worker-registry.js';

const methods = methodsOf(blockMaster.BlockMasterClientServiceDefinition);

interface Dependencies {
  readonly blocks: BlockMaster;
  readonly committer: Committer;
  readonly clock: Clock;
  /** Told of workers that were taken out of service and are to hand over what they have; resolves when that is durable. */
  readonly drain: (workers: readonly WorkerState[]) => Promise<void>;
  /** As {@link drain}, of a worker that was let in again. */
  readonly enabled: (host: string, webPort: number | undefined) => Promise<void>;
}

/** What shells before 2.9.4 call to enable a worker again; the request has the same fields. */
const removeDecommissionedWorker = {
  ...methods.removeDisabledWorker,
  path: methods.removeDisabledWorker.path.replace(/RemoveDisabledWorker$/, 'RemoveDecommissionedWorker'),
};

export function blockMasterClientService({ blocks, committer, clock, drain, enabled }: Dependencies): (table: ServiceTable) => void {
  const { workers } = blocks;
  const info = (worker: WorkerState): blockMaster.WorkerInfo => workerInfo(workers, worker, clock.monotonicMs());

  async function blockInfo(id: BlockId): Promise<blockMaster.GetBlockInfoPResponse> {
    const length = blocks.length(id);
    if (length === undefined) throw fail('invalidArgument', `BlockMeta not found for blockId ${id}`);
    const locations = [...blocks.locations(id)];
    await committer.settled();
    return { blockInfo: { blockId: id, length: BigInt(length), locations } };
  }

  return (table) => {
    table
      .unary(methods.getBlockInfo, (request) => blockInfo((request.blockId ?? 0n) as BlockId))
      .unary(methods.getBlockMasterInfo, (request) => ({ blockMasterInfo: masterInfo(workers, request.filters ?? []) }))
      .unary(methods.getCapacityBytes, () => ({ bytes: sum(capacityOf(workers)) }))
      .unary(methods.getUsedBytes, () => ({ bytes: sum(usedOf(workers)) }))
      .unary(methods.getWorkerInfoList, async () => {
        await blocks.settling.until(() => workers.live().length > 0);
        return { workerInfos: workers.live().map(info) };
      })
      .unary(methods.getWorkerReport, (request) => ({
        workerInfos: selected(workers, request).map((worker) => onlyFields(info(worker), request.fieldRanges ?? [])),
      }))
      .unary(methods.getWorkerLostStorage, () => ({ workerLostStorageInfo: lostStorage(workers) }))
      .unary(methods.decommissionWorker, async (request) => {
        committer.requireAccepting();
        await drain(workers.decommission(hostOf(request), portOf(request), request.canRegisterAgain ?? true));
        return {};
      })
      .unary(methods.removeDisabledWorker, enable)
      .unary(removeDecommissionedWorker, enable);
  };

  async function enable(request: blockMaster.RemoveDisabledWorkerPOptions): Promise<blockMaster.RemoveDisabledWorkerPResponse> {
    committer.requireAccepting();
    workers.enable(hostOf(request), portOf(request));
    await enabled(hostOf(request), portOf(request));
    return {};
  }
}

interface NamedWorker {
  readonly workerHostname?: string | undefined;
  readonly workerWebPort?: bigint | undefined;
}

function hostOf({ workerHostname }: NamedWorker): string {
  if (workerHostname === undefined || workerHostname === '')
    throw fail('invalidArgument', 'Cannot find the worker: workerHostname is missing');
  return workerHostname;
}

function portOf({ workerWebPort }: NamedWorker): number | undefined {
  return workerWebPort === undefined ? undefined : Number(workerWebPort);
}

/** A report without fields fails in Alluxio; here it has them all. */
function onlyFields(info: blockMaster.WorkerInfo, fields: readonly blockMaster.WorkerInfoField[]): blockMaster.WorkerInfo {
  const F = blockMaster.WorkerInfoField;
  const wanted = new Set(fields);
  const wants = (field: blockMaster.WorkerInfoField): boolean => wanted.size === 0 || wanted.has(field);
  return {
    ...(wants(F.ID) && { id: info.id }),
    ...(wants(F.ADDRESS) && { address: info.address }),
    ...(wants(F.LAST_CONTACT_SEC) && { lastContactSec: info.lastContactSec }),
    ...(wants(F.STATE) && { state: info.state }),
    ...(wants(F.WORKER_CAPACITY_BYTES) && { capacityBytes: info.capacityBytes }),
    ...(wants(F.WORKER_USED_BYTES) && { usedBytes: info.usedBytes }),
    ...(wants(F.START_TIME_MS) && { startTimeMs: info.startTimeMs }),
    ...(wants(F.WORKER_CAPACITY_BYTES_ON_TIERS) && { capacityBytesOnTiers: info.capacityBytesOnTiers }),
    ...(wants(F.WORKER_USED_BYTES_ON_TIERS) && { usedBytesOnTiers: info.usedBytesOnTiers }),
    ...(wants(F.BUILD_VERSION) && { buildVersion: info.buildVersion }),
    ...(wants(F.NUM_VCPU) && { numVCpu: info.numVCpu }),
  };
}

function workerInfo(workers: WorkerRegistry, worker: WorkerState, nowMs: number): blockMaster.WorkerInfo {
  const capacity = spaceShown(worker, worker.totalBytes);
  const used = spaceShown(worker, worker.usedBytes);
  return {
    id: worker.id,
    address: worker.address,
    lastContactSec: Math.floor((nowMs - worker.lastContactMs) / 1000),
    state: stateText(workers, worker),
    capacityBytes: sum(capacity),
    usedBytes: sum(used),
    startTimeMs: BigInt(Math.round(worker.startTimeMs)),
    capacityBytesOnTiers: Object.fromEntries(capacity),
    usedBytesOnTiers: Object.fromEntries(used),
    buildVersion: worker.buildVersion ?? {},
    numVCpu: worker.cpus,
  };
}

/** What is out of service has no space: Alluxio's shell adds up what it is told. */
function spaceShown({ state }: WorkerState, bytesByTier: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
  return state === 'decommissioned' ? new Map([...bytesByTier.keys()].map((tier) => [tier, 0n])) : bytesByTier;
}

/** What Alluxio's shell compares literally. */
function stateText(workers: WorkerRegistry, worker: WorkerState): string {
  if (worker.state === 'lost') return 'LOST';
  if (worker.state === 'decommissioned') return workers.isDisabled(worker) ? 'Disabled' : 'Decommissioned';
  return 'ACTIVE';
}

/** The workers that a report asks for. */
function selected(workers: WorkerRegistry, options: blockMaster.GetWorkerReportPOptions): WorkerState[] {
  const { WorkerRange } = blockMaster;
  switch (options.workerRange) {
    case WorkerRange.LIVE:
      return workers.live();
    case WorkerRange.LOST:
      return workers.lost();
    case WorkerRange.DECOMMISSIONED:
      return workers.decommissioned();
    case WorkerRange.SPECIFIED: {
      const wanted = new Set(options.addresses ?? []);
      const known = everyWorker(workers).filter((worker) => wanted.has(worker.address.host ?? ''));
      for (const worker of known) wanted.delete(worker.address.host ?? '');
      if (wanted.size > 0) throw fail('invalidArgument', `Unrecognized worker names: [${[...wanted].join(', ')}]`);
      return known;
    }
    default:
      return everyWorker(workers);
  }
}

function everyWorker(workers: WorkerRegistry): WorkerState[] {
  return [...workers.live(), ...workers.lost(), ...workers.decommissioned()];
}

function masterInfo(workers: WorkerRegistry, filters: readonly blockMaster.BlockMasterInfoField[]): blockMaster.BlockMasterInfo {
  const capacity = capacityOf(workers);
  const used = usedOf(workers);
  const F = blockMaster.BlockMasterInfoField;
  const wants = (field: blockMaster.BlockMasterInfoField): boolean => filters.length === 0 || filters.includes(field);
  return {
    ...(wants(F.CAPACITY_BYTES) && { capacityBytes: sum(capacity) }),
    ...(wants(F.CAPACITY_BYTES_ON_TIERS) && { capacityBytesOnTiers: Object.fromEntries(capacity) }),
    ...(wants(F.FREE_BYTES) && { freeBytes: sum(capacity) - sum(used) }),
    ...(wants(F.LIVE_WORKER_NUM) && { liveWorkerNum: workers.live().length }),
    ...(wants(F.LOST_WORKER_NUM) && { lostWorkerNum: workers.lost().length }),
    ...(wants(F.USED_BYTES) && { usedBytes: sum(used) }),
    ...(wants(F.USED_BYTES_ON_TIERS) && { usedBytesOnTiers: Object.fromEntries(used) }),
    ...(wants(F.DECOMMISSIONED_WORKER_NUM) && { decommissionedWorkerNum: workers.decommissioned().length }),
  };
}

function lostStorage(workers: WorkerRegistry): blockMaster.WorkerLostStorageInfo[] {
  return workers
    .live()
    .filter((worker) => worker.lostStorage.size > 0)
    .map((worker) => ({
      address: worker.address,
      lostStorage: Object.fromEntries([...worker.lostStorage].map(([tier, storage]) => [tier, { storage: [...storage] }])),
    }));
}
