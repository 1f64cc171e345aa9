// ReplicationService: what goes on about copies, for the command line.
import type { FileInode } from '@alluvium/metastore';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { replicationService as rs } from '@alluvium/wire';
import { settled, type FileContext } from '../file/context.js';
import { serve } from '../file/serve.js';
import { Pace } from '../task/pace.js';
import type { Drain } from './drain.js';
import type { RepairEntry } from './repair-entry.js';
import type { Replication } from './replication.js';

const methods = methodsOf(rs.ReplicationServiceDefinition);

const DEFAULT_FILES = 100;
const MOST_FILES = 10_000;

export function replicationService(c: FileContext, replication: Replication): (table: ServiceTable) => void {
  return (table) =>
    void table.unary(
      methods.getReplication,
      serve(c, (_, request, user) => getReplication(replication, c, request, user)),
    );
}

/** Figures are for everybody, files for super users. */
async function getReplication(
  replication: Replication,
  c: FileContext,
  request: rs.GetReplicationRequest,
  user: string,
): Promise<rs.GetReplicationReply> {
  const { replicator, copies, hot, durable, drains, idleReason } = replication;
  const { done } = copies;
  const { lastPass } = replicator;
  const files = c.permissions.isSuper(user) ? await oldest(replication, c, request.limit ?? DEFAULT_FILES) : [];
  const reply: rs.GetReplicationReply = {
    files,
    queued: BigInt(replicator.size),
    running: BigInt(copies.room.running),
    demanding: BigInt(c.tree.demanding.size),
    copied: BigInt(done.copied),
    freed: BigInt(done.freed),
    moved: BigInt(done.moved),
    failed: BigInt(replicator.failed),
    copiedBytes: BigInt(done.copiedBytes),
    drains: drains.all().map(drainInfo),
    warmed: BigInt(hot.warmed),
    notWarmed: BigInt(hot.failed),
    toWarm: BigInt(hot.left),
    durableWaits: BigInt(durable.size),
  };
  if (lastPass !== undefined) {
    const { looked, toDo, lacking, lost, endedMs } = lastPass;
    reply.lastPass = { looked: BigInt(looked), toDo: BigInt(toDo), lacking: BigInt(lacking), lost: BigInt(lost), endedMs: BigInt(endedMs) };
  }
  if (idleReason !== undefined) reply.idleReason = idleReason;
  return settled(c, reply);
}

/** Entries come in the order in which they were made, so the first are the oldest. */
async function oldest({ replicator, copies }: Replication, c: FileContext, wanted: number): Promise<rs.RepairFile[]> {
  const limit = Math.min(MOST_FILES, Math.max(0, wanted));
  const pace = new Pace(c.clock);
  const out: rs.RepairFile[] = [];
  for (const entry of replicator.entries()) {
    if (out.length >= limit) break;
    const file = c.tree.get(entry.file);
    const path = c.tree.pathOf(entry.file);
    if (file?.kind !== 'file' || path === undefined) continue;
    const counts = file.blocks.map((id) => copies.facts(file, id).copies.filter((copy) => !copy.isLeaving).length);
    out.push(repairFile(entry, file, path, counts));
    if (pace.spent(1 + counts.length)) await pace.rest();
  }
  return out;
}

function repairFile(entry: RepairEntry, file: FileInode, path: string, counts: readonly number[]): rs.RepairFile {
  return {
    fileId: file.id,
    path,
    sinceMs: BigInt(Math.floor(entry.sinceMs)),
    attempts: entry.attempts,
    state: entry.isServed ? 'RUNNING' : 'WAITING',
    min: file.replicationMin,
    max: file.replicationMax,
    fewest: counts.reduce((least, count) => Math.min(least, count), counts[0] ?? 0),
    most: counts.reduce((most, count) => Math.max(most, count), 0),
    ...(entry.lastError === undefined ? {} : { lastError: entry.lastError }),
  };
}

function drainInfo(drain: Drain): rs.DrainInfo {
  const { id, address } = drain.worker;
  return {
    workerId: id,
    host: address.host,
    webPort: address.webPort,
    rpcPort: address.rpcPort,
    state: drain.state,
    startedMs: BigInt(Math.floor(drain.startedMs)),
    blocksLeft: BigInt(drain.blocksLeft),
    bytesLeft: BigInt(drain.bytesLeft),
    blocksDone: BigInt(drain.blocksDone),
    bytesDone: BigInt(drain.bytesDone),
    hotDone: BigInt(drain.hotDone),
    failures: BigInt(drain.failures),
    ...(drain.lastError === undefined ? {} : { lastError: drain.lastError }),
    ...(drain.endedMs === undefined ? {} : { endedMs: BigInt(Math.floor(drain.endedMs)) }),
  };
}
