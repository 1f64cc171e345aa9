import { fail, kindOf, messageOf } from '@alluvium/base';
import { blockMaster } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { blockMethods, configurationMethods, metaMethods } from '../master/services.js';
import type { BlockReport, ClusterReport, ConfigurationReport, WorkerReport } from '../reports.js';
import { locationFromInfo } from '../status-from-info.js';
import type { ClientContext } from './context.js';

export async function getBlock({ master }: ClientContext, blockId: bigint, { signal }: Cancellable = {}): Promise<BlockReport> {
  let answer: blockMaster.GetBlockInfoPResponse;
  try {
    answer = await master.unary(blockMethods.getBlockInfo, { blockId, options: {} }, signal);
  } catch (error) {
    // The id is all there is in the request: the master means that it does not know it.
    throw kindOf(error) === 'invalidArgument' ? fail('notFound', messageOf(error), error) : error;
  }
  const { blockInfo } = answer;
  if (blockInfo === undefined) throw fail('notFound', `Cannot find block ${blockId}: the master answered without one`);
  return { blockId, lengthBytes: blockInfo.length ?? 0n, locations: (blockInfo.locations ?? []).map(locationFromInfo) };
}

/** The master refuses a report without fields. */
const ALL_FIELDS = Object.values(blockMaster.WorkerInfoField);

/** Those that live and those that were lost. */
export async function getWorkers({ master }: ClientContext, { signal }: Cancellable = {}): Promise<WorkerReport[]> {
  const request = { workerRange: blockMaster.WorkerRange.ALL, fieldRanges: [...ALL_FIELDS] };
  const { workerInfos = [] } = await master.unary(blockMethods.getWorkerReport, request, signal);
  return workerInfos.map((info) => ({
    workerId: info.id ?? 0n,
    host: info.address?.host ?? '',
    rpcPort: info.address?.rpcPort ?? 0,
    dataPort: info.address?.dataPort ?? 0,
    state: info.state ?? '',
    capacityBytes: info.capacityBytes ?? 0n,
    usedBytes: info.usedBytes ?? 0n,
    startTimeMs: info.startTimeMs ?? 0n,
  }));
}

export async function getCluster({ master }: ClientContext, { signal }: Cancellable = {}): Promise<ClusterReport> {
  const [{ masterInfo = {} }, { blockMasterInfo = {} }] = await Promise.all([
    master.unary(metaMethods.getMasterInfo, {}, signal),
    master.unary(blockMethods.getBlockMasterInfo, {}, signal),
  ]);
  return {
    leaderAddress: (masterInfo.leaderMasterAddress ?? '').replace('/<unresolved>', ''),
    version: masterInfo.version ?? '',
    clusterId: masterInfo.clusterId ?? '',
    startTimeMs: masterInfo.startTimeMs ?? 0n,
    upTimeMs: masterInfo.upTimeMs ?? 0n,
    capacityBytes: blockMasterInfo.capacityBytes ?? 0n,
    usedBytes: blockMasterInfo.usedBytes ?? 0n,
    liveWorkers: blockMasterInfo.liveWorkerNum ?? 0,
    lostWorkers: blockMasterInfo.lostWorkerNum ?? 0,
  };
}

export async function getConfiguration({ master }: ClientContext, { signal }: Cancellable = {}): Promise<ConfigurationReport> {
  const { clusterConfigs = [], clusterConfigHash = '' } = await master.unary(configurationMethods.getConfiguration, {}, signal);
  const properties = clusterConfigs.map(({ name = '', value = '', source = '' }) => ({ name, value, source }));
  return { properties, clusterHash: clusterConfigHash };
}
