import { cacheService } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { cacheMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type {
  BlockOnWorker,
  CacheExplanation,
  CacheFigures,
  CachePolicy,
  CachePriority,
  CacheUse,
  CacheUseReport,
  ExplainedBlock,
  ExplainOptions,
  ReasonCount,
} from './cache-admin.js';

export async function listCachePolicies({ master }: ClientContext, { signal }: Cancellable = {}): Promise<CachePolicy[]> {
  const { policies = [] } = await master.unary(cacheMethods.listCachePolicies, {}, signal);
  return policies.map(policyOf);
}

export async function explainCache(
  { master }: ClientContext,
  path: string,
  { fromBlock, limit, signal }: ExplainOptions = {},
): Promise<CacheExplanation> {
  const request = { path, ...(fromBlock !== undefined && { fromBlock }), ...(limit !== undefined && { limit }) };
  const reply = await master.unary(cacheMethods.explainCache, request, signal);
  return {
    path: reply.path ?? path,
    fileId: reply.fileId ?? 0n,
    lengthBytes: reply.length ?? 0n,
    persisted: reply.persisted ?? false,
    pinned: reply.pinned ?? false,
    pinnedMedia: reply.pinnedMedia ?? [],
    replicationMin: reply.replicationMin ?? 0,
    replicationMax: reply.replicationMax ?? -1,
    blockCount: reply.blockCount ?? 0,
    blocks: (reply.blocks ?? []).map(blockOf),
    policy: reply.policy === undefined ? undefined : policyOf(reply.policy),
    silentWorkers: reply.silentWorkers ?? [],
    unaskedWorkers: reply.unaskedWorkers ?? [],
  };
}

export async function getCacheUse(
  { master }: ClientContext,
  { limit, signal }: Cancellable & { readonly limit?: number } = {},
): Promise<CacheUseReport> {
  const reply = await master.unary(cacheMethods.getCacheUse, limit === undefined ? {} : { limit }, signal);
  return {
    total: useOf(reply.total ?? {}),
    mounts: (reply.mounts ?? []).map(useOf),
    paths: (reply.paths ?? []).map(useOf),
    users: (reply.users ?? []).map(useOf),
    misses: (reply.misses ?? []).map(reasonOf),
    left: (reply.left ?? []).map(reasonOf),
    sinceMs: reply.sinceMs ?? 0n,
  };
}

function policyOf(message: cacheService.CachePolicy): CachePolicy {
  return {
    path: message.path ?? '',
    priority: priorityOf(message.priority),
    prioritySet: message.prioritySet ?? false,
    quotaBytes: message.quotaBytes,
    quotaPerWorkerBytes: message.quotaPerWorkerBytes,
    quotaPath: message.quotaPath,
    usedBytes: message.usedBytes ?? 0n,
    quotaUsedBytes: message.quotaUsedBytes,
    workersOver: message.workersOver ?? 0,
  };
}

function priorityOf(priority: cacheService.CachePriority | undefined): CachePriority {
  const { CachePriority: P } = cacheService;
  return priority === P.LOW ? 'low' : priority === P.HIGH ? 'high' : 'normal';
}

function blockOf({
  blockId = 0n,
  offset = 0n,
  length = 0n,
  copies = 0,
  workers = [],
  whyNot,
}: cacheService.ExplainedBlock): ExplainedBlock {
  return { blockId, offset, lengthBytes: length, copies, workers: workers.map(onWorker), whyNot };
}

function onWorker({ workerId = 0n, worker = '', cached = false, tier, medium, facts = {} }: cacheService.BlockOnWorker): BlockOnWorker {
  const { pagesPresent, pages, holds, isProtected, overQuota = false, lastAccessMs, hits, misses, lastMiss, leftMs, leftWhy } = facts;
  return {
    workerId,
    worker,
    cached,
    tier,
    medium,
    pagesPresent,
    pages,
    holds,
    isProtected,
    overQuota,
    lastAccessMs,
    hits,
    misses,
    lastMiss,
    leftMs,
    leftWhy,
  };
}

function useOf({ name = '', minute, hour, start }: cacheService.CacheUse): CacheUse {
  return { name, minute: figuresOf(minute), hour: figuresOf(hour), start: figuresOf(start) };
}

function figuresOf({ hits = 0n, hitBytes = 0n, misses = 0n, missBytes = 0n }: cacheService.UseFigures = {}): CacheFigures {
  return { hits, hitBytes, misses, missBytes };
}

function reasonOf({ reason = '', count = 0n, bytes = 0n }: cacheService.ReasonCount): ReasonCount {
  return { reason, count, bytes };
}
