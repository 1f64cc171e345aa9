// What clients and shells ask of the block master: BlockMasterClientService of Alluxio 2.9.4.
import { fail, type BlockId, type Clock } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { blockMaster } from '@alluvium/wire';
import type { Committer } from '../commit.js';
import type { BlockMaster } from './block-master.js';
import type { WorkerRegistry, WorkerState } from './worker-registry.js';

const methods = methodsOf(blockMaster.BlockMasterClientServiceDefinition);

/** What Alluxio's shell compares literally. */
const STATE_TEXT = { live: 'ACTIVE', lost: 'LOST', announced: 'ACTIVE' } as const;

interface Dependencies {
  readonly blocks: BlockMaster;
  readonly committer: Committer;
  readonly clock: Clock;
}

export function blockMasterClientService({ blocks, committer, clock }: Dependencies): (table: ServiceTable) => void {
  const { workers } = blocks;
  const info = (worker: WorkerState): blockMaster.WorkerInfo => workerInfo(worker, clock.monotonicMs());

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
      .unary(methods.getWorkerReport, (request) => ({ workerInfos: selected(workers, request).map(info) }))
      .unary(methods.getWorkerLostStorage, () => ({ workerLostStorageInfo: lostStorage(workers) }));
  };
}

function workerInfo(worker: WorkerState, nowMs: number): blockMaster.WorkerInfo {
  return {
    id: worker.id,
    address: worker.address,
    lastContactSec: Math.floor((nowMs - worker.lastContactMs) / 1000),
    state: STATE_TEXT[worker.state],
    capacityBytes: sum(worker.totalBytes),
    usedBytes: sum(worker.usedBytes),
    startTimeMs: BigInt(Math.round(worker.startTimeMs)),
    capacityBytesOnTiers: Object.fromEntries(worker.totalBytes),
    usedBytesOnTiers: Object.fromEntries(worker.usedBytes),
    buildVersion: worker.buildVersion ?? {},
    numVCpu: worker.cpus,
  };
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
      return [];
    case WorkerRange.SPECIFIED: {
      const wanted = new Set(options.addresses ?? []);
      const known = [...workers.live(), ...workers.lost()].filter((worker) => wanted.has(worker.address.host ?? ''));
      for (const worker of known) wanted.delete(worker.address.host ?? '');
      if (wanted.size > 0) throw fail('invalidArgument', `Unrecognized worker names: [${[...wanted].join(', ')}]`);
      return known;
    }
    default:
      return [...workers.live(), ...workers.lost()];
  }
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
    ...(wants(F.DECOMMISSIONED_WORKER_NUM) && { decommissionedWorkerNum: 0 }),
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

/** Bytes by tier, of all live workers. */
const capacityOf = (workers: WorkerRegistry): Map<string, bigint> => totals(workers, (worker) => worker.totalBytes);
const usedOf = (workers: WorkerRegistry): Map<string, bigint> => totals(workers, (worker) => worker.usedBytes);

function totals(workers: WorkerRegistry, pick: (worker: WorkerState) => ReadonlyMap<string, bigint>): Map<string, bigint> {
  const out = new Map<string, bigint>();
  for (const worker of workers.live()) for (const [tier, bytes] of pick(worker)) out.set(tier, (out.get(tier) ?? 0n) + bytes);
  return out;
}

function sum(bytes: ReadonlyMap<string, bigint>): bigint {
  let total = 0n;
  for (const value of bytes.values()) total += value;
  return total;
}
