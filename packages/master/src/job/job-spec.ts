import { ROOT_PATH, fail, isWithin, normalPath, type NormalPath } from '@alluvium/base';

export const JOB_KINDS = ['load', 'free', 'copy', 'move', 'persist', 'replicate', 'migrate'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const WRITE_TYPES = ['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH'] as const;
export type JobWriteType = (typeof WRITE_TYPES)[number];

/**
 *   RUNNING --the pass is over, and it is to be verified--> VERIFYING
 *   either --nothing is left to do--> SUCCEEDED, or FAILED when some of it could not be done
 *   either --its user's word--> STOPPED
 */
export type JobState = 'RUNNING' | 'VERIFYING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';

/** What may change while a job runs. */
export interface JobLimits {
  /** Bytes per second; undefined: no limit. */
  readonly bandwidth: number | undefined;
  /** Look again when all is done, and do what is missing. */
  readonly verify: boolean;
}

/** What a job is to do. */
export interface JobSpec {
  readonly kind: JobKind;
  readonly path: NormalPath;
  /** Of a copy or a move: what `path` becomes. */
  readonly target: NormalPath | undefined;
  readonly user: string;
  /** As the client asked for it; the walk goes in pieces in any case, and the report says so. */
  readonly partialListing: boolean;
  readonly writeType: JobWriteType;
  readonly overwrite: boolean;
  /** Of a replication: copies of each block. */
  readonly replicas: number;
  /** Of a migration. */
  readonly medium: string;
  /** Pinned files are freed too. */
  readonly forced: boolean;
  /** Of a copy or a move: the permission bits of the sources are kept. Those of Alluxio have the bits of new files. */
  readonly keepModes: boolean;
}

export const MAX_REPLICAS = 1000;
const MAX_MEDIUM_CHARS = 32;

/** A spec as it was asked for: paths are not normal yet, and some of it is absent. */
export type GivenSpec = Partial<Omit<JobSpec, 'path' | 'target' | 'kind' | 'user'>> &
  Pick<JobSpec, 'kind' | 'user'> & { readonly path: string; readonly target?: string };

/** The spec with what is absent filled in. Throws `invalidArgument` for what makes no sense. */
export function jobSpec(given: GivenSpec): JobSpec {
  const path = normalPath(given.path);
  const wantsTarget = given.kind === 'copy' || given.kind === 'move';
  const target = wantsTarget ? targetOf(given.kind, path, given.target ?? '') : undefined;
  const replicas = given.replicas ?? 1;
  if (given.kind === 'replicate' && !(replicas >= 1 && replicas <= MAX_REPLICAS))
    throw fail('invalidArgument', `Cannot replicate "${path}": ${replicas} copies; 1 to ${MAX_REPLICAS} wanted`);
  const medium = given.medium ?? '';
  if (given.kind === 'migrate' && (medium === '' || medium.length > MAX_MEDIUM_CHARS))
    throw fail('invalidArgument', `Cannot migrate "${path}": no medium is named; MEM, SSD or HDD wanted`);
  return {
    kind: given.kind,
    path,
    target,
    user: given.user,
    partialListing: given.partialListing ?? false,
    writeType: given.writeType ?? 'ASYNC_THROUGH',
    overwrite: given.overwrite ?? false,
    replicas,
    medium,
    forced: given.forced ?? false,
    keepModes: given.keepModes ?? true,
  };
}

function targetOf(kind: 'copy' | 'move', path: NormalPath, given: string): NormalPath {
  const target = normalPath(given);
  if (path === ROOT_PATH && kind === 'move') throw fail('invalidArgument', 'Cannot move "/": it is the root');
  if (isWithin(target, path)) throw fail('invalidArgument', `Cannot ${kind} "${path}" to "${target}": that is within it`);
  return target;
}

export function jobWriteType(given: string | undefined): JobWriteType {
  if (given === undefined || given === '') return 'ASYNC_THROUGH';
  const known = WRITE_TYPES.find((type) => type === given);
  if (known === undefined)
    throw fail('invalidArgument', `Unknown write type ${given.slice(0, 40)}; one of ${WRITE_TYPES.join(', ')} wanted`);
  return known;
}

/** Throws `invalidArgument`, with Alluxio's words, when it is not above 0. */
export function requireBandwidth(given: bigint | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (given <= 0n) throw fail('invalidArgument', `bandwidth should be greater than 0 if provided, get ${given}`);
  return Number(given < BigInt(Number.MAX_SAFE_INTEGER) ? given : BigInt(Number.MAX_SAFE_INTEGER));
}
