import { blockMaster, metaMaster, type common } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { blockMethods, fileMethods, metaMethods, metricsMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type {
  CapacityReport,
  ConfigurationCheckReport,
  ConfigurationDifference,
  LostStorage,
  MasterReport,
  ProxyReport,
  WorkerCapacity,
  WorkerSelection,
} from './cluster-admin.js';

export async function getMaster({ master }: ClientContext, { signal }: Cancellable = {}): Promise<MasterReport> {
  const { masterInfo: info = {} } = await master.unary(metaMethods.getMasterInfo, {}, signal);
  const leader = (info.leaderMasterAddress ?? '').replace('/<unresolved>', '');
  const versions = info.masterVersions ?? [];
  const known = versions.map(({ addresses, state = '', version = '' }) => ({ address: nameOf(addresses), state, version }));
  const others = (info.masterAddresses ?? []).map(nameOf).filter((address) => !known.some((each) => each.address === address));
  return {
    leader,
    masters: [...known, ...others.map((address) => ({ address, state: address === leader ? 'PRIMARY' : 'STANDBY', version: '' }))],
    rpcPort: info.rpcPort ?? 0,
    webPort: info.webPort ?? 0,
    startTimeMs: info.startTimeMs ?? 0n,
    upTimeMs: info.upTimeMs ?? 0n,
    version: info.version ?? '',
    safeMode: info.safeMode ?? false,
    zookeeperAddresses: info.zookeeperAddresses ?? [],
    raftJournal: info.raftJournal ?? false,
    raftAddresses: info.raftAddress ?? [],
  };
}

export async function getCapacity({ master }: ClientContext, { signal }: Cancellable = {}): Promise<CapacityReport> {
  const { blockMasterInfo: info = {} } = await master.unary(blockMethods.getBlockMasterInfo, {}, signal);
  return {
    capacityBytes: info.capacityBytes ?? 0n,
    usedBytes: info.usedBytes ?? 0n,
    freeBytes: info.freeBytes ?? 0n,
    capacityBytesByTier: { ...info.capacityBytesOnTiers },
    usedBytesByTier: { ...info.usedBytesOnTiers },
    liveWorkers: info.liveWorkerNum ?? 0,
    lostWorkers: info.lostWorkerNum ?? 0,
    decommissionedWorkers: info.decommissionedWorkerNum ?? 0,
  };
}

/** A 2.9.4 master refuses a report without fields. */
const ALL_FIELDS = Object.values(blockMaster.WorkerInfoField);

export async function getWorkerCapacities(
  { master }: ClientContext,
  selection: WorkerSelection,
  { signal }: Cancellable = {},
): Promise<WorkerCapacity[]> {
  const request =
    typeof selection === 'string'
      ? { workerRange: blockMaster.WorkerRange[selection], fieldRanges: [...ALL_FIELDS] }
      : { workerRange: blockMaster.WorkerRange.SPECIFIED, fieldRanges: [...ALL_FIELDS], addresses: [...selection] };
  const { workerInfos = [] } = await master.unary(blockMethods.getWorkerReport, request, signal);
  return workerInfos.map(capacityFromInfo).sort((a, b) => (a.host === b.host ? a.rpcPort - b.rpcPort : a.host < b.host ? -1 : 1));
}

function capacityFromInfo(info: blockMaster.WorkerInfo): WorkerCapacity {
  return {
    workerId: info.id ?? 0n,
    host: info.address?.host ?? '',
    rpcPort: info.address?.rpcPort ?? 0,
    webPort: info.address?.webPort ?? 0,
    state: info.state ?? '',
    lastContactSeconds: info.lastContactSec ?? 0,
    cpus: info.numVCpu ?? 0,
    startTimeMs: info.startTimeMs ?? 0n,
    capacityBytes: info.capacityBytes ?? 0n,
    usedBytes: info.usedBytes ?? 0n,
    capacityBytesByTier: { ...info.capacityBytesOnTiers },
    usedBytesByTier: { ...info.usedBytesOnTiers },
    version: info.buildVersion?.version ?? '',
    revision: info.buildVersion?.revision ?? '',
  };
}

export async function getProxies({ master }: ClientContext, { signal }: Cancellable = {}): Promise<ProxyReport[]> {
  const { proxyStatuses = [] } = await master.unary(metaMethods.listProxyStatus, {}, signal);
  return proxyStatuses.map(({ address, state = '', startTime = 0n, lastHeartbeatTime = 0n, version }) => ({
    address: nameOf(address),
    state,
    startTimeMs: startTime,
    lastHeartbeatTimeMs: lastHeartbeatTime,
    version: version?.version ?? '',
  }));
}

export async function getMetrics({ master }: ClientContext, { signal }: Cancellable = {}): Promise<Map<string, number | string>> {
  const { metrics = {} } = await master.unary(metricsMethods.getMetrics, {}, signal);
  const names = Object.keys(metrics).sort();
  return new Map(names.map((name) => [name, metrics[name]!.stringValue ?? metrics[name]!.doubleValue ?? 0]));
}

export async function clearMetrics({ master }: ClientContext, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(metricsMethods.clearMetrics, {}, signal);
}

export async function getConfigurationCheck({ master }: ClientContext, { signal }: Cancellable = {}): Promise<ConfigurationCheckReport> {
  const { report = {} } = await master.unary(metaMethods.getConfigReport, {}, signal);
  const { FAILED, WARN } = metaMaster.ConfigStatus;
  return {
    status: report.status === FAILED ? 'FAILED' : report.status === WARN ? 'WARN' : 'PASSED',
    errors: differencesOf(report.errors),
    warnings: differencesOf(report.warns),
  };
}

function differencesOf(byScope: Readonly<Record<string, metaMaster.InconsistentProperties>> = {}): ConfigurationDifference[] {
  return Object.entries(byScope).flatMap(([scope, { properties = [] }]) =>
    properties.map(({ name = '', values = {} }) => ({
      scope,
      name,
      values: Object.fromEntries(Object.entries(values).map(([value, servers]) => [value, servers.values ?? []])),
    })),
  );
}

export async function getLostStorage({ master }: ClientContext, { signal }: Cancellable = {}): Promise<LostStorage[]> {
  const { workerLostStorageInfo = [] } = await master.unary(blockMethods.getWorkerLostStorage, {}, signal);
  return workerLostStorageInfo.map(({ address, lostStorage = {} }) => ({
    host: address?.host ?? '',
    pathsByTier: Object.fromEntries(Object.entries(lostStorage).map(([tier, { storage = [] }]) => [tier, storage])),
  }));
}

export async function getLockHolders({ master }: ClientContext, { signal }: Cancellable = {}): Promise<string[]> {
  return (await master.unary(fileMethods.getStateLockHolders, { options: {} }, signal)).threads ?? [];
}

export async function getPathOf({ master }: ClientContext, fileId: bigint, { signal }: Cancellable = {}): Promise<string> {
  return (await master.unary(fileMethods.getFilePath, { fileId }, signal)).path ?? '';
}

function nameOf(address: common.NetAddress | undefined): string {
  return `${address?.host ?? ''}:${address?.rpcPort ?? 0}`;
}
