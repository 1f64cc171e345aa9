// ExchangeCache: a worker tells what was read from its cache, and learns the classes of the files that it has.
import type { InodeId, WorkerId } from '@alluvium/base';
import type { cacheService } from '@alluvium/wire';
import type { WorkerState } from '../block/worker-registry.js';
import { Pace } from '../task/pace.js';
import type { CacheMaster } from './cache-master.js';
import { capacityOf } from './class-use.js';
import { classOf } from './reclassified-files.js';
import { PRIORITY } from './policy-message.js';
import type { PolicyClass } from './policy-table.js';

/** Files of one request whose class is told; the worker asks for the others again. */
const MAX_FILES = 4000;
/** Files of one reply that got another class. */
const MAX_RECLASSIFIED = 2000;

/** Throws `notFound` for a worker that the master does not know: it registers, and asks again. */
export async function exchangeCache(m: CacheMaster, request: cacheService.ExchangeCacheRequest): Promise<cacheService.ExchangeCacheReply> {
  const worker = m.workers.get((request.workerId ?? -1n) as WorkerId);
  m.use.add(request);
  m.classUse.report(worker.id, request.classes ?? []);
  const seen = request.epoch === m.policies.epoch ? Number(request.changes ?? 0n) : m.reclassified.last;
  const reclassified = m.reclassified.after(seen, MAX_RECLASSIFIED);
  if (reclassified === undefined) m.policies.everythingChanged();
  const { epoch } = m.policies;
  const version = versionFor(m, worker);
  const reply: cacheService.ExchangeCacheReply = {
    epoch,
    classesVersion: version,
    changes: BigInt(reclassified?.last ?? m.reclassified.last),
    changedFileIds: [...(reclassified?.files ?? [])],
    changedFileBlocks: (reclassified?.files ?? []).map((id) => blockCount(m, id)),
  };
  if (request.classesVersion !== version) reply.classes = { classes: m.policies.all().map((policy) => classMessage(m, worker, policy)) };
  await addFiles(m, request.fileIds ?? [], reply);
  return reply;
}

async function addFiles(m: CacheMaster, ids: readonly bigint[], reply: cacheService.ExchangeCacheReply): Promise<void> {
  const classes: number[] = [];
  const places: number[] = [];
  const pace = new Pace(m.clock);
  for (const id of ids.slice(0, MAX_FILES) as InodeId[]) {
    const path = m.tree.pathOf(id);
    classes.push(path === undefined ? 0 : (classOf(m.policies, m.tree.get(id), path)?.id ?? 0));
    places.push(path === undefined ? 0 : m.places.idOf(path, m.mounts.resolve(path)));
    if (pace.spent()) await pace.rest();
  }
  reply.fileClasses = classes;
  reply.filePlaces = places;
}

function blockCount({ tree }: CacheMaster, id: InodeId): number {
  const inode = tree.get(id);
  return inode?.kind === 'file' ? inode.blocks.length : 0;
}

/** Another one when a policy changes, or the share of this worker in the quotas. */
function versionFor(m: CacheMaster, worker: WorkerState): string {
  if (m.policies.isEmpty) return `${m.policies.version}`;
  return `${m.policies.version}/${capacityOf(worker)}/${m.classUse.capacityBytes()}`;
}

function classMessage(m: CacheMaster, worker: WorkerState, policy: PolicyClass): cacheService.CacheClass {
  const { id, path, priority, quota } = policy;
  const message: cacheService.CacheClass = { id, path, priority: PRIORITY[priority] };
  if (quota !== undefined) message.quotaClassId = quota.id;
  const share = quota === policy ? m.classUse.share(worker, policy) : undefined;
  if (share !== undefined) message.shareBytes = share;
  return message;
}
