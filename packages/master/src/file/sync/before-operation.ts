import type { NormalPath } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import type { Operation } from '../serve.js';
import { validPath } from '../valid-path.js';
import { ofListing } from './accesses.js';
import type { Descendants } from './sync-times.js';

/** What an access syncs before it looks. */
export interface Access {
  readonly paths: readonly (string | undefined)[];
  readonly descendants: Descendants;
}

interface Request {
  readonly options?: { readonly commonOptions?: fs.FileSystemMasterCommonPOptions | undefined } | undefined;
}

/**
 * The operation, after a sync of its paths where one is due. Where none is, which is found out at once, the operation runs in the
 * same synchronous stretch. `afterwards`: the request that goes on after a sync, which counts as having loaded everything.
 */
export function afterSync<Q extends Request, R>(
  operation: Operation<Q, R>,
  accessOf: (request: Q) => Access | undefined,
  afterwards: (request: Q) => Q = (request) => request,
): Operation<Q, R> {
  return (c, request, user) => {
    const common = request.options?.commonOptions;
    if (c.sync.isIdle(common)) return operation(c, request, user);
    const due = duePaths(c, accessOf(request), common);
    return due === undefined
      ? operation(c, request, user)
      : syncThen(c, due, common, user, (synced) => operation(c, synced ? afterwards(request) : request, user));
  };
}

interface Due {
  readonly paths: readonly NormalPath[];
  readonly descendants: Descendants;
}

function duePaths(c: FileContext, access: Access | undefined, common: fs.FileSystemMasterCommonPOptions | undefined): Due | undefined {
  if (access === undefined) return undefined;
  const { descendants } = access;
  const paths: NormalPath[] = [];
  for (const given of access.paths) {
    const path = validPath(given ?? '');
    // The operation itself says what is wrong with it.
    if (path === undefined) return undefined;
    if (c.sync.isDue(c, path, common, descendants)) paths.push(path);
  }
  return paths.length === 0 ? undefined : { paths, descendants };
}

async function syncThen<R>(
  c: FileContext,
  { paths, descendants }: Due,
  common: fs.FileSystemMasterCommonPOptions | undefined,
  user: string,
  operation: (synced: boolean) => R | Promise<R>,
): Promise<R> {
  const { caller } = c.locks;
  let synced = true;
  for (const path of paths) synced = (await c.sync.before(c, path, common, descendants, user)) && synced;
  const reply = await c.locks.during(caller, () => operation(synced));
  await c.committer.settled();
  return reply;
}

/** The request with which a listing goes on: after a sync of its path, if one was due, nothing more is loaded. */
export async function listAfterSync(c: FileContext, request: fs.ListStatusPRequest, user: string): Promise<fs.ListStatusPRequest> {
  const common = request.options?.commonOptions;
  if (c.sync.isIdle(common)) return request;
  const due = duePaths(c, ofListing(request), common);
  if (due === undefined) return request;
  let synced = true;
  for (const path of due.paths) synced = (await c.sync.before(c, path, common, due.descendants, user)) && synced;
  return synced ? withoutLoad(request) : request;
}

/** The request with what is known here only. */
export function withoutLoad<Q extends { readonly options?: { loadMetadataType?: fs.LoadMetadataPType | undefined } | undefined }>(
  request: Q,
): Q {
  return { ...request, options: { ...request.options, loadMetadataType: fs.LoadMetadataPType.NEVER } };
}
