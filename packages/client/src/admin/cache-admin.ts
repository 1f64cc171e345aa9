// What an operator asks about the cache: what is to be kept, where a file is cached and why not, how many reads it serves.
import type { Cancellable } from '../file-system.js';

export type CachePriority = 'low' | 'normal' | 'high';

/** What is to be kept of the files at and below a path that belong to no longer path with a policy. */
export interface CachePolicy {
  readonly path: string;
  readonly priority: CachePriority;
  /** At this path, not at one above. */
  readonly prioritySet: boolean;
  /** Set at this path: on all workers together, and on each. */
  readonly quotaBytes: bigint | undefined;
  readonly quotaPerWorkerBytes: bigint | undefined;
  /** The path whose quota counts here. */
  readonly quotaPath: string | undefined;
  readonly usedBytes: bigint;
  /** By all files that the quota counts. */
  readonly quotaUsedBytes: bigint | undefined;
  /** Workers on which it is used up. */
  readonly workersOver: number;
}

/** What one worker knows of a block. What it did not tell is undefined. */
export interface BlockOnWorker {
  readonly workerId: bigint;
  /** host:port */
  readonly worker: string;
  /** The whole block is here. */
  readonly cached: boolean;
  readonly tier: string | undefined;
  readonly medium: string | undefined;
  readonly pagesPresent: number | undefined;
  readonly pages: number | undefined;
  readonly holds: number | undefined;
  readonly isProtected: boolean | undefined;
  readonly overQuota: boolean;
  readonly lastAccessMs: bigint | undefined;
  readonly hits: bigint | undefined;
  readonly misses: bigint | undefined;
  readonly lastMiss: string | undefined;
  readonly leftMs: bigint | undefined;
  readonly leftWhy: string | undefined;
}

export interface ExplainedBlock {
  readonly blockId: bigint;
  readonly offset: bigint;
  readonly lengthBytes: bigint;
  /** That readers are sent to. */
  readonly copies: number;
  readonly workers: readonly BlockOnWorker[];
  /** Of a block without a copy. */
  readonly whyNot: string | undefined;
}

export interface CacheExplanation {
  readonly path: string;
  readonly fileId: bigint;
  readonly lengthBytes: bigint;
  readonly persisted: boolean;
  readonly pinned: boolean;
  readonly pinnedMedia: readonly string[];
  readonly replicationMin: number;
  readonly replicationMax: number;
  /** Of the whole file. */
  readonly blockCount: number;
  readonly blocks: readonly ExplainedBlock[];
  readonly policy: CachePolicy | undefined;
  /** Workers that did not answer in time, and those that cannot be asked, host:port. */
  readonly silentWorkers: readonly string[];
  readonly unaskedWorkers: readonly string[];
}

export interface ExplainOptions extends Cancellable {
  /** Index of the first block. */
  readonly fromBlock?: number;
  readonly limit?: number;
}

export interface CacheFigures {
  readonly hits: bigint;
  readonly hitBytes: bigint;
  readonly misses: bigint;
  readonly missBytes: bigint;
}

/** Of a mount, path or user; the name is empty for all that is not told apart. */
export interface CacheUse {
  readonly name: string;
  readonly minute: CacheFigures;
  readonly hour: CacheFigures;
  readonly start: CacheFigures;
}

export interface ReasonCount {
  readonly reason: string;
  readonly count: bigint;
  readonly bytes: bigint;
}

export interface CacheUseReport {
  readonly total: CacheUse;
  /** Those that were read most first; paths and users are told to super users alone. */
  readonly mounts: readonly CacheUse[];
  readonly paths: readonly CacheUse[];
  readonly users: readonly CacheUse[];
  /** Reads from stores, and blocks that left the workers, by reason. */
  readonly misses: readonly ReasonCount[];
  readonly left: readonly ReasonCount[];
  readonly sinceMs: bigint;
}

/** `unimplemented` by a master of Alluxio. Policies are set as properties of paths. */
export interface CacheAdmin {
  cachePolicies(options?: Cancellable): Promise<CachePolicy[]>;
  explainCache(path: string, options?: ExplainOptions): Promise<CacheExplanation>;
  cacheUse(options?: Cancellable & { readonly limit?: number }): Promise<CacheUseReport>;
}
