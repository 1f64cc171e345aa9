import type { replicationService as rs } from '@alluvium/wire';
import { replicationMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { DrainReport, RepairFile, ReplicationOptions, ReplicationReport } from './replication-admin.js';

export async function getReplication({ master }: ClientContext, { limit, signal }: ReplicationOptions = {}): Promise<ReplicationReport> {
  const reply = await master.unary(replicationMethods.getReplication, limit === undefined ? {} : { limit }, signal);
  const pass = reply.lastPass;
  return {
    files: (reply.files ?? []).map(repairFile),
    queued: reply.queued ?? 0n,
    running: reply.running ?? 0n,
    demanding: reply.demanding ?? 0n,
    copied: reply.copied ?? 0n,
    copiedBytes: reply.copiedBytes ?? 0n,
    freed: reply.freed ?? 0n,
    moved: reply.moved ?? 0n,
    failed: reply.failed ?? 0n,
    lastPass:
      pass === undefined
        ? undefined
        : {
            looked: pass.looked ?? 0n,
            toDo: pass.toDo ?? 0n,
            lacking: pass.lacking ?? 0n,
            lost: pass.lost ?? 0n,
            endedMs: pass.endedMs ?? 0n,
          },
    drains: (reply.drains ?? []).map(drainReport),
    warmed: reply.warmed ?? 0n,
    notWarmed: reply.notWarmed ?? 0n,
    toWarm: reply.toWarm ?? 0n,
    durableWaits: reply.durableWaits ?? 0n,
    idleReason: reply.idleReason,
  };
}

function repairFile(file: rs.RepairFile): RepairFile {
  return {
    fileId: file.fileId ?? 0n,
    path: file.path ?? '',
    state: file.state === 'RUNNING' ? 'RUNNING' : 'WAITING',
    sinceMs: file.sinceMs ?? 0n,
    attempts: file.attempts ?? 0,
    lastError: file.lastError,
    min: file.min ?? 0,
    max: file.max ?? -1,
    fewest: file.fewest ?? 0,
    most: file.most ?? 0,
  };
}

function drainReport(drain: rs.DrainInfo): DrainReport {
  return {
    workerId: drain.workerId ?? 0n,
    host: drain.host ?? '',
    webPort: drain.webPort ?? 0,
    rpcPort: drain.rpcPort ?? 0,
    state: drain.state ?? '',
    startedMs: drain.startedMs ?? 0n,
    endedMs: drain.endedMs,
    blocksLeft: drain.blocksLeft ?? 0n,
    bytesLeft: drain.bytesLeft ?? 0n,
    blocksDone: drain.blocksDone ?? 0n,
    bytesDone: drain.bytesDone ?? 0n,
    hotDone: drain.hotDone ?? 0n,
    failures: drain.failures ?? 0n,
    lastError: drain.lastError,
  };
}
