// ExplainCache: block by block where a file is cached, or why it is not. From what the master has, and what the workers answer in time.
import { ROOT_PATH, fail, normalPath, type BlockId, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { cacheService, common } from '@alluvium/wire';
import type { WorkerState } from '../block/worker-registry.js';
import { settled, type FileContext } from '../file/context.js';
import { requireFound } from '../file/walk.js';
import type { CacheMaster } from './cache-master.js';
import { policyMessage } from './policy-message.js';
import { whyNotCached } from './why-not-cached.js';

const DEFAULT_BLOCKS = 100;
const MAX_BLOCKS = 1000;
/** Workers that are asked; those with copies first. */
const MAX_WORKERS = 100;
const ANSWER_MS = 3000;

type Facts = ReadonlyMap<bigint, cacheService.BlockFacts>;

interface Asked {
  /** Of each worker that answered. */
  readonly facts: ReadonlyMap<WorkerId, Facts>;
  readonly silent: readonly string[];
  readonly unasked: readonly string[];
}

export async function explainCache(
  m: CacheMaster,
  c: FileContext,
  request: cacheService.ExplainCacheRequest,
  user: string,
): Promise<cacheService.ExplainCacheReply> {
  const path = normalPath(request.path ?? '');
  const file = fileAt(c, request, user);
  const from = Math.max(0, request.fromBlock ?? 0);
  const limit = Math.min(MAX_BLOCKS, request.limit === undefined || request.limit <= 0 ? DEFAULT_BLOCKS : request.limit);
  const ids = file.blocks.slice(from, from + limit) as BlockId[];
  const asked = await askWorkers(m, ids);
  // It may have been removed, renamed or written anew meanwhile.
  const now = fileAt(c, request, user);
  const policy = m.policies.classOf(path);
  const reply: cacheService.ExplainCacheReply = {
    path,
    fileId: now.id,
    length: BigInt(now.length),
    persisted: now.persistence === 'PERSISTED',
    pinned: now.pinned,
    pinnedMedia: [...now.pinnedMedia],
    replicationMin: now.replicationMin,
    replicationMax: now.replicationMax,
    blockCount: now.blocks.length,
    blocks: ids.map((id, at) => explained(m, now, id, from + at, asked)),
    silentWorkers: [...asked.silent],
    unaskedWorkers: [...asked.unasked],
  };
  if (policy !== undefined) reply.policy = policyMessage(policy, m.policies.all(), m.classUse);
  return settled(c, reply);
}

function fileAt(c: FileContext, request: cacheService.ExplainCacheRequest, user: string): FileInode {
  const path = normalPath(request.path ?? '');
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  const inode = requireFound(walk);
  if (inode.kind !== 'file') throw fail('invalidArgument', `Cannot explain the cache of "${path}": it is a directory; a file wanted`);
  return inode;
}

/** Everybody who serves may know why a block left; those that have a copy are asked first. */
async function askWorkers(m: CacheMaster, ids: readonly BlockId[]): Promise<Asked> {
  const facts = new Map<WorkerId, Facts>();
  const silent: string[] = [];
  const unasked: string[] = [];
  if (ids.length === 0) return { facts, silent, unasked };
  const holders = new Set(ids.flatMap((id) => m.blocks.locations(id).map(({ workerId }) => workerId)));
  const live = m.workers.live().sort((a, b) => Number(holders.has(b.id)) - Number(holders.has(a.id)));
  const able = live.filter(({ id }) => m.questions.canAsk(id));
  for (const worker of live) if (!able.slice(0, MAX_WORKERS).includes(worker)) unasked.push(nameOf(worker));
  await Promise.all(
    able.slice(0, MAX_WORKERS).map(async (worker) => {
      try {
        facts.set(worker.id, await m.questions.ask(worker.id, ids, ANSWER_MS));
      } catch {
        silent.push(nameOf(worker));
      }
    }),
  );
  return { facts, silent: silent.sort(), unasked: unasked.sort() };
}

function explained(m: CacheMaster, file: FileInode, id: BlockId, index: number, asked: Asked): cacheService.ExplainedBlock {
  const locations = m.blocks.locations(id);
  const workers: cacheService.BlockOnWorker[] = [];
  for (const worker of m.workers.live()) {
    const place = locations.find(({ workerId }) => workerId === worker.id);
    const known = asked.facts.get(worker.id)?.get(id);
    if (place === undefined && known === undefined) continue;
    workers.push(onWorker(worker, place, known));
  }
  workers.sort((a, b) => Number(b.cached) - Number(a.cached));
  const length = m.blocks.length(id);
  const block: cacheService.ExplainedBlock = {
    blockId: id,
    offset: BigInt(index * file.blockSizeBytes),
    length: BigInt(length ?? Math.max(0, Math.min(file.blockSizeBytes, file.length - index * file.blockSizeBytes))),
    workers,
    copies: locations.length,
  };
  if (!workers.some(({ cached }) => cached === true)) {
    const lost = m.workers.lost().filter((worker) => m.workers.hasCopy(worker, id));
    block.whyNot = whyNotCached({
      facts: workers.flatMap(({ worker = '', facts }) => (facts === undefined ? [] : [{ worker, facts }])),
      lostWorkers: lost.map(nameOf),
      isWritten: length !== undefined,
      isPersisted: file.persistence === 'PERSISTED',
      policy: m.policies.classOf(m.tree.pathOf(file.id) ?? ROOT_PATH),
      someSilent: asked.silent.length + asked.unasked.length > 0,
    });
  }
  return block;
}

function onWorker(
  worker: WorkerState,
  place: common.BlockLocation | undefined,
  facts: cacheService.BlockFacts | undefined,
): cacheService.BlockOnWorker {
  const message: cacheService.BlockOnWorker = {
    workerId: worker.id,
    worker: nameOf(worker),
    cached: facts?.cached ?? place !== undefined,
  };
  const tier = facts?.tier ?? place?.tierAlias;
  const medium = facts?.medium ?? place?.mediumType;
  if (tier !== undefined) message.tier = tier;
  if (medium !== undefined) message.medium = medium;
  if (facts !== undefined) message.facts = facts;
  return message;
}

function nameOf({ address }: WorkerState): string {
  return `${address.host ?? ''}:${address.rpcPort ?? 0}`;
}
