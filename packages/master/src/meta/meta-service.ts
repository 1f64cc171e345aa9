// MetaMasterClientService: who the master is, a checkpoint and a backup on request.
import type { Clock } from '@alluvium/base';
import type { Journal } from '@alluvium/journal';
import { methodsOf, type Address, type ServiceTable } from '@alluvium/net';
import { metaMaster } from '@alluvium/wire';
import { backup, getBackupStatus, type BackupCalls } from '../backup-service/operations.js';
import type { BlockMaster } from '../block/block-master.js';
import type { ClusterState } from './cluster-state.js';
import type { ConfigurationCheck } from './configuration-check.js';
import type { Proxies } from './proxies.js';
import type { StandbyMasters } from './standby-masters.js';

const methods = methodsOf(metaMaster.MetaMasterClientServiceDefinition);

interface Dependencies {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly blocks: BlockMaster;
  readonly cluster: ClusterState;
  readonly configurations: ConfigurationCheck;
  readonly standbys: StandbyMasters;
  readonly proxies: Proxies;
  readonly backup: BackupCalls;
  /** As clients reach it; the port is known once it serves. */
  readonly address: () => Address;
  readonly webPort: number;
  readonly startTimeMs: number;
  readonly version: string;
}

export function metaMasterService(d: Dependencies): (table: ServiceTable) => void {
  const { MasterInfoField: F } = metaMaster;

  function masterInfo(filter: readonly metaMaster.MasterInfoField[]): metaMaster.MasterInfo {
    const wants = (field: metaMaster.MasterInfoField): boolean => filter.length === 0 || filter.includes(field);
    const { host, port } = d.address();
    const address = { host, rpcPort: port };
    return {
      // Clients print this text as it is; Alluxio's form of an unresolved socket address.
      ...(wants(F.LEADER_MASTER_ADDRESS) && { leaderMasterAddress: `${host}/<unresolved>:${port}` }),
      ...(wants(F.MASTER_ADDRESSES) && { masterAddresses: [address] }),
      ...(wants(F.RPC_PORT) && { rpcPort: port }),
      ...(wants(F.SAFE_MODE) && { safeMode: false }),
      ...(wants(F.START_TIME_MS) && { startTimeMs: BigInt(Math.round(d.startTimeMs)) }),
      ...(wants(F.UP_TIME_MS) && { upTimeMs: BigInt(Math.round(d.clock.nowMs() - d.startTimeMs)) }),
      ...(wants(F.VERSION) && { version: d.version }),
      ...(wants(F.WEB_PORT) && { webPort: d.webPort }),
      ...(wants(F.WORKER_ADDRESSES) && {
        workerAddresses: d.blocks.workers.live().map((worker) => ({ host: worker.address.host, rpcPort: worker.address.rpcPort })),
      }),
      ...(wants(F.CLUSTER_ID) && { clusterId: d.cluster.clusterId }),
      ...(wants(F.RAFT_JOURNAL) && { raftJournal: false }),
      ...(wants(F.MASTER_VERSION) && {
        masterVersions: [{ addresses: address, version: d.version, state: 'PRIMARY' }, ...d.standbys.list()],
      }),
    };
  }

  return (table) => {
    table
      .unary(methods.getMasterInfo, (request) => ({ masterInfo: masterInfo(request.filter ?? []) }))
      .unary(methods.getConfigReport, () => ({ report: d.configurations.check() }))
      .unary(methods.listProxyStatus, () => ({ proxyStatuses: d.proxies.list() }))
      .unary(methods.checkpoint, async () => {
        await d.journal.checkpoint();
        return { masterHostname: d.address().host };
      })
      .unary(methods.backup, (request, call) => backup(d.backup, request, call.caller.user))
      .unary(methods.getBackupStatus, (request, call) => getBackupStatus(d.backup, request, call.caller.user));
  };
}
